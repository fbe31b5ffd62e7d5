"""A run folder and its log, written to checkpoints in a store and made again from them."""

from __future__ import annotations

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.file_locks import exclusive
from pytest_generalbench.core.new_files import atomic_write, private_folder, temporary_name
from pytest_generalbench.core.plain_types import MISFIT
from pytest_generalbench.core.regular_files import read_regular
from pytest_generalbench.runs.batch_claims import FOLDER as BATCH_CLAIMS
from pytest_generalbench.runs.heartbeat import HEARTBEAT_FILE
from pytest_generalbench.runs.ledger.index import LEDGER_GLOB
from pytest_generalbench.runs.ledger.records import MEDIA_FOLDER
from pytest_generalbench.runs.manifest import MANIFEST_FILE, run_files
from pytest_generalbench.runs.run_manifest import RUN_FILE
from pytest_generalbench.runs.stored_run import PARALLEL, Checkpoint, checkpoints, read_piece

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pytest_generalbench.runs.object_store import ObjectStore
    from pytest_generalbench.runs.stored_run import CheckpointSeries, Piece

PIECE_BYTES: Final = 4 << 20
"""Bytes of a file that are one object at most."""

_BATCH_BYTES: Final = 64 << 20
"""Bytes that are in memory at a time while files are written to the store."""

_RUN: Final = "run/"
_LOG: Final = "log"
_MEDIA: Final = f"{_RUN}{MEDIA_FOLDER}/"


@dataclass(frozen=True, slots=True)
class StoredFolder:
    """Where a run folder and its log lie on this host."""

    folder: Path

    @property
    def log(self) -> Path:
        """The log of the sessions, beside the folder."""
        return self.folder.with_name(f"{self.folder.name}.log")

    @property
    def state(self) -> Path:
        """The file beside the folder that holds the checkpoint which was written or fetched here last."""
        return self.folder.with_name(f"{self.folder.name}.checkpoint.json")

    def path_of(self, name: str) -> Path | None:
        """Return the path of a file of a checkpoint; None where this version knows no such file."""
        if name == _LOG:
            return self.log
        return self.folder / name.removeprefix(_RUN) if name.startswith(_RUN) else None

    def latest(self) -> Checkpoint | None:
        """Return the checkpoint that was written or fetched here last; None where there is none."""
        try:
            return Checkpoint.from_bytes(read_regular(self.state))
        except (OSError, DataError):
            return None

    def note(self, checkpoint: Checkpoint) -> None:
        """Keep the checkpoint that was written or fetched last."""
        atomic_write(self.state, checkpoint.to_bytes())


def _grows(name: str) -> bool:
    """Whether a file is only ever appended to."""
    return name == _LOG or fnmatch(name, f"{_RUN}{LEDGER_GLOB}")


def _size(pieces: tuple[Piece, ...]) -> int:
    return sum(piece.size for piece in pieces)


