"""AP against pycocotools, Dice against pixels, accuracy against the definition; laws of all three."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_generalbench import metrics
from pytest_generalbench.core.errors import ReferenceFormatError
from pytest_generalbench.core.outputs.codecs.boxes.conventions import Box
from pytest_generalbench.core.outputs.forms.boxes import Detection
from pytest_generalbench.metrics.accumulators import score_of
from pytest_generalbench.metrics.detection.boxes import TrueBox, box_ap, box_dice, iou, ious, union_area
from pytest_generalbench.metrics.validation import PredictionFormatError
from tests.metrics.coco import BoxPair, Whole, coco_box_ap, seeded

if TYPE_CHECKING:
    import random

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

WHOLE = st.integers(0, 12).map(float)
SIDES = st.integers(1, 8).map(float)


def _scene(rng: random.Random, most: int = 6, labels: str = "ab", whole: bool = True) -> BoxPair:
    """Return one image; whole numbers make equal overlaps, few scores make equal scores."""

    def box() -> Whole:
        if whole:
            return rng.randrange(8), rng.randrange(8), rng.randrange(1, 6), rng.randrange(1, 6)
        return rng.uniform(0, 80), rng.uniform(0, 80), rng.uniform(1, 60), rng.uniform(1, 60)

    def near(one: TrueBox) -> Whole:
        off = [rng.choice((0.0, 0.0, 0.5, 1.0)) for _ in range(4)]
        return one.x + off[0], one.y + off[1], one.width + off[2], one.height + off[3]

    truth = tuple(
        TrueBox(*box(), label=rng.choice(labels), crowd=rng.random() < 0.15)
        for _ in range(rng.randrange(most))
    )
    predicted = [
        Detection(*near(one), label=rng.choice((one.label, "a"))) for one in truth if rng.random() < 0.8
    ]
    predicted += [Detection(*box(), label=rng.choice(labels + "z")) for _ in range(rng.randrange(most))]
    rng.shuffle(predicted)
    scores = (None, 0.2, 0.5, 0.5, 0.9) if whole else (None, *(rng.random() for _ in range(9)))
    return tuple(one._replace(score=rng.choice(scores)) for one in predicted), truth


@pytest.mark.parametrize("threshold", [0.5, 0.75])
def test_ap_equals_pycocotools_with_ties_crowds_and_several_classes(threshold: float) -> None:
    rng = seeded(f"boxes {threshold}")
    for case in range(200):
        pairs = [_scene(rng, whole=case % 2 == 0) for _ in range(rng.randrange(1, 6))]
        theirs = coco_box_ap(pairs, threshold)
        if theirs >= 0:
            assert box_ap(pairs, threshold) == pytest.approx(theirs, abs=1e-9)


def test_ap_equals_pycocotools_on_crowded_images() -> None:
    rng = seeded("many")
    for _ in range(5):
        pairs = [_scene(rng, most=60, labels="abc", whole=False) for _ in range(8)]
        assert box_ap(pairs, 0.5) == pytest.approx(coco_box_ap(pairs, 0.5), abs=1e-9)


def test_more_than_a_hundred_detections_are_cut_as_by_pycocotools() -> None:
    truth = tuple(TrueBox(20.0 * place, 0.0, 10.0, 10.0, "a") for place in range(3))
    false = [Detection(500.0 + place, 90.0, 3.0, 3.0, "a", 0.9) for place in range(99)]
    right = [Detection(*box[:4], "a", 0.5 - place / 10) for place, box in enumerate(truth)]
    pairs = [((*false, *right), truth)]
    assert 0 < box_ap(pairs, 0.5) == pytest.approx(coco_box_ap(pairs, 0.5), abs=1e-9)


def test_a_perfect_answer_to_more_than_a_hundred_objects_is_best() -> None:
    truth = tuple(TrueBox(20.0 * place, 0.0, 10.0, 10.0, "a") for place in range(140))
    predicted = tuple(Detection(*box[:4], "a") for box in truth)
    assert box_ap([(predicted, truth)], 0.75) == 100.0


@given(seed=st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_without_ties_the_order_of_images_changes_nothing(seed: int) -> None:
    rng = seeded(seed)
    pairs = [_scene(rng, whole=False) for _ in range(4)]
    pairs = [
        (tuple(box._replace(score=rng.random()) for box in predicted), truth) for predicted, truth in pairs
    ]
    shuffled = rng.sample(pairs, len(pairs))
    assert box_ap(pairs, 0.5) == pytest.approx(box_ap(shuffled, 0.5), abs=1e-9)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_an_answer_never_pays_less_than_none_and_perfect_is_best(seed: int) -> None:
    rng = seeded(seed)
    pairs: list[Any] = [_scene(rng) for _ in range(3)]
    truth = tuple(box for box in pairs[0][1] if not box.crowd)
    pairs[0] = (pairs[0][0], truth)
    right = (tuple(Detection(*box[:5]) for box in truth), truth)
    for name in ("box_ap50", "box_ap75", "box_dice"):
        scores = [
            score_of(metrics.make(name), [first, *pairs[1:]]) for first in ((None, truth), pairs[0], right)
        ]
        assert scores[0] <= scores[2] + 1e-9
        assert all(0 <= score <= 100 for score in scores)
        if name == "box_dice":
            assert max(scores[:2]) <= scores[2] + 1e-9
    if any(not box.crowd for _, boxes in pairs for box in boxes):
        ideal = [
            (tuple(Detection(*box[:5]) for box in sorted(boxes, key=lambda one: one.crowd)), boxes)
            for _, boxes in pairs
        ]
        assert box_ap(ideal, 0.75) == 100.0


def test_a_box_that_slides_away_never_scores_better() -> None:
    truth = (TrueBox(0.0, 0.0, 10.0, 10.0, "a"),)
    for name in ("box_ap50", "box_ap75", "box_dice"):
        scores = [
            score_of(metrics.make(name), [((Detection(shift, 0.0, 10.0, 10.0, "a"),), truth)])
            for shift in np.linspace(0, 12, 40).tolist()
        ]
        assert scores == sorted(scores, reverse=True)
        assert (scores[0], scores[-1]) == (100.0, 0.0)


def test_a_task_without_objects_is_right_when_nothing_was_found() -> None:
    assert box_ap([((), ()), ((), ())]) == 100.0
    assert box_ap([((Detection(0, 0, 1, 1, "a"),), ()), ((), ())]) == 0.0
    assert box_ap([(None, ()), ((), ())]) == 0.0
    assert math.isnan(metrics.make("box_ap50").result().score)


def test_images_without_objects_collect_false_detections() -> None:
    result = ((Detection(0, 0, 4, 4, "a", 0.4),), (TrueBox(0, 0, 4, 4, "a"),))
    false = ((Detection(0, 0, 4, 4, "a", 0.9),), ())
    assert box_ap([result]) == 100.0
    assert box_ap([result, false]) == 50.0
    assert box_ap([result, ((Detection(0, 0, 4, 4, "never seen", 0.9),), ())]) == 100.0


def test_the_standard_error_shrinks_with_more_images() -> None:
    rng = seeded("error")

    def error(images: int) -> float:
        accumulator = metrics.make("box_ap50")
        for _ in range(images):
            accumulator.add(*_scene(rng))
        value = accumulator.result()
        assert value.n == images
        assert value.stderr is not None
        return value.stderr

    assert 0 < error(800) < error(15) < 60


@given(
    st.lists(st.tuples(WHOLE, WHOLE, SIDES, SIDES), max_size=7),
    st.lists(st.tuples(WHOLE, WHOLE, SIDES, SIDES), max_size=7),
)
def test_dice_equals_that_of_pixels(predicted: list[Any], truth: list[Any]) -> None:
    masks = np.zeros((2, 24, 24), dtype=bool)
    for mask, boxes in zip(masks, (predicted, truth), strict=True):
        for x, y, width, height in boxes:
            mask[int(y) : int(y + height), int(x) : int(x + width)] = True
    total = int(masks.sum())
    wanted = 2 * int(masks.all(axis=0).sum()) / total if total else 1.0
    given_boxes = tuple(Detection(*box) for box in predicted)
    assert box_dice(given_boxes, tuple(TrueBox(*box) for box in truth)) == pytest.approx(wanted, abs=1e-12)
    assert union_area(predicted) == int(masks[0].sum())


def test_dice_of_nothing_is_one_and_none_is_nothing() -> None:
    accumulator = metrics.make("box_dice")
    accumulator.add((), ())
    assert accumulator.result().score == 100.0
    accumulator.add(None, ())
    accumulator.add((), (TrueBox(0, 0, 2, 2),))
    assert accumulator.result().score == pytest.approx(100 / 3)
    assert box_dice((Detection(3, 3, 0, 5),), ()) == 1.0


@given(st.tuples(WHOLE, WHOLE, SIDES, SIDES), st.tuples(WHOLE, WHOLE, SIDES, SIDES))
def test_overlap_is_symmetric_and_the_same_one_by_one(first: Any, second: Any) -> None:
    assert iou(first, second) == iou(second, first) == ious([first], [second], [False])[0, 0]
    assert iou(first, first) == 1.0
    assert 0.0 <= iou(first, second) <= 1.0


def test_boxes_without_area_overlap_nothing() -> None:
    assert iou((1, 1, 0, 0), (1, 1, 0, 0)) == 0.0
    assert ious([(1, 1, 0, 0)], [(1, 1, 0, 0)], [False]).tolist() == [[0.0]]
    assert ious([], [(1, 1, 2, 2)], [False]).shape == (0, 1)


def test_boxes_as_large_as_floats_go_find_nothing() -> None:
    truth = (TrueBox(0, 0, 10, 10, "a"),)
    boxes: list[Whole] = [
        (1e308, 1e308, 1e308, 1e308),
        (-1e308, -1e308, 1.5e308, 1.5e308),
        (0, 0, 1e200, 1e200),
    ]
    for box in boxes:
        for name in ("box_ap50", "box_dice"):
            assert score_of(metrics.make(name), [((Detection(*box, label="a"),), truth)]) == 0.0
        assert iou(box, truth[0][:4]) == 0.0


def test_accuracy_counts_boxes_from_half_overlap_on() -> None:
    accumulator = metrics.make("box_accuracy50")
    for predicted in (Box(0, 0, 10, 5), Box(0, 0, 10, 4.9), None, Box(0, 0, 10, 10)):
        accumulator.add(predicted, Box(0, 0, 10, 10))
    assert accumulator.result().score == 50.0


@pytest.mark.parametrize("name", ["box_ap50", "box_ap75", "box_dice"])
def test_other_types_are_refused(name: str) -> None:
    with pytest.raises(ReferenceFormatError, match="TrueBox"):
        metrics.make(name).add(None, [[1, 2, 3, 4]])
    with pytest.raises(PredictionFormatError, match="Detection"):
        metrics.make(name).add([[1, 2, 3, 4]], ())


def test_accuracy_refuses_other_types() -> None:
    with pytest.raises(ReferenceFormatError, match="a Box"):
        metrics.make("box_accuracy50").add(None, (1, 2, 3, 4))
    with pytest.raises(PredictionFormatError, match="a Box"):
        metrics.make("box_accuracy50").add((1, 2, 3, 4), Box(1, 2, 3, 4))
