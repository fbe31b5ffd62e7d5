"""A number that is not finite makes an answer unparsable, in every notation of a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.outputs import AnswerFormatError
from pytest_generalbench.core.outputs.codecs.boxes.keypoints import people_in
from tests.protocols.test_located import BIRD, an_image, parsed, picture

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["picture"]


@pytest.mark.parametrize(
    "answer",
    [
        '[{"bbox": [10, 20, 30, 40], "label": "bird", "score": NaN}]',
        '[{"bbox": [10, 20, 30, 40], "label": "bird", "score": "nan"}]',
        '[{"bbox": [10, 20, 30, 40], "label": "bird", "score": -Infinity}]',
        '[{"bbox": [10, NaN, 30, 40], "label": "bird"}]',
        '[{"bbox": [10, 20, 30, 1e999], "label": "bird"}]',
        "[[10, 20, 30, 40, NaN]]",
        '{"boxes": [[10, 20, 30, 40]], "labels": ["bird"], "scores": [NaN]}',
    ],
)
def test_boxes_with_numbers_that_are_not_finite(picture: Path, answer: str) -> None:
    with pytest.raises(AnswerFormatError, match="finite"):
        parsed("object_detection", an_image(picture, BIRD), answer)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_points_with_numbers_that_are_not_finite(number: float, place: int) -> None:
    point = [1.0, 2.0, 2.0]
    point[place] = number
    with pytest.raises(AnswerFormatError, match="finite"):
        people_in([{"keypoints": [5, 5, 2, *point]}])
