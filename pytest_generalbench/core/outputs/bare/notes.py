"""Bare music: objects of libraries for MIDI, written out and read again."""

from __future__ import annotations

import io
from typing import Any

from pytest_generalbench.core.outputs.base import AnswerFormatError
from pytest_generalbench.core.outputs.forms.symbolic_music import Note, SymbolicMusic


def music_from_bare(value: Any) -> SymbolicMusic | None:
    """Return the notes of an object, or None for what holds none.

    Taken are objects of pretty_midi (`write`), mido (`save`), miditoolkit (`dump`) and symusic
    (`dumps_midi`), each through the MIDI file that it writes, and a list of `Note`. Other lists of numbers
    may be in seconds or in quarter notes.

    >>> music_from_bare([Note(0, 1, 60)]).quarters
    1.0
    """
    if isinstance(value, list | tuple) and value and all(isinstance(one, Note) for one in value):
        return SymbolicMusic(tuple(value))
    content = _file_of(value)
    return None if content is None else SymbolicMusic.decode(content, f"{type(value).__name__}.mid")


def _file_of(value: Any) -> bytes | None:
    """Return the MIDI file that an object writes; None for an object of no such library."""
    buffer = io.BytesIO()
    try:
        if hasattr(value, "dumps_midi"):
            return bytes(value.dumps_midi())
        if hasattr(value, "tracks") and hasattr(value, "ticks_per_beat") and hasattr(value, "save"):
            value.save(file=buffer)
        elif hasattr(value, "instruments") and hasattr(value, "dump"):
            value.dump(file=buffer)
        elif hasattr(value, "instruments") and hasattr(value, "write"):
            value.write(buffer)
        else:
            return None
    except Exception as error:  # code of another library, which may raise anything
        reason = " ".join(str(error).split())
        raise AnswerFormatError(f"{type(value).__name__} writes no MIDI file ({reason})") from error
    return buffer.getvalue()
