from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from pytest_generalbench.suite import tasks as registry
from pytest_generalbench.suite.level import ReleasedRow, compute_level, released_level, sota_table
from pytest_generalbench.suite.level.tables.workbook import cell_value

TASKS = registry.load_tasks()
RELEASED = sota_table(TASKS, "released")

Cell = float | str | None
Rows = Sequence[tuple[str, Cell, Cell]]


def rows(sheet: str, cells: Rows) -> list[ReleasedRow]:
    return [
        ReleasedRow(sheet, metric, cell_value(sota), cell_value(model), task=f"{sheet} {number}")
        for number, (metric, sota, model) in enumerate(cells, start=1)
    ]


def three_sheets(comprehension: Rows, generation: Rows, language: Rows) -> list[ReleasedRow]:
    return [
        *rows("Image-Comprehension", comprehension),
        *rows("Image-Generation", generation),
        *rows("NLP", language),
    ]


@pytest.mark.parametrize(
    ("comprehension", "generation", "language", "expected"),
    [
        (
            [("ACC", 80, 80), ("F1", 50, 50)],
            [("FID", 25, 25), ("CLIP score", 30, 30)],
            [("ACC", 60, 60), ("RMSE", 2.31, 2.31)],
            (51.55292893150025, 51.55292893150025, 48.045393121376925, 33.48841706007428),
        ),
        (
            [("ACC", 80, 90), ("F1", 50, 40)],
            [("FID", 25, None), ("CLIP score", 30, None)],
            [("ACC", 60, 70)],
            (32.5, 22.5, 0.0, 0.0),
        ),
        (
            [("MAE", 10, 8), ("EPE", 2, 4)],
            [("FID", 25, 20), ("FAD", 10, 12), ("MCD", 4, 3), ("PSNR", 20, 30)],
            [("RMSE", 2.31, 3)],
            (59.71409248816394, 51.678785344738856, 51.611013165813205, 35.21222223851347),
        ),
        (
            [("ACC", 80, 85)],
            [("WER", 5.6, 4.0), ("MOS", 3.8, 4.2)],
            [("ACC", 60, 70), ("ACC", 90, 10)],
            (-12.5, -12.5, 748.0000299200012, 261.8000104720004),
        ),
        (
            [("ACC", 80, "∞"), ("ACC", None, 90), ("ACC", "n/a", 90), ("ACC", 70, "75"), ("FID", None, 30)],
            [("FID", 25, "inf"), ("CLIP score", 30, 31)],
            [("ACC", 60, 70), ("ACC", None, 90), ("ACC", 50, None)],
            (37.19118567930815, 19.19118567930815, 18.48123157915916, 4.312287368470471),
        ),
        (
            [("RTE ( Relative Translation Error)", 0.55, 2.0)],
            [("CD (Chamfer Distance)", 4.93e-05, 0.3), ("CLIP score", 30, 31)],
            [("ACC", 60, 70)],
            (8.825, 8.825, 3.5467420086831725, 2.4827194060782207),
        ),
    ],
)
def test_the_worked_examples(
    comprehension: Rows, generation: Rows, language: Rows, expected: tuple[float, ...]
) -> None:
    found = released_level(three_sheets(comprehension, generation, language), sota="example")
    assert pytest.approx(expected, abs=1e-9) == (found.S2, found.S3, found.S4, found.S5)
    assert [level.modality for level in found.modalities] == ["image"]


def test_the_specialists_against_themselves() -> None:
    found = compute_level(TASKS, RELEASED.values, scoring="released", sota=RELEASED)
    expected = (112.20786464365304, 112.20786464365304, 156.21245112919934, 98.83674852003352)
    assert pytest.approx(expected, abs=1e-9) == (found.S2, found.S3, found.S4, found.S5)
    by_name = {level.modality: level for level in found.modalities}
    assert pytest.approx(-25.25, abs=0.005) == by_name["audio"].S2
    assert pytest.approx(380.02, abs=0.005) == by_name["audio"].S4
    assert pytest.approx(354.71, abs=0.005) == by_name["3d"].S2


