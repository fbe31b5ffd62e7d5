"""Metrics of speech, sounds and music against jiwer, plain loops and numpy's correlation."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import jiwer
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import linalg
from scipy.fft import dct

from pytest_generalbench import metrics
from pytest_generalbench.core.errors import ReferenceFormatError
from pytest_generalbench.core.outputs import Audio, SymbolicMusic, Target
from pytest_generalbench.core.outputs.forms.symbolic_music import PERCUSSION, Note
from pytest_generalbench.metrics.audio.mcd import BANDS, RANGE, RATE, aligned_mean, cepstra, mcd
from pytest_generalbench.metrics.audio.music import e_accuracy, pcc
from pytest_generalbench.metrics.audio.speech import cer, normalise_speech, wer
from pytest_generalbench.metrics.validation import PredictionFormatError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pytest_generalbench.metrics.backbone_interfaces import Features
    from pytest_generalbench.metrics.base import MetricValue

WORDS = st.lists(st.sampled_from(["a", "dog", "barks", "loudly", "two", "cats"]), max_size=9).map(" ".join)
SPOKEN = WORDS.filter(bool)


def scored(name: str, pairs: Sequence[tuple[Any, Any]], **backbones: Any) -> MetricValue:
    made = metrics.make(name, {}, backbones)
    for prediction, reference in pairs:
        made.add(prediction, reference)
    return made.result()


def hum(pitch: float, seconds: float = 0.3, rate: int = RATE) -> Audio:
    moments = np.arange(int(seconds * rate)) / rate
    waves = sum(np.sin(2 * np.pi * pitch * part * moments) / part for part in (1, 2, 3))
    return Audio((0.2 * waves * (1 + 0.5 * np.sin(9 * moments))).astype(np.float32), rate)


@given(st.lists(st.tuples(WORDS, SPOKEN), min_size=1, max_size=6))
def test_wer_equals_jiwer(pairs: list[tuple[str, str]]) -> None:
    predicted, true = (list(side) for side in zip(*pairs, strict=True))
    assert wer(pairs) == pytest.approx(100 * float(jiwer.wer(true, predicted)), abs=1e-6)
    # Blanks are no characters here, and they are in jiwer.
    bare = [("".join(one.split()), "".join(other.split())) for one, other in pairs]
    expected = jiwer.cer([other for _, other in bare], [one for one, _ in bare])
    assert cer(pairs) == pytest.approx(100 * float(expected), abs=1e-6)


@pytest.mark.parametrize(
    ("predicted", "true", "rate"),
    [
        ("A dog barks, loudly.", "a dog barks loudly", 0.0),
        ("It’s 1,000!", "its 1000", 0.0),
        ("今天天气很好。", "今天天气真好", 100 / 6),
        ("сайн байна уу", "Сайн байна уу?", 0.0),
        ("a b c d", "a", 300.0),
        ("", "one two", 100.0),
        (None, "one two", 2500.0),
        (None, "one two three four five six", 1000.0),
    ],
)
def test_texts_are_normalised_by_language_before_words_or_characters_are_counted(
    predicted: str | None, true: str, rate: float
) -> None:
    assert wer([(predicted, true)]) == pytest.approx(rate)


@given(st.text(max_size=30))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise_speech(text)
    assert normalise_speech(once) == once


class Ears:
    """Hears the words that a sound's length stands for."""

    def __init__(self, **heard: str) -> None:
        self._heard = heard
        self.languages: list[str | None] = []

    def transcribe(self, sound: Audio, language: str | None) -> str:
        self.languages.append(language)
        return self._heard[f"s{len(sound.samples)}"]


def silent(samples: int) -> Audio:
    return Audio(np.full(samples, 0.1, np.float32), 8000)


def test_spoken_wer_hears_the_answer_and_where_no_words_are_told_the_truth() -> None:
    ears = Ears(s10="two dogs", s20="two cats")
    text = Target(words={"transcript": "Two cats!", "language": "en"})
    heard = Target(medium=lambda: silent(20))
    source = Target(source=lambda: silent(20))
    pairs = [(silent(10), text), (silent(10), heard), (silent(20), source), ("two cats", text), (None, text)]
    assert scored("wer", pairs[:4], asr=ears).score == pytest.approx(100 * 2 / 8)
    assert scored("wer", pairs, asr=ears).score == pytest.approx(100 * (2 + 50) / 10)
    rambling = ("one " * 99, text)
    assert scored("wer", [rambling, (None, text)], asr=ears).score == pytest.approx(100 * 99 / 2)
    assert ears.languages[0] == "en"
    with pytest.raises(ReferenceFormatError, match="transcript"):
        scored("wer", [(silent(10), Target())], asr=ears)


