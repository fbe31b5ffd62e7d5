"""The whole demo set as shards, one of which is lost on the way: `python -m benchmarks.launch_whole_set`.

The merged result must be that of one session, but for what comparisons set aside, and nothing may be asked
twice but what was in flight (with a store: what came since the last checkpoint). Needs the extras `slurm` and
`ray`, and for `store` moto and s3fs.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest_generalbench as gb
from pytest_generalbench.launch.record import read_launch
from pytest_generalbench.runs.ledger.events import BatchAsked
from pytest_generalbench.runs.ledger.files import LedgerReader
from pytest_generalbench.runs.result_file import comparable, read_result
from tests.launch.s3_server import serve_s3

MODEL: Final = "baseline:oracle"
_SHARE: Final = 0.3
"""The share of the answers after which a shard is lost."""


class Outcome(NamedTuple):
    """How a launch went."""

    way: str
    tasks: int
    is_equal: bool
    asked: int
    again: int
    batch: int
    jobs: list[int]
    seconds: float

    def line(self) -> str:
        """Return a row of the table."""
        same = "equal" if self.is_equal else "DIFFERENT"
        jobs = "+".join(map(str, self.jobs))
        return (
            f"{self.way:<28} {self.tasks:>5} {same:>9} {self.asked:>8} {self.again:>11} {self.batch:>13} "
            f"{jobs:>7} {self.seconds:>7.0f}"
        )


def batches(ledger: Path, begin: int = 0) -> list[BatchAsked]:
    """Return the batches that a ledger says were asked, from a byte on."""
    return [line for _, line in LedgerReader(ledger).outcomes(begin) if isinstance(line, BatchAsked)]


def asked(ledgers: Iterator[tuple[Path, int]]) -> tuple[int, int, int]:
    """Return how many instances were asked, how often one was asked again, and the largest batch."""
    marks = [mark for path, begin in ledgers for mark in batches(path, begin)]
    counts = Counter((mark.task, name) for mark in marks for name in mark.instances)
    return len(counts), counts.total() - len(counts), max(len(mark.instances) for mark in marks)


def lost_lines(lost: Path | None, out: Path) -> Iterator[tuple[Path, int]]:
    """Yield the ledgers of a lost node, and the byte up to which they had been stored."""
    for path in lost.rglob("ledger-*.jsonl") if lost else ():
        stored = [copy.stat().st_size for copy in out.glob(f"shard-*/{path.name}")]
        # The same name in the folder of the launch is the part of it that was stored.
        begin = min(stored, default=0)
        if begin < path.stat().st_size:
            yield path, begin


def when_far(count: Callable[[], int], enough: int, act: Callable[[], None]) -> threading.Thread:
    """Start a thread that acts once enough was answered."""

    def watch() -> None:
        while count() < enough:
            time.sleep(0.2)
        act()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def lines_in(*places: Path) -> int:
    """Return how many lines the ledgers below some folders have."""
    total = 0
    for path in (path for place in places for path in place.rglob("ledger-*.jsonl")):
        with suppress(OSError):
            total += path.read_bytes().count(b"\n")
    return total


class Trial:
    """Launches of the whole set, compared with one session."""

    def __init__(self, folder: Path, seed: int) -> None:
        """Run the one session."""
        self.folder = folder
        self.rng = random.Random(seed)  # noqa: S311 - no secret
        self.arguments = [f"--generalbench-model={MODEL}", "-q", "-p", "no:cacheprovider"]
        begin = time.monotonic()
        command = [sys.executable, "-m", "pytest", *self.arguments, "--generalbench-run=one"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)  # noqa: S603
        if done.returncode != 0:
            sys.exit(done.stdout[-4000:] + done.stderr)
        result = read_result(folder / "one")
        self.expected = comparable(result)
        ledgers = [(path, 0) for path in (folder / "one").glob("ledger-*.jsonl")]
        count, again, batch = asked(iter(ledgers))
        self.lines = lines_in(folder / "one")
        row = Outcome(
            "one session", len(result.tasks), True, count, again, batch, [1], time.monotonic() - begin
        )
        sys.stdout.write(row.line() + "\n")
        sys.stdout.flush()

    def launch(
        self, way: str, engine: str, shards: int, end: Callable[[Path], tuple[threading.Thread, list[Path]]],
        **more: Any,
    ) -> None:  # fmt: skip
        """Launch the set, lose a shard, and print how it went."""
        out = self.folder / way.replace(" ", "-")
        begin = time.monotonic()
        plan = gb.plan_launch(engine, self.arguments, out, shards=shards, directory=self.folder, **more)
        thread, lost = end(out)
        lines: list[str] = []
        outcome = gb.run_launch(plan, lines.append)
        thread.join()
        if outcome.merged is None:
            sys.exit("\n".join(lines))
        seconds = time.monotonic() - begin
        ledgers = [(path, 0) for path in out.glob("shard-*/ledger-*.jsonl")]
        ledgers += [item for node in lost for item in lost_lines(node, out)]
        count, again, batch = asked(iter(ledgers))
        is_equal = comparable(read_result(out / "merged")) == self.expected
        jobs = [job.attempts for job in read_launch(out).jobs]
        tasks = len(outcome.merged.result.tasks)
        sys.stdout.write(Outcome(way, tasks, is_equal, count, again, batch, jobs, seconds).line() + "\n")
        sys.stdout.flush()


@contextmanager
def cluster(folder: Path) -> Iterator[Any]:
    """Start three nodes of Ray on this machine, each with a folder for temporary files of its own."""
    import ray
    from ray.cluster_utils import Cluster

    os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": 80_000_000})
    made.workers = []
    for number in range(3):
        (folder / f"node-{number}").mkdir()
        variables = {"TMPDIR": str(folder / f"node-{number}")}
        made.workers.append(made.add_node(num_cpus=1, object_store_memory=80_000_000, env_vars=variables))
    ray.init(address=made.address, log_to_driver=False, logging_level="error")
    try:
        yield made
    finally:
        ray.shutdown()
        made.shutdown()
        for number in range(3):
            shutil.rmtree(folder / f"node-{number}", ignore_errors=True)


def over_ray(trial: Trial) -> None:
    """Kill one node at random; all see one folder."""
    with cluster(trial.folder) as made:

        def end(out: Path) -> tuple[threading.Thread, list[Path]]:
            node = trial.rng.choice(made.workers)
            enough = int(trial.lines * _SHARE)
            kill = lambda: made.remove_node(node, allow_graceful=False)  # noqa: E731
            return when_far(lambda: lines_in(out), enough, kill), []

        trial.launch("ray, a node killed", "ray", 3, end)


def over_ray_with_store(trial: Trial) -> None:
    """Kill one node at random, whose folder is lost too; the S3 server of the runs fails at times."""
    with ExitStack() as stack:
        server = stack.enter_context(serve_s3())
        os.environ.update(server.environment)
        import s3fs

        s3fs.S3FileSystem().mkdir("whole-set")
        server.failing = 0.05
        made = stack.enter_context(cluster(trial.folder))
        lost: list[Path] = []

        def end(out: Path) -> tuple[threading.Thread, list[Path]]:
            place = trial.rng.randrange(3)
            nodes = [trial.folder / f"node-{number}" for number in range(3)]

            def kill() -> None:
                made.remove_node(made.workers[place], allow_graceful=False)
                time.sleep(1.0)  # its processes end with it
                lost.append(nodes[place].rename(trial.folder / "lost"))

            return when_far(lambda: lines_in(*nodes), int(trial.lines * _SHARE), kill), lost

        storage = gb.storage_at("s3://whole-set/today", every_s=10.0)
        trial.launch("ray and S3, a node lost", "ray", 3, end, storage=storage)


def over_submitit(trial: Trial, number: int, way: str) -> None:
    """Signal a job, as SLURM does before its time limit, or kill it."""

    def end(out: Path) -> tuple[threading.Thread, list[Path]]:
        shard = trial.rng.randrange(1, 3)

        def send() -> None:
            job = int(read_launch(out).jobs[shard - 1].job or "")
            (child,) = Path(f"/proc/{job}/task/{job}/children").read_text(encoding="ascii").split()
            os.kill(int(child), number)

        return when_far(lambda: lines_in(out), int(trial.lines * _SHARE), send), []

    trial.launch(way, "slurm", 2, end, options={"cluster": "local"})


def main() -> None:
    """Run the ways that are named, or all, and print a row for each."""
    ways: dict[str, Callable[[Trial], None]] = {
        "ray": over_ray,
        "limit": lambda trial: over_submitit(trial, signal.SIGUSR2, "submitit, at a time limit"),
        "kill": lambda trial: over_submitit(trial, signal.SIGKILL, "submitit, a job killed"),
        "store": over_ray_with_store,
    }
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ways", nargs="*", choices=[[], *ways], default=[])
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    head = ("tasks", "result", "asked", "asked again", "largest batch", "jobs", "seconds")
    sys.stdout.write("{:<28} {:>5} {:>9} {:>8} {:>11} {:>13} {:>7} {:>7}\n".format("", *head))
    with tempfile.TemporaryDirectory(prefix="whole-set-") as name:
        trial = Trial(Path(name), options.seed)
        for way in options.ways or ways:
            ways[way](trial)


if __name__ == "__main__":
    main()
