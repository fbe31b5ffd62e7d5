"""Overlap of word sequences: BLEU-1, BLEU-4, ROUGE-1 and ROUGE-L."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final

import numpy as np

from pytest_generalbench.core.errors import UnknownWordError
from pytest_generalbench.metrics.accumulators import (
    CorpusAccumulator,
    mean_over_texts,
    score_of,
)
from pytest_generalbench.metrics.base import Accumulator, Metric
from pytest_generalbench.metrics.text.normalization import tokenise
from pytest_generalbench.metrics.text.porter import porter_stem
from pytest_generalbench.metrics.text.token_overlap import f1_of_counts
from pytest_generalbench.metrics.validation import text_pair, text_prediction, text_references

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from pytest_generalbench.metrics.accumulators import Counts, Scores

AGGREGATES: Final = ("sentence", "corpus")
"""Mean of the instances' BLEU, or BLEU of counts summed over the corpus."""

STEM_FROM: Final = 4
"""ROUGE-1 stems ASCII tokens of at least this many letters."""

UNREADABLE: Final = 10
"""Wrong tokens that an unreadable answer has in corpus BLEU, for each token of the closest reference."""

_TINY, _SMALL = 1e-15, 1e-9
"""Of coco-caption: the precision of an order without a match is the first by n-grams plus the second."""


def ngram_counts(tokens: Sequence[str], order: int) -> Counter[tuple[str, ...]]:
    """Count the runs of `order` tokens.

    >>> ngram_counts(["a", "b", "a", "b"], 2)[("a", "b")]
    2
    """
    return Counter(zip(*(tokens[start:] for start in range(order)), strict=False))


def bleu_counts(tokens: Sequence[str] | None, references: Sequence[Sequence[str]], order: int) -> list[int]:
    """Return what an instance adds to BLEU: 2 + 3 * order integers.

    Its length and the closest reference's (the shorter of two as close); per n the matches,
    clipped at the reference that has most of them; per n its n-grams; per n whether the
    shortest reference is n tokens long. None has the n-grams of `UNREADABLE` wrong tokens for each token of
    the shortest reference, of as many where that is empty, but no length: it must not make up for answers
    that are too short.
    """
    lengths = [len(reference) for reference in references]
    reached = [int(min(lengths) >= n) for n in range(1, order + 1)]
    if tokens is None:
        wrong = UNREADABLE * max(1, min(lengths))
        return [0, min(lengths), *[0] * order, *(max(wrong - n, 0) for n in range(order)), *reached]
    length = len(tokens)
    closest = min(lengths, key=lambda one: (abs(one - length), one))
    matches, totals = [], []
    for n in range(1, order + 1):
        limits: Counter[tuple[str, ...]] = Counter()
        for reference in references:
            limits |= ngram_counts(reference, n)
        matches.append((ngram_counts(tokens, n) & limits).total())
        totals.append(max(length - n + 1, 0))
    return [length, closest, *matches, *totals, *reached]


def corpus_bleu_of_counts(counts: Counts) -> Scores:
    """Return BLEU in 0..1 of counts summed over a corpus, shape (..., 2 + 3 * order), as coco-caption has it.

    Brevity penalty times the geometric mean of the precisions of all orders; an order without a match has
    1e-15 / (n-grams + 1e-9). 0 where no token matches; 1 where answers and references are empty altogether.
    """
    order = (counts.shape[-1] - 2) // 3
    length, wanted = counts[..., 0], counts[..., 1]
    matches, totals = (counts[..., 2 + k * order : 2 + (k + 1) * order] for k in range(2))
    shares = np.where(matches > 0, matches / np.maximum(totals, 1), _TINY / (totals + _SMALL))
    penalty = np.minimum(0.0, 1.0 - wanted / np.maximum(length, 1))
    scores = np.exp(np.log(shares).sum(axis=-1) / order + penalty)
    empty = (length == 0) & (wanted == 0) & (totals[..., 0] == 0)
    return np.where(empty, 1.0, np.where(matches[..., 0] > 0, scores, 0.0))


def bleu_of_counts(counts: Counts) -> Scores:
    """Return BLEU in 0..1 of the counts of one text, shape (..., 2 + 3 * order), see `bleu_counts`.

    Brevity penalty times the geometric mean of the precisions, unsmoothed, over the orders
    up to the effective one: the highest n for which some instance's shortest reference has
    an n-gram. That depends on the references alone, and is the full order but for very short
    references, where no answer at all could have matched.
    """
    order = (counts.shape[-1] - 2) // 3
    length, wanted = counts[..., 0], counts[..., 1]
    matches, totals, reached = (counts[..., 2 + k * order : 2 + (k + 1) * order] for k in range(3))
    # With empty references alone the effective order would be 0: unigrams still tell an answer from none.
    used = (reached > 0) | (np.arange(order) == 0)
    with np.errstate(divide="ignore"):
        logs = np.log(matches / np.maximum(totals, 1))
    mean = np.sum(np.where(used, logs, 0.0), axis=-1) / np.sum(used, axis=-1)
    penalty = np.minimum(0.0, 1.0 - wanted / np.maximum(length, 1))
    return np.where((length == 0) & (wanted == 0), 1.0, np.exp(mean + penalty))


