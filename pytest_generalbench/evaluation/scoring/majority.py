"""What the most frequent right answer of a task scores when it is given always."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench import metrics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEAST_SHARE: Final = 0.2
"""Share of the instances that the most frequent right answer has at least; a rarer one scores little."""


def majority_score(
    metric: str, options: Mapping[str, Any], references: Sequence[Any], added: Sequence[str]
) -> float | None:
    """Return the score of always giving the most frequent right answer, in the metric's unit.

    Args:
        metric: The task's metric.
        options: Its options.
        references: Of the instances that are scored, in the metric's type.
        added: Their ids.

    Returns:
        None where that is not to be said: references that are no texts, no text that a fifth of them share, a
        metric that is no mean over instances, that needs networks, or whose lower scores are the better ones.

    >>> majority_score("accuracy", {}, [("A",), ("A",), ("B",), "A"], ["1", "2", "3", "4"])
    75.0
    >>> majority_score("accuracy", {}, [("A",), ("B",), ("C",), ("D",), ("E",), ("F",)], list("123456"))
    """
    known = metrics.get(metric)
    if known.aggregation != "mean" or known.backbones or not known.higher_is_better or not references:
        return None
    texts = [
        reference[0] if isinstance(reference, tuple) and reference else reference for reference in references
    ]
    if not all(isinstance(text, str) for text in texts):
        return None
    counts = Counter(texts)
    answer = min(counts, key=lambda text: (-counts[text], text))
    if counts[answer] < LEAST_SHARE * len(texts):
        return None
    accumulator = metrics.make(metric, options)
    for reference in references:
        accumulator.add(answer, reference)
    score = accumulator.result(added).score
    return float(score) if math.isfinite(score) else None
