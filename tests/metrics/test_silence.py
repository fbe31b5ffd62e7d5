"""An unreadable answer never pays: what holds for the answers that cannot be read, of every metric."""

from __future__ import annotations

import random
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from pytest_generalbench import metrics
from tests.metrics.test_instance_scores import VARIANTS, check_silence, draw_pairs, gain, named, valued

UNBOUNDED = ("mae", "rmse")
"""Errors without limit, whose bound for silence is no more than the range of the task's references."""

POOLED = (
    "amota", "detection3d_map", "extraction_f1", "instance3d_map50", "macro_f1", "micro_f1",
    "panoptic_quality", "weighted_f1",
)  # fmt: skip
"""Where an answer can do more harm than as many false items as there are true ones."""

every_metric = pytest.mark.parametrize(
    ("name", "options"),
    VARIANTS,
    ids=[" ".join([name, *options.values()]) for name, options in VARIANTS],
)


@every_metric
@pytest.mark.parametrize("count", [1, 2, 5, 12])
@pytest.mark.parametrize("seed", range(6))
def test_no_set_of_unreadable_answers_scores_better_than_the_readable_ones(
    name: str, options: dict[str, Any], count: int, seed: int
) -> None:
    pairs = draw_pairs(name, options, count, 100 * seed + count, holes=False)
    rng = random.Random(seed)  # noqa: S311 - a draw, not a secret
    silent = set(rng.sample(range(count), rng.randint(1, count)))
    whole, with_silence, nothing = check_silence(name, partial(metrics.make, name, options), pairs, silent)
    if name not in UNBOUNDED:
        assert gain(name, nothing, whole) <= 1e-9
    if name not in (*UNBOUNDED, *POOLED):
        assert gain(name, with_silence, whole) <= 1e-9


@every_metric
def test_the_more_is_unreadable_the_worse(name: str, options: dict[str, Any]) -> None:
    make, ids = partial(metrics.make, name, options), named(9)
    pairs = draw_pairs(name, options, 9, 3, holes=False)
    scores = [
        valued(
            make,
            [(None if place < silent else predicted, ref) for place, (predicted, ref) in enumerate(pairs)],
            ids,
        )
        for silent in range(10)
    ]
    if name not in (*UNBOUNDED, *POOLED):
        assert all(gain(name, more.score, less.score) <= 1e-9 for less, more in pairwise(scores))
    assert gain(name, scores[-1].score, scores[0].score) <= 1e-9
