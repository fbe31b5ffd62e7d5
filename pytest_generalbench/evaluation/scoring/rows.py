"""The rows of a scored task in the instance table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.result import InstanceRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.metrics.base import MetricValue

PREDICTION_LENGTH: Final = 120
"""A prediction is cut to so many characters; the whole answer is in the ledger."""


def instance_rows(
    rows: Iterable[InstanceRow], added: Sequence[str], value: MetricValue, instances: Iterable[Instance]
) -> tuple[InstanceRow, ...]:
    """Return the rows with score, group and cluster.

    Args:
        rows: One for each instance, with its state and its prediction in full.
        added: Ids of the instances that the metric was given, in this order.
        value: What the metric made of them; its scores may be absent, for a metric that gives none.
        instances: The task's instances.

    Returns:
        A row for each of `rows`, in the same order.
    """
    scores = dict(zip(added, value.scores, strict=True)) if value.scores else {}
    groups = dict(zip(added, value.groups, strict=True)) if value.groups else {}
    clusters = shared_media(instances)
    return tuple(
        InstanceRow(
            row.instance,
            row.state,
            score=None if math.isnan(score := scores.get(row.instance, math.nan)) else float(score),
            group=groups.get(row.instance),
            cluster=clusters.get(row.instance, row.instance),
            prediction=shortened(row.prediction),
        )
        for row in rows
    )


def shared_media(instances: Iterable[Instance]) -> dict[str, str]:
    """Return the cluster of each instance: the smallest id among those that share an input file."""
    parent: dict[str, str] = {}
    first_with: dict[str, str] = {}

    def root(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for instance in instances:
        parent.setdefault(instance.id, instance.id)
        for path in {str(path) for medium in instance.media for path in medium.paths}:
            one, other = sorted((root(instance.id), root(first_with.setdefault(path, instance.id))))
            parent[other] = one
    return {name: root(name) for name in parent}


def shortened(text: str) -> str:
    """Return a prediction on one line, without control characters, cut to `PREDICTION_LENGTH`."""
    line = " ".join(text[: 4 * PREDICTION_LENGTH].split())[:PREDICTION_LENGTH]
    if line.isprintable():
        return line
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in line
    )


def escape_surrogates(text: str) -> str:
    """Return `text` with half surrogate pairs escaped: a model may say them, no file can hold them."""
    return text.encode("utf-8", "backslashreplace").decode()
