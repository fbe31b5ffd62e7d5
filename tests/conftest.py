"""Fixtures of the whole suite."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np  # noqa: F401 - numpy cannot be loaded twice, and in-process runs forget what they imported
import pytest
from hypothesis import HealthCheck, settings

from pytest_generalbench import metrics, protocols
from pytest_generalbench.core.outputs import import_forms

if TYPE_CHECKING:
    from pathlib import Path

# In-process runs forget what they imported, and classes that are imported twice are no longer the same.
import_forms()
for registry in (metrics, protocols):
    for name in registry.names():
        registry.get(name)

LEAN = "-p no:hypothesispytest -p no:anyio"
"""Keeps plugins out of the sessions of tests that none needs; they load more slowly than pytest itself."""

# How long an example takes says more about the machine than about the code.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Let a worker that is done take over from one that is not: some tests take a minute."""
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log)


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return one cache for all test processes, so that the demo set is written once."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if base.name.startswith("popen-") else base) / "generalbench-cache"


@pytest.fixture(autouse=True)
def _own_cache(shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the suite out of the user's cache, and its sessions lean and away from the user's data."""
    monkeypatch.setenv("GENERALBENCH_CACHE", str(shared_cache))
    monkeypatch.delenv("GENERALBENCH_DATA", raising=False)
    monkeypatch.setenv("PYTEST_ADDOPTS", LEAN)


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Return pytest's own, which clears the options of the environment, with lean sessions again."""
    monkeypatch.setenv("PYTEST_ADDOPTS", LEAN)
    return pytester


ReadResult = Callable[[str], dict[str, Any]]


@pytest.fixture
def read_result(pytester: pytest.Pytester) -> ReadResult:
    """Return a function that reads a run folder's result."""

    def read(run: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(
            (pytester.path / run / "result.json").read_text(encoding="utf-8")
        )
        return content

    return read
