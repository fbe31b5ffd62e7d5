"""Records of the ledger: what became of a request, and what a judge said of an answer."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from dataclasses import dataclass
from functools import lru_cache, partial
from sys import intern
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.outputs import Get, Put, answer_from_plain, answer_to_plain
from pytest_generalbench.core.request import Output

if TYPE_CHECKING:
    from collections.abc import Mapping

LEDGER_VERSION: Final = 3
"""1: answers and verdicts alone. 2: a worker's events as well; a verdict names the answer it is about. 3: a
line ends with a check sum of all before it."""

_SEALED_SINCE: Final = 3
_SEAL: Final = b', "crc": "'
_SEAL_LENGTH: Final = len(_SEAL) + 8 + 2
_UNSEALED: Final = tuple(b'{"v": %d,' % version for version in range(1, _SEALED_SINCE))
"""How lines begin that have no check sum."""

RECORDS: Final = ("answer", "verdict")
"""The kinds of line that are records; all others are events (`events.EVENTS`)."""

ANSWERED: Final = ("ok", "refused", "unparsable")
"""States of an instance that the model has answered; any other may be asked again."""

_JSON: Final = json.JSONEncoder(ensure_ascii=False, default=str)

MEDIA_FOLDER: Final = "media"
"""Beside the ledger: what does not fit into a line, named by its content."""


class LedgerError(GeneralBenchError):
    """The ledger cannot be written, or was written by a newer version; the message says the way out."""


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the ledger: what became of one request, or what a judge said of an answer."""

    task: str
    instance: str
    kind: str = "answer"
    """`answer`, or `verdict` for a judge's."""
    state: str = "ok"
    """ok, refused, error, timeout, oom or missing_media; `unparsable` is found when scoring."""
    digest: str | None = None
    """Digest of the request, of a verdict that of request and answer; None when none could be made."""
    output: Output | None = None
    verdict: float | None = None
    """A judge's verdict in 0..1; None when the judge failed."""
    message: str | None = None
    seconds: float | None = None
    repeat: int = 0
    """Which answer to the instance it is, from 0 on; a verdict's digest tells it."""

    def to_json(self, put: Put) -> str:
        """Return the line without its newline; what is too large for a line goes through `put`."""
        plain: dict[str, Any] = {"v": LEDGER_VERSION, "kind": self.kind, "task": self.task}
        plain |= {"instance": self.instance, "state": self.state, "digest": self.digest}
        if self.output is not None:
            plain["output"] = _plain_output(self.output, put)
        for key in ("verdict", "message", "seconds"):
            value = getattr(self, key)
            if value is not None:
                plain[key] = round(value, 6) if isinstance(value, float) else value
        if self.repeat:
            plain["repeat"] = self.repeat
        # Details are the model's own words and may be anything.
        return sealed(_JSON.encode(plain))


def sealed(line: str) -> str:
    """Return a line's JSON object with a check sum (CRC-32) of its bytes as the last key.

    >>> sealed('{"v": 3}')
    '{"v": 3, "crc": "d744de36"}'
    """
    check = zlib.crc32(line.encode("utf-8", "backslashreplace"))
    return f'{line[:-1]}{_SEAL.decode()}{check:08x}"}}'


def _has_seal(line: bytes) -> bool:
    """Whether the line has a check sum. Raises ValueError when it is not that of the line."""
    start = len(line) - _SEAL_LENGTH
    if line[start : start + len(_SEAL)] != _SEAL:
        return False
    check = zlib.crc32(line[:start] + b"}")
    if line[start + len(_SEAL) :] != b'%08x"}' % check:
        raise ValueError("the line is not as it was written")
    return True


class RecordHead(NamedTuple):
    """What a sealed line is about, without the rest of it."""

    kind: str
    """`answer`, `verdict` or `asked`."""
    task: str
    instance: bytes
    """As the line has it; empty for a batch."""
    seal: int
    """The check sum of the line."""


_SEALED_HEAD: Final = re.compile(
    rb'\{"v": 3, "kind": "(answer|verdict|asked)", "task": "([^"\\]+)", '
    rb'(?:"instance": "([^"\\]*)", |"instances": )'
)


