"""Hooks that a repository's root conftest.py, or another plugin, may implement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.metrics.base import Metric
    from pytest_generalbench.models import ModelKind
    from pytest_generalbench.protocols.base import Protocol
    from pytest_generalbench.reports.run_data import Run


@pytest.hookspec
def pytest_generalbench_tasks(config: pytest.Config) -> Iterable[Task] | Path | None:
    """Add tasks: return Task objects, or a folder of task files in the shipped YAML form.

    Example::

        def pytest_generalbench_tasks(config):
            return config.rootpath / "our_tasks"
    """


@pytest.hookspec
def pytest_generalbench_metrics(config: pytest.Config) -> Iterable[Metric] | None:
    """Add metrics that task files may then name.

    Example::

        def pytest_generalbench_metrics(config):
            return [Metric("length_ratio", "percent", True, 100.0, "…", LengthRatio)]
    """


@pytest.hookspec
def pytest_generalbench_protocols(config: pytest.Config) -> Iterable[Protocol] | None:
    """Add protocols that task files may then name.

    Example::

        def pytest_generalbench_protocols(config):
            return [OurDialogueProtocol()]
    """


@pytest.hookspec
def pytest_generalbench_models(config: pytest.Config) -> Mapping[str, ModelKind] | None:
    """Add kinds of model specification, by the word before the colon.

    Example::

        def pytest_generalbench_models(config):
            return {"ours": ModelKind(make=lambda target, settings, folder: OurModel(target))}
    """


@pytest.hookspec
def pytest_generalbench_reports(config: pytest.Config, run: Run) -> None:
    """Make a report of the run; called once, when the session's result is written.

    What a report raises is printed with the summary and changes neither result nor exit status.

    Example::

        def pytest_generalbench_reports(config, run):
            run.to_pandas("tasks").to_csv(run.folder / "ours.csv")
    """