def sentence_bleu(prediction: str, references: tuple[str, ...], order: int = 4) -> float:
    """Return BLEU up to n-grams of `order` against the best reference, in 0..1.

    BP * exp(mean of log p_n), n = 1..order, with p_n the clipped n-gram precision against
    that one reference and BP = min(1, exp(1 - |reference| / |answer|)); no smoothing, 0
    where some p_n is 0. A reference shorter than `order` tokens is compared up to its own
    length. Tokens are those of `tokenise`; two empty texts score 1. The metrics `bleu1` (by
    default) and `bleu4` (with aggregate 'sentence') are its mean over instances in percent
    (0..100, higher is better). Source: [workbook] `BLEU-1`; released code of the language
    tasks (sentence BLEU-1, best reference, mean); Papineni et al. 2002.

    Raises:
        ReferenceFormatError: No reference text, or a bare string.
        PredictionFormatError: The prediction is neither a string nor None.

    >>> sentence_bleu("the cat", ("the cat sat", "a dog"), order=1)
    0.6065306597126334
    >>> sentence_bleu("我爱北京", ("我爱北京",))
    1.0
    """
    prediction, references = text_pair(f"bleu{order}", prediction, references)
    tokens = tokenise(prediction)
    return max(
        float(bleu_of_counts(np.array(bleu_counts(tokens, [tokenise(reference)], order))))
        for reference in references
    )


def corpus_bleu(pairs: Iterable[tuple[str | None, tuple[str, ...]]], order: int = 4) -> float:
    """Return BLEU of counts summed over the corpus, in percent (0..100, higher is better).

    n-gram matches are clipped over all references of an instance, the brevity penalty
    compares the summed lengths of the answers and of the closest references, and all orders
    count: references shorter than `order` tokens leave little to any answer
    (`corpus_bleu_of_counts`). None counts as ten wrong tokens for each token of the shortest
    reference in the precisions, and as an empty text in the brevity penalty. NaN without
    instances. Source: released code (corpus BLEU-1 of the video tasks), [workbook] `BLEU@4`;
    coco-caption's Bleu, but for the tokens and letter case.

    Raises:
        ReferenceFormatError: No reference text, or a bare string.
        PredictionFormatError: A prediction that is neither a string nor None.

    >>> corpus_bleu([("a man rides a horse", ("a man rides a horse",)), ("a dog", ("the dog",))], order=1)
    85.71428571428571
    """
    return score_of(_corpus_accumulator(f"bleu{order}", order), pairs)


def _corpus_accumulator(name: str, order: int) -> CorpusAccumulator:
    def counts(prediction: Any, reference: Any) -> list[int]:
        texts = [tokenise(text) for text in text_references(name, reference)]
        tokens = None if prediction is None else tokenise(text_prediction(name, prediction))
        return bleu_counts(tokens, texts, order)

    return CorpusAccumulator(counts, corpus_bleu_of_counts)


def bleu_accumulator(name: str, order: int, *, aggregate: str) -> Accumulator:
    """Make the accumulator of `bleu1` or `bleu4`; an unknown `aggregate` is an UnknownWordError.

    >>> by_mean = bleu_accumulator("bleu1", 1, aggregate="sentence")
    >>> by_mean.add("a cat", ("a cat", "one cat"))
    >>> by_mean.result().score
    100.0
    """
    if aggregate not in AGGREGATES:
        raise UnknownWordError(f"aggregate of metric {name!r}", aggregate, AGGREGATES)
    if aggregate == "corpus":
        return _corpus_accumulator(name, order)
    return mean_over_texts(name, partial(sentence_bleu, order=order))


@lru_cache(maxsize=1 << 16)
def _stem(token: str) -> str:
    return porter_stem(token) if len(token) >= STEM_FROM and token.isascii() else token


def _rouge_tokens(text: str) -> list[str]:
    """Return the tokens of `tokenise`, cut at underscores: of ASCII texts those of rouge_score."""
    return [
        part
        for token in tokenise(text)
        for part in (token.split("_") if token.strip("_") else [token])
        if part
    ]


