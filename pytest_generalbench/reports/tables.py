"""A run as tables and timings: CSV, Parquet, and the JSON of pytest-benchmark."""

from __future__ import annotations

import csv
import statistics
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench import __version__
from pytest_generalbench.core.errors import GeneralBenchError, MissingDependencyError
from pytest_generalbench.core.node_ids import MODULE_NODEID
from pytest_generalbench.core.visible_text import cell_text
from pytest_generalbench.reports.comparison import repeated_answers_of
from pytest_generalbench.reports.official import ExportedRun, write_json
from pytest_generalbench.reports.run_data import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

ANSWER_COLUMNS: Final = (
    "task",
    "instance",
    "state",
    "answer",
    "file",
    "message",
    "seconds",
    "digest",
    "repeat",
)
TASK_COLUMNS: Final = (
    "id", "state", "metric", "score", "unit", "sota", "stderr", "low", "high", "n", "coverage", "reason",
    "definition", "modality", "paradigm", "skill", "direction", "points", "reached", "no_win", "states",
)  # fmt: skip


def answer_rows(run: ExportedRun) -> Iterator[dict[str, Any]]:
    """Yield a row for every instance, and repeat of it, that the run has a record of."""
    for task in run.ledgers.tasks():
        for (instance, repeat), record in sorted(repeated_answers_of(run.ledgers, task).items()):
            yield {
                "task": task,
                "instance": instance,
                "state": record.state,
                "answer": record.text,
                "file": record.file,
                "message": record.message,
                "seconds": record.seconds,
                "digest": record.digest,
                "repeat": repeat,
            }


def task_rows(run: ExportedRun) -> list[dict[str, Any]]:
    """Return a row for every task of the result. Raises GeneralBenchError when the run has not ended."""
    if run.result is None:
        raise GeneralBenchError(
            f"{run.folder} has no result yet: go on with --generalbench-resume, or use 'generalbench rescore'"
        )
    rows = [{**asdict(row), "id": row.task} for row in Run(run.folder, run.result).tasks()]
    for row in rows:
        row["states"] = " ".join(f"{state}={count}" for state, count in sorted(row["states"].items()))
    return [{key: row[key] for key in TASK_COLUMNS} for row in rows]


def export_csv(run: ExportedRun, out: Path) -> list[str]:
    """Write `answers.csv` and `tasks.csv`."""
    tables = {"answers": (ANSWER_COLUMNS, answer_rows(run)), "tasks": (TASK_COLUMNS, task_rows(run))}
    lines = []
    for name, (columns, rows) in tables.items():
        count = 0
        with (out / f"{name}.csv").open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            for row in rows:
                writer.writerow({key: cell_text(value) for key, value in row.items()})
                count += 1
        lines.append(f"{name}.csv: {count} rows")
    return lines


def export_parquet(run: ExportedRun, out: Path) -> list[str]:
    """Write `answers.parquet` and `tasks.parquet`. Raises MissingDependencyError without pyarrow."""
    try:
        import pyarrow  # noqa: F401 - pandas writes with it
    except ImportError:
        raise MissingDependencyError("pyarrow", "parquet", "--format parquet") from None
    import pandas

    lines = []
    tables = {"answers": (ANSWER_COLUMNS, list(answer_rows(run))), "tasks": (TASK_COLUMNS, task_rows(run))}
    for name, (columns, rows) in tables.items():
        frame = pandas.DataFrame(rows, columns=list(columns))
        frame.to_parquet(out / f"{name}.parquet", index=False)
        lines.append(f"{name}.parquet: {len(rows)} rows")
    return lines


def export_benchmark(run: ExportedRun, out: Path) -> list[str]:
    """Write `benchmark.json`: the seconds of a task's answers as pytest-benchmark keeps its rounds."""
    benchmarks = []
    for task in run.ledgers.tasks():
        answers = repeated_answers_of(run.ledgers, task)
        seconds = [record.seconds for _, record in sorted(answers.items()) if record.seconds]
        if seconds:
            benchmarks.append(_benchmark(task, seconds))
    session = run.manifest.sessions[0]
    git = session.git or {}
    content = {
        "machine_info": {"node": session.host},
        "commit_info": {"id": git.get("commit"), "dirty": not git.get("is_clean", True)},
        "benchmarks": benchmarks,
        "datetime": datetime.now(UTC).isoformat(),
        "version": f"pytest-generalbench {__version__}",
    }
    write_json(out / "benchmark.json", content)
    return [f"benchmark.json: {len(benchmarks)} tasks; pytest-benchmark compare reads it"]


def _benchmark(task: str, seconds: Sequence[float]) -> dict[str, Any]:
    name = f"test_task[{task}]"
    return {
        "group": task.rpartition("/")[0],
        "name": name,
        "fullname": f"{MODULE_NODEID}::{name}",
        "params": {"generalbench_task": task},
        "param": task,
        "extra_info": {},
        "options": {
            "disable_gc": False, "timer": "perf_counter", "min_rounds": 1, "max_time": 0.0, "min_time": 0.0,
            "warmup": False,
        },
        "stats": _stats(seconds),
    }  # fmt: skip


def _stats(seconds: Sequence[float]) -> dict[str, Any]:
    """Return the figures that pytest-benchmark shows, by its definitions."""
    data = sorted(seconds)
    mean, median = statistics.fmean(data), statistics.median(data)
    deviation = statistics.stdev(data) if len(data) > 1 else 0.0
    first, _, third = statistics.quantiles(data, n=4, method="inclusive") if len(data) > 1 else (mean,) * 3
    width = third - first
    low, high = first - 1.5 * width, third + 1.5 * width
    beyond = sum(not low <= value <= high for value in data)
    outside = sum(abs(value - mean) > deviation for value in data)
    return {
        "min": data[0], "max": data[-1], "mean": mean, "stddev": deviation, "rounds": len(data),
        "median": median, "iqr": width, "q1": first, "q3": third, "iqr_outliers": beyond,
        "stddev_outliers": outside, "outliers": f"{outside};{beyond}",
        "ld15iqr": min((value for value in data if value >= low), default=data[0]),
        "hd15iqr": max((value for value in data if value <= high), default=data[-1]),
        "ops": 1 / mean, "total": sum(data), "data": list(seconds), "iterations": 1,
    }  # fmt: skip
