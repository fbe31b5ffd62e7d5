"""Time and memory of merging the shards of a large run: `python -m benchmarks.merge_scale RUN [--shards 64]`.

The finished run is cut into shards by its tasks, as `--generalbench-shard` does, and merged again in a
process of its own. The merged result must be that of the run, but for what comparisons set aside.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest_generalbench as gb
from pytest_generalbench.runs.instance_rows import rows_path
from pytest_generalbench.runs.ledger.records import parse_line
from pytest_generalbench.runs.manifest import write_manifest
from pytest_generalbench.runs.provenance import definitions
from pytest_generalbench.runs.result_file import comparable, read_result, write_result
from pytest_generalbench.runs.run_manifest import read_run, write_run

_MERGE = """
import resource, sys, time
import pytest_generalbench as gb
began = time.perf_counter()
gb.merge_runs(sys.argv[2:], sys.argv[1])
used = resource.getrusage(resource.RUSAGE_SELF)
print(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


def cut(run: Path, into: Path, count: int) -> list[Path]:
    """Cut a finished run into shards by task; return their folders."""
    result, manifest = read_result(run), read_run(run)
    shipped = {task.id: task for task in gb.load_tasks()}
    shard_of = {entry.id: place % count for place, entry in enumerate(result.tasks)}
    folders = [into / f"shard-{number + 1}-of-{count}" for number in range(count)]
    for number, folder in enumerate(folders):
        folder.mkdir()
        name = f"{number + 1}/{count}"
        own = tuple(entry for entry in result.tasks if shard_of[entry.id] == number)
        settings = {**result.settings, "shard": name}
        run_section = {
            **result.run,
            "tasks": {entry.id: result.run["tasks"].get(entry.id, 0.0) for entry in own},
        }
        stated = definitions(shipped[entry.id] for entry in own)
        shard = replace(result, tasks=own, settings=settings, definitions=stated, run=run_section)  # type: ignore[arg-type]
        write_result(folder, shard)
        shaping = {**manifest.shaping, "shard": name}
        selection = [entry.id for entry in own]
        given = replace(manifest.settings, shard=name)
        write_run(folder, replace(manifest, settings=given, shaping=shaping, selection=selection))
        for task in selection:
            if rows_path(run, task).is_file():
                rows_path(folder, task).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(rows_path(run, task), rows_path(folder, task))
    for path in sorted(run.glob("ledger-*.jsonl")):
        _cut_ledger(path, folders, shard_of)
    for folder in folders:
        write_manifest(folder)
    return folders


def _cut_ledger(path: Path, folders: list[Path], shard_of: dict[str, int]) -> None:
    files = [(folder / path.name).open("wb") for folder in folders]
    with path.open("rb") as lines:
        for line in lines:
            task = parse_line(line).get("task")
            for file in files if task is None else [files[shard_of[task]]]:
                file.write(line)
    for file in files:
        file.close()


def main() -> int:
    """Cut, merge, compare; return 1 when the merged result is another."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.merge_scale", description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--shards", type=int, default=64)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shards-") as place:
        folders = cut(options.run, Path(place), options.shards)
        merged = Path(place) / "merged"
        command = [sys.executable, "-c", _MERGE, str(merged), *map(str, folders)]
        done = subprocess.run(  # noqa: S603 - this project's own command
            command, check=True, capture_output=True, text=True
        )
        clock, processor, memory = map(float, done.stdout.split())
        whole, again = read_result(options.run), read_result(merged)
        ledgers = merged.glob("ledger-*.jsonl")
        records = sum(path.read_bytes().count(b'"kind": "answer"') for path in ledgers)
        sys.stdout.write(
            f"{options.shards} shards, {records} answers: {clock:.1f} s on the clock, "
            f"{processor:.1f} s of the processor, {memory:.0f} MiB\n"
        )
        before, after = json.loads(comparable(whole)), json.loads(comparable(again))
        differing = [key for key in before if before[key] != after.get(key)]
        sys.stdout.write(f"differs from the run in: {', '.join(differing) or 'nothing'}\n")
        changes = gb.verify_run(merged).changes
    return 1 if differing or changes else 0


if __name__ == "__main__":
    raise SystemExit(main())