def head_of(line: bytes) -> RecordHead | None:
    """Return the head of a whole, sealed line in the usual form; None for any other line.

    A line that is not as it was written has none. Nothing is parsed: this takes a fifth of the time.
    """
    head = _SEALED_HEAD.match(line)
    start = len(line) - _SEAL_LENGTH - 1
    if head is None or line[start : start + len(_SEAL)] != _SEAL:
        return None
    seal = zlib.crc32(b"}", zlib.crc32(memoryview(line)[:start]))
    if line[start + len(_SEAL) :] != b'%08x"}\n' % seal:
        return None
    kind, task, instance = head.groups(b"")
    return RecordHead(_text(kind), _text(task), instance, seal)


@lru_cache(maxsize=1024)
def _text(word: bytes) -> str:
    """Return a word that many lines have."""
    return word.decode()


def seal_of(line: bytes) -> int:
    """Return the check sum that a sound line ends with; of a line that has none, that of the whole line.

    >>> hex(seal_of(sealed('{"v": 3}').encode()))
    '0xd744de36'
    """
    whole = line.rstrip(b"\n")
    if whole[-_SEAL_LENGTH:].startswith(_SEAL):
        return int(whole[-10:-2], 16)
    return zlib.crc32(whole)


@dataclass(slots=True)
class Tally:
    """How many records there are and the sum of their check sums, the same in any order.

    >>> one, other = Tally(), Tally()
    >>> one.add(7), one.add(8), other.add(8), other.add(7)
    (None, None, None, None)
    >>> str(one), one == other
    ('2-f', True)
    """

    count: int = 0
    total: int = 0

    def add(self, seal: int) -> None:
        """Count a record with this check sum."""
        self.count += 1
        self.total += seal

    def __add__(self, other: Tally) -> Tally:
        """Return the tally of both."""
        return Tally(self.count + other.count, self.total + other.total)

    def __str__(self) -> str:
        """Return the tally as it is kept."""
        return f"{self.count}-{self.total:x}"


def _plain_output(output: Output, put: Put) -> dict[str, Any]:
    plain: dict[str, Any] = {"medium": output.medium, "text": output.text}
    answer = output.read()
    if answer is not None:
        plain["answer"] = answer_to_plain(answer, put)
        plain["key"] = hashlib.sha256(json.dumps(plain["answer"]).encode()).hexdigest()[:16]
    if output.details:
        plain["details"] = dict(output.details)
    return plain


def record_from_json(line: str | bytes, get: Get) -> Record:
    """Parse one line. Raises ValueError or KeyError when it is torn or not a record."""
    return StoredRecord.from_plain(parse_line(line)).decode(get)


def parse_line(line: str | bytes) -> dict[str, Any]:
    """Return the line's object.

    Raises ValueError or KeyError when it is torn or not as it was written, LedgerError when it is newer.
    """
    content = line.encode("utf-8", "backslashreplace") if isinstance(line, str) else line
    has_seal = _has_seal(content.rstrip(b"\n"))
    plain = json.loads(content.decode("utf-8"))
    if not isinstance(plain, dict) or not isinstance(plain["kind"], str):
        raise ValueError("no record")
    if plain["v"] > LEDGER_VERSION:
        raise LedgerError(
            f"ledger version {plain['v']} is newer than this program's {LEDGER_VERSION}: "
            "pip install --upgrade pytest-generalbench"
        )
    if plain["v"] >= _SEALED_SINCE and not has_seal:
        raise ValueError("a line without its check sum")
    plain.pop("crc", None)
    return plain


def _is_sound(line: bytes) -> bool:
    """Whether the line is as it was written, as far as its version lets that be seen."""
    try:
        return _has_seal(line[:-1]) or line.startswith(_UNSEALED)
    except ValueError:
        return False


class AnswerOutcome(NamedTuple):
    """What became of one request, without the answer."""

    task: str
    instance: str
    state: str
    seconds: float
    """0 where the line has none."""
    repeat: int
    tokens: int = 0
    """Tokens of the answer, 0 where the model does not say."""


_HEAD: Final = re.compile(
    rb'\{"v": [123], "kind": "answer", "task": "([^"\\]+)", "instance": "([^"\\]*)", "state": "(\w+)", '
)
_TAIL: Final = re.compile(
    rb'"seconds": ([0-9.e+-]+)(?:, "repeat": ([0-9]+))?(?:, "crc": "[0-9a-f]{8}")?\}\n$'
)
_TAIL_BYTES: Final = 80
_TOKENS: Final = re.compile(rb'"completion_tokens": ([0-9]+)')
"""Quotation marks in texts are escaped: this is a key of the answer's details."""


