"""The instance table: a row for every instance, the same bytes however the run went."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pytest_generalbench as gb
from pytest_generalbench import cli, metrics
from pytest_generalbench.core.node_ids import MODULE_NODEID
from pytest_generalbench.suite.tasks import load_tasks
from tests.plugin.runs import FEW, MODEL, SPEC, run

if TYPE_CHECKING:
    from collections.abc import Sequence

RANDOM = "--generalbench-model=baseline:random"
SOME = ("reasoning", "detection", "captioning", "bird", "matting")
"""Words of tasks whose metrics are means, scores of a corpus, and scores by groups."""


def some(words: Sequence[str] = SOME) -> list[str]:
    """Return the node ids of up to three tasks of each metric that tasks with one of the words have."""
    by_metric: dict[str, list[str]] = defaultdict(list)
    for task in load_tasks():
        if any(word in task.id for word in words):
            by_metric[task.metric.name].append(f"{MODULE_NODEID}::test_task[{task.id}]")
    return [node for nodes in by_metric.values() for node in nodes[:3]]


def table(folder: Path) -> dict[str, bytes]:
    """Return every file of a run's instance table."""
    top = folder / "instances"
    return {str(path.relative_to(top)): path.read_bytes() for path in sorted(top.rglob("*.csv"))}


def standard_error(values: Sequence[float]) -> float:
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1) / len(values))


def test_the_table_is_the_same_for_any_number_of_workers_and_after_rescore(
    pytester: pytest.Pytester,
) -> None:
    for name, count in (("one", "0"), ("other", "2")):
        args = (RANDOM, "-n", count, "-p", "no:cacheprovider", *some(), f"--generalbench-run={name}")
        assert pytester.runpytest_subprocess(*args).ret == 0
    first = table(pytester.path / "one")
    assert len(first) > 30
    assert table(pytester.path / "other") == first
    assert cli.main(["rescore", "--write", str(pytester.path / "other")]) == 0
    assert table(pytester.path / "other") == first
    assert cli.main(["verify", str(pytester.path / "other")]) == 0


def test_a_killed_run_has_the_same_table_once_it_is_resumed(
    pytester: pytest.Pytester, shared_cache: Path
) -> None:
    (pytester.path / "mortal.py").write_text(MODEL, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", SPEC, "--generalbench-run=killed", *FEW]
    environment = {**os.environ, "DIE_AT": "9", "GENERALBENCH_CACHE": str(shared_cache)}
    done = subprocess.run(command, cwd=pytester.path, env=environment, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert run(pytester, "--generalbench-run=killed", "--generalbench-resume", "-n", "2").ret == 0
    assert run(pytester, "--generalbench-run=whole", *FEW).ret == 0
    assert table(pytester.path / "killed") == table(pytester.path / "whole")


@pytest.mark.slow
def test_rows_agree_with_the_scores_of_every_metric(pytester: pytest.Pytester) -> None:
    chosen = some([""])
    args = (RANDOM, "-n", "2", "-p", "no:cacheprovider", "--generalbench-run=run", *chosen)
    pytester.runpytest_subprocess(*args)
    opened = gb.load_run(pytester.path / "run")
    tasks = opened.tasks()
    assert len(tasks) == len(chosen) > 100
    assert {task.metric for task in tasks} == {task.metric.name for task in load_tasks()}
    rows = opened.to_pandas("instances").groupby("task", observed=True)
    for task in tasks:
        own = rows.get_group(task.task)
        assert len(own) == sum(task.states.values()), task.task
        scored = own[own.score.notna()]
        if metrics.get(task.metric).aggregation == "mean":
            assert task.score == pytest.approx(math.fsum(scored.score) / len(scored), abs=1e-9, rel=1e-9)
        elif task.stderr is not None:
            grouped = scored.drop_duplicates("group") if scored.group.notna().any() else scored
            assert task.stderr == pytest.approx(standard_error(list(grouped.score)), abs=1e-9, rel=1e-9)


def test_rows_say_state_cluster_and_prediction(pytester: pytest.Pytester) -> None:
    assert run(pytester, "--generalbench-run=run", "-k", "causal-reasoning").ret == 0
    rows = list(gb.load_run(pytester.path / "run").instances(["nlp/causal-reasoning"]))
    assert [row.instance for row in rows] == sorted(row.instance for row in rows)
    assert {row.state for row in rows} == {"ok", "unparsable"}
    assert all(row.cluster == row.instance for row in rows)
    assert all((row.prediction == "") == (row.state == "unparsable") for row in rows)
    assert all(row.score == 0.0 for row in rows if row.state == "unparsable")
