"""Every instance asked several times: what is asked, and how the answers become one score."""

from __future__ import annotations

import statistics
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench.core.result import digest_of, result_from_dict
from pytest_generalbench.core.task import MetricSpec
from pytest_generalbench.metrics import make
from pytest_generalbench.models.base import Failed
from pytest_generalbench.runs.certainty import evidence_of
from pytest_generalbench.runs.ledger.files import LedgerReader
from pytest_generalbench.suite.data import open_data
from pytest_generalbench.suite.tasks import load_tasks
from tests.builders import TASK, make_instance, make_task
from tests.fakes import FakeModel, evaluation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_generalbench.core.request import Request
    from pytest_generalbench.core.result import TaskResult
    from pytest_generalbench.core.task import Task

INSTANCES = [make_instance(number, "A") for number in range(6)]


def right(request: Request) -> bool:
    """Whether the model is right: the first two always, the last never, the others now and then."""
    number = int(request.instance_id[1:])
    return number < 2 or (number < 5 and (number + request.repeat) % 3 != 0)


def chance(requests: Sequence[Request]) -> list[str]:
    return ["A" if right(request) else "B" for request in requests]


def test_each_repeat_has_the_next_seed_and_a_digest_of_its_own(tmp_path: Path) -> None:
    seen: list[Request] = []

    def answer(requests: Sequence[Request]) -> list[str]:
        seen.extend(requests)
        return chance(requests)

    evaluation(tmp_path, FakeModel(answer), INSTANCES, repeats=3).run(TASK)
    assert Counter(request.instance_id for request in seen) == {item.id: 3 for item in INSTANCES}
    for item in INSTANCES:
        asked = [request for request in seen if request.instance_id == item.id]
        assert [request.repeat for request in asked] == [0, 1, 2]
        assert [request.seed - asked[0].seed for request in asked] == [0, 1, 2]
        assert len({request.digest() for request in asked}) == 3


def test_one_repeat_writes_the_same_bytes_as_ever(tmp_path: Path) -> None:
    plain: dict[str, Any] = {}
    for name, settings in (("plain", plain), ("one", {"repeats": 1})):
        (tmp_path / name).mkdir()
        result = evaluation(tmp_path / name, FakeModel(chance), INSTANCES, **settings).run(TASK)
        assert result.repeats is None
        assert "repeats" not in digest_of(result)
    for name in ("plain", "one"):
        assert b"repeat" not in (tmp_path / name / "ledger-test-1.jsonl").read_bytes()


def test_the_score_is_the_mean_of_the_instances_means(tmp_path: Path) -> None:
    result = evaluation(tmp_path, FakeModel(chance), INSTANCES, repeats=3).run(TASK)
    means = [100.0, 100.0, 200 / 3, 200 / 3, 200 / 3, 0.0]
    assert result.score == pytest.approx(statistics.fmean(means))
    assert result.stderr == pytest.approx(statistics.stdev(means) / 6**0.5)
    assert {row.instance: row.score for row in result.rows} == pytest.approx(
        {f"q{number}": mean for number, mean in enumerate(means)}
    )
    assert (result.n, result.coverage, result.states) == (6, 1.0, {"ok": 18})
    assert {row.prediction for row in result.rows} == {"A", "B", "A | A | B", "A | B | A", "B | A | A"}
    spread = result.repeats
    assert spread is not None
    assert (spread["count"], spread["same"]) == (3, 3)
    inside = statistics.fmean([0.0, 0.0, *(3 * [statistics.variance([100.0, 100.0, 0.0])]), 0.0])
    assert spread["between_repeats"] == pytest.approx(inside**0.5)
    assert spread["share"] == pytest.approx(inside / 3 / statistics.variance(means))
    assert result_from_dict(digest_of(result)).repeats == spread
    assert result.notes[-1] == "each instance asked 3 times, the score is the mean"
    assert evidence_of(TASK, result, result.rows).spread is not None  # the rows explain the score


def test_repeats_of_a_model_without_chance_change_nothing(tmp_path: Path) -> None:
    results = []
    for repeats in (1, 3):
        (tmp_path / str(repeats)).mkdir()
        model = FakeModel(lambda requests: ["A" if right(one) else "B" for one in map(first, requests)])
        results.append(evaluation(tmp_path / str(repeats), model, INSTANCES, repeats=repeats).run(TASK))
    once, often = results
    assert often.score == pytest.approx(once.score)
    assert often.stderr == pytest.approx(once.stderr)
    assert once.rows == often.rows
    assert often.repeats is not None
    assert (often.repeats["same"], often.repeats["share"]) == (6, 0.0)


def first(request: Request) -> Request:
    return type(request)(request.task_id, request.instance_id, request.parts)


def bleu() -> Task:
    metric = MetricSpec("BLEU-1", "bleu1", "higher", "percent", "identity")
    return make_task(protocol="free_text", metric=metric, output="text")


def test_a_corpus_score_is_the_mean_of_the_corpus_scores(tmp_path: Path) -> None:
    words = [f"w{place}" for place in range(16)]
    instances = [make_instance(number, " ".join(words[: number + 3])) for number in range(8)]

    def answer(requests: Sequence[Request]) -> list[str]:
        return [" ".join(words[one.repeat : int(one.instance_id[1:]) + 4]) for one in requests]

    result = evaluation(tmp_path, FakeModel(answer), instances, repeats=3).run(bleu())
    scores, numbers = [], []
    for repeat in range(3):
        metric = make("bleu1", bleu().metric.options)
        for number in range(8):
            metric.add(" ".join(words[repeat : number + 4]), (" ".join(words[: number + 3]),))
        value = metric.result([f"q{number}" for number in range(8)])
        scores.append(value.score)
        numbers.append(list(value.scores))
    assert result.score == pytest.approx(statistics.fmean(scores))
    means = [statistics.fmean(column) for column in zip(*numbers, strict=True)]
    assert {row.instance: row.score for row in result.rows} == pytest.approx(
        {f"q{number}": mean for number, mean in enumerate(means)}
    )
    assert result.stderr == pytest.approx(statistics.stdev(means) / 8**0.5)
    assert result.repeats is not None
    assert 0.0 < result.repeats["share"] < 1.0


