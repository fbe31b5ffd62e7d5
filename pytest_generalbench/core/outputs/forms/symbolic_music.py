"""Structured output for symbolic music: notes, not sound."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

import numpy as np

from pytest_generalbench.core.outputs.base import AnswerFormatError
from pytest_generalbench.core.outputs.codecs import midi
from pytest_generalbench.core.outputs.codecs.midi import PERCUSSION, TICKS, Note, Tempo
from pytest_generalbench.core.outputs.media_output import MediaOutput

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

__all__ = ["PERCUSSION", "Note", "SymbolicMusic", "Tempo"]

MAX_NOTES: Final = 200_000
MAX_QUARTERS: Final = 50_000.0
"""About seven hours at 120 beats a minute; a longer piece is refused."""

_SLOWEST: Final = (1 << 24) - 1
_WIDE: Final = 192
_COLOURS: Final = (
    (40, 80, 160),
    (190, 60, 50),
    (40, 130, 60),
    (200, 140, 30),
    (130, 70, 160),
    (60, 140, 150),
)


@dataclass(frozen=True, slots=True, eq=False)
class SymbolicMusic(MediaOutput):
    """The notes of a piece, and its tempo.

    Times are quarter notes, rounded to 1/960 of one. They are sorted, and a note ends where the same
    instrument strikes the same pitch again. It is kept as a Standard MIDI file of type 1, a track for each
    instrument. In a prediction file: the name of a .mid.

    >>> chord = SymbolicMusic((Note(0, 1, 60), Note(0, 1, 64), Note(0.5, 1, 60)))
    >>> [(note.start, note.length, note.pitch) for note in chord.notes]
    [(0.0, 0.5, 60), (0.0, 1.0, 64), (0.5, 1.0, 60)]
    """

    form: ClassVar[str] = "music"
    medium: ClassVar[str] = "audio"
    endings: ClassVar[tuple[str, ...]] = (".mid", ".midi")
    notes: tuple[Note, ...]
    """Tuples of five numbers, of which velocity and instrument may be left out, are taken too."""
    tempos: tuple[Tempo, ...] = ()
    """Where the tempo changes; before the first, and without any, 120 beats a minute."""

    def __post_init__(self) -> None:
        """Check, round and sort the notes; a note ends when the same note starts again."""
        if len(self.notes) > MAX_NOTES:
            raise AnswerFormatError(f"music has {len(self.notes)} notes, more than {MAX_NOTES}")
        object.__setattr__(self, "notes", _untangled(map(_note, self.notes)))
        object.__setattr__(
            self, "tempos", tuple(sorted({one.start: one for one in map(_tempo, self.tempos)}.values()))
        )

    @property
    def quarters(self) -> float:
        """The length in quarter notes."""
        return max((note.start + note.length for note in self.notes), default=0.0)

    @property
    def seconds(self) -> float:
        """The length in seconds at the tempos of the piece."""
        end = self.quarters
        steps = [Tempo(0.0), *(tempo for tempo in self.tempos if tempo.start < end), Tempo(end)]
        return (
            sum((after.start - now.start) * now.microseconds for now, after in itertools.pairwise(steps))
            / 1e6
        )

    @property
    def instruments(self) -> tuple[int, ...]:
        """The instruments that play, sorted."""
        return tuple(sorted({note.instrument for note in self.notes}))

    def content(self) -> bytes:
        """Return a Standard MIDI file."""
        return midi.written(self.notes, self.tempos)

    @classmethod
    def decode(cls, content: bytes, name: str) -> Self:
        """Read a Standard MIDI file of type 0 or 1."""
        piece = midi.read(content, name)
        return cls(tuple(piece.notes), tuple(piece.tempos))

    def preview(self) -> NDArray[np.uint8]:
        """Return a piano roll: high notes above, a colour for each instrument."""
        drawn = np.full((128, _WIDE, 3), 255, np.uint8)
        scale = _WIDE / max(self.quarters, 1e-9)
        colours = {one: _COLOURS[place % len(_COLOURS)] for place, one in enumerate(self.instruments)}
        for note in self.notes:
            left, right = int(note.start * scale), int((note.start + note.length) * scale)
            drawn[127 - note.pitch, left : max(right, left + 1)] = colours[note.instrument]
        return drawn

    def summary(self) -> dict[str, Any]:
        """Return how many notes of which instruments, and the length."""
        return {
            "notes": len(self.notes),
            "instruments": list(self.instruments),
            "quarters": round(self.quarters, 3),
            "seconds": round(self.seconds, 3),
        }


def _time(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise AnswerFormatError(f"music: a {what} is a number of quarter notes, not {value!r:.40}")
    if not math.isfinite(value) or not 0 <= value <= MAX_QUARTERS:
        raise AnswerFormatError(f"music: a {what} of {value:g} quarter notes, not 0..{MAX_QUARTERS:g}")
    return midi.ticks(float(value)) / TICKS


def _whole(value: Any, what: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
        raise AnswerFormatError(f"music: a {what} is a whole number {low}..{high}, not {value!r:.40}")
    return int(value)


def _note(given: Sequence[Any]) -> Note:
    try:
        note = Note(*given)
    except TypeError as error:
        raise AnswerFormatError(
            f"music: a note is start, length, pitch, velocity, instrument: {given!r:.60}"
        ) from error
    return Note(
        _time(note.start, "start"),
        max(_time(note.length, "length"), 1 / TICKS),
        _whole(note.pitch, "pitch", 0, 127),
        _whole(note.velocity, "velocity", 1, 127),
        _whole(note.instrument, "instrument", 0, PERCUSSION),
    )


def _tempo(given: Sequence[Any]) -> Tempo:
    try:
        tempo = Tempo(*given)
    except TypeError as error:
        raise AnswerFormatError(f"music: a tempo is start, microseconds: {given!r:.60}") from error
    return Tempo(
        _time(tempo.start, "start"), _whole(tempo.microseconds, "quarter note's length", 1, _SLOWEST)
    )


def _untangled(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Return the notes sorted; of the same pitch and instrument none begins before the last has ended."""
    voices: dict[tuple[int, int], list[Note]] = defaultdict(list)
    for note in notes:
        voices[note.instrument, note.pitch].append(note)
    kept: list[Note] = []
    for voice in voices.values():
        # Struck twice at once: the longest counts, and of equal ones the loudest.
        firsts: dict[float, Note] = {}
        for note in sorted(voice, key=lambda one: (one.start, -one.length, -one.velocity)):
            firsts.setdefault(note.start, note)
        row = list(firsts.values())
        for note, after in itertools.pairwise(row):
            gap = midi.ticks(after.start - note.start) / TICKS
            kept.append(note._replace(length=min(note.length, gap)))
        kept += row[-1:]
    return tuple(sorted(kept))
