"""Shards whose runs are kept in a store, as the folder of the launch shows them."""

from __future__ import annotations

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.plain_types import MISFIT
from pytest_generalbench.launch.shards import Storage
from pytest_generalbench.runs.object_store import MissingObjectError, StoreError, is_address, open_store
from pytest_generalbench.runs.stored_folder import StoredFolder, download

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_generalbench.launch.record import LaunchRecord
    from pytest_generalbench.runs.stored_run import Checkpoint

MARK: Final = "launch.json"
"""The object that says which launch a place in a store belongs to."""

_AT_ONCE: Final = 4
"""Shards that are looked at at a time."""
_START_S: Final = 5.0
_LOOK_S: Final = 20.0
_FETCH_S: Final = 300.0
_MARGIN_S: Final = 120.0
"""Seconds after a checkpoint was due after which its writer is taken for dead."""


def storage_at(address: str, *, every_s: float = 600.0, scratch: str | None = None) -> Storage:
    """Return where a new launch keeps the runs of its shards; nothing is read or written yet.

    Args:
        address: A place that fsspec understands, such as `s3://bucket/prefix`; nothing may be in it.
        every_s: Seconds from one checkpoint of a shard to the next.
        scratch: The folder of a node in which its runs lie; None: that for temporary files.

    Raises:
        GeneralBenchError: it is no such address, holds a password, or what fsspec needs is not installed.
    """
    if not is_address(address):
        raise GeneralBenchError(f"{address} is no address of a store; a folder is one as file:///the/folder")
    if address.startswith("memory:"):
        raise GeneralBenchError(
            f"{address} is the memory of one process, and each shard is a process of its own"
        )
    open_store(address, 0.0)
    if every_s <= 0.0:
        raise GeneralBenchError("the time from one checkpoint to the next must be more than 0")
    return Storage(address.rstrip("/"), secrets.token_hex(8), every_s, scratch)


def take_place(storage: Storage) -> None:
    """Take the place in the store for a new launch.

    Raises:
        StoreError: the store cannot be read or written, or something lies there.
    """
    store = open_store(storage.address, _START_S)
    if store.names(""):
        raise StoreError(f"{storage.address} is not empty: name a new place")
    store.put(MARK, (json.dumps({"launch": storage.launch}) + "\n").encode())
    check_place(storage)


def check_place(storage: Storage) -> None:
    """Raise StoreError where the store does not answer, or the place belongs to another launch."""
    try:
        content = json.loads(open_store(storage.address, _LOOK_S).get(MARK))
        launch = content["launch"]
    except (MissingObjectError, *MISFIT) as error:
        raise StoreError(f"{storage.address} holds no launch: {error}") from error
    if launch != storage.launch:
        raise StoreError(f"{storage.address} belongs to another launch")


def refresh(
    record: LaunchRecord, shards: Iterable[int], *, with_media: bool = False
) -> dict[int, Checkpoint]:
    """Fetch what is stored of shards, and not in the folder of the launch yet.

    Args:
        record: The launch; where its runs are in its folder, nothing is done.
        shards: Their numbers.
        with_media: Whether media that the model made are fetched, which the merge needs.

    Returns:
        The latest checkpoint of each shard that has one.

    Raises:
        StoreError: the store does not answer.
        DataError: no checkpoint of a shard is whole.
    """
    if record.storage is None:
        return {}
    store = open_store(record.storage.address, _FETCH_S if with_media else _LOOK_S)

    store.names("")  # one that does not answer is waited for once, not for each shard

    def fetch(number: int) -> tuple[int, Checkpoint | None]:
        folder = record.shard_job(number).folder
        return number, download(store.below(folder.name), StoredFolder(folder), with_media=with_media)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return {number: one for number, one in pool.map(fetch, shards) if one is not None}


def is_written(checkpoint: Checkpoint, every_s: float) -> bool:
    """Whether the writer of a checkpoint still lives, by when its next one was due."""
    if checkpoint.is_last:
        return False
    try:
        written = datetime.fromisoformat(checkpoint.written)
        return (datetime.now(UTC) - written).total_seconds() < 2.0 * every_s + _MARGIN_S
    except (ValueError, TypeError):
        return False
