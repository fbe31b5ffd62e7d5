"""What runs beside the model: writing behind, decoding ahead, the next task's data."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_generalbench.core.errors import DataError, MediaError
from pytest_generalbench.core.media.media import Media, open_frames, open_image, prefetch_media
from pytest_generalbench.core.media.prefetch import PREFETCH, MediaPrefetch
from pytest_generalbench.core.request import Output
from pytest_generalbench.core.threads import Background
from pytest_generalbench.evaluation.inference.task_prefetch import NextTask
from pytest_generalbench.runs.ledger.async_writer import AsyncLedgerWriter
from pytest_generalbench.runs.ledger.files import LedgerReader, LedgerWriter
from pytest_generalbench.runs.ledger.records import LedgerError, Record
from tests.builders import TASK, make_instance, make_task
from tests.fakes import FakeModel, evaluation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pytest_generalbench.core.request import Request


def record(number: int) -> Record:
    return Record("nlp/x", f"q{number}", output=Output("A"))


class Disk(LedgerWriter):
    """A ledger on a disk that waits to be let, or fails."""

    def __init__(self, path: Path, error: Exception | None = None) -> None:
        super().__init__(path)
        self.free = threading.Event()
        self.error = error
        self.syncs = 0

    def sync(self) -> None:
        self.free.wait(10)
        self.syncs += 1
        if self.error is not None:
            raise self.error
        super().sync()


def test_records_are_written_at_once_and_synced_when_flush_returns(tmp_path: Path) -> None:
    with Disk(tmp_path / "ledger.jsonl") as disk:
        behind = AsyncLedgerWriter(disk, Background("test"))
        for number in range(6):
            behind.append([record(number)])  # returns though the disk takes nothing yet
        assert disk.syncs == 0
        assert len(list(LedgerReader(disk.path).records())) == 6
        disk.free.set()
        behind.flush()
        kept = [item.instance for item in LedgerReader(disk.path).records()]
        assert kept == [f"q{number}" for number in range(6)]
        assert 1 <= disk.syncs <= 2


def test_a_full_disk_is_told_in_one_line(tmp_path: Path) -> None:
    with Disk(
        tmp_path / "ledger.jsonl", LedgerError("ledger.jsonl cannot be written: No space left")
    ) as disk:
        disk.free.set()
        behind = AsyncLedgerWriter(disk, Background("test"))
        with pytest.raises(LedgerError, match="No space left"):
            for number in range(20):
                behind.append([record(number)])
            behind.flush()


def test_answers_are_kept_before_they_are_scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = evaluation(
        tmp_path, FakeModel(lambda batch: ["A"] * len(batch)), [make_instance(n) for n in range(20)]
    )
    asked = made._read

    def read(*args: Any) -> Any:
        assert len(list(LedgerReader(made.ledger.path).records())) == 20
        return asked(*args)

    monkeypatch.setattr(made, "_read", read)
    assert made.run(TASK).n == 20


@pytest.fixture
def prefetch() -> Iterator[MediaPrefetch]:
    PREFETCH.habits.clear()
    PREFETCH.drop()
    yield PREFETCH
    PREFETCH.habits.clear()
    PREFETCH.drop()


@pytest.fixture
def pictures(tmp_path: Path) -> list[Media]:
    image = pytest.importorskip("PIL.Image")
    result = []
    for number in range(4):
        path = tmp_path / f"{number}.png"
        image.fromarray(np.full((8, 8, 3), number, dtype=np.uint8)).save(path)
        result.append(Media("image", (path,)))
    return result


def red(picture: Any) -> int:
    return int(picture.getpixel((0, 0))[0])


def waiting(prefetch: MediaPrefetch) -> int:
    return len(prefetch._waiting)


def test_what_a_model_never_opens_is_not_decoded(prefetch: MediaPrefetch, pictures: list[Media]) -> None:
    prefetch_media(pictures)
    assert waiting(prefetch) == 0


def test_media_are_decoded_ahead_as_they_were_opened_before(
    prefetch: MediaPrefetch, pictures: list[Media]
) -> None:
    open_image(pictures[0].path)
    prefetch_media(pictures[1:3])
    assert waiting(prefetch) == 2
    for item in prefetch._waiting.values():
        item.job.result()
    pictures[1].path.unlink()
    assert red(open_image(pictures[1].path)) == 1
    assert red(open_image(pictures[2].path)) == 2
    assert waiting(prefetch) == 0


def test_frames_are_decoded_with_the_models_limit(prefetch: MediaPrefetch, pictures: list[Media]) -> None:
    paths = tuple(item.path for item in pictures)
    video, other = Media("video", paths), Media("video", tuple(reversed(paths)))
    open_frames(video, 2)
    prefetch_media([other])
    assert waiting(prefetch) == 1
    assert [red(frame) for frame in open_frames(other, 2)] == [3, 0]
    assert waiting(prefetch) == 0


def test_an_error_ahead_is_raised_where_the_medium_is_opened(
    prefetch: MediaPrefetch, pictures: list[Media]
) -> None:
    open_image(pictures[0].path)
    pictures[1].path.write_bytes(b"\x89PNG\r\n\x1a\n torn")
    prefetch_media(pictures[1:2])
    with pytest.raises(MediaError, match=r"1\.png: cannot decode"):
        open_image(pictures[1].path)


def test_memory_for_what_waits_is_bounded_and_given_back() -> None:
    small = MediaPrefetch(room=100)
    small.take("image", "first", (), lambda: None)
    for name in "abc":
        small.start("image", name, 40, lambda: None)
    assert waiting(small) == 2
    small.begin_turn()
    assert waiting(small) == 2
    small.begin_turn()
    assert waiting(small) == 0


def test_a_model_finds_its_media_decoded_and_answers_the_same(
    tmp_path: Path, prefetch: MediaPrefetch, pictures: list[Media]
) -> None:
    task = replace(TASK, inputs="image")
    instances = [make_instance(n, "ABC"[n % 3], media=(pictures[n % 4],)) for n in range(8)]

    def look(requests: Sequence[Request]) -> list[str]:
        return ["ABC"[red(open_image(item.media[0].path)) % 3] for item in requests]

    result = evaluation(tmp_path, FakeModel(look), instances).run(task)
    expected = sum("ABC"[n % 4 % 3] == "ABC"[n % 3] for n in range(8))
    assert result.score == 100 * expected / 8
    assert waiting(prefetch) == 0


def test_the_next_tasks_work_is_done_ahead_once() -> None:
    done: list[str] = []
    coming = NextTask(lambda task: done.append(task.id) or task.id)  # type: ignore[func-returns-value]
    coming.task = TASK
    coming.begin()
    assert coming.take(TASK) == TASK.id
    assert coming.take(TASK) is None
    assert done == [TASK.id]


def test_another_task_than_the_expected_one_was_not_begun() -> None:
    coming = NextTask(lambda task: task.id)
    coming.task = TASK
    coming.begin()
    other = make_task(id="nlp/other")
    assert coming.take(other) is None
    assert coming.done() is None


def test_what_fails_ahead_fails_where_the_task_is_taken_up() -> None:
    def fail(task: Any) -> None:
        raise DataError("torn")

    coming = NextTask(fail)
    coming.task = TASK
    coming.begin()
    with pytest.raises(DataError, match="torn"):
        coming.take(TASK)


def test_background_work_keeps_its_order_and_raises_at_the_one_who_waits() -> None:
    thread = Background("test")
    seen: list[int] = []
    jobs = [thread.start(lambda number=number: seen.append(number)) for number in range(5)]  # type: ignore[misc]
    bad = thread.start(lambda: 1 // 0)
    for job in jobs:
        job.result()
    assert seen == list(range(5))
    with pytest.raises(ZeroDivisionError):
        bad.result()


def test_a_thread_that_computes_does_not_keep_the_interpreter_from_the_model() -> None:
    before = sys.getswitchinterval()
    try:
        sys.setswitchinterval(0.005)
        Background("test").start(lambda: None).result(10)
        assert sys.getswitchinterval() == pytest.approx(1e-4)
    finally:
        sys.setswitchinterval(before)
