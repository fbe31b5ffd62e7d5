from __future__ import annotations

import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.errors import MediaError, ModelError
from pytest_generalbench.core.outputs import Boxes
from pytest_generalbench.core.outputs.forms.boxes import Detection
from pytest_generalbench.core.request import Instance, Output, Problem, Request
from pytest_generalbench.core.task import MetricSpec
from pytest_generalbench.evaluation.inference.batching import ask
from pytest_generalbench.evaluation.task_evaluator import _has_gpu
from pytest_generalbench.models.base import Failed
from pytest_generalbench.models.baselines import make_baseline
from pytest_generalbench.runs.ledger.files import LedgerReader
from tests.builders import TASK, make_instance, make_task
from tests.fakes import FakeData, FakeModel, StructuredOutput, evaluation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_generalbench.core.result import TaskResult
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.suite.data import TaskData

REQUESTS = [Request(TASK.id, str(number), (f"question {number}",)) for number in range(9)]


def all_a(requests: Sequence[Request]) -> list[str]:
    return ["A"] * len(requests)


def run(
    folder: Path, answer: StructuredOutput, instances: Sequence[Instance], limit: int | None = None
) -> TaskResult:
    return evaluation(folder, FakeModel(answer), instances, limit=limit).run(TASK)


def test_a_task_is_asked_kept_and_scored(tmp_path: Path) -> None:
    instances = [make_instance(number, "A" if number % 2 else "B") for number in range(8)]
    result = run(tmp_path, all_a, instances)
    assert (result.state, result.score, result.n, result.coverage) == ("scored", 50.0, 8, 1.0)
    assert result.stderr == pytest.approx(100 * (0.25 * 8 / 7 / 8) ** 0.5)
    assert (result.top_answer, result.top_share) == ("A", 1.0)
    assert result.data == "f" * 16


def test_batches_are_of_the_models_size_longest_first(tmp_path: Path) -> None:
    model = FakeModel(all_a)
    seen: list[int] = []

    def answer(requests: Sequence[Request]) -> list[str]:
        seen.extend(len(request.text) for request in requests)
        return all_a(requests)

    model.answer = answer
    fields = {"options": ["x", "y"]}
    instances = [
        make_instance(number, fields={**fields, "question": "?" * (1 + number * 7 % 10)})
        for number in range(10)
    ]
    evaluation(tmp_path, model, instances).run(TASK)
    assert model.batches == [4, 4, 2]
    assert seen == sorted(seen, reverse=True)


def test_a_batch_size_of_the_user_counts(tmp_path: Path) -> None:
    model = FakeModel(all_a)
    evaluation(tmp_path, model, [make_instance(n) for n in range(5)], batch_size=2).run(TASK)
    assert model.batches == [2, 2, 1]


def test_unparsable_and_refused_count_as_wrong_and_stay_apart(tmp_path: Path) -> None:
    answers = {"q1": "A", "q2": "what a lovely day", "q3": "I'm sorry, but I can't help with that."}
    instances = [make_instance(number) for number in (1, 2, 3)]
    result = run(tmp_path, lambda requests: [answers[r.instance_id] for r in requests], instances)
    assert result.state == "scored"
    assert result.states == {"ok": 1, "unparsable": 1, "refused": 1}
    assert result.score == pytest.approx(100 / 3)


def test_a_refusal_that_the_model_declares_is_kept(tmp_path: Path) -> None:
    result = run(tmp_path, lambda requests: [Output("A", refused=True)] * len(requests), [make_instance()])
    assert result.states == {"refused": 1}
    assert result.score == 0.0


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (ValueError("x"), "error"),
        (MemoryError("x"), "oom"),
        (type("OutOfMemoryError", (RuntimeError,), {})("x"), "oom"),
        (TimeoutError("x"), "timeout"),
        (MediaError("a.png: cut"), "missing_media"),
    ],
)
def test_an_exception_is_the_state_of_its_instance_alone(
    tmp_path: Path, error: Exception, state: str
) -> None:
    def answer(requests: Sequence[Request]) -> list[str]:
        if any(request.instance_id == "q5" for request in requests):
            raise error
        return all_a(requests)

    result = run(tmp_path, answer, [make_instance(number) for number in range(10)])
    assert result.states == {"ok": 9, state: 1}
    assert result.state == "incomplete"
    assert (result.score, result.coverage, result.n) == (90.0, 0.9, 10)
    assert result.reason is not None
    assert result.reason.startswith(f"1 {state}; first q5: ")


