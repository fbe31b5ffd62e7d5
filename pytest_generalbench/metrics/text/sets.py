"""Answers that are collections: items of a list, extracted entities or relations, scene graph triplets."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.metrics.accumulators import (
    CorpusAccumulator,
    MeanAccumulator,
    score_of,
)
from pytest_generalbench.metrics.base import Metric
from pytest_generalbench.metrics.text.normalization import normalise_answer
from pytest_generalbench.metrics.validation import (
    items_prediction,
    items_reference,
    triplets_prediction,
    triplets_reference,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_generalbench.metrics.accumulators import Counts, Scores

TOP_TRIPLETS: Final = 50
"""How many predicted triplets of an image are looked at."""


def _items(texts: Iterable[str]) -> frozenset[str]:
    # A blank item (a trailing separator leaves one) is no item.
    return frozenset(normalise_answer(text) for text in texts) - {""}


def _nothing(empty_is_item: bool) -> frozenset[str]:
    """Return what stands for no items: in the released scorer an empty one, right or wrong like any other."""
    return frozenset(("",)) if empty_is_item else frozenset()


def _hits_and_misses(
    prediction: Any, reference: Any, *, name: str, empty_is_item: bool
) -> tuple[int, int, int]:
    """Return true positives, false positives and false negatives of one instance."""
    wanted = _items(items_reference(name, reference)) or _nothing(empty_is_item)
    if prediction is None:
        # As wrong as an answer of as many items: silence is no better than a guess.
        return 0, max(1, len(wanted)), len(wanted)
    given = _items(items_prediction(name, prediction)) or _nothing(empty_is_item)
    common = len(given & wanted)
    return common, len(given) - common, len(wanted) - common


def _pooled_f1(counts: Counts) -> Scores:
    """F1 = 2 TP / (2 TP + FP + FN); 1 when there was nothing to find and nothing was found."""
    hits = 2 * counts[..., 0]
    total = hits + counts[..., 1] + counts[..., 2]
    return np.where(total == 0, 1.0, hits / np.maximum(total, 1))


def _f1_accumulator(name: str, *, empty_is_item: bool) -> CorpusAccumulator:
    return CorpusAccumulator(partial(_hits_and_misses, name=name, empty_is_item=empty_is_item), _pooled_f1)


_micro_f1_accumulator: Final = partial(_f1_accumulator, "micro_f1", empty_is_item=True)
_extraction_f1_accumulator: Final = partial(_f1_accumulator, "extraction_f1", empty_is_item=False)


def micro_f1(pairs: Iterable[tuple[tuple[str, ...] | str | None, tuple[str, ...]]]) -> float:
    """Return F1 = 2 TP / (2 TP + FP + FN) of items, summed over the corpus, in percent.

    0..100, higher is better. An instance's items are a set of strings after
    `normalise_answer`: repeats and order do not count, a blank string is no item, a
    prediction that is one string is one item. No items are one empty item, as in the released
    scorer: right (TP) where none are wanted, else wrong (FP), and to be found (FN) where others
    are said. A prediction of None counts as as many wrong items as are wanted, at least one, and
    every wanted item FN. With one label per instance the score equals accuracy. NaN without
    instances. Source: [workbook] `Micro-F1`; released code.

    Raises:
        ReferenceFormatError: A reference that is no collection of strings.
        PredictionFormatError: A prediction that is neither strings nor None.

    >>> micro_f1([(("joy", "fear"), ("Fear", "anger")), ("joy", ("joy",))])
    66.66666666666666
    >>> micro_f1([("joy", ("joy",)), (None, ("fear",)), ((), ())])
    66.66666666666666
    """
    return score_of(_micro_f1_accumulator(), pairs)


def extraction_f1(pairs: Iterable[tuple[tuple[str, ...] | str | None, tuple[str, ...]]]) -> float:
    """Return F1 = 2 TP / (2 TP + FP + FN) of extracted entities, relations or events, in percent.

    0..100, higher is better. Items as in `micro_f1`, but an instance where nothing is to
    be found and nothing was found contributes nothing; when that is so for the whole
    corpus the score is 100. None is as many wrong items as are wanted, at least one (FP), and
    every wanted item FN. NaN without instances. Source: [workbook] `F1 Score` of entity and
    relation extraction; standard micro F1 of Twitter-2017 and MNRE.

    Raises:
        ReferenceFormatError: A reference that is no collection of strings.
        PredictionFormatError: A prediction that is neither strings nor None.

    >>> extraction_f1([(("LeBron [PER]",), ("LeBron [PER]", "Miami [LOC]")), ((), ())])
    66.66666666666666
    """
    return score_of(_extraction_f1_accumulator(), pairs)


def _triplets(given: Iterable[tuple[str, str, str]]) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(normalise_answer(part) for part in triplet) for triplet in given)


def triplet_recall50(
    prediction: tuple[tuple[str, str, str], ...], reference: tuple[tuple[str, str, str], ...]
) -> float:
    """Return the share of the image's distinct reference triplets among the first 50 predicted ones.

    The metric is the mean over images in percent (0..100, higher is better). A triplet is
    (subject, predicate, object), labels only: boxes are not asked for, so two objects of
    one label are the same. The prediction is in order of confidence, and a repeated
    triplet uses up its place. Where the reference is empty, only an empty prediction is
    right. Source: [workbook] `R@50`; standard definition, without its box matching.

    Raises:
        ReferenceFormatError: A reference that is no collection of triplets.
        PredictionFormatError: A prediction that is neither triplets nor None.

    >>> triplet_recall50((("man", "Riding", "horse"),), (("man", "riding", "horse"), ("man", "has", "hat")))
    0.5
    """
    prediction = triplets_prediction("triplet_recall50", prediction)
    wanted = _triplets(triplets_reference("triplet_recall50", reference))
    result = _triplets(prediction[:TOP_TRIPLETS])
    return len(wanted & result) / len(wanted) if wanted else float(not prediction)


_UNREADABLE: Final = "an unreadable answer counts as as many wrong items as are wanted, at least one"

METRICS: Final = (
    Metric(
        name="micro_f1",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "F1 of the sets of items, TP, FP and FN summed over the corpus; no items are one empty item, "
            "right where nothing is wanted and else wrong, as in the released scorer; "
            f"{_UNREADABLE}"
        ),
        factory=_micro_f1_accumulator,
        aggregation="corpus",
        ratio_with={},
        version=2,
        changes={2: f"an empty answer where items are wanted is one wrong item; {_UNREADABLE}"},
    ),
    Metric(
        name="extraction_f1",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "F1 of extracted items, TP, FP and FN summed over the corpus; an instance with nothing to find "
            f"and nothing found does not count; {_UNREADABLE}"
        ),
        factory=_extraction_f1_accumulator,
        aggregation="corpus",
        ratio_with={},
        version=2,
        changes={2: _UNREADABLE},
    ),
    Metric(
        name="triplet_recall50",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "share of an image's distinct reference triplets (labels only, no boxes) among the first 50 "
            "predicted, mean over images"
        ),
        factory=partial(MeanAccumulator, triplet_recall50, partial(triplets_reference, "triplet_recall50")),
    ),
)
