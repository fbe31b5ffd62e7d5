"""Panoptic quality by hand and against torchmetrics."""

from __future__ import annotations

import numpy as np
import pytest

from pytest_generalbench.core.errors import ReferenceFormatError
from pytest_generalbench.metrics.dense.panoptic_quality import (
    Panoptic,
    Quality,
    image_quality,
    panoptic_quality,
)
from pytest_generalbench.metrics.validation import PredictionFormatError


def row(*ids: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.array([ids], dtype=np.int64)


def test_a_case_by_hand() -> None:
    truth = Panoptic(row(1, 1, 1, 1, 2, 2, 2, 0, 3, 3), {1: "car", 2: "car", 3: "road"})
    predicted = Panoptic(row(5, 5, 5, 6, 6, 6, 6, 6, 7, 7), {5: "car", 6: "car", 7: "tree"})
    # 5: 3 of 4 pixels, IoU 3/4. 6: 3 common; its 5 without the void one are 4, so 3 / (4 + 3 - 3).
    assert image_quality(predicted, truth) == {
        "car": Quality(1.5, 2, 0, 0),
        "road": Quality(0.0, 0, 0, 1),
        "tree": Quality(0.0, 0, 1, 0),
    }
    assert panoptic_quality([(predicted, truth)]) == pytest.approx(100 * (0.75 + 0 + 0) / 3)


def test_half_is_no_match() -> None:
    truth = Panoptic(row(1, 1), {1: "a"})
    assert panoptic_quality([(Panoptic(row(4, 0), {4: "a"}), truth)]) == 0.0


def test_segments_in_void_and_on_crowds_are_no_false_alarm() -> None:
    truth = Panoptic(row(0, 0, 0, 1, 1, 9, 9, 9), {1: "a"}, {9: "b"})
    predicted = Panoptic(row(4, 4, 4, 1, 1, 6, 6, 6), {4: "a", 1: "a", 6: "b"})
    assert image_quality(predicted, truth) == {"a": Quality(1.0, 1, 0, 0)}
    wrong = Panoptic(row(0, 0, 0, 1, 1, 6, 6, 6), {1: "a", 6: "c"})
    assert image_quality(wrong, truth)["c"] == Quality(0.0, 0, 1, 0)


def test_segments_without_a_pixel_do_not_exist() -> None:
    truth = Panoptic(row(1, 1), {1: "a", 2: "a"})
    assert panoptic_quality([(Panoptic(row(1, 1), {1: "a", 3: "b"}), truth)]) == 100.0


def test_nothing_to_find_and_nothing_found() -> None:
    nothing = Panoptic(row(0, 0), {})
    assert panoptic_quality([(nothing, nothing)]) == 100.0
    assert panoptic_quality([(Panoptic(row(1, 1), {1: "a"}), nothing)]) == 100.0  # all of it lies in void


def test_what_does_not_fit_is_told() -> None:
    truth = Panoptic(row(1, 1), {1: "a"})
    with pytest.raises(PredictionFormatError, match="does not fit"):
        panoptic_quality([(Panoptic(row(1), {1: "a"}), truth)])
    with pytest.raises(ReferenceFormatError, match="a Panoptic"):
        panoptic_quality([(None, row(1))])  # type: ignore[list-item]


@pytest.mark.parametrize("seed", range(6))
def test_it_equals_torchmetrics(seed: int) -> None:
    theirs = pytest.importorskip("torchmetrics.functional.detection").panoptic_quality
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed)
    pairs, said_maps, true_maps = [], [], []
    for _ in range(3):
        # Things 0 and 1 with an instance number, stuff 2 and 3 without.
        coarse = rng.integers(0, 4, (4, 4)).repeat(4, 0).repeat(4, 1)
        numbers = np.where(coarse < 2, rng.integers(0, 2, (2, 2)).repeat(8, 0).repeat(8, 1), 0)
        noise = rng.random((16, 16)) < 0.25
        other = np.where(noise, rng.integers(0, 4, (16, 16)), coarse)
        other_numbers = np.where(other < 2, numbers, 0)
        ids, other_ids = coarse * 10 + numbers + 1, other * 10 + other_numbers + 1
        pairs.append(tuple(
            Panoptic(one, {int(k): str((k - 1) // 10) for k in np.unique(one)}) for one in (other_ids, ids)
        ))  # fmt: skip
        said_maps.append(np.stack([other, other_numbers], axis=-1))
        true_maps.append(np.stack([coarse, numbers], axis=-1))
    expected = theirs(
        torch.tensor(np.stack(said_maps)), torch.tensor(np.stack(true_maps)), things={0, 1}, stuffs={2, 3}
    )
    assert panoptic_quality(pairs) == pytest.approx(100 * float(expected), abs=1e-4)  # type: ignore[arg-type]
