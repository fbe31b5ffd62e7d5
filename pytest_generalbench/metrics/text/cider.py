"""CIDEr-D: n-grams shared with the references, weighted by how few instances have them."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.metrics.accumulators import NOTHING, jackknife_value, mean_value, score_of
from pytest_generalbench.metrics.base import Metric, MetricValue
from pytest_generalbench.metrics.standard_errors import draw_groups, keys_of
from pytest_generalbench.metrics.text.bleu_rouge import ngram_counts
from pytest_generalbench.metrics.text.normalization import tokenise
from pytest_generalbench.metrics.validation import text_prediction, text_references

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

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


class _Corpus:
    """All texts of a task as flat arrays, so that its scores with other document frequencies cost little.

    A document of the frequencies is all references of one instance.
    """

    def __init__(self, answers: Sequence[_Text | None], references: Sequence[Sequence[_Text]]) -> None:
        self._ids: dict[tuple[str, ...], int] = {}
        self._documents: tuple[array[int], array[int]] = (array("q"), array("q"))
        """Instance and n-gram, for each n-gram that a document has."""
        self._lists: tuple[array[int], array[int], array[int]] = (array("q"), array("q"), array("q"))
        """List, n-gram and times, for each n-gram of each list; the n-grams of one n in a text are a list."""
        self._common: tuple[array[int], ...] = (array("q"), array("q"), array("q"), array("q"))
        """Pair, n-gram, times in answer and reference, for each n-gram that a pair of lists shares."""
        self._pairs: tuple[array[int], array[int], array[float]] = (array("q"), array("q"), array("d"))
        """List of the answer, list of the reference and penalty on the difference in length."""
        self._size = 0
        self._ends = [0]
        """How many pairs there are up to each instance."""
        for number, (answer, texts) in enumerate(zip(answers, references, strict=True)):
            init = {gram: None for text in texts for grams in text.grams for gram in grams}
            self._documents[0].extend([number] * len(init))
            self._documents[1].extend(map(self._id, init))
            if answer is not None:
                self._add(answer, texts)
            self._ends.append(len(self._pairs[0]))
        self._logs = np.array([0.0, *(math.log(times) for times in range(1, len(answers) + 1))])

    def _id(self, gram: tuple[str, ...]) -> int:
        return self._ids.setdefault(gram, len(self._ids))

    def _list(self, grams: Grams) -> int:
        self._size += 1
        self._lists[0].extend([self._size - 1] * len(grams))
        self._lists[1].extend(map(self._id, grams))
        self._lists[2].extend(grams.values())
        return self._size - 1

    def _add(self, answer: _Text, texts: Sequence[_Text]) -> None:
        predicted = [self._list(grams) for grams in answer.grams]
        for text in texts:
            penalty = math.exp(-((answer.length - text.length) ** 2) / (2 * SIGMA**2))
            for given, grams, wanted in zip(predicted, answer.grams, text.grams, strict=True):
                shared = [gram for gram in grams if gram in wanted]
                self._common[0].extend([len(self._pairs[0])] * len(shared))
                self._common[1].extend(map(self._id, shared))
                self._common[2].extend(grams[gram] for gram in shared)
                self._common[3].extend(wanted[gram] for gram in shared)
                for column, value in zip(self._pairs[:2], (given, self._list(wanted)), strict=True):
                    column.append(value)
                self._pairs[2].append(penalty)

    def _weights(self, kept: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the inverse document frequency of each n-gram in the documents kept."""
        numbers, grams = map(np.array, self._documents)
        result = np.bincount(grams[kept[numbers]], minlength=len(self._ids))
        weights: NDArray[np.float64] = self._logs[np.count_nonzero(kept)] - self._logs[np.maximum(result, 1)]
        # Where no n-gram tells one instance from another all weights are 0, and so would be
        # the score of perfect answers: then all n-grams weigh the same.
        return weights if weights[result > 0].any() else np.ones(len(weights))

    def scores(self, kept: NDArray[np.bool_]) -> list[float]:
        """Return CIDEr-D of each kept instance, 0..10, the documents being those of the kept instances.

        10 times the mean over references and n of the penalised cosines, the answer's weights clipped at the
        reference's; 0 without an answer.
        """
        weights = self._weights(kept)
        lists, grams, times = map(np.array, self._lists)
        norms = np.sqrt(np.bincount(lists, (times * weights[grams]) ** 2, minlength=self._size))
        pair, gram, predicted, true = map(np.array, self._common)
        wanted = true * weights[gram]
        products = np.bincount(
            pair, np.minimum(predicted * weights[gram], wanted) * wanted, minlength=len(self._pairs[0])
        )
        given, due, penalties = map(np.array, self._pairs)
        lengths = norms[given] * norms[due]
        cosines = np.divide(products, lengths, out=np.zeros(len(lengths)), where=lengths > 0)
        parts = (penalties * cosines).tolist()
        spans = [self._ends[place : place + 2] for place in np.flatnonzero(kept).tolist()]
        return [10.0 * math.fsum(parts[start:end]) / max(end - start, 1) for start, end in spans]


class CiderAccumulator:
    """Mean CIDEr-D; the weights of the n-grams are known only when all references are.

    An instance's references are in the weights of all instances: the standard error is a jackknife over
    groups of instances, whose documents are left out as well.
    """

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

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the mean over everything added so far."""
        if not self._answers:
            return NOTHING
        n, corpus = len(self._answers), _Corpus(self._answers, self._references)

        def mean(kept: NDArray[np.bool_]) -> float:
            return mean_value(corpus.scores(kept), 100.0).score

        groups = draw_groups(keys_of(instances, n))
        without = [mean(np.array(groups.of) != left) for left in range(groups.count if n > 1 else 1)]
        return jackknife_value(mean(np.ones(n, dtype=np.bool_)), groups.by_instance(without), groups.shared)


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
            "letter case ignored, CJK by character, mean over instances"
        ),
        factory=CiderAccumulator,
        aggregation="corpus",
    ),
)
