"""Batch-consistency check: some instances are answered again in batches of another size and compared.

Padding, kernels and half precision make some models answer differently in other company. How often they do is
told beside the scores; the scores themselves and the ledger come from the first answers alone.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pytest_generalbench.core.outputs import answer_key
from pytest_generalbench.core.request import Output
from pytest_generalbench.evaluation.inference.batching import Generate, ask

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from pytest_generalbench.core.request import Request
    from pytest_generalbench.models.base import Failed


def _rank(*words: str) -> bytes:
    return hashlib.sha256("|".join(("probe", *words)).encode()).digest()


def shares(task_ids: Collection[str], count: int) -> dict[str, int]:
    """Distribute `count` instances evenly over the tasks, the same in every process."""
    ranked = sorted(task_ids, key=_rank)
    result: dict[str, int] = {}
    for place, task_id in enumerate(ranked):
        share = count // len(ranked) + (place < count % len(ranked))
        if share:
            result[task_id] = share
    return result


def chosen(requests: Iterable[Request], count: int) -> list[str]:
    """Return the ids of the instances that are asked again."""
    ids = [(request.task_id, request.instance_id) for request in requests]
    return [instance for _, instance in sorted(ids, key=lambda words: _rank(*words))[:count]]


def _same(first: Output, second: Output) -> bool:
    one, other = first.read(), second.read()
    if one is None or other is None:
        return one is other and (first.text, first.refused) == (second.text, second.refused)
    return answer_key(one) == answer_key(other)


def probe(
    generate: Generate,
    requests: Sequence[Request],
    answers: Mapping[str, Output | Failed],
    size: int,
) -> dict[str, int]:
    """Run the model again on the answered requests, and return how many were `compared` and `different`.

    What was asked in batches of `size` is now asked alone; what was asked alone gets the next request of its
    task for company. An instance without two answers is not compared.
    """
    counts = {"compared": 0, "different": 0}
    for place, request in enumerate(requests):
        first = answers.get(request.instance_id)
        batch = [request] if size > 1 else [request, *_company(requests, place)]
        if not isinstance(first, Output) or len(batch) == size:
            continue
        second = ask(generate, batch)[0]
        if isinstance(second, Output):
            counts["compared"] += 1
            counts["different"] += not _same(first, second)
    return counts


def _company(requests: Sequence[Request], place: int) -> Sequence[Request]:
    """Return the next request, or the previous one of the last; none where it is the only one."""
    return requests[place + 1 : place + 2] or requests[max(0, place - 1) : place]
