"""Standard MIDI files written and read with the standard library alone.

Times are quarter notes, as the metrics of symbolic music count in beats and not in seconds. Files are read
with tolerance: a torn track keeps the notes before the tear. Nothing in a file makes more work than its size.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections import defaultdict, deque
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_generalbench.core.outputs.base import AnswerFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TICKS: Final = 960
"""Steps of a quarter note; every time is a whole number of them."""

PERCUSSION: Final = 128
"""The instrument of everything on the tenth channel."""

MAX_BYTES: Final = 8 << 20
"""A larger file is refused; an hour of a full orchestra has about one megabyte."""

MAX_EVENTS: Final = 500_000
"""A file with more beginnings and ends of notes is refused."""

_TENTH: Final = 9
_MELODIC: Final = tuple(channel for channel in range(16) if channel != _TENTH)
_DATA_BYTES: Final = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}
_SYSTEM_BYTES: Final = {0xF1: 1, 0xF2: 2, 0xF3: 1}
_DEFAULT_TEMPO: Final = 500_000


class Note(NamedTuple):
    """One note."""

    start: float
    """Quarter notes from the beginning of the piece."""
    length: float
    """In quarter notes."""
    pitch: int
    """0..127, 60 is middle C."""
    velocity: int = 80
    """How hard it is struck, 1..127."""
    instrument: int = 0
    """The General MIDI program, 0..127, or 128 for percussion."""


class Tempo(NamedTuple):
    """The tempo from a time on."""

    start: float
    """Quarter notes from the beginning."""
    microseconds: int = _DEFAULT_TEMPO
    """Length of a quarter note; 500000 are 120 beats a minute."""


class Piece(NamedTuple):
    """The notes and tempos of a file."""

    notes: list[Note]
    tempos: list[Tempo]


class _Torn(Exception):
    """The rest of a track cannot be read."""


def _number(value: int) -> bytes:
    """Return a number in groups of seven bits, the last without the high bit."""
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(value & 0x7F | 0x80)
    return bytes(reversed(groups))


def _track(events: Sequence[tuple[int, int, bytes]]) -> bytes:
    """Return a track chunk of (tick, rank, message); of one tick the lower rank comes first."""
    body, now = bytearray(), 0
    for tick, _, message in sorted(events):
        body += _number(tick - now) + message
        now = tick
    body += b"\0\xff\x2f\0"
    return b"MTrk" + struct.pack(">I", len(body)) + bytes(body)


def ticks(quarters: float) -> int:
    """Return a time in steps of `TICKS`."""
    return round(quarters * TICKS)


def written(notes: Sequence[Note], tempos: Sequence[Tempo]) -> bytes:
    """Return a file of type 1: a track of tempos, then one for each instrument."""
    by_instrument: dict[int, list[Note]] = defaultdict(list)
    for note in notes:
        by_instrument[note.instrument].append(note)
    tracks = [_track([(ticks(at), 0, b"\xff\x51\x03" + length.to_bytes(3, "big")) for at, length in tempos])]
    melodic = 0
    for instrument in sorted(by_instrument):
        channel = _TENTH if instrument == PERCUSSION else _MELODIC[melodic % len(_MELODIC)]
        melodic += instrument != PERCUSSION
        events = [] if instrument == PERCUSSION else [(0, -1, bytes((0xC0 | channel, instrument)))]
        for note in by_instrument[instrument]:
            start = ticks(note.start)
            events.append((start, 1, bytes((0x90 | channel, note.pitch, note.velocity))))
            events.append((start + ticks(note.length), 0, bytes((0x80 | channel, note.pitch, 0))))
        tracks.append(_track(events))
    return b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), TICKS) + b"".join(tracks)


class _Cursor:
    """Reads a track byte by byte and never past its end."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.place = 0

    @property
    def is_at_end(self) -> bool:
        return self.place >= len(self.content)

    def byte(self) -> int:
        if self.is_at_end:
            raise _Torn
        self.place += 1
        return self.content[self.place - 1]

    def bytes(self, count: int) -> bytes:
        if self.place + count > len(self.content):
            raise _Torn
        self.place += count
        return self.content[self.place - count : self.place]

    def number(self) -> int:
        value = 0
        for _ in range(4):
            byte = self.byte()
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value
        raise _Torn


class _Event(NamedTuple):
    """A message of a track; tempo is status 0x51."""

    tick: int
    status: int
    first: int
    second: int


def _events(content: bytes) -> Iterator[_Event]:
    """Yield notes, programs and tempos of a track up to its end, or to where it is torn."""
    cursor, tick, running = _Cursor(content), 0, 0
    while not cursor.is_at_end:
        tick += cursor.number()
        status = cursor.byte()
        if status < 0x80:
            cursor.place -= 1
            status = running
        if status == 0xFF:
            kind, value = cursor.byte(), cursor.bytes(cursor.number())
            if kind == 0x2F:
                return
            if kind == 0x51 and len(value) == 3:
                yield _Event(tick, 0x51, int.from_bytes(value, "big"), 0)
        elif status in (0xF0, 0xF7):
            cursor.bytes(cursor.number())
        elif status > 0xF0:
            cursor.bytes(_SYSTEM_BYTES.get(status, 0))
        elif status < 0x80:
            raise _Torn  # data without a message that it could belong to
        else:
            running = status
            value = cursor.bytes(_DATA_BYTES[status >> 4])
            if max(value) > 0x7F:
                raise _Torn
            yield _Event(tick, status, value[0], value[-1])


