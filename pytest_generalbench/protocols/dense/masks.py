"""Inference of the values that mean the object in reference masks, from all pictures of a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.outputs.codecs.images.files import is_picture
from pytest_generalbench.protocols.dense import references as map_references
from pytest_generalbench.protocols.dense.channels import (
    COLOURS,
    VOC_BORDER,
    VOC_COLOURS,
    channel_of,
    hexed,
    is_bimodal,
    numbers_of,
    one_value,
)
from pytest_generalbench.protocols.dense.survey import Survey, add_to, is_whole, shades
from pytest_generalbench.protocols.reading import ambiguous, decide

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task

_FEW: Final = 32
"""Values that are numbers of objects; more are shades."""

_LEVELS: Final = 7
"""Values beside 0 that are levels; edges have more."""

WORDS: Final = ("foreground", "channel")
"""The words that masks take."""

CLOSED: Final = ("above_0", "from_128")


@dataclass(frozen=True, slots=True)
class MaskReading:
    """How the masks of a task are read."""

    channel: str = "grey"
    foreground: str = "above_0"
    """`above_0`, `from_128`, or the values that are the object."""
    notes: tuple[str, ...] = ()
    found: Survey | None = None
    several: bool = True
    """Whether several objects in one mask are the object together."""

    def mask(self, values: NDArray[Any], palette: dict[int, int] | None = None) -> NDArray[np.bool_]:
        """Return the object of a picture, bool, (height, width)."""
        plain = one_value(shades(values), self.channel, palette)
        if plain.dtype.kind == "f" and not is_whole(plain):
            raise DataError("values that are neither whole numbers nor shares of 1 are no mask")
        if self.foreground == "above_0":
            return np.asarray(plain > 0)
        if self.foreground == "from_128":
            if self.channel == COLOURS:
                plain = values[:, :, :3].max(axis=2) if values.ndim == 3 else values
            return np.asarray(plain >= 128)
        return np.isin(plain, list(numbers_of(self.foreground)))


def decide_masks(task: Task, seen: Survey, *, several: bool = True) -> MaskReading:
    """Return how the masks of a file are read.

    Args:
        task: The task; what its `reading` says goes first.
        seen: The values of its pictures.
        several: Whether several objects in one mask are the object together; False: which is it?

    Raises:
        AmbiguousReferenceError: two readings fit.
    """
    if not seen.count:
        given = task.reading.get("foreground", "above_0")
        return MaskReading(task.reading.get("channel", "grey"), given, (), seen, several)
    channel = channel_of(task, seen)
    hist = seen.values(None if channel == COLOURS else channel)
    readings = _readings(seen, channel, hist, several)
    value, note = decide(task, "foreground", readings, seen.place)
    answers = [note if value != "above_0" or len(hist) > 2 else "", _channel_note(task, channel)]
    return MaskReading(channel, value, tuple(filter(None, answers)), seen, several)


def _channel_note(task: Task, channel: str) -> str:
    return (
        ""
        if channel in ("grey", COLOURS) or "channel" in task.reading
        else f"read from the {channel} channel"
    )


def _readings(seen: Survey, channel: str, hist: dict[int, int], several: bool) -> dict[str, str]:
    """Return the possible readings of the foreground, with their evidence."""
    values = sorted(value for value in hist if value > 0)
    ground = seen.palette.get(0, 0)
    if ground and 0 in hist and channel == "grey":
        return {
            "above_0": "index 0 is the background",
            "0": f"the palette draws index 0 in #{ground:06x}, not in black",
        }
    if not values or values == [1] or (len(values) == 1 and not seen.is_lossy):
        return {"above_0": "one value beside 0"}
    if channel == COLOURS:
        return _of_colours(seen, hist, values, several)
    top = values[-1]
    if seen.is_lossy or len(values) > _FEW:
        return _of_shades(seen, hist, top)
    if seen.palette and channel == "grey" and not seen.colours:
        border = seen.palette.get(255) == VOC_BORDER
        values = [one for one in values if not (border and one == 255)]
        if border:
            if several or len(values) <= 1:
                return {" ".join(map(str, values)): "255 has the colour of VOC's border"}
        elif 255 not in values and several:
            return {"above_0": f"palette with {len(values)} objects"}
    return _of_few(seen, hist, values, several)


def _of_few(seen: Survey, hist: dict[int, int], values: list[int], several: bool) -> dict[str, str]:
    top, rest = values[-1], values[:-1]
    shown = " ".join(map(str, values))
    if rest and top == 255 and rest == list(range(1, len(rest) + 1)):
        listed = " ".join(map(str, rest))
        return {
            listed: f"of {shown}, 255 is a border that is not scored",
            "above_0": "255 is an object as well",
        }
    if rest and top == 255 and rest in ([127], [128]):
        return {
            "255": f"{rest[0]} is not certain, as in a trimap",
            "above_0": f"{rest[0]} is an object as well",
        }
    if 0 not in hist and top <= 3:
        return {"1": f"a trimap: values {shown} and no 0", "above_0": "every value is an object"}
    if not several and len(values) > 1:
        return {
            str(values[0]): f"the object is the first of {shown}",
            "above_0": "all of them are the object",
        }
    if values == [1, 2] and 0 in hist:
        return {"above_0": "1 and 2 are objects", "2": "a trimap: 1 is not certain"}
    if top <= 128 or top > 255:
        return {"above_0": f"{len(values)} values, {shown[:40]}, are objects"}
    if values[0] >= 128:
        return {"above_0": f"the values {shown[:40]} are bright"}
    if len(values) <= _LEVELS:
        return {
            "above_0": f"each of {shown[:40]} is an object",
            "from_128": "the bright ones are the object",
        }
    return _of_shades(seen, hist, top)


def _of_shades(seen: Survey, hist: dict[int, int], top: int) -> dict[str, str]:
    is_even = not any(0 < one < 128 for one in seen.tops)
    if top <= 255 and is_even and is_bimodal(hist, top, seen.is_lossy):
        return {"from_128": "shades along the edges"}
    return {
        "from_128": f"{len(hist)} shades up to {top}, the bright ones are the object",
        "above_0": "every shade is an object",
    }


def _of_colours(seen: Survey, hist: dict[int, int], values: list[int], several: bool) -> dict[str, str]:
    if seen.is_lossy or len(hist) > _FEW:
        brightest: dict[int, int] = {}
        for colour, pixels in hist.items():
            value = max(colour >> 16, colour >> 8 & 0xFF, colour & 0xFF)
            brightest[value] = brightest.get(value, 0) + pixels
        return _of_shades(seen, brightest, max(brightest))
    if VOC_BORDER in values and len(values) > 1 and set(values) - {VOC_BORDER} <= VOC_COLOURS:
        rest = [one for one in values if one != VOC_BORDER]
        if several or len(rest) == 1:
            return {hexed(rest, _FEW): "#e0e0c0 is VOC's border"}
    if 0 in hist and several:
        return {"above_0": f"{len(values)} colours beside black are objects"}
    return {
        hexed(values[:1]): f"one of the colours {hexed(hist)} is the object",
        "above_0": "every colour but black is an object",
    }


def read_mask(instance: Instance, value: Any, task: Task, reading: MaskReading) -> NDArray[np.bool_]:
    """Return a binary mask of a reference, as the file's pictures are read.

    Raises:
        AmbiguousReferenceError: its values contradict how the others are read.
    """
    if not (is_picture(value) or map_references.is_array_file(value)):
        return map_references.mask_of(instance, value)
    seen = reading.found or Survey()
    if seen.is_whole and seen.count:
        return reading.mask(map_references.numbers_of(instance, value), seen.palette)
    more = Survey(is_lossy=seen.is_lossy, alphas=set(seen.alphas), palette=dict(seen.palette))
    values = add_to(more, instance, value)
    if not (more.greys.keys() <= seen.greys.keys() and more.colours.keys() <= seen.colours.keys()):
        more.greys.update(seen.greys)
        more.colours.update(seen.colours)
        again = decide_masks(task, more, several=reading.several)
        if seen.count and (again.channel, again.foreground) != (reading.channel, reading.foreground):
            readings = {
                reading.foreground: "the pictures before it",
                again.foreground: f"{value} beside them",
            }
            raise ambiguous(task, "foreground", readings, f"instance {instance.id!r}")
        reading = again
    return reading.mask(values, more.palette)
