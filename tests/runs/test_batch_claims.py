from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.request import Request
from pytest_generalbench.evaluation.inference.shared_batches import (
    ask_shared,
    batches_of,
    unanswered_requests,
)
from pytest_generalbench.runs.batch_claims import FOLDER, BatchClaims, forget

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pytest


def one_of(folder: Path, place: int, count: int = 2, session: int = 1) -> BatchClaims:
    shared = BatchClaims(folder, session, "nlp/x", f"ledger-gw{place}.jsonl", place, count)
    shared.join()
    return shared


def some(count: int) -> list[Request]:
    return [Request("nlp/x", f"q{number}", ("why?",)) for number in range(count)]


@given(batches=st.integers(0, 12), turns=st.lists(st.integers(0, 2), max_size=40))
def test_every_batch_is_taken_once_whoever_asks_when(
    tmp_path_factory: pytest.TempPathFactory, batches: int, turns: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("run")
    workers = [one_of(folder, place, 3) for place in range(3)]
    taking = [worker.taken(batches) for worker in workers]
    result = [number for turn in turns for number, _ in [next(taking[turn], (-1, None))] if number >= 0]
    result += [number for left in taking for number, _ in left]
    assert sorted(result) == list(range(batches))
    assert all(worker.is_over for worker in workers)
    for worker in workers:
        worker.leave()


def test_each_takes_its_own_batches_first_and_then_the_last_of_others(tmp_path: Path) -> None:
    first, second = one_of(tmp_path, 0), one_of(tmp_path, 1)
    taking = first.taken(7)
    assert [next(taking) for _ in range(2)] == [(0, 2), (2, 4)]
    assert [next(second.taken(7))[0]] == [1]
    assert [number for number, _ in taking] == [4, 6, 5, 3]
    first.leave()
    second.leave()


def test_an_earlier_session_took_nothing(tmp_path: Path) -> None:
    before, now = one_of(tmp_path, 0), one_of(tmp_path, 0, session=2)
    assert len(list(before.taken(3))) == len(list(now.taken(3))) == 3
    before.leave()
    now.leave()


def test_waiting_ends_with_the_last_that_takes_part_and_tells_where_answers_lie(tmp_path: Path) -> None:
    own, other = one_of(tmp_path, 0), one_of(tmp_path, 1)
    assert [number for number, _ in other.taken(2)] == [1, 0]
    other.answered(1, 10, 20, 0.5)
    waiting = threading.Thread(target=own.wait, daemon=True)
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()
    other.leave()
    waiting.join(10)
    assert not waiting.is_alive()
    (number,) = own.stretches()
    assert (number, own.stretches()[1]) == (1, ("ledger-gw1.jsonl", 10, 20, 0.5))
    own.leave()


def test_a_torn_line_of_a_death_is_no_answer(tmp_path: Path) -> None:
    own, other = one_of(tmp_path, 0), one_of(tmp_path, 1)
    other.answered(1, 10, 20, 0.5)
    (path,) = (tmp_path / FOLDER).glob("*/answers-ledger-gw1*")
    with path.open("a", encoding="utf-8") as file:
        file.write("[3, 20, ")
    assert set(own.stretches()) == {1}
    own.leave()
    other.leave()


def test_what_they_told_each_other_can_be_forgotten(tmp_path: Path) -> None:
    forget(tmp_path)
    one_of(tmp_path, 0).leave()
    forget(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_batches_are_those_of_the_whole_task_without_what_is_answered() -> None:
    requests = some(7)
    left = {"q0", "q3", "q4", "q6"}
    assert batches_of(requests, left, 3) == [[requests[0]], [requests[3], requests[4]], [requests[6]]]


class Out:
    """A model that has memory for batches of a size."""

    def __init__(self, fits: int) -> None:
        self.fits = fits
        self.sizes: list[int] = []

    def __call__(self, requests: Sequence[Request]) -> Sequence[str]:
        self.sizes.append(len(requests))
        if len(requests) > self.fits:
            raise MemoryError
        return ["A"] * len(requests)


def asked(folder: Path, model: Out, batches: Sequence[Sequence[Request]]) -> Iterator[list[str]]:
    shared = one_of(folder, 0, 1)
    for result in ask_shared(model, batches, shared, lambda: 0, lambda batch, following: None):
        yield [request.instance_id for request in result.requests]
    assert unanswered_requests(batches, shared) == []
    shared.leave()


def test_a_size_that_does_not_fit_is_tried_once_and_not_for_every_batch(tmp_path: Path) -> None:
    requests, model = some(12), Out(2)
    result = list(asked(tmp_path, model, batches_of(requests, {item.instance_id for item in requests}, 4)))
    assert [name for batch in result for name in batch] == [f"q{number}" for number in range(12)]
    assert model.sizes == [4, 2, 2, 2, 2, 2, 2]


def test_the_next_batch_is_told_ahead(tmp_path: Path) -> None:
    requests, value = some(4), []
    shared = one_of(tmp_path, 0)
    batches = batches_of(requests, {item.instance_id for item in requests}, 1)
    asking = ask_shared(
        Out(1), batches, shared, lambda: 0, lambda batch, following: value.append([*batch, *following])
    )
    assert sum(1 for _ in asking) == 4
    assert value == [[requests[0], requests[2]], [requests[2], requests[3]], [requests[3], requests[1]],
                    [requests[1]]]  # fmt: skip
    shared.leave()
