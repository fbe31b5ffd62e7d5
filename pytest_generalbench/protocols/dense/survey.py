"""Statistics of all reference pictures of a file: values, channels, lossy or exact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.outputs.codecs.images.files import is_picture, packed_colours, palette_of
from pytest_generalbench.core.regular_files import open_regular
from pytest_generalbench.protocols.dense import references as map_references

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_generalbench.core.request import Instance

MOST: Final = 256
"""Pictures that are looked at before the first is read; the values of later ones are compared with theirs."""

_MOST_VALUES: Final = 4096
"""Distinct values after which a picture is no map of classes or objects."""

MANY: Final = 256
"""Colours that are more than those of a map: a photo."""

CHANNELS: Final = ("red", "green", "blue")
_LOSSY: Final = (b"\xff\xd8",)


@dataclass(slots=True)
class Survey:
    """Counts of the pixel values of reference pictures."""

    greys: Counter[int] = field(default_factory=Counter)
    """Pixels by value, of pictures and arrays of one channel; of a palette the indices."""
    colours: Counter[int] = field(default_factory=Counter)
    """Pixels by red * 65536 + green * 256 + blue, of pictures in colours."""
    palette: dict[int, int] = field(default_factory=dict)
    """The colour of each index that occurs."""
    tops: set[int] = field(default_factory=set)
    """The largest value of each picture, over all its channels."""
    is_lossy: bool = False
    """Whether a picture is a JPEG or lossy WebP, so that its values are fringed."""
    alphas: set[str] = field(default_factory=set)
    """What the alpha channels are: `opaque`, `same` as the colours, `alone` with one colour, `other`."""
    alpha_values: Counter[int] = field(default_factory=Counter)
    names: set[str] = field(default_factory=set)
    """Endings of file names that say what is in them (`_labelIds`, `_instanceIds`)."""
    place: str = ""
    """The first instance with a picture."""
    is_whole: bool = True
    """Whether every reference was looked at."""

    def add(self, values: NDArray[Any], palette: Sequence[int] | None = None, lossy: bool = False) -> None:
        """Add a picture: its values, the colours of its palette, and whether it is lossy."""
        self.is_lossy |= lossy
        if values.dtype.kind in "iub":
            self.tops.add(int((values if values.ndim == 2 else values[:, :, :3]).max()))
        if values.ndim == 3 and values.shape[2] in (2, 4):
            self.alphas.add(alpha_of(values))
            _count(self.alpha_values, values[:, :, -1])
        if values.ndim == 3 and values.shape[2] > 2:
            _count(self.colours, packed_colours(values))
            return
        grey = values if values.ndim == 2 else values[:, :, 0]
        _count(self.greys, grey)
        if palette is not None:
            self.palette.update({one: palette[one] for one in self.greys if 0 <= one < len(palette)})

    @property
    def count(self) -> int:
        """How many pixels were counted."""
        return self.greys.total() + self.colours.total()

    @property
    def is_recoloured(self) -> bool:
        """Whether a palette shows other greys, or colours, than the values that stand for them."""
        return any(colour != index * 0x010101 for index, colour in self.palette.items())

    def channel(self) -> str | None:
        """Return the one channel that colours use: `grey` for all alike, or a name; None for several."""
        if not self.colours:
            return "grey"
        packed = np.fromiter(self.colours, np.int64)
        parts = [packed >> 16, packed >> 8 & 0xFF, packed & 0xFF]
        if all((part == parts[0]).all() for part in parts):
            return "grey"
        used = [name for name, part in zip(CHANNELS, parts, strict=True) if part.any()]
        return used[0] if len(used) == 1 else None

    def values(self, channel: str | None) -> Counter[int]:
        """Return pixels by value of a channel; of None, by colour, black and greys as colours too."""
        if channel == "alpha":
            return Counter(self.alpha_values)
        if channel is None:
            result = Counter(self.colours)
            for value, pixels in self.greys.items():
                result[self.palette.get(value, value * 0x010101)] += pixels
            return result
        shift = {"red": 16, "green": 8}.get(channel, 0)
        result = Counter(self.greys)
        for colour, pixels in self.colours.items():
            result[colour >> shift & 0xFF] += pixels
        return result


def alpha_of(values: NDArray[Any]) -> str:
    """Return the kind of a picture's last channel: see `Survey.alphas`."""
    alpha = values[:, :, -1]
    full = np.iinfo(alpha.dtype).max if alpha.dtype.kind in "iu" else 1
    if (alpha == full).all():
        return "opaque"
    shown = values[:, :, :-1].max(axis=2)
    if (shown == shown.flat[0]).all():
        return "alone"
    return "same" if ((alpha >= full / 2) == (shown >= full / 2)).all() else "other"


