"""Inference of the columns of rows of numbers: box, class, score, frame and track."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_generalbench.core.outputs.codecs.boxes.conventions import CONVENTIONS, TOLERATED
from pytest_generalbench.core.outputs.codecs.boxes.file_conventions import FileEvidence

if TYPE_CHECKING:
    from pytest_generalbench.core.media.media import Size
    from pytest_generalbench.core.outputs.codecs.boxes.conventions import RawBox


class Layout(NamedTuple):
    """The columns of a row."""

    box: int
    """The first of the four columns of the box."""
    label: int | None = None
    score: int | None = None
    frame: int | None = None
    track: int | None = None

    def from_columns(self, raw: RawBox) -> RawBox:
        """Return a box with its numbers, label and score taken from their columns."""
        row = raw.row
        a, b, c, d = row[self.box : self.box + 4]
        label = raw.label
        if label is None and self.label is not None:
            label = f"{row[self.label]:g}"
        score = raw.score if self.score is None else row[self.score]
        return raw._replace(values=(a, b, c, d), label=label, score=score, row=())


IMAGE_LAYOUTS: Final[Mapping[str, Layout]] = {
    "box_score": Layout(0, score=4),
    "box_class": Layout(0, label=4),
    "class_box": Layout(1, label=0),
    "score_box": Layout(1, score=0),
    "box_score_class": Layout(0, label=5, score=4),
    "box_class_score": Layout(0, label=4, score=5),
    "class_box_score": Layout(1, label=0, score=5),
    "class_score_box": Layout(2, label=0, score=1),
    "score_class_box": Layout(2, label=1, score=0),
}
"""Rows of five and six numbers in an image."""

VIDEO_LAYOUTS: Final[Mapping[str, Layout]] = {
    "box_score": Layout(0, score=4),
    "frame_box": Layout(1, frame=0),
    "box_id": Layout(0, track=4),
    "score_box": Layout(1, score=0),
    "frame_box_score": Layout(1, frame=0, score=5),
    "frame_id_box": Layout(2, frame=0, track=1),
    "id_frame_box": Layout(2, frame=1, track=0),
}
"""Rows of five numbers and more over the frames of a video; MOT's have six to ten."""

ROW_WORDS: Final = tuple(dict.fromkeys((*IMAGE_LAYOUTS, *VIDEO_LAYOUTS)))
"""What a reading may say of rows."""

_MOT: Final = ("frame_id_box", "id_frame_box")
_YOLO: Final = frozenset(("class_box", "class_box_score"))
"""Rows of shares in these layouts are YOLO's, whose boxes are the centre, width and height."""
_MANY: Final = 4096
_MOST_CLASSES: Final = 10_000
_FEW: Final = 6


def columns_of(layout: Layout) -> int:
    """Return how many numbers a row of a layout has, of MOT's rows the least."""
    others = (part for part in (layout.label, layout.score, layout.frame, layout.track) if part is not None)
    return max(layout.box + 4, *(part + 1 for part in others), 5)


@dataclass(slots=True)
class _Column:
    whole: bool = True
    """Whether all values are integers, none below 0."""
    share: bool = True
    """Whether all values lie between 0 and 1."""
    rising: bool = True
    """Whether each value is a frame above the one before, in every instance."""
    constant: bool = True
    """Whether all values of an instance are one."""
    counting: bool = True
    """Whether each value is one more than that before, from 0 or 1, in every instance."""
    beyond: bool = False
    """Whether some value is beyond the number of frames."""
    firsts: list[float] = field(default_factory=list)
    """The first value of every instance, up to a number."""
    broken: int = 0
    """Values that are no integers."""
    values: set[float] = field(default_factory=set)


