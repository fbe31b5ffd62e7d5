"""Conventions: there and back, what words describe them, and how boxes tell which they are in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.errors import UnknownWordError
from pytest_generalbench.core.media.media import Size
from pytest_generalbench.core.outputs import AnswerFormatError
from pytest_generalbench.core.outputs.codecs.boxes.conventions import (
    CONVENTIONS,
    Box,
    Evidence,
    RawBox,
    check_convention,
    convention_of,
    from_box,
    scaled,
    to_box,
)
from tests.metrics.coco import seeded

if TYPE_CHECKING:
    import random

SIZE = Size(640, 480)
SPANS = st.floats(0, 600)
BOXES = st.builds(Box, SPANS, SPANS, SPANS, SPANS)


@given(box=BOXES, convention=st.sampled_from(CONVENTIONS))
def test_a_box_reads_back_in_every_convention(box: Box, convention: str) -> None:
    written = from_box(box, convention, SIZE)
    assert to_box(RawBox(written), convention, SIZE) == pytest.approx(box, abs=1e-6)


@given(box=BOXES)
def test_swapped_corners_are_put_right(box: Box) -> None:
    x1, y1, x2, y2 = from_box(box, "pixels_xyxy", None)
    for corners in ((x2, y2, x1, y1), (x1, y2, x2, y1), (x2, y1, x1, y2)):
        assert to_box(RawBox(corners), "pixels_xyxy", None) == pytest.approx(box, abs=1e-6)


@pytest.mark.parametrize("convention", ["pixels_xywh", "unit_cxcywh", "thousand_xywh"])
def test_a_size_below_zero_is_refused(convention: str) -> None:
    with pytest.raises(AnswerFormatError, match="below zero"):
        to_box(RawBox((1, 1, -2, 3)), convention, SIZE)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_numbers_must_be_finite(bad: float) -> None:
    with pytest.raises(AnswerFormatError, match="finite"):
        to_box(RawBox((1, 1, bad, 3)), "pixels_xyxy", None)


def test_shares_need_a_size() -> None:
    for convention in ("unit_xyxy", "thousand_xywh"):
        with pytest.raises(AnswerFormatError, match="size of the image is not known"):
            scaled(1, 1, convention, None)
        with pytest.raises(AnswerFormatError, match="size of the image is not known"):
            from_box((0, 0, 1, 1), convention, None)


def test_the_notation_goes_over_the_convention() -> None:
    assert to_box(RawBox((1, 2, 11, 22), "xyxy"), "pixels_xywh", None) == Box(1, 2, 10, 20)
    assert to_box(RawBox((100, 0, 500, 1000), "yxyx"), "thousand_xyxy", SIZE) == Box(0, 48, 640, 192)


def test_an_unknown_convention_is_answered_with_the_good_ones() -> None:
    assert check_convention("thousand_yxyx") == "thousand_yxyx"
    with pytest.raises(UnknownWordError, match="pixels_xyxy"):
        check_convention("pixel_xyxy")


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("(x_min, y_min, width, height)", "pixels_xywh"),
        ("[x, y, w, h]", "pixels_xywh"),
        ("(x_min, y_min, x_max, y_max)", "pixels_xyxy"),
        ("x1,y1,x2,y2", "pixels_xyxy"),
        ("XYXY_ABS", "pixels_xyxy"),
        ("left, top, right, bottom", "pixels_xyxy"),
        ("(x_center, y_center, width, height), normalized", "unit_cxcywh"),
        ("relative x1 y1 x2 y2", "unit_xyxy"),
        ("ymin, xmin, ymax, xmax", "pixels_yxyx"),
        ("COCO", "pixels_xywh"),
        ("rotated", None),
    ],
)
def test_words_that_describe_a_convention(words: str, wanted: str | None) -> None:
    assert convention_of(words) == wanted


def _drawn(rng: random.Random, size: Size) -> Box:
    width, height = rng.uniform(20, size.width / 2), rng.uniform(20, size.height / 2)
    return Box(rng.uniform(0, size.width - width), rng.uniform(0, size.height - height), width, height)


SETTLED = [name for name in CONVENTIONS if name.endswith(("xyxy", "xywh")) and "cx" not in name]


@pytest.mark.parametrize("convention", SETTLED)
@pytest.mark.parametrize("size", [Size(640, 480), Size(500, 800), Size(4000, 3000)])
def test_the_convention_is_found_from_forty_boxes(convention: str, size: Size) -> None:
    rng = seeded(convention)
    evidence = Evidence()
    for _ in range(40):
        evidence.add(RawBox(from_box(_drawn(rng, size), convention, size)), size)
    assert evidence.infer().convention == convention
    assert "40 boxes" in evidence.infer().why


def test_a_few_slips_do_not_change_what_was_asked_for() -> None:
    rng = seeded("slips")
    evidence = Evidence()
    for place in range(30):
        box = _drawn(rng, SIZE)
        evidence.add(RawBox((900, 5, 3, 7) if place < 3 else from_box(box, "pixels_xyxy", None)), SIZE)
    assert evidence.infer().convention == "pixels_xyxy"


def test_a_few_boxes_beyond_the_image_do_not_hide_thousandths() -> None:
    rng = seeded("beyond")
    evidence = Evidence()
    for place in range(30):
        box = _drawn(rng, SIZE)
        a, b, c, d = from_box(box, "thousand_xyxy", SIZE)
        evidence.add(RawBox((a + 400, b, c + 400, d) if place < 4 else (a, b, c, d)), SIZE)
    assert evidence.infer().convention == "thousand_xyxy"


def test_without_boxes_it_is_what_was_asked_for() -> None:
    assert Evidence().infer().convention == "pixels_xyxy"
    assert Evidence().infer("pixels_xywh").convention == "pixels_xywh"
    odd = Evidence()
    odd.add(RawBox((float("nan"), 0, 1, 1)), SIZE)
    assert odd.boxes == 0


def test_what_fits_nothing_stays_what_was_asked_for() -> None:
    evidence = Evidence()
    for _ in range(5):
        evidence.add(RawBox((9000, 9000, 20, 20)), SIZE)
    assert evidence.infer() == ("pixels_xyxy", "nothing fits 5 boxes better")


def test_files_in_pixels_of_small_objects_stay_x_y_width_height() -> None:
    evidence = Evidence()
    for _ in range(40):
        evidence.add(RawBox((10, 10, 200, 200)), Size(4000, 3000))
    assert evidence.infer("pixels_xywh").convention == "pixels_xywh"


SIZES = [
    Size(640, 480), Size(960, 720), Size(1024, 1024), Size(1280, 960), Size(1400, 1100), Size(1920, 1080)
]  # fmt: skip


def _overlap(one: Box, other: Box) -> float:
    across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    both = max(0.0, across) * max(0.0, down)
    return both / (one.width * one.height + other.width * other.height - both)


def _answered(convention: str, size: Size, share: float, scale: str | None = None) -> tuple[int, str]:
    """Return how many of forty boxes in the left upper `share` of an image are read well, and the note."""
    rng, evidence = seeded(f"{convention} {size} {share}"), Evidence()
    part = Size(round(size.width * share), round(size.height * share))
    boxes = [_drawn(rng, part) for _ in range(40)]
    order = "yxyx" if convention.endswith("yxyx") else None
    raws = [
        RawBox(tuple(map(round, from_box(box, convention, size))), order, scale=scale)  # type: ignore[arg-type]
        for box in boxes
    ]
    for raw in raws:
        evidence.add(raw, size)
    answered, why = evidence.infer()
    heeded = evidence.uses_scale()
    read = [to_box(raw if heeded else raw._replace(scale=None), answered, size) for raw in raws]
    return sum(_overlap(*pair) > 0.9 for pair in zip(boxes, read, strict=True)), why


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("share", [1.0, 0.3])
def test_true_pixels_are_read_as_pixels(size: Size, share: float) -> None:
    good, why = _answered("pixels_xyxy", size, share)
    assert good >= 38
    # What thousandths would explain as well is said; boxes all over the images are plain.
    assert ("thousandths would fit as well" in why) is (share < 1)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("share", [1.0, 0.3])
@pytest.mark.parametrize("convention", ["thousand_yxyx", "thousand_xyxy"])
def test_a_notation_of_thousandths_is_read_on_images_of_every_size(
    size: Size, share: float, convention: str
) -> None:
    assert _answered(convention, size, share, "thousand")[0] >= 36


@pytest.mark.parametrize("size", SIZES)
def test_thousandths_that_nothing_declares_are_found_or_the_doubt_is_told(size: Size) -> None:
    good, why = _answered("thousand_xyxy", size, 1.0)
    assert good >= 38 or "thousandths would fit as well" in why
    assert (good >= 38) is (size != Size(1024, 1024))
    assert "thousandths would fit as well" in _answered("thousand_xyxy", size, 0.3)[1]


def test_a_notation_of_thousandths_with_pixels_in_it_is_read_as_pixels() -> None:
    assert _answered("pixels_xyxy", Size(1920, 1080), 1.0, "thousand")[0] == 40


def test_boxes_whose_notation_says_their_scale_tell_nothing_of_the_others() -> None:
    evidence, rng = Evidence(), seeded("apart")
    for _ in range(40):
        box = _drawn(rng, SIZE)
        evidence.add(RawBox(from_box(box, "pixels_xyxy", None)), SIZE)
        evidence.add(RawBox(from_box(box, "thousand_yxyx", SIZE), "yxyx", scale="thousand"), SIZE)
    assert evidence.infer() == ("pixels_xyxy", "40 boxes")
    assert evidence.uses_scale()


def test_one_number_above_a_thousand_keeps_large_images_in_pixels() -> None:
    size, evidence, rng = Size(4000, 3000), Evidence(), seeded("above")
    for _ in range(40):
        evidence.add(RawBox(from_box(_drawn(rng, size), "thousand_xyxy", size)), size)
    assert evidence.infer().convention == "thousand_xyxy"
    evidence.add(RawBox((100, 100, 1400, 900)), size)
    assert evidence.infer().convention == "pixels_xyxy"
