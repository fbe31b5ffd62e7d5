"""A column with scores in the table of pytest-html."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.score_format import format_score
from pytest_generalbench.core.visible_text import visible_text

if TYPE_CHECKING:
    from collections.abc import MutableSequence

_PLACE = 2
"""Behind result and name."""


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_table_header(cells: MutableSequence[str]) -> None:
    """Add the head of the column."""
    cells.insert(_PLACE, "<th>Score</th>")


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_table_row(report: pytest.TestReport, cells: MutableSequence[str]) -> None:
    """Add the score of a row's task, empty for other tests."""
    cells.insert(_PLACE, f"<td>{html.escape(_score(report))}</td>")


def _score(report: pytest.TestReport) -> str:
    values = {name: str(value) for name, value in report.user_properties}
    if "state" not in values or "metric" not in values:
        return ""
    if "score" not in values:
        return values["state"]
    parts = [format_score(float(values["score"]))]
    if "stderr" in values:
        parts.append(f"± {format_score(float(values['stderr']))}")
    parts.append(values["metric"])
    if "sota" in values:
        parts.append(f"(SoTA {format_score(float(values['sota']))})")
    return visible_text(" ".join(parts), lines=False)
