from __future__ import annotations

import math
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_generalbench.core.task import MetricSpec, Task
from pytest_generalbench.suite import tasks as registry
from pytest_generalbench.suite.level import (
    LevelResult,
    SotaTable,
    compute_level,
    points,
    reaches_sota,
    sota_table,
)
from pytest_generalbench.suite.level.scorings.paper import harmonic
from tests.builders import make_task

TASKS = registry.load_tasks()
BY_ID = {task.id: task for task in TASKS}
RELEASED = sota_table(TASKS, "released")
TASK_IDS = [task.id for task in TASKS if RELEASED.values.get(task.id) is not None]
FID = "image/generation/edge-to-image-gen"

LAWS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def level(scores: dict[str, float | None], **options: Any) -> LevelResult:
    return compute_level(TASKS, scores, scoring="paper", sota=RELEASED, **options)


def four(result: LevelResult) -> tuple[float, ...]:
    found = (result.S2, result.S3, result.S4, result.S5)
    return tuple(score for score in found if score is not None)


def lower(mapping: str = "ratio:25") -> Task:
    return make_task(metric=MetricSpec("FID", "fid", "lower", "distance", mapping))


def test_the_specialists_against_themselves() -> None:
    found = level(dict(RELEASED.values))
    assert [round(score, 3) for score in four(found)] == [63.004, 63.004, 61.611, 38.982]
    assert found.tier == 5
    assert found.qualified is None
    assert found.missing == ()
    assert sum(item.wins for item in found.modalities) == 584
    assert found.language is not None
    assert found.language.half.wins == 115
    assert found.language.w_L == pytest.approx(found.language.S_L / 100)


def test_a_task_that_is_no_win_keeps_its_points_and_is_named() -> None:
    best = dict(RELEASED.values)
    lost = {task: f"no win: {number} of 99 answers" for number, task in enumerate((FID, *TASK_IDS[:4]), 50)}
    found, whole = level(best, no_wins=lost), level(best)
    assert found.S2 == whole.S2
    assert found.S3 is not None
    assert whole.S3 is not None
    assert found.S3 < whole.S3
    assert found.language is not None
    assert whole.language is not None
    before = sum(item.wins for item in whole.modalities) + whole.language.half.wins
    assert before - sum(item.wins for item in found.modalities) - found.language.half.wins == 5
    note, *_ = found.notes
    assert note.startswith("no win though the specialist is reached: ")
    assert note.endswith(" and 2 more")
    assert "(no win: 5" in note
    none: dict[str, float | None] = {"nlp/causal-reasoning": 0.0}
    assert not level(none, no_wins={"nlp/causal-reasoning": "no win: 9 of 9 answers"}).notes
    assert set(whole.wins) - set(found.wins) == set(lost)


def test_a_tier_names_the_wins_that_it_rests_on() -> None:
    empty: dict[str, float | None] = dict.fromkeys(RELEASED.values, 0.0)
    names = ["nlp/causal-reasoning", "nlp/mathematical-word-problem-solving", "nlp/temporal-reasoning"]
    scores = {**{name: None for name in empty}, **{name: 100.0 for name in names}}
    found = level(scores)
    assert found.wins == tuple(name for name in TASK_IDS if name in names)
    assert found.wins_text == f"it rests on 3 wins: {', '.join(found.wins)}"
    assert found.to_dict()["wins"] == list(found.wins)
    (note,) = found.notes
    assert note.endswith(": nlp/mathematical-word-problem-solving (released 1.0 %, the paper prints 81)")
    assert not compute_level(TASKS, scores, scoring="paper", sota=sota_table(TASKS, "paper")).notes
    assert level({}).wins_text == "it rests on no win"
    assert level(dict(RELEASED.values)).wins_text.endswith(" and 694 more")


def test_the_wins_of_the_released_tool_are_named_too() -> None:
    found = compute_level(TASKS, {}, scoring="released", sota=RELEASED)
    assert len(found.wins) == 5
    assert all(name.startswith("audio/") for name in found.wins)
    best = compute_level(TASKS, RELEASED.values, scoring="released", sota=RELEASED)
    assert best.language is not None
    assert len(best.wins) == sum(item.wins for item in best.modalities) + best.language.half.wins


def test_a_model_without_any_result_has_nothing() -> None:
    found = level({})
    assert four(found) == (0.0, 0.0, 0.0, 0.0)
    assert found.tier == 1
    assert len(found.missing) == 699


def test_a_tie_reaches_the_specialist_in_either_direction() -> None:
    higher = make_task()
    assert reaches_sota(higher, 50.0, 50.0)
    assert not reaches_sota(higher, 49.9, 50.0)
    assert reaches_sota(lower(), 18.7, 18.7)
    assert reaches_sota(lower(), 18.6, 18.7)
    assert not reaches_sota(lower(), 18.8, 18.7)


def test_saturated_maps_do_not_decide_who_reaches_the_specialist() -> None:
    chamfer = lower("ratio:1")
    assert points(chamfer, 1e-2) == points(chamfer, 1e-4) == 100.0
    assert not reaches_sota(chamfer, 1e-2, 1e-4)


