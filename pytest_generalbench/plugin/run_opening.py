"""Creation and continuation of the run folder at the start of a session."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_generalbench.core.errors import GeneralBenchError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pytest

    from pytest_generalbench.core.settings import Settings
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.plugin.context import Benchmark
    from pytest_generalbench.runs.folder import RunFolder
    from pytest_generalbench.runs.ledger.index import Ledgers
    from pytest_generalbench.suite.data import DataSource


def repeats_failed(config: pytest.Config) -> bool:
    """Return whether the session repeats what failed (`--lf`)."""
    return bool(getattr(config.option, "lf", False))


def with_last_run(settings: Settings, folder: Path) -> Settings:
    """Return the settings of a session with `--lf`: it goes on with the run whose items failed.

    Args:
        settings: As they were given.
        folder: Where pytest was started.
    """
    from pytest_generalbench.runs.listing import last_to_repeat

    run = last_to_repeat(settings, folder)
    if run is None or settings.resume:
        return settings
    return replace(settings, resume=True, retry_errors=True, run=str(run))


def open_run(
    benchmark: Benchmark, config: pytest.Config, tasks: Mapping[str, Task], data: DataSource
) -> tuple[RunFolder, Ledgers | None]:
    """Create the run folder, or continue the run that the settings name.

    Args:
        benchmark: What the session runs.
        config: Pytest's configuration.
        tasks: Every task, by id.
        data: Where the instances come from.

    Returns:
        The folder, and what earlier sessions kept in it; None for a new run.

    Raises:
        GeneralBenchError: it cannot be made, or cannot be continued like this; nothing is changed then.
    """
    from pytest_generalbench.runs.folder import continue_run, create_run
    from pytest_generalbench.runs.ledger.index import read_ledgers
    from pytest_generalbench.runs.provenance import git_state, without_secrets
    from pytest_generalbench.runs.resume import check_basis
    from pytest_generalbench.runs.run_manifest import SessionEntry

    settings, folder = benchmark.settings, benchmark.folder
    command = without_secrets(["pytest", *map(str, config.invocation_params.args)])
    workers = getattr(config.option, "numprocesses", None) or 0
    session = SessionEntry.begin(command, git_state(folder), socket.gethostname(), workers)
    if settings.retry_errors and not settings.resume:
        raise GeneralBenchError("--generalbench-retry-errors needs --generalbench-resume")
    if not settings.resume:
        return create_run(settings, folder, session), None
    run = continue_run(settings, folder, session)
    try:
        earlier = read_ledgers(run.path)
        check_basis(earlier, tasks, data, settings.reading)
    except GeneralBenchError:
        run.give_back()
        raise
    return run, earlier
