"""Success and tube overlap: hand-computed cases, the curve itself, and laws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench import metrics
from pytest_generalbench.core.errors import ReferenceFormatError, UnknownWordError
from pytest_generalbench.core.outputs.codecs.boxes.conventions import Box
from pytest_generalbench.metrics.accumulators import score_of
from pytest_generalbench.metrics.detection.boxes import iou
from pytest_generalbench.metrics.detection.tracks import success_auc, viou
from pytest_generalbench.metrics.validation import PredictionFormatError
from tests.metrics.coco import seeded

BOXES = st.builds(Box, *[st.integers(0, 9).map(float)] * 2, *[st.integers(1, 9).map(float)] * 2)
TRACKS = st.lists(st.tuples(BOXES | st.none(), BOXES), min_size=2, max_size=9)
WHOLE = Box(0.0, 0.0, 4.0, 4.0)
HALF = Box(0.0, 0.0, 4.0, 2.0)


@given(TRACKS)
def test_success_is_the_area_under_the_curve(track: Any) -> None:
    predicted, truth = tuple(one for one, _ in track), tuple(box for _, box in track)
    overlaps = np.array([0.0 if one is None else iou(one, box) for one, box in track[1:]])
    thresholds = (np.arange(20_000) + 0.5) / 20_000
    area = (overlaps[None] > thresholds[:, None]).mean()
    assert success_auc(predicted, truth, "exact") == pytest.approx(area, abs=1e-4)
    overlaps = np.append(overlaps, 1.0)  # the first frame, whose box is told
    customary = np.mean([(overlaps > threshold).mean() for threshold in np.linspace(0, 1, 21)])
    assert success_auc(predicted, truth) == pytest.approx(customary)


def test_a_perfect_track_ties_with_a_perfect_specialist() -> None:
    track = (WHOLE,) * 500
    assert score_of(metrics.make("success_auc"), [(track, track)]) == pytest.approx(95.238095, abs=1e-6)
    assert metrics.get("success_auc").best == pytest.approx(95.238095, abs=1e-6)
    assert score_of(metrics.make("success_auc", {"curve": "exact"}), [(track, track)]) == 100.0
    with pytest.raises(UnknownWordError, match="choose from: exact, otb"):
        metrics.make("success_auc", {"curve": "got"})


def test_frames_without_a_reference_box_do_not_count() -> None:
    assert success_auc((None, WHOLE, None), (WHOLE, WHOLE, None), "exact") == 1.0
    assert success_auc((None, WHOLE, None), (WHOLE, WHOLE, None)) == pytest.approx(20 / 21)
    assert success_auc((WHOLE, None, WHOLE), (None, WHOLE, WHOLE), "exact") == 0.5
    assert success_auc((WHOLE, None, WHOLE), (None, WHOLE, WHOLE)) == pytest.approx(10 / 21)
    accumulator = metrics.make("success_auc", {"curve": "exact"})
    accumulator.add((WHOLE, HALF), (WHOLE, WHOLE))
    accumulator.add(None, (WHOLE, WHOLE))
    assert accumulator.result().score == 25.0


@given(st.integers(0, 10**6))
def test_overlap_of_tubes_lies_between_nothing_and_all(seed: int) -> None:
    rng = seeded(seed)

    def tube() -> dict[int, Box]:
        start = rng.randrange(4)
        return {
            frame: Box(rng.randrange(3), rng.randrange(3), rng.randrange(1, 5), rng.randrange(1, 5))
            for frame in range(start, start + rng.randrange(1, 5))
        }

    one, other = tube(), tube()
    assert 0.0 <= viou(one, other) == viou(other, one) <= 1.0
    assert viou(one, one) == 1.0
    shorter = dict(list(other.items())[:-1])
    assert viou(shorter, other) < 1.0


def test_overlap_of_tubes_by_hand() -> None:
    truth = {2: WHOLE, 3: WHOLE, 4: WHOLE}
    assert viou({3: WHOLE, 4: HALF, 5: WHOLE}, truth) == pytest.approx(1.5 / 4)
    assert viou({}, truth) == 0.0
    assert score_of(metrics.make("m_viou"), [(None, truth), (truth, truth)]) == 50.0


def test_other_types_are_refused() -> None:
    for reference in ((WHOLE,), (WHOLE, None), [WHOLE, WHOLE], "x"):
        with pytest.raises(ReferenceFormatError, match="behind the first frame"):
            metrics.make("success_auc").add(None, reference)
    with pytest.raises(PredictionFormatError, match="2 Box"):
        metrics.make("success_auc").add((WHOLE,), (WHOLE, WHOLE))
    for tube in ({}, {1: (0, 0, 1, 1)}, None):
        with pytest.raises(ReferenceFormatError, match="frame numbers"):
            metrics.make("m_viou").add(None, tube)
    with pytest.raises(PredictionFormatError, match="frame numbers"):
        metrics.make("m_viou").add((WHOLE,), {1: WHOLE})
