"""Whether the objects of a prompt are in a video: one, two, in which relation, in which colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_generalbench.metrics.base import Metric
from pytest_generalbench.metrics.validation import bad_reference
from pytest_generalbench.metrics.video.frames import SMALLER, VideoMean, looked_at, word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_generalbench.core.outputs import Target, Video
    from pytest_generalbench.metrics.backbone_interfaces import Detector, Found

RELATIONS: Final = ("left", "right", "above", "below")
"""Where the first object is, seen from the second; below means lower in the picture."""

COLOURS: Final = (
    "white", "red", "pink", "blue", "silver", "purple", "brown", "green", "gray", "yellow", "orange", "black",
)  # fmt: skip
"""The colours that an object is looked for in."""

OVERLAP: Final = 0.1
"""Objects that overlap more are hardly side by side."""

_SAME: Final = 0.5
"""Boxes that overlap more are the same object, named twice."""

Box = tuple[float, float, float, float]


class Offset(NamedTuple):
    """The distance from the first box's centre to the second's, in pixels."""

    right: float
    down: float


def box_iou(one: Box, other: Box) -> float:
    """Return the intersection over union of two boxes, corners x0, y0, x1, y1.

    >>> box_iou((0, 0, 2, 2), (1, 0, 3, 2)), box_iou((0, 0, 0, 0), (0, 0, 0, 0))
    (0.3333333333333333, 0.0)
    """
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    both = max(0.0, wide) * max(0.0, high)
    areas = sum(max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1]) for box in (one, other))
    return both / (areas - both) if areas > both else 0.0


def _offset(first: Box, second: Box) -> Offset:
    return Offset(
        (second[0] + second[2] - first[0] - first[2]) / 2, (second[1] + second[3] - first[1] - first[3]) / 2
    )


def relation_score(relation: str, first: Box, second: Box) -> float:
    """Return how well the first box stands in `relation` to the second.

    The centres must lie apart mainly in the relation's direction, else 0; then 1 when the boxes' IoU is
    below 0.1, else 0.1 / IoU.

    Args:
        relation: One of `RELATIONS`.
        first: Corners x0, y0, x1, y1 in pixels, y growing downwards.
        second: The same.

    Returns:
        0..1, higher is better.

    Raises:
        ReferenceFormatError: `relation` is another word.

    Source: spatial relationship of VBench (Huang et al. 2024), which does not tell left from right nor above
    from below; here the direction counts.

    >>> left, right = (0, 0, 10, 10), (20, 2, 30, 12)
    >>> [relation_score(word, left, right) for word in RELATIONS]
    [1.0, 0.0, 0.0, 0.0]
    """
    if relation not in RELATIONS:
        bad_reference("spatial_relationship", f"one of {', '.join(RELATIONS)}", relation)
    right, down = _offset(first, second)
    along = {"left": right, "right": -right, "above": down, "below": -down}[relation]
    across = down if relation in ("left", "right") else right
    if along <= 0 or along <= abs(across):
        return 0.0
    overlap = box_iou(first, second)
    return 1.0 if overlap < OVERLAP else OVERLAP / overlap


def best_relation(result: Sequence[Found], first: str, second: str, relation: str) -> float:
    """Return the best `relation_score` of a found `first` and another found `second`; 0 without a pair."""
    pairs = (
        relation_score(relation, one.box, other.box)
        for one in result
        if one.label == first
        for other in result
        if other.label == second and other is not one
    )
    return max(pairs, default=0.0)


def one_name_each(result: Sequence[Found]) -> tuple[Found, ...]:
    """Return what was found, each object once: under the surest of the names that it was given."""
    kept: list[Found] = []
    for one in sorted(result, key=lambda item: (-item.score, item.label)):
        if all(box_iou(one.box, other.box) < _SAME for other in kept):
            kept.append(one)
    return tuple(kept)


def colour_share(frames: Sequence[Sequence[Found]], label: str) -> float:
    """Return the share of frames with `label` among the frames in which anything was found.

    An object counts under the surest of its names. 0 when nothing was found in any frame.

    Args:
        frames: What was found in each frame, labels being '<colour> <object>'.
        label: The right one.

    Returns:
        0..1, higher is better.

    Raises:
        AttributeError: Something found is no `Found`.

    Source: colour of VBench (Huang et al. 2024), which leaves out videos without the object; here they are 0.

    >>> from pytest_generalbench.metrics.backbone_interfaces import Found
    >>> red, pink = Found("red car", 0.9, (0, 0, 4, 4)), Found("pink car", 0.4, (0, 0, 4, 5))
    >>> colour_share([[red, pink], [pink], []], "red car")
    0.5
    """
    named = [{item.label for item in one_name_each(result)} for result in frames if result]
    return sum(label in names for names in named) / len(named) if named else 0.0


def _share(
    video: Video, right: Callable[[Sequence[Found]], float], detector: Detector, *labels: str
) -> float:
    """Return the mean over a video's frames of what `right` says of the objects found in each."""
    frames = looked_at(video)
    return sum(right(detector.find(frame, labels)) for frame in frames) / len(frames)


