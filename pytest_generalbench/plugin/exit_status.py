"""The exit status of a session, from its results and what the user tolerates or requires."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.requirements import unmet

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from pytest_generalbench.core.result import TaskResult
    from pytest_generalbench.core.settings import Settings


def exit_status(
    status: int,
    settings: Settings,
    results: Collection[TaskResult],
    *,
    has_lost: bool,
    has_broken: bool,
) -> tuple[int, list[str]]:
    """Return the exit status and lines that explain it.

    Args:
        status: As pytest has it: 1 where an item failed.
        settings: `max_errors` says which failures are tolerated, `require` what the run must have.
        results: Of all tasks of the run.
        has_lost: Whether a selected task never reported.
        has_broken: Whether an item failed for another reason than instances without an answer.
    """
    notes: list[str] = []
    if status == pytest.ExitCode.OK and has_lost:
        status = pytest.ExitCode.TESTS_FAILED
    elif status == pytest.ExitCode.TESTS_FAILED and not (has_lost or has_broken):
        status = _tolerated(settings, results, notes)
    lines = unmet(settings.require, results) if settings.require else []
    notes += [f"--generalbench-require not met: {line}" for line in lines]
    if lines and status == pytest.ExitCode.OK:
        status = pytest.ExitCode.TESTS_FAILED
    return status, notes


def _tolerated(settings: Settings, results: Collection[TaskResult], notes: list[str]) -> int:
    """Return 0 where all failures are tolerated by --generalbench-max-errors."""
    from pytest_generalbench.runs.finalize import open_instances, within

    allowed = settings.max_errors
    missed, total = open_instances(results)
    if allowed is None or not missed:
        return pytest.ExitCode.TESTS_FAILED
    is_within = within(allowed, missed, total)
    words = "within" if is_within else "more than"
    notes.append(
        f"{missed} of {total} instances without an answer: {words} --generalbench-max-errors={allowed}"
    )
    return pytest.ExitCode.OK if is_within else pytest.ExitCode.TESTS_FAILED


def gated(status: int, settings: Settings, baseline: Path, run: Path) -> tuple[int, list[str]]:
    """Return the exit status after the comparison with the baseline, and lines that explain it.

    Args:
        status: Of the session without the comparison.
        settings: `gate` makes a regression, or a run that cannot be compared, a failure.
        baseline: The folder of the run to compare with.
        run: The folder of this run, written.
    """
    from pytest_generalbench.reports.comparison_tables import whole_lines
    from pytest_generalbench.reports.run_comparison import compare_runs

    try:
        compared = compare_runs(baseline, run)
        result = compared.gate(settings.non_inferior)
    except GeneralBenchError as error:
        lines, has_passed = [f"gate: CANNOT BE COMPARED: {error}"], False
    else:
        lines, has_passed = [*result.lines, *whole_lines(compared)], result.verdict == "passed"
    command = ["generalbench", "compare", str(settings.baseline), str(run)]
    lines.append(f"all differences: {shlex.join(command)}")
    if settings.gate and not has_passed and status == pytest.ExitCode.OK:
        status = pytest.ExitCode.TESTS_FAILED
    return status, lines
