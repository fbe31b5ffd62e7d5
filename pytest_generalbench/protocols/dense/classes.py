"""Inference of the classes behind the values of reference maps, from all pictures of a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
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
from pytest_generalbench.protocols.dense.survey import CHANNELS, Survey, add_to, is_whole
from pytest_generalbench.protocols.reading import ambiguous, decide

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task

WORDS: Final = ("classes", "void", "channel", "ids")
"""The words that class maps take."""

VOID: Final = 255
"""The id of pixels that have no class."""

UNKNOWN: Final = (1 << 24) - 1
"""The id of a value that no reference has."""

_MOST_COLOURS: Final = 256
_SPREAD: Final = 8
"""Values of neighbouring classes that lie further apart are shades, no ids."""

_FAR: Final = 100
"""A value from here on beside small ids alone may say that there is no class, as 128 does in some files."""

INSTANCE_OF: Final = 1000
"""In Cityscapes' pictures of instances an id is the class times this, plus a number."""

_CITYSCAPES: Final = frozenset((
    0x804080, 0xF423E8, 0x464646, 0x66669C, 0xBE9999, 0x999999, 0xFAAA1E, 0xDCDC00, 0x6B8E23, 0x98FB98,
    0x4682B4, 0xDC143C, 0xFF0000, 0x00008E, 0x000046, 0x003C64, 0x00005A, 0x00006E, 0x005064, 0x0000E6,
    0x770B20, 0x000000, 0x6F4A00, 0x510051, 0xFAAAA0, 0xE6968C, 0xB4A5B4, 0x966464, 0x96785A,
))  # fmt: skip
"""The colours of Cityscapes; black is what its scorer leaves out."""


