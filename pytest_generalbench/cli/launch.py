"""`generalbench launch`: the benchmark as shards that run as jobs, here or on a cluster."""

from __future__ import annotations

import shlex
import signal
from typing import TYPE_CHECKING, Any, Final

import pytest_generalbench as gb
from pytest_generalbench.cli.output import put_error, put_json, put_line, put_lines

if TYPE_CHECKING:
    import argparse
    from types import FrameType


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "launch",
        help="run the benchmark as shards, on this machine or a cluster, and merge them",
        description="Divides the benchmark into shards, runs each as a job that can be repeated, and merges "
        "them into DIR/merged. Example: generalbench launch --on local --into DIR -- "
        "--generalbench-model=hf:org/name -n auto. Exit status: 0; 1 where a task is incomplete or failed; "
        "3 where a shard has no result after its retries.",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--on", choices=gb.ENGINES, help="what runs the jobs")
    what.add_argument("--status", metavar="DIR", help="how far a launch is")
    what.add_argument("--cancel", metavar="DIR", help="end the jobs of a launch; answers stay")
    what.add_argument(
        "--retry", metavar="DIR", help="go on with a launch: shards without result, instances without answer"
    )
    parser.add_argument("--into", metavar="DIR", help="the folder of the launch, new or empty")
    parser.add_argument("--shards", metavar="K", type=_positive, help="parts of the benchmark")
    parser.add_argument("--parallel", metavar="N", type=_positive, help="shards that run at a time")
    parser.add_argument(
        "--retries", metavar="N", type=int, default=2,
        help="how often a shard is started again that did not end in order (default: 2)",
    )  # fmt: skip
    parser.add_argument(
        "--silent", metavar="MINUTES", type=float, default=60.0,
        help="a shard that writes no line into its ledgers for so long has hung: it is ended and started "
        "again (default: 60)",
    )  # fmt: skip
    _add_storage(parser)
    cluster = parser.add_argument_group("clusters")
    for name, (metavar, kind, text) in _CLUSTER.items():
        cluster.add_argument(f"--{name}", metavar=metavar, type=kind, help=text)
    cluster.add_argument(
        "--cluster", choices=("slurm", "local"), default="slurm",
        help="slurm: 'local' runs submitit's jobs on this machine, to try it",
    )  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    parser.add_argument("--json", action="store_true", help="with --status: print a JSON object")
    parser.add_argument("arguments", nargs="*", metavar="-- ARGUMENT", help="those of pytest, after --")
    parser.set_defaults(func=run)


def _add_storage(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("nodes that share no folder")
    group.add_argument(
        "--store", metavar="URL",
        help="keep the runs of the shards there, such as s3://bucket/prefix or any address that fsspec reads",
    )  # fmt: skip
    group.add_argument(
        "--checkpoint", metavar="MINUTES", type=float, default=10.0,
        help="how often a shard writes what is new to the store (default: 10)",
    )  # fmt: skip
    group.add_argument(
        "--scratch",
        metavar="DIR",
        help="folder of a node for its runs (default: that for temporary files)",
    )


_CLUSTER: Final[dict[str, tuple[str, type, str]]] = {
    "nodes": ("N", int, "nodes that the shards are for: four shards a node, unless --shards is given"),
    "gpus": ("N", int, "GPUs of each shard"),
    "cpus": ("N", int, "processors of each shard"),
    "time": (
        "MINUTES",
        float,
        "slurm: time limit of a job, which is queued again at it (default: 60)",
    ),
    "partition": ("NAME", str, "slurm"),
    "account": ("NAME", str, "slurm"),
    "constraint": ("FEATURES", str, "slurm"),
    "qos": ("NAME", str, "slurm"),
    "mem": ("SIZE", str, "slurm: memory of a job, such as 64GB"),
    "address": ("ADDRESS", str, "ray: of the cluster, such as auto or ray://head:10001"),
}


def _engine_options(options: argparse.Namespace) -> dict[str, Any]:
    """Return the options of the engine, by the engine's own names."""
    names = {"gpus": "gpus_per_node", "cpus": "cpus_per_task", "time": "minutes"}
    given = {name: getattr(options, name) for name in _CLUSTER}
    if options.on == "local":
        refused = [f"--{name}" for name, value in given.items() if value is not None]
        if refused:
            raise gb.GeneralBenchError(f"{', '.join(refused)}: these are for slurm and ray, not for local")
        return {}
    kept = {names.get(name, name): value for name, value in given.items() if value is not None}
    return {**kept, "cluster": options.cluster} if options.on == "slurm" else kept


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def run(options: argparse.Namespace) -> int:
    """Start a launch, or look at one, end it, or go on with it."""
    if options.status:
        status = gb.launch_status(options.status)
        put_json(status.to_dict()) if options.json else put_lines(status.text().splitlines())
        return 0
    if options.cancel:
        ended = ", ".join(map(str, gb.cancel_launch(options.cancel)))
        put_line(f"ended the jobs of shards {ended}" if ended else "no job was running")
        return 0
    if options.retry:
        return _supervise(options.retry, options.retry, options.silent)
    if not options.into:
        raise gb.GeneralBenchError("launch --on needs --into DIR")
    plan = gb.plan_launch(
        options.on, options.arguments, options.into,
        shards=options.shards, parallel=options.parallel, retries=options.retries,
        options=_engine_options(options),
        storage=gb.storage_at(options.store, every_s=60.0 * options.checkpoint, scratch=options.scratch)
        if options.store else None,
    )  # fmt: skip
    put_lines(plan.lines())
    if options.dry_run:
        put_lines(plan.commands())
        return 0
    return _supervise(plan, options.into, options.silent)


def _supervise(launch: gb.LaunchPlan | str, folder: str, silent: float) -> int:
    """Run the launch to its end and print the result."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    way = f"to go on: generalbench launch --retry {shlex.quote(folder)}"
    signal.signal(signal.SIGTERM, interrupt)
    try:
        outcome = gb.run_launch(launch, put_line, silent_s=60.0 * silent)
    except KeyboardInterrupt:
        put_error(f"interrupted; {way}")
        return 130
    for shard, log in outcome.missing:
        put_error(f"shard {shard} has no result: see {log}")
    if outcome.merged is not None:
        counts = ", ".join(f"{count} {state}" for state, count in outcome.merged.result.counts.items())
        put_line(f"{len(outcome.merged.result.tasks)} tasks: {counts}")
        put_line(f"General-Level: {outcome.merged.level.tier_text}")
        put_line(f"the merged run: {outcome.merged.folder}")
    if outcome.exit_code:
        put_line(f"{'cancelled; ' if outcome.is_cancelled else ''}{way}")
    return outcome.exit_code
