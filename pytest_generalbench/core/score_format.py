"""How a score is shown, wherever one is shown."""

from __future__ import annotations


def format_score(value: float | None) -> str:
    """Show a score with one decimal, a small one with three significant digits, none as `-`.

    >>> format_score(83.5217), format_score(0.012345), format_score(0.0), format_score(None)
    ('83.5', '0.0123', '0.0', '-')
    """
    if value is None:
        return "-"
    return f"{value:.1f}" if value == 0 or abs(value) >= 1 else f"{value:.3g}"
