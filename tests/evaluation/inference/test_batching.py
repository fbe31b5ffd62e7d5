from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.evaluation.inference.batching import ask, generate_batches
from pytest_generalbench.models.base import Failed

if TYPE_CHECKING:
    from collections.abc import Sequence

REQUESTS = [Request("nlp/x", str(number), (f"question {number}",)) for number in range(20)]


class Memory:
    """A model with room for some requests; it remembers the sizes it was asked."""

    def __init__(self, room: int, too_large: Sequence[int] = ()) -> None:
        self.room = room
        self.too_large = {str(number) for number in too_large}
        self.sizes: list[int] = []

    def generate(self, requests: Sequence[Request]) -> list[str]:
        self.sizes.append(len(requests))
        if len(requests) > self.room or any(item.instance_id in self.too_large for item in requests):
            raise MemoryError("full")
        return [f"answer {item.instance_id}" for item in requests]


def ids(requests: Sequence[Request]) -> list[str]:
    return [request.instance_id for request in requests]


def answers(model: Memory, size: int) -> dict[str, Output | Failed]:
    result: dict[str, Output | Failed] = {}
    order: list[Request] = []
    for asked in generate_batches(model.generate, REQUESTS, size):
        order += asked.requests
        result |= dict(zip(ids(asked.requests), asked.answers, strict=True))
    assert order == REQUESTS
    return result


def test_a_batch_that_does_not_fit_halves_the_rest_of_the_task() -> None:
    model = Memory(room=3)
    result = answers(model, 8)
    assert model.sizes == [8, 4, *[2] * 10]
    assert result == {item.instance_id: Output(f"answer {item.instance_id}") for item in REQUESTS}


def test_one_that_never_fits_is_oom_and_the_others_keep_a_large_batch() -> None:
    model = Memory(room=8, too_large=[1])
    result = answers(model, 8)
    assert result["1"] == Failed("MemoryError: full", "oom")
    assert [key for key, value in result.items() if isinstance(value, Failed)] == ["1"]
    assert model.sizes == [8, 4, 2, 1, 1, 4, 4, 4, 4, 2]


def test_nothing_fits_and_it_ends() -> None:
    model = Memory(room=0)
    result = answers(model, 8)
    assert {value.state for value in result.values() if isinstance(value, Failed)} == {"oom"}
    assert len(result) == 20
    assert len(model.sizes) < 30


@given(
    room=st.integers(0, 10),
    too_large=st.lists(st.integers(0, 19), max_size=4),
    size=st.integers(1, 16),
)
def test_what_fits_alone_is_answered_and_all_else_is_oom(room: int, too_large: list[int], size: int) -> None:
    result = answers(Memory(room, too_large), size)
    for request in REQUESTS:
        fits = room > 0 and int(request.instance_id) not in too_large
        given_answer = result[request.instance_id]
        assert isinstance(given_answer, Output) is fits
        assert fits or given_answer == Failed("MemoryError: full", "oom")


def test_the_next_batch_is_told_before_each() -> None:
    parts: list[list[str]] = []
    list(
        generate_batches(
            Memory(9).generate, REQUESTS[:5], 2, lambda batch, following: parts.append(ids(following))
        )
    )
    assert parts == [["2", "3"], ["4"], []]


@pytest.mark.parametrize("error", [TimeoutError("late")])
def test_a_batch_that_timed_out_is_asked_one_by_one(error: Exception) -> None:
    sizes = []

    def generate(requests: Sequence[Request]) -> list[str]:
        sizes.append(len(requests))
        if any(item.instance_id == "2" for item in requests):
            raise error
        return ["A"] * len(requests)

    result = ask(generate, REQUESTS[:8])
    assert [isinstance(item, Failed) for item in result] == [number == 2 for number in range(8)]
    assert sizes == [8, *[1] * 8]
