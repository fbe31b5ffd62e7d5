"""The states of a task's answers against a dictionary, and their size."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.evaluation.answer_states import AnswerStates

_KEYS = st.text(max_size=2) | st.tuples(st.text(max_size=2), st.integers(1, 3))


@given(st.lists(st.tuples(_KEYS, st.sampled_from(("ok", "error", "timeout")))))
def test_it_is_a_dictionary(changes: list[tuple[str | tuple[str, int], str]]) -> None:
    states, plain = AnswerStates(), dict[object, str]()
    for key, state in changes:
        assert states.replace(key, state) == plain.get(key)
        plain[key] = state


def test_an_answer_costs_few_bytes() -> None:
    states, count = AnswerStates(), 20_000
    tracemalloc.start()
    for number in range(count):
        states.replace(f"instance-{number}", "ok")
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 16 * count
