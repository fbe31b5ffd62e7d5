"""How far a run is, from its folder alone: any process that sees the folder can tell."""

from __future__ import annotations

import math
import socket
import time
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from pytest_generalbench.evaluation.answer_states import AnswerStates
from pytest_generalbench.evaluation.cost_priors import prior
from pytest_generalbench.evaluation.gpu_use import gpu_use
from pytest_generalbench.evaluation.progress_text import progress_line, progress_text
from pytest_generalbench.evaluation.remaining import TaskCost, remaining
from pytest_generalbench.evaluation.subset import stated_instances
from pytest_generalbench.runs.heartbeat import read_heartbeat
from pytest_generalbench.runs.ledger.events import (
    BatchAsked,
    ModelIntroduced,
    TaskConcluded,
    WorkerClosed,
    WorkerOpened,
)
from pytest_generalbench.runs.ledger.files import LedgerReader
from pytest_generalbench.runs.ledger.index import LEDGER_GLOB
from pytest_generalbench.runs.ledger.records import ANSWERED, AnswerOutcome
from pytest_generalbench.runs.listing import RunState, state_of
from pytest_generalbench.runs.run_manifest import read_run
from pytest_generalbench.suite.level import points
from pytest_generalbench.suite.tasks import load_tasks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.evaluation.gpu_use import GpuUse
    from pytest_generalbench.evaluation.remaining import Remaining
    from pytest_generalbench.runs.ledger.events import Event
    from pytest_generalbench.runs.run_manifest import RunManifest

STALLED_S: Final = 60.0
"""Seconds without a sign, beyond what the time limit allows, after which a worker or run is stalled."""

Phase = Literal["loading", "preparing", "asking", "scoring", "done"]


@dataclass(slots=True)
class WorkerProgress:
    """One worker process of the latest session."""

    worker: str
    phase: Phase = "loading"
    """`loading` the model; `preparing` data; `asking`, while a batch is in flight; `scoring`, after the
    last batch of a task; `done`."""
    task: str | None = None
    """The task it asks; None before the first and after the last."""
    answered: int = 0
    """Instances that it has answered."""
    in_flight: int = 0
    """Instances of the batch that it has asked and not answered."""
    per_second: float | None = None
    """Instances per second of asking; None before the first."""
    tokens_per_second: float | None = None
    """Tokens of answers per second of asking; None where the model does not say how many there are."""
    silent_s: float = 0.0
    """Seconds since it last wrote anything."""
    is_done: bool = False
    is_stalled: bool = False


@dataclass(slots=True)
class RunProgress:
    """How far a run is."""

    state: RunState
    phase: Phase
    """The phase of its workers; where they differ, asking goes first; `done` when every task has a result."""
    tasks: int
    """Selected tasks; 0 before they were collected."""
    finished: int
    """Tasks that have a result."""
    answered: int
    """Instances with an answer or a failure, of all sessions; each repeat of one counts."""
    instances: int | None
    """Instances that the run is expected to have; None before three tasks ended."""
    failures: int
    """Instances that ended without an answer: error, timeout, oom, missing_media."""
    states: dict[str, int]
    """All instances by state."""
    points: dict[str, float]
    """Mean points so far by modality, over the tasks that have a score (0 to 100, higher is better)."""
    elapsed_s: float
    """Seconds since the latest session started."""
    per_second: float | None
    """Instances that the latest session answered per second; None before the first."""
    remaining_s: tuple[float, float] | None
    """Estimate of what is left, as the bounds of an interval of about 95 %; None before three tasks ended."""
    heartbeat_s: float | None = None
    """Seconds since the session's last heartbeat; None where there is none."""
    host: str | None = None
    """The host that the session runs on, by its heartbeat."""
    is_stalled: bool = False
    """Whether the session should write a heartbeat and has written none for a minute and more."""
    workers: list[WorkerProgress] = field(default_factory=list)
    gpus: list[GpuUse] = field(default_factory=list)
    """Those of the session's host, where it is this one and they were asked for."""

    def line(self) -> str:
        """Return how far the run is in one line."""
        return progress_line(self)

    def text(self) -> str:
        """Return the same, with a line for each worker and GPU."""
        return progress_text(self)

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
    batch: int = 0
    """Instances of the batch that was asked last."""
    concluded: int = 0
    """Tasks that it gave a result."""
    seconds: float = 0.0
    """Seconds of asking."""
    tokens: int = 0
    """Tokens of its answers."""