@dataclass(slots=True)
class RowEvidence:
    """Statistics over the rows of one length in a file from which their layout is inferred."""

    length: int
    video: bool = False
    """Whether rows follow each other in time, and may name their frame."""
    rows: int = 0
    columns: dict[int, _Column] = field(default_factory=lambda: defaultdict(_Column))
    boxes: dict[int, FileEvidence] = field(default_factory=lambda: defaultdict(FileEvidence))
    """What the four columns from each one on say of a convention."""
    labelled: bool = False
    """Whether labels stand beside the numbers."""
    named: bool = False
    """Whether the file lists its classes."""

    def layouts(self) -> dict[str, Layout]:
        """Return the layouts that rows of this length may have."""
        known = VIDEO_LAYOUTS if self.video else IMAGE_LAYOUTS
        return {
            name: layout
            for name, layout in known.items()
            if columns_of(layout) == self.length or (name in _MOT and 6 <= self.length <= 10)
        }

    def add(self, raws: Sequence[RawBox], size: Size | None, frames: int | None = None) -> None:
        """Add the rows of one instance, in order; of a video with the number of its frames."""
        starts = {layout.box for layout in self.layouts().values()}
        for place, raw in enumerate(raws):
            self.rows += 1
            self.labelled = self.labelled or raw.label is not None
            for number, value in enumerate(raw.row):
                before = raws[place - 1].row[number] if place else None
                self._look(self.columns[number], value, before)
                if frames is not None and value > frames:
                    self.columns[number].beyond = True
            for start in starts:
                a, b, c, d = raw.row[start : start + 4]
                self.boxes[start].add(raw._replace(values=(a, b, c, d)), size)

    @staticmethod
    def _look(column: _Column, value: float, before: float | None) -> None:
        whole = value.is_integer()
        column.whole = column.whole and whole and value >= 0
        column.share = column.share and 0 <= value <= 1
        column.broken += not whole
        if before is None:
            column.counting = column.counting and value in (0, 1)
            if len(column.firsts) < _MANY:
                column.firsts.append(value)
        else:
            column.counting = column.counting and value == before + 1
            column.rising = column.rising and value > before
            column.constant = column.constant and value == before
        if len(column.values) < _MANY:
            column.values.add(value)

    def _is_class(self, number: int) -> bool:
        column = self.columns[number]
        if not column.whole or self.labelled or max(column.values, default=0) >= _MOST_CLASSES:
            return False
        firsts = column.firsts
        if column.constant and len(firsts) > 2 and len(set(firsts)) == len(firsts) < self.rows:
            return False  # the number of the image
        # Widths, of which hardly two are alike, are no classes; of a few rows nobody can tell.
        return self.rows < _FEW or len(column.values) <= self.rows / 2

    def _is_side(self, start: int) -> bool:
        """Whether four columns may be one box: of fractions all, and inside the images in some convention."""
        broken = [self.columns[start + place].broken for place in range(4)]
        whole = [count == 0 for count in broken]
        if self.rows >= 3 and sum(whole) == 1 and sum(2 * count >= self.rows for count in broken) == 3:
            return False
        evidence = self.boxes[start]
        return any(
            evidence.against[name] <= TOLERATED * evidence.boxes for name in CONVENTIONS if "yxyx" not in name
        )

    def fitting(self) -> dict[str, Layout]:
        """Return the layouts that fit all rows, of those with the same box the likelier one."""
        result: dict[str, Layout] = {}
        for name, layout in self.layouts().items():
            roles = (
                layout.label is None or self._is_class(layout.label),
                layout.score is None or self.columns[layout.score].share,
                layout.frame is None or self._is_frame(layout.frame),
                layout.track is None or self._is_track(layout.track),
                self._is_side(layout.box),
            )
            if all(roles):
                result[name] = layout
        counted = {
            name: layout
            for name, layout in result.items()
            if layout.frame is not None and self.columns[layout.frame].counting
        }
        # One more in every row, from the first frame on: no coordinate does that.
        return self._without_twins(counted if counted and self.rows > 2 else result)

    def _is_frame(self, number: int) -> bool:
        column = self.columns[number]
        return column.whole and column.rising and not column.beyond

    def _is_track(self, number: int) -> bool:
        return self.columns[number].whole and self.columns[number].constant

    def _without_twins(self, result: dict[str, Layout]) -> dict[str, Layout]:
        """Keep one of several layouts with the same box, a class before a score.

        Behind the box 0 and 1 may be a mark as well as two classes, where the file names none.
        """
        kept: dict[str, Layout] = {}
        by_box: dict[int, list[str]] = defaultdict(list)
        for name, layout in result.items():
            by_box[layout.box].append(name)
        for names in by_box.values():
            classes = [
                name
                for name in names
                if (column := result[name].label) is not None and len(self.columns[column].values) > 1
            ]
            chosen = (classes or names)[:1]
            doubtful = [
                name for name in classes if self._are_bits(result[name]) and len(names) > len(classes)
            ]
            if doubtful and not self.named:
                chosen = names
            kept.update({name: result[name] for name in chosen})
        return kept

    def _are_bits(self, layout: Layout) -> bool:
        return layout.label is not None and layout.label > layout.box and self.columns[layout.label].share

    def order_of(self, name: str) -> str | None:
        """Return the order of a box's numbers in a layout."""
        return "cxcywh" if name in _YOLO and self.boxes[1].shares() else None
