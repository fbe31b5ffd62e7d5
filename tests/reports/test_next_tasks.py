from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import pytest_generalbench as gb
from pytest_generalbench.cli import main
from pytest_generalbench.runs.result_file import read_result, write_result
from pytest_generalbench.suite.level import compute_level, sota_table
from pytest_generalbench.suite.tasks import load_tasks
from tests.reports.made_runs import made_run, scored_rows

TASKS = load_tasks()
SOTA = sota_table(TASKS, "released")
LANGUAGE = [task.id for task in TASKS if task.modality == "nlp" and task.metric.mapping == "identity"][:3]
IMAGE = [
    task.id for task in TASKS
    if task.id.startswith("image/comprehension") and task.metric.unit == "percent"
    and task.metric.mapping == "identity" and 30 < (SOTA.values[task.id] or 0) < 70
][:4]  # fmt: skip
DRAWN = next(
    task.id for task in TASKS
    if task.id.startswith("image/generation") and task.metric.higher_is_better and SOTA.values[task.id]
    and task.metric.mapping == "identity"
)  # fmt: skip


def a_run(folder: Path, gaps: dict[str, float | str]) -> Path:
    """Return a run whose scores lie so far from their specialists, with a standard error of 1 each."""
    rows: dict[str, Any] = {}
    for task, gap in gaps.items():
        if isinstance(gap, str):
            rows[task] = gap
            continue
        score = (SOTA.values[task] or 0.0) + gap
        rows[task] = scored_rows([score - 3.0, score + 3.0] * 5)
    made_run(folder, rows)
    result = read_result(folder)
    entries = tuple(replace(entry, sota=SOTA.values[entry.id]) for entry in result.tasks)
    write_result(folder, replace(result, tasks=entries))
    return folder


def gain_by_the_formulas(gaps: dict[str, float], task: str, level: str) -> float:
    def of(values: dict[str, float]) -> float:
        scores = {name: (SOTA.values[name] or 0.0) + gap for name, gap in values.items()}
        return float(getattr(compute_level(TASKS, scores, scoring="paper", sota=SOTA), level) or 0.0)

    return of({**gaps, task: 0.0}) - of(gaps)


def names(steps: gb.NextSteps) -> Sequence[str]:
    return [item.task for item in steps.tasks]


def test_without_a_win_the_nearest_task_is_first(tmp_path: Path) -> None:
    gaps = {IMAGE[0]: -9.0, IMAGE[1]: -2.0, IMAGE[2]: -5.0, LANGUAGE[0]: -1.0}
    steps = gb.next_steps(a_run(tmp_path / "run", {**gaps, IMAGE[3]: "unsupported"}))
    assert (steps.tier, steps.level) == (2, 3)
    assert steps.missing == ("Level-3 needs a win: one task of a modality that reaches its specialist",)
    assert names(steps)[:4] == [IMAGE[1], IMAGE[2], IMAGE[0], IMAGE[3]]
    first = steps.tasks[0]
    assert first.distance == pytest.approx(-2.0) and first.gap == pytest.approx(-2.0)
    assert first.instances == 10 and first.method == "normal"
    assert first.gain == pytest.approx(gain_by_the_formulas(gaps, IMAGE[1], "S3"))
    assert steps.tasks[-1].gain == 0.0  # language has no part in S3
    assert steps.notes[0].startswith(f"{len(TASKS) - 5} tasks of the board were not selected")


def test_level_4_needs_the_other_side(tmp_path: Path) -> None:
    gaps = {IMAGE[0]: 9.0, IMAGE[1]: -2.0, DRAWN: -20.0}
    steps = gb.next_steps(a_run(tmp_path / "run", {**gaps}))
    assert (steps.tier, steps.level) == (3, 4)
    assert steps.missing == ("Level-4 needs a win in image generation: image comprehension has 1 win",)
    assert names(steps) == [DRAWN, IMAGE[1], IMAGE[0]]
    assert steps.tasks[0].gain == pytest.approx(gain_by_the_formulas(gaps, DRAWN, "S4"))
    assert steps.tasks[1].gain == 0.0
    assert steps.tasks[2].reached and steps.tasks[2].hangs and steps.tasks[2].certified


