"""Listings of the repository, asked for once a commit and kept."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from pytest_generalbench.core.plain_types import MISFIT
from pytest_generalbench.suite.data.fetch.repository import RemoteFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager

    from pytest_generalbench.suite.data.fetch.record import Record
    from pytest_generalbench.suite.data.fetch.repository import Repository

Child = tuple[str, RemoteFile | None]
"""A path in a folder, with its file; None is a folder."""


class Listing:
    """What lies in one commit of a repository. Nothing is asked for twice, in this process or a later one."""

    def __init__(self, repository: Repository, commit: str, record: Record | None) -> None:
        """Take the repository and where listings are kept; None keeps none on disk."""
        self._repository = repository
        self._record = record
        self.commit = commit
        self._children: dict[str, list[Child]] = {}
        self._files: dict[str, list[RemoteFile]] = {}
        self._by_child: dict[str, dict[str, list[RemoteFile]]] = {}
        """The files of a folder, by what lies in it."""

    def children(self, folder: str) -> list[Child]:
        """Return what lies in a folder; "" is the top. Raises HubError and OSError."""
        known = self._known_files(folder)
        if known is not None:
            return _children_of(folder, known)
        if folder not in self._children:
            with self._alone():
                kept = self._kept(folder, "children", _child)
                if kept is None:
                    kept = self._repository.children(self.commit, folder or None)
                    self._keep(folder, "children", [[path, *_plain(file)] for path, file in kept])
            self._children[folder] = kept
        return self._children[folder]

    def files(self, folder: str) -> list[RemoteFile]:
        """Return all files below a folder. Raises HubError and OSError."""
        known = self._known_files(folder)
        if known is not None:
            return known
        with self._alone():
            known = self._known_files(folder)
            if known is None:
                known = self._repository.files(self.commit, folder)
                self._keep(folder, "files", [[one.path, *_plain(one)] for one in known])
                self._files[folder] = known
        return known

    def _alone(self) -> AbstractContextManager[None]:
        """Hold the listings, so that of several processes one asks for each. Raises OSError."""
        return self._record.locked("listings") if self._record else nullcontext()

    def _known_files(self, folder: str) -> list[RemoteFile] | None:
        """Return the files below a folder from a listing of it, or of one above, that is there."""
        parts = folder.split("/")
        for length in range(len(parts), 0, -1):
            above = "/".join(parts[:length])
            if above not in self._files:
                kept = self._kept(above, "files", _file)
                if kept is None:
                    continue
                self._files[above] = kept
            return self._files[above] if above == folder else self._within(above, parts[length:])
        return None

    def _within(self, above: str, parts: Sequence[str]) -> list[RemoteFile]:
        """Return the files below a folder inside one whose files are known."""
        if above not in self._by_child:
            grouped = self._by_child[above] = defaultdict(list)
            start = len(above) + 1
            for one in self._files[above]:
                grouped[one.path[start:].partition("/")[0]].append(one)
        inner = "/".join((above, *parts, ""))
        return [one for one in self._by_child[above].get(parts[0], ()) if one.path.startswith(inner)]

    def _kept(self, folder: str, kind: str, read: Any) -> list[Any] | None:
        entries = self._record.listing(self.commit, _name(folder, kind)) if self._record else None
        try:
            return None if entries is None else [read(*entry) for entry in entries]
        except MISFIT:
            return None

    def _keep(self, folder: str, kind: str, entries: Iterable[Any]) -> None:
        if self._record:
            self._record.keep_listing(self.commit, _name(folder, kind), list(entries))


def _name(folder: str, kind: str) -> str:
    return f"{kind}-{hashlib.sha256(folder.encode()).hexdigest()[:16]}"


def _plain(file: RemoteFile | None) -> list[Any]:
    return [] if file is None else [file.size, file.sha256, file.blob]


def _child(path: str, *file: Any) -> Child:
    return str(path), _file(path, *file) if file else None


def _file(path: str, size: int, sha256: str | None, blob: str | None) -> RemoteFile:
    return RemoteFile(str(path), int(size), sha256, blob)


def _children_of(folder: str, files: Iterable[RemoteFile]) -> list[Child]:
    start = len(folder) + 1
    children: dict[str, RemoteFile | None] = {}
    for one in files:
        name, slash, _ = one.path[start:].partition("/")
        children[f"{folder}/{name}"] = None if slash else one
    return sorted(children.items())
