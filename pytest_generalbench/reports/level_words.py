"""A level as it stands in a result file, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_generalbench.core.score_format import format_level
from pytest_generalbench.core.visible_text import visible_text

if TYPE_CHECKING:
    from collections.abc import Mapping


def reached_tier(tier: int | None, certified: int | None) -> str:
    """Return a tier, and what it is at least where that is less; empty without a tier.

    >>> reached_tier(4, 3), reached_tier(4, 4), reached_tier(None, None)
    ('Level-4 (at 95 % at least 3)', 'Level-4', '')
    """
    if not tier:
        return ""
    is_unsure = certified is not None and certified < tier
    return f"Level-{tier} (at 95 % at least {certified})" if is_unsure else f"Level-{tier}"


def tier_words(level: Mapping[str, Any]) -> str:
    """Return the tier, what it is at least, and why it may not stand alone.

    Args:
        level: The section `level` of a result file.

    >>> tier_words({"tier": 4, "certified_tier": 3, "qualified": "partial: 3 of 699 tasks"})
    'Level-4 (at 95 % at least 3), partial: 3 of 699 tasks'
    """
    qualifier = level.get("qualified")
    words = reached_tier(level.get("tier"), level.get("certified_tier")) or "no level"
    return f"{words}, {visible_text(str(qualifier), lines=False)}" if qualifier else words


def interval_of_level(level: Mapping[str, Any], name: str) -> tuple[float, float] | None:
    """Return the 95 % interval of S2 to S5 in points; None where it is not known.

    Args:
        level: The section `level` of a result file.
        name: `S2`, `S3`, `S4` or `S5`.
    """
    bounds = (level.get("intervals") or {}).get(name)
    return (float(bounds[0]), float(bounds[1])) if bounds else None


def score_words(score: float | None, bounds: tuple[float, float] | None) -> str:
    """Return a level's score with its 95 % interval.

    >>> score_words(12.345, (11.0, 13.5)), score_words(None, None)
    ('12.35 (11.00 to 13.50)', '-')
    """
    if score is None:
        return "-"
    interval = f" ({format_level(bounds[0])} to {format_level(bounds[1])})" if bounds else ""
    return f"{format_level(score)}{interval}"
