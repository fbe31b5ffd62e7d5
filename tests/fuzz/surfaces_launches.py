"""Surfaces of launches: their record, how far their shards are, and checkpoints in a store."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest_generalbench as gb
from pytest_generalbench.core.plain_types import MISFIT
from pytest_generalbench.launch.record import JobRecord, LaunchRecord, read_launch
from pytest_generalbench.launch.shard_progress import ShardsProgress
from pytest_generalbench.launch.shards import Storage
from pytest_generalbench.launch.status import launch_status
from pytest_generalbench.runs.stored_folder import StoredFolder, download
from pytest_generalbench.runs.stored_run import Attempt, Checkpoint, Piece
from tests.fuzz.demo_files import put
from tests.fuzz.mutation import mutated_document
from tests.fuzz.surface import Surface
from tests.memory_store import MemoryStore

_PIECES = [b"one line\n", b"", b"two\nlines\n"]


def _launches() -> list[bytes]:
    contents = []
    for storage in (None, Storage("s3://bucket/today", "0123456789abcdef", 600.0)):
        jobs = [JobRecord(1, "17:3", 2), JobRecord(2, is_empty=True)]
        record = LaunchRecord(
            Path("x"), "local", 2, 2, Path(), ("-q",), 2, [{"CUDA_VISIBLE_DEVICES": "0"}], {}, jobs, storage
        )
        contents.append(record.content())
    return contents


def _read_launch(content: bytes, folder: Path) -> object:
    put(content, folder, "launch.json")
    record = read_launch(folder)
    record.save()
    assert asdict(read_launch(folder)) == asdict(record)
    if record.storage is None:  # a store would be asked
        launch_status(folder).text()
    return [record.shard_job(job.shard).to_plain() for job in record.jobs]


def _progress() -> dict[str, Any]:
    worker = gb.WorkerProgress("gw0", "asking", "nlp/x", 3, 2, 1.5, None, 0.1)
    progress = gb.RunProgress(
        "running", "asking", 10, 3, 24, 80, 1, {"ok": 23, "error": 1}, {"nlp": 50.0}, 12.5, 2.0, (1.0, 2.0),
        workers=[worker],
    )  # fmt: skip
    return progress.to_dict()


def _heartbeats() -> list[bytes]:
    return [json.dumps({"v": 1, "time": "now", "host": "h", "pid": 7, **_progress()}).encode()]


def _read_heartbeat(content: bytes, folder: Path) -> object:
    put(content, folder, "shard/heartbeat.json")
    progress = ShardsProgress(folder).of(folder / "shard", is_running=True)
    return progress and (progress.line(), progress.text(), progress.to_dict())


def _statuses() -> list[bytes]:
    kept = {"shard": {"signature": [], "progress": _progress()}}
    return [json.dumps({"v": 1, "shards": kept}).encode()]


def _read_status(content: bytes, folder: Path) -> object:
    put(content, folder, "status.json")
    progress = ShardsProgress(folder).of(folder / "shard", is_running=False)
    return progress and (progress.line(), progress.text(), progress.to_dict())


def _checkpoints() -> list[bytes]:
    pieces = [Piece(hashlib.sha256(content).hexdigest(), len(content)) for content in _PIECES]
    files = {"run/run.json": (pieces[0],), "run/ledger-main-1.jsonl": tuple(pieces), "log": ()}
    one = Checkpoint(Attempt(1, "0" * 8), 1, "host", "2026-11-27T10:00:00+00:00", False, files, {"pid": 3})
    return [one.to_bytes(), replace(one, is_last=True).to_bytes()]


def _read_checkpoint(content: bytes, folder: Path) -> object:
    """Read a checkpoint of damaged content, whose digest is right all the same."""
    try:
        plain = json.loads(content)
        del plain["digest"]
        text = json.dumps(plain, sort_keys=True, separators=(",", ":")) + "\n"
        digest = hashlib.sha256(text.encode()).hexdigest()
        content = json.dumps({**plain, "digest": digest}, sort_keys=True, separators=(",", ":")).encode()
    except MISFIT:
        pass
    store = MemoryStore({f"objects/{hashlib.sha256(piece).hexdigest()}": piece for piece in _PIECES})
    store.objects[f"checkpoints/000001-{'0' * 8}-000001.json"] = content
    fetched = download(store, StoredFolder(folder / "shard"))
    assert {path.name for path in folder.iterdir()} <= {"shard", "shard.log", "shard.checkpoint.json"}
    return [fetched, Checkpoint.from_bytes(content)]


LAUNCH_SURFACES = (
    Surface("launch record", _launches, _read_launch, mutated_document),
    Surface("shard heartbeat", _heartbeats, _read_heartbeat, mutated_document),
    Surface("launch status", _statuses, _read_status, mutated_document),
    Surface("checkpoint", _checkpoints, _read_checkpoint, mutated_document),
)