def outcome_of(line: bytes) -> AnswerOutcome | None:
    """Return the outcome in a line that has it in the usual places; None for any other line.

    It reads both ends of the line alone, in a third of the time that the whole line takes. A line that is not
    as it was written has none.
    """
    head = _HEAD.match(line)
    tail = _TAIL.search(line, max(0, len(line) - _TAIL_BYTES)) if head else None
    if head is None or tail is None or not _is_sound(line):
        return None
    task, instance, state = head.groups()
    tokens = _TOKENS.search(line, head.end(), tail.start()) if b'"completion_tokens": ' in line else None
    return AnswerOutcome(
        _text(task),
        instance.decode(),
        _text(state),
        float(tail[1]),
        int(tail[2]) if tail[2] else 0,
        int(tokens[1]) if tokens else 0,
    )


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as its line has it; the answer in it is read by `decode` alone."""

    kind: str
    task: str
    instance: str
    state: str
    digest: str | None
    plain: Mapping[str, Any]
    """The line's object."""

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> StoredRecord:
        """Return the record of a line's object. Raises ValueError or KeyError when it is none."""
        task, state = plain["task"], plain["state"]
        if not isinstance(task, str) or not isinstance(state, str):
            raise ValueError("no record")
        # The lines of a task say the same words again: one text of each is kept.
        return cls(plain["kind"], intern(task), plain["instance"], intern(state), plain["digest"], plain)

    @property
    def is_good(self) -> bool:
        """Whether it is an answer that was had, or a verdict that was given."""
        if self.kind == "verdict":
            return self.plain.get("verdict") is not None
        return self.state in ANSWERED

    @property
    def seconds(self) -> float | None:
        """The duration of the request in seconds."""
        return self.plain.get("seconds")

    @property
    def outcome(self) -> AnswerOutcome:
        """What became of the request, without the answer."""
        tokens = self.details.get("completion_tokens")
        return AnswerOutcome(
            self.task,
            self.instance,
            self.state,
            float(self.seconds or 0.0),
            self.repeat,
            tokens if isinstance(tokens, int) else 0,
        )

    @property
    def repeat(self) -> int:
        """Which answer to the instance it is, from 0 on."""
        return int(self.plain.get("repeat", 0))

    @property
    def message(self) -> str | None:
        """Why the state is what it is."""
        return self.plain.get("message")

    @property
    def text(self) -> str | None:
        """The answer, where it is text."""
        return (self.plain.get("output") or {}).get("text")

    @property
    def answer(self) -> Mapping[str, Any] | None:
        """The plain form of an answer that is not text."""
        return (self.plain.get("output") or {}).get("answer")

    @property
    def file(self) -> str | None:
        """Name of the kept file that holds the answer, where one does."""
        return (self.answer or {}).get("file")

    @property
    def shown(self) -> str | None:
        """The text of the answer, else the digest that equal answers share."""
        return self.text or (self.plain.get("output") or {}).get("key")

    @property
    def details(self) -> Mapping[str, Any]:
        """Further details that the model returned with the answer."""
        return (self.plain.get("output") or {}).get("details") or {}

    def decode(self, get: Get) -> Record:
        """Return the record with its answer; what lies in files is read when the answer is opened."""
        plain, output = self.plain, self.plain.get("output")
        return Record(
            task=self.task,
            instance=self.instance,
            kind=self.kind,
            state=self.state,
            digest=self.digest,
            output=None if output is None else _output(output, self.state, get),
            verdict=plain.get("verdict"),
            message=self.message,
            seconds=self.seconds,
            repeat=self.repeat,
        )


def _output(plain: Mapping[str, Any], state: str, get: Get) -> Output:
    stored = plain.get("answer")
    return Output(
        text=plain["text"],
        medium=plain["medium"],
        answer=None if stored is None else partial(answer_from_plain, stored, get),
        key=plain.get("key"),
        file=None if stored is None else stored.get("file"),
        refused=state == "refused",
        details=plain.get("details", {}),
    )
