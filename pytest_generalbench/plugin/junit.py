"""Scores and levels in pytest's own report fields: properties of items and of the JUnit suite."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.visible_text import visible_json, visible_text
from pytest_generalbench.plugin.context import PROPERTY

if TYPE_CHECKING:
    import pytest

    from pytest_generalbench.core.result import TaskResult
    from pytest_generalbench.suite.level import LevelResult

_OF_CASE: Final = ("state", "score", "stderr", "unit", "n", "metric")


def show_result(report: pytest.TestReport, result: TaskResult, sota: float | None) -> None:
    """Write a task's result into the user properties of its report, where all report plugins find it.

    The digest, a mapping, becomes one JSON text; beside it stand state, score, stderr, unit, n, metric and
    sota, as far as there are such, numbers in full.
    """
    values: dict[str, Any] = {name: getattr(result, name) for name in _OF_CASE}
    values["sota"] = sota
    plain = [
        (name, visible_text(str(value), lines=False)) for name, value in values.items() if value is not None
    ]
    others = [item for item in report.user_properties if item[0] != PROPERTY]
    digest = visible_json(json.dumps(dict(report.user_properties)[PROPERTY], ensure_ascii=False))
    report.user_properties = [*others, *plain, (PROPERTY, digest)]


def add_level(config: pytest.Config, level: LevelResult) -> None:
    """Write levels and tier into the properties of the JUnit file's suite, where one is written."""
    from _pytest.junitxml import xml_key

    file = config.stash.get(xml_key, None)
    if file is None:
        return
    names = ("tier", "S2", "S3", "S4", "S5", "scoring", "sota", "board", "qualified")
    for name in names:
        value = getattr(level, name)
        if value is not None:
            shown = visible_text(value, lines=False) if isinstance(value, str) else value
            file.add_global_property(f"generalbench_{name}", shown)
    file.pytest_sessionfinish()  # it was written before the levels were known: the workers end after it
