from __future__ import annotations

from pathlib import Path

import pytest

import pytest_generalbench as gb
from pytest_generalbench.suite.level import compute_level, sota_table
from pytest_generalbench.suite.tasks import load_tasks
from tests.reports.made_runs import BIRDS, CAPTIONS, made_run, scored_rows

COUNTING = "image/comprehension/crowd-counting"
TASKS = load_tasks()


def ranked(folder: Path, **runs: dict[str, list[float] | str]) -> list[str]:
    made = []
    for name, tasks in runs.items():
        rows = {task: item if isinstance(item, str) else scored_rows(item) for task, item in tasks.items()}
        scores = {task: sum(i) / len(i) for task, i in tasks.items() if not isinstance(i, str)}
        level = compute_level(TASKS, scores, scoring="paper", sota=sota_table(TASKS, "released"))
        made.append(made_run(folder / name, rows, level=level.to_dict()))
    return [
        f"{Path(rank.name).name} {rank.best}-{rank.worst} {[Path(name).name for name in rank.tied]}"
        for rank in gb.rank_runs(made)
    ]


def test_runs_alike_are_tied_and_a_worse_one_is_last(tmp_path: Path) -> None:
    good, swapped = [1.0, 2.0, 1.5, 1.0, 2.0] * 8, [2.0, 1.0, 1.5, 2.0, 1.0] * 8
    bad = [30.0, 31.0] * 20
    places = ranked(tmp_path, one={COUNTING: good}, two={COUNTING: swapped}, bad={COUNTING: bad})
    assert places == ["one 1-2 ['two']", "two 1-2 ['one']", "bad 3-3 []"]


def test_what_a_run_does_not_support_counts_as_0(tmp_path: Path) -> None:
    counts, captions = [1.0, 2.0, 1.5, 1.0, 2.0] * 8, [0.2, 0.3, 0.25, 0.3] * 10
    one: dict[str, list[float] | str] = {COUNTING: [value + 0.5 for value in counts], CAPTIONS: captions}
    two: dict[str, list[float] | str] = {COUNTING: counts, CAPTIONS: "unsupported"}
    assert ranked(tmp_path, one=one, two=two) == ["one 1-1 []", "two 2-2 []"]


def test_what_was_not_measured_in_both_is_refused(tmp_path: Path) -> None:
    counts = [1.0, 2.0, 1.5, 1.0]
    for name, lacking in (("failed", {BIRDS: "failed"}), ("absent", {})):
        one: dict[str, list[float] | str] = {COUNTING: counts, BIRDS: counts}
        with pytest.raises(gb.GeneralBenchError, match=f"cannot be ranked, {BIRDS}"):
            ranked(tmp_path / name, one=one, two={COUNTING: counts, **lacking})
    with pytest.raises(gb.GeneralBenchError, match="two or more"):
        gb.rank_runs([tmp_path])
