"""One text against accepted texts: exact match, token F1 and ANLS."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Final

from pytest_generalbench.metrics.accumulators import mean_over_texts
from pytest_generalbench.metrics.base import Metric
from pytest_generalbench.metrics.text.normalization import normalise_words, tokenise
from pytest_generalbench.metrics.validation import text_pair

ANLS_THRESHOLD: Final = 0.5
"""A similarity below it scores 0."""


def exact_match(prediction: str, references: tuple[str, ...]) -> float:
    """Return 1.0 when the answer equals an accepted one after `normalise_words`, else 0.0.

    The metric `exact_match` is the mean over instances in percent (0..100, higher is
    better). Letter case, punctuation and English articles do not count, as in the SQuAD
    script; Chinese answers, answers of punctuation alone, and signs and decimal points of
    numbers stay whole. Source: [workbook] `EM@1`; standard definition of SQuAD.

    Raises:
        ReferenceFormatError: No accepted answer, or a bare string.
        PredictionFormatError: The prediction is neither a string nor None.

    >>> exact_match("the Chair.", ("chair",)), exact_match("北京", ("上海",)), exact_match("3.5", ("35",))
    (1.0, 0.0, 0.0)
    """
    prediction, references = text_pair("exact_match", prediction, references)
    answer = normalise_words(prediction)
    return float(any(answer == normalise_words(reference) for reference in references))


def f1_of_counts(common: int, given: int, wanted: int) -> float:
    """Return F1 of `common` of `given` and `wanted` tokens; 1.0 when neither side has any.

    >>> f1_of_counts(2, 2, 4), f1_of_counts(0, 0, 0)
    (0.6666666666666666, 1.0)
    """
    return 2 * common / (given + wanted) if given + wanted else 1.0


def token_f1(prediction: str, references: tuple[str, ...]) -> float:
    """Return F1 of the answer's tokens and a reference's, for the best reference, in 0..1.

    F1 = 2 |common| / (|prediction| + |reference|), where tokens count as often as they
    occur (multiset overlap), so an exact match is 1 with repeated words too. Tokens are
    those of `tokenise`. The metric `token_f1` is the mean over instances in percent
    (0..100, higher is better). Source: [workbook] `F1`; standard definition. The released
    code overlaps sets and splits on blanks.

    Raises:
        ReferenceFormatError: No accepted answer, or a bare string.
        PredictionFormatError: The prediction is neither a string nor None.

    >>> token_f1("the cat sat on the mat", ("The cat sat on the mat.",))
    1.0
    >>> token_f1("我爱北京", ("我爱上海", "上海"))
    0.5
    """
    prediction, references = text_pair("token_f1", prediction, references)
    tokens = tokenise(prediction)
    counts = Counter(tokens)
    best = 0.0
    for reference in references:
        wanted = Counter(tokenise(reference))
        best = max(best, f1_of_counts((counts & wanted).total(), len(tokens), wanted.total()))
    return best


def edit_distance(first: str, second: str) -> int:
    """Return the Levenshtein distance: insertions, deletions and substitutions of characters.

    A column of the distance table is kept as two integers, a bit per row, that tell where
    it rises and falls (Myers 1999, Hyyrö 2003): one step of integer arithmetic per character.

    >>> edit_distance("kitten", "sitting"), edit_distance("", "abc")
    (3, 3)
    """
    if len(first) > len(second):
        first, second = second, first
    if not first:
        return len(second)
    places: dict[str, int] = {}
    for row, char in enumerate(first):
        places[char] = places.get(char, 0) | 1 << row
    every, last = (1 << len(first)) - 1, 1 << (len(first) - 1)
    rises, falls, distance = every, 0, len(first)
    for char in second:
        match = places.get(char, 0)
        level = (((match & rises) + rises) ^ rises) | match | falls
        grows, shrinks = falls | (every & ~(level | rises)), rises & level
        distance += bool(grows & last) - bool(shrinks & last)
        grows, shrinks = (grows << 1 | 1) & every, (shrinks << 1) & every
        rises, falls = shrinks | (every & ~(level | grows)), grows & level
    return distance


def anls(prediction: str, references: tuple[str, ...]) -> float:
    """Return the normalised Levenshtein similarity to the best reference, 0 where it is below one half.

    With d the edit distance in lower case, runs of blanks as one, divided by the longer text's
    length, the score is 1 - d where that is 0.5 or more and else 0; two empty texts score 1. The
    lengths are those of the texts as they were given, blanks included.
    The metric `anls` is the mean over instances in percent (0..100, higher is better).
    Source: [workbook] `ANLS`; the evaluation script of DocVQA (Biten et al. 2019).

    Raises:
        ReferenceFormatError: No accepted answer, or a bare string.
        PredictionFormatError: The prediction is neither a string nor None.

    >>> anls("Invoice 12", ("invoice 13", "bill")), anls("ab", ("ac",)), anls("abc", ("a",))
    (0.9, 0.5, 0.0)
    """
    prediction, references = text_pair("anls", prediction, references)
    return max(_similarity(prediction, reference) for reference in references)


def _similarity(prediction: str, reference: str) -> float:
    answer, wanted = (" ".join(text.lower().split()) for text in (prediction, reference))
    if answer == wanted:
        return 1.0
    length = max(len(prediction.upper()), len(reference.upper()))
    if abs(len(answer) - len(wanted)) > (1 - ANLS_THRESHOLD) * length:
        return 0.0
    similarity = 1.0 - edit_distance(answer, wanted) / length
    return similarity if similarity >= ANLS_THRESHOLD else 0.0


METRICS: Final = (
    Metric(
        name="exact_match",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "share of answers equal to an accepted one without letter case, punctuation and English "
            "articles; signs and decimal points of numbers stay"
        ),
        factory=partial(mean_over_texts, "exact_match", exact_match),
        version=2,
        changes={2: "invisible signs do not count, and digits of any script are those of ASCII"},
    ),
    Metric(
        name="token_f1",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "F1 of tokens (multiset overlap, letter case ignored, CJK by character), best reference, mean "
            "over instances"
        ),
        factory=partial(mean_over_texts, "token_f1", token_f1),
    ),
    Metric(
        name="anls",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "1 - edit distance / longer length, 0 where that is below 0.5 (DocVQA's script), letter case "
            "ignored, runs of blanks as one, best reference, mean over instances"
        ),
        factory=partial(mean_over_texts, "anls", anls),
        version=2,
        changes={2: "a similarity of exactly one half counts, and runs of blanks count as one"},
    ),
)