def is_whole(values: NDArray[Any]) -> bool:
    """Whether all values are whole numbers that fit into 53 bits."""
    return bool((values == np.rint(values)).all() and (np.abs(values) < 2**53).all())


def shades(values: NDArray[Any]) -> NDArray[Any]:
    """Return values of 0..1 that are not whole as shades of 0..255; others as they are."""
    if values.dtype.kind != "f" or is_whole(values):
        return values
    if not 0 <= values.min() <= values.max() <= 1:
        return values
    return np.asarray(np.rint(values * 255), np.uint8)


def _count(into: Counter[int], values: NDArray[Any]) -> None:
    if len(into) > _MOST_VALUES:
        return
    if values.dtype == np.uint8:
        counts = np.bincount(values.reshape(-1), minlength=256)
        into.update({int(one): int(counts[one]) for one in np.flatnonzero(counts)})
        return
    if values.dtype.kind == "f" and not is_whole(values):
        return  # no map of whole numbers: the reference says so itself
    count, counts = np.unique(values, return_counts=True)
    into.update(dict(zip(count[: _MOST_VALUES + 2].astype(np.int64).tolist(), counts.tolist(), strict=False)))


def sampled(items: Sequence[Any], most: int) -> Iterator[Any]:
    """Yield at most `most` of the items, evenly spread, the first and the last among them."""
    if len(items) <= most:
        yield from items
        return
    step = (len(items) - 1) / (most - 1)
    yield from (items[round(step * number)] for number in range(most))


def survey(pictures: Iterable[tuple[Instance, Any]], most: int | None = MOST) -> Survey:
    """Return the statistics of a sample of the references, before the first is read.

    Args:
        pictures: Instances, each with the value of a map in its reference.
        most: How many are looked at; None: all.
    """
    result = Survey()
    listed = [(instance, value) for instance, value in pictures if _is_map(value)]
    chosen = listed if most is None else list(sampled(listed, most))
    result.is_whole = len(chosen) == len(listed)
    for instance, value in chosen:
        try:
            add_to(result, instance, value)
        except DataError:
            continue  # the instance says so itself when it is read
    return result


def _is_map(value: Any) -> bool:
    return is_picture(value) or map_references.is_array_file(value)


def add_to(seen: Survey, instance: Instance, value: str) -> NDArray[Any]:
    """Add one reference to the statistics, and return its numbers. Raises DataError when unreadable."""
    values = map_references.numbers_of(instance, value)
    palette, lossy = None, False
    if is_picture(value):
        path = map_references.path_of(instance, value)
        palette = palette_of(path, value) if values.ndim == 2 and values.dtype == np.uint8 else None
        with open_regular(path) as file:
            head = file.read(16)
        lossy = head.startswith(_LOSSY) or head[12:16] == b"VP8 "
        stem = path.stem.lower()
        seen.names.update(
            word for word in ("labelids", "labeltrainids", "instanceids") if stem.endswith(word)
        )
    seen.add(shades(values), palette, lossy)
    seen.place = seen.place or f"instance {instance.id!r}"
    return values
