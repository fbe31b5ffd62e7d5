"""`generalbench watch`: how far a run or launch is, from any shell or host that sees its folder."""

from __future__ import annotations

import secrets
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest_generalbench as gb
from pytest_generalbench.cli.output import put_json, put_lines

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "watch",
        help="how far a run is: workers, rate, what is left",
        description="Shows how far a run is until it ends, from its folder alone: tasks and instances done, "
        "states, rate, an estimate of what is left, and what each worker does. Exit status: 0, or 1 where a "
        "worker, or the session, is stalled (with --once). Of a launch it shows all shards.",
    )
    parser.add_argument("run", metavar="RUN", type=Path, help="the run folder, or that of a launch")
    parser.add_argument("--once", action="store_true", help="look once")
    parser.add_argument("--json", action="store_true", help="print a JSON object for each look")
    parser.add_argument("--interval", metavar="SECONDS", type=float, default=5.0, help="default: 5")
    parser.add_argument(
        "--prometheus", metavar="FILE", type=Path, help="write the figures there as Prometheus text"
    )
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Look at the run, or the launch, until it ends, or once."""
    if gb.is_launch(options.run):
        return _run_launch(options)
    watch = gb.RunWatch(options.run)
    while True:
        progress = watch.look(with_gpus=True)
        if options.json:
            put_json(progress.to_dict())
        else:
            put_lines(progress.text().splitlines())
        sys.stdout.flush()
        if options.prometheus:
            _replace(options.prometheus, "\n".join(figures(progress)) + "\n")
        if options.once:
            is_stalled = progress.is_stalled or any(worker.is_stalled for worker in progress.workers)
            return 1 if is_stalled else 0
        if progress.state != "running":
            return 0
        time.sleep(options.interval)


def _run_launch(options: argparse.Namespace) -> int:
    """Look at all shards of a launch."""
    while True:
        status = gb.launch_status(options.run)
        put_json(status.to_dict()) if options.json else put_lines(status.text().splitlines())
        sys.stdout.flush()
        if options.prometheus:
            _replace(options.prometheus, "\n".join(launch_figures(status)) + "\n")
        if options.once:
            return int(status.is_stalled)
        if status.is_over:
            return 0
        time.sleep(options.interval)


def launch_figures(status: gb.LaunchStatus) -> Iterator[str]:
    """Yield the figures of a launch in Prometheus' text format."""
    states = [one.state for one in status.shards]
    for state in dict.fromkeys(states):
        yield f'generalbench_shards{{state="{state}"}} {states.count(state)}'
    yield f"generalbench_stalled {int(status.is_stalled)}"
    if status.remaining_s is not None:
        for bound, seconds in zip(("low", "high"), status.remaining_s, strict=True):
            yield f'generalbench_remaining_seconds{{bound="{bound}"}} {seconds}'
    for one in status.shards:
        if one.progress is not None:
            label = f'{{shard="{one.shard}"}}'
            yield f"generalbench_tasks{label} {one.progress.tasks}"
            yield f"generalbench_tasks_finished{label} {one.progress.finished}"
            yield f"generalbench_instances_answered{label} {one.progress.answered}"
            yield f"generalbench_instances_per_second{label} {one.progress.per_second or 0.0}"


def _replace(path: Path, text: str) -> None:
    """Write the file in one step, so that whoever reads it never sees half of it."""
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}.tmp")
    with temporary.open("x", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)


def figures(progress: gb.RunProgress) -> Iterator[str]:
    """Yield the figures in Prometheus' text format."""
    yield f"generalbench_tasks {progress.tasks}"
    yield f"generalbench_tasks_finished {progress.finished}"
    yield f"generalbench_instances_answered {progress.answered}"
    yield f"generalbench_instances_per_second {progress.per_second or 0.0}"
    if progress.instances is not None:
        yield f"generalbench_instances_expected {progress.instances}"
    if progress.remaining_s is not None:
        for bound, seconds in zip(("low", "high"), progress.remaining_s, strict=True):
            yield f'generalbench_remaining_seconds{{bound="{bound}"}} {seconds}'
    yield f"generalbench_stalled {int(progress.is_stalled)}"
    yield from (f'generalbench_mean_points{{modality="{name}"}} {n}' for name, n in progress.points.items())
    yield from (f'generalbench_instances{{state="{state}"}} {n}' for state, n in progress.states.items())
    for worker in progress.workers:
        label = f'{{worker="{worker.worker}"}}'
        yield f"generalbench_worker_answered{label} {worker.answered}"
        if worker.tokens_per_second is not None:
            yield f"generalbench_worker_tokens_per_second{label} {worker.tokens_per_second}"
        yield f"generalbench_worker_silent_seconds{label} {worker.silent_s}"
        yield f"generalbench_worker_stalled{label} {int(worker.is_stalled)}"
    for gpu in progress.gpus:
        if gpu.busy is not None:
            yield f'generalbench_gpu_busy_percent{{gpu="{gpu.gpu}"}} {gpu.busy}'
