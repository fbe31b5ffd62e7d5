"""Ids under other keys than `id`, repeated ones, and files without any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.suite.data.read.ids import ID_KEYS, ids_of

if TYPE_CHECKING:
    from tests.data.trees import Tree


def _ids(*entries: Any) -> list[str]:
    return list(ids_of(entries).texts)


@pytest.mark.parametrize(
    ("key", "values", "wanted"),
    [
        ("id", ["a", "b"], ["a", "b"]),
        ("question_id", [7, 8], ["7", "8"]),
        ("questionId", ["q7", "q8"], ["q7", "q8"]),
        ("uid", [1.0, 2.0], ["1", "2"]),
        ("id", [0.5, 1.5], ["0.5", "1.5"]),
        ("idx", [0, 1], ["0", "1"]),
        ("original_video_id", ["v1", "v2"], ["v1", "v2"]),
        ("original_video_id", ["v1", "v1"], ["v1", "v1@2"]),
        ("video_id", ["v1", "v1"], ["v1", "v1@2"]),
        ("index", [3, 3], ["#1", "#2"]),
        ("name", ["a", "b"], ["#1", "#2"]),
    ],
)
def test_ids_under_the_keys_that_files_use(key: str, values: list[Any], wanted: list[str]) -> None:
    entries = [{key: value, "input": {}} for value in values]
    assert _ids(*entries) == wanted
    assert not ids_of(entries).faults


def test_the_id_may_stand_in_the_input() -> None:
    assert _ids({"input": {"question_id": 4}}, {"input": {"question_id": 5}}) == ["4", "5"]


def test_a_key_that_tells_entries_apart_goes_before_one_that_does_not() -> None:
    entries = [{"id": "v", "question_id": 1}, {"id": "v", "question_id": 2}]
    assert ids_of(entries).key == "question_id"


def test_an_id_that_comes_again_is_a_fault_where_it_is_the_entrys_own() -> None:
    ids = ids_of([{"id": "a"}, {"id": "a"}])
    assert ids.texts == ["a", "a@2"]
    assert ids.faults == {1: "the id 'a' is there twice"}


def test_the_key_is_that_of_the_whole_file() -> None:
    assert _ids({"uid": "u", "id": "a"}, {"uid": "w"}) == ["u", "w"]


@given(
    st.lists(
        st.none()
        | st.dictionaries(
            st.sampled_from(ID_KEYS), st.sampled_from(["#1", "#2", "a", "a@2", 1, 1.0, "1", None, True])
        ),
        max_size=6,
    )
)
def test_no_two_ids_are_equal(entries: list[Any]) -> None:
    result = _ids(*entries)
    assert len(result) == len(entries) == len(set(result))


def test_a_flat_tube_of_the_released_code_is_read_and_its_id_not_shown(tree: Tree) -> None:
    entry = {
        "original_video_id": "v1", "frame_count": 8, "caption": "a man sits",
        "tube_start_frame": 3, "tube_end_frame": 6, "trajectory": [[1, 2, 3, 4]] * 3,
    }  # fmt: skip
    data = tree.causes(entry, entry)
    assert [instance.id for instance in data.instances] == ["v1", "v1@2"]
    assert [instance.problem for instance in data.instances] == [None, None]
    assert "original_video_id" not in data.instances[0].fields
    assert "taken as the id" in data.problems[0]


def test_what_says_a_flat_label_again_is_not_shown(tree: Tree) -> None:
    data = tree.causes({"id": 1, "question": "?", "label": 0, "label_name": "cat"})
    assert data.instances[0].fields == {"question": "?"}
    assert data.instances[0].reference == {"label": 0, "label_name": "cat"}
