from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.core.result import drift
from pytest_generalbench.evaluation.inference.consistency import chosen, probe, shares
from pytest_generalbench.models.base import Failed
from pytest_generalbench.runs.ledger.files import LedgerReader
from tests.builders import TASK, make_instance
from tests.fakes import FakeModel, evaluation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

REQUESTS = [Request("nlp/x", str(number), (f"question {number}",)) for number in range(6)]


def by_company(requests: Sequence[Request]) -> list[str]:
    """Answer differently in company, but for the instances with an even number."""
    return ["B" if len(requests) > 1 and int(item.instance_id) % 2 else "A" for item in requests]


@given(tasks=st.sets(st.text(min_size=1), min_size=1, max_size=20), count=st.integers(1, 60))
def test_a_probe_is_spread_evenly_and_completely(tasks: set[str], count: int) -> None:
    result = shares(tasks, count)
    assert sum(result.values()) == count
    assert set(result) <= tasks
    assert len(Counter(result.values())) <= 2
    assert result == shares(sorted(tasks, reverse=True), count)


def test_the_same_instances_are_chosen_in_any_order() -> None:
    assert chosen(REQUESTS, 3) == chosen(REQUESTS[::-1], 3)
    assert chosen(REQUESTS, 2) == chosen(REQUESTS, 3)[:2]


@pytest.mark.parametrize(("size", "sizes"), [(4, {1}), (1, {2})])
def test_the_second_time_is_in_a_batch_of_another_size(size: int, sizes: set[int]) -> None:
    model = FakeModel(by_company)
    usual = by_company(REQUESTS) if size > 1 else [by_company([item])[0] for item in REQUESTS]
    answers = {item.instance_id: Output(text) for item, text in zip(REQUESTS, usual, strict=True)}
    assert probe(model.generate, REQUESTS, answers, size) == {"compared": 6, "different": 3}
    assert set(model.batches) == sizes


def test_what_has_no_two_answers_is_not_compared() -> None:
    def fail(requests: Sequence[Request]) -> list[str]:
        raise ValueError("down")

    assert probe(fail, REQUESTS, {"1": Output("A")}, 4)["compared"] == 0
    assert probe(by_company, REQUESTS, {"1": Failed("x")}, 4)["compared"] == 0
    assert probe(by_company, REQUESTS[:1], {"0": Output("A")}, 1)["compared"] == 0


def test_a_probe_changes_neither_score_nor_ledger(tmp_path: Path) -> None:
    instances = [make_instance(number) for number in range(8)]
    lines = {}
    for name, count in (("plain", 0), ("probed", 5)):
        (tmp_path / name).mkdir()
        made = evaluation(
            tmp_path / name, FakeModel(lambda batch: ["AB"[len(batch) > 1]] * len(batch)), instances
        )
        made.probes = {TASK.id: count}
        result = made.run(TASK)
        assert result.score == 0.0
        lines[name] = len(list(LedgerReader(tmp_path / name / "ledger-test-1.jsonl").records()))
    assert lines["plain"] == lines["probed"] == 8
    assert result.probe == {"compared": 5, "different": 5}
    assert drift([result]) == {"compared": 5, "different": 5, "tasks": {TASK.id: 5}}
