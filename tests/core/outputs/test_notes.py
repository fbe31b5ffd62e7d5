"""Symbolic music: exact in its file, tolerant towards other people's, and never led astray by evil ones."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.outputs import (
    AnswerFormatError,
    SymbolicMusic,
    answer_from_plain,
    answer_to_plain,
    form_of,
)
from pytest_generalbench.core.outputs.codecs import midi
from pytest_generalbench.core.outputs.forms.symbolic_music import PERCUSSION, Note, Tempo
from pytest_generalbench.runs.files import MediaStore
from tests.work import steps

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOTES = st.builds(
    Note,
    st.floats(0, 50),
    st.floats(0, 8),
    st.integers(0, 127),
    st.integers(1, 127),
    st.integers(0, PERCUSSION),
)
PIECES = st.builds(
    SymbolicMusic,
    st.lists(NOTES, max_size=40).map(tuple),
    st.lists(st.builds(Tempo, st.floats(0, 50), st.integers(1, (1 << 24) - 1)), max_size=4).map(tuple),
)


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack(">I", len(body)) + body


def midi_file(*tracks: bytes, kind: int = 1, division: int = 4) -> bytes:
    head = chunk(b"MThd", struct.pack(">HHH", kind, len(tracks), division))
    return head + b"".join(chunk(b"MTrk", track) for track in tracks)


def played(*tracks: bytes, **facts: Any) -> list[tuple[float, float, int, int]]:
    piece = SymbolicMusic.decode(midi_file(*tracks, **facts), "some.mid")
    return [(note.start, note.length, note.pitch, note.instrument) for note in piece.notes]


@given(PIECES)
def test_a_piece_comes_back_from_its_file_as_it_was(piece: SymbolicMusic) -> None:
    again = SymbolicMusic.decode(piece.content(), "piece.mid")
    assert again.notes == piece.notes
    assert again.tempos == piece.tempos


def test_more_instruments_than_channels_come_back_as_well() -> None:
    piece = SymbolicMusic(tuple(Note(0, 1, 60, 80, instrument) for instrument in range(PERCUSSION + 1)))
    assert SymbolicMusic.decode(piece.content(), "all.mid").instruments == tuple(range(PERCUSSION + 1))


def test_it_is_kept_as_a_file_with_a_piano_roll(tmp_path: Path) -> None:
    store = MediaStore(tmp_path)
    piece = SymbolicMusic((Note(0, 2, 60), Note(1, 1, 72, 90, 40)), (Tempo(0, 250_000), Tempo(1, 1_000_000)))
    plain = answer_to_plain(piece, store.put)
    assert plain["values"] == {"notes": 2, "instruments": [0, 40], "quarters": 2.0, "seconds": 1.25}
    assert plain["file"].endswith(".mid")
    assert plain["preview"].endswith(".png")
    assert answer_from_plain(plain, store.get) == piece
    roll = piece.preview()
    assert (roll[127 - 60] != 255).any(axis=1).all()
    assert (roll[127 - 72, :90] == 255).all()


@pytest.mark.parametrize(
    ("note", "words"),
    [
        ((0, 1, 128), "a pitch is a whole number 0..127"),
        ((0, 1, 60.5), "a pitch is a whole number 0..127"),
        ((0, 1, True), "a pitch is a whole number 0..127"),
        ((-1, 1, 60), "a start of -1 quarter notes"),
        ((float("nan"), 1, 60), "a start of nan quarter notes"),
        ((0, float("inf"), 60), "a length of inf quarter notes"),
        ((0, 1e6, 60), "a length of 1e.06 quarter notes"),
        (("soon", 1, 60), "a start is a number of quarter notes"),
        ((0, 1, 60, 0), "a velocity is a whole number 1..127"),
        ((0, 1, 60, 80, 129), "an? instrument is a whole number 0..128"),
        ((0, 1), "a note is start, length, pitch"),
        (7, "a note is start, length, pitch"),
    ],
)
def test_a_note_that_cannot_be_is_refused(note: Any, words: str) -> None:
    with pytest.raises(AnswerFormatError, match=words):
        SymbolicMusic((note,))


def test_numbers_of_numpy_are_numbers() -> None:
    note = (np.float32(0.5), np.int64(1), np.uint8(60), np.int16(70))
    assert SymbolicMusic((note,)).notes == (Note(0.5, 1.0, 60, 70, 0),)  # type: ignore[arg-type]


def test_a_note_ends_where_its_pitch_is_struck_again_by_the_same_instrument() -> None:
    piece = SymbolicMusic((Note(0, 4, 60), Note(0, 1, 60), Note(2, 1, 60), Note(0, 4, 60, 80, 1)))
    assert [(note.start, note.length, note.instrument) for note in piece.notes] == [
        (0, 2, 0),
        (0, 4, 1),
        (2, 1, 0),
    ]


def test_files_of_one_track_with_running_status_are_read() -> None:
    # Program 40 on channel 1; C4 and E4 at once, ended by velocity 0 without another status byte.
    track = bytes.fromhex("00c028 00903c50 004050 043c00 044000 00ff2f00")
    assert played(track, kind=0) == [(0, 1, 60, 40), (0, 2, 64, 40)]


def test_tempo_and_program_may_stand_in_another_track() -> None:
    first = bytes.fromhex("00ff510307a120 00c105 08c106 00ff2f00")
    second = bytes.fromhex("00913c50 04813c00 04913e50 04813e00 00ff2f00")
    assert played(first, second) == [(0, 1, 60, 5), (2, 1, 62, 6)]
    assert SymbolicMusic.decode(midi_file(first, second), "a.mid").tempos == (Tempo(0, 500_000),)


def test_the_tenth_channel_is_percussion_and_other_messages_are_passed_over() -> None:
    others = "00f0034342f7 00ff03046e616d65 00b00740 00e00040 00d040 00f8"
    track = bytes.fromhex(f"{others} 00992450 04892400 00ff2f00")
    assert played(track) == [(0, 1, 36, PERCUSSION)]


def test_times_in_seconds_count_at_120_beats_a_minute() -> None:
    # 25 frames a second of 40 ticks: a tick is a millisecond.
    track = bytes.fromhex("00903c50 8768803c00 00ff2f00")
    assert played(track, division=(256 - 25) << 8 | 40) == [(0, 2, 60, 0)]


def test_a_file_in_riff_is_read() -> None:
    inner = SymbolicMusic((Note(0, 1, 60),)).content()
    assert SymbolicMusic.decode(
        b"RIFF" + struct.pack("<I", len(inner) + 12) + b"RMIDdata" + struct.pack("<I", len(inner)) + inner,
        "a.mid",
    ).notes


def test_a_torn_file_keeps_the_notes_before_the_tear() -> None:
    piece = SymbolicMusic(tuple(Note(beat, 1, 60 + beat) for beat in range(8)))
    content = piece.content()
    for cut in range(len(content)):
        try:
            result = SymbolicMusic.decode(content[:cut], "torn.mid").notes
        except AnswerFormatError:
            continue
        assert [note.pitch for note in result] == [60 + beat for beat in range(len(result))]
    assert len(SymbolicMusic.decode(content[:-5], "torn.mid").notes) == 8


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a Standard MIDI file"),
        (b"RIFF....WAVEfmt ", "not a Standard MIDI file"),
        (b"a text that is named .mid", "not a Standard MIDI file"),
        (midi_file(kind=0), "without a track"),
        (midi_file(b"", kind=2), "of type 2"),
        (midi_file(b"", division=0), "quarter note has no length"),
        (midi_file(b"", division=0xE700), "quarter note has no length"),
        (bytes(midi.MAX_BYTES + 1), "more than the"),
        (midi_file(b"\0\x90" + b"\x3c\x50\0" * 600_000), "notes and changes"),
        (midi_file(b"\x8f\xff\xff\x7f\x90\x3c\x50" * 40), "quarter notes, not 0"),
    ],
)
def test_a_file_that_is_no_music_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(AnswerFormatError, match=words):
        SymbolicMusic.decode(content, "evil.mid")


@given(st.binary(max_size=80), st.integers(0, 3), st.integers(0, 0xFFFF))
def test_no_bytes_raise_anything_else(track: bytes, kind: int, division: int) -> None:
    try:
        SymbolicMusic.decode(midi_file(track, b"\0\xff\x2f\0", kind=kind, division=division), "evil.mid")
    except AnswerFormatError as error:
        assert "\n" not in str(error)


def test_a_large_file_is_read() -> None:
    rows = tuple(Note(place / 8, 0.125, place % 128, 80, place % 20) for place in range(60_000))
    assert len(SymbolicMusic.decode(SymbolicMusic(rows).content(), "large.mid").notes) == 60_000


def scattered(count: int) -> bytes:
    """Many voices."""
    return SymbolicMusic(
        tuple(Note(place / 8, 0.125, place % 128, 80, place % 20) for place in range(count))
    ).content()


def heaped(count: int) -> bytes:
    """One key that is struck again and again before it is let go for the first time."""
    return midi_file(b"\1\x90\x3c\x50" * count + b"\1\x80\x3c\0" * count)


def programmed(count: int) -> bytes:
    """A track of nothing but programs, and one of notes that have to find theirs."""
    return midi_file(b"\1\xc0\5" * count, b"\1\x90\x3c\x50\1\x80\x3c\0" * (count // 2))


@pytest.mark.parametrize("make", [scattered, heaped, programmed])
def test_twice_the_notes_are_twice_the_work(make: Callable[[int], bytes]) -> None:
    few, many = make(1_500), make(3_000)
    once = steps(lambda: SymbolicMusic.decode(few, "few.mid"), 500 * 1_500)
    steps(lambda: SymbolicMusic.decode(many, "many.mid"), 5 * once // 2)


def test_a_prediction_file_names_a_midi_file() -> None:
    piece = SymbolicMusic((Note(0, 1, 60),))
    kind = form_of("music")
    assert kind.from_prediction("out/a.MID", lambda name: piece.content()) == piece
    for wrong in ("out/a.wav", ["a.mid"], {"form": "audio", "values": {}, "file": "a.wav"}):
        with pytest.raises(AnswerFormatError):
            kind.from_prediction(wrong, lambda name: piece.content())


def test_without_notes_it_is_empty_and_can_still_be_kept() -> None:
    empty = SymbolicMusic(())
    assert (empty.quarters, empty.seconds, empty.instruments) == (0, 0, ())
    assert SymbolicMusic.decode(empty.content(), "empty.mid") == empty
    assert (empty.preview() == 255).all()