def test_level_5_needs_language_and_then_gains_are_in_s5(tmp_path: Path) -> None:
    gaps = {IMAGE[0]: 9.0, DRAWN: 9.0, LANGUAGE[0]: -2.0, LANGUAGE[1]: -8.0}
    steps = gb.next_steps(a_run(tmp_path / "run", {**gaps}), by="gain")
    assert steps.level == 5 and steps.missing == ("Level-5 needs a win in language",)
    assert set(names(steps)[:2]) == {LANGUAGE[0], LANGUAGE[1]}
    assert [item.gain for item in steps.tasks[:2]] == sorted(
        (item.gain for item in steps.tasks[:2]), reverse=True
    )
    full = gb.next_steps(a_run(tmp_path / "full", {**gaps, LANGUAGE[0]: 9.0}))
    assert (full.tier, full.level, full.missing) == (5, 5, ())


def test_the_command_prints_the_table_json_and_the_methods(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(a_run(tmp_path / "run", {IMAGE[0]: -9.0, IMAGE[1]: -2.0}))
    assert main(["next", folder, "--rows", "1", "--explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Level-2; gains are for S3"
    assert lines[4].split()[:2] == [IMAGE[1], "scored"]
    assert "-2.0 SE" in lines[4]
    assert lines[5] == "and 1 more tasks (--rows, or --json for all)"
    assert any(line.startswith("interval, normal: ") for line in lines)
    assert main(["next", folder, "--json", "--by", "gain"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert {item["task"] for item in plain["tasks"]} == {IMAGE[0], IMAGE[1]}
    assert main(["next", str(tmp_path)]) == 2


def test_an_interval_ends_at_the_best_score(tmp_path: Path) -> None:
    folder = a_run(tmp_path / "run", {IMAGE[0]: 99.0 - (SOTA.values[IMAGE[0]] or 0.0)})
    (item,) = gb.next_steps(folder).tasks
    assert item.low is not None and item.low < 97.0
    assert item.high == 100.0


def test_a_run_without_scores_or_with_an_unknown_order_is_refused(tmp_path: Path) -> None:
    folder = a_run(tmp_path / "run", {IMAGE[0]: "failed"})
    with pytest.raises(gb.GeneralBenchError, match="has no score"):
        gb.next_steps(folder)
    with pytest.raises(gb.UnknownWordError):
        gb.next_steps(folder, by="luck")


def test_the_price_is_that_of_the_tasks_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = a_run(tmp_path / "run", {IMAGE[0]: -2.0, IMAGE[1]: -4.0, IMAGE[2]: 6.0})
    assert main(["next", str(run)]) == 0
    assert "price of asking the 2 tasks above that are no wins: 20 instances\n" in capsys.readouterr().out
    assert main(["next", str(run), "--rows", "1"]) == 0
    assert "price of asking the task above that is no win: 10 instances\n" in capsys.readouterr().out


def test_a_row_of_a_run_has_the_interval_of_its_score(tmp_path: Path) -> None:
    run = gb.load_run(a_run(tmp_path / "run", {IMAGE[0]: -2.0, IMAGE[1]: "failed"}))
    scored, failed = run.tasks()
    assert scored.score is not None
    assert scored.low is not None
    assert scored.high is not None
    half = 2.262157 * (9 * 10 / 9 / 10) ** 0.5  # t at 9 degrees, values 3 off their mean
    assert (scored.high - scored.score, scored.score - scored.low) == pytest.approx((half, half), rel=1e-4)
    assert (failed.low, failed.high) == (None, None)
    assert run.to_pandas("tasks")["low"].notna().tolist() == [True, False]
