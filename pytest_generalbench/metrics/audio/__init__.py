"""The metrics of sounds and of symbolic music that a model makes."""

from __future__ import annotations

from typing import Final

from pytest_generalbench.metrics.audio import clap as sound_text
from pytest_generalbench.metrics.audio import mcd as cepstral
from pytest_generalbench.metrics.audio import music, speech

METRICS: Final = (*speech.METRICS, *cepstral.METRICS, *music.METRICS, *sound_text.METRICS)
