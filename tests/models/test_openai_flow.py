from __future__ import annotations

import threading
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.models.openai.concurrency import Flow, Stopped, back_off, retry_after

NOW = 1_700_000_000.0


def ask(flow: Flow, *, overloaded: bool = False, pause: float = 0.0) -> None:
    flow.leave(flow.enter(), overloaded=overloaded, answered=not overloaded, pause=pause)


def test_successes_open_the_flow_and_an_overload_halves_it() -> None:
    flow = Flow(64)
    for _ in range(12):
        ask(flow)
    assert flow.limit == 16
    ask(flow, overloaded=True)
    assert flow.limit == 8
    for _ in range(8):
        ask(flow)
    assert 8.8 < flow.limit < 9.1  # one more for a round of successes, no longer for each


def test_requests_that_were_under_way_halve_it_once() -> None:
    flow = Flow(16)
    for _ in range(20):
        ask(flow)
    entered = [flow.enter() for _ in range(10)]
    for one in entered:
        flow.leave(one, overloaded=True, answered=False)
    assert flow.limit == 8


@given(st.lists(st.booleans(), max_size=200), st.integers(1, 32))
def test_the_flow_stays_between_one_and_the_most(overloads: list[bool], most: int) -> None:
    flow = Flow(most)
    for overloaded in overloads:
        ask(flow, overloaded=overloaded)
        assert 1 <= flow.limit <= most
    assert flow.in_flight == 0


def test_a_pause_holds_up_everybody_and_ends() -> None:
    time = [0.0]
    flow = Flow(4, lambda: time[0])
    ask(flow, pause=5.0)
    entered = threading.Event()

    def enter() -> None:
        flow.enter()
        entered.set()

    thread = threading.Thread(target=enter, daemon=True)
    thread.start()
    assert not entered.wait(0.05)
    time[0] = 6.0
    with flow._changed:
        flow._changed.notify_all()
    assert entered.wait(5)
    thread.join()


def test_stopping_sends_waiters_home() -> None:
    flow = Flow(1)
    flow.enter()
    seen: list[str] = []

    def wait() -> None:
        try:
            flow.enter()
        except Stopped:
            seen.append("stopped")

    thread = threading.Thread(target=wait)
    thread.start()
    flow.stop()
    thread.join(5)
    assert seen == ["stopped"]
    with pytest.raises(Stopped):
        flow.sleep(60)


@given(st.integers(0, 50))
def test_back_off_doubles_with_chance_and_ends_at_a_minute(attempt: int) -> None:
    longest = min(60.0, 0.5 * 2.0**attempt)
    assert longest / 2 <= back_off(attempt) <= longest


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, 0.0),
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("nan", 0.0),
        ("inf", 0.0),
        ("soon", 0.0),
        ("", 0.0),
        (format_datetime(datetime.fromtimestamp(NOW + 12, UTC), usegmt=True), 12.0),
        (format_datetime(datetime.fromtimestamp(NOW - 12, UTC), usegmt=True), 0.0),
    ],
)
def test_retry_after_is_a_number_or_a_date(text: str | None, seconds: float) -> None:
    assert retry_after(text, NOW) == seconds
