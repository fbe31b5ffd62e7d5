"""How far a run is, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_generalbench.evaluation.progress import RunProgress, WorkerProgress


def progress_line(progress: RunProgress) -> str:
    """Return phase, instances, rate, what is left, failures, mean points and the slowest worker.

    What matters most comes first, so that a line may be cut at its end. ASCII alone, for any terminal.
    """
    return ", ".join(_parts(progress))


def progress_text(progress: RunProgress) -> str:
    """Return the line of `progress_line`, the states, and a line for each worker and GPU."""
    return "\n".join(_lines(progress))


def _lines(progress: RunProgress) -> Iterator[str]:
    yield f"{progress.state}, {duration(progress.elapsed_s)} so far: {progress_line(progress)}"
    if progress.states:
        yield "  " + ", ".join(f"{count} {state}" for state, count in progress.states.items())
    if progress.is_stalled:
        yield f"  STALLED: the session gave no sign for {duration(progress.heartbeat_s or 0.0)}"
    for worker in progress.workers:
        rate = "" if worker.per_second is None else f", {worker.per_second:.3g}/s"
        if worker.tokens_per_second is not None:
            rate += f", {worker.tokens_per_second:.3g} tokens/s"
        stalled = "  STALLED" if worker.is_stalled else ""
        yield (
            f"  {worker.worker}: {worker.phase}{f' {worker.task}' if worker.task else ''}, "
            f"{worker.answered} answered{rate}, {worker.in_flight} in flight, "
            f"silent for {duration(worker.silent_s)}{stalled}"
        )
    for gpu in progress.gpus:
        busy = "?" if gpu.busy is None else f"{gpu.busy:.0f} %"
        yield f"  GPU {gpu.gpu}: {busy} busy, {gpu.memory_used or 0:.0f} of {gpu.memory_total or 0:.0f} MiB"


def _parts(progress: RunProgress) -> Iterator[str]:
    expected = "" if progress.instances is None else f" of ~{progress.instances}"
    yield f"{progress.phase}: {progress.answered}{expected} instances"
    yield f"{progress.finished} of {progress.tasks} tasks"
    if progress.per_second is not None:
        yield f"{progress.per_second:.3g}/s"
    if progress.remaining_s is not None:
        yield f"left {interval(progress.remaining_s)}"
    stalled = [worker.worker for worker in progress.workers if worker.is_stalled]
    if stalled:
        yield f"STALLED {' '.join(stalled)}"
    if progress.failures:
        yield f"{progress.failures} failed"
    if progress.points:
        yield f"points {' '.join(f'{name} {value:.1f}' for name, value in progress.points.items())}"
    slowest = slowest_worker(progress)
    if slowest is not None and slowest.per_second is not None:
        yield f"slowest {slowest.worker} {slowest.per_second:.3g}/s"


def slowest_worker(progress: RunProgress) -> WorkerProgress | None:
    """Return the worker with the fewest instances per second of asking; None where fewer than two ask."""
    rates = [worker for worker in progress.workers if worker.per_second is not None and not worker.is_done]
    return min(rates, key=lambda one: one.per_second or 0.0) if len(rates) > 1 else None


def interval(bounds: tuple[float, float]) -> str:
    """Return the bounds of a duration, in seconds, as they are read.

    >>> interval((80.0, 300.0)), interval((40.2, 40.4))
    ('80 s to 5 min', '40 s')
    """
    low, high = map(duration, bounds)
    return low if low == high else f"{low} to {high}"


def duration(seconds: float) -> str:
    """Return a duration in the unit that it is read best in.

    >>> duration(119.6), duration(150), duration(9000)
    ('120 s', '2 min', '2.5 h')
    """
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
