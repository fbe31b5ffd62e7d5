"""What holds for all metrics of masks and maps: best, order, no answer, range, monotony."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_generalbench import metrics
from pytest_generalbench.core.outputs.codecs.images.rle import encode
from pytest_generalbench.metrics.dense.mask_ap import FoundMask, TrueMask
from pytest_generalbench.metrics.dense.matting import Matte
from pytest_generalbench.metrics.dense.panoptic_quality import Panoptic

if TYPE_CHECKING:
    from collections.abc import Callable

Rng = np.random.Generator
Case = tuple[Any, Any, Any]
"""(any prediction, the right one, its reference)."""

SIZE = (6, 5)


def _classes(rng: Rng) -> Case:
    truth = rng.integers(0, 4, SIZE)
    return rng.integers(0, 5, SIZE), truth, truth


def _binary(rng: Rng) -> Case:
    truth = rng.random(SIZE) < rng.random()
    return rng.random(SIZE) < 0.5, truth, truth


def _frames(rng: Rng) -> Case:
    predicted, truth = (tuple(encode(rng.random(SIZE) < 0.4) for _ in range(3)) for _ in range(2))
    return predicted, truth, truth


def _ranked(rng: Rng) -> Case:
    truth = rng.random(SIZE) < 0.3
    truth[0, :2] = (True, False)
    return rng.random(SIZE).round(1), truth.astype(float), truth


def _matte(rng: Rng) -> Case:
    truth = rng.random(SIZE).astype(np.float32)
    return rng.random(SIZE), truth, Matte(truth, rng.random(SIZE) < 0.5)


def _things(rng: Rng) -> Case:
    masks = [encode(rng.random(SIZE) < 0.5) for _ in range(4)]
    labels = [str(label) for label in rng.choice(["x", "y"], 4)]
    truth = tuple(TrueMask(mask, label) for mask, label in zip(masks, labels, strict=True) if mask.area())
    right = tuple(FoundMask(one.mask, one.label) for one in truth)
    predicted = tuple(
        FoundMask(one.mask, str(rng.choice(["x", "y"])), float(rng.random())) for one in truth[1:]
    )
    return predicted, right, truth


def _depth(rng: Rng) -> Case:
    truth = rng.uniform(0.5, 10, SIZE)
    return rng.uniform(0, 12, SIZE), truth, truth


def _segments(rng: Rng) -> Panoptic:
    ids = rng.integers(0, 4, SIZE)
    return Panoptic(ids, {one: str(rng.choice(["x", "y"])) for one in (1, 2, 3)})


def _panoptic(rng: Rng) -> Case:
    truth = _segments(rng)
    return _segments(rng), truth, truth


def _disparity(rng: Rng) -> Case:
    truth = rng.uniform(0.5, 60, (3, *SIZE))
    return rng.uniform(-5, 100, (3, *SIZE)), truth, truth


def _flow(rng: Rng) -> Case:
    truth = rng.uniform(-5, 5, (*SIZE, 2))
    truth[0, 0] = np.nan
    return rng.uniform(-5, 5, (*SIZE, 2)), np.nan_to_num(truth), truth


def _salient(rng: Rng) -> Case:
    truth = rng.random((3, *SIZE)) < 0.4
    predicted = rng.integers(0, 256, (3, *SIZE)).astype(np.uint8)
    return predicted, truth.astype(np.uint8) * np.uint8(255), truth


CASES: dict[tuple[str, str], Callable[[Rng], Case]] = {
    ("miou", "class"): _classes,
    ("miou", "binary"): _binary,
    ("miou", "sequence"): _frames,
    ("pixel_ap", ""): _ranked,
    ("pixel_roc_auc", ""): _ranked,
    ("alpha_sad", ""): _matte,
    ("alpha_mse", ""): _matte,
    ("mask_ap50", ""): _things,
    ("depth_rms", ""): _depth,
    ("panoptic_quality", ""): _panoptic,
    ("absrel", ""): _disparity,
    ("epe", ""): _flow,
    ("s_measure", ""): _salient,
}
ERRORS = ("alpha_sad", "alpha_mse", "depth_rms", "absrel", "epe")

NOTHING_FOUND = (
    ("miou", "class"), ("miou", "binary"), ("mask_ap50", ""), ("panoptic_quality", ""), ("epe", ""),
)  # fmt: skip
"""Metrics where no answer finds nothing, but raises no false alarm either; or where errors have no bound."""

every_metric = pytest.mark.parametrize("key", CASES, ids=[" ".join(key).strip() for key in CASES])


def _value(key: tuple[str, str], pairs: list[tuple[Any, Any]]) -> metrics.MetricValue:
    accumulator = metrics.make(key[0], {"mode": key[1]} if key[1] else {})
    for prediction, reference in pairs:
        accumulator.add(prediction, reference)
    return accumulator.result()


def _cases(key: tuple[str, str], seed: int) -> list[Case]:
    rng = np.random.default_rng(seed)
    return [CASES[key](rng) for _ in range(int(rng.integers(1, 5)))]


SEEDS = st.integers(0, 2**32 - 1)


@every_metric
def test_nothing_added_is_nothing(key: tuple[str, str]) -> None:
    value = _value(key, [])
    assert math.isnan(value.score)
    assert value.n == 0


@every_metric
@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_perfect_answers_have_the_best_score(key: tuple[str, str], seed: int) -> None:
    cases = _cases(key, seed)
    value = _value(key, [(right, reference) for _, right, reference in cases])
    assert value.score == pytest.approx(metrics.get(key[0]).best, abs=1e-9)
    assert value.n == len(cases)
    assert value.stderr is None or value.stderr == pytest.approx(0.0, abs=1e-6)


@every_metric
@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_order_changes_nothing(key: tuple[str, str], seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - cases, not secrets
    pairs = [
        (draw.choice([predicted, right, None]), reference)
        for predicted, right, reference in _cases(key, seed)
    ]
    if key[0] == "mask_ap50":
        # Equal scores rank in the order of the file; the standard error groups images by their place.
        pairs = [
            (
                None if predicted and len({one.score for one in predicted}) < len(predicted) else predicted,
                truth,
            )
            for predicted, truth in pairs
        ]
    first, other = _value(key, pairs), _value(key, draw.sample(pairs, len(pairs)))
    assert other.score == first.score
    assert other.n == first.n
    assert other.stderr == first.stderr or other.stderr == pytest.approx(first.stderr)


@every_metric
@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_no_answer_never_pays(key: tuple[str, str], seed: int) -> None:
    cases = _cases(key, seed)
    pairs = [(predicted, reference) for predicted, _, reference in cases]
    predicted, right, reference = cases[0]
    none = _value(key, [(None, reference), *pairs[1:]])
    for answer in (right,) if key in NOTHING_FOUND else (predicted, right):
        some = _value(key, [(answer, reference), *pairs[1:]])
        gain = some.score - none.score
        assert (-gain if key[0] in ERRORS else gain) >= -1e-9
        assert some.n == none.n == len(cases)


@every_metric
@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_scores_stay_in_their_range(key: tuple[str, str], seed: int) -> None:
    cases = _cases(key, seed)
    for pairs in ([(predicted, ref) for predicted, _, ref in cases], [(None, ref) for _, _, ref in cases]):
        value = _value(key, pairs)
        assert value.score >= 0.0
        assert value.score <= (math.inf if key[0] in ERRORS else 100.0 + 1e-9)
        assert value.stderr is None or (math.isfinite(value.stderr) and value.stderr >= 0.0)


@pytest.mark.parametrize("name", ["alpha_sad", "alpha_mse", "depth_rms", "epe"])
@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_farther_from_the_truth_is_never_better(name: str, seed: int) -> None:
    case = CASES[name, ""]
    predicted, right, reference = case(np.random.default_rng(seed))
    scores = [
        _value((name, ""), [(right + share * (predicted - right), reference)]).score
        for share in (0, 0.3, 0.6, 1)
    ]
    assert scores == sorted(scores)


@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_more_missing_pixels_are_never_better(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.random((6, 5)) < 0.6
    order = rng.permutation(np.flatnonzero(truth))
    scores = []
    for count in range(len(order) + 1):
        predicted = truth.copy()
        predicted.reshape(-1)[order[:count]] = False
        scores.append(_value(("miou", "binary"), [(predicted, truth)]).score)
    assert scores == sorted(scores, reverse=True)
