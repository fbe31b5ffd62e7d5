"""The metrics of sounds and of symbolic music that a model makes."""

from __future__ import annotations

from typing import Final

from pytest_generalbench.metrics import cepstral, music, sound_text, speech

METRICS: Final = (*speech.METRICS, *cepstral.METRICS, *music.METRICS, *sound_text.METRICS)
