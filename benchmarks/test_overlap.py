"""What runs beside the model, over the same run in turn: a slow disk, media, the next task, scoring.

Run it by name: `pytest benchmarks/test_overlap.py -s`.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.generating_models import TASK, make_instance

from pytest_generalbench import metrics
from pytest_generalbench.core.media.media import Media, open_image
from pytest_generalbench.core.media.prefetch import PREFETCH
from pytest_generalbench.evaluation.scoring import background_scorer as scorer
from pytest_generalbench.evaluation.scoring.background_scorer import BackgroundScorer
from pytest_generalbench.runs.ledger import async_writer as behind
from tests.fakes import FakeModel, evaluation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_generalbench.core.request import Request

PICTURES, MODEL_S, DISK_S, DATA_S = 48, 0.12, 0.05, 0.4


def _tell(capsys: pytest.CaptureFixture[str], what: str, own: float, other: float) -> None:
    with capsys.disabled():
        text = f"{what}: {own:.2f} s beside the model, {other:.2f} s in turn, ratio {own / other:.2f}"
        print(f"\n{text}")  # noqa: T201 - the figure is what this is for


def _seconds(folder: Path, model: FakeModel, instances: Sequence[Any], **task: Any) -> float:
    folder.mkdir()
    started = time.perf_counter()
    evaluation(folder, model, instances).run(replace(TASK, **task))
    return time.perf_counter() - started


def _busy(requests: Sequence[Request]) -> list[str]:
    time.sleep(MODEL_S)  # as a GPU does: the processor is free meanwhile
    return ["A"] * len(requests)


def test_a_slow_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    instances = [make_instance(number) for number in range(PICTURES)]
    monkeypatch.setattr(os, "fsync", lambda file: time.sleep(DISK_S))
    own = _seconds(tmp_path / "beside", FakeModel(_busy), instances)
    append = behind.AsyncLedgerWriter.append

    def waiting(self: behind.AsyncLedgerWriter, records: Any) -> None:
        append(self, records)
        self.flush()

    monkeypatch.setattr(behind.AsyncLedgerWriter, "append", waiting)
    other = _seconds(tmp_path / "in turn", FakeModel(_busy), instances)
    _tell(capsys, f"a disk that takes {DISK_S} s a batch, a model that takes {MODEL_S} s", own, other)


def test_media(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    image = pytest.importorskip("PIL.Image")
    rng = np.random.default_rng(1)
    instances = []
    for number in range(PICTURES):
        path = tmp_path / f"{number}.jpg"
        small = image.fromarray(rng.integers(0, 255, (60, 80, 3), dtype=np.uint8))
        small.resize((1600, 1200)).save(path, quality=90)
        instances.append(make_instance(number, media=(Media("image", (path,)),)))

    def look(requests: Sequence[Request]) -> list[str]:
        for request in requests:
            for medium in request.media:
                open_image(medium.path)
        return _busy(requests)

    own = _seconds(tmp_path / "beside", FakeModel(look), instances, inputs="image")
    monkeypatch.setattr(PREFETCH, "room", 0)
    other = _seconds(tmp_path / "in turn", FakeModel(look), instances, inputs="image")
    _tell(capsys, f"{PICTURES} pictures of 2 megapixels, a model that takes {MODEL_S} s", own, other)


def test_the_next_tasks_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    instances = [make_instance(number) for number in range(16)]
    tasks = [replace(TASK, id=f"nlp/task-{number}") for number in range(4)]

    def run(name: str, expecting: bool) -> float:
        (tmp_path / name).mkdir()
        made = evaluation(tmp_path / name, FakeModel(_busy), instances)
        load = made.data.load

        def slowly(task: Any) -> Any:
            time.sleep(DATA_S)
            return load(task)

        made.data.load = slowly  # type: ignore[method-assign]
        started = time.perf_counter()
        for task, following in zip(tasks, [*tasks[1:], None], strict=True):
            made.expect(following if expecting else None)
            made.run(task)
        return time.perf_counter() - started

    own, other = run("beside", True), run("in turn", False)
    _tell(capsys, f"4 tasks whose data take {DATA_S} s to read", own, other)


class _Slow:
    """A metric that computes as long for an instance as the model takes for it."""

    def __init__(self, inner: metrics.Accumulator) -> None:
        self.inner = inner

    def add(self, prediction: Any, reference: Any) -> None:
        self.inner.add(prediction, reference)
        until = time.process_time() + MODEL_S / 4  # the model takes four at a time
        while time.process_time() < until:
            pass

    def result(self) -> metrics.MetricValue:
        return self.inner.result()


def test_scoring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    make = metrics.make
    monkeypatch.setattr(metrics, "make", lambda *given: _Slow(make(*given)))
    monkeypatch.setattr(scorer, "WORTH_S", 0.0)

    def run(name: str, beside: bool) -> float:
        (tmp_path / name).mkdir()
        instances = [make_instance(number) for number in range(2 * PICTURES)]
        made = evaluation(tmp_path / name, FakeModel(_busy), instances)
        made.scorer = BackgroundScorer(made.score_in_background) if beside else None
        started = time.perf_counter()
        made.run(TASK)
        seconds = time.perf_counter() - started
        if made.scorer is not None:
            made.scorer.close()
        return seconds

    own, other = run("beside", True), run("in turn", False)
    alone = 2 * PICTURES / 4 * MODEL_S
    _tell(capsys, f"a metric that takes as long as the model, {alone:.2f} s each", own, other)
    assert own < 0.75 * other
