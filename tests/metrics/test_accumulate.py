"""Means, corpus counts and their standard errors."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench import metrics
from pytest_generalbench.evaluation.scoring.backbones.demo_weights import DemoWeights
from pytest_generalbench.metrics.accumulators import CorpusAccumulator, jackknife, mean_value, score_of

if TYPE_CHECKING:
    from collections.abc import Callable

FLOATS = st.lists(st.floats(0, 1), min_size=2, max_size=40)


@given(FLOATS)
def test_mean_and_standard_error_are_the_textbook_ones(values: list[float]) -> None:
    value = mean_value(values, scale=100.0)
    assert value.n == len(values)
    assert value.score == pytest.approx(100 * np.mean(values))
    assert value.stderr == pytest.approx(100 * np.std(values, ddof=1) / math.sqrt(len(values)), abs=1e-9)


@given(FLOATS, st.randoms(use_true_random=False))
def test_mean_does_not_depend_on_the_order(values: list[float], rng: random.Random) -> None:
    shuffled = rng.sample(values, len(values))
    assert mean_value(shuffled) == mean_value(values)


@given(st.lists(st.integers(0, 20), min_size=2, max_size=40))
def test_the_jackknife_of_a_mean_is_its_standard_error(values: list[int]) -> None:
    total, n = sum(values), len(values)
    without_one = [(total - value) / (n - 1) for value in values]
    assert jackknife(without_one, [1] * n) == pytest.approx(mean_value(values).stderr, abs=1e-9)


@given(st.lists(st.integers(0, 3), min_size=2, max_size=40))
def test_groups_of_the_jackknife_stand_for_their_instances(values: list[int]) -> None:
    kinds = sorted(set(values))
    grouped = jackknife([float(kind) for kind in kinds], [values.count(kind) for kind in kinds])
    assert grouped == pytest.approx(jackknife([float(value) for value in values], [1] * len(values)))


def test_nothing_to_score_is_nan_and_one_instance_has_no_standard_error() -> None:
    for name in metrics.names():
        roles = {role: DemoWeights().open(role) for role in metrics.get(name).backbones}
        value = metrics.make(name, {}, roles).result()
        assert math.isnan(value.score)
        assert value.stderr is None
        assert value.n == 0
    assert mean_value([1.0]).stderr is None
    assert jackknife([1.0], [1]) is None


def test_a_corpus_score_of_a_mean_is_the_mean() -> None:
    accumulator = CorpusAccumulator(
        lambda prediction, _: (prediction, 1), lambda counts: counts[..., 0] / np.maximum(counts[..., 1], 1)
    )
    for value in (1, 2, 2, 3, 7):
        accumulator.add(value, None)
    plain = mean_value([1.0, 2.0, 2.0, 3.0, 7.0], scale=100.0)
    assert accumulator.result().score == pytest.approx(plain.score)
    assert accumulator.result().stderr == pytest.approx(plain.stderr)


WORDS = ["a", "red", "bird", "sits", "on", "the", "old", "tree", "near", "two", "blue", "houses"]


def _texts(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    reference = rng.choices(WORDS, k=rng.randint(5, 12))
    answer = [word if rng.random() < 0.7 else rng.choice(WORDS) for word in reference]
    return " ".join(answer), (" ".join(reference),)


def _items(rng: random.Random) -> tuple[tuple[str, ...], tuple[str, ...]]:
    wanted = rng.sample(WORDS, rng.randint(1, 4))
    return tuple(word if rng.random() < 0.6 else "zebra" for word in wanted), tuple(wanted)


def _labels(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    label = rng.choice(WORDS[:4])
    return (label if rng.random() < 0.6 else rng.choice(WORDS[:4])), (label,)


def _numbers(rng: random.Random) -> tuple[float, float]:
    reference = rng.uniform(0, 50)
    return reference + rng.gauss(0, 3), reference


@pytest.mark.parametrize(
    ("name", "draw"),
    [
        ("bleu4", _texts),
        ("micro_f1", _items),
        ("extraction_f1", _items),
        ("macro_accuracy", _labels),
        ("macro_f1", _labels),
        ("weighted_f1", _labels),
        ("rmse", _numbers),
        ("mae", _numbers),
        ("cider", _texts),
    ],
)
def test_standard_error_agrees_with_a_bootstrap(
    name: str, draw: Callable[[random.Random], tuple[Any, Any]]
) -> None:
    rng = random.Random(7)  # noqa: S311
    pairs = [draw(rng) for _ in range(120)]
    accumulator = metrics.make(name)
    for pair in pairs:
        accumulator.add(*pair)
    scores = [score_of(metrics.make(name), rng.choices(pairs, k=len(pairs))) for _ in range(150)]
    stderr = accumulator.result().stderr
    assert stderr is not None
    # CIDEr's resamples repeat documents, which moves its document frequencies as well.
    assert stderr == pytest.approx(float(np.std(scores, ddof=1)), rel=0.6 if name == "cider" else 0.25)
