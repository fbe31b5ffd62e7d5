"""Symbolic music against symbolic music: correlation of chroma rolls, accuracy of an orchestration."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.core.outputs import SymbolicMusic, Target
from pytest_generalbench.core.outputs.codecs.midi import PERCUSSION, TICKS, ticks
from pytest_generalbench.metrics.accumulators import mean_value
from pytest_generalbench.metrics.base import Metric, MetricValue
from pytest_generalbench.metrics.validation import PredictionFormatError, bad_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CELLS: Final = 4
"""Cells of the roll in a quarter note: sixteenths."""

GRID: Final = 24
"""Steps of a quarter note in which events are told apart: the least that fits sixteenths and triplets."""

_CELL: Final = TICKS // CELLS

Roll = NDArray[np.float64]


def chroma_roll(piece: SymbolicMusic, cells: int) -> Roll:
    """Return how many notes of each pitch class sound in each sixteenth, (cells, 12).

    A note that sounds during a part of a cell counts as that part. Loudness, octave and instrument do not
    count, percussion is left out.
    """
    rises = np.zeros((cells + 2, 12), np.int64)
    for note in piece.notes:
        if note.instrument != PERCUSSION:
            column = rises[:, note.pitch % 12]
            start, stop = ticks(note.start), ticks(note.start + note.length)
            for moment, step in ((start, 1), (stop, -1)):
                # Counted in ticks, from cell to cell: so a long note is no more work than a short one.
                cell, rest = divmod(moment, _CELL)
                column[cell] += step * (_CELL - rest)
                column[cell + 1] += step * rest
    roll: Roll = rises.cumsum(axis=0)[:cells] / _CELL
    return roll


def pcc(prediction: SymbolicMusic, reference: SymbolicMusic) -> float:
    """Return the correlation of two pieces' chroma rolls in percent, 0..100; higher is better.

    Pearson's coefficient over all cells of the two rolls (`chroma_roll`), a sixteenth by a pitch class each;
    the shorter piece is followed by silence. A negative coefficient counts 0, and so does one that is not
    defined because a roll is the same everywhere, unless both are equal.

    Raises:
        Nothing.

    Source: [workbook] `PCC`, whose definition is not published; what is correlated is this project's choice.

    >>> from pytest_generalbench.core.outputs.forms.symbolic_music import Note
    >>> rising = SymbolicMusic((Note(0, 1, 60), Note(1, 1, 62)))
    >>> pcc(rising, rising)
    100.0
    >>> round(pcc(SymbolicMusic((Note(0, 1, 60),)), rising), 4)
    69.1564
    """
    cells = max(1, math.ceil(max(prediction.quarters, reference.quarters) * CELLS))
    predicted, true = chroma_roll(prediction, cells).ravel(), chroma_roll(reference, cells).ravel()
    if np.array_equal(predicted, true):
        return 100.0
    predicted, true = predicted - predicted.mean(), true - true.mean()
    norms = math.sqrt(float(predicted @ predicted) * float(true @ true))
    return 0.0 if norms < 1e-12 else 100 * min(1.0, max(0.0, float(predicted @ true) / norms))


def _changes(piece: SymbolicMusic) -> dict[int, list[tuple[tuple[int, int], int]]]:
    """Return what starts (1) and stops (-1) by grid step: (instrument, pitch)."""
    changes: dict[int, list[tuple[tuple[int, int], int]]] = {}
    for note in piece.notes:
        start = round(note.start * GRID)
        stop = max(start + 1, round((note.start + note.length) * GRID))
        voice = (note.instrument, note.pitch)
        changes.setdefault(start, []).append((voice, 1))
        changes.setdefault(stop, []).append((voice, -1))
    return changes


def e_accuracy(prediction: SymbolicMusic, reference: SymbolicMusic) -> float:
    """Return the event-level accuracy of an orchestration in percent, 0..100; higher is better.

    An event is a moment at which a note of either piece starts, told apart in steps of 1/24 quarter note. At
    each, the sounding (instrument, pitch) pairs of the two are compared: TP / (TP + FP + FN); the mean over
    events. An instrument is a General MIDI program; octaves count, loudness does not.

    Raises:
        PredictionFormatError: Neither piece has a note.

    Source: the accuracy of projective orchestration (Crestel and Esling 2017), taken over events as they
    recommend; [workbook] `E-Acc`, whose definition is not published.

    >>> from pytest_generalbench.core.outputs.forms.symbolic_music import Note
    >>> duet = SymbolicMusic((Note(0, 2, 60, 80, 40), Note(1, 1, 67, 80, 73)))
    >>> e_accuracy(duet, duet), e_accuracy(SymbolicMusic((Note(0, 2, 60, 80, 40),)), duet)
    (100.0, 75.0)
    """
    predicted, true = _changes(prediction), _changes(reference)
    sounding: tuple[Counter[tuple[int, int]], Counter[tuple[int, int]]] = (Counter(), Counter())
    both, either = 0, 0
    shares: list[float] = []
    for moment in sorted({*predicted, *true}):
        changes = [
            (side, *change)
            for side, piece in enumerate((predicted, true))
            for change in piece.get(moment, ())
        ]
        for side, voice, step in changes:
            own, other = sounding[side], sounding[1 - side][voice] > 0
            before = own[voice] > 0
            own[voice] += step
            change = (own[voice] > 0) - before
            both += change * other
            either += change * (not other)
        if any(step > 0 for _, _, step in changes):
            shares.append(both / either)
    if not shares:
        raise PredictionFormatError("e_accuracy needs a note in either piece")
    return 100 * math.fsum(shares) / len(shares)


class _OfNotes:
    """Mean over instances; an answer that counts as wrong scores 0."""

    def __init__(self, name: str, score: Callable[[SymbolicMusic, SymbolicMusic], float]) -> None:
        self._name = name
        self._score = score
        self._values: list[float] = []

    def add(self, prediction: Any, reference: Any) -> None:
        """Take SymbolicMusic or None, and a Target with SymbolicMusic."""
        if not isinstance(reference, Target) or reference.medium is None:
            bad_reference(self._name, "a Target with a medium", reference)
        if prediction is None:
            self._values.append(0.0)
            return
        true = reference.medium()
        if not isinstance(true, SymbolicMusic):
            bad_reference(self._name, "symbolic music", reference)
        if not isinstance(prediction, SymbolicMusic):
            raise PredictionFormatError(f"{self._name} takes SymbolicMusic, not {prediction!r:.60}")
        self._values.append(self._score(prediction, true))

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the mean."""
        return mean_value(self._values)


METRICS: Final = (
    Metric(
        name="pcc",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "100 x max(Pearson correlation, 0) of how many notes sound per sixteenth and pitch class "
            "(percussion left out, the shorter piece followed by silence), mean over instances; an answer "
            "that cannot be read scores 0; the workbook does not say what PCC correlates"
        ),
        factory=lambda: _OfNotes("pcc", pcc),
        needs=("medium",),
    ),
    Metric(
        name="e_accuracy",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "event-level accuracy of projective orchestration, percent: TP / (TP + FP + FN) of the sounding"
            " (General MIDI program, pitch) pairs at every start of a note of either piece, mean over "
            "events, then over instances; the usual definition, as the workbook gives none"
        ),
        factory=lambda: _OfNotes("e_accuracy", e_accuracy),
        needs=("medium",),
    ),
)