def test_a_model_without_any_result_wins_five_audio_tasks() -> None:
    found = compute_level(TASKS, {}, scoring="released", sota=RELEASED)
    assert (found.S2, found.S3, found.S4, found.S5) == (0.0, 0.0, 0.0, 0.0)
    assert [(level.modality, level.wins, level.scored) for level in found.modalities] == [
        ("image", 0, 0), ("video", 0, 0), ("audio", 5, 0), ("3d", 0, 0),
    ]  # fmt: skip


def test_a_negative_mapped_cell_is_not_computable_and_names_the_task() -> None:
    found = released_level(rows("Audio-Generation", [("FAD", 10, -1)]), sota="example")
    assert not found.computable
    assert found.tier is None
    assert (found.S2, found.S3, found.S4, found.S5) == (None, None, None, None)
    assert "Audio-Generation 1" in str(found.reason)
    assert "negative FAD" in str(found.reason)
    assert found.to_dict()["reason"] == found.reason


@pytest.mark.parametrize("value", [0, -0.005])
def test_a_language_rmse_the_tool_stops_at_names_the_task(value: float) -> None:
    scores = {**RELEASED.values, "nlp/time-series": value}
    found = compute_level(TASKS, scores, scoring="released", sota=RELEASED)
    assert found.tier is None
    assert "nlp/time-series" in str(found.reason)


def test_on_a_board_without_language_a_language_rmse_of_zero_does_no_harm() -> None:
    scores = {**RELEASED.values, "nlp/time-series": 0.0}
    found = compute_level(TASKS, scores, scoring="released", sota=RELEASED, board="B:image")
    assert found.computable
    assert found.S5 is None


def test_only_the_models_first_language_rmse_is_mapped() -> None:
    language: Rows = [("RMSE", 2.31, 108.0), ("RMSE", 2.31, 2.0)]
    found = released_level(three_sheets([("ACC", 1, 100)], [("ACC", 1, 100)], language), sota="example")
    assert found.language is not None
    assert pytest.approx(100 * (2 / (1 + math.exp(-5 / 108)) - 1) / 2) == found.language.S_L
    assert found.language.half.wins == 1  # the printed count compares raw cells


def test_a_missing_language_rmse_is_a_lost_task() -> None:
    found = released_level(rows("NLP", [("RMSE", 2.31, None), ("ACC", 50, 60)]), sota="example")
    assert found.language is not None
    assert found.language.S_L == 30.0


def test_minus_infinity_stays_and_is_null_in_json() -> None:
    found = released_level(rows("Image-Comprehension", [("ACC", 80, "-inf"), ("ACC", 80, 90)]), sota="x")
    assert -math.inf == found.S2
    assert found.to_dict()["S2"] is None
    assert math.isinf(cell_value("-inf"))
    assert math.isnan(cell_value("nan"))


def test_a_model_sheet_that_ends_early_is_cut_off_there() -> None:
    full = rows("Image-Comprehension", [("ACC", 80, 90), ("ACC", 80, None)])
    short = [full[0], ReleasedRow("Image-Comprehension", "ACC", 80, None, task="second", listed=False)]
    assert released_level(full, sota="x").modalities[0].S2 == 22.5
    found = released_level(short, sota="x").modalities[0]
    assert (found.S2, found.S3) == (45.0, 22.5)


def test_counters_leave_zeros_out_of_supported_but_not_out_of_wins() -> None:
    half = released_level(rows("Image-Comprehension", [("ACC", 0, 0), ("ACC", 50, 0)]), sota="x").modalities[
        0
    ]
    assert (half.scored, half.wins, half.tasks) == (0, 1, 2)


def test_a_sheet_of_an_unknown_modality_is_passed_over() -> None:
    found = released_level(
        [*rows("Smell-Generation", [("ACC", 1, 1)]), *rows("3D-Generation", [("ACC", 1, 2)])], sota="x"
    )
    assert [level.modality for level in found.modalities] == ["3d"]
