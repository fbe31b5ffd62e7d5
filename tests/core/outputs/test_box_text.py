"""The notations in which models write boxes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.outputs import AnswerFormatError
from pytest_generalbench.core.outputs.codecs.boxes.conventions import RawBox
from pytest_generalbench.core.outputs.codecs.boxes.json_values import boxes_in
from pytest_generalbench.core.outputs.codecs.boxes.text import boxes_in_text, json_values

ONE = (10.0, 20.0, 30.0, 40.0)
TWO = (1.5, 2.0, 3.0, 4.0)
CATS = [RawBox(ONE, None, "cat"), RawBox(TWO, None, "cat")]
TAGGED = [box._replace(scale="thousand") for box in CATS]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('[{"bbox": [10, 20, 30, 40], "label": "cat"}]', [RawBox(ONE, None, "cat")]),
        ('{"bbox": [10, 20, 30, 40], "label": "cat", "score": 0.5}', [RawBox(ONE, None, "cat", 0.5)]),
        ('```json\n[{"bbox_2d": [10, 20, 30, 40], "label": "cat"}]\n```', [RawBox(ONE, "xyxy", "cat")]),
        ('[{"box_2d": [10, 20, 30, 40], "label": "cat"}]', [RawBox(ONE, "yxyx", "cat", scale="thousand")]),
        ('Here: {"cat": [[10, 20, 30, 40], [1.5, 2, 3, 4]]}.', CATS),
        ('{"objects": [{"box": [10, 20, 30, 40], "class": "cat"}]}', [RawBox(ONE, None, "cat")]),
        ("[{'bbox': [10, 20, 30, 40], 'label': 'cat'}]", [RawBox(ONE, None, "cat")]),
        ("[[10, 20, 30, 40]]", [RawBox(ONE)]),
        ("The box is [10, 20, 30, 40].", [RawBox(ONE)]),
        ("[10, 20, 30, 40, 0.75]", [RawBox(ONE, None, None, 0.75)]),
        ("<box>(10,20),(30,40)</box>", [RawBox(ONE, "xyxy", scale="thousand")]),
        ("<ref>a cat</ref><box>(10,20),(30,40)</box>", [RawBox(ONE, "xyxy", "a cat", scale="thousand")]),
        ("<ref>cat</ref><box>[[10, 20, 30, 40], [1.5, 2, 3, 4]]</box>", TAGGED),
        (
            "<|object_ref_start|>cat<|object_ref_end|><|box_start|>(10,20),(30,40)<|box_end|>",
            [RawBox(ONE, "xyxy", "cat", scale="thousand")],
        ),
        ("<box>10, 20, 30, 40</box>", [RawBox(ONE)]),
        ("from (10, 20) to (30, 40)? No: (10, 20), (30, 40)", [RawBox(ONE, "xyxy")]),
        ("cat: 10, 20, 30, 40\ndog: 1.5 2 3 4", [RawBox(ONE, None, "cat"), RawBox(TWO, None, "dog")]),
        ('{"xmin": 10, "ymin": 20, "xmax": 30, "ymax": 40, "name": "cat"}', [RawBox(ONE, "xyxy", "cat")]),
        ('{"x": 10, "y": 20, "width": 30, "height": 40}', [RawBox(ONE, "xywh")]),
        ('[{"bbox": [10, 20, 30, 40], "label": "cat"}, {"bbox": [1.5, 2', [RawBox(ONE, None, "cat")]),
        ("[]", []),
        ('{"objects": []} ', []),
        ('{"reason": "no cat"}', None),
        ("There is no cat.", None),
        ("12 cats, of which 3 sleep", None),
        ("", None),
    ],
)  # fmt: skip
def test_usual_notations(text: str, wanted: list[RawBox] | None) -> None:
    assert boxes_in_text(text) == wanted


DOG = RawBox(ONE, None, "dog")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1. dog: [10, 20, 30, 40]\n2. big cat: [1.5, 2, 3, 4]", [DOG, RawBox(TWO, None, "big cat")]),
        ("- **dog**: [10, 20, 30, 40] (confidence: 0.9)", [DOG._replace(score=0.9)]),
        ("dog [10,20,30,40] 0.9", [DOG._replace(score=0.9)]),
        ("dog: [10,20,30,40], 90%, cat: [1.5,2,3,4] score=0.5",
         [DOG._replace(score=0.9), RawBox(TWO, None, "cat", 0.5)]),
        ("dog: [10, 20, 30, 40], [1.5, 2, 3, 4]", [DOG, DOG._replace(values=TWO)]),
        ("dog: [[10, 20, 30, 40], [1.5, 2, 3, 4]]", [DOG, DOG._replace(values=TWO)]),
        ('"dog": [10, 20, 30, 40]', [DOG]),
        ("label: dog, bbox: [10, 20, 30, 40]", [DOG]),
        ("The dog: [10, 20, 30, 40, 0.5]", [DOG._replace(score=0.5)]),
        ("dog: [10, 20, 30, 40, \"cat\"]", [DOG._replace(label="cat")]),
        ("I looked. dog: [10, 20, 30, 40].", [DOG]),
        ("1. dog: (10, 20), (30, 40)", [DOG._replace(order="xyxy")]),
        ("1. dog: 10, 20, 30, 40 (0.75)", [DOG._replace(score=0.75)]),
        ("dog [10,20,30,40] 2 of them", [DOG]),
        ("Bounding box: [10, 20, 30, 40]", [RawBox(ONE)]),
        ("Box 1: [10, 20, 30, 40]", [RawBox(ONE)]),
        ("The dog is at [10, 20, 30, 40]", [RawBox(ONE)]),
        ("I found two dogs: [[10, 20, 30, 40]]", [RawBox(ONE)]),
        ("```json [10, 20, 30, 40]", [RawBox(ONE)]),
        ('{"label": "dog", "bbox": [10, 20, 30, 40]', [RawBox(ONE)]),
    ],
)  # fmt: skip
def test_words_before_a_box_are_its_label(text: str, wanted: list[RawBox]) -> None:
    assert boxes_in_text(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("x=10, y=20, width=30, height=40", [RawBox(ONE, "xywh")]),
        ("dog: x1: 10, y1: 20, x2: 30, y2: 40", [DOG._replace(order="xyxy")]),
        ("dog (left=10px, top=20px, right=30px, bottom=40px)", [DOG._replace(order="xyxy")]),
        ("cx=10 cy=20 w=30 h=40 score=0.5", [RawBox(ONE, "cxcywh", None, 0.5)]),
        ("x=10,y=20,w=30,h=40; cat: x=1.5,y=2,w=3,h=4",
         [RawBox(ONE, "xywh"), RawBox(TWO, "xywh", "cat")]),
        ("top-left (10, 20), bottom-right (30, 40)", [RawBox(ONE, "xyxy")]),
        ("I see 3 dogs, 2 cats, 1 bird and 4 fish.", None),
        ("<loc0100><loc0200><loc0300><loc0400> dog", None),
        ("<box>[[100, 200, 300]]</box>", None),
        ("<box>100, 200, 300, 400, 500</box>", None),
        ("10, 20, 30", None),
        ("10, 20, 30, 40, 50", None),
        ("1.2.3.4 5", None),
        ("a1 b2 c3 d4", None),
    ],
)  # fmt: skip
def test_four_numbers_of_prose_are_no_box(text: str, wanted: list[RawBox] | None) -> None:
    assert boxes_in_text(text) == wanted


@given(st.text(max_size=200))
def test_no_text_is_a_crash(text: str) -> None:
    try:
        result = boxes_in_text(text)
    except AnswerFormatError:
        return
    assert result is None or all(isinstance(box, RawBox) for box in result)


@given(st.text(alphabet='[]{}":,0123456789.- =%xywhb<>/()', max_size=120))
def test_no_half_written_json_is_a_crash(text: str) -> None:
    try:
        boxes_in_text(text)
    except AnswerFormatError:
        return


def test_endless_brackets_end() -> None:
    assert boxes_in_text("[" * 30_000) is None
    assert json_values('{"a": ' * 5_000 + "1") == []


@pytest.mark.parametrize(
    "text",
    [
        "x ," * 100_000 + "[1,2,3,4]",
        "[1,2,3,4]" + " " * 300_000,
        "1 " * 150_000,
        "a. " * 99_000 + "(1,2),(3,4)",
    ],
)
def test_endless_words_and_gaps_end(text: str) -> None:
    assert boxes_in_text(text) is None or len(boxes_in_text(text) or []) == 1


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ({"bird": [[10, 20, 30, 40]]}, [RawBox(ONE, None, "bird")]),
        ({"text": {"bird": [[10, 20, 30, 40]], "cat": []}}, [RawBox(ONE, None, "bird")]),
        ({"bbox": [{"Fall": [10.0, 20.0, 30.0, 40.0]}]}, [RawBox(ONE, None, "Fall")]),
        ({"boxes": [[10, 20, 30, 40]], "labels": ["cat"], "scores": [0.5]}, [RawBox(ONE, None, "cat", 0.5)]),
        ({"boxes": [[10, 20, 30, 40]], "format": "xyxy"}, [RawBox(ONE, "xyxy")]),
        ([{"bbox": [10, 20, 30, 40], "bbox_mode": 0, "category_id": 3}], [RawBox(ONE, "xyxy", "3")]),
        ([{"bbox": [10, 20, 30, 40], "bbox_mode": 1}], [RawBox(ONE, "xywh")]),
        ([{"xyxy": [10, 20, 30, 40], "category": "cat"}], [RawBox(ONE, "xyxy", "cat")]),
        ([[10, 20, 30, 40, "cat", 0.5]], [RawBox(ONE, None, "cat", 0.5, row=(*ONE, 0.5))]),
        ([["cat", 10, 20, 30, 40]], [RawBox(ONE, None, "cat")]),
        ([["cat", 0.5, *ONE]], [RawBox((0.5, 10, 20, 30), None, "cat", 40, row=(0.5, *ONE))]),
        ([[7, 10, 20, 30, 40]], [RawBox((7, 10, 20, 30), None, None, 40, row=(7, *ONE))]),
        ([["7", "10", "20", "30", "40"]], [RawBox((7, 10, 20, 30), score=40, row=(7, *ONE))]),
        ([[10, 20, 30, 40, "7"]], [RawBox(ONE, None, "7")]),
        ([[10, 20, 30, 40, None, None]], [RawBox(ONE)]),
        ([["cat", [10, 20, 30, 40]]], [RawBox(ONE, None, "cat")]),
        (
            {"name": "cat", "bndbox": {"xmin": "10", "ymin": "20", "xmax": "30", "ymax": "40"}},
            [RawBox(ONE, "xyxy", "cat")],
        ),
        ([{"bbox": [10, 20, 30, 40], "category_id": 3, "iscrowd": 1}], [RawBox(ONE, None, "3", None, True)]),
        ({"box_2d": [10, 20, 30, 40], "format": "yxyx"}, [RawBox(ONE, "yxyx")]),
        ({"box_2d": {"x1": 10, "y1": 20, "x2": 30, "y2": 40}}, [RawBox(ONE, "xyxy")]),
        ({"image_id": 3, "annotations": [{"bbox": [10, 20, 30, 40]}]}, [RawBox(ONE)]),
        ("[10, 20, 30, 40]", [RawBox(ONE)]),
        ([], []),
    ],
)  # fmt: skip
def test_shapes_of_files(value: Any, wanted: list[RawBox]) -> None:
    assert boxes_in(value) == wanted


@pytest.mark.parametrize(
    "value",
    [
        "a cat", 3, None, {"label": "cat"}, [[1, 2, 3]], {"bird": [[1, 2, 3]]}, {"bbox": "cat"},
        [[1, 2, 3, 4], "x"],
        {"boxes": [[1, 2, 3, 4]], "labels": ["a", "b"]}, "[1, 2,",
    ],
)  # fmt: skip
def test_what_is_no_box_is_one_error(value: Any) -> None:
    with pytest.raises(AnswerFormatError):
        boxes_in(value)


def test_deep_nesting_is_one_error() -> None:
    value: Any = [1, 2, 3, 4]
    for _ in range(40):
        value = [value]
    with pytest.raises(AnswerFormatError, match="deeply"):
        boxes_in(value)