class RunWatch:
    """Follows a run: each look reads only what was written since the one before.

    >>> RunWatch("generalbench-runs/20261127T101500Z-4711").look().answered  # doctest: +SKIP
    """

    def __init__(self, folder: str | Path, tasks: Iterable[Task] | None = None) -> None:
        """Open the run folder. Raises GeneralBenchError when it is none.

        Args:
            folder: The run folder.
            tasks: Every task that the run may have, with those of hooks; None: General-Bench's own.
        """
        self.folder = Path(folder)
        read_run(self.folder)
        self._tasks = {task.id: task for task in (load_tasks() if tasks is None else tasks)}
        self._begin(0)

    def _begin(self, session: int) -> None:
        """Forget all that was read: a new session may answer again what an earlier one failed at."""
        self._session = session
        self._ledgers: dict[Path, _Ledger] = {}
        self._open: defaultdict[str, AnswerStates] = defaultdict(AnswerStates)
        self._closing: set[str] = set()
        self._states: Counter[str] = Counter()
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._counts: Counter[str] = Counter()
        self._finished: set[str] = set()
        self._fresh: Counter[int] = Counter()
        self._points: dict[str, float] = {}

    def look(self, *, with_gpus: bool = False) -> RunProgress:
        """Return how far the run is now.

        Args:
            with_gpus: Whether to ask the driver how busy the GPUs are, where the session runs on this host.

        Raises:
            GeneralBenchError: the folder is no run any more.
        """
        manifest = read_run(self.folder)
        session = len(manifest.sessions)
        if session != self._session:
            self._begin(session)
        closing, self._closing = self._closing, set()
        for path in sorted(self.folder.glob(LEDGER_GLOB)):
            self._read(path)
        for one in self._ledgers.values():
            # Whoever helped with a task is free when another worker gave it its result.
            if one.worker.task in self._finished and one.worker.in_flight == 0:
                one.worker.task, one.worker.phase = None, "preparing"
        for name in closing:  # other ledgers were read since it got its result: no answer to it can follow
            self._open.pop(name, None)
        started = datetime.fromisoformat(manifest.sessions[-1].started) if manifest.sessions else None
        elapsed = (datetime.now(UTC) - started).total_seconds() if started else 0.0
        if manifest.sessions and manifest.sessions[-1].seconds is not None:
            elapsed = manifest.sessions[-1].seconds
        state = state_of(self.folder, manifest)
        is_running = state == "running"
        self._silences(manifest, is_running)
        workers = [one.worker for one in self._ledgers.values() if one.session == session]
        states = +self._states
        left = self._remaining(manifest, workers)
        is_open = manifest.selection is None or not self._finished.issuperset(manifest.selection)
        answered, fresh = sum(states.values()), self._fresh[session]
        beat = read_heartbeat(self.folder) if is_running else None
        return RunProgress(
            state=state,
            phase="done" if not is_open else _phase(workers),
            tasks=len(manifest.selection or ()),
            finished=len(self._finished),
            answered=answered,
            instances=answered + left.instances if left else None,
            failures=sum(count for name, count in states.items() if name not in ANSWERED),
            states=dict(sorted(states.items())),
            points=self._mean_points(),
            elapsed_s=round(elapsed, 1),
            per_second=fresh / elapsed if fresh and elapsed else None,
            remaining_s=(round(left.low_s, 1), round(left.high_s, 1)) if left and is_running else None,
            heartbeat_s=beat.age_s if beat else None,
            host=beat.host if beat else None,
            is_stalled=beat is not None and beat.age_s > STALLED_S,
            workers=sorted(workers, key=lambda one: one.worker),
            gpus=gpu_use() if with_gpus and beat and beat.host == socket.gethostname() else [],
        )

    def _read(self, path: Path) -> None:
        ledger = self._ledgers.get(path)
        if ledger is None:
            ledger = self._ledgers[path] = _Ledger(LedgerReader(path), WorkerProgress(path.stem))
        for end, line in ledger.reader.outcomes(ledger.offset):
            ledger.offset = end
            if isinstance(line, AnswerOutcome):
                self._answer(ledger, line)
            else:
                self._event(ledger, line)

    def _event(self, ledger: _Ledger, line: Event) -> None:
        worker = ledger.worker
        if isinstance(line, WorkerOpened):
            worker.worker, ledger.session = line.worker, line.session
        elif isinstance(line, ModelIntroduced):
            worker.phase = "preparing"
        elif isinstance(line, BatchAsked):
            worker.task, worker.in_flight, worker.phase = line.task, len(line.instances), "asking"
            ledger.batch = worker.in_flight
        elif isinstance(line, TaskConcluded):
            self._conclude(ledger, line)
        elif isinstance(line, WorkerClosed):
            worker.task, worker.in_flight, worker.is_done, worker.phase = None, 0, True, "done"

    def _conclude(self, ledger: _Ledger, line: TaskConcluded) -> None:
        result, task = line.result, self._tasks.get(line.task)
        self._finished.add(line.task)
        if task is not None and result.score is not None and result.state in ("scored", "incomplete"):
            self._points[line.task] = points(task, result.score)
        if line.session != self._session:
            return
        # The first task of a worker waited for the model as well, which no later one does.
        if ledger.concluded and self._counts[line.task]:
            self._seconds[line.task] = max(self._seconds[line.task], result.seconds)
        ledger.concluded += 1
        self._closing.add(line.task)

    def _answer(self, ledger: _Ledger, line: AnswerOutcome) -> None:
        before = self._open[line.task].replace((line.instance, line.repeat), line.state)
        if before is None:
            self._counts[line.task] += 1
        else:
            self._states[before] -= 1
        self._states[line.state] += 1
        self._seconds[line.task] += line.seconds
        self._fresh[ledger.session] += 1
        ledger.seconds += line.seconds
        ledger.tokens += line.tokens
        worker = ledger.worker
        worker.answered += 1
        worker.in_flight = max(0, worker.in_flight - 1)
        if worker.in_flight == 0:
            worker.phase = "scoring"

    def _silences(self, manifest: RunManifest, is_running: bool) -> None:
        limit = manifest.settings.instance_timeout or 0.0
        now = time.time()
        for path, ledger in self._ledgers.items():
            worker = ledger.worker
            worker.silent_s = round(max(0.0, now - path.stat().st_mtime), 1)
            if not is_running:
                worker.is_done, worker.phase = True, "done"
            if ledger.seconds:
                worker.per_second = worker.answered / ledger.seconds
                worker.tokens_per_second = ledger.tokens / ledger.seconds if ledger.tokens else None
            # A batch that is late is asked again one by one.
            patience = STALLED_S + limit * (1 if ledger.batch == 1 else 2 * ledger.batch)
            worker.is_stalled = is_running and worker.in_flight > 0 and worker.silent_s > patience

    def _mean_points(self) -> dict[str, float]:
        """Return the mean points of the scored tasks by modality."""
        grouped: defaultdict[str, list[float]] = defaultdict(list)
        for name, value in self._points.items():
            grouped[self._tasks[name].modality].append(value)
        return {name: round(math.fsum(values) / len(values), 1) for name, values in sorted(grouped.items())}

    def _remaining(self, manifest: RunManifest, workers: Sequence[WorkerProgress]) -> Remaining | None:
        selected = [self._tasks[name] for name in manifest.selection or () if name in self._tasks]
        asking = Counter(one.task for one in workers if one.task is not None)
        costs = (
            TaskCost(
                kind=f"{task.input_media} {task.output_medium}",
                unit=prior(task, 1),
                stated=stated_instances(task, manifest.settings),
                answered=self._counts[task.id],
                seconds=self._seconds[task.id],
                is_ended=task.id in self._finished,
                workers=asking[task.id],
            )
            for task in selected
        )
        return remaining(costs, sum(not one.is_done for one in workers))


def _phase(workers: Iterable[WorkerProgress]) -> Phase:
    phases = {worker.phase for worker in workers}
    order: tuple[Phase, ...] = ("asking", "scoring", "preparing", "loading", "done")
    return next((phase for phase in order if phase in phases), "loading")


def progress_of(folder: str | Path) -> RunProgress:
    """Return how far a run is.

    Args:
        folder: The run folder; another process, or another machine, may be writing into it.

    Raises:
        GeneralBenchError: the folder is no run.
    """
    return RunWatch(folder).look()