@given(bad=st.sets(st.integers(0, 8)))
def test_halving_finds_exactly_the_bad_requests(bad: set[int]) -> None:
    def answer(requests: Sequence[Request]) -> list[str]:
        if any(int(request.instance_id) in bad for request in requests):
            raise ValueError("bad")
        return [f"answer {request.instance_id}" for request in requests]

    answers = ask(answer, REQUESTS)
    for request, given_answer in zip(REQUESTS, answers, strict=True):
        if int(request.instance_id) in bad:
            assert given_answer == Failed("ValueError: bad")
        else:
            assert given_answer == Output(f"answer {request.instance_id}")


@pytest.mark.parametrize("given_answer", [7, None, b"A", ["A"], Output(None), Output(3)])  # type: ignore[arg-type]
def test_what_is_no_text_is_an_error_of_that_request(given_answer: object) -> None:
    answers = ask(lambda requests: ["A", given_answer], REQUESTS[:2])
    assert answers[0] == Output("A")
    assert isinstance(answers[1], Failed)


def test_too_many_outputs_are_an_error_too() -> None:
    (answer,) = ask(lambda requests: ["A", "B"], REQUESTS[:1])
    assert answer == Failed("the model returned 2 outputs for 1 requests")


def test_instances_that_cannot_be_asked_keep_their_state_and_never_reach_the_model(tmp_path: Path) -> None:
    instances = [
        make_instance(1),
        make_instance(2, problem=Problem("missing_media", "pic.png: No such file")),
        make_instance(3, answer={"a": "dict"}),
        make_instance(4, fields={}),
    ]
    model = FakeModel(all_a)
    result = evaluation(tmp_path, model, instances).run(TASK)
    assert model.batches == [1]
    assert result.states == {"ok": 1, "missing_media": 1, "error": 2}
    assert result.coverage == 0.25
    records = {record.instance: record for record in LedgerReader(tmp_path / "ledger-test-1.jsonl").records()}
    assert set(records) == {"q1", "q2", "q3", "q4"}
    assert records["q2"].message == "pic.png: No such file"


def test_an_open_instance_without_reference_is_an_error(tmp_path: Path) -> None:
    bare = replace(make_instance(2), reference=None, reference_key=None)
    result = run(tmp_path, all_a, [make_instance(1), bare])
    assert (result.state, result.states) == ("incomplete", {"ok": 1, "error": 1})


def test_a_state_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    result = run(tmp_path, lambda requests: [Failed("x", "weird")] * len(requests), [make_instance()])
    assert result.states == {"error": 1}
    assert result.reason is not None
    assert "unknown state 'weird'" in result.reason


def test_a_model_that_exits_is_an_error_of_its_instances(tmp_path: Path) -> None:
    def answer(requests: Sequence[Request]) -> list[str]:
        raise SystemExit(3)

    assert run(tmp_path, answer, [make_instance()]).states == {"error": 1}


def test_half_a_surrogate_pair_is_kept_and_reported(tmp_path: Path) -> None:
    free = replace(TASK, protocol="free_text", metric=replace(TASK.metric, name="bleu1"))
    model = FakeModel(lambda requests: ["a \ud800 dog"] * len(requests))
    result = evaluation(tmp_path, model, [make_instance(1, "a dog")]).run(free)
    assert result.state == "scored"
    assert result.top_answer is not None
    result.top_answer.encode()


def test_details_may_be_anything(tmp_path: Path) -> None:
    answer = Output("A", details={"logprob": np.float32(0.5)})
    assert run(tmp_path, lambda requests: [answer] * len(requests), [make_instance()]).state == "scored"