def test_spoken_cider_is_that_of_the_transcripts() -> None:
    captions = ("a red bird sits on the tree", "the bird is red")
    ears = Ears(s10=captions[0], s20="two dogs play")
    target = Target(words={"captions": "\n".join(captions)})
    other = Target(words={"captions": "two dogs play"})
    plain = metrics.make("cider")
    for text, references in ((captions[0], captions), (None, ("two dogs play",))):
        plain.add(text, references)
    result = scored("speech_cider", [(silent(10), target), (None, other)], asr=ears)
    assert result == plain.result()
    assert result.score > 100


def path_by_loops(first: NDArray[Any], second: NDArray[Any]) -> float:
    """The textbook recursion; of paths of one cost the shortest."""
    best: dict[tuple[int, int], tuple[float, int]] = {}
    for i, one in enumerate(first):
        for j, other in enumerate(second):
            before = [best[p] for p in ((i - 1, j - 1), (i - 1, j), (i, j - 1)) if p in best]
            cost, length = min(before, default=(0.0, 0))
            best[i, j] = (cost + float(np.linalg.norm(one - other)), length + 1)
    cost, length = best[len(first) - 1, len(second) - 1]
    return cost / length


@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(1, 12))
def test_alignment_equals_the_textbook_recursion(seed: int, n: int, m: int) -> None:
    dice = np.random.default_rng(seed)
    first, second = dice.normal(size=(n, 3)), dice.normal(size=(m, 3))
    assert aligned_mean(first, second) == pytest.approx(path_by_loops(first, second), abs=1e-9)


def test_cepstra_are_a_cosine_transform_of_the_log_of_mel_powers() -> None:
    samples = hum(150).samples.reshape(-1) + np.random.default_rng(0).normal(0, 0.5, 4800).astype(np.float32)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    frame = np.abs(np.fft.fft(samples[160:560] * window, 512)[:257]) ** 2
    mel = np.linspace(0, 2595 * math.log10(1 + 8000 / 700), BANDS + 2)
    hertz = 700 * (10 ** (mel / 2595) - 1)
    places = np.arange(257) * RATE / 512
    bands = np.array([
        (np.interp(places, hertz[band : band + 3], [0, 1, 0], left=0, right=0) * frame).sum()
        for band in range(BANDS)
    ])  # fmt: skip
    empty = [band for band in range(BANDS) if not ((places > hertz[band]) & (places < hertz[band + 2])).any()]
    for band in empty:
        bands[band] = frame[np.abs(places - hertz[band + 1]).argmin()]
    result = cepstra(samples)[1]
    # No band is below the floor, so that no other frame has a part in this one.
    assert np.log(bands / bands.max()).min() > -RANGE / 15 * math.log(10)
    expected = dct(np.log(bands), type=2)[1:25] / (2 * BANDS)
    np.testing.assert_allclose(result, expected, atol=1e-6)


def test_mcd_is_0_for_equal_sounds_at_any_loudness_and_bounded() -> None:
    one, other = hum(150), hum(330)
    assert mcd(one, one) == 0.0
    assert mcd(Audio(np.float32(0.5) * one.samples, RATE), one) < 1e-4
    assert mcd(one, other) == pytest.approx(mcd(other, one))
    assert 1 < mcd(one, other) < RANGE
    assert scored("mcd", [(None, Target(medium=lambda: one))]).score == RANGE
    with pytest.raises(ReferenceFormatError):
        scored("mcd", [(one, Target())])


NOTES = st.lists(
    st.tuples(
        st.integers(0, 15), st.integers(1, 8), st.integers(40, 80), st.sampled_from([0, 40, PERCUSSION])
    ),
    max_size=12,
).map(
    lambda rows: SymbolicMusic(tuple(Note(at / 4, long / 4, pitch, 80, who) for at, long, pitch, who in rows))
)


