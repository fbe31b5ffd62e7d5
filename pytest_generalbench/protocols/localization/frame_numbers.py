"""Frame numbers in references: the column of rows that holds them, and the number of the first frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_generalbench.protocols.index_base import BASE, IndexEvidence
from pytest_generalbench.protocols.localization.base import LocatedProtocol, unreadable

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pytest_generalbench.core.outputs.codecs.boxes.conventions import RawBox
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.protocols.base import TaskContext


def numbered_rows(
    protocol: LocatedProtocol, raws: Sequence[RawBox | None], instance: Instance, context: TaskContext
) -> dict[int, RawBox] | None:
    """Return boxes by the frame in their rows, None where rows have none.

    Raises ReferenceFormatError when two rows have the same frame.
    """
    numbered: dict[int, RawBox] = {}
    rows = [raw for raw in raws if raw is not None]
    for raw in rows:
        layout = context.facts.get("rows", {}).get(len(raw.row))
        if layout is None or layout.frame is None:
            return None
        frame = int(raw.row[layout.frame])
        if frame in numbered:
            raise unreadable(instance, f"two boxes in frame {frame}")
        numbered[frame] = protocol.from_columns(raw, instance, context)
    return numbered or None


@dataclass(slots=True)
class FrameEvidence:
    """Statistics over the frame numbers of a file from which the number of the first is inferred."""

    starts: bool = True
    """Whether every reference has a box in its first frame, as one that is followed from there has."""
    indices: IndexEvidence = field(default_factory=lambda: IndexEvidence("frames"))
    firsts: set[int] = field(default_factory=set)

    def add(self, frames: Collection[int], count: int | None, place: str) -> None:
        """Add the frame numbers of one reference, and how many frames its video has."""
        self.firsts.add(min(frames))
        for frame in (min(frames), max(frames)):
            # Of a video of unknown length no number is the last.
            self.indices.add(frame, count if count is not None else max(frames) + 1, place)

    def decided(self, task: Task) -> tuple[int, str]:
        """Return the number of the first frame, and a note. Raises AmbiguousReferenceError."""
        if not self.firsts:
            return 0, ""
        undecided = self.indices.zero is None and self.indices.last is None
        if self.starts and undecided and self.firsts == {1} and BASE not in task.reading:
            return 1, f"read with {BASE}=1: every track begins in frame 1"
        return self.indices.decided(task)
