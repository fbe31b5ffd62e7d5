"""Inference of the class and instance columns of nameless point tables, from all tables of a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.outputs.base import AnswerFormatError
from pytest_generalbench.protocols.reading import decide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from pytest_generalbench.core.task import Task

_BYTE: Final = 255


@dataclass(frozen=True, slots=True)
class ColumnSummary:
    """Statistics of the columns of tables of one width; those of several tables are merged."""

    width: int
    whole: tuple[bool, ...]
    """Whether a column has whole numbers alone."""
    bytes: tuple[bool, ...]
    """Whether a column has whole numbers of 0 to 255 alone."""
    inside: frozenset[tuple[int, int]]
    """Pairs (a, b) of the last two columns: each value of a lies in one value of b."""
    counted: bool
    """Whether the first column counts the rows."""

    def merged(self, other: ColumnSummary) -> ColumnSummary:
        """Return the combined statistics."""
        return ColumnSummary(
            self.width,
            tuple(one and two for one, two in zip(self.whole, other.whole, strict=True)),
            tuple(one and two for one, two in zip(self.bytes, other.bytes, strict=True)),
            self.inside & other.inside,
            self.counted and other.counted,
        )


def summarize_columns(rows: NDArray[Any]) -> ColumnSummary:
    """Return the statistics of the columns of a table."""
    whole = [bool(np.isfinite(rows[:, one]).all() and (rows[:, one] == np.rint(rows[:, one])).all())
             for one in range(rows.shape[1])]  # fmt: skip
    byte = [flag and 0 <= rows[:, one].min() <= rows[:, one].max() <= _BYTE for one, flag in enumerate(whole)]
    last = rows.shape[1] - 1
    pairs = [(last, last - 1), (last - 1, last)] if last and whole[last] and whole[last - 1] else []
    inside = frozenset((one, two) for one, two in pairs if _is_inside(rows[:, one], rows[:, two]))
    counted = bool(whole[0] and len(rows) > 2 and (np.diff(rows[:, 0]) == 1).all())
    return ColumnSummary(rows.shape[1], tuple(whole), tuple(map(bool, byte)), inside, counted)


def _is_inside(inner: NDArray[Any], outer: NDArray[Any]) -> bool:
    """Whether each value of `inner` goes with one value of `outer`, but for what is below 0 or 0."""
    good = inner > 0
    pairs = np.unique(np.stack([inner[good], outer[good]]), axis=1)
    return bool(len(np.unique(pairs[0])) == pairs.shape[1])


@dataclass(slots=True)
class Tables:
    """The tables of a file, by their width."""

    found: dict[int, ColumnSummary] = field(default_factory=dict)
    place: str = ""

    def add(self, rows: NDArray[Any], place: str) -> None:
        """Add one table."""
        columns = summarize_columns(rows)
        known = self.found.get(columns.width)
        self.found[columns.width] = columns if known is None else known.merged(columns)
        self.place = self.place or place

    def with_one(self, rows: NDArray[Any], place: str) -> ColumnSummary:
        """Return the statistics of tables as wide as this one, itself included."""
        columns = summarize_columns(rows)
        known = self.found.get(columns.width)
        self.place = self.place or place
        return columns if known is None else known.merged(columns)


def label_column(task: Task, columns: ColumnSummary, place: str) -> int:
    """Return the column of the class.

    Raises:
        AmbiguousReferenceError: two columns may be it, or none is.
        AnswerFormatError: the reading names a column that is not there.
    """
    if columns.width == 1 and "label_column" not in task.reading:
        return 0
    value, _ = decide(task, "label_column", _label_readings(columns), place)
    return _column(value, columns)


def instance_column(task: Task, columns: ColumnSummary, place: str) -> tuple[int, int | None]:
    """Return the columns of the instance and of the class, None where one column says both.

    Raises:
        AmbiguousReferenceError: two columns may be it, or none is.
        AnswerFormatError: the reading names a column that is not there.
    """
    last = columns.width - 1
    paired = columns.width in (2, 5, 8, 11) and columns.whole[last] and columns.whole[last - 1]
    if "instance_column" in task.reading:
        given = _column(task.reading["instance_column"], columns)
        other = {last: last - 1, last - 1: last}.get(given) if paired else None
        label = task.reading.get("label_column")
        return given, other if label is None else _column(label, columns)
    if columns.width == 1 or (columns.width in (4, 7, 10) and columns.whole[last]):
        return last, None
    inner, outer = (last, last - 1) in columns.inside, (last - 1, last) in columns.inside
    if paired and (inner or (not outer and columns.width in (8, 11))):
        return last, last - 1
    readings = {
        str(last): f"the last of {columns.width} columns",
        str(last - 1): "the one before it",
    }
    value, _ = decide(task, "instance_column", readings, place)
    return _column(value, columns), None


def _column(value: str, columns: ColumnSummary) -> int:
    if not -columns.width <= int(value) < columns.width:
        raise AnswerFormatError(f"no column {value} among {columns.width}")
    return int(value) % columns.width


def _label_readings(columns: ColumnSummary) -> dict[str, str]:
    """Return the possible columns of the class, with their evidence."""
    width, last = columns.width, columns.width - 1
    both = {
        str(last): f"the last of {width} columns",
        str(last - 1): "the one before it, if the last is the instance",
    }
    if not columns.whole[last]:
        return {str(last): f"the last of {width} columns, though not of whole numbers", "0": "the first"}
    if width == 2 and (columns.counted or not columns.whole[0]):
        return {"1": ""}
    if width in (2, 5, 8, 11) and columns.whole[last - 1]:
        return _of_pair(columns, both)
    if width > 5 and all(columns.bytes[last - 2 :]) and not any(columns.bytes[3 : last - 2]):
        return {**both, str(last): "the last of three columns of 0 to 255, that may be colours"}
    if width in (4, 7, 10) or not columns.whole[last - 1]:
        return {str(last): ""}
    return both


def _of_pair(columns: ColumnSummary, both: Mapping[str, str]) -> dict[str, str]:
    """Return the class before the instance where instances lie inside classes and not the other way round."""
    last = columns.width - 1
    if (last, last - 1) in columns.inside and (last - 1, last) not in columns.inside:
        return {str(last - 1): "each value of the last column lies in one of the column before it"}
    return dict(reversed(list(both.items())))
