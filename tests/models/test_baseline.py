from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.errors import UnknownWordError
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.models.base import Failed, ReferenceSheet
from pytest_generalbench.models.baselines import make_baseline
from tests.builders import TASK

if TYPE_CHECKING:
    from collections.abc import Sequence

REQUESTS = [Request(TASK.id, name, ("?",)) for name in ("a", "b", "c", "d")]
IDEAL = {"a": "x", "b": "y", "c": "y"}
SHEET = ReferenceSheet(tuple(IDEAL), IDEAL.__getitem__, lambda name: ("x", "y") if name == "a" else ())


def answers(name: str, requests: Sequence[Request] = REQUESTS) -> list[str | None]:
    model = make_baseline(name)
    model.begin(TASK, SHEET)
    return [item.text if isinstance(item, Output) else None for item in model.generate(requests)]


def test_the_oracle_says_the_reference_and_nothing_where_there_is_none() -> None:
    assert answers("oracle") == ["x", "y", "y", None]


def test_an_instance_without_reference_is_a_failure_not_an_empty_answer() -> None:
    model = make_baseline("oracle")
    model.begin(TASK, SHEET)
    assert model.generate(REQUESTS[3:]) == [Failed("the instance has no reference")]


def test_the_majority_says_the_most_frequent_reference() -> None:
    assert answers("majority") == ["y"] * 4


def test_the_constant_says_a_or_what_it_is_told() -> None:
    assert answers("constant") == ["A"] * 4
    assert answers("constant:no: never") == ["no: never"] * 4


def test_random_draws_from_the_choices_or_the_tasks_answers_and_draws_the_same_again() -> None:
    drawn = answers("random")
    assert set(drawn) <= {"x", "y"}
    assert drawn == answers("random")
    assert drawn[::-1] == answers("random", REQUESTS[::-1])


def test_random_is_not_constant() -> None:
    requests = [Request(TASK.id, str(number), ("?",)) for number in range(50)]
    sheet = ReferenceSheet((), lambda name: "", lambda name: ("A", "B", "C"))
    model = make_baseline("random")
    model.begin(TASK, sheet)
    output = [item.text for item in model.generate(requests) if isinstance(item, Output)]
    assert {output.count(letter) > 5 for letter in "ABC"} == {True}


@pytest.mark.parametrize("name", ["orakle", "oracle:x", ""])
def test_an_unknown_baseline_lists_the_good_ones(name: str) -> None:
    with pytest.raises(UnknownWordError, match="constant:TEXT"):
        make_baseline(name)
