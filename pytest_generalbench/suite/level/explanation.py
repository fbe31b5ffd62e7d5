"""How the figures of a General-Level come about, in lines for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pytest_generalbench.suite.level.result import LevelResult

_PAPER: Final = (
    "points: a task's score mapped to 0..100; percent as it is, other units by the maps of the paper",
    "reached, a win: the score is as good as the specialist's in the metric's direction; a tie counts",
    "S2 of a modality: half the sum of the mean points of its comprehension and of its generation tasks",
    "S3 of a modality: (S_C + S_G) / 2; S_C and S_G are the same means, where a task that is no win counts 0",
    "S4 of a modality: 2 S_C S_G / (S_C + S_G); 0 where one of the two is 0",
    "overall S2, S3, S4: the mean of the board's modalities, of board A all four, 0 for one without a score",
    "S_L: the mean points of the language tasks that are wins; S5: S4 · S_L / 100",
    "tier: the highest level whose score is above 0",
    "every task of the board is in its mean, one without a score as 0",
)
_RELEASED: Final = (
    "released scoring repeats the authors' tool, its faults included: a task without a score may count as a "
    "win, the maps go by the metric's spelling, and WER may be below 0",
)
_INTERVALS: Final = (
    "S2, interval: normal, S2 ± 1.96 √Σ w² SE², from the tasks' standard errors in points (delta method)",
    "S3 to S5, estimate and interval: non-parametric empirical Bayes over the gaps of all tasks to their "
    "specialists, 4,000 draws with a fixed seed",
    "at 95 % at least: the tier of the wins that are significant over all tasks of the board (Holm, 5 %)",
    "hangs on: each of these wins alone, when it is lost, lowers the tier",
    "within 1.96 standard errors: another sample of instances may decide otherwise whether these are wins",
)
_MORE: Final = "docs/statistics.md says more, and when to believe what"


def explain_level(level: LevelResult) -> list[str]:
    """Return how every figure of a scoring comes about, a line each.

    Args:
        level: The scores; lines about intervals come where it has any.

    >>> from pytest_generalbench.suite.level import level
    >>> explain_level(level({"nlp/causal-reasoning": 40.0}))[-2]
    'every task of the board is in its mean, one without a score as 0'
    """
    lines = list(_PAPER if level.scoring == "paper" else _RELEASED)
    if level.intervals or level.certified_tier is not None:
        lines += _INTERVALS
    return [*lines, _MORE]
