"""The forms: what they hold, what they refuse, and the ways into them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.outputs import (
    AnswerFormatError,
    StructuredOutput,
    answer_from_plain,
    answer_to_plain,
    form_of,
)
from pytest_generalbench.core.outputs.codecs.boxes.conventions import Box
from pytest_generalbench.core.outputs.codecs.boxes.keypoints import people_in
from pytest_generalbench.core.outputs.forms.boxes import (
    Boxes,
    Detection,
    FrameBoxes,
    Keypoint,
    Keypoints,
    OneBox,
    Person,
    Tube,
)
from pytest_generalbench.runs.files import MediaStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NUMBERS = st.floats(-1e6, 1e6)
SIDES = st.floats(0, 1e6)
BOXES = st.builds(Box, NUMBERS, NUMBERS, SIDES, SIDES)
SCORES = st.none() | st.floats(-10, 10)
DETECTIONS = st.builds(Detection, NUMBERS, NUMBERS, SIDES, SIDES, st.none() | st.text(max_size=5), SCORES)
POINTS = st.lists(
    st.builds(Keypoint, NUMBERS, NUMBERS, st.sampled_from([0.0, 1.0, 2.0])), min_size=3, max_size=3
)
PEOPLE = st.builds(Person, POINTS.map(tuple), SCORES, st.none() | BOXES, st.none() | SIDES)
ANSWERS = st.one_of(
    st.builds(Boxes, st.lists(DETECTIONS, max_size=4).map(tuple)),
    st.builds(OneBox, BOXES),
    st.builds(Keypoints, st.lists(PEOPLE, max_size=3).map(tuple)),
    st.builds(FrameBoxes, st.lists(st.none() | BOXES, max_size=4).map(tuple)),
    st.builds(Tube, st.integers(0, 99), st.lists(st.none() | BOXES, max_size=4).map(tuple)),
)


def no_file(name: str) -> bytes:
    raise AssertionError(name)


@given(answer=ANSWERS)
def test_every_answer_reads_back_from_ledger_and_prediction_file(answer: StructuredOutput) -> None:
    plain = answer_to_plain(answer, lambda content, ending: "never")
    again = answer_from_plain(plain, no_file)
    assert again == answer
    assert repr(again) == repr(answer)
    assert form_of(answer.form).from_prediction(plain, no_file) == answer
    assert "file" not in plain


BAD = float("nan")
WHOLE = Box(1.0, 2.0, 3.0, 4.0)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Boxes((Detection(1, 2, -3, 4),)),
        lambda: Boxes((Detection(1, 2, 3, BAD),)),
        lambda: Boxes((Detection(1, 2, 3, 4, "a", float("inf")),)),
        lambda: OneBox(Box(BAD, 2, 3, 4)),
        lambda: OneBox(Box(1, 2, 3, -0.1)),
        lambda: FrameBoxes((None, Box(1, 2, -3, 4))),
        lambda: Tube(-1, (WHOLE,)),
        lambda: Tube(0, (Box(1, BAD, 3, 4),)),
        lambda: Keypoints((Person((Keypoint(1, BAD),)),)),
        lambda: Keypoints((Person((Keypoint(1, 2),)), Person(()))),
        lambda: Keypoints((Person((Keypoint(1, 2),), BAD),)),
        lambda: Keypoints((Person((Keypoint(1, 2),), None, Box(1, 2, -3, 4)),)),
    ],
)
def test_what_no_box_can_be_is_refused(make: Callable[[], StructuredOutput]) -> None:
    with pytest.raises(AnswerFormatError):
        make()


@pytest.mark.parametrize(
    ("form", "value", "wanted"),
    [
        ("boxes", [], Boxes(())),
        ("boxes", {"bird": [[1, 2, 3, 4]]}, Boxes((Detection(*WHOLE, "bird"),))),
        (
            "boxes",
            [{"image_id": 7, "category": "bird", "bbox": [1, 2, 3, 4], "score": 0.5}],
            Boxes((Detection(*WHOLE, "bird", 0.5),)),
        ),
        ("boxes", {"format": "xyxy", "boxes": [[4, 6, 1, 2]]}, Boxes((Detection(*WHOLE),))),
        ("box", [1, 2, 3, 4], OneBox(WHOLE)),
        ("box", {"xyxy": [1, 2, 4, 6]}, OneBox(WHOLE)),
        ("frame_boxes", [[1, 2, 3, 4], None, [0, 0, 0, 0]], FrameBoxes((WHOLE, None, None))),
        ("frame_boxes", {"format": "xyxy", "boxes": [[1, 2, 4, 6]]}, FrameBoxes((WHOLE,))),
        ("tube", {"start": 5, "boxes": [[1, 2, 3, 4]]}, Tube(5, (WHOLE,))),
        ("tube", {"5": [1, 2, 3, 4], "7": [1, 2, 3, 4]}, Tube(5, (WHOLE, None, WHOLE))),
        ("tube", [[0, 0, 0, 0], [1, 2, 3, 4]], Tube(1, (WHOLE,))),
        ("tube", [], Tube(0, ())),
        (
            "keypoints",
            [{"keypoints": [1, 2, 2, 3, 4, 0], "score": 0.5, "bbox": [1, 2, 3, 4]}],
            Keypoints((Person((Keypoint(1, 2), Keypoint(3, 4, 0)), 0.5, WHOLE),)),
        ),
        ("keypoints", [[[1, 2], None]], Keypoints((Person((Keypoint(1, 2), Keypoint(0, 0, 0))),))),
    ],
)
def test_customary_prediction_files(form: str, value: Any, wanted: StructuredOutput) -> None:
    assert form_of(form).from_prediction(value, no_file) == wanted


@pytest.mark.parametrize("form", ["boxes", "box", "frame_boxes", "tube", "keypoints"])
@pytest.mark.parametrize(
    "value", [3, "x.png", [[1, 2, -3, 4]], {"boxes": [[1, 2, 3]]}, [[BAD, 1, 2, 3]], {"a": 1}]
)
def test_what_is_no_answer_is_one_error(form: str, value: Any) -> None:
    if form == "keypoints" and value == [[1, 2, -3, 4]]:
        value = [[1, 2, -3, 4, 5]]
    with pytest.raises(AnswerFormatError):
        form_of(form).from_prediction(value, no_file)


def test_another_form_is_named(tmp_path: Path) -> None:
    plain = answer_to_plain(OneBox(WHOLE), MediaStore(tmp_path).put)
    with pytest.raises(AnswerFormatError, match="a box where a boxes is due"):
        Boxes.from_prediction(plain, no_file)


def test_one_box_is_one() -> None:
    with pytest.raises(AnswerFormatError, match="2 boxes where one is due"):
        OneBox.from_prediction([[1, 2, 3, 4], [1, 2, 3, 4]], no_file)


def test_a_tube_ends_behind_its_last_frame() -> None:
    assert Tube(3, (WHOLE, None)).end == 5
    assert Tube.of_frames({}).end == 0


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ({"annotations": [{"keypoints": [1, 2, 2]}]}, [((1.0, 2.0, 2.0),)]),
        ([{"points": [{"x": 1, "y": 2, "v": 1}]}], [((1.0, 2.0, 1.0),)]),
        ([{"points": [{"x": 1, "y": 2, "visible": False}]}], [((1.0, 2.0, 1.0),)]),
        ([{"points": [{"x": 1, "y": 2, "visible": True}]}], [((1.0, 2.0, 2.0),)]),
        ([[[1, 2, 0]], [[3, 4]]], [((1.0, 2.0, 0.0),), ((3.0, 4.0, 2.0),)]),
        ({"keypoints": {"nose": [1, 2]}}, [((1.0, 2.0, 2.0), *((0.0, 0.0, 0.0),) * 16)]),
        ([], []),
    ],
)
def test_people_in_the_shapes_of_files(value: Any, wanted: Any) -> None:
    assert [person.points for person in people_in(value)] == wanted


@pytest.mark.parametrize(
    "value",
    [3, "x", {"a": 1}, [{"keypoints": [1, 2, 3, 4, 5]}], [{"keypoints": "x"}], [[[1]]], [{"keypoints": []}]],
)
def test_what_is_nobody_is_one_error(value: Any) -> None:
    with pytest.raises(AnswerFormatError):
        people_in(value)
