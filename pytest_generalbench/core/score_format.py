"""How a score is shown, wherever one is shown."""

from __future__ import annotations


def format_level(value: float) -> str:
    """Show S2..S5 with two decimals, as the paper does.

    >>> format_level(12.3456)
    '12.35'
    """
    return f"{value:.2f}"


def format_share(share: float) -> str:
    """Show a share of 0..1 in percent.

    >>> format_share(0.0833), format_share(1.0)
    ('8.3 %', '100.0 %')
    """
    return f"{100 * share:.1f} %"


def format_bounds(low: float | None, high: float | None, spec: str, lacking: str = "-") -> str:
    """Show an interval with a format of Python for both bounds; `lacking` where it is not known.

    >>> format_bounds(-0.5, 1.25, "+.2f"), format_bounds(None, 1.0, ".4g")
    ('-0.50 to +1.25', '-')
    """
    return lacking if low is None or high is None else f"{low:{spec}} to {high:{spec}}"


def format_score(value: float | None) -> str:
    """Show a score with one decimal, a small one with three significant digits, none as `-`.

    >>> format_score(83.5217), format_score(0.012345), format_score(0.0), format_score(None)
    ('83.5', '0.0123', '0.0', '-')
    """
    if value is None:
        return "-"
    return f"{value:.1f}" if value == 0 or abs(value) >= 1 else f"{value:.3g}"