def rouge1(prediction: str, references: tuple[str, ...]) -> float:
    """Return ROUGE-1: F1 of stemmed tokens against the best reference, in 0..1.

    F1 = 2 |common| / (|answer| + |reference|) over multisets of the tokens of `tokenise`,
    cut at underscores, ASCII ones of more than three letters reduced by the Porter stemmer with
    NLTK's extensions (`porter_stem`). The metric `rouge1` is the mean over instances in percent
    (0..100, higher is better). Source: [workbook] `ROUGE-1`; released code (rouge_score's F,
    stemmed), whose tokeniser knows ASCII only: on ASCII texts with a letter or digit the two are equal.

    Raises:
        ReferenceFormatError: No reference text, or a bare string.
        PredictionFormatError: The prediction is neither a string nor None.

    >>> rouge1("three cats running", ("3 cat runs", "three cats run"))
    1.0
    """
    prediction, references = text_pair("rouge1", prediction, references)
    tokens = [_stem(token) for token in _rouge_tokens(prediction)]
    counts = Counter(tokens)
    best = 0.0
    for reference in references:
        wanted = Counter(_stem(token) for token in _rouge_tokens(reference))
        best = max(best, f1_of_counts((counts & wanted).total(), len(tokens), wanted.total()))
    return best


def common_subsequence(first: Sequence[str], second: Sequence[str]) -> int:
    """Return the length of the longest common subsequence of two token lists.

    A column of the table is kept as an integer, a bit per row, 0 where it rises (Hyyrö
    2004): one step of integer arithmetic per token.

    >>> common_subsequence("a b c d".split(), "b d c".split())
    2
    """
    places: dict[str, int] = {}
    for row, token in enumerate(first):
        places[token] = places.get(token, 0) | 1 << row
    every = (1 << len(first)) - 1
    level = every
    for token in second:
        match = level & places.get(token, 0)
        level = ((level + match) | (level - match)) & every
    return len(first) - level.bit_count()


def rouge_l(prediction: str, references: tuple[str, ...]) -> float:
    """Return ROUGE-L: F1 of the longest common subsequence with the best reference, in 0..1.

    F1 = 2 L / (|answer| + |reference|) with L the length of the longest common subsequence
    of the tokens of `tokenise`, cut at underscores, unstemmed and over the whole text. The metric `rougeL` is
    the mean over instances in percent (0..100, higher is better). Source: [workbook]
    `Rouge-L f`, `ROUGE-L`; standard definition (Lin 2004, beta 1).

    Raises:
        ReferenceFormatError: No reference text, or a bare string.
        PredictionFormatError: The prediction is neither a string nor None.

    >>> rouge_l("the dog bit the man", ("the man bit the dog",))
    0.6
    """
    prediction, references = text_pair("rougeL", prediction, references)
    tokens = _rouge_tokens(prediction)
    best = 0.0
    for reference in references:
        wanted = _rouge_tokens(reference)
        best = max(best, f1_of_counts(common_subsequence(tokens, wanted), len(tokens), len(wanted)))
    return best


_UNREADABLE: Final = (
    f"an unreadable answer counts as {UNREADABLE} wrong tokens for each token of its shortest reference, and "
    "as an empty text in the brevity penalty"
)
_NO_LENGTH: Final = "aggregate 'corpus': an unreadable answer is an empty text in the brevity penalty"

METRICS: Final = (
    Metric(
        name="bleu1",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "BLEU-1, unsmoothed, letter case ignored (the released scorer minds it), CJK by character; "
            "aggregate 'sentence': mean over instances against the best reference, an unreadable answer "
            "scores 0; 'corpus': counts summed over the corpus and clipped over all references, "
            f"{_UNREADABLE}"
        ),
        factory=partial(bleu_accumulator, "bleu1", 1),
        options={"aggregate": "sentence"},
        aggregation="corpus",
        version=3,
        changes={2: f"aggregate 'corpus': {_UNREADABLE}", 3: _NO_LENGTH},
    ),
    Metric(
        name="bleu4",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "BLEU-4, letter case ignored, CJK by character; aggregate 'corpus': coco-caption's, counts "
            "summed over the corpus and clipped over all references, all four orders, "
            f"{_UNREADABLE}; 'sentence': mean over "
            "instances against the best reference, up to the order that it reaches"
        ),
        factory=partial(bleu_accumulator, "bleu4", 4),
        options={"aggregate": "corpus"},
        aggregation="corpus",
        version=3,
        changes={2: f"all four orders count however short the references are; {_UNREADABLE}", 3: _NO_LENGTH},
    ),
    Metric(
        name="rouge1",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "F1 of Porter-stemmed tokens (NLTK's extensions, as in rouge_score), letter case ignored, CJK by "
            "character, best reference, mean over instances"
        ),
        factory=partial(mean_over_texts, "rouge1", rouge1),
        version=2,
        changes={2: "words are stemmed as rouge_score stems them, and cut at underscores"},
    ),
    Metric(
        name="rougeL",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "F1 of the longest common subsequence of tokens, letter case ignored, CJK by character, best "
            "reference, mean over instances"
        ),
        factory=partial(mean_over_texts, "rougeL", rouge_l),
        version=2,
        changes={2: "words are cut at underscores, as in rouge_score"},
    ),
)
