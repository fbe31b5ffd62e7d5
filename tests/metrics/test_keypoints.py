"""AP of keypoints against pycocotools."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from pytest_generalbench import metrics
from pytest_generalbench.core.errors import ReferenceFormatError
from pytest_generalbench.core.outputs.codecs.boxes.conventions import Box
from pytest_generalbench.core.outputs.forms.boxes import Keypoint, Person
from pytest_generalbench.metrics.detection.keypoints import (
    COCO_SIGMAS,
    OTHER_SIGMA,
    TruePerson,
    keypoint_ap,
    sigmas_for,
)
from pytest_generalbench.metrics.validation import PredictionFormatError
from tests.metrics.coco import PeoplePair, coco_keypoint_ap, seeded

if TYPE_CHECKING:
    import random

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def _scene(rng: random.Random) -> PeoplePair:
    truth, predicted = [], []
    for _ in range(rng.randrange(5)):
        x, y, width, height = rng.uniform(0, 60), rng.uniform(0, 60), rng.uniform(5, 60), rng.uniform(5, 60)
        nobody = rng.random() < 0.15
        points = tuple(
            Keypoint(
                x + rng.random() * width, y + rng.random() * height, 0 if nobody else rng.choice((0, 1, 2, 2))
            )
            for _ in range(17)
        )
        area = rng.uniform(0.3, 1) * width * height
        truth.append(TruePerson(points, area, Box(x, y, width, height), rng.random() < 0.1))
        for _ in range(rng.choice((0, 1, 1, 2))):
            off = rng.choice((0.0, 1.0, 4.0, 12.0))
            near = tuple(Keypoint(p.x + rng.gauss(0, off), p.y + rng.gauss(0, off)) for p in points)
            predicted.append(Person(near, rng.choice((None, 0.3, 0.3, rng.random()))))
    rng.shuffle(predicted)
    return tuple(predicted), tuple(truth)


def test_ap_equals_pycocotools() -> None:
    rng = seeded("people")
    compared = 0
    for _ in range(150):
        pairs = [_scene(rng) for _ in range(rng.randrange(1, 5))]
        theirs = coco_keypoint_ap(pairs, 0.5)
        if theirs >= 0:
            assert keypoint_ap(pairs) == pytest.approx(theirs, abs=1e-9)
            compared += 1
    assert compared > 120


def test_the_sigmas_are_those_of_pycocotools() -> None:
    params = pytest.importorskip("pycocotools.cocoeval").Params
    assert np.allclose(params("keypoints").kpt_oks_sigmas, COCO_SIGMAS)
    assert sigmas_for(19).tolist() == [OTHER_SIGMA] * 19


def test_points_further_away_never_score_better() -> None:
    points = tuple(Keypoint(float(place), 2.0 * place) for place in range(17))
    truth = (TruePerson(points, 400.0, Box(0, 0, 17, 34)),)
    scores = [
        keypoint_ap([((Person(tuple(point._replace(x=point.x + shift) for point in points)),), truth)])
        for shift in np.linspace(0, 30, 40).tolist()
    ]
    assert scores == sorted(scores, reverse=True)
    assert (scores[0], scores[-1]) == (100.0, 0.0)


def test_none_finds_nobody_and_nobody_can_be_right() -> None:
    points = tuple(Keypoint(1.0, 1.0) for _ in range(17))
    truth = (TruePerson(points, 9.0, Box(0, 0, 3, 3)),)
    wrong = (Person(tuple(Keypoint(900.0, 900.0) for _ in range(17))),)
    guess = keypoint_ap([(wrong, truth), ((Person(points, 0.5),), truth)])
    assert keypoint_ap([(None, truth), ((Person(points),), truth)]) == guess == pytest.approx(25, abs=0.5)
    assert keypoint_ap([((), ())]) == 100.0
    assert keypoint_ap([((Person(points),), ())]) == 0.0


def test_points_as_far_as_floats_go_find_nobody() -> None:
    truth = (TruePerson(tuple(Keypoint(1.0, 1.0) for _ in range(17)), 9.0, Box(0, 0, 3, 3)),)
    assert keypoint_ap([((Person(tuple(Keypoint(1e300, -1e300) for _ in range(17))),), truth)]) == 0.0


def test_other_types_are_refused() -> None:
    points = tuple(Keypoint(1.0, 1.0) for _ in range(17))
    truth = (TruePerson(points, 9.0, Box(0, 0, 3, 3)),)
    with pytest.raises(ReferenceFormatError, match="TruePerson"):
        metrics.make("keypoint_ap50").add(None, [points])
    with pytest.raises(PredictionFormatError, match="as many points"):
        metrics.make("keypoint_ap50").add((Person(points[:5]),), truth)
    with pytest.raises(PredictionFormatError, match="tuple of Person"):
        metrics.make("keypoint_ap50").add([points], truth)
