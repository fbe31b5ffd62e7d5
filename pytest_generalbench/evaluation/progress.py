"""How far a run is, from its folder alone: any process that sees the folder can tell."""

from __future__ import annotations

import math
import time
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.evaluation.cost_priors import prior
from pytest_generalbench.evaluation.subset import limit_of
from pytest_generalbench.runs.ledger.events import BatchAsked, TaskConcluded, WorkerClosed, WorkerOpened
from pytest_generalbench.runs.ledger.files import LedgerReader
from pytest_generalbench.runs.ledger.index import LEDGER_GLOB
from pytest_generalbench.runs.ledger.records import StoredRecord
from pytest_generalbench.runs.listing import RunState, state_of
from pytest_generalbench.runs.run_manifest import read_run
from pytest_generalbench.suite.tasks import load_tasks

if TYPE_CHECKING:
    from pytest_generalbench.core.settings import Settings
    from pytest_generalbench.runs.run_manifest import RunManifest

STALLED_S: Final = 60.0
"""Seconds without an answer, beyond what one may take, after which a worker is called stalled."""


@dataclass(slots=True)
class WorkerProgress:
    """One worker process of the latest session."""

    worker: str
    task: str | None = None
    """The task it asks; None before the first and after the last."""
    answered: int = 0
    """Instances that it has answered."""
    in_flight: int = 0
    """Instances of the batch that it has asked and not answered."""
    silent_s: float = 0.0
    """Seconds since it last wrote anything."""
    is_done: bool = False
    is_stalled: bool = False