@pytest.mark.parametrize("hook", ["begin", "unsupported"])
def test_what_a_models_hooks_raise_is_one_line(
    tmp_path: Path, hook: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("two\nlines")

    model = FakeModel(all_a)
    monkeypatch.setattr(model, hook, broken)
    with pytest.raises(ModelError, match="RuntimeError: two lines"):
        evaluation(tmp_path, model, [make_instance()]).run(TASK)


def test_an_answer_that_cannot_be_kept_costs_itself_only(tmp_path: Path) -> None:
    odd = Boxes((Detection(0.0, 0.0, 3.0, 3.0, cast("str", object())),))
    result = run(
        tmp_path, lambda requests: [odd, *["A"] * (len(requests) - 1)], [make_instance(1), make_instance(2)]
    )
    assert result.states == {"error": 1, "ok": 1}


def test_no_answer_at_all_is_no_score(tmp_path: Path) -> None:
    result = run(
        tmp_path, lambda requests: [Failed("down")] * len(requests), [make_instance(1), make_instance(2)]
    )
    assert (result.state, result.score, result.coverage) == ("incomplete", None, 0.0)


def test_the_close_set_is_answered_not_scored(tmp_path: Path) -> None:
    instances = [replace(make_instance(number), reference=None, reference_key=None) for number in range(3)]
    result = evaluation(tmp_path, FakeModel(all_a), instances, split="close").run(TASK)
    assert (result.state, result.score, result.n) == ("answered", None, 3)
    failing = FakeModel(lambda requests: [Failed("down")] * len(requests))
    assert evaluation(tmp_path, failing, instances, split="close").run(TASK).state == "incomplete"


def test_a_limit_asks_that_many(tmp_path: Path) -> None:
    result = run(tmp_path, all_a, [make_instance(number) for number in range(20)], limit=6)
    assert result.n == 6


def test_no_data_and_unsupported_are_states_with_reasons(tmp_path: Path) -> None:
    model = FakeModel(all_a)
    assert evaluation(tmp_path, model, []).run(TASK).state == "no_data"
    model.input_media = frozenset({"image"})
    result = evaluation(tmp_path, model, [make_instance()]).run(TASK)
    assert (result.state, result.reason) == ("unsupported", "the model does not take text")


def test_a_task_that_cannot_be_scored_is_not_asked(tmp_path: Path) -> None:
    model = FakeModel(all_a)
    judged = make_task(metric=MetricSpec("GPT-Score", "judge_score", "higher", "percent", "identity"))
    assert evaluation(tmp_path, model, [make_instance()]).run(judged).state == "unavailable"
    assert evaluation(tmp_path, model, []).run(judged).state == "no_data"
    assert model.batches == []


class NoData(FakeData):
    def load(self, task: Task) -> TaskData | None:
        raise AssertionError("opened")

    def lacks(self, task: Task) -> bool:
        raise AssertionError("looked for")


def test_the_data_of_a_task_that_the_model_does_not_support_stay_closed(tmp_path: Path) -> None:
    model = FakeModel(all_a)
    model.input_media = frozenset({"image"})
    made = evaluation(tmp_path, model, [make_instance()])
    made.data = NoData([])
    assert made.run(TASK).state == "unsupported"


def test_what_only_people_can_score_is_asked_and_kept(tmp_path: Path) -> None:
    made = evaluation(tmp_path, FakeModel(all_a), [make_instance(1), make_instance(2)])
    result = made.run(make_task(metric=MetricSpec("MOS", "mos", "higher", "1..5", "affine:1..5")))
    assert (result.state, result.score) == ("human", None)
    assert "2 answers are kept" in (result.reason or "")


@pytest.mark.parametrize(("name", "score"), [("oracle", 100.0), ("constant", 50.0), ("majority", 50.0)])
def test_baselines_score_what_they_should(tmp_path: Path, name: str, score: float) -> None:
    instances = [make_instance(number, "AB"[number % 2]) for number in range(8)]
    assert evaluation(tmp_path, make_baseline(name), instances).run(TASK).score == score


def test_two_tasks_share_a_ledger_without_mixing(tmp_path: Path) -> None:
    made = evaluation(tmp_path, FakeModel(all_a), [make_instance(1), make_instance(2, "B")])
    first, second = made.run(TASK), made.run(TASK)
    assert first.score == second.score == 50.0
    assert len(list(LedgerReader(tmp_path / "ledger-test-1.jsonl").records())) == 4


@pytest.mark.parametrize("has_gpu", [True, False])
def test_a_gpu_is_seen_where_torch_is_loaded(monkeypatch: pytest.MonkeyPatch, has_gpu: bool) -> None:
    cuda = SimpleNamespace(is_available=lambda: has_gpu)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    assert _has_gpu() is has_gpu
    monkeypatch.delitem(sys.modules, "torch")
    assert not _has_gpu()
