"""A run kept in a store of objects: checkpoints that are whole or not there, attempts of which one writes.

A place in a store has three folders. `objects` has pieces of files, named by the SHA-256 of their bytes and
never replaced. `checkpoints` has small files that list the pieces of every file; one is written when all its
pieces are there, under a name of its own. `claims` has a file for each attempt at the run: an attempt that
finds a later one writes no more.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.json_files import parse_json
from pytest_generalbench.core.plain_types import MISFIT, check_types
from pytest_generalbench.runs.object_store import MissingObjectError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_generalbench.runs.object_store import ObjectStore

CLAIMS: Final = "claims"
CHECKPOINTS: Final = "checkpoints"
OBJECTS: Final = "objects"
PARALLEL: Final = 8
"""Objects that are read or written at a time."""

_VERSION: Final = 1
_ATTEMPT: Final = re.compile(r"(\d{6})-([0-9a-f]{8})")
_CHECKPOINT: Final = re.compile(r"(\d{6})-([0-9a-f]{8})-(\d{6})\.json")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_SAFE_NAME: Final = re.compile(r"(?!/)(?!.*//)(?!.*(?:^|/)\.\.?(?:/|$))[^\\\x00\n]+")


class SupersededError(StoreError):
    """A later attempt at the run has begun: this one may write no more."""


class Attempt(NamedTuple):
    """One attempt at a run; of two, the greater one is the later."""

    number: int
    owner: str
    """Chosen at random, so that two that began at the same moment differ."""

    @property
    def name(self) -> str:
        """The attempt in the name of an object."""
        return f"{self.number:06d}-{self.owner}"


class Piece(NamedTuple):
    """Consecutive bytes of a file."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The files of a run as they were at a moment."""

    attempt: Attempt
    number: int
    """Counts the checkpoints of the attempt, from 1."""
    host: str
    written: str
    """Time in UTC, ISO 8601."""
    is_last: bool
    """Whether the attempt has ended, so that none of its follows."""
    files: Mapping[str, tuple[Piece, ...]]
    """The pieces of each file, by its path in the run."""
    heartbeat: Mapping[str, Any] | None = None
    """What the session said of its progress last."""

    @property
    def name(self) -> str:
        """The name of its object."""
        return f"{CHECKPOINTS}/{self.attempt.name}-{self.number:06d}.json"

    def to_bytes(self) -> bytes:
        """Return the content of its object, with a digest of itself."""
        plain = {
            "v": _VERSION,
            "attempt": list(self.attempt),
            "number": self.number,
            "host": self.host,
            "written": self.written,
            "is_last": self.is_last,
            "files": {name: [list(piece) for piece in pieces] for name, pieces in self.files.items()},
            "heartbeat": self.heartbeat,
        }
        return _encoded({**plain, "digest": hashlib.sha256(_encoded(plain)).hexdigest()})

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Return what an object says. Raises DataError where it is not what was written."""
        try:
            plain = parse_json(content.decode())
            digest = plain.pop("digest")
            if plain.pop("v") > _VERSION:
                raise DataError(
                    "a newer version wrote the checkpoint: pip install --upgrade pytest-generalbench"
                )
            if hashlib.sha256(_encoded({"v": _VERSION, **plain})).hexdigest() != digest:
                raise DataError("the checkpoint is not as it was written")
            files = {
                name: tuple(Piece(*piece) for piece in pieces) for name, pieces in plain.pop("files").items()
            }
            checkpoint = cls(**{**plain, "attempt": Attempt(*plain["attempt"]), "files": files})
            check_types(checkpoint)
            if not all(_is_piece(piece) for pieces in files.values() for piece in pieces):
                raise DataError("the checkpoint names pieces that are none")
            if not all(is_safe(name) for name in files):
                raise DataError("the checkpoint names a file outside of the run")
        except MISFIT as error:
            raise DataError(f"the checkpoint cannot be read: {error}") from error
        return checkpoint


def is_safe(name: str) -> bool:
    """Whether a name from a store stays inside of the folder that it is meant for."""
    return _SAFE_NAME.fullmatch(name) is not None


def _is_piece(piece: Piece) -> bool:
    return _SHA256.fullmatch(piece.sha256) is not None and piece.size >= 0


def _encoded(plain: Mapping[str, Any]) -> bytes:
    return (json.dumps(plain, sort_keys=True, separators=(",", ":")) + "\n").encode()


def claim(store: ObjectStore) -> Attempt:
    """Begin an attempt: from now on earlier ones write no more. Raises StoreError."""
    latest = max((attempt for attempt, _ in _claims(store)), default=Attempt(0, ""))
    attempt = Attempt(latest.number + 1, secrets.token_hex(4))
    content = {"host": socket.gethostname(), "time": _now()}
    store.put(f"{CLAIMS}/{attempt.name}.json", (json.dumps(content) + "\n").encode())
    return attempt


def check_claim(store: ObjectStore, attempt: Attempt) -> None:
    """Raise SupersededError where a later attempt has begun, StoreError where the store does not answer."""
    latest, name = max(_claims(store), default=(attempt, ""))
    if latest <= attempt:
        return
    who = "another host"
    try:
        content = json.loads(store.get(f"{CLAIMS}/{name}"))
        who = f"host {content['host']} at {content['time']}"
    except (MissingObjectError, *MISFIT):
        pass
    raise SupersededError(
        f"{store.address}: attempt {latest.number} began on {who}, so attempt {attempt.number} on "
        f"{socket.gethostname()} was taken for dead: it ends, and what it answered since its last checkpoint "
        "is asked again there"
    )


def _claims(store: ObjectStore) -> Iterator[tuple[Attempt, str]]:
    for name in store.names(CLAIMS):
        if match := _ATTEMPT.match(name):
            yield Attempt(int(match[1]), match[2]), name


def checkpoints(store: ObjectStore) -> Iterator[Checkpoint]:
    """Yield the checkpoints that are there as they were written, those of the latest attempt first.

    Raises:
        StoreError: the store does not answer.
    """
    names = [name for name in store.names(CHECKPOINTS) if _CHECKPOINT.fullmatch(name)]
    for name in sorted(names, reverse=True):
        try:
            yield Checkpoint.from_bytes(store.get(f"{CHECKPOINTS}/{name}"))
        except (DataError, MissingObjectError):
            continue  # torn, or removed after a later one was written


def newest_checkpoint(store: ObjectStore) -> Checkpoint | None:
    """Return the latest checkpoint; None where there is none. Raises StoreError."""
    return next(checkpoints(store), None)


def late_checkpoints(store: ObjectStore, attempt: Attempt, fetched: Checkpoint | None) -> list[str]:
    """Return the checkpoints that earlier attempts wrote after `fetched`, from which `attempt` goes on.

    Each attempt looks for a later one before it writes; this is what was written between its look and the
    writing.
    """
    begin = fetched.name.rpartition("/")[2] if fetched else ""
    return [
        name
        for name in store.names(CHECKPOINTS)
        if (match := _CHECKPOINT.fullmatch(name))
        and name > begin
        and Attempt(int(match[1]), match[2]) < attempt
    ]


def read_piece(store: ObjectStore, piece: Piece) -> bytes:
    """Return the bytes of a piece. Raises DataError where they are not those that were written."""
    try:
        content = store.get(f"{OBJECTS}/{piece.sha256}")
    except MissingObjectError as error:
        raise DataError(str(error)) from error
    if len(content) != piece.size or hashlib.sha256(content).hexdigest() != piece.sha256:
        raise DataError(f"{store.address}: {OBJECTS}/{piece.sha256} is not as it was written")
    return content


@dataclass(slots=True)
class CheckpointSeries:
    """The checkpoints of one attempt, in the order in which they are written."""

    store: ObjectStore
    attempt: Attempt
    latest: Checkpoint | None = None
    """The one that was written, or fetched, last; its pieces are in the store."""
    _kept: list[str] = field(default_factory=list)
    _confirmed: set[Piece] = field(default_factory=set)

    def put_pieces(self, contents: Sequence[bytes]) -> list[Piece]:
        """Write pieces that are not in the store yet, several at a time; return them. Raises StoreError."""
        pieces = [Piece(hashlib.sha256(content).hexdigest(), len(content)) for content in contents]
        known = {piece for parts in (self.latest.files if self.latest else {}).values() for piece in parts}
        new = {
            piece: content
            for piece, content in zip(pieces, contents, strict=True)
            if piece not in known and piece not in self._confirmed
        }
        with ThreadPoolExecutor(PARALLEL) as pool:
            list(pool.map(lambda one: self.store.put(f"{OBJECTS}/{one[0].sha256}", one[1]), new.items()))
        self._confirmed.update(new)
        return pieces

    def write(
        self,
        files: Mapping[str, tuple[Piece, ...]],
        heartbeat: Mapping[str, Any] | None = None,
        *,
        is_last: bool = False,
    ) -> Checkpoint:
        """Write a checkpoint of files whose pieces are in the store.

        Raises:
            SupersededError: a later attempt has begun; nothing was written.
            StoreError: the store does not answer.
        """
        check_claim(self.store, self.attempt)
        own = self.latest is not None and self.latest.attempt == self.attempt
        number = self.latest.number + 1 if own and self.latest else 1
        checkpoint = Checkpoint(
            self.attempt, number, socket.gethostname(), _now(), is_last, dict(files), heartbeat
        )
        self.store.put(checkpoint.name, checkpoint.to_bytes())
        self.latest, self._confirmed = checkpoint, set()
        self._kept.append(checkpoint.name)
        self._remove_earlier()
        return checkpoint

    def _remove_earlier(self) -> None:
        """Remove this attempt's checkpoints but the latest two, of which one may be damaged."""
        with suppress(StoreError):  # another time
            while len(self._kept) > 2:
                self.store.remove(self._kept[0])
                del self._kept[0]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
