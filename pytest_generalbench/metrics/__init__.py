"""Metrics: pure functions by domain, and a registry that finds each by its canonical name.

>>> accumulator = make("token_f1")
>>> accumulator.add("a red bird", ("red bird",))
>>> accumulator.add(None, ("two birds",))
>>> accumulator.result()
MetricValue(score=40.0, stderr=40.0, n=2)
"""

from __future__ import annotations

from pytest_generalbench.metrics.base import Accumulator, Metric, MetricValue
from pytest_generalbench.metrics.registry import get, is_built_in, make, names, register

__all__ = ["Accumulator", "Metric", "MetricValue", "get", "is_built_in", "make", "names", "register"]
