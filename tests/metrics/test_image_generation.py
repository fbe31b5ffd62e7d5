"""Metrics of made pictures against scikit-image, torchmetrics, a matrix root and cosines written out."""

from __future__ import annotations

import math
import tracemalloc
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import linalg
from skimage.color import deltaE_cie76, rgb2lab
from skimage.metrics import peak_signal_noise_ratio
from torchmetrics.functional.image import multiscale_structural_similarity_index_measure

from pytest_generalbench import metrics
from pytest_generalbench.core.errors import ReferenceFormatError, UnknownWordError
from pytest_generalbench.core.outputs import Image, Target
from pytest_generalbench.metrics.image.eeg_accuracy import first_of
from pytest_generalbench.metrics.image.lab_rmse import lab_rmse
from pytest_generalbench.metrics.image.ms_ssim import ms_ssim
from pytest_generalbench.metrics.image.psnr import CAP, psnr
from pytest_generalbench.metrics.validation import PredictionFormatError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.metrics.backbone_interfaces import Features, Pixels
    from pytest_generalbench.metrics.base import MetricValue

SEEDS = st.integers(0, 2**32 - 1)


def noise(seed: int, height: int = 20, width: int = 24) -> Pixels:
    """Return a picture with structure: waves and noise."""
    dice = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = np.sin(x / (3 + seed % 7)) + np.cos(y / (2 + seed % 5))
    made = 128 + 40 * waves[..., None] + dice.normal(0, 25, (height, width, 3))
    cut: Pixels = np.clip(made, 0, 255).astype(np.uint8)
    return cut


def target(pixels: Pixels | None = None, **more: Any) -> Target:
    return Target(medium=None if pixels is None else lambda: Image(pixels), **more)


def scored(name: str, pairs: Sequence[tuple[Any, Any]], options: dict[str, Any] | None = None,
           **backbones: Any) -> MetricValue:  # fmt: skip
    made = metrics.make(name, options or {}, backbones)
    for prediction, reference in pairs:
        made.add(prediction, reference)
    return made.result()


class Eyes:
    """Means of the colours as features; of a text, of the numbers in it."""

    def raw(self, pictures: Sequence[Pixels]) -> Features:
        means: Features = np.stack([
            [*picture.mean(axis=(0, 1)), *picture.std(axis=(0, 1)), float(picture[0, 0, 0])]
            for picture in pictures
        ])  # fmt: skip
        return means

    def pictures(self, pictures: Sequence[Pixels]) -> Features:
        return self.raw(pictures)

    def texts(self, texts: Sequence[str]) -> Features:
        return np.stack([[float(len(text) * place % 11 - 4) for place in range(1, 8)] for text in texts])


def unit(rows: Features) -> Features:
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


class UnitEyes(Eyes):
    """The same of length 1, as CLIP's are."""

    def pictures(self, pictures: Sequence[Pixels]) -> Features:
        return unit(self.raw(pictures) - 100)

    def texts(self, texts: Sequence[str]) -> Features:
        return unit(super().texts(texts))


@given(SEEDS, SEEDS)
def test_psnr_equals_scikit_image(one: int, other: int) -> None:
    predicted, true = noise(one), noise(other)
    expected = CAP if one == other else peak_signal_noise_ratio(true, predicted, data_range=255)
    assert psnr(predicted, true) == pytest.approx(expected, abs=1e-9)
    assert psnr(true, predicted) == psnr(predicted, true)


def test_psnr_of_a_task_is_the_mean_and_no_answer_is_0() -> None:
    true = noise(1)
    value = scored("psnr", [(Image(true), target(true)), (None, target(true))])
    assert (value.score, value.n) == (50.0, 2)
    with pytest.raises(PredictionFormatError, match="equal shapes"):
        psnr(noise(1), noise(1, 21))


