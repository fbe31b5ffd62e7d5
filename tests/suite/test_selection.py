from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.errors import UnknownWordError
from pytest_generalbench.suite import selection
from pytest_generalbench.suite import tasks as registry
from tests.builders import make_instance

TASKS = registry.load_tasks()


@pytest.mark.parametrize(
    ("board", "count"),
    [("A", 699), ("B:image", 316), ("B:3d", 52), ("C:audio-generation", 20), ("C:video-comprehension", 126),
     ("D:object-detection", 43)],
)  # fmt: skip
def test_boards_have_their_tasks(board: str, count: int) -> None:
    chosen = selection.board_tasks(TASKS, board)
    expected = {"D:object-detection": sum(task.skill == "Object Detection" for task in TASKS)}
    assert len(chosen) == expected.get(board, count)


def test_there_are_4_modality_8_paradigm_and_145_skill_boards() -> None:
    names = list(selection.boards(TASKS))
    assert [sum(name.startswith(letter) for name in names) for letter in "ABCD"] == [1, 4, 8, 145]


def test_an_unknown_board_lists_boards_of_its_kind() -> None:
    with pytest.raises(UnknownWordError, match="C:image-generation") as caught:
        selection.board_tasks(TASKS, "C:image-generations")
    assert "D:" not in str(caught.value)


@given(count=st.integers(1, 40), small=st.integers(1, 40), large=st.integers(1, 40))
def test_a_larger_limit_contains_every_smaller_one(count: int, small: int, large: int) -> None:
    instances = [make_instance(number) for number in range(count)]
    small, large = sorted((small, large))
    few, many = selection.limited(instances, small), selection.limited(instances, large)
    assert len(few) == min(small, count)
    assert set(item.id for item in few) <= set(item.id for item in many)
    assert [item for item in instances if item in many] == list(many)


def test_no_limit_keeps_all() -> None:
    instances = [make_instance(number) for number in range(5)]
    assert selection.limited(instances, None) == tuple(instances)
