"""The gate: what makes it fire, what cannot be compared, and what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pytest_generalbench as gb
from pytest_generalbench.core.option_values import margin_of
from pytest_generalbench.reports.gate import chances_beforehand
from pytest_generalbench.suite.level.aggregation import s2_weights
from pytest_generalbench.suite.level.scorings.paper import MODALITIES
from pytest_generalbench.suite.selection import board_tasks
from tests.reports.made_runs import BIRDS, CAPTIONS, CAUSAL, TASKS, made_run, scored_rows

RIGHT = [100.0] * 30 + [0.0] * 10
LOST = [0.0] * 12 + [100.0] * 18 + [0.0] * 10
IDENTITY = [
    task.id for task in TASKS.values() if task.metric.mapping == "identity" and task.modality != "nlp"
]


def gated(
    tmp_path: Path, first: dict[str, Any], second: dict[str, Any], margin: str | None = None
) -> gb.GateResult:
    one, two = made_run(tmp_path / "one", first), made_run(tmp_path / "two", second)
    return gb.compare_runs(one, two).gate(margin)


def test_a_fall_is_a_regression_and_a_rise_is_none(tmp_path: Path) -> None:
    runs = {CAUSAL: scored_rows(RIGHT)}, {CAUSAL: scored_rows(LOST)}
    result = gated(tmp_path / "fall", *runs)
    assert (result.verdict, result.exit_code) == ("regression", 1)
    assert [alarm.name for alarm in result.alarms] == ["nlp", CAUSAL]
    assert result.lines[0] == "gate: REGRESSION"
    assert CAUSAL in result.lines[2]
    result = gated(tmp_path / "rise", *runs[::-1])
    assert (result.verdict, result.exit_code, result.alarms) == ("passed", 0, ())


def test_a_small_fall_everywhere_is_seen_by_s2_alone(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    runs: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for name in IDENTITY[::3]:
        scores = rng.uniform(30, 70, 30)
        runs[0][name] = scored_rows(list(scores))
        runs[1][name] = scored_rows(list(scores - 1 + rng.normal(0, 10, 30)))
    result = gated(tmp_path, *runs)
    assert "S2" in [alarm.name for alarm in result.alarms]
    assert not {alarm.name for alarm in result.alarms} & set(IDENTITY)


@pytest.mark.parametrize(
    ("state", "code", "words"),
    [
        ("unsupported", 1, "no more takes 1 task:"),
        ("failed", 2, "without a score that the baseline has: 1 task"),
    ],
)
def test_a_task_that_lost_its_score_does_not_pass(tmp_path: Path, state: str, code: int, words: str) -> None:
    first = {CAUSAL: scored_rows(RIGHT), CAPTIONS: scored_rows([1.0, 2, 4])}
    result = gated(tmp_path, first, {CAUSAL: scored_rows(RIGHT), CAPTIONS: state})
    assert result.exit_code == code
    assert any(words in line and CAPTIONS in line for line in result.lines)


def test_a_part_of_the_baseline_is_judged_over_what_it_has(tmp_path: Path) -> None:
    first = {CAUSAL: scored_rows(RIGHT), CAPTIONS: scored_rows([1.0, 2, 4]), BIRDS: "no_data"}
    result = gated(tmp_path, first, {CAUSAL: scored_rows(RIGHT)})
    assert result.exit_code == 0
    assert result.lines == (
        "gate: no regression over 1 task", "1 task of the baseline not selected and not judged",
    )  # fmt: skip


def test_an_incomplete_run_says_so(tmp_path: Path) -> None:
    rows = {CAUSAL: scored_rows(RIGHT)}
    one = made_run(tmp_path / "one", rows)
    two = made_run(tmp_path / "two", {CAUSAL: scored_rows(LOST)}, entries={CAUSAL: {"state": "incomplete"}})
    compared = gb.compare_runs(one, two)
    assert compared.incomplete == (0, 1)
    assert compared.gate().lines[-1] == "instances without an answer count as wrong: in 1 task"


def test_chances_beforehand_are_those_of_a_simulation(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    base = {name: rng.uniform(20, 80, 30) for name in IDENTITY}
    rows = {name: scored_rows(list(scores)) for name, scores in base.items()}
    one = gb.load_run(made_run(tmp_path / "one", rows))
    same, other = chances_beforehand(one, 0.5)
    weights = s2_weights(board_tasks(list(TASKS.values()), "A"), "A", MODALITIES)
    variance = sum((weights[name] * scores.std(ddof=1)) ** 2 / 30 for name, scores in base.items())
    for chance, correlation in ((same, 0.9), (other, 0.5)):
        stderr = (variance * 2 * (1 - correlation)) ** 0.5
        drawn = rng.normal(0, stderr, 20_000)
        assert chance == pytest.approx(float((drawn - 1.645 * stderr > -0.5).mean()), abs=0.015)
    fewer = chances_beforehand(one, 0.5, lambda task: 3)
    assert fewer[1] < other
    assert chances_beforehand(one, 0.5, lambda task: 0) == (1.0, 1.0)
    images = {name: some for name, some in rows.items() if name.startswith("image/comprehension")}
    alone = made_run(tmp_path / "images", images, level={"board": "C:image-comprehension"})
    part = made_run(tmp_path / "part", images)
    assert chances_beforehand(gb.load_run(alone), 0.5)[1] < chances_beforehand(gb.load_run(part), 0.5)[1]


def test_one_instance_a_task_cannot_be_judged(tmp_path: Path) -> None:
    result = gated(tmp_path, {CAUSAL: scored_rows([100.0])}, {CAUSAL: scored_rows([0.0])})
    assert (result.verdict, result.exit_code) == ("not comparable", 2)


def test_non_inferiority_is_shown_or_not(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    base = {name: rng.uniform(30, 70, 40) for name in IDENTITY}
    first = {name: scored_rows(list(scores)) for name, scores in base.items()}
    second = {name: scored_rows(list(scores + rng.normal(0, 5, 40))) for name, scores in base.items()}
    one, two = made_run(tmp_path / "one", first), made_run(tmp_path / "two", second)
    compared = gb.compare_runs(one, two)
    wide, narrow = compared.gate("S2:0.5"), compared.gate("S2:0.01")
    assert wide.exit_code == 0
    assert any("S2 is shown to have lost less than 0.5 points" in line for line in wide.lines)
    assert narrow.exit_code == 1
    assert any("S2 is not shown to have lost less than 0.01 points" in line for line in narrow.lines)


@pytest.mark.parametrize("text", ["S3:0.5", "S2", "S2:0", "S2:-1", "tier:1", "0.5", "S2:x"])
def test_no_other_level_is_a_gate(text: str) -> None:
    with pytest.raises(gb.GeneralBenchError, match=r"S2:0\.5"):
        margin_of(text)


def test_non_inferiority_without_s2_is_an_error(tmp_path: Path) -> None:
    rows = {CAUSAL: scored_rows(RIGHT)}
    with pytest.raises(gb.GeneralBenchError, match="counts in it"):
        gated(tmp_path, rows, rows, "S2:0.5")