@dataclass(slots=True)
class RunProgress:
    """How far a run is."""

    state: RunState
    tasks: int
    """Selected tasks; 0 before they were collected."""
    finished: int
    """Tasks that have a result."""
    answered: int
    """Instances with an answer or a failure, of all sessions; each repeat of one counts."""
    states: dict[str, int]
    """The same by state."""
    elapsed_s: float
    """Seconds since the latest session started."""
    per_second: float | None
    """Instances that the latest session answered per second; None before the first."""
    remaining_s: tuple[float, float] | None
    """Estimate of what is left, as the bounds of an interval of about 95 %; None before three tasks ended."""
    workers: list[WorkerProgress] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Return plain builtins."""
        return asdict(self)


@dataclass(slots=True)
class _Ledger:
    """What was read of one ledger, up to an offset."""

    reader: LedgerReader
    worker: WorkerProgress
    session: int = 0
    offset: int = 0


class RunWatch:
    """Follows a run: each look reads only what was written since the one before.

    >>> RunWatch("generalbench-runs/20261127T101500Z-4711").look().answered  # doctest: +SKIP
    """

    def __init__(self, folder: str | Path) -> None:
        """Open the run folder. Raises GeneralBenchError when it is none."""
        self.folder = Path(folder)
        read_run(self.folder)
        self._tasks = {task.id: task for task in load_tasks()}
        self._ledgers: dict[Path, _Ledger] = {}
        self._states: dict[tuple[str, str, int], str] = {}
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._counts: Counter[str] = Counter()
        self._finished: set[str] = set()
        self._fresh: Counter[int] = Counter()

    def look(self) -> RunProgress:
        """Return how far the run is now. Raises GeneralBenchError when the folder is no run any more."""
        manifest = read_run(self.folder)
        for path in sorted(self.folder.glob(LEDGER_GLOB)):
            self._read(path)
        session = len(manifest.sessions)
        started = datetime.fromisoformat(manifest.sessions[-1].started) if manifest.sessions else None
        elapsed = (datetime.now(UTC) - started).total_seconds() if started else 0.0
        if manifest.sessions and manifest.sessions[-1].seconds is not None:
            elapsed = manifest.sessions[-1].seconds
        fresh = self._fresh[session]
        state = state_of(self.folder, manifest)
        workers = [one.worker for one in self._ledgers.values() if one.session == session]
        self._silences(manifest, is_running=state == "running")
        return RunProgress(
            state=state,
            tasks=len(manifest.selection or ()),
            finished=len(self._finished),
            answered=len(self._states),
            states=dict(sorted(Counter(self._states.values()).items())),
            elapsed_s=round(elapsed, 1),
            per_second=fresh / elapsed if fresh and elapsed else None,
            remaining_s=self._remaining(manifest, len(workers)) if state == "running" else None,
            workers=sorted(workers, key=lambda one: one.worker),
        )

    def _read(self, path: Path) -> None:
        ledger = self._ledgers.get(path)
        if ledger is None:
            ledger = self._ledgers[path] = _Ledger(LedgerReader(path), WorkerProgress(path.stem))
        for _, end, line in ledger.reader.lines(ledger.offset):
            ledger.offset = end
            if line is not None:
                self._take(ledger, line)

    def _take(self, ledger: _Ledger, line: object) -> None:
        worker = ledger.worker
        if isinstance(line, WorkerOpened):
            worker.worker, ledger.session = line.worker, line.session
        elif isinstance(line, BatchAsked):
            worker.task, worker.in_flight = line.task, len(line.instances)
        elif isinstance(line, TaskConcluded):
            self._finished.add(line.task)
            worker.task = None if worker.task == line.task else worker.task
        elif isinstance(line, WorkerClosed):
            worker.task, worker.in_flight, worker.is_done = None, 0, True
        elif isinstance(line, StoredRecord) and line.kind == "answer":
            self._answer(ledger, line)

    def _answer(self, ledger: _Ledger, line: StoredRecord) -> None:
        key = (line.task, line.instance, line.repeat)
        if key not in self._states:
            self._counts[line.task] += 1
        self._states[key] = line.state
        self._seconds[line.task] += float(line.seconds or 0.0)
        self._fresh[ledger.session] += 1
        ledger.worker.answered += 1
        ledger.worker.in_flight = max(0, ledger.worker.in_flight - 1)

    def _silences(self, manifest: RunManifest, is_running: bool) -> None:
        patience = STALLED_S + (manifest.settings.instance_timeout or 0.0)
        now = time.time()
        for path, ledger in self._ledgers.items():
            worker = ledger.worker
            worker.silent_s = round(max(0.0, now - path.stat().st_mtime), 1)
            worker.is_done = worker.is_done or not is_running
            worker.is_stalled = is_running and worker.in_flight > 0 and worker.silent_s > patience

    def _remaining(self, manifest: RunManifest, workers: int) -> tuple[float, float] | None:
        """Return the seconds that are left, from the seconds per unit of cost of the tasks that ended."""
        settings = manifest.settings
        ended = [name for name in self._finished if name in self._tasks and self._counts[name]]
        if len(ended) < _LEAST or not manifest.selection:
            return None
        unit = {name: prior(self._tasks[name], 1) for name in manifest.selection if name in self._tasks}
        stated = {name: self._stated(name, settings) for name in unit}
        # Stated sizes are of both splits: what ended says which part of them is there.
        part = sum(self._counts[name] for name in ended) / sum(
            stated[name] for name in ended if name in stated
        )
        left = sum(
            unit[name] * max(0.0, part * stated[name] - self._counts[name])
            for name in unit
            if name not in self._finished
        )
        costs = [unit[name] * self._counts[name] for name in ended if name in unit]
        spent = [self._seconds[name] for name in ended if name in unit]
        rate = sum(spent) / sum(costs)
        spread = math.sqrt(
            sum((own - rate * cost) ** 2 for own, cost in zip(spent, costs, strict=True)) / (len(costs) - 1)
        )
        error = spread * math.sqrt(len(costs)) / sum(costs)
        low, high = (max(0.0, rate + sign * 2.0 * error) * left / max(1, workers) for sign in (-1, 1))
        return round(low, 1), round(high, 1)

    def _stated(self, name: str, settings: Settings) -> int:
        task = self._tasks[name]
        limit = limit_of(task, settings)
        return settings.repeats * (task.instances if limit is None else min(limit, task.instances))


_LEAST: Final = 3
"""Tasks that must have ended before the rest is estimated."""


def progress_of(folder: str | Path) -> RunProgress:
    """Return how far a run is.

    Args:
        folder: The run folder; another process, or another machine, may be writing into it.

    Raises:
        GeneralBenchError: the folder is no run.
    """
    return RunWatch(folder).look()
