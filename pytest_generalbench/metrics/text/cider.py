"""CIDEr-D: n-grams shared with the references, weighted by how few instances have them."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.metrics.accumulators import NOTHING, mean_value, score_of
from pytest_generalbench.metrics.base import Metric, MetricValue
from pytest_generalbench.metrics.text.bleu_rouge import ngram_counts
from pytest_generalbench.metrics.text.normalization import tokenise
from pytest_generalbench.metrics.validation import text_prediction, text_references

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ORDERS: Final = 4
SIGMA: Final = 6.0
"""Width of the penalty on a difference in length, in tokens."""

Grams = Counter[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Text:
    """The n-grams of one text, by n, and its number of tokens."""

    grams: tuple[Grams, ...]
    length: int


def _read(text: str) -> _Text:
    tokens = tokenise(text)
    return _Text(tuple(ngram_counts(tokens, n) for n in range(1, ORDERS + 1)), len(tokens))


class _Weights:
    """The inverse document frequencies of one corpus, an instance's references being a document."""

    def __init__(self, documents: Sequence[Sequence[_Text]]) -> None:
        found: Grams = Counter()
        for texts in documents:
            found.update({gram for text in texts for grams in text.grams for gram in grams})
        self._rarest = math.log(len(documents))
        self._known = {gram: self._rarest - math.log(times) for gram, times in found.items()}
        # Where no n-gram tells one instance from another all weights are 0, and so would be
        # the score of perfect answers: then all n-grams weigh the same.
        if not any(self._known.values()):
            self._rarest, self._known = 1.0, {}

    def vector(self, grams: Grams) -> dict[tuple[str, ...], float]:
        known, rarest = self._known, self._rarest
        return {gram: times * known.get(gram, rarest) for gram, times in grams.items()}


def _norm(vector: dict[tuple[str, ...], float]) -> float:
    return math.sqrt(sum(weight * weight for weight in vector.values()))


def _cosine(given: dict[tuple[str, ...], float], wanted: dict[tuple[str, ...], float]) -> float:
    """Return the cosine with the answer's weights clipped at the reference's."""
    product = sum(
        min(weight, wanted[gram]) * wanted[gram] for gram, weight in given.items() if gram in wanted
    )
    norms = _norm(given) * _norm(wanted)
    return product / norms if norms else 0.0


def _cider_d(answer: _Text, references: Sequence[_Text], weights: _Weights) -> float:
    """Return 10 times the mean over references and n of the penalised cosines."""
    vectors = [weights.vector(grams) for grams in answer.grams]
    parts = []
    for reference in references:
        penalty = math.exp(-((answer.length - reference.length) ** 2) / (2 * SIGMA**2))
        for given, grams in zip(vectors, reference.grams, strict=True):
            parts.append(penalty * _cosine(given, weights.vector(grams)))
    return 10.0 * math.fsum(parts) / len(parts)


class CiderAccumulator:
    """Mean CIDEr-D; the weights of the n-grams are known only when all references are."""

    def __init__(self) -> None:
        """Start without instances."""
        self._answers: list[_Text | None] = []
        self._references: list[tuple[_Text, ...]] = []

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one instance; None scores 0."""
        texts = tuple(_read(text) for text in text_references("cider", reference))
        answer = None if prediction is None else _read(text_prediction("cider", prediction))
        self._references.append(texts)
        self._answers.append(answer)

    def result(self) -> MetricValue:
        """Return the mean over everything added so far; the standard error takes the weights as given."""
        if not self._answers:
            return NOTHING
        weights = _Weights(self._references)
        values = [
            0.0 if answer is None else _cider_d(answer, references, weights)
            for answer, references in zip(self._answers, self._references, strict=True)
        ]
        return mean_value(values, scale=100.0)


def cider(pairs: Iterable[tuple[str | None, tuple[str, ...]]]) -> float:
    """Return 100 times the mean CIDEr-D (0..1000 "percent", higher is better).

    An instance scores 10 times the mean, over its references and n = 1..4, of
    exp(-(difference in length)^2 / (2 * 6^2)) times the cosine of the tf-idf vectors of
    n-grams, the answer's entries clipped at the reference's. A document of the idf is all
    references of one instance of the task; the answers do not enter it. Tokens are those
    of `tokenise`.

    Perfect answers reach 1000 only where every reference has four tokens and some n-gram
    of each length of its own. Where no n-gram tells the instances apart (a single
    instance, or the same references everywhere) every idf would be 0 and with it any
    score: there all n-grams weigh 1 instead. NaN without instances. Source: [workbook]
    `CIDEr`, printed times 100; pycocoevalcap's Cider, which it equals but for that case.

    Raises:
        ReferenceFormatError: No reference text, or a bare string.
        PredictionFormatError: A prediction that is neither a string nor None.

    >>> round(cider([("a man rides a horse", ("a man rides a horse",)), ("dog", ("two dogs play",))]), 6)
    500.0
    """
    return score_of(CiderAccumulator(), pairs)


METRICS: Final = (
    Metric(
        name="cider",
        unit="percent",
        higher_is_better=True,
        best=1000.0,
        definition=(
            "100 x CIDEr-D (n = 1..4, sigma 6, 10 at most), document frequencies over the task's references, "
            "CJK by character, mean over instances"
        ),
        factory=CiderAccumulator,
    ),
)
