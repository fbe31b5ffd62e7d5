"""Boxes over time, in values and in text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.outputs import AnswerFormatError
from pytest_generalbench.core.outputs.codecs.boxes.conventions import RawBox
from pytest_generalbench.core.outputs.codecs.boxes.frames import (
    by_frame,
    frames_in,
    frames_in_text,
    tube_in,
    tube_in_text,
)

ONE = RawBox((1.0, 2.0, 3.0, 4.0))
TWO = RawBox((5.0, 6.0, 7.0, 8.0))
TAGGED = [ONE._replace(scale="thousand"), TWO._replace(scale="thousand")]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ([[1, 2, 3, 4], [5, 6, 7, 8]], [ONE, TWO]),
        ([[1, 2, 3, 4], None, [0, 0, 0, 0], []], [ONE, None, None, None]),
        ({"answer": [[1, 2, 3, 4]]}, [ONE]),
        ({"boxes": [[1, 2, 3, 4]], "format": "xyxy"}, [ONE._replace(order="xyxy")]),
        ({"boxes_xyxy": [[1, 2, 3, 4]]}, [ONE._replace(order="xyxy")]),
        ({"0": [1, 2, 3, 4], "1": [5, 6, 7, 8]}, [ONE, TWO]),
        ({"1": [1, 2, 3, 4], "3": {"bbox": [5, 6, 7, 8]}}, [ONE, None, TWO]),
        ([{"bbox": [1, 2, 3, 4]}, {"bbox": None}], [ONE, None]),
        ([], []),
    ],
)
def test_tracks(value: Any, wanted: list[RawBox | None]) -> None:
    assert frames_in(value) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ({"start": 3, "boxes": [[1, 2, 3, 4], None, [5, 6, 7, 8]]}, {3: ONE, 5: TWO}),
        ({"tube_start_frame": 3, "tube_end_frame": 4, "trajectory": [[1, 2, 3, 4]]}, {3: ONE}),
        ({"3": [1, 2, 3, 4], "7": {"bbox": [5, 6, 7, 8]}}, {3: ONE, 7: TWO}),
        ([{"frame": 3, "bbox": [1, 2, 3, 4]}, {"frame": "4", "bbox": [5, 6, 7, 8]}], {3: ONE, 4: TWO}),
        ([[0, 0, 0, 0], [1, 2, 3, 4]], {1: ONE}),
        ({"tube": {"frame 3": [1, 2, 3, 4]}}, {3: ONE}),
        ({}, {}),
    ],
)
def test_tubes(value: Any, wanted: dict[int, RawBox]) -> None:
    assert tube_in(value) == wanted


@pytest.mark.parametrize("read", [frames_in, tube_in, by_frame])
@pytest.mark.parametrize("value", ["x", 3, [[1, 2, 3]], {"first": [1, 2, 3, 4]}, {"-1": [1, 2, 3, 4]}, [3]])
def test_what_is_no_track_is_one_error(read: Any, value: Any) -> None:
    with pytest.raises(AnswerFormatError):
        read(value)


def test_a_tube_cannot_start_before_the_video() -> None:
    for start in (-1, 2.5, 1e9):
        with pytest.raises(AnswerFormatError, match="cannot start"):
            tube_in({"start": start, "boxes": [[1, 2, 3, 4]]})


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[[1, 2, 3, 4], null, [5, 6, 7, 8]]", [ONE, None, TWO]),
        ('Boxes: {"1": [1, 2, 3, 4], "2": [5, 6, 7, 8]}', [ONE, TWO]),
        ('[{"frame": 1, "bbox": [1, 2, 3, 4]}, {"frame": 2, "bbox": [5, 6, 7, 8]}]', [ONE, TWO]),
        ("Frame 0: [1, 2, 3, 4]\nFrame 1: [5, 6, 7, 8]", [ONE, TWO]),
        ("[1, 2, 3, 4]\n[5, 6, 7, 8]", [ONE, TWO]),
        ("Frame 1: <box>[[1,2,3,4]]</box>\nFrame 2: <box>[[5,6,7,8]]</box>", TAGGED),
        ("Frame 1: <box>[[1,2,3,4]]</box> Frame 2: <box>[[5,6,7,8]]</box>", TAGGED),
        ("Frame 1:\n<box>[[1,2,3,4]]</box>\nFrame 2:\n<box>[[5,6,7,8]]</box>", TAGGED),
        ("<box>[[1,2,3,4]]</box>\n<box>[[5,6,7,8]]</box>", TAGGED),
        ("Frame 1: [[1, 2, 3, 4]]\nFrame 2: [[5, 6, 7, 8]]", [ONE, TWO]),
        ("Frame 1: [[1, 2]]\nFrame 2: [5, 6, 7, 8]", [None, TWO]),
        ("From frame 0: [1, 2, 3, 4]\n[[1, 2, 3, 4], [5, 6, 7, 8], null]", [ONE, TWO, None]),
        ('{"frame 0": [1, 2, 3, 4],\n"frame 1": [5, 6, 7, 8],\n"frame 2": {"bbox": [1, 2, 3, 4]}}',
         [ONE, TWO, ONE]),
        ("It moves left.", None),
    ],
)  # fmt: skip
def test_tracks_in_text(text: str, wanted: list[RawBox | None] | None) -> None:
    assert frames_in_text(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("frames 3-4: [1, 2, 3, 4]", {3: ONE, 4: ONE}),
        ("Frame 3: [1, 2, 3, 4]; frame 9: [5, 6, 7, 8]", {3: ONE, 9: TWO}),
        ('{"3": [1, 2, 3, 4]}', {3: ONE}),
        ('[{"frame": 3, "bbox": [1, 2, 3, 4]}]', {3: ONE}),
        ('{"start": 3, "boxes": [[1, 2, 3, 4]]}', {3: ONE}),
        ("Frame 3: <box>[[1,2,3,4]]</box>\nframes 7-8: <box>[[5,6,7,8]]</box>",
         {3: TAGGED[0], 7: TAGGED[1], 8: TAGGED[1]}),
        ("Frame 3: [1, 2, 3, 4]\n[[1, 2, 3]]", {3: ONE}),
        ("Frame 3 first.\n" + '[{"frame": 3, "bbox": [1, 2, 3, 4]}, {"frame": 4, "bbox": [5, 6, 7, 8]}]',
         {3: ONE, 4: TWO}),
        ("Nothing happens.", None),
    ],
)  # fmt: skip
def test_tubes_in_text(text: str, wanted: dict[int, RawBox] | None) -> None:
    assert tube_in_text(text) == wanted


@given(st.text(alphabet='[]{}":,0123456789.- framestobx', max_size=120))
def test_no_text_is_a_crash(text: str) -> None:
    for read in (frames_in_text, tube_in_text):
        try:
            read(text)
        except AnswerFormatError:
            continue


def test_an_endless_gap_behind_a_frame_ends() -> None:
    assert frames_in_text("frame 1" + " " * 300_000 + "x") is None
    assert tube_in_text("frame 1 " * 40_000) is None


def test_a_range_of_frames_has_an_end() -> None:
    assert tube_in_text("frames 0-999999: [1, 2, 3, 4]") is None
