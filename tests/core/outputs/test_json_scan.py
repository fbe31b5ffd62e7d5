"""JSON values in answers: the right ones are found, in time that grows with the length."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.outputs import AnswerFormatError
from pytest_generalbench.core.outputs.codecs.boxes.frames import frames_in_text, tube_in_text
from pytest_generalbench.core.outputs.codecs.boxes.json_scan import placed_values
from pytest_generalbench.core.outputs.codecs.boxes.text import boxes_in_text
from tests.work import steps

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)
HELD = JSON.filter(lambda value: isinstance(value, list | dict))
WORDS = st.text(alphabet="abc :,.\n*\"'", max_size=20)


@given(st.lists(st.tuples(WORDS, HELD), max_size=4), WORDS)
def test_values_among_words_are_found(parts: list[tuple[str, Any]], end: str) -> None:
    text = "".join(words + json.dumps(value) for words, value in parts) + end
    placed = list(placed_values(text))
    assert [item.value for item in placed] == [value for _, value in parts]
    assert [json.loads(text[item.start : item.end]) for item in placed] == [item.value for item in placed]


@given(st.lists(HELD, min_size=1, max_size=5), st.integers(1, 40))
def test_of_a_list_that_was_cut_off_the_whole_items_are_found(items: list[Any], missing: int) -> None:
    whole = [json.dumps(item) for item in items]
    text = "[" + ", ".join(whole)
    assert [item.value for item in placed_values(text)] == items
    cut = text[: len(text) - min(missing, len(whole[-1]))]
    assert [item.value for item in placed_values(cut)][: len(items) - 1] == items[:-1]


@given(st.text(alphabet='[]{},:"1a\\ \n', max_size=40))
def test_values_are_apart_and_each_is_json(text: str) -> None:
    behind = 0
    for item in placed_values(text):
        assert item.start >= behind
        assert json.loads(text[item.start : item.end]) == item.value
        behind = item.end


PIECES = (
    "[", "{", '{"a":', "[1,2,3,4,", "[{'a':", "[[1,2,3,4],", '["a', '{"', "[}", "]", "\\boxed{",
    "[1,2,3,4], ", "cat: [1, 2, 3, 4]\n", "(1, 2), ", "x1=1, y1=2, ", "<box>1,2,", "frame 3: 1 2 3 4 ",
    "1 2 ", "\n",
)  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize(
    "read", [boxes_in_text, frames_in_text, tube_in_text], ids=lambda read: read.__name__
)
def test_a_text_twice_as_long_is_twice_the_work(read: Any, piece: str) -> None:
    def work(count: int, most: int | None) -> int:
        def call() -> None:
            try:
                read(piece * count)
            except AnswerFormatError:
                return

        return steps(call, most)

    once = work(150, None)
    work(300, round(2.2 * once) + 200)


@pytest.mark.parametrize("piece", PIECES)
def test_no_part_of_a_text_is_decoded_twice(piece: str) -> None:
    spans = [(item.start, item.end) for item in placed_values(piece * 500)]
    assert all(left[1] <= right[0] for left, right in pairwise(spans))