@pytest.mark.parametrize("side", [176, 181, 240])
def test_ms_ssim_equals_torchmetrics(side: int) -> None:
    predicted, true = noise(1, side, side + 13), noise(2, side, side + 13)
    predicted = (predicted // 3 + true // 3 * 2).astype(np.uint8)
    one, other = (
        torch.from_numpy(part.astype(np.float64)).permute(2, 0, 1)[None] for part in (predicted, true)
    )
    expected = multiscale_structural_similarity_index_measure(one, other, data_range=255.0, normalize="relu")
    assert ms_ssim(predicted, true) == pytest.approx(float(expected), abs=1e-6)


@given(SEEDS, st.integers(1, 60), st.integers(1, 60))
def test_ms_ssim_of_small_pictures_is_at_most_1_and_1_of_equal_ones(seed: int, tall: int, wide: int) -> None:
    one, other = noise(seed, tall, wide), noise(seed + 1, tall, wide)
    assert ms_ssim(one, one) == pytest.approx(1.0, abs=1e-9)
    assert 0 <= ms_ssim(one, other) <= 1


def test_ms_ssim_brings_an_answer_to_the_size_of_its_target() -> None:
    true = noise(3, 40, 44)
    value = scored("ms_ssim", [(Image(noise(3, 80, 88)), target(true)), (None, target(true))])
    assert -1 < value.score < 0.5
    assert scored("ms_ssim", [(Image(true), target(true))], {"area": 900, "grey": True}).score == 1.0


@given(SEEDS, SEEDS)
def test_lab_errors_equal_scikit_image(one: int, other: int) -> None:
    predicted, true = noise(one), noise(other)
    apart = rgb2lab(predicted) - rgb2lab(true)
    assert lab_rmse(predicted, true) == pytest.approx(math.sqrt((apart**2).mean()), abs=1e-6)
    assert lab_rmse(predicted, true, "absolute") == pytest.approx(np.abs(apart).sum(axis=2).mean(), abs=1e-6)
    # No pair of pixels is farther apart than what a missing answer is given.
    assert deltaE_cie76(rgb2lab(predicted), rgb2lab(true)).max() < math.sqrt(3) * 168


def test_a_missing_answer_is_the_worst_in_lab() -> None:
    red, green = (np.tile(np.array(one, np.uint8), (4, 4, 1)) for one in ((255, 0, 0), (0, 255, 0)))
    for error in ("square", "absolute"):
        values = [
            scored("lab_rmse", [(answer, target(green))], {"error": error}).score
            for answer in (Image(green), Image(red), None)
        ]
        assert 0 == values[0] < values[1] < values[2]
    with pytest.raises(UnknownWordError):
        metrics.make("lab_rmse", {"error": "cubic"})


def frechet(one: Features, other: Features) -> float:
    first, second = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    apart = one.mean(axis=0) - other.mean(axis=0)
    return float(apart @ apart + np.trace(first + second - 2 * linalg.sqrtm(first @ second).real))


def test_fid_equals_the_formula_over_the_features() -> None:
    eyes = Eyes()
    predicted, true = [noise(seed) for seed in range(40)], [noise(seed) // 2 for seed in range(40, 80)]
    pairs = [(Image(one), target(other)) for one, other in zip(predicted, true, strict=True)]
    value = scored("fid", pairs, inception=eyes)
    assert value.score == pytest.approx(frechet(eyes.raw(predicted), eyes.raw(true)), rel=1e-6)
    assert value.n == 40
    assert value.stderr is not None
    perfect = [(Image(one), target(one)) for one in predicted]
    assert scored("fid", perfect, inception=eyes).score == pytest.approx(0, abs=1e-6)
    silent = [*perfect[:20], *((None, reference) for _, reference in perfect[20:])]
    assert scored("fid", silent, inception=eyes).score > 100


def test_fid_of_5000_pictures_is_counted_in_bounded_memory() -> None:
    made = metrics.make("fid", {}, {"inception": Eyes()})
    picture = noise(0, 64, 64)

    def add(count: int) -> int:
        tracemalloc.start()
        for number in range(count):
            shown = np.roll(picture, number, axis=1) + np.uint8(number % 7)
            made.add(Image(shown), target(shown[::-1]))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    few = add(50)
    assert add(4950) < few + 1_000_000  # all pictures are 60 MB on either side
    value = made.result()
    assert value.n == len(value.scores) == 5000
    assert value.stderr is None  # so many vectors are not kept


def test_clip_scores_are_cosines_of_the_backbones_vectors() -> None:
    eyes = UnitEyes()
    predicted, true = [noise(seed) for seed in range(9)], [noise(seed) // 2 for seed in range(9)]
    texts = [f"a text of {'x' * number}" for number in range(9)]
    by_text = [(Image(one), target(prompt=text)) for one, text in zip(predicted, texts, strict=True)]
    cosines = [
        max(0.0, float(eyes.pictures([one])[0] @ eyes.texts([text])[0]))
        for one, text in zip(predicted, texts, strict=True)
    ]
    value = scored("clip_text_image", by_text, clip=eyes)
    assert value.score == pytest.approx(100 * float(np.mean(cosines)), abs=1e-6)
    assert value.stderr == pytest.approx(100 * float(np.std(cosines, ddof=1)) / 3, abs=1e-6)
    by_picture = [(Image(one), target(other)) for one, other in zip(predicted, true, strict=True)]
    cosines = [
        max(0.0, float(eyes.pictures([one])[0] @ eyes.pictures([other])[0]))
        for one, other in zip(predicted, true, strict=True)
    ]
    value = scored("clip_image_image", by_picture, clip=eyes)
    assert value.score == pytest.approx(100 * float(np.mean(cosines)), abs=1e-6)


def test_clip_compares_with_the_source_where_there_is_no_target() -> None:
    pixels = noise(4)
    reference = Target(source=lambda: Image(pixels))
    assert scored("clip_image_image", [(Image(pixels), reference)], clip=UnitEyes()).score == pytest.approx(
        100
    )
    assert scored("clip_image_image", [(None, reference)], clip=UnitEyes()).score == 0
    with pytest.raises(ReferenceFormatError, match="medium or a source"):
        scored("clip_image_image", [(Image(pixels), Target())], clip=UnitEyes())
    with pytest.raises(ReferenceFormatError, match="prompt"):
        scored("clip_text_image", [(Image(pixels), Target())], clip=UnitEyes())


def test_being_first_among_fifty_equals_drawing_again_and_again() -> None:
    dice = np.random.default_rng(0)
    shares = dice.random(200)
    true = int(np.argsort(shares)[-3])  # two are likelier
    wins = 0
    for _ in range(4000):
        others = dice.choice(np.delete(np.arange(200), true), 49, replace=False)
        wins += bool((shares[others] < shares[true]).all())
    assert first_of(50, shares, true) == pytest.approx(wins / 4000, abs=0.03)
    assert first_of(50, shares, int(shares.argmax())) == 1.0
    assert first_of(50, shares, int(shares.argmin())) == 0.0
    assert first_of(50, np.ones(60), 0) == 0.0  # ties count as wrong


class Classes:
    classes = ("tench, Tinca tinca", "brown bear", "sea_snake")

    def probabilities(self, pictures: Sequence[Pixels]) -> Features:
        return np.stack([picture.mean(axis=(0, 1)) / picture.mean(axis=(0, 1)).sum() for picture in pictures])


def test_eeg_accuracy_takes_the_class_of_what_was_seen_or_of_a_label() -> None:
    red, green = (np.tile(np.array(one, np.uint8), (4, 4, 1)) for one in ((250, 1, 2), (1, 250, 2)))
    pairs = [
        (Image(red), target(red)),
        (Image(green), target(red)),
        (Image(red), target(words={"label": "Tinca tinca"})),
        (Image(green), target(words={"label": "Brown  bear"})),
        (None, target(red)),
    ]
    assert scored("eeg_top1_accuracy", pairs, image_classes=Classes()).score == pytest.approx(60.0)
    with pytest.raises(ReferenceFormatError, match="label"):
        scored("eeg_top1_accuracy", [(Image(red), target(words={"label": "cod"}))], image_classes=Classes())


@pytest.mark.parametrize("name", ["psnr", "ms_ssim", "lab_rmse"])
def test_what_is_no_picture_is_refused(name: str) -> None:
    with pytest.raises(PredictionFormatError):
        scored(name, [("a text", target(noise(0)))])
    with pytest.raises(ReferenceFormatError):
        scored(name, [(Image(noise(0)), Target())])