def _read_tracks(bodies: Iterator[bytes], name: str) -> list[list[_Event]]:
    tracks: list[list[_Event]] = []
    left = MAX_EVENTS
    for body in bodies:
        result: list[_Event] = []
        with suppress(_Torn):  # what came before a tear stays
            for event in islice(_events(body), left + 1):
                result.append(event)
        left -= len(result)
        if left < 0:
            raise AnswerFormatError(f"{name}: more than {MAX_EVENTS} notes and changes in a MIDI file")
        tracks.append(result)
    return tracks


def _chunks(content: bytes, start: int) -> Iterator[tuple[bytes, bytes]]:
    while start + 8 <= len(content):
        name, length = content[start : start + 4], int(struct.unpack(">I", content[start + 4 : start + 8])[0])
        yield name, content[start + 8 : start + 8 + length]
        start += 8 + length


class _Programs:
    """Programs by channel and time: the track's own last program change goes first."""

    def __init__(self, tracks: Sequence[Sequence[_Event]]) -> None:
        self._said: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for events in tracks:
            for event in events:
                if event.status >> 4 == 0xC:
                    self._said[event.status & 15].append((event.tick, event.first))
        for answer in self._said.values():
            answer.sort()

    def at(self, channel: int, tick: int, own: dict[int, int]) -> int:
        if channel == _TENTH:
            return PERCUSSION
        if channel in own:
            return own[channel]
        answer = self._said.get(channel, [])
        place = bisect_right(answer, (tick, 127))
        return answer[place - 1][1] if place else 0


def _notes(events: Sequence[_Event], programs: _Programs, quarter: float) -> Iterator[Note]:
    """Yield the notes of a track; a stop ends the oldest note of its pitch, the track's end all others."""
    sounding: dict[tuple[int, int], deque[tuple[int, int, int]]] = defaultdict(deque)
    own: dict[int, int] = {}

    def note(pitch: int, begun: tuple[int, int, int], stop: int) -> Note:
        start, velocity, instrument = begun
        return Note(start / quarter, (stop - start) / quarter, pitch, velocity, instrument)

    for tick, status, first, second in events:
        kind, channel = status >> 4, status & 15
        if kind == 0xC:
            own[channel] = first
        elif kind == 0x9 and second:
            sounding[channel, first].append((tick, second, programs.at(channel, tick, own)))
        elif kind in (0x8, 0x9) and sounding[channel, first]:
            yield note(first, sounding[channel, first].popleft(), tick)
    for (_, pitch), begun in sounding.items():
        yield from (note(pitch, one, events[-1].tick) for one in begun)


def _header(content: bytes, name: str) -> tuple[int, float, bool]:
    """Return where the tracks start, the ticks of a quarter note, and whether ticks are parts of seconds."""
    if len(content) < 14 or not content.startswith(b"MThd"):
        raise AnswerFormatError(f"{name}: not a Standard MIDI file")
    length, kind, _, division = struct.unpack(">IHHH", content[4:14])
    if kind > 1:
        raise AnswerFormatError(f"{name}: a MIDI file of type {kind}; types 0 and 1 are read")
    in_seconds = division >= 0x8000
    # Ticks of a frame of film, in which no tempo counts: taken at 120 beats a minute.
    quarter = (256 - (division >> 8)) * (division & 0xFF) / 2 if in_seconds else float(division)
    if not quarter:
        raise AnswerFormatError(f"{name}: a MIDI file whose quarter note has no length")
    return 8 + length, quarter, in_seconds


def read(content: bytes, name: str) -> Piece:
    """Read a file of type 0 or 1, or one wrapped in RIFF. Raises AnswerFormatError when it is none."""
    if len(content) > MAX_BYTES:
        raise AnswerFormatError(f"{name}: {len(content)} bytes, more than the {MAX_BYTES} of a MIDI file")
    if content.startswith(b"RIFF") and content[8:12] == b"RMID":
        content = content[20:]
    start, quarter, in_seconds = _header(content, name)
    tracks = _read_tracks((body for kind, body in _chunks(content, start) if kind == b"MTrk"), name)
    if not tracks:
        raise AnswerFormatError(f"{name}: a MIDI file without a track")
    programs = _Programs(tracks)
    tempos = [
        Tempo(event.tick / quarter, event.first)
        for events in tracks
        for event in events
        if event.status == 0x51 and event.first and not in_seconds
    ]
    return Piece([note for events in tracks for note in _notes(events, programs, quarter)], tempos)
