from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.evaluation.inference.batching import ask_all
from pytest_generalbench.evaluation.inference.timeouts import HANGS, DeadlineError, Deadlines
from pytest_generalbench.models.base import Failed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

REQUESTS = [Request("nlp/x", str(number), (f"question {number}",)) for number in range(8)]
SHORT = 0.05


@pytest.fixture
def never() -> Iterator[threading.Event]:
    """Return what a hanging model waits for; it comes when the test is over, so that no thread stays."""
    event = threading.Event()
    yield event
    event.set()


def hanging(never: threading.Event, bad: Callable[[Request], bool], seen: list[int]) -> object:
    def generate(requests: Sequence[Request]) -> list[str]:
        seen.append(len(requests))
        if any(map(bad, requests)):
            never.wait()
        return [f"answer {item.instance_id}" for item in requests]

    return generate


def states(deadlines: Deadlines, generate: object, size: int = 4) -> list[str]:
    deadlines.begin()
    found: list[Output | Failed] = []
    for asked in ask_all(lambda requests: deadlines.call(generate, requests), REQUESTS, size):  # type: ignore[arg-type]
        found += asked.answers
    return [item.state if isinstance(item, Failed) else "ok" for item in found]


def test_without_limits_the_model_is_called_where_it_is_asked() -> None:
    def generate(requests: Sequence[Request]) -> list[str]:
        return [threading.current_thread().name]

    assert Deadlines().call(generate, REQUESTS[:1]) == [threading.current_thread().name]


def test_one_instance_that_hangs_costs_itself_only(never: threading.Event) -> None:
    seen: list[int] = []
    deadlines = Deadlines(instance=SHORT)
    found = states(deadlines, hanging(never, lambda item: item.instance_id == "5", seen))
    assert found == ["ok"] * 5 + ["timeout"] + ["ok"] * 2
    assert seen == [4, 4, 1, 1, 1, 1]
    assert deadlines.has_hung


def test_a_model_that_always_hangs_is_given_up_and_then_tried_once_a_task(
    never: threading.Event,
) -> None:
    seen: list[int] = []
    generate = hanging(never, lambda item: True, seen)
    deadlines = Deadlines(instance=SHORT)
    assert set(states(deadlines, generate)) == {"timeout"}
    assert seen == [4, *[1] * HANGS]
    seen.clear()
    assert set(states(deadlines, generate)) == {"timeout"}
    assert seen == [1]


def test_a_model_that_comes_back_is_trusted_again(never: threading.Event) -> None:
    deadlines = Deadlines(instance=SHORT)
    assert set(states(deadlines, hanging(never, lambda item: True, []))) == {"timeout"}
    seen: list[int] = []
    assert states(deadlines, hanging(never, lambda item: False, seen)) == ["ok"] * 8
    assert seen == [1, 1, 1, 1, 4]


def test_a_tasks_time_ends_the_call_in_flight_and_all_that_follow(never: threading.Event) -> None:
    seen: list[int] = []
    deadlines = Deadlines(task=SHORT)
    found = states(deadlines, hanging(never, lambda item: item.instance_id == "5", seen))
    assert found == ["ok"] * 4 + ["timeout"] * 4
    assert seen == [4, 4]


def test_what_the_model_raises_is_raised() -> None:
    def generate(requests: Sequence[Request]) -> list[str]:
        raise TimeoutError("the server's own")

    with pytest.raises(TimeoutError, match="the server's own"):
        Deadlines(instance=60.0).call(generate, REQUESTS[:1])


def test_the_message_says_which_limit_it_was(never: threading.Event) -> None:
    generate = hanging(never, lambda item: True, [])
    with pytest.raises(DeadlineError, match=r"no answer within 0\.05 s"):
        Deadlines(instance=SHORT).call(generate, REQUESTS[:1])  # type: ignore[arg-type]
    deadlines = Deadlines(task=SHORT)
    deadlines.begin()
    with pytest.raises(DeadlineError, match=r"no answer within the task's 0\.05 s"):
        deadlines.call(generate, REQUESTS[:1])  # type: ignore[arg-type]
    with pytest.raises(DeadlineError, match=r"not asked: the task's 0\.05 s were over"):
        deadlines.call(generate, REQUESTS[:1])  # type: ignore[arg-type]