def test_an_answer_that_is_missing_in_one_repeat_is_wrong_there(tmp_path: Path) -> None:
    def answer(requests: Sequence[Request]) -> list[object]:
        return [Failed("no luck") if (one.instance_id, one.repeat) == ("q1", 1) else "A" for one in requests]

    result = evaluation(tmp_path, FakeModel(answer), INSTANCES, repeats=2).run(TASK)
    assert (result.state, result.states) == ("incomplete", {"ok": 11, "error": 1})
    assert result.score == pytest.approx(100 * 5.5 / 6)
    assert result.coverage == pytest.approx(11 / 12)
    assert result.reason == "1 error; first q1: no luck"
    assert [row.state for row in result.rows if row.instance == "q1"] == ["error"]


def test_a_repeat_without_any_answer_counts_as_wrong(tmp_path: Path) -> None:
    def answer(requests: Sequence[Request]) -> list[object]:
        return [Failed("no luck") if one.repeat else "A" for one in requests]

    result = evaluation(tmp_path, FakeModel(answer), INSTANCES, repeats=2).run(TASK)
    assert (result.state, result.score, result.coverage) == ("incomplete", 50.0, 0.5)


def test_the_ledger_says_which_repeat_a_record_is_of(tmp_path: Path) -> None:
    evaluation(tmp_path, FakeModel(chance), INSTANCES, repeats=2).run(TASK)
    records = list(LedgerReader(tmp_path / "ledger-test-1.jsonl").records())
    assert Counter(record.repeat for record in records) == {0: 6, 1: 6}


def test_the_time_for_a_task_is_for_all_repeats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = evaluation(tmp_path, FakeModel(chance), INSTANCES, repeats=5, task_timeout=100.0)
    begun: list[None] = []
    begin = given.deadlines.begin
    monkeypatch.setattr(given.deadlines, "begin", lambda: begun.append(begin()))
    assert given.run(TASK).state == "scored"
    assert len(begun) == 1


@pytest.mark.parametrize("repeats", [1, 4])
def test_a_model_is_told_of_a_task_once(tmp_path: Path, repeats: int) -> None:
    begun: list[str] = []
    model = FakeModel(chance)
    model.begin = lambda task, sheet: begun.append(task.id)  # type: ignore[method-assign]
    evaluation(tmp_path, model, INSTANCES, repeats=repeats).run(TASK)
    assert begun == [TASK.id]


class Grader:
    """A judge that finds `good` right, and fails at `odd`."""

    name = "grader"

    def __init__(self) -> None:
        self.count = 0

    def verdict(self, question: str, references: Sequence[str], answer: str) -> tuple[float | None, str]:
        self.count += 1
        return (None, "no idea") if answer == "odd" else (float(answer == "good"), answer)


def judged(folder: Path, words: dict[tuple[str, int], str]) -> tuple[TaskResult, Grader]:
    grader = Grader()
    metric = MetricSpec("GPT-Score", "judge_score", "higher", "percent", "identity")
    task = make_task(protocol="free_text", metric=metric)
    instances = [make_instance(number, "a dog barks") for number in range(3)]
    model = FakeModel(lambda asked: [words.get((one.instance_id, one.repeat), "bad") for one in asked])
    return evaluation(folder, model, instances, grader, repeats=2).run(task), grader


def test_the_answer_of_each_repeat_is_judged(tmp_path: Path) -> None:
    result, grader = judged(tmp_path, {("q0", 0): "good", ("q0", 1): "good", ("q1", 1): "good"})
    assert grader.count == 6
    assert result.score == pytest.approx(50.0)
    assert {row.instance: row.score for row in result.rows} == {"q0": 100.0, "q1": 50.0, "q2": 0.0}


def test_an_answer_without_a_verdict_counts_in_neither_way(tmp_path: Path) -> None:
    result, _ = judged(tmp_path, {("q0", 0): "good", ("q0", 1): "odd"})
    assert (result.state, result.states) == ("incomplete", {"ok": 5, "unjudged": 1})
    assert {row.instance: row.score for row in result.rows} == {"q0": 100.0, "q1": 0.0, "q2": 0.0}
    assert result.score == pytest.approx(100 / 3)
    assert result.repeats is not None
    assert result.reason == "1 unjudged; first q0: unjudged (no idea)"


def test_coordinates_are_inferred_from_the_answers_of_all_repeats(tmp_path: Path) -> None:
    """Pixels beyond 1000 in one repeat alone say what the answers of every repeat are in."""
    task = next(task for task in load_tasks() if task.id == "image/comprehension/bird-detection")
    data = open_data("demo", "open", load_tasks())
    loaded = data.load(task)
    assert loaded is not None
    scores = []
    for first in (0, 1):
        folder = tmp_path / str(first)
        folder.mkdir()
        answers = ("[[10, 10, 60, 60]]", "[[10, 10, 1060, 60]]")

        def answer(
            asked: Sequence[Request], first: int = first, answers: tuple[str, str] = answers
        ) -> list[str]:
            return [answers[(one.repeat + first) % 2] for one in asked]

        given = evaluation(folder, FakeModel(answer), loaded.instances, repeats=2)
        scores.append(given.run(task).notes)
    assert scores[0] == scores[1]
