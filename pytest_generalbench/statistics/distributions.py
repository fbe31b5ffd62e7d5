"""Tails and quantiles of the normal, Student and binomial distributions, with the standard library alone."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final

_NORMAL: Final = NormalDist()
_TINY: Final = 1e-300
_STEPS: Final = 500
"""Terms of the continued fraction at most; it converges in well under 200."""


def normal_sf(z: float) -> float:
    """Return P(Z > z) of the standard normal distribution, exact far out in the tail.

    >>> round(normal_sf(1.959963984540054), 6)
    0.025
    """
    return 0.5 * math.erfc(z / math.sqrt(2.0))


def normal_quantile(p: float) -> float:
    """Return z with P(Z <= z) = p. Raises ValueError unless 0 < p < 1.

    >>> round(normal_quantile(0.975), 6)
    1.959964
    """
    if not 0.0 < p < 1.0:
        raise ValueError(f"a probability between 0 and 1 is due, not {p}")
    return _NORMAL.inv_cdf(p)


def student_sf(t: float, degrees: float) -> float:
    """Return P(T > t) of Student's distribution with so many degrees of freedom; they may be fractions.

    NaN where `t` is NaN. Raises ValueError for degrees that are not above 0.

    >>> round(student_sf(2.228138852, 10), 6)
    0.025
    """
    if not degrees > 0:
        raise ValueError(f"degrees of freedom above 0 are due, not {degrees}")
    if math.isnan(t):
        return math.nan
    if math.isinf(degrees):
        return normal_sf(t)
    if math.isinf(t):
        return 0.0 if t > 0 else 1.0
    square = t * t
    if square < 1.0:  # near 0 the complement is the exact one
        tail = 0.5 - 0.5 * incomplete_beta(0.5, degrees / 2.0, square / (degrees + square))
    else:
        tail = 0.5 * incomplete_beta(degrees / 2.0, 0.5, degrees / (degrees + square))
    return tail if t >= 0 else 1.0 - tail


def student_quantile(p: float, degrees: float) -> float:
    """Return t with P(T <= t) = p. Raises ValueError unless 0 < p < 1 and the degrees are above 0.

    >>> round(student_quantile(0.975, 10), 6)
    2.228139
    """
    if not 0.0 < p < 1.0:
        raise ValueError(f"a probability between 0 and 1 is due, not {p}")
    if p < 0.5:
        return -student_quantile(1.0 - p, degrees)
    tail = 1.0 - p
    low, high = 0.0, 1.0
    while student_sf(high, degrees) > tail:
        low, high = high, 2.0 * high
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if student_sf(middle, degrees) > tail else (low, middle)
    return 0.5 * (low + high)


def incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b), 0 <= x <= 1, a and b above 0.

    By Lentz's continued fraction (DLMF 8.17.22), on the side of the mean where it converges fast.

    >>> round(incomplete_beta(2.0, 3.0, 0.5), 6)
    0.6875
    """
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - incomplete_beta(b, a, 1.0 - x)
    front = math.exp(
        a * math.log(x) + b * math.log1p(-x) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    )
    return front * _beta_fraction(a, b, x) / a


def _beta_fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1.0)
    d = 1.0 / (d if abs(d) > _TINY else _TINY)
    value = d
    for m in range(1, _STEPS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 + term * d
            d = 1.0 / (d if abs(d) > _TINY else _TINY)
            c = 1.0 + term / c
            c = c if abs(c) > _TINY else _TINY
            value *= d * c
        if abs(d * c - 1.0) < 1e-15:
            break
    return value


def mcnemar(first_only: int, second_only: int) -> float:
    """Return the exact two-sided p value of McNemar's test; 1 without a discordant pair.

    Args:
        first_only: Pairs that only the first run has right.
        second_only: Pairs that only the second run has right.

    >>> mcnemar(0, 0), round(mcnemar(1, 6), 6)
    (1.0, 0.125)
    """
    n, k = first_only + second_only, min(first_only, second_only)
    if n == 0 or 2 * k == n:
        return 1.0
    # P(X <= k) of a binomial with p = 1/2 is I_{1/2}(n - k, k + 1).
    return min(1.0, 2.0 * incomplete_beta(n - k, k + 1.0, 0.5))
