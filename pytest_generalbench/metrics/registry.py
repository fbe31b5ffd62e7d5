"""Finds each metric by its canonical name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import UnknownWordError
from pytest_generalbench.core.registry import Registry, by_name
from pytest_generalbench.metrics import audio, dense, detection, image, scene3d, video
from pytest_generalbench.metrics.audio import opinion_scores
from pytest_generalbench.metrics.text import (
    bleu_rouge,
    cider,
    classification,
    codebleu,
    judge,
    regression,
    sets,
    token_overlap,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_generalbench.metrics.base import Accumulator, Metric

REGISTRY: Registry[Metric] = Registry(
    "metric",
    by_name(
        metric
        for module in (
            classification, token_overlap, bleu_rouge, cider, codebleu, regression, sets, judge,
            opinion_scores, detection, dense, scene3d, image, video, audio,
        )
        for metric in module.METRICS
    ),
)  # fmt: skip
"""Every metric; those of hooks are removed when their session ends."""

BUILT_IN: Final = frozenset(REGISTRY.names())
"""The metrics of this package."""


def register(metric: Metric) -> None:
    """Add a metric; its name is what task files say.

    Raises:
        GeneralBenchError: the name is taken.
    """
    REGISTRY.add(metric.name, metric)


def get(name: str) -> Metric:
    """Return the metric of that canonical name; an unknown name is an UnknownWordError.

    >>> get("mae").higher_is_better
    False
    """
    return REGISTRY.get(name)


def names() -> tuple[str, ...]:
    """Return the names of all registered metrics, sorted."""
    return REGISTRY.names()


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
