"""Inference of the channel that holds the values of reference pictures, from all pictures of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.outputs.codecs.images.files import packed_colours
from pytest_generalbench.protocols.dense.survey import CHANNELS, MANY, Survey, alpha_of
from pytest_generalbench.protocols.reading import ambiguous

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from pytest_generalbench.core.task import Task

COLOURS: Final = "colours"
"""Each colour is a value of its own."""

VOC_BORDER: Final = 0xE0E0C0
"""The colour in which PASCAL VOC draws what is not scored; the index is 255."""


def voc_colour(index: int) -> int:
    """Return the colour that VOC and DAVIS give an index: its bits are spread over the three channels."""
    parts = [0, 0, 0]
    for bit in range(8):
        for part in range(3):
            parts[part] |= (index >> part & 1) << (7 - bit)
        index >>= 3
    return parts[0] << 16 | parts[1] << 8 | parts[2]


VOC_COLOURS: Final = frozenset(map(voc_colour, range(256)))


def channel_of(task: Task, seen: Survey) -> str:
    """Return `grey`, `colours`, `alpha`, or the one channel that is used.

    Raises:
        AmbiguousReferenceError: colours and an alpha channel say different things.
    """
    given = task.reading.get("channel")
    if given is not None:
        return given
    varied = seen.alphas - {"opaque"}
    if varied and len(seen.colours) > MANY and seen.channel() is None:
        return "alpha"  # cut out of a photo
    if "other" in seen.alphas or ("alone" in seen.alphas and seen.alphas & {"same", "opaque"}):
        readings = {
            "alpha": "the alpha channel differs from pixel to pixel",
            "red": "so do the colours, otherwise",
        }
        raise ambiguous(task, "channel", readings, seen.place)
    if seen.alphas == {"alone"}:
        return "alpha"
    return seen.channel() or COLOURS


def one_value(values: NDArray[Any], channel: str, palette: dict[int, int] | None = None) -> NDArray[Any]:
    """Return (height, width): the values of the channel, or packed colours.

    Args:
        values: A picture as it is stored.
        channel: What `channel_of` returned.
        palette: The colours of a palette picture, where colours count.

    Raises:
        DataError: the picture lacks the channel.
    """
    if channel == COLOURS:
        packed = packed_colours(values)
        if values.ndim == 2 and palette:
            for index, colour in palette.items():
                packed[values == index] = colour
        return packed
    if values.ndim == 2 and channel != "alpha":
        return values
    if channel == "alpha":
        if values.ndim == 2 or values.shape[2] not in (2, 4):
            raise DataError("a picture without an alpha channel")
        return values[:, :, -1]
    place = CHANNELS.index(channel) if channel in CHANNELS else 0
    return values[:, :, min(place, values.shape[2] - 1)]


def without_opaque_alpha(values: NDArray[Any]) -> NDArray[Any]:
    """Return a picture without its alpha channel, if that is opaque everywhere."""
    if values.ndim != 3 or values.shape[2] not in (2, 4) or alpha_of(values) != "opaque":
        return values
    return values[:, :, :-1] if values.shape[2] == 4 else values[:, :, 0]


def hexed(colours: Collection[int], most: int = 8) -> str:
    """Return colours as `#rrggbb`, parted by blanks."""
    return " ".join(f"#{one:06x}" for one in sorted(colours)[:most])


def number_of(text: str) -> int:
    """Return the number that a reading says: `255`, or a colour as `#rrggbb`."""
    return int(text[1:], 16) if text.startswith("#") else int(float(text))


def numbers_of(text: str) -> frozenset[int]:
    """Return the numbers of a reading's value; `none` is none."""
    return frozenset() if text == "none" else frozenset(map(number_of, text.split()))


_LEVEL: Final = 16
_NEAR: Final = 4


def is_bimodal(hist: Mapping[int, int], top: int, lossy: bool) -> bool:
    """Whether values lie at both ends, but for soft or fringed edges: a mask.

    Edges have many shades, none of them frequent; a frequent one is a level of its own. What is `lossy` has
    shades near 0 everywhere.
    """
    low, high = top // 5 if lossy else 0, top - top // 5
    between = {value: pixels for value, pixels in hist.items() if low < value < high}
    object_pixels = sum(pixels for value, pixels in hist.items() if value > low)
    count = sum(between.values())
    if top < 128 or 2 * count > object_pixels:
        return False
    frequent = max(
        (sum(between.get(value + step, 0) for step in range(-_NEAR, _NEAR + 1)) for value in between),
        default=0,
    )
    return not (frequent >= max(_LEVEL, 0.03 * object_pixels) and 4 * frequent >= count)
