"""`released` scoring: what the authors' released tool prints, its faults included.

It exists to reproduce published numbers to the last digit, so nothing here is put right:
WER in percent goes below zero, long metric names are not mapped, a missing FID is worth
0 and may beat a negative specialist, only the model's side of the language RMSE is
mapped. `paper` scoring is the one to read a model by.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_generalbench.suite.level.aggregation import LANGUAGE, BoardScores, Side, combine
from pytest_generalbench.suite.level.result import Half

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

LANGUAGE_SHEET: Final = "NLP"
_MODALITIES: Final = {"Image": "image", "Audio": "audio", "Video": "video", "3D": "3d"}
_PARADIGMS: Final = {"Comprehension": "comprehension", "Generation": "generation"}
_EPSILON: Final = 1e-6
_LANGUAGE_SCALE: Final = 5.0

_SCALES: Final[Mapping[str, float]] = {
    "MAE": 50.0, "RMS": 50.0, "MSE": 5.0, "RMSE": 5.0, "ABSREL": 0.1, "EPE": 1.0, "FID": 25.0,
    "FVD": 100.0, "FAD": 10.0, "SAD": 10.0, "RTE": 0.5, "CD": 1.0, "MCD": 5.0,
}  # fmt: skip


def _falling(scale: float) -> Callable[[float], float]:
    return lambda value: (2.0 / (1.0 + math.exp(-scale / value)) - 1.0) * 100.0


_MAPS: Final[Mapping[str, Callable[[float], float]]] = {
    **{name: _falling(scale) for name, scale in _SCALES.items()},
    "PSNR": lambda value: math.tanh(value / 20.0) * 100.0,
    "WER": lambda value: (1.0 - value) * 100.0,
    "MS-SSIM": lambda value: (value + 1.0) / 2.0 * 100.0,
    "MOS": lambda value: (value - 1.0) / 4.0 * 100.0,
}
"""Looked up by the whole upper-cased name: `CD (Chamfer Distance)` is not among them."""


@dataclass(frozen=True, slots=True)
class ReleasedRow:
    """One row of a sheet as the tool sees it: the specialist's cell beside the model's."""

    sheet: str
    metric: str
    """In the official spelling."""
    sota: float | None
    """None is an empty cell."""
    model: float | None
    task: str = ""
    """Id or name, for messages."""
    listed: bool = True
    """Whether the model's sheet is long enough to have this row at all."""


class ReleasedScores(NamedTuple):
    """The scores of a board, or why the tool stops before printing any."""

    scores: BoardScores | None
    missing: tuple[str, ...]
    reason: str | None
    wins: tuple[str, ...] = ()


class _StoppedError(Exception):
    """The tool ends with an error here."""


class _Pair(NamedTuple):
    sota: float
    model: float


def _cell(value: float | None) -> float:
    return math.inf if value is None else float(value)


def _valid(value: float) -> bool:
    return not math.isnan(value) and value != math.inf


def _both_valid(pair: _Pair) -> bool:
    return _valid(pair.sota) and _valid(pair.model)


def _mapped(row: ReleasedRow, value: float) -> float:
    name = row.metric.upper()
    if name not in _MAPS:
        return value
    if math.isnan(value) or value == math.inf or value == 0:
        return 0.0
    if value < 0:
        raise _StoppedError(
            f"{row.task or row.sheet}: the released tool stops at a negative {row.metric} ({value:g})"
        )
    return _MAPS[name](value)


def _half(rows: Sequence[ReleasedRow], pairs: Sequence[_Pair], cells: Sequence[float]) -> Half:
    """Return Level-2 and Level-3 of one side: `cells` are the model's, `pairs` those with both."""
    if not rows:
        return Half()
    valid_cells = [value for value in cells if _valid(value)]
    valid = [pair for pair in pairs if _both_valid(pair)]
    won = [pair.model for pair in valid if pair.model >= pair.sota]
    return Half(
        S2=sum(valid_cells) / len(cells) if valid_cells else 0.0,
        S3=sum(won) / len(rows),
        tasks=len(rows),
        scored=sum(pair.sota != 0 and pair.model != 0 for pair in valid),
        wins=len(won),
    )


