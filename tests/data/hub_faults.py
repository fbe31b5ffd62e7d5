"""Faults of a hub, and what a download makes of each: `python -m tests.data.hub_faults` prints the table.

A repository of three tasks: small files, large ones, an archive. Each row has one fault. The download is
started again until it ends well, at most three times; then every file is compared with the repository's.
"""

from __future__ import annotations

import errno
import os
import random
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pytest

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.suite.data.fetch import hub, transfer
from tests.data.stand_in_hub import LARGE, Fault, StandInHub, reachable
from tests.data.trees import BIRD, CAUSES, COLOR, Tree, all_tasks, question, task_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BIG = "image/comprehension/BirdDetection/images/big.bin"
MIDDLE = "image/comprehension/BirdDetection/images/middle.bin"
ARCHIVE = "video/comprehension/ColorMatch.zip"
SMALL = "nlp/Causal-Reasoning/annotation.json"
SIZE = 4 << 20
LARGER = 24 << 20
"""Where bytes that were on the wire come again: some 100 kB a connection, whatever the size of the file."""


def fill(root: Path, size: int) -> None:
    """Write the repository, with a file of `size` bytes; the contents are the same each time."""
    tree, draw = Tree(root), random.Random(19)  # noqa: S311 - contents, not secrets
    tree.annotation(SMALL, [question(number) for number in range(20)])
    tree.annotation("image/comprehension/BirdDetection/annotation.json")
    tree.file(BIG, draw.randbytes(size))
    tree.file(MIDDLE, draw.randbytes(LARGE // 2))
    for number in range(20):
        tree.file(f"image/comprehension/BirdDetection/images/{number}.bin", draw.randbytes(5000))
    (root / ARCHIVE).parent.mkdir(parents=True)
    with zipfile.ZipFile(root / ARCHIVE, "w") as archive:
        archive.writestr("annotation.json", (root / SMALL).read_bytes())
        archive.writestr("videos/1.bin", draw.randbytes(1 << 20))


class FullDisk:
    """Lets a number of bytes be written by transfers, then has the disk full until it is emptied."""

    def __init__(self, room: int) -> None:
        self.room = room

    def write(self, target: BinaryIO, content: bytes) -> int:
        if len(content) > self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.room -= len(content)
        return target.write(content)


@dataclass(frozen=True)
class Case:
    """One fault of the table."""

    name: str
    faults: Callable[[], list[Fault]] = list
    room: int | None = None
    """Bytes until the disk is full, at the first try."""
    refetched: int = 0
    """Bytes that have to come twice, since wrong ones came."""
    size: int = SIZE
    """Bytes of the largest file."""
    is_for_good: bool = False
    """Whether the hub stays wrong: the download cannot end well, and says which file."""


def _cuts(path: str, times: int, after: int) -> list[Fault]:
    return [Fault("cut", path, times, after)]


def _refused(path: str, status: int, times: int = 2, wait: str = "") -> list[Fault]:
    return [Fault("status", path, times, status, wait)]


CASES = (
    Case("none"),
    Case("connection cut after 300 kB, 9 times", lambda: _cuts("big", 9, 300_000)),
    Case("connection cut after 7 bytes, 3 times", lambda: _cuts("middle", 3, 7)),
    Case("connection cut at once, 8 times", lambda: _cuts("big", 8, 0), size=LARGER),
    Case("429, Retry-After: 3", lambda: _refused("resolve", 429, wait="3")),
    Case("429 at a listing", lambda: _refused("/tree/", 429, wait="1")),
    Case("500 at a file", lambda: _refused("resolve", 500)),
    Case("502 at the revision", lambda: _refused("/revision/", 502)),
    Case("503 at listings and files", lambda: [*_refused("/tree/", 503), *_refused("resolve", 503)]),
    Case("500 twelve times", lambda: _refused("big", 500, 12), size=LARGER),
    Case("too short by 1000 bytes", lambda: [Fault("short", "big", 1, 1000)], size=LARGER),
    Case("too long by 1000 bytes", lambda: [Fault("long", "big", 1, 1000)], size=LARGER),
    Case("too short for good", lambda: [Fault("short", "middle", 99, 10)], is_for_good=True),
    Case("changed since it was listed", lambda: [Fault("changed", "middle", 0)], is_for_good=True),
    Case("large file changed since then", lambda: [Fault("changed", "big", 0)], is_for_good=True),
    Case("one byte wrong", lambda: [Fault("garbled", "middle", 1)], refetched=LARGE // 2),
    Case(
        "cut, then parts are not sent",
        lambda: [*_cuts("middle", 1, 90), Fault("whole", "middle")],
        refetched=90,
    ),
    Case("disk full in the middle", room=LARGER * 3 // 4, size=LARGER),
)


@dataclass(frozen=True)
class Outcome:
    """What came of a case."""

    tries: int
    """How often the command was given."""
    messages: tuple[str, ...]
    """How the tries that failed ended."""
    differing: tuple[str, ...]
    """Files that are not as in the repository, or missing; of a fault for good the file that it is in."""
    fetched: int
    needed: int
    waits: tuple[float, ...]
    """Seconds that the library would have waited."""

    @property
    def twice(self) -> int:
        """Bytes that came more than once."""
        return max(0, self.fetched - self.needed)


def run(case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """Download under the fault, again until it ends well, and compare."""
    store, target, messages = folder / "store", folder / "data", []
    store.mkdir()
    fill(store, case.size)
    disk = FullDisk(case.room if case.room is not None else 1 << 40)
    monkeypatch.setattr(transfer, "_append", disk.write)
    wanted = [task_of(name) for name in (BIRD, COLOR, CAUSES)]
    with reachable(StandInHub(store, faults=case.faults()), monkeypatch) as served:
        for tries in range(1, 4):  # noqa: B007
            try:
                hub.download("open", all_tasks(), target, wanted=wanted)
                break
            except DataError as error:
                messages.append(str(error))
            disk.room = 1 << 40
    files = {path.relative_to(store).as_posix() for path in store.rglob("*") if path.is_file()}
    differing = sorted(path for path in files if not _same(store / path, target / path))
    return Outcome(
        tries, tuple(messages), tuple(differing), sum(served.sent.values()),
        sum((store / path).stat().st_size for path in files), tuple(served.waits),
    )  # fmt: skip


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and one.read_bytes() == other.read_bytes()


def rows() -> Iterator[str]:
    """Yield the table, line by line."""
    yield f"{'fault':<42} {'commands':>8} {'fetched twice':>14} {'share':>8}  end"
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as monkeypatch:
            outcome = run(case, Path(folder), monkeypatch)
        end = "complete, every file as in the repository"
        if outcome.differing:
            end = f"all but {', '.join(outcome.differing)}: {outcome.messages[-1]}"
        elif outcome.messages:
            end += f"; before: {outcome.messages[0][:70]}…"
        share = outcome.twice / outcome.needed
        yield f"{case.name:<42} {outcome.tries:>8} {outcome.twice:>14,} {share:>8.3%}  {end}"


if __name__ == "__main__":
    for row in rows():
        print(row)  # noqa: T201
