from __future__ import annotations

import pytest

from pytest_generalbench.core.errors import UnknownWordError
from pytest_generalbench.suite import tasks as registry
from pytest_generalbench.suite.level import LevelResult, compute_level, sota_table
from pytest_generalbench.suite.level.aggregation import qualifier
from pytest_generalbench.suite.selection import board_tasks, boards

TASKS = registry.load_tasks()
RELEASED = sota_table(TASKS, "released")
SCORES = dict(RELEASED.values)
SOME = sorted(task.id for task in TASKS)[:407]


def level(board: str = "A", scoring: str = "paper", **options: object) -> LevelResult:
    return compute_level(TASKS, SCORES, scoring=scoring, sota=RELEASED, board=board, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("scoring", ["paper", "released"])
@pytest.mark.parametrize("modality", ["image", "video", "audio", "3d"])
def test_board_b_is_the_modality_of_board_a_without_language(modality: str, scoring: str) -> None:
    whole = {item.modality: item for item in level(scoring=scoring).modalities}[modality]
    found = level(f"B:{modality}", scoring)
    assert pytest.approx((whole.S2, whole.S3, whole.S4)) == (found.S2, found.S3, found.S4)
    assert found.S5 is None
    assert found.language is None
    assert found.tier == 4
    assert found.qualified is None


@pytest.mark.parametrize("scoring", ["paper", "released"])
def test_board_c_is_the_plain_mean_of_its_side(scoring: str) -> None:
    whole = {item.modality: item for item in level(scoring=scoring).modalities}["image"]
    found = level("C:image-generation", scoring)
    assert whole.generation is not None
    assert pytest.approx(whole.generation.S2) == found.S2
    assert pytest.approx(whole.generation.S3) == found.S3
    assert (found.S4, found.S5, found.tier) == (None, None, 3)
    assert found.modalities[0].comprehension is None


def test_board_d_is_the_plain_mean_of_its_skill() -> None:
    name = "D:object-detection"
    values = [SCORES[task.id] or 0.0 for task in board_tasks(TASKS, name)]
    found = level(name)
    assert pytest.approx(sum(values) / len(values)) == found.S2
    assert (found.S4, found.S5, found.tier) == (None, None, 3)


def test_a_language_skill_is_a_board_too() -> None:
    name = next(name for name, ids in boards(TASKS).items() if "nlp/causal-reasoning" in ids and name != "A")
    found = level(name)
    assert pytest.approx(found.S3) == found.S2
    assert found.modalities == ()
    assert found.language is not None
    assert found.S5 is None


def test_every_board_can_be_scored_and_keeps_its_own_denominator() -> None:
    for name, ids in boards(TASKS).items():
        found = compute_level(TASKS, {}, scoring="paper", sota=RELEASED, board=name)
        assert len(found.missing) == len(ids)
        assert found.tier == 1


def test_an_unknown_board_or_scoring_lists_the_good_ones() -> None:
    with pytest.raises(UnknownWordError, match="B:image"):
        level("B:smell")
    with pytest.raises(UnknownWordError, match="paper, released"):
        level(scoring="papre")


@pytest.mark.parametrize("scoring", ["paper", "released"])
def test_a_selection_that_is_exactly_a_board_is_that_board(scoring: str) -> None:
    ids = boards(TASKS)["C:audio-generation"]
    found = level(scoring=scoring, selected=ids)
    assert found.board == "C:audio-generation"
    assert found.qualified is None
    assert found.to_dict() == level("C:audio-generation", scoring).to_dict()


def test_a_partial_selection_keeps_the_full_denominators_and_is_qualified() -> None:
    scores = {key: SCORES[key] for key in SOME}
    found = compute_level(TASKS, scores, scoring="paper", sota=RELEASED, selected=SOME)
    alone = compute_level(TASKS, scores, scoring="paper", sota=RELEASED)
    assert found.board == "A"
    assert found.qualified == "partial: 407 of 699 tasks"
    assert (found.S2, found.S5) == (alone.S2, alone.S5)


def test_a_part_of_another_board_is_partial_there() -> None:
    ids = sorted(boards(TASKS)["B:image"])[:10]
    assert level("B:image", selected=ids).qualified == "partial: 10 of 316 tasks"


def test_more_than_the_board_is_complete() -> None:
    assert level("B:image", selected=[task.id for task in TASKS]).qualified is None


def test_what_was_selected_but_not_measured_makes_the_tier_partial() -> None:
    ids = [task.id for task in TASKS]
    assert level("A", selected=ids, measured=ids[5:]).qualified == "partial: 694 of 699 tasks"
    assert level("A", selected=ids, measured=ids).qualified is None


def test_qualifiers_are_joined() -> None:
    found = level(selected=SOME, limit=20, demo=True)
    assert found.qualified == "demo data; partial: 407 of 699 tasks; limited: 20 instances a task"
    assert qualifier(5, 5, None, demo=False) is None


def test_scores_of_no_task_are_named_and_left_out() -> None:
    found = compute_level(TASKS, {"nlp/of-my-own": 5.0}, scoring="paper", sota=RELEASED)
    assert found.S2 == 0.0
    assert "nlp/of-my-own" in found.notes[0]


def test_the_plain_form_has_the_agreed_keys() -> None:
    plain = level().to_dict()
    wanted = {
        "scoring", "sota", "board", "S2", "S3", "S4", "S5", "tier", "qualified", "modalities", "language",
        "missing", "reason",
    }  # fmt: skip
    assert wanted <= set(plain)
    assert plain["missing"] == 0
    assert plain["modalities"][0]["tasks"] == 316
    assert plain["modalities"][0]["comprehension"]["tasks"] == 271
    assert plain["language"] is not None
    assert plain["language"]["S_L"] == pytest.approx(63.2707, abs=1e-4)
