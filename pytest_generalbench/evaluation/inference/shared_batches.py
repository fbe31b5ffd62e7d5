"""Shared batches: several processes answer one task, each the batches that it claims.

The batches are those of a task that one process answers, also when some of it was answered in an earlier
session, so that all come to the same ones.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pytest_generalbench.evaluation.inference.batching import BatchResult, Before, Generate, generate_batches

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from pytest_generalbench.core.request import Request
    from pytest_generalbench.runs.batch_claims import BatchClaims


def batches_of(requests: Sequence[Request], left: Collection[str], size: int) -> list[list[Request]]:
    """Split a task's requests into batches, then drop requests whose ids are not in `left`."""
    starts = range(0, len(requests), size)
    return [[item for item in requests[start : start + size] if item.instance_id in left] for start in starts]


def ask_shared(
    generate: Generate,
    batches: Sequence[Sequence[Request]],
    shared: BatchClaims,
    position: Callable[[], int],
    before: Before,
) -> Iterator[BatchResult]:
    """Answer the batches that this process can claim, and yield the answers, which must be written at once.

    What memory that ran out did to one batch is remembered for the next.

    Args:
        generate: asks the model; may raise anything.
        batches: all of the task.
        shared: where the processes tell each other what they take.
        position: tells the end of the ledger that the answers are written to.
        before: called before each batch, with it and the one that will come next.
    """
    size = max(map(len, batches), default=1)
    upcoming: Sequence[Request] = ()

    def with_upcoming(batch: Sequence[Request], following: Sequence[Request]) -> None:
        before(batch, following or upcoming)

    for number, next_number in shared.taken(len(batches)):
        upcoming = () if next_number is None else batches[next_number]
        begin, began = position(), time.perf_counter()
        sizes = []
        for asked in generate_batches(generate, batches[number], size, with_upcoming):
            sizes.append(len(asked.requests))
            shared.count_answered += len(asked.requests)
            yield asked
        if len(sizes) > 1:
            size = max(sizes)
        shared.answered(number, begin, position(), time.perf_counter() - began)


def unanswered_requests(batches: Sequence[Sequence[Request]], shared: BatchClaims) -> list[Request]:
    """Return the requests that a process claimed and, before it ended, did not answer."""
    answered = shared.stretches()
    return [
        request
        for number, batch in enumerate(batches)
        if number not in answered and number not in shared.mine
        for request in batch
    ]
