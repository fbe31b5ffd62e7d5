"""Bare boxes and keypoints: arrays and mappings as detection libraries return them, corners in pixels."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.outputs.bare.arrays import as_array, is_array
from pytest_generalbench.core.outputs.base import AnswerFormatError
from pytest_generalbench.core.outputs.codecs.boxes.json_values import stated_convention
from pytest_generalbench.core.outputs.forms.boxes import Boxes, Keypoint, Keypoints, OneBox, Person

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_generalbench.core.outputs.base import StructuredOutput

_BOXES: Final = ("boxes", "bboxes", "pred_boxes")
_SCORES: Final = ("scores", "confidences", "confidence", "conf")
_NAMES: Final = (
    "text_labels",
    "class_names",
    "names",
    "labels",
    "classes",
    "pred_classes",
    "class_id",
    "cls",
)
"""Where labels may stand, names before numbers."""

_DECLARE: Final = "on the model say which: coordinates = 'unit_xyxy' or 'pixels_xyxy'"


def boxes_from_bare(value: Any, coordinates: str | None) -> Boxes | str | None:
    """Return detections, or None for what holds none.

    Taken are an array or tensor (n, 4) of corners x1, y1, x2, y2 in pixels; (n, 5) with a score behind them;
    (n, 6) with score and class number; a mapping with such `boxes` and `scores`, `labels` or `text_labels`
    beside them, as torchvision and the post-processing of transformers give it; objects of supervision and
    ultralytics (`xyxy`) and of detectron2 (`pred_boxes`).

    Args:
        value: what a model returned.
        coordinates: the convention that the model declares; the answer is then a text that is read by it.

    Raises:
        AnswerFormatError: the numbers can be pixels or shares, or are no corners.

    >>> boxes_from_bare({"boxes": np.array([[10, 20, 60, 60]]), "labels": ["bird"]}, None).boxes[0]
    Detection(x=10.0, y=20.0, width=50.0, height=40.0, label='bird', score=None)
    """
    columns = _columns(value)
    if columns is None:
        return None
    corners, labels, scores = columns
    _check_lengths(len(corners), labels, scores)
    held: dict[str, Any] = {"boxes": corners.tolist()}
    held |= {"labels": labels} if labels else {}
    held |= {"scores": scores} if scores else {}
    if coordinates is not None:
        return json.dumps(held)
    _check_corners(corners)
    if not len(corners):
        return Boxes(())
    answer = Boxes.from_prediction({"format": "xyxy", **held}, lambda name: b"")
    return answer if isinstance(answer, Boxes) else None


def one_box_from_bare(value: Any, coordinates: str | None) -> StructuredOutput | str | None:
    """Return the only box of a mapping or an object as `boxes_from_bare` reads it; None for anything else."""
    if is_array(value):
        return None  # a text: how its numbers are meant shows over the whole task
    answer = boxes_from_bare(value, coordinates)
    if not isinstance(answer, Boxes):
        return answer
    if len(answer.boxes) != 1:
        raise AnswerFormatError(f"{len(answer.boxes)} boxes where one is due")
    x, y, width, height, *_ = answer.boxes[0]
    return OneBox.from_prediction([x, y, width, height], lambda name: b"")


Columns = tuple["NDArray[Any]", list[str] | None, list[float] | None]
"""Corners, labels and scores."""


def _columns(value: Any) -> Columns | None:
    if is_array(value):
        return _of_rows(as_array(value))
    fields = value if isinstance(value, Mapping) else _attributes(value)
    given = next((fields[name] for name in _BOXES if name in fields), None) if fields else None
    if fields is None or given is None or stated_convention(fields) is not None:
        return None
    labels = next((named for name in _NAMES if (named := labels_of(fields.get(name))) is not None), None)
    scores = next((held for name in _SCORES if (held := numbers_of(fields.get(name))) is not None), None)
    if is_array(given):
        rows: NDArray[Any] | None = as_array(given)
    elif labels is not None or scores is not None:
        rows = _listed_rows(given)
    else:
        rows = None
    if rows is None:
        return None
    corners, own_labels, own_scores = _of_rows(rows)
    return corners, own_labels if labels is None else labels, own_scores if scores is None else scores


def _listed_rows(given: Any) -> NDArray[Any] | None:
    """Return rows of a list where they are arrays; lists of plain numbers fit two orders, or are no corners.

    Raises:
        AnswerFormatError: all rows fit corners as well as width and height.
    """
    if not isinstance(given, list | tuple) or not given:
        return None
    if all(map(is_array, given)):
        return np.stack([as_array(row) for row in given])
    try:
        rows = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        return None
    if rows.ndim == 2 and rows.shape[1] == 4 and (rows[:, 2:] > rows[:, :2]).all():
        raise AnswerFormatError(
            "boxes in lists, whose four numbers can be x1, y1, x2, y2 or x, y, width, height: say "
            "'format': 'xyxy' or 'format': 'xywh' beside them"
        )
    return None


def _attributes(value: Any) -> dict[str, Any] | None:
    """Return the fields of an object of supervision, ultralytics or detectron2; None for any other."""
    if hasattr(value, "pred_boxes"):
        own = value.pred_boxes
        fields = {name: getattr(value, name, None) for name in ("scores", "pred_classes")}
        return {"boxes": getattr(own, "tensor", own), **fields}
    held = getattr(value, "boxes", value)
    if is_array(value) or not hasattr(held, "xyxy"):
        return None
    names = getattr(value, "names", None)
    data = getattr(held, "data", None)
    classes = next(
        (one for name in ("cls", "class_id") if (one := getattr(held, name, None)) is not None), None
    )
    if isinstance(data, Mapping) and "class_name" in data:
        classes = [str(name) for name in data["class_name"]]
    elif isinstance(names, Mapping) and classes is not None:
        classes = [str(names[int(number)]) for number in as_array(classes)]
    scores = next(
        (one for name in ("conf", "confidence") if (one := getattr(held, name, None)) is not None), None
    )
    return {"boxes": held.xyxy, "labels": classes, "scores": scores}


def _of_rows(rows: NDArray[Any]) -> Columns:
    """Return corners, labels and scores of rows of four, five or six numbers."""
    if not rows.size:
        return np.zeros((0, 4)), None, None
    if rows.dtype.kind not in "iuf" or not np.isfinite(rows).all():
        raise AnswerFormatError(f"boxes of {rows.dtype} with numbers that are not finite")
    if rows.ndim == 1 and len(rows) in (4, 5, 6):
        rows = rows[None]
    if rows.ndim != 2 or rows.shape[1] not in (4, 5, 6):
        raise AnswerFormatError(f"boxes of the shape {rows.shape}, not (boxes, 4), (boxes, 5) or (boxes, 6)")
    rows = rows.astype(np.float64)
    if rows.shape[1] == 4:
        return rows, None, None
    last = rows[:, 4]
    if (last < 0).any() or (last > 1).any() or (rows.shape[1] == 5 and np.isin(last, (0, 1)).all()):
        raise AnswerFormatError(
            f"boxes of {rows.shape[1]} numbers, whose fifth, {last.min():g}..{last.max():g}, can be a score "
            "or a class: give a mapping with boxes, scores and labels"
        )
    if rows.shape[1] == 5:
        return rows, None, last.tolist()
    classes = rows[:, 5]
    if not _are_classes(classes) or (_are_classes(rows[:, 0]) and (rows[:, 1] <= 1).all()):
        raise AnswerFormatError(
            "boxes of six numbers, which are not certain to be x1, y1, x2, y2, score, class: give a mapping "
            "with boxes, scores and labels"
        )
    return rows[:, :4], [str(int(number)) for number in classes], last.tolist()


def _are_classes(numbers: NDArray[Any]) -> bool:
    return bool((numbers >= 0).all() and (numbers == np.rint(numbers)).all())


def _check_lengths(count: int, labels: list[str] | None, scores: list[float] | None) -> None:
    for what, listed in (("labels", labels), ("scores", scores)):
        if listed is not None and len(listed) != count:
            raise AnswerFormatError(f"{count} boxes, but {len(listed)} {what} beside them")


def _check_corners(corners: NDArray[Any]) -> None:
    """Raise AnswerFormatError for corners that may be shares, or that are none."""
    if len(corners) and corners.max() <= 1:
        raise AnswerFormatError(
            "boxes with no number above 1, which can be pixels or shares of width and height: give pixels, "
            f"or {_DECLARE}"
        )
    if (corners[:, 2:4] < corners[:, :2]).any():
        raise AnswerFormatError(
            "boxes whose second corner lies before the first: corners x1, y1, x2, y2 are due; for x, y, "
            "width, height give {'format': 'xywh', 'boxes': …}"
        )


def labels_of(given: Any) -> list[str] | None:
    """Return labels of a list, array or tensor as texts, class numbers as whole ones; None for none."""
    if given is None or isinstance(given, str | Mapping):
        return None
    if is_array(given):
        given = as_array(given).reshape(-1).tolist()
    if not isinstance(given, Sequence):
        return None
    plain = [as_array(one).item() if is_array(one) else one for one in given]
    if not all(isinstance(one, str | int | float) for one in plain):
        return None
    return [one if isinstance(one, str) else f"{one:g}" for one in plain]


def numbers_of(given: Any) -> list[float] | None:
    """Return the numbers of a list, array or tensor; None for none."""
    if given is None or isinstance(given, str | Mapping):
        return None
    if is_array(given):
        return [float(one) for one in as_array(given).reshape(-1)]
    if not isinstance(given, Sequence):
        return None
    plain = [as_array(one).item() if is_array(one) else one for one in given]
    return [float(one) for one in plain] if all(isinstance(one, int | float) for one in plain) else None


def keypoints_from_bare(value: Any, coordinates: str | None) -> Keypoints | str | None:
    """Return people, or None for what holds none.

    Taken are an array (people, points, 2) or (people, points, 3) in pixels, or of one person without the
    first axis; a mapping with such `keypoints` and `scores`, one for each person (torchvision); a list of
    mappings with `keypoints` (points, 2) and `scores`, one for each point, whose mean counts (transformers).
    A third number is a visibility of 0, 1 or 2, or a confidence, which does not count.

    Args:
        value: what a model returned.
        coordinates: the convention that the model declares; the answer is then a text that is read by it.

    Raises:
        AnswerFormatError: the numbers can be pixels or shares, or have another shape.

    >>> keypoints_from_bare(np.array([[[4, 5], [6, 7]]]), None).people[0].points[1]
    Keypoint(x=6.0, y=7.0, visibility=2.0)
    """
    given = _people(value)
    if given is None:
        return None
    points, scores = given
    if coordinates is not None:
        rows = [np.concatenate([one[:, :2], _seen(one)], axis=1).reshape(-1).tolist() for one in points]
        if scores is None:
            return json.dumps([{"keypoints": row} for row in rows])
        return json.dumps(
            [{"keypoints": row, "score": score} for row, score in zip(rows, scores, strict=True)]
        )
    if any(one.size and one[:, :2].max() <= 1 for one in points):
        raise AnswerFormatError(
            "points with no number above 1, which can be pixels or shares of width and height: give pixels, "
            f"or {_DECLARE}"
        )
    people = [
        tuple(
            Keypoint(float(x), float(y), float(seen))
            for (x, y), seen in zip(one[:, :2], _seen(one)[:, 0], strict=True)
        )
        for one in points
    ]
    beside: list[float | None] = [None] * len(people) if scores is None else [*scores]
    return Keypoints(tuple(map(Person, people, beside)))


def _seen(points: NDArray[Any]) -> NDArray[Any]:
    """Return the visibility of points, (points, 1): the third number where it is one of COCO's, else 2."""
    third = points[:, 2:3] if points.shape[1] == 3 else np.full((len(points), 1), 2.0)
    return third if np.isin(third, (0, 1, 2)).all() else np.full((len(points), 1), 2.0)


