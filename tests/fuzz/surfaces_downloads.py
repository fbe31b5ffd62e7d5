"""Surfaces of downloads: their records, and the listings of the hub that are kept."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_generalbench.suite.data.fetch.inventory import data_inventory
from pytest_generalbench.suite.data.fetch.listing import Listing
from pytest_generalbench.suite.data.fetch.record import Record, TaskRecord
from pytest_generalbench.suite.data.fetch.repository import HubError, Repository
from tests.fuzz.demo_files import put
from tests.fuzz.mutation import mutated_document
from tests.fuzz.surface import Surface

if TYPE_CHECKING:
    from collections.abc import Sequence

_TASK = "nlp/causal-reasoning"


def _records() -> Sequence[bytes]:
    record = TaskRecord(("nlp/Causal",), "a" * 40, {"nlp/Causal/a.json": (3, "b" * 64)}, {"a.zip": "a"}, 2)
    plain = {
        "folders": record.folders, "commit": record.commit, "limit": record.limit,
        "files": record.files, "unpacked": record.unpacked,
    }  # fmt: skip
    return [json.dumps(plain).encode()]


def _read_record(content: bytes, folder: Path) -> None:
    put(content, folder, ".generalbench/open/nlp--causal-reasoning.json")
    put(b"{}", folder, "nlp/Causal/a.json")
    list(data_inventory(folder, only=lambda task: task.id == _TASK).lines())


def _listings() -> Sequence[bytes]:
    entries = [["nlp/Causal"], ["nlp/a.zip", 12, "a" * 64, "b" * 40], ["nlp/b.json", 3, None, "c" * 40]]
    return [json.dumps({"entries": entries}).encode(), json.dumps({"entries": entries[1:]}).encode()]


def _read_listing(content: bytes, folder: Path) -> None:
    commit, name = "a" * 40, hashlib.sha256(b"nlp").hexdigest()[:16]
    for kind in ("children", "files"):
        put(content, folder, f".generalbench/open/listings/{commit[:12]}/{kind}-{name}.json")
    listing = Listing(_NoHub("open"), commit, Record(folder, "open"))
    for path, file in listing.children("nlp"):
        assert isinstance(path, str)
        assert file is None or isinstance(file.size, int)
    listing.files("nlp")


class _NoHub(Repository):
    """A hub that cannot be reached."""

    def children(self, commit: str, folder: str | None) -> list[object]:  # type: ignore[override]
        raise HubError("not reached")

    def files(self, commit: str, folder: str) -> list[object]:  # type: ignore[override]
        raise HubError("not reached")


DOWNLOAD_SURFACES = (
    Surface("download record", _records, _read_record, mutated_document),
    Surface("hub listing", _listings, _read_listing, mutated_document),
)
