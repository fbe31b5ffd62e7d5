from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

import pytest_generalbench.evaluation.inference.timeouts as module
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.evaluation.inference.batching import generate_batches
from pytest_generalbench.evaluation.inference.timeouts import HANGS, DeadlineError, Timeouts
from pytest_generalbench.models.base import Failed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

REQUESTS = [Request("nlp/x", str(number), (f"question {number}",)) for number in range(8)]
SHORT = 0.05


class Hang(BaseException):
    """What a model raises here that would not come back."""


class Clock:
    """Time that passes only while somebody waits for a model that hangs."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


class Promise:
    """An answer that is there at once, or never."""

    def __init__(self, clock: Clock, work: Callable[[], object]) -> None:
        self._clock = clock
        self._work = work

    def result(self, patience: float | None = None) -> object:
        try:
            return self._work()
        except Hang:
            assert patience is not None
            self._clock.now += patience
            raise TimeoutError from None

    def done(self) -> bool:
        return False


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Let the model be called where it is asked, on a clock of its own."""
    made = Clock()

    class Instant:
        def __init__(self, name: str) -> None:
            self.name = name

        def start(self, work: Callable[[], object]) -> Promise:
            return Promise(made, work)

    monkeypatch.setattr(module, "Background", Instant)
    monkeypatch.setattr(module, "time", made)
    return made


def hanging(bad: Callable[[Request], bool], seen: list[int]) -> object:
    def generate(requests: Sequence[Request]) -> list[str]:
        seen.append(len(requests))
        if any(map(bad, requests)):
            raise Hang
        return [f"answer {item.instance_id}" for item in requests]

    return generate


def states(deadlines: Timeouts, generate: object, size: int = 4) -> list[str]:
    deadlines.begin()
    result: list[Output | Failed] = []
    for asked in generate_batches(lambda requests: deadlines.call(generate, requests), REQUESTS, size):  # type: ignore[arg-type]
        result += asked.answers
    return [item.state if isinstance(item, Failed) else "ok" for item in result]


def test_without_limits_the_model_is_called_where_it_is_asked() -> None:
    def generate(requests: Sequence[Request]) -> list[str]:
        return [threading.current_thread().name]

    assert Timeouts().call(generate, REQUESTS[:1]) == [threading.current_thread().name]


def test_one_instance_that_hangs_costs_itself_only(clock: Clock) -> None:
    seen: list[int] = []
    deadlines = Timeouts(instance=SHORT)
    result = states(deadlines, hanging(lambda item: item.instance_id == "5", seen))
    assert result == ["ok"] * 5 + ["timeout"] + ["ok"] * 2
    assert seen == [4, 4, 1, 1, 1, 1]
    assert deadlines.has_hung


def test_a_model_that_always_hangs_is_given_up_and_then_tried_once_a_task(
    clock: Clock,
) -> None:
    seen: list[int] = []
    generate = hanging(lambda item: True, seen)
    deadlines = Timeouts(instance=SHORT)
    assert set(states(deadlines, generate)) == {"timeout"}
    assert seen == [4, *[1] * HANGS]
    seen.clear()
    assert set(states(deadlines, generate)) == {"timeout"}
    assert seen == [1]


def test_a_model_that_comes_back_is_trusted_again(clock: Clock) -> None:
    deadlines = Timeouts(instance=SHORT)
    assert set(states(deadlines, hanging(lambda item: True, []))) == {"timeout"}
    seen: list[int] = []
    assert states(deadlines, hanging(lambda item: False, seen)) == ["ok"] * 8
    assert seen == [1, 1, 1, 1, 4]


def test_a_tasks_time_ends_the_call_in_flight_and_all_that_follow(clock: Clock) -> None:
    seen: list[int] = []
    deadlines = Timeouts(task=SHORT)
    result = states(deadlines, hanging(lambda item: item.instance_id == "5", seen))
    assert result == ["ok"] * 4 + ["timeout"] * 4
    assert seen == [4, 4]


def test_what_the_model_raises_is_raised() -> None:
    def generate(requests: Sequence[Request]) -> list[str]:
        raise TimeoutError("the server's own")

    with pytest.raises(TimeoutError, match="the server's own"):
        Timeouts(instance=60.0).call(generate, REQUESTS[:1])


def test_the_message_says_which_limit_it_was(clock: Clock) -> None:
    generate = hanging(lambda item: True, [])
    with pytest.raises(DeadlineError, match=r"no answer within 0\.05 s"):
        Timeouts(instance=SHORT).call(generate, REQUESTS[:1])  # type: ignore[arg-type]
    deadlines = Timeouts(task=SHORT)
    deadlines.begin()
    with pytest.raises(DeadlineError, match=r"no answer within the task's 0\.05 s"):
        deadlines.call(generate, REQUESTS[:1])  # type: ignore[arg-type]
    with pytest.raises(DeadlineError, match=r"not asked: the task's 0\.05 s were over"):
        deadlines.call(generate, REQUESTS[:1])  # type: ignore[arg-type]


def test_a_call_that_hangs_is_left_behind_in_its_thread() -> None:
    event = threading.Event()

    def generate(requests: Sequence[Request]) -> list[str]:
        event.wait()
        return []

    deadlines = Timeouts(instance=SHORT)
    try:
        with pytest.raises(DeadlineError):
            deadlines.call(generate, REQUESTS[:1])
    finally:
        event.set()  # so that no thread stays
    assert deadlines.has_hung
    assert Timeouts(instance=60.0).call(lambda requests: ["there"], REQUESTS[:1]) == ["there"]
