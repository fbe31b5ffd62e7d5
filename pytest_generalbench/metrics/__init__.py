"""Metrics: pure functions by domain, and a registry that finds each by its canonical name.

>>> accumulator = make("token_f1")
>>> accumulator.add("a red bird", ("red bird",))
>>> accumulator.add(None, ("two birds",))
>>> accumulator.result()
MetricValue(score=40.0, stderr=40.0, n=2)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_generalbench.errors import GeneralBenchError, UnknownWordError
from pytest_generalbench.metrics import (
    cider,
    classification,
    code,
    dense,
    human,
    judge,
    located,
    made_pictures,
    made_shapes,
    made_sounds,
    made_videos,
    ngram,
    numeric,
    overlap,
    space,
    structure,
)
from pytest_generalbench.metrics.base import Accumulator, Metric, MetricValue

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Accumulator", "Metric", "MetricValue", "get", "make", "names", "register"]

_METRICS: dict[str, Metric] = {}


def register(metric: Metric) -> None:
    """Add a metric; a name that is taken is a GeneralBenchError.

    Args:
        metric: Its name is what task files say.
    """
    if metric.name in _METRICS:
        raise GeneralBenchError(f"metric {metric.name!r} is registered already; choose another name")
    _METRICS[metric.name] = metric


def get(name: str) -> Metric:
    """Return the metric of that canonical name; an unknown name is an UnknownWordError.

    >>> get("mae").higher_is_better
    False
    """
    try:
        return _METRICS[name]
    except KeyError:
        raise UnknownWordError("metric", name, _METRICS) from None


def names() -> tuple[str, ...]:
    """Return the names of all registered metrics, sorted."""
    return tuple(sorted(_METRICS))


def make(
    name: str, options: Mapping[str, Any] | None = None, backbones: Mapping[str, Any] | None = None
) -> Accumulator:
    """Return an empty accumulator of a metric, its options over their defaults.

    `backbones` has an object for each of the metric's roles. An unknown metric or option is an
    UnknownWordError, an absent library a MissingDependencyError.
    """
    metric = get(name)
    given = dict(options or {})
    for option in given:
        if option not in metric.options:
            raise UnknownWordError(
                f"option of metric {name!r}", option, metric.options or ["(it takes none)"]
            )
    roles = {role: (backbones or {})[role] for role in metric.backbones}
    return metric.factory(**{**metric.options, **given, **roles})


for _room in (
    classification, overlap, ngram, cider, code, numeric, structure, judge, human, located, dense, space,
    made_pictures, made_videos, made_sounds, made_shapes,
):  # fmt: skip
    for _metric in _room.METRICS:
        register(_metric)
