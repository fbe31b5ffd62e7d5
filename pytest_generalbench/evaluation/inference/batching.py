"""Batching: a task's requests in batches that shrink when memory runs out, each within its time limit.

The batches follow from the task alone: the same requests in the same order for every number of workers. What
a failing batch is cut into follows from the failure alone, so that a repeated run fails alike.
"""

from __future__ import annotations

import gc
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from pytest_generalbench.core.errors import DataError, MediaError, ModelUnavailableError
from pytest_generalbench.core.outputs import AnswerFormatError, StructuredOutput, check_answer
from pytest_generalbench.core.request import INCOMPLETE_STATES, Output, Request
from pytest_generalbench.models.base import Failed

Generate = Callable[[Sequence[Request]], Sequence[Any]]
Before = Callable[[Sequence[Request], Sequence[Request]], None]
"""Is told each batch before it is asked, and what comes next."""


class BatchResult(NamedTuple):
    """A batch with its answers."""

    requests: Sequence[Request]
    answers: Sequence[Output | Failed]
    seconds: float
    """Time for each of them."""


def _failure(error: BaseException) -> Failed:
    """Return the state that an exception of a model stands for."""
    if isinstance(error, AnswerFormatError):
        state = "unparsable"  # the model gave something that its form cannot hold
    elif isinstance(error, MediaError):
        state = "missing_media"
    elif isinstance(error, MemoryError) or type(error).__name__ in (
        "OutOfMemoryError",
        "OutOfMemoryException",
    ):
        state = "oom"
    elif isinstance(error, TimeoutError):
        state = "timeout"
    else:
        state = "error"
    return Failed(f"{type(error).__name__}: {' '.join(str(error).split())}"[:500], state)


def _checked(given: object) -> Output | Failed:
    """Return a model's answer to one request as Output or Failed; anything else is that request's error."""
    if isinstance(given, str):
        return Output(given)
    if isinstance(given, Failed):
        if given.state in (*INCOMPLETE_STATES, "refused", "unparsable"):
            return given
        return Failed(f"the model gave the unknown state {given.state!r}: {given.message}")
    if isinstance(given, StructuredOutput):
        given = Output(medium=given.medium, answer=given)
    if isinstance(given, Output):
        try:
            held = given.read()
            if held is not None:
                check_answer(held)  # one that no file can hold must not cost the batch its ledger lines
        except DataError as error:
            return Failed(f"the model's answer cannot be kept: {error}")
        if given.refused or isinstance(given.text, str) or given.answer is not None:
            return given
        return Failed(f"the model returned an Output whose text is {type(given.text).__name__}")
    return Failed(f"the model returned {type(given).__name__} instead of a text or an answer")


def _attempt(generate: Generate, requests: Sequence[Request]) -> list[Output | Failed] | Failed:
    """Run the model once on a batch; when the batch fails as a whole, return one Failed."""
    try:
        with warnings.catch_warnings():
            # A repository that turns warnings into errors means its own code, not the model's libraries.
            warnings.simplefilter("default")
            outputs = list(generate(requests))
    except ModelUnavailableError:
        raise  # it was to be loaded only now, and cannot be: no fault of these requests
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a model is foreign code and may raise anything
        return _failure(error)
    if len(outputs) == len(requests):
        return [_checked(output) for output in outputs]
    return Failed(f"the model returned {len(outputs)} outputs for {len(requests)} requests")


def ask(generate: Generate, requests: Sequence[Request]) -> list[Output | Failed]:
    """Run the model on a batch; when it fails as a whole, halve it until the failing request is alone."""
    return _with_retries(generate, requests, _attempt(generate, requests))


def _with_retries(
    generate: Generate, requests: Sequence[Request], outcome: list[Output | Failed] | Failed
) -> list[Output | Failed]:
    if isinstance(outcome, list):
        return outcome
    if len(requests) == 1:
        return [outcome]
    # Whoever waits in vain waits long: a batch that timed out is not halved but asked one by one.
    size = 1 if outcome.state == "timeout" else (len(requests) + 1) // 2
    parts = (requests[start : start + size] for start in range(0, len(requests), size))
    return [answer for part in parts for answer in ask(generate, part)]


def _free_memory() -> None:
    """Free the GPU memory of a failed batch for the next, smaller one."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        gc.collect()
        torch.cuda.empty_cache()


def generate_batches(
    generate: Generate,
    requests: Sequence[Request],
    size: int,
    before: Before = lambda batch, following: None,
) -> Iterator[BatchResult]:
    """Run the model on all requests in batches of `size`, and yield each batch with its answers.

    A batch that does not fit into memory is halved, and so are all that follow. A request that does not fit
    even alone has the state oom, and the size that its batch had is halved once.

    Args:
        generate: asks the model; may raise anything.
        requests: in the order in which they are asked.
        size: requests in a batch at most.
        before: called before each batch is asked, with it and the one that comes next.
    """
    start = 0
    size_before, doubtful = size, 0  # before memory ran out, and the end of the batch for which it did
    while start < len(requests):
        batch = requests[start : start + size]
        before(batch, requests[start + size : start + 2 * size])
        began = time.perf_counter()
        outcome = _attempt(generate, batch)
        ran_out = isinstance(outcome, Failed) and outcome.state == "oom"
        if ran_out:
            _free_memory()
            if len(batch) > 1:
                if start >= doubtful:
                    size_before, doubtful = size, start + len(batch)
                size = (len(batch) + 1) // 2
                continue
            if start < doubtful:  # this one alone was too much
                size, doubtful = max(1, size_before // 2), start + 1
        answers = _with_retries(generate, batch, outcome)
        start += len(batch)
        yield BatchResult(batch, answers, (time.perf_counter() - began) / len(batch))
