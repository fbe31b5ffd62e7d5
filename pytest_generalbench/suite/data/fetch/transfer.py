"""Files brought from the hub: each goes on from its last byte, and is kept when its digest is right."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, BinaryIO, Final

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.new_files import temporary_name
from pytest_generalbench.suite.data.fetch.repository import status_of, transport_errors

if TYPE_CHECKING:
    from pytest_generalbench.suite.data.fetch.repository import RemoteFile, Reply, Repository

_TRIES: Final = 6
"""How often a file is asked for in a row without a byte of it coming."""

FIRST_WAIT_S: Final = 1.0
"""How long the second try is put off; each further one twice as long."""

_LONGEST_WAIT_S: Final = 16.0
_COPIES: Final = 2
"""How often a file is brought whole before its content counts as wrong at the source."""

_BLOCK: Final = 1 << 20
_LONGEST_NAME: Final = 255
"""Bytes of a file's name on all common file systems."""

_LONGEST_PATH: Final = 2048
"""Characters of a path below the data folder; the system's own limit counts what is above it too."""

_HEX: Final = frozenset("0123456789abcdef")
_NO_SUCH_FILE, _OUT_OF_RANGE = 404, 416


class FileError(DataError):
    """One file cannot be had as the listing states it; others may."""


class OtherFileError(FileError):
    """The hub offers a file of another length."""


class DiskError(DataError):
    """The folder cannot be written."""


class SharedPartError(DataError):
    """Another process writes the same part: the file system keeps no locks."""


class StoppedError(DataError):
    """The download was stopped while this file was on its way."""


class Transfer:
    """Brings files of one commit into a folder; threads may share it."""

    def __init__(
        self, repository: Repository, commit: str, target: Path, parts: Path, copies: Path | None = None
    ) -> None:
        """Take where the files go, the folder for what has come of unfinished ones, and one with copies."""
        self._copies = copies
        self._repository = repository
        self._commit = commit
        self._target = target
        self._parts = parts
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End every transfer at its next bytes; what has come stays."""
        self._stopped.set()

    def fetch(self, file: RemoteFile) -> None:
        """Bring a file into its place in the folder; one that is there as it should be is kept.

        Raises:
            FileError: the hub's file is not what the listing states, or its path leaves the folder.
            HubError: the hub cannot be reached, or refuses.
            StoppedError: `stop` was called.
            DiskError: the disk is full or fails.
        """
        place = place_of(self._target, file.path)
        try:
            if is_intact(place, file):
                return
            part = part_of(self._parts, file)
            part.parent.mkdir(parents=True, exist_ok=True)
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                if self._copies is not None and is_intact(place_of(self._copies, file.path), file):
                    shutil.copyfile(place_of(self._copies, file.path), part)
                self._fill(part, file)
                part.replace(place)
            except (SharedPartError, FileNotFoundError):
                self._alone(part, place, file)
        except OSError as error:
            raise DiskError(
                f"{place}: cannot be written ({error.strerror or error}); what has come is kept, and the "
                "same command goes on"
            ) from error

    def _alone(self, part: Path, place: Path, file: RemoteFile) -> None:
        """Bring a file into a part of this process's own, unless the other has brought it whole."""
        part.unlink(missing_ok=True)
        if is_intact(place, file):
            return
        own = temporary_name(part)
        try:
            self._fill(own, file)
            own.replace(place)
        finally:
            own.unlink(missing_ok=True)

    def _fill(self, part: Path, file: RemoteFile) -> None:
        """Bring what is missing of a file; content of another digest is brought anew once."""
        for _ in range(_COPIES):
            with part.open("ab") as target:
                if target.tell() > file.size:
                    target.truncate(0)
                    target.seek(0)
                self._complete(target, file)
                target.flush()
                os.fsync(target.fileno())
            if _digest(part, file) == file.digest:
                return
            part.unlink()
        raise FileError(
            f"{file.path}: {_COPIES} times the hub sent other content than its listing states: "
            "try again later, or list anew with --refresh"
        )

    def _complete(self, target: BinaryIO, file: RemoteFile) -> None:
        """Ask for what is missing of a file until it has its length."""
        failures = unfit = 0
        while target.tell() < file.size:
            before = target.tell()
            why = self._more(target, file)
            if target.tell() == file.size:
                return
            failures = 1 if target.tell() > before else failures + 1
            unfit += isinstance(why, OtherFileError)
            if failures == _TRIES or unfit == _COPIES:
                raise why
            if self._stopped.wait(min(_LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (failures - 1))):
                raise StoppedError("stopped")

    def _more(self, target: BinaryIO, file: RemoteFile) -> DataError:
        """Write what comes of one request; return why it is no more."""
        try:
            with self._repository.opened(self._commit, file.path, target.tell()) as reply:
                unfit = _unfit(reply, file)
                if unfit is not None:
                    return unfit
                self._write(target, reply, file)
        except transport_errors() as error:
            return self._reason(target, file, error)
        return FileError(f"{file.path}: the hub ends after {target.tell()} of {file.size} bytes")

    def _write(self, target: BinaryIO, reply: Reply, file: RemoteFile) -> None:
        if reply.start != target.tell():
            target.truncate(reply.start)  # the hub sends no parts: from the beginning, then
            target.seek(reply.start)
        place = target.tell()
        for chunk in reply.chunks:
            piece = chunk[: file.size - place]
            _append(target, piece)
            target.flush()  # a killed process then loses nothing
            place += len(piece)
            if target.tell() != place:
                raise SharedPartError(f"{file.path}: two processes write it")
            if place == file.size:
                return
            if self._stopped.is_set():
                raise StoppedError("stopped")

    def _reason(self, target: BinaryIO, file: RemoteFile, error: Exception) -> DataError:
        """Return why a request failed. Raises it where no further try can help."""
        status = status_of(error)
        if status is None:
            return self._repository.failure(error)
        if status == _NO_SUCH_FILE:
            raise FileError(f"{file.path}: no longer on the hub; list anew with --refresh") from error
        if status != _OUT_OF_RANGE:
            raise self._repository.failure(error) from error
        target.truncate(0)
        target.seek(0)
        return OtherFileError(f"{file.path}: shorter on the hub than the {file.size} bytes of its listing")