def _side(rows: Sequence[ReleasedRow]) -> Half:
    # A shorter model sheet is cut off where it ends, so its own length divides Level-2.
    listed = [row for row in rows if row.listed]
    pairs = [_Pair(_mapped(row, _cell(row.sota)), _mapped(row, _cell(row.model))) for row in listed]
    return _half(rows, pairs, [pair.model for pair in pairs])


def _language_rmse(row: ReleasedRow) -> float:
    value = _cell(row.model)
    try:
        return (2.0 / (1.0 + math.exp(-_LANGUAGE_SCALE / value)) - 1.0) * 100.0
    except (ZeroDivisionError, OverflowError) as error:
        raise _StoppedError(
            f"{row.task or row.sheet}: the released tool stops at a language RMSE of {value:g}"
        ) from error


def _language(rows: Sequence[ReleasedRow]) -> Half:
    """Nothing is mapped but the model's cell in the first RMSE row."""
    first = next((index for index, row in enumerate(rows) if row.metric.upper() == "RMSE"), None)
    if first is not None and not rows[first].listed:
        name = rows[first].task or LANGUAGE_SHEET
        raise _StoppedError(f"{name}: the released tool stops without the row of the language RMSE")
    pairs = [
        _Pair(_cell(row.sota), _language_rmse(row) if index == first else _cell(row.model))
        for index, row in enumerate(rows)
        if row.listed
    ]
    scored = _half(rows, pairs, [pair.model for pair in pairs])
    # What the tool prints beside the language sheet counts raw cells, zeros included.
    raw = [_Pair(_cell(row.sota), _cell(row.model)) for row in rows if row.listed]
    shown = [pair for pair in raw if _both_valid(pair)]
    wins = sum(pair.model >= pair.sota for pair in shown)
    return Half(scored.S2, scored.S3, tasks=len(rows), scored=len(shown), wins=wins)


def _harmonic(one: float, two: float) -> float:
    if one == 0 or two == 0:
        return 0.0
    below = one + two + _EPSILON
    if below == 0:
        raise _StoppedError("Level-4: the released tool divides by zero")
    return 2.0 * (one * two) / below


def _won(rows: Sequence[ReleasedRow], language: bool) -> Iterator[str]:
    """Yield the tasks that the tool counts as won: in the language sheet by the cells as they stand."""
    for row in rows:
        if row.listed:
            cells = _cell(row.sota), _cell(row.model)
            pair = _Pair(*cells) if language else _Pair(*(_mapped(row, cell) for cell in cells))
            if _both_valid(pair) and pair.model >= pair.sota:
                yield row.task


def _side_of(sheet: str) -> Side | None:
    if sheet == LANGUAGE_SHEET:
        return LANGUAGE
    modality, _, paradigm = sheet.partition("-")
    if modality not in _MODALITIES or paradigm not in _PARADIGMS:
        return None  # the tool passes over such a sheet
    return _MODALITIES[modality], _PARADIGMS[paradigm]


def score_released(rows: Sequence[ReleasedRow], board: str = "A") -> ReleasedScores:
    """Score `rows`, in sheet order, as the released tool does.

    The overall mean is over the modalities that occur among the rows. Where the tool
    ends with an error (a negative cell under a mapped metric, a language RMSE of 0),
    there are no scores but a reason that names the task.
    """
    sides: dict[Side, list[ReleasedRow]] = {}
    for row in rows:
        side = _side_of(row.sheet)
        if side is not None:
            sides.setdefault(side, []).append(row)
    missing = tuple(row.task for row in rows if row.model is None or not _valid(row.model))
    modalities = list(dict.fromkeys(modality for modality, paradigm in sides if paradigm is not None))
    try:
        halves = {
            side: _language(items) if side == LANGUAGE else _side(items) for side, items in sides.items()
        }
        wins = tuple(name for side, items in sides.items() for name in _won(items, side == LANGUAGE))
        return ReleasedScores(combine(board, halves, modalities, _harmonic), missing, None, wins)
    except _StoppedError as error:
        return ReleasedScores(None, missing, str(error))
