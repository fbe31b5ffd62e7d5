"""Depth and flow in blocks: the scores of the whole arrays, in a small part of their memory."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from pytest_generalbench.metrics.dense import blocks
from pytest_generalbench.metrics.dense.depth import clip_absrel, rms_cm
from pytest_generalbench.metrics.dense.optical_flow import end_point_error

Array = npt.NDArray[Any]


def whole_absrel(prediction: Array | None, reference: Array) -> float:
    """Return the error of a clip by its definition, on the whole arrays."""
    truth = reference.astype(np.float64)
    valid = (truth > 0.001) & (truth < 80)
    truth = truth[valid]
    if prediction is None:
        return max(1.0, float(truth.std() * np.sqrt((1 / truth**2).mean())))
    answer = np.maximum(prediction.astype(np.float64)[valid], 0.001)
    design = np.stack([answer, np.ones_like(answer)], axis=1)
    fitted = design @ np.linalg.lstsq(design, truth, rcond=None)[0]
    return float((np.abs(np.clip(fitted, 0.001, 80) - truth) / truth).mean())


def whole_rms(prediction: Array, reference: Array) -> float:
    truth = reference.astype(np.float64)
    valid = (truth > 0.001) & (truth < 10)
    return float(
        100 * np.sqrt(((np.clip(prediction.astype(np.float64), 0.001, 10) - truth)[valid] ** 2).mean())
    )


def whole_epe(prediction: Array, reference: Array) -> float:
    valid = (np.abs(reference) <= 1e9).all(axis=2)
    away = prediction.astype(np.float64)[valid] - reference.astype(np.float64)[valid]
    return float(np.sqrt((away**2).sum(axis=1)).mean())


@pytest.fixture
def dice() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize("pixels", [1, 7, 50, 1 << 18])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_blocks_give_the_score_of_the_whole(
    monkeypatch: pytest.MonkeyPatch, dice: np.random.Generator, pixels: int, dtype: Any
) -> None:
    monkeypatch.setattr(blocks, "PIXELS", pixels)
    clip = dice.uniform(-1, 90, (3, 11, 13)).astype(dtype)
    answer = (clip * 0.3 + 5 + dice.normal(size=clip.shape)).astype(dtype)
    assert clip_absrel(answer, clip) == pytest.approx(whole_absrel(answer, clip), rel=1e-9)
    assert clip_absrel(None, clip) == pytest.approx(whole_absrel(None, clip), rel=1e-9)
    assert clip_absrel(np.ones_like(clip), clip) == pytest.approx(
        whole_absrel(np.ones_like(clip), clip), rel=1e-9
    )
    image, guess = dice.uniform(-1, 12, (2, 11, 13)).astype(dtype)
    assert rms_cm(guess, image) == pytest.approx(whole_rms(guess, image), rel=1e-12)
    flow, seen = dice.normal(size=(2, 11, 13, 2)).astype(dtype)
    flow[::3, ::2] = np.nan
    assert end_point_error(seen, flow) == pytest.approx(whole_epe(seen, flow), rel=1e-12)


def test_blocks_cover_every_pixel_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for pixels in (1, 5, 12, 1000):
        monkeypatch.setattr(blocks, "PIXELS", pixels)
        for shape in ((4, 3), (2, 5, 3), (1, 1), (3, 1, 7)):
            count = np.zeros(shape, int)
            for place in blocks.blocks_of(shape):
                count[place] += 1
                assert count[place].size <= max(pixels, shape[-1])
            assert (count == 1).all()


def test_a_clip_needs_little_memory_beside_its_arrays(dice: np.random.Generator) -> None:
    truth = dice.uniform(1, 70, (24, 480, 640)).astype(np.float32)  # 28 MiB
    answer = truth * 2 + 1
    tracemalloc.start()
    try:
        assert clip_absrel(answer, truth) < 1e-6
        clip_absrel(None, truth)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20 << 20
