"""Surfaces that read what lies beside runs and data: stores, folders of launches, records of downloads."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_generalbench.core.plain_types import MISFIT
from pytest_generalbench.launch.record import JobRecord, LaunchRecord, read_launch
from pytest_generalbench.launch.shards import Storage
from pytest_generalbench.launch.status import launch_status
from pytest_generalbench.runs.object_store import FsspecStore
from pytest_generalbench.runs.stored_folder import StoredFolder, download
from pytest_generalbench.runs.stored_run import OBJECTS, Attempt, Checkpoint, Piece
from pytest_generalbench.suite.data.fetch.inventory import data_inventory
from pytest_generalbench.suite.data.fetch.listing import Listing
from pytest_generalbench.suite.data.fetch.record import Record, TaskRecord
from pytest_generalbench.suite.data.fetch.repository import HubError, Repository
from tests.fuzz.demo_files import put
from tests.fuzz.mutation import mutated_document
from tests.fuzz.surface import Surface

if TYPE_CHECKING:
    from collections.abc import Sequence

_PIECE = b'{"v": 3}\n'
_DIGEST = hashlib.sha256(_PIECE).hexdigest()
_TASK = "nlp/causal-reasoning"


def _checkpoints() -> Sequence[bytes]:
    piece = Piece(_DIGEST, len(_PIECE))
    files = {"run/run.json": (piece,), "run/ledger-gw0-1.jsonl": (piece, piece), "log": (piece,)}
    beat = {"host": "a", "age_s": 1.0}
    one = Checkpoint(Attempt(2, "0a0b0c0d"), 3, "node", "2026-01-02T03:04:05+00:00", False, files, beat)
    return [one.to_bytes(), one.to_bytes().replace(b'"is_last":false', b'"is_last":true')]


def _read_checkpoint(content: bytes, folder: Path) -> None:
    """Fetch a run from a store whose checkpoint says that; its digest is made right, where it can be."""
    try:
        plain = json.loads(content)
        del plain["digest"]
        encoded = (json.dumps(plain, sort_keys=True, separators=(",", ":")) + "\n").encode()
        content = json.dumps({**plain, "digest": hashlib.sha256(encoded).hexdigest()}).encode()
    except MISFIT:
        pass
    put(content, folder, "store/checkpoints/000002-0a0b0c0d-000003.json")
    put(_PIECE, folder, f"store/{OBJECTS}/{_DIGEST}")
    before = {path for path in folder.rglob("*") if path.is_file()}
    try:
        download(FsspecStore(f"file://{folder}/store"), StoredFolder(folder / "here" / "run"))
    finally:
        made = {path for path in folder.rglob("*") if path.is_file()} - before
        assert all(path.is_relative_to(folder / "here") for path in made), made


def _launches() -> Sequence[bytes]:
    jobs = [JobRecord(1, "17", 2), JobRecord(2), JobRecord(3, is_empty=True)]
    kept = Storage("file:///nowhere", "a", 60.0)
    contents = []
    for storage in (None, kept):
        record = LaunchRecord(
            Path(), "local", 3, 2, Path(), ("-q",), 2, [{"X": "1"}], {"time": 3}, jobs, storage
        )
        contents.append({"v": 1, **asdict(record), "folder": "a", "directory": "b"})
    return [json.dumps(content).encode() for content in contents]


def _read_launch(content: bytes, folder: Path) -> None:
    put(content, folder, "launch.json")
    record = read_launch(folder)
    record.save()
    if record.storage is None:  # a store would be asked
        launch_status(folder).text()
    assert asdict(read_launch(folder)) == asdict(record)


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


PLACE_SURFACES = (
    Surface("stored checkpoint", _checkpoints, _read_checkpoint, mutated_document),
    Surface("launch record", _launches, _read_launch, mutated_document),
    Surface("download record", _records, _read_record, mutated_document),
    Surface("hub listing", _listings, _read_listing, mutated_document),
)