@dataclass(frozen=True, slots=True)
class ClassReading:
    """How the class maps of a task are read."""

    channel: str = "grey"
    table: Mapping[int, int] = field(default_factory=dict)
    """The id of each value; empty: values are ids."""
    void: frozenset[int] = frozenset()
    """Values that have no class."""
    nearest: bool = False
    """Whether a value that is not in the table is that of the nearest one."""
    folded: bool = False
    """Whether values from 1000 on are class x 1000 + number."""
    notes: tuple[str, ...] = ()
    found: Survey | None = None

    def ids(self, values: NDArray[Any], palette: dict[int, int] | None = None) -> NDArray[np.int32]:
        """Return the class ids of a picture or array, int32, (height, width), 255 where there is none."""
        plain = one_value(values, self.channel, palette)
        if plain.dtype.kind == "f" and not is_whole(plain):
            raise DataError("class ids are whole numbers")
        return self.of_values(plain.astype(np.int64))

    def of_values(self, plain: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return the class ids of values of the channel, of any shape."""
        ids = by_table(plain, self.table, nearest=self.nearest) if self.table else plain
        if self.folded:
            ids = np.where(ids >= INSTANCE_OF, ids // INSTANCE_OF, ids)
        # Negative ids are how some data sets write "no class".
        ids = np.where(np.isin(plain, list(self.void)) | (plain < 0), VOID, ids)
        return ids.astype(np.int32)

    @property
    def colours(self) -> Mapping[int, int]:
        """The id of each colour, where colours are the classes."""
        return self.table if self.channel == COLOURS else {}


def by_table(values: NDArray[Any], table: Mapping[int, int], *, nearest: bool = False) -> NDArray[np.int64]:
    """Return the ids of values; those that are not in the table `UNKNOWN`, or as the nearest in it."""
    if not table:
        return np.full(values.shape, UNKNOWN, dtype=np.int64)
    known = np.array(sorted(table), dtype=np.int64)
    ids = np.array([table[int(one)] for one in known])
    if nearest:
        distance = (
            np.abs(values[..., None] - known) if known.max() <= VOID else _colour_distance(values, known)
        )
        return np.asarray(ids[distance.argmin(axis=-1)])
    place = np.minimum(np.searchsorted(known, values), len(known) - 1)
    return np.where(known[place] == values, ids[place], UNKNOWN)


def _colour_distance(values: NDArray[Any], known: NDArray[np.int64]) -> NDArray[np.int64]:
    total = np.zeros((*values.shape, len(known)), np.int64)
    for shift in (16, 8, 0):
        total += ((values[..., None] >> shift & 0xFF) - (known >> shift & 0xFF)) ** 2
    return total


def decide_classes(task: Task, seen: Survey, names: Mapping[str, str]) -> ClassReading:
    """Return how the class maps of a file are read.

    Args:
        task: The task; what its `reading` says goes first.
        seen: The values of its pictures.
        names: Class names by id, from the header of the file.

    Raises:
        AmbiguousReferenceError: two readings fit, or none.
    """
    if not seen.count:
        return ClassReading(found=seen)
    channel = channel_of(task, seen)
    if channel in CHANNELS and "channel" not in task.reading and _is_spread(seen.values(channel)):
        channel = COLOURS
    hist = seen.values(None if channel == COLOURS else channel)
    if "classes" in task.reading and task.reading["classes"] != "all":
        return _given(task, channel, seen)
    if seen.is_lossy and "classes" not in task.reading:
        return _lossy(task, channel, hist, seen)
    if channel == COLOURS:
        return _colours(task, hist, seen)
    return _greys(task, channel, hist, seen, names)


def _is_spread(hist: Mapping[int, int]) -> bool:
    """Whether three values or more are far apart: shades rather than ids."""
    values = sorted(hist)
    gaps = [high - low for low, high in pairwise(values)]
    return len(values) > 2 and min(gaps) >= _SPREAD


def _given(task: Task, channel: str, seen: Survey) -> ClassReading:
    listed = sorted(numbers_of(task.reading["classes"]))
    void = numbers_of(task.reading.get("void", "none"))
    table = _ranked(listed, void)
    return ClassReading(channel, table, void, nearest=True, notes=(), found=seen)


def _ranked(values: list[int], void: frozenset[int] = frozenset()) -> dict[int, int]:
    """Return 0, 1, … for the values in their order, 255 for those without a class."""
    kept = [one for one in sorted(values) if one not in void]
    ranks = [number if number < VOID else number + 1 for number in range(len(kept))]
    return {**dict(zip(kept, ranks, strict=True)), **dict.fromkeys(void, VOID)}


def _lossy(task: Task, channel: str, hist: dict[int, int], seen: Survey) -> ClassReading:
    top = max(hist)
    if channel != COLOURS and len(_peaks(hist)) == 2 and is_bimodal(hist, top, lossy=True):
        return ClassReading(
            channel,
            {0: 0, top: 1},
            nearest=True,
            notes=("the references are masks: bright is class 1",),
            found=seen,
        )
    peaks = _peaks(hist) if channel != COLOURS else sorted(hist, key=hist.__getitem__)[-8:]
    shown = hexed(peaks) if channel == COLOURS else " ".join(map(str, peaks))
    readings = {
        shown: "most pixels have these values",
        "all": f"{len(hist)} values, though JPEG changes values",
    }
    raise ambiguous(task, "classes", readings, seen.place)


def _peaks(hist: dict[int, int]) -> list[int]:
    """Return the frequent values, each at least 8 from a more frequent one."""
    total, peaks = sum(hist.values()), list[int]()
    for value in sorted(hist, key=lambda one: -hist[one]):
        if hist[value] * 200 >= total and all(abs(value - one) >= _SPREAD for one in peaks):
            peaks.append(value)
    return sorted(peaks)


def _colours(task: Task, hist: dict[int, int], seen: Survey) -> ClassReading:
    if len(hist) > _MOST_COLOURS and "classes" not in task.reading:
        frequent = hexed(sorted(hist, key=hist.__getitem__)[-8:])
        readings = {
            frequent: "the most frequent ones",
            "all": f"{len(hist)} colours and more, as a photo has",
        }
        raise ambiguous(task, "classes", readings, seen.place)
    void, why = frozenset[int](), ""
    if "void" in task.reading:
        void = numbers_of(task.reading["void"])
    elif VOC_BORDER in hist and hist.keys() <= VOC_COLOURS | {VOC_BORDER}:
        void, why = frozenset({VOC_BORDER}), ", VOC's border #e0e0c0 is void"
    elif 0 in hist and len(hist) > 2 and hist.keys() <= _CITYSCAPES:
        void, why = frozenset({0}), ", Cityscapes' black is void"
    count = len(hist.keys() - void)
    note = f"{count} colours of the references are the classes{why}"
    return ClassReading(COLOURS, _ranked(sorted(hist), void), void, notes=(note,), found=seen)


def _greys(
    task: Task, channel: str, hist: dict[int, int], seen: Survey, names: Mapping[str, str]
) -> ClassReading:
    values = sorted(value for value in hist if value >= 0)
    notes = [] if channel == "grey" or "channel" in task.reading else [f"read from the {channel} channel"]
    is_mask = len(values) == 2 and values[0] == 0 and values[1] >= _SPREAD and str(values[1]) not in names
    if is_mask and "void" not in task.reading:
        notes.append(f"the references are masks: {values[1]} is class 1")
        return ClassReading(channel, {0: 0, values[1]: 1}, notes=tuple(notes), found=seen)
    if values and values[-1] >= INSTANCE_OF:
        folded, note = _folded(task, values, seen)
        return ClassReading(channel, folded=folded, notes=(*notes, *filter(None, [note])), found=seen)
    if values and values[-1] > 65000 and "void" not in task.reading:
        notes.append(f"{values[-1]} is void")
        return ClassReading(channel, void=frozenset({values[-1]}), notes=tuple(notes), found=seen)
    chosen, note = "none", ""
    alone = len(values) > 2 and VOID > values[-1] >= _FAR > values[-2]
    if alone and str(values[-1]) not in names:
        readings = {
            "none": f"{values[-1]} is a class",
            str(values[-1]): f"{values[-1]} is far from the ids up to {values[-2]}",
        }
        chosen, note = decide(task, "void", readings, seen.place)
    elif VOID in values or "void" in task.reading:
        chosen, note = decide(task, "void", _void(values, seen, names), seen.place)
    left_out = numbers_of(chosen)
    table = _ranked(values, left_out) if VOID in values and VOID not in left_out else {}
    if table:
        listed = " ".join(map(str, sorted(set(values) - left_out)))
        notes.append(f"the values {listed} are the classes 0 to {len(table) - len(left_out) - 1}")
    notes += [note] if note else []
    return ClassReading(channel, table, left_out, notes=tuple(notes), found=seen)


def _void(values: list[int], seen: Survey, names: Mapping[str, str]) -> dict[str, str]:
    """Return the possible readings of the values without a class, with their evidence."""
    rest = [value for value in values if value != VOID]
    if str(VOID) in names:
        return {"none": "255 is in the list of classes"}
    if not rest or seen.palette.get(VOID) == VOC_BORDER:
        return {str(VOID): "255 has no class, as in VOC"}
    gaps = [high - low for low, high in pairwise(values)]
    dense = len(rest) > 1 and min(gaps[: len(rest) - 1]) < _SPREAD
    dense = dense and rest[-1] - rest[0] <= 2 * _SPREAD * (len(rest) - 1)
    if len(rest) == 1 or dense or (names and all(str(one) in names for one in rest)):
        return {str(VOID): f"255 beside the ids {rest[0]} to {rest[-1]}"}
    if len(values) > 3 and max(gaps) - min(gaps) <= 2:
        return {"none": f"{len(values)} shades at even steps"}
    shown = " ".join(map(str, values))
    readings = {
        "none": f"the values {shown} are shades, each a class",
        str(VOID): "255 is what has no class in most data sets",
    }
    if values[1:] in ([127, 255], [128, 255]):
        readings[str(values[1])] = "as in a trimap"
    return readings


def _folded(task: Task, values: list[int], seen: Survey) -> tuple[bool, str]:
    """Return whether ids are class x 1000 + number, and the note."""
    low = [value for value in values if value < INSTANCE_OF]
    coded = [value for value in values if value >= INSTANCE_OF]
    shown = f"values to {values[-1]}"
    fits = all(value // INSTANCE_OF <= 255 for value in coded) and (not low or low[-1] <= 255)
    readings = {"class_1000": f"{shown} may be class x 1000 + number"} if fits else {}
    if not ("instanceids" in seen.names or all(24 <= value // INSTANCE_OF <= 33 for value in coded)):
        readings["plain"] = f"{shown} may be ids of classes"
    value, note = decide(task, "ids", readings, seen.place)
    return value == "class_1000", note


def read_classes(
    instance: Instance, value: Any, task: Task, reading: ClassReading, names: Mapping[str, str]
) -> NDArray[np.int32]:
    """Return the class ids of a reference, as the file's pictures are read.

    Raises:
        AmbiguousReferenceError: its values contradict how the others are read.
    """
    pixels_seen = reading.found or Survey()
    if not (is_picture(value) or map_references.is_array_file(value)):
        return map_references.mask_of(instance, value).astype(np.int32)
    if pixels_seen.is_whole:
        return reading.ids(map_references.numbers_of(instance, value), pixels_seen.palette)
    more = Survey(
        is_lossy=pixels_seen.is_lossy, alphas=set(pixels_seen.alphas), palette=dict(pixels_seen.palette)
    )
    values = add_to(more, instance, value)
    if not (
        more.greys.keys() <= pixels_seen.greys.keys() and more.colours.keys() <= pixels_seen.colours.keys()
    ):
        more.greys.update(pixels_seen.greys)
        more.colours.update(pixels_seen.colours)
        again = decide_classes(task, more, names)
        seen = np.array(sorted(pixels_seen.values(None if reading.channel == COLOURS else reading.channel)))
        if again.channel != reading.channel or (again.of_values(seen) != reading.of_values(seen)).any():
            readings = {
                "all": f"{value} has values that change how the others are read",
                " ".join(map(str, sorted(pixels_seen.greys)[:16])): "the values of the pictures before it",
            }
            raise ambiguous(task, "classes", readings, f"instance {instance.id!r}")
        reading = again
    return reading.ids(values, more.palette)
