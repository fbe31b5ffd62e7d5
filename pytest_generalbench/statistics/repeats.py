"""How much of a score's variance is from asking again with another seed, and how much from the instances.

Every instance is asked K times, and its row has the mean. The variance of these means is that of the
instances' true means plus a K-th of the variance of the answers to one instance, so that the standard error
of the rows holds both. The split is the analysis of variance with one random factor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class RepeatVariance:
    """The variance of a task's score in two parts; all but `share` in the score's unit."""

    stderr: float
    """Standard error of the score: both parts together."""
    between_instances: float
    """Standard deviation of the instances' true means, what is left of it; 0 where none is."""
    between_repeats: float
    """Standard deviation of the repeats of one instance around its mean, over all instances."""
    share: float
    """Share of `stderr` squared that is from the repeats, 0..1: more repeats take it away, more instances
    take away both parts. 0 where all scores are the same."""


def repeat_variance(values: npt.NDArray[np.float64]) -> RepeatVariance | None:
    """Return the two parts of the variance of a mean of scores; None for fewer than two units or repeats.

    Args:
        values: (units, repeats); what each unit (an instance, or a jackknife group) scored in each repeat,
            of a corpus metric its pseudo-values. Repeats of one unit are independent.

    Raises:
        ValueError: a value is not finite, or there are not two dimensions.

    Source: Searle, Casella, McCulloch, Variance Components, 1992, balanced one-way random model.

    >>> import numpy as np
    >>> both = repeat_variance(np.array([[0.0, 100.0], [100.0, 100.0], [0.0, 0.0], [100.0, 100.0]]))
    >>> round(both.stderr, 2), round(both.between_repeats, 2), round(both.share, 3)
    (23.94, 35.36, 0.273)
    """
    if values.ndim != 2 or not np.isfinite(values).all():
        raise ValueError("values must be finite, and have the shape (units, repeats)")
    units, repeats = values.shape
    if units < 2 or repeats < 2:
        return None
    within = float(values.var(axis=1, ddof=1).mean())
    means = float(values.mean(axis=1).var(ddof=1))
    between = max(0.0, means - within / repeats)
    share = min(1.0, within / repeats / means) if means > 0.0 else float(within > 0.0)
    return RepeatVariance(math.sqrt(means / units), math.sqrt(between), math.sqrt(within), share)
