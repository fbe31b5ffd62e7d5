"""The reference of a generation task: what a generated medium is compared with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pytest_generalbench.core.outputs.media_output import MediaOutput

Opener = Callable[[], MediaOutput]
"""Opens a medium when a metric asks for it; raises DataError when its file cannot be read."""


@dataclass(frozen=True, slots=True)
class Target:
    """The reference of a generation task; media are opened only when a metric wants them.

    A metric takes what it needs: PSNR the medium, a CLIP score the prompt, a style score the styles.
    """

    medium: Opener | None = field(default=None, repr=False)
    """The ground truth, where the data set has one."""
    source: Opener | None = field(default=None, repr=False)
    """What was to be changed, or the picture that a video or shape was to be made from."""
    styles: tuple[Opener, ...] = field(default=(), repr=False)
    """References of a style."""
    prompt: str = ""
    """What the model was told to make, in the data set's words."""
    words: Mapping[str, str] = field(default_factory=dict)
    """What metrics need by name: `transcript`, `language`, `label`, `style`, `colour`, …"""