def _append(target: BinaryIO, content: bytes) -> int:
    return target.write(content)


def place_of(target: Path, path: str) -> Path:
    """Return where a file of the repository lies in a folder. Raises FileError for a path that leaves it."""
    read = (PurePosixPath(path), PureWindowsPath(path))
    leaves = any(one.is_absolute() or one.drive or ".." in one.parts for one in read)
    if not read[0].parts or leaves or "\0" in path:
        raise FileError(f"{path!r:.200}: a name on the hub that would leave the folder, refused")
    try:
        longest = max(len(os.fsencode(part)) for part in read[0].parts)
    except UnicodeError:
        longest = _LONGEST_NAME + 1
    if longest > _LONGEST_NAME or len(path) > _LONGEST_PATH:
        raise FileError(f"{path!r:.200}: a name on the hub that no file here can have, refused")
    return target.joinpath(*read[0].parts)


def part_of(parts: Path, file: RemoteFile) -> Path:
    """Return where the bytes of an unfinished file are kept; by its digest, so that none are mixed."""
    name = hashlib.sha256(f"{file.path}\0{file.digest}\0{file.size}".encode()).hexdigest()
    return parts / f"{name[:32]}.part"


def is_intact(place: Path, file: RemoteFile) -> bool:
    """Return whether a file lies there with the length and the digest that the listing states."""
    try:
        return place.is_file() and place.stat().st_size == file.size and _digest(place, file) == file.digest
    except OSError:
        return False


def _digest(path: Path, file: RemoteFile) -> str:
    """Return the digest of a file on disk, of the kind that the listing states."""
    digest = hashlib.sha256()
    if file.sha256 is None:
        digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as opened:
        while block := opened.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _unfit(reply: Reply, file: RemoteFile) -> OtherFileError | None:
    """Return why the head of a reply says that another file comes; its bytes then stay unread."""
    stated = (reply.digest or "").lower()
    is_digest = len(stated) == len(file.digest) and _HEX.issuperset(stated)
    if is_digest and stated != file.digest:
        raise FileError(f"{file.path}: changed on the hub since it was listed; list anew with --refresh")
    if reply.total is not None and reply.total != file.size:
        return OtherFileError(
            f"{file.path}: {reply.total} bytes on the hub, {file.size} in its listing: "
            "try again later, or list anew with --refresh"
        )
    return None
