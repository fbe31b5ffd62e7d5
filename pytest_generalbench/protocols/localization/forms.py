"""Inference of the format of a file's boxes: columns of rows, and coordinate convention."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pytest_generalbench.core.outputs.codecs.boxes.conventions import convention_of
from pytest_generalbench.core.outputs.codecs.boxes.file_conventions import FileEvidence
from pytest_generalbench.core.outputs.codecs.boxes.rows import Layout, RowEvidence
from pytest_generalbench.protocols.class_names import class_names
from pytest_generalbench.protocols.instance_fields import find
from pytest_generalbench.protocols.reading import ambiguous, decide

if TYPE_CHECKING:
    from pytest_generalbench.core.media.media import Size
    from pytest_generalbench.core.outputs.codecs.boxes.conventions import RawBox
    from pytest_generalbench.core.task import Task

BOX: Final = "box"
"""The word of a reading for the convention of a box's numbers."""

ROW: Final = "row"
"""The word of a reading for the columns of rows."""

_STATED: Final = ("bbox_format", "box_format", "bbox_mode", "bbox_type", "boxes_format", "annotation_format")
"""Keys of a header that state the convention in words."""


@dataclass(slots=True)
class FileForm:
    """Statistics over the boxes of a file from which their format is inferred."""

    video: bool = False
    plain: FileEvidence = field(default_factory=FileEvidence)
    """Boxes of four numbers."""
    rows: dict[int, RowEvidence] = field(default_factory=dict)
    """Rows of more, by their length."""

    def add(self, raws: Sequence[RawBox], size: Size | None, frames: int | None = None) -> None:
        """Add the boxes of one instance, in order; of a video with the number of its frames."""
        by_length: dict[int, list[RawBox]] = defaultdict(list)
        for raw in raws:
            if raw.row:
                by_length[len(raw.row)].append(raw)
            else:
                self.plain.add(raw, size)
        for length, result in by_length.items():
            self.rows.setdefault(length, RowEvidence(length, self.video)).add(result, size, frames)


class Decided(NamedTuple):
    """How the boxes of a file are read."""

    convention: str
    rows: Mapping[int, Layout]
    """The columns of rows, by their length."""
    notes: tuple[str, ...]


def decide_form(task: Task, header: Mapping[str, Any], form: FileForm, default: str) -> Decided:
    """Return the form of a file's boxes: what the reading of the task says, else what is certain.

    Raises AmbiguousReferenceError when several forms fit, or none.
    """
    evidence, notes = form.plain, []
    orders: list[str | None] = [None] if form.plain.boxes else []
    layouts: dict[int, Layout] = {}
    for length, rows in sorted(form.rows.items()):
        rows.named = class_names(header) is not None
        name, note = _columns(task, length, rows)
        layouts[length] = rows.layouts()[name]
        notes.append(note)
        orders.append(rows.order_of(name))
        evidence.merge(rows.boxes[layouts[length].box])
    order = orders[0] if len(set(orders)) == 1 else None
    convention, note = _convention(task, header, evidence, default, order)
    return Decided(convention, layouts, tuple(filter(None, [*notes, note])))


def _columns(task: Task, length: int, rows: RowEvidence) -> tuple[str, str]:
    fitting = rows.fitting()
    given = task.reading.get(ROW)
    if given in rows.layouts():
        return str(given), ""
    place = f"rows of {length} numbers"
    if not fitting and ROW not in task.reading:
        raise ambiguous(
            task, ROW, dict.fromkeys(rows.layouts(), "does not fit all"), f"{place}, nothing fits"
        )
    decided = decide(task, ROW, dict.fromkeys(fitting, ""), place)
    if decided.value not in rows.layouts():  # the reading says another length's columns
        raise ambiguous(task, ROW, dict.fromkeys(fitting, ""), place)
    return decided.value, decided.note


def _convention(
    task: Task, header: Mapping[str, Any], evidence: FileEvidence, default: str, order: str | None
) -> tuple[str, str]:
    words = _stated(header)
    stated = None if words is None else convention_of(words)
    if task.reading.get(BOX) is not None:
        return task.reading[BOX], ""
    if stated is not None:
        return _as_stated(task, evidence, stated)
    unknown = "" if words is None else f"the file's bbox_format {words!r:.60} is not understood"
    readings = evidence.readings(default, order) or evidence.readings(default)
    if not readings:
        tried = (f"pixels_{one}" for one in ("xywh", "xyxy", "cxcywh"))
        raise ambiguous(task, BOX, {name: evidence.contradiction(name) for name in tried}, "nothing fits")
    decided = decide(task, BOX, readings)
    note = "" if decided.value == default else decided.note
    return decided.value, "; ".join(filter(None, [unknown, note]))


def _stated(header: Mapping[str, Any]) -> str | None:
    others = header.get("others")
    for holder in (header, others if isinstance(others, Mapping) else {}):
        words = find(holder, *_STATED)
        if words is not None:
            return str(words)
    return None


def _as_stated(task: Task, evidence: FileEvidence, stated: str) -> tuple[str, str]:
    """Return the convention that a file states, refused where a tenth of its boxes contradicts it."""
    order = stated.partition("_")[2]
    if stated.startswith("pixels") and evidence.shares():
        stated = f"unit_{order}"
    contradiction = evidence.contradiction(stated)
    if contradiction:
        others = {name: why for name, why in evidence.readings(stated).items() if name != stated}
        raise ambiguous(task, BOX, {stated: f"as the file says, but {contradiction}", **others})
    return stated, f"references read as {stated}, as the file says" if stated != "pixels_xywh" else ""
