"""Cached folder listings of a data set: each folder is listed once."""

from __future__ import annotations

import os
from collections import OrderedDict
from typing import Final, Literal, NamedTuple

_KEPT: Final = 64
"""Listings that are kept at once; a video's folder of frames is of no use after its video."""

Kind = Literal["file", "folder"]


class _Entry(NamedTuple):
    kind: Kind | None
    is_link: bool


class FolderListings:
    """The entries of the most recently used folders.

    Paths are texts with `/` before the last part: a `Path` for every place that a file might lie at would
    cost more than the listing.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self._kept: OrderedDict[str, dict[str, _Entry]] = OrderedDict()

    def holds(self, path: str, kind: Kind) -> bool:
        """Whether there is a file, or a folder, at `path`; a link counts as what it leads to."""
        folder, _, name = path.rpartition("/")
        entry = self._of(folder).get(name)
        return entry is not None and entry.kind == kind

    def is_link(self, path: str) -> bool:
        """Whether `path` is a link."""
        folder, _, name = path.rpartition("/")
        entry = self._of(folder).get(name)
        return entry is not None and entry.is_link

    def files(self, folder: str) -> list[str]:
        """Return the names of the files in a folder, in no order; none for one that cannot be read."""
        return [name for name, entry in self._of(folder).items() if entry.kind == "file"]

    def _of(self, folder: str) -> dict[str, _Entry]:
        listing = self._kept.get(folder)
        if listing is None:
            listing = self._kept[folder] = _listed(folder)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(folder)
        return listing


def _listed(folder: str) -> dict[str, _Entry]:
    """Return the entries of a folder; none where there is no such folder, or it cannot be read."""
    entries = {}
    try:
        with os.scandir(folder) as listed:
            for entry in listed:
                kind: Kind | None = "file" if entry.is_file() else "folder" if entry.is_dir() else None
                entries[entry.name] = _Entry(kind, entry.is_symlink())
    except (OSError, ValueError):
        return {}  # a name too long or not encodable is not there
    return entries
