"""The released scorer once more, from its published rules: rows of two workbooks pair by position."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import openpyxl

_SCALES = {
    "MAE": 50, "RMS": 50, "MSE": 5, "RMSE": 5, "ABSREL": 0.1, "EPE": 1, "FID": 25, "FVD": 100, "FAD": 10,
    "SAD": 10, "RTE": 0.5, "CD": 1, "MCD": 5,
}  # fmt: skip


def _number(cell: Any) -> float:
    if cell is None or cell in ("∞", "inf"):
        return math.inf
    try:
        return float(cell)
    except (TypeError, ValueError):
        return math.inf


def _ratio(value: float, scale: float) -> float:
    return 100 * (2 / (1 + math.exp(-scale / value)) - 1)


def _points(metric: str, value: float) -> float:
    name = metric.upper()
    if name not in {*_SCALES, "PSNR", "WER", "MS-SSIM", "MOS"}:
        return value
    if math.isinf(value) or value == 0:
        return 0.0
    if name == "PSNR":
        return 100 * math.tanh(value / 20)
    if name == "WER":
        return 100 * (1 - value)
    if name == "MS-SSIM":
        return 100 * (value + 1) / 2
    return 100 * (value - 1) / 4 if name == "MOS" else _ratio(value, _SCALES[name])


def _column(path: Path) -> dict[str, list[tuple[str, float]]]:
    book = openpyxl.load_workbook(path, data_only=True)
    return {
        sheet.title: [
            (str(row[3].value), _number(row[4].value)) for row in sheet.iter_rows(min_row=2, max_col=5)
        ]
        for sheet in book.worksheets
        if sheet.title.lower() != "level-scores"
    }


def _halves(sota: list[tuple[str, float]], model: list[tuple[str, float]]) -> tuple[float, float]:
    pairs = [
        (_points(metric, best), _points(metric, value))
        for (metric, best), (_, value) in zip(sota, model, strict=True)
    ]
    second = sum(value for _, value in pairs if not math.isinf(value)) / len(pairs)
    both = [pair for pair in pairs if not (math.isinf(pair[0]) or math.isinf(pair[1]))]
    return second, sum(value for best, value in both if value >= best) / len(pairs)


def levels(sota_file: Path, model_file: Path) -> tuple[float, float, float, float]:
    """Return S2..S5 of a model's workbook beside the specialists'."""
    sota, model = _column(sota_file), _column(model_file)
    by_modality = []
    for modality in ("Image", "Video", "Audio", "3D"):
        sides = [f"{modality}-Comprehension", f"{modality}-Generation"]
        (s2c, c), (s2g, g) = (_halves(sota[side], model[side]) for side in sides)
        fourth = 0.0 if c == 0 or g == 0 else 2 * c * g / (c + g + 1e-6)
        by_modality.append(((s2c + s2g) / 2, (c + g) / 2, fourth))
    second, third, fourth = (sum(column) / 4 for column in zip(*by_modality, strict=True))
    language, rows = 0.0, zip(sota["NLP"], model["NLP"], strict=True)
    is_first = True
    for (metric, best), (_, given) in rows:
        value = given
        if metric == "RMSE" and is_first:
            value, is_first = (0.0 if math.isinf(given) else _ratio(given, 5)), False
        if not math.isinf(best) and not math.isinf(value) and value >= best:
            language += value
    return second, third, fourth, fourth * language / len(sota["NLP"]) / 100
