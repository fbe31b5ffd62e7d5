"""Benchmark sessions in processes of their own, and the data that they are asked about."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_generalbench import protocols
from pytest_generalbench.suite import tasks as registry
from pytest_generalbench.suite.data import open_data

if TYPE_CHECKING:
    from pytest_generalbench.core.request import Request

ROOT = Path(__file__).parent.parent
CAUSAL = "nlp/causal-reasoning"


class Ended(NamedTuple):
    """A process that ended as it should."""

    wall: float
    """Seconds."""
    out: str
    err: str
    cpu: float = 0.0
    """Seconds of processor time, user and system, of the process and those that it started and waited for."""


def write_questions(folder: Path, count: int) -> Path:
    """Write a data folder with one task of `count` instances, and return it."""
    entries = [
        {
            "id": f"q{number}",
            "input": {
                "question": f"Which is {number}?" + " Why?" * (number % 7),
                "options": ["one", "two", "six"],
            },
            "output": {"answer": "ABC"[number % 3]},
        }
        for number in range(count)
    ]
    path = folder / "nlp" / "Causal-Reasoning" / "annotation.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"data": entries}), encoding="utf-8")
    return folder


def requests_of(folder: Path) -> list[Request]:
    """Return the requests of the questions in a data folder in the order of a run, longest first."""
    tasks = registry.load_tasks()
    task = next(item for item in tasks if item.id == CAUSAL)
    data = open_data(folder, "open", tasks).load(task)
    assert data is not None
    protocol = protocols.get(task.protocol)
    context = protocol.context(task, data.header, data.instances)
    requests = [protocol.request(instance, context) for instance in data.instances]
    return sorted(requests, key=lambda request: (-len(request.text), request.instance_id))


def run_module(folder: Path, *command: str, ends: tuple[int, ...] = (0,), **environment: str) -> Ended:
    """Run `python -m` in `folder`, at most as many seconds as the environment's BENCHMARK_LIMIT says.

    Raises AssertionError with the output when it ends with another code than `ends`, or not in time: then the
    output holds where each thread was.
    """
    started, before = time.perf_counter(), _processor_time()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(  # noqa: S603 - our own commands
            [sys.executable, "-m", *command],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": _search_path(), "PYTHONFAULTHANDLER": "1", **environment},
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        code = _wait(process, float(os.environ.get("BENCHMARK_LIMIT", "inf")))
        wall = time.perf_counter() - started
        out.seek(0)
        err.seek(0)
        ended = Ended(wall, out.read(), err.read(), _processor_time() - before)
    words = f"{' '.join(command)} ended with {code} after {wall:.0f} s\n{ended.out}{ended.err}"
    assert code in ends, words
    return ended


def _processor_time() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _search_path() -> str:
    return os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))


def _wait(process: subprocess.Popen[bytes], limit: float) -> int:
    try:
        return process.wait(limit if limit < float("inf") else None)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGABRT)  # faulthandler prints where the threads are
        time.sleep(1)
        os.killpg(process.pid, signal.SIGKILL)
        return process.wait()


def run_session(
    folder: Path, name: str, *args: str, ends: tuple[int, ...] = (0,), **environment: str
) -> tuple[float, dict[str, Any]]:
    """Run a benchmark session whose run folder is `name`; return its wall time in seconds and its result."""
    command = (*pytest_command(), f"--generalbench-run={name}", *args)
    ended = run_module(folder, *command, ends=ends, **environment)
    result: dict[str, Any] = json.loads((folder / name / "result.json").read_text(encoding="utf-8"))
    return ended.wall, result


def pytest_command() -> tuple[str, ...]:
    """Return how pytest is called with the plugin, be it installed or found by the path of the checkout."""
    plugin = () if _is_installed() else ("-p", "pytest_generalbench.plugin")
    return ("pytest", "-q", "-p", "no:cacheprovider", *plugin)


def _is_installed() -> bool:
    from importlib.metadata import entry_points

    return any(entry.value == "pytest_generalbench.plugin" for entry in entry_points(group="pytest11"))