def test_without_a_specialist_there_is_nothing_to_reach() -> None:
    assert not reaches_sota(make_task(), 100.0, None)
    empty = SotaTable("none", {})
    found = compute_level(TASKS, dict(RELEASED.values), scoring="paper", sota=empty)
    assert found.tier == 2
    assert found.S3 == 0.0


def test_results_are_clipped() -> None:
    bird = "image/comprehension/bird-detection"
    assert four(level({bird: 1000.0})) == four(level({bird: 100.0}))
    assert level({bird: -5.0}).S2 == 0.0


@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf, None])
def test_an_impossible_score_counts_as_missing(value: float | None) -> None:
    found = level({FID: value})
    assert FID in found.missing
    assert found.S2 == 0.0
    assert any("negative" in note for note in found.notes) == (value == -1.0)


def test_a_word_error_rate_in_percent_is_taken_from_100() -> None:
    task = BY_ID["audio/generation/text-to-speech"]
    assert points(task, 5.6) == pytest.approx(94.4)
    assert points(task, 250.0) == 0.0


def test_the_language_rmse_is_mapped_and_compared_raw() -> None:
    better = level({"nlp/time-series": 2.0})
    worse = level({"nlp/time-series": 100.0})
    assert better.language is not None
    assert pytest.approx(100 * math.tanh(5 / 2 / 2) / 115) == better.language.S_L
    assert worse.language is not None
    assert worse.language.S_L == 0.0


def test_optical_flow_is_compared_in_pixels() -> None:
    flow = "video/comprehension/optical-flow-in-simple-synthetic-scene"
    video = {value: level({flow: value}).modalities[1] for value in (0.92, 0.94, 49.2)}
    assert video[0.92].wins == 1
    assert pytest.approx(100 * math.tanh(1 / 0.92 / 2) / 126 / 2) == video[0.92].S3
    assert video[0.94].wins == 0
    assert video[49.2].wins == 0


def test_one_modality_alone_counts_a_quarter() -> None:
    scores: dict[str, float | None] = {
        task.id: RELEASED.values[task.id] for task in TASKS if task.modality == "3d"
    }
    found = level(scores)
    assert pytest.approx(found.modalities[3].S2 / 4) == found.S2
    assert pytest.approx((found.modalities[3].S4 or 0) / 4) == found.S4
    assert found.tier == 4


def test_one_paradigm_alone_has_no_level_four() -> None:
    scores: dict[str, float | None] = {
        task.id: RELEASED.values[task.id] for task in TASKS if task.paradigm == "comprehension"
    }
    found = level(scores)
    assert found.S4 == 0.0
    assert found.tier == 3


def test_the_harmonic_mean() -> None:
    assert harmonic(40.0, 60.0) == pytest.approx(48.0)
    assert harmonic(0.0, 60.0) == 0.0


raw_scores = st.dictionaries(
    st.sampled_from([task.id for task in TASKS]),
    st.one_of(st.none(), st.floats(0, 150), st.sampled_from([0.0, 1e-5, 1e6])),
    max_size=60,
)
"""Scores of some tasks; the other tasks keep what `filled` gives them."""


def filled(scores: dict[str, float | None], specialists: bool) -> dict[str, float | None]:
    return {**(RELEASED.values if specialists else {}), **scores}


@LAWS
@given(raw_scores, st.booleans())
def test_no_level_exceeds_the_one_below_it(scores: dict[str, float | None], specialists: bool) -> None:
    found = level(filled(scores, specialists))
    second, third, fourth, fifth = four(found)
    assert 100.0 >= second >= third >= fourth >= fifth >= 0.0
    for item in found.modalities:
        assert item.S4 is not None
        assert item.S2 >= item.S3 >= item.S4 >= 0.0


@LAWS
@given(raw_scores, st.booleans(), st.sampled_from(TASKS), st.floats(0, 150), st.floats(0, 150))
def test_a_better_score_on_one_task_lowers_no_level(
    scores: dict[str, float | None], specialists: bool, task: Task, one: float, two: float
) -> None:
    worse, better = sorted((one, two), reverse=not task.metric.higher_is_better)
    before = level({**filled(scores, specialists), task.id: worse})
    after = level({**filled(scores, specialists), task.id: better})
    nothing = level({**filled(scores, specialists), task.id: None})
    for low, middle, high in zip(four(nothing), four(before), four(after), strict=True):
        assert low <= middle + 1e-9 <= high + 2e-9


@LAWS
@given(raw_scores, st.integers())
def test_the_order_of_tasks_changes_no_digit(scores: dict[str, float | None], seed: int) -> None:
    shuffled = list(TASKS)
    random.Random(seed).shuffle(shuffled)  # noqa: S311
    found = compute_level(shuffled, filled(scores, True), scoring="paper", sota=RELEASED)
    assert four(found) == four(level(filled(scores, True)))
