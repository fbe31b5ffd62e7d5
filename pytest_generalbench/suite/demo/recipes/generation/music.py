"""Demo instances of the tasks that make music, as notes or as sound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.outputs.codecs import midi
from pytest_generalbench.suite.demo.builder import COUNT, Entry
from pytest_generalbench.suite.demo.media.vocabulary import PARALLEL, labels_for

if TYPE_CHECKING:
    from pytest_generalbench.suite.demo.builder import Recipe, TaskBuilder

_SCALE: Final = (60, 62, 64, 65, 67, 69, 71, 72)
_ORCHESTRA: Final = (40, 42, 73, 56)
"""Violin, cello, flute, trumpet."""

_SYMBOLIC: Final = "music (symbolic)"
_CHORDS: Final = ("C", "Dm", "Em", "F", "G", "Am")


def _melody(kit: TaskBuilder) -> list[midi.Note]:
    """Return eight quarter notes."""
    return [midi.Note(float(beat), 1.0, kit.dice.pick(_SCALE)) for beat in range(8)]


def _orchestrated(melody: list[midi.Note]) -> list[midi.Note]:
    """Give the notes to instruments in turn, and each a deeper one below it."""
    notes = [note._replace(instrument=_ORCHESTRA[place % 4]) for place, note in enumerate(melody)]
    return notes + [note._replace(pitch=note.pitch - 12, instrument=_ORCHESTRA[1]) for note in melody[::2]]


def _accompanied(melody: list[midi.Note]) -> list[midi.Note]:
    """Put a third and a fifth below every other note."""
    thirds = [note._replace(pitch=note.pitch - third) for note in melody[::2] for third in (8, 12)]
    return melody + thirds


def music_generation(kit: TaskBuilder) -> list[Entry]:
    """Notes and more notes, lyrics with notes and the sound, or lyrics and the sound."""
    entries: list[Entry] = []
    for index in range(COUNT):
        melody = _melody(kit)
        score = midi.written(sorted(melody), ())
        if kit.task.output == _SYMBOLIC:
            made = _orchestrated(melody) if "piano" in kit.task.inputs else _accompanied(melody)
            true = midi.written(sorted(made), ())
            given: Entry = {"midi_file": kit.audio(index, content=score, end="mid")}
            output: Entry = {"midi_file": kit.audio(index, content=true, part=1, end="mid")}
        else:
            given = {"lyrics": PARALLEL["English"][index]}
            if "score" in kit.task.inputs:
                given["score_file"] = kit.audio(index, content=score, part=2, end="mid")
            output = {"audio_file": kit.audio(index)}
        entries.append({"input": given, "output": output})
    return entries


def style_transfer(kit: TaskBuilder) -> list[Entry]:
    """Music, the style that it is to have, and in one task its chords."""
    styles = kit.dice.spread(labels_for("genre"), COUNT)
    entries: list[Entry] = []
    for index, style in enumerate(styles):
        given: Entry = {"audio_file": kit.audio(index), "style": style}
        if "chords" in kit.task.inputs:
            given["chords"] = " ".join(kit.dice.pick(_CHORDS) for _ in range(4))
        entries.append({"input": given})
    return entries


RECIPES: Final[dict[str, Recipe]] = {
    "music_generation": music_generation,
    "music_style_transfer": style_transfer,
}
