"""Shared objects of the plugin: the benchmark of a session, and the keys of messages between processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest

from pytest_generalbench.core.visible_text import visible_text

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_generalbench.core.errors import GeneralBenchError
    from pytest_generalbench.core.settings import Settings
    from pytest_generalbench.core.task import Task

PROPERTY: Final = "generalbench"
"""Name of the user property that carries a task's digest to the controller."""

PART_PROPERTY: Final = "generalbench_part"
"""Name of the user property that says how many instances a part answered."""

REFUSED_PROPERTY: Final = "generalbench_refused"
"""Name of the user property that says why the run cannot be continued."""

RUN_INPUT: Final = "generalbench_run"
"""Key under which a worker is told the run folder."""

SESSION_INPUT: Final = "generalbench_session"
"""Key under which a worker is told the number of the session."""

WORK_INPUT: Final = "generalbench_work"
"""Key under which a worker is told what tasks take; without it none is divided."""

MODEL_OUTPUT: Final = "generalbench_model"
"""Key under which a worker says which model it used."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """The benchmark as one session runs it."""

    settings: Settings
    module: Path
    """File of the shipped test module."""
    shipped: tuple[Task, ...]
    """General-Bench itself: the denominators of the levels."""
    registered: tuple[Task, ...]
    """Every task there is, those of hooks included."""
    tasks: tuple[Task, ...]
    """The chosen board's tasks: what is collected."""
    folder: Path
    """Where pytest was started; relative paths of options are meant from here."""
    is_selective: bool = False
    """Whether the command line itself says which tasks (`-k`, `-m`, paths, `--lf`)."""


def usage_error(error: GeneralBenchError) -> pytest.UsageError:
    """Return the user's mistake as pytest shows one, in a line."""
    return pytest.UsageError(visible_text(str(error), lines=False))


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is a worker of pytest-xdist."""
    return hasattr(config, "workerinput")