def _people(value: Any) -> tuple[list[NDArray[Any]], list[float] | None] | None:
    if is_array(value):
        array = _checked_points(as_array(value))
        return list(array), None
    if isinstance(value, Mapping) and is_array(value.get("keypoints")):
        array = _checked_points(as_array(value["keypoints"]))
        scores = numbers_of(value.get("scores"))
        if scores is not None and len(scores) != len(array):
            if len(array) == 1 and len(scores) == array.shape[1]:
                return list(array), [float(np.mean(scores))]
            raise AnswerFormatError(f"{len(array)} people, but {len(scores)} scores beside them")
        return list(array), scores
    if isinstance(value, list | tuple) and value and all(isinstance(one, Mapping) for one in value):
        each = [_people(one) for one in value]
        kept = [one for one in each if one is not None]
        if len(kept) < len(each) or any(len(points) != 1 for points, _ in kept):
            return None
        given = [scores for _, scores in kept]
        flat = None if None in given else [score for scores in given for score in scores or ()]
        return [points[0] for points, _ in kept], flat
    return None


def _checked_points(array: NDArray[Any]) -> NDArray[Any]:
    """Return points as (people, points, 2 or 3) of finite numbers."""
    if array.ndim == 2:
        array = array[None]
    if array.ndim != 3 or (array.size and array.shape[2] not in (2, 3)):
        raise AnswerFormatError(
            f"points of the shape {array.shape}, not (people, points, 2) or (people, points, 3)"
        )
    if array.dtype.kind not in "iuf" or not np.isfinite(array).all():
        raise AnswerFormatError(f"points of {array.dtype} with numbers that are not finite")
    return array.astype(np.float64)