def _object_class(detector: Detector) -> VideoMean:
    def score(video: Video, target: Target) -> float:
        label = word("object_class", target, "label")
        return _share(video, lambda result: float(any(one.label == label for one in result)), detector, label)

    return VideoMean("object_class", score)


def _multiple_objects(detector: Detector) -> VideoMean:
    def score(video: Video, target: Target) -> float:
        both = {word("multiple_objects", target, key) for key in ("object_a", "object_b")}
        return _share(
            video, lambda result: float(both <= {one.label for one in result}), detector, *sorted(both)
        )

    return VideoMean("multiple_objects", score)


def _spatial_relationship(detector: Detector) -> VideoMean:
    def score(video: Video, target: Target) -> float:
        keys = ("object_a", "object_b", "relation")
        first, second, relation = (word("spatial_relationship", target, key) for key in keys)
        labels = sorted({first, second})
        return _share(video, lambda result: best_relation(result, first, second, relation), detector, *labels)

    return VideoMean("spatial_relationship", score)


def _color_binding(detector: Detector) -> VideoMean:
    def score(video: Video, target: Target) -> float:
        colour, thing = (word("color_binding", target, key) for key in ("colour", "object"))
        if colour not in COLOURS:
            bad_reference("color_binding", f"one of {', '.join(COLOURS)}", colour)
        labels = [f"{name} {thing}" for name in COLOURS]
        frames = [detector.find(frame, labels) for frame in looked_at(video)]
        return colour_share(frames, f"{colour} {thing}")

    return VideoMean("color_binding", score)


_FRAMES: Final = "16 middle frames (short side above 768 made 720)"
_REST: Final = (
    "percent; an open-vocabulary detector is asked for the words of the prompt, where the authors search "
    "dense captions; an answer that cannot be read counts 0; one video per instance"
)

METRICS: Final = (
    Metric(
        name="object_class",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=f"share of {_FRAMES} in which the object is found, mean over videos, {_REST}",
        factory=_object_class,
        backbones=("detector",),
        needs=("label",),
        version=2,
        changes={2: SMALLER},
    ),
    Metric(
        name="multiple_objects",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=f"share of {_FRAMES} in which both objects are found, mean over videos, {_REST}",
        factory=_multiple_objects,
        backbones=("detector",),
        needs=("object_a", "object_b"),
        version=2,
        changes={2: SMALLER},
    ),
    Metric(
        name="spatial_relationship",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            f"mean over {_FRAMES} of the best pair of the two objects: 1 if their centres lie apart mainly "
            "in the relation's direction (which the authors' code does not check) and IoU < 0.1, 0.1/IoU if "
            f"they overlap more, else 0; mean over videos, {_REST}"
        ),
        factory=_spatial_relationship,
        backbones=("detector",),
        needs=("object_a", "object_b", "relation"),
        version=2,
        changes={2: SMALLER},
    ),
    Metric(
        name="color_binding",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            f"of {_FRAMES}: those with the object in the right colour / those with it in any of 12 colours, "
            "asked for as '<colour> <object>', an object under its surest colour; mean over videos, one in "
            f"which it is never found counts 0 (the authors leave it out), {_REST}"
        ),
        factory=_color_binding,
        backbones=("detector",),
        needs=("colour", "object"),
        version=2,
        changes={2: SMALLER},
    ),
)