@dataclass(slots=True)
class FolderUploads:
    """Writes checkpoints of a folder; of a file that grew, the bytes that are new."""

    series: CheckpointSeries
    place: StoredFolder
    _seen: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Time and size of the files that are in the latest checkpoint of this attempt."""

    def write(self, *, is_last: bool = False) -> Checkpoint:
        """Write a checkpoint of the folder as it is now; a session may be writing into it.

        Args:
            is_last: Whether no session writes any more: every file but media is then compared with what is
                stored.

        Raises:
            SupersededError: a later attempt has begun.
            StoreError: the store does not answer; the checkpoint before stays.
            OSError: the folder cannot be read.
        """
        # Before the files: what it tells of is then among them.
        heartbeat = self._heartbeat()
        before = dict(self.series.latest.files) if self.series.latest else {}
        files: dict[str, tuple[Piece, ...]] = {}
        seen: dict[str, tuple[int, int]] = {}
        batch = _Batch(self.series, files)
        for name, path in self._files():
            known = before.get(name, ())
            try:
                facts = path.stat()
                seen[name] = (facts.st_mtime_ns, facts.st_size)
                is_same = not is_last and self._seen.get(name) == seen[name]
                # A medium is named by its content: the disk is spared to read all of them again.
                if known and (is_same or (name.startswith(_MEDIA) and _size(known) == facts.st_size)):
                    files[name] = known
                elif _grows(name) and (is_last or _size(known) <= facts.st_size):
                    kept = known[: _matching(path, known)] if is_last else known
                    files[name] = kept
                    batch.add(name, _blocks(path, _size(kept), facts.st_size, whole_lines=not is_last))
                else:
                    files[name] = ()
                    batch.add(name, _blocks(path, 0, None, whole_lines=False))
            except FileNotFoundError:  # removed by the session meanwhile
                files.pop(name, None)
        batch.flush()
        checkpoint = self.series.write(files, heartbeat, is_last=is_last)
        self._seen = seen
        self.place.note(checkpoint)
        return checkpoint

    def _files(self) -> Iterator[tuple[str, Path]]:
        """Yield the files, in an order in which each is there when one before it names it."""
        folder = self.place.folder
        # Looked for first: where it is there, everything else is as it will stay.
        has_ended = (folder / MANIFEST_FILE).is_file()
        yield from ((_RUN + path.name, path) for path in sorted(folder.glob(LEDGER_GLOB)))
        for path in run_files(folder):
            name = path.relative_to(folder).as_posix()
            if not fnmatch(name, LEDGER_GLOB) and not name.startswith(f"{BATCH_CLAIMS}/"):
                yield _RUN + name, path
        if has_ended:
            yield _RUN + MANIFEST_FILE, folder / MANIFEST_FILE
        if self.place.log.is_file():
            yield _LOG, self.place.log

    def _heartbeat(self) -> Mapping[str, Any] | None:
        try:
            content = json.loads((self.place.folder / HEARTBEAT_FILE).read_bytes())
        except (OSError, ValueError):
            return None
        return content if isinstance(content, dict) else None


@dataclass(slots=True)
class _Batch:
    """Pieces of several files that are written together, in bounded memory."""

    series: CheckpointSeries
    files: dict[str, tuple[Piece, ...]]
    _waiting: list[tuple[str, bytes]] = field(default_factory=list)
    _bytes: int = 0

    def add(self, name: str, blocks: Iterator[bytes]) -> None:
        for block in blocks:
            self._waiting.append((name, block))
            self._bytes += len(block)
            if self._bytes >= _BATCH_BYTES:
                self.flush()

    def flush(self) -> None:
        pieces = self.series.put_pieces([block for _, block in self._waiting])
        for (name, _), piece in zip(self._waiting, pieces, strict=True):
            self.files[name] = (*self.files[name], piece)
        self._waiting, self._bytes = [], 0


def _blocks(path: Path, begin: int, end: int | None, *, whole_lines: bool) -> Iterator[bytes]:
    """Yield the bytes of a file from `begin` to `end` in pieces; of lines that are being written, none."""
    with path.open("rb") as file:
        file.seek(begin)
        left = -1 if end is None else end - begin
        while left and (block := file.read(PIECE_BYTES if left < 0 else min(PIECE_BYTES, left))):
            left -= len(block) if left > 0 else 0
            is_end = left == 0
            if whole_lines and is_end:
                block = block[: block.rfind(b"\n") + 1]
            if block:
                yield block


def _matching(path: Path, pieces: tuple[Piece, ...]) -> int:
    """Return how many of the leading pieces a file has."""
    count = 0
    with suppress(OSError), path.open("rb") as file:
        for piece in pieces:
            if hashlib.sha256(file.read(piece.size)).hexdigest() != piece.sha256:
                break
            count += 1
    return count


def download(store: ObjectStore, place: StoredFolder, *, with_media: bool = True) -> Checkpoint | None:
    """Make a folder what the latest checkpoint says that it was; what is there already is not fetched.

    Args:
        store: Where the run is kept.
        place: The folder; no session may have it.
        with_media: Whether media that the model made are fetched too.

    Returns:
        The checkpoint; None where there is none, and nothing is changed then.

    Raises:
        DataError: there are checkpoints, and none of them is whole.
        StoreError: the store does not answer.
        OSError: the folder cannot be written.
    """
    problem: DataError | None = None
    for checkpoint in checkpoints(store):
        private_folder(place.folder)
        try:
            with exclusive(place.state.with_suffix(".lock")):
                _fetch(store, place, checkpoint, with_media)
        except DataError as error:
            problem = problem or error
            continue
        return checkpoint
    if problem is not None:
        raise problem
    return None


def _fetch(store: ObjectStore, place: StoredFolder, checkpoint: Checkpoint, with_media: bool) -> None:
    before = place.latest()
    known = before.files if before else {}
    if before == checkpoint and not with_media:
        return
    place.state.unlink(missing_ok=True)  # true of the files again when all are there
    has_run = _RUN + RUN_FILE in checkpoint.files  # else no session had begun: the next one begins anew
    wanted: dict[Path, tuple[str, tuple[Piece, ...]]] = {}
    for name, pieces in checkpoint.files.items():
        path = place.path_of(name) if has_run or name == _LOG else None
        if path is not None and (with_media or not name.startswith(_MEDIA)):
            wanted[path] = (name, pieces)
    ends = place.folder / MANIFEST_FILE
    if checkpoint.files.get(_RUN + MANIFEST_FILE) != known.get(_RUN + MANIFEST_FILE):
        ends.unlink(missing_ok=True)
    for path in run_files(place.folder):
        if path not in wanted and (with_media or path.parent != place.folder / MEDIA_FOLDER):
            path.unlink()

    def fetch(path: Path) -> None:
        name, pieces = wanted[path]
        _fetch_file(store, path, pieces, known.get(name, ()), _grows(name))

    with ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(fetch, [path for path in wanted if path != ends]))
    if ends in wanted:  # it says that all others are there
        fetch(ends)
    if has_run:
        _put_heartbeat(place.folder, checkpoint)
    place.note(checkpoint)


def _fetch_file(
    store: ObjectStore, path: Path, pieces: tuple[Piece, ...], known: tuple[Piece, ...], grows: bool
) -> None:
    size = path.stat().st_size if path.is_file() else None
    if size == _size(pieces) and (known == pieces or _matching(path, pieces) == len(pieces)):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if not grows or size is None:
        new = temporary_name(path)
        try:
            with new.open("xb") as file:
                file.writelines(read_piece(store, piece) for piece in pieces)
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
        return
    is_prefix = bool(known) and size == _size(known) and pieces[: len(known)] == known
    kept = len(known) if is_prefix else _matching(path, pieces)
    with path.open("r+b") as file:
        file.truncate(_size(pieces[:kept]))
        file.seek(0, os.SEEK_END)
        for piece in pieces[kept:]:
            file.write(read_piece(store, piece))


def _put_heartbeat(folder: Path, checkpoint: Checkpoint) -> None:
    path = folder / HEARTBEAT_FILE
    if checkpoint.heartbeat is None or checkpoint.is_last:
        path.unlink(missing_ok=True)
        return
    atomic_write(path, json.dumps(checkpoint.heartbeat).encode())
    with suppress(*MISFIT, OSError):
        written = datetime.fromisoformat(checkpoint.written).timestamp()
        os.utime(path, (written, written))