@given(NOTES, NOTES)
def test_pcc_equals_numpys_correlation_of_the_rolls(predicted: SymbolicMusic, true: SymbolicMusic) -> None:
    cells = max(1, math.ceil(max(predicted.quarters, true.quarters) * 4))
    rolls = np.zeros((2, cells, 12))
    for roll, piece in zip(rolls, (predicted, true), strict=True):
        for note in piece.notes:
            if note.instrument != PERCUSSION:
                roll[round(note.start * 4) : round((note.start + note.length) * 4), note.pitch % 12] += 1
    one, other = rolls.reshape(2, -1)
    if np.array_equal(one, other):
        expected = 1.0
    elif one.std() == 0 or other.std() == 0:
        expected = 0.0
    else:
        expected = max(0.0, float(np.corrcoef(one, other)[0, 1]))
    assert pcc(predicted, true) == pytest.approx(100 * expected, abs=1e-6)


def sounding(piece: SymbolicMusic, moment: float) -> set[tuple[int, int]]:
    return {
        (note.instrument, note.pitch)
        for note in piece.notes
        if note.start <= moment + 1e-9 < note.start + note.length
    }


@given(NOTES, NOTES)
def test_e_accuracy_equals_sets_compared_at_every_onset(
    predicted: SymbolicMusic, true: SymbolicMusic
) -> None:
    onsets = sorted({note.start for piece in (predicted, true) for note in piece.notes})
    if not onsets:
        with pytest.raises(PredictionFormatError):
            e_accuracy(predicted, true)
        return
    shares = []
    for moment in onsets:
        one, other = sounding(predicted, moment), sounding(true, moment)
        shares.append(len(one & other) / len(one | other))
    assert e_accuracy(predicted, true) == pytest.approx(100 * float(np.mean(shares)), abs=1e-6)


class Clap:
    """Vectors of length 1 from a sound's spectrum, and from a text's length."""

    def sounds(self, sounds: Sequence[Audio]) -> Features:
        rows = np.stack([
            [float(part.sum()) for part in np.array_split(np.abs(np.fft.rfft(sound.mono(sound.rate))), 6)]
            for sound in sounds
        ]) + 0.01  # fmt: skip
        unit: Features = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit

    def texts(self, texts: Sequence[str]) -> Features:
        rows = np.stack([[1.0 + len(text) * place % 7 for place in range(6)] for text in texts])
        unit: Features = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


def test_clap_scores_are_cosines() -> None:
    clap, sounds = Clap(), [hum(pitch, rate=8000) for pitch in (100, 700, 1900)]
    pairs = [(sound, Target(prompt="a hum" * (place + 1))) for place, sound in enumerate(sounds)]
    cosines = [float(clap.sounds([sound])[0] @ clap.texts([target.prompt])[0]) for sound, target in pairs]
    assert scored("clap_text_audio", pairs, clap=clap).score == pytest.approx(
        100 * float(np.mean(cosines)), abs=1e-6
    )
    styles = Target(styles=(lambda: sounds[1], lambda: sounds[2]))
    expected = float(np.mean([clap.sounds([sounds[0]])[0] @ clap.sounds([one])[0] for one in sounds[1:]]))
    assert scored("style_clap", [(sounds[0], styles), (None, styles)], clap=clap).score == pytest.approx(
        50 * expected, abs=1e-6
    )
    with pytest.raises(ReferenceFormatError):
        scored("style_clap", [(sounds[0], Target(prompt="jazz"))], clap=clap)


def _same(sound: Audio) -> Audio:
    return sound


def test_fad_is_the_frechet_distance_of_the_vectors() -> None:
    clap = Clap()
    predicted, true = ([hum(pitch + step, rate=8000) for step in range(0, 400, 20)] for pitch in (100, 900))
    pairs = [(one, Target(medium=partial(_same, other))) for one, other in zip(predicted, true, strict=True)]
    one, other = clap.sounds(predicted), clap.sounds(true)
    first, second = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    apart = one.mean(axis=0) - other.mean(axis=0)
    expected = apart @ apart + np.trace(first + second - 2 * linalg.sqrtm(first @ second).real)
    assert scored("fad", pairs, clap=clap).score == pytest.approx(float(expected), abs=1e-6)
    unanswered = [(None, reference) for _, reference in pairs]
    assert 0 < scored("fad", unanswered, clap=clap).score <= 4.5
