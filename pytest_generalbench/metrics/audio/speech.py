"""Metrics of speech: word error rate and CIDEr on the transcript of a speech recogniser."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.outputs import Audio, Target
from pytest_generalbench.metrics.accumulators import SILENCE, pooled_value, score_of, with_silence
from pytest_generalbench.metrics.base import Metric, MetricValue
from pytest_generalbench.metrics.text.cider import CiderAccumulator
from pytest_generalbench.metrics.text.token_overlap import edit_distance
from pytest_generalbench.metrics.validation import PredictionFormatError, bad_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pytest_generalbench.metrics.backbone_interfaces import Transcriber

_UNSPACED: Final = (
    ("\u2e80", "\u2fdf"), ("\u3005", "\u3007"), ("\u3040", "\u30ff"), ("\u3100", "\u312f"),
    ("\u31a0", "\u31ff"), ("\u3400", "\u4dbf"), ("\u4e00", "\u9fff"), ("\uf900", "\ufaff"),
    ("\U0001b000", "\U0001b16f"), ("\U00020000", "\U000323af"),
    ("\u0e01", "\u0edf"), ("\u1000", "\u109f"), ("\u1780", "\u17ff"),
)  # fmt: skip
"""Han, Kana, Bopomofo, and Thai, Lao, Burmese, Khmer: scripts that put no blanks between words."""

_APOSTROPHES: Final = re.compile(r"(?<=\w)['’ʼ`´](?=\w)")
_THOUSANDS: Final = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")
_POINT: Final = re.compile(r"(?<=[0-9])\.(?=[0-9])")
_KEPT: Final = "\ue000"
"""Stands for a decimal point while punctuation is removed."""


@cache
def _kind(char: str) -> str:
    """Return the kind of a character: `letter` (or digit), `blank`, or `nothing`."""
    category = unicodedata.category(char)
    # Marks that only choose a letter's shape: joiners, and the variation selectors of Mongolian.
    if category == "Cf" or "\u180b" <= char <= "\u180f" or "\ufe00" <= char <= "\ufe0f":
        return "nothing"
    return "letter" if category[0] in "LMN" or char == _KEPT else "blank"


def normalise_speech(text: str) -> str:
    """Return the words of a transcript as they are compared.

    NFKC, lower case, punctuation and symbols become blanks, blanks collapse. Apostrophes inside words and
    commas between thousands vanish, decimal points stay, numerals are not spelled out.

    >>> normalise_speech("“Don't,” she said: 1,000 or 3.5?")
    'dont she said 1000 or 3.5'
    >>> normalise_speech("Би ном уншдаг — чи ч бас.")
    'би ном уншдаг чи ч бас'
    """
    plain = unicodedata.normalize("NFKC", text).lower()
    plain = _POINT.sub(_KEPT, _THOUSANDS.sub("", _APOSTROPHES.sub("", plain)))
    kept = "".join({"letter": char, "blank": " "}.get(_kind(char), "") for char in plain)
    return " ".join(kept.replace(_KEPT, ".").split())


def is_unspaced(text: str) -> bool:
    """Whether at least half of a text's letters are of scripts that put no blanks between words.

    >>> is_unspaced("我爱北京 AI"), is_unspaced("Beijing 北京"), is_unspaced("Сайн уу")
    (True, False, False)
    """
    letters = [char for char in text if unicodedata.category(char)[0] == "L"]
    unspaced = sum(any(low <= char <= high for low, high in _UNSPACED) for char in letters)
    return bool(letters) and 2 * unspaced >= len(letters)


def _units(text: str, by_character: bool) -> list[str]:
    plain = normalise_speech(text)
    return list(plain.replace(" ", "")) if by_character else plain.split()


LIMIT: Final = (10, 50)
"""The errors of no answer: for each unit of the reference, and at least."""


def _errors(prediction: str | None, reference: str, by_character: bool) -> tuple[int, int]:
    """Return how many units must be changed, taken out or put in, and how many the reference has.

    No answer has the errors of `LIMIT`.
    """
    true = _units(reference, by_character)
    if prediction is None:
        return max(LIMIT[0] * len(true), LIMIT[1]), len(true)
    predicted = _units(prediction, by_character)
    letters = {unit: chr(0x10000 + place) for place, unit in enumerate(dict.fromkeys((*predicted, *true)))}
    first, second = ("".join(letters[unit] for unit in units) for units in (predicted, true))
    return edit_distance(first, second), len(true)


class _Errors:
    """Errors by units of the references, over all instances; silence has no lower rate than any answer."""

    def __init__(self, counts: Callable[[Any, Any], tuple[int, int]]) -> None:
        """Take the function that counts the errors and the units of one instance."""
        self._counts = counts
        self._rows: list[tuple[int, int]] = []
        self._silent: list[bool] = []

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one instance."""
        self._rows.append(self._counts(prediction, reference))
        self._silent.append(prediction is None)

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the rate in percent; its standard error takes what silence costs as given."""
        units = [max(count, 1) for _, count in self._rows]
        rates = [errors / count for (errors, _), count in zip(self._rows, units, strict=True)]
        rates = with_silence(rates, self._silent)
        parts = [
            (rate * unit if is_silent else errors, count)
            for rate, unit, is_silent, (errors, count) in zip(
                rates, units, self._silent, self._rows, strict=True
            )
        ]
        return pooled_value(parts, 100.0)


def _score(pairs: Iterable[tuple[str | None, str]], by_character: bool | None) -> float:
    def counts(prediction: Any, reference: Any) -> tuple[int, int]:
        each = is_unspaced(reference) if by_character is None else by_character
        return _errors(prediction, reference, each)

    return score_of(_Errors(counts), pairs)


def wer(pairs: Iterable[tuple[str | None, str]]) -> float:
    """Return the word error rate of (transcript, reference) pairs in percent; lower is better.

    100 times the least number of words to change, take out or put in, summed over all pairs, by the words
    of all references. A reference in a script without blanks between words (`is_unspaced`) counts by
    character. Texts are compared after `normalise_speech`. Words that nobody said can make the rate more
    than 100. None has ten errors for each word of its reference, 50 at least, and no lower rate than any
    other pair. NaN without pairs.

    Raises:
        Nothing.

    Source: [workbook] `WER`; as the field pools it (the authors' helper takes the mean over files).

    >>> wer([("a dog barked, loudly", "A dog barks loudly."), ("", "two cats")])
    50.0
    >>> wer([(None, "a dog barks loudly at two cats")])
    1000.0
    >>> wer([("我爱北平", "我爱北京。")])
    25.0
    """
    return _score(pairs, None)


def cer(pairs: Iterable[tuple[str | None, str]]) -> float:
    """Return the character error rate in percent: as `wer`, but by character whatever the script, no blanks.

    Lower is better.

    >>> cer([("a cat", "a bat")])
    25.0
    """
    return _score(pairs, by_character=True)


def _target(metric: str, reference: Any) -> Target:
    if not isinstance(reference, Target):
        bad_reference(metric, "a Target", reference)
    return reference


class _Transcripts:
    """Transcripts of answers and targets."""

    def __init__(self, metric: str, asr: Transcriber) -> None:
        self._metric = metric
        self._asr = asr

    def answer(self, prediction: Any, target: Target) -> str | None:
        """Return an answer's transcript; a text answer is its own, and None has none."""
        if prediction is None or isinstance(prediction, str):
            return prediction
        if not isinstance(prediction, Audio):
            raise PredictionFormatError(f"{self._metric} takes an Audio or a text, not {prediction!r:.60}")
        return self._asr.transcribe(prediction, target.words.get("language"))

    def transcript(self, target: Target) -> str:
        """Return the target's transcript: that of the data set, else the recognised one."""
        if target.words.get("transcript"):
            return target.words["transcript"]
        opener = target.medium or target.source
        sound = opener() if opener else None
        if not isinstance(sound, Audio):
            bad_reference(self._metric, "a Target with a transcript, or with the sound of one", target)
        return self._asr.transcribe(sound, target.words.get("language"))


def _spoken_wer(asr: Transcriber) -> _Errors:
    heard = _Transcripts("wer", asr)

    def counts(prediction: Any, reference: Any) -> tuple[int, int]:
        target = _target("wer", reference)
        true = heard.transcript(target)
        return _errors(heard.answer(prediction, target), true, is_unspaced(true))

    return _Errors(counts)


class _SpokenCider:
    """CIDEr-D of the transcripts; an answer that counts as wrong says nothing and scores 0."""

    def __init__(self, asr: Transcriber) -> None:
        self._heard = _Transcripts("speech_cider", asr)
        self._cider = CiderAccumulator()

    def add(self, prediction: Any, reference: Any) -> None:
        """Take an Audio or None, and a Target whose word `captions` has an accepted text a line."""
        target = _target("speech_cider", reference)
        captions = tuple(line for line in target.words.get("captions", "").split("\n") if line.strip())
        if not captions:
            bad_reference("speech_cider", "a Target with captions", reference)
        self._cider.add(self._heard.answer(prediction, target), captions)

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the mean over everything added so far."""
        return self._cider.result(instances)


METRICS: Final = (
    Metric(
        name="wer",
        unit="percent",
        higher_is_better=False,
        best=0.0,
        definition=(
            "word error rate of the answer's transcript, percent: errors of all instances by words of all "
            "references, not capped at 100; NFKC, lower case, no punctuation, numerals as they are; "
            "Chinese, Japanese and other scripts without blanks by character; an answer that cannot be read "
            f"has ten errors for each word of its reference, at least 50, {SILENCE}; where there is no "
            "transcript, that of the true (or the source) sound"
        ),
        factory=_spoken_wer,
        backbones=("asr",),
        needs=("transcript",),
        aggregation="corpus",
        version=2,
        changes={
            2: "an unreadable answer has ten errors for each word of its reference at least, no longer one"
        },
    ),
    Metric(
        name="speech_cider",
        unit="percent",
        higher_is_better=True,
        best=1000.0,
        definition=(
            "100 x CIDEr-D (n = 1..4, sigma 6, 10 at most) of the answer's transcript, document frequencies"
            " over the task's references, mean over instances; an answer that cannot be read scores 0"
        ),
        factory=_SpokenCider,
        backbones=("asr",),
        needs=("captions",),
        aggregation="corpus",
    ),
)
