"""A run is kept on a server of Google's storage protocol (an emulator on loopback)."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from pytest_generalbench.runs.object_store import FsspecStore
from pytest_generalbench.runs.stored_folder import FolderUploads, StoredFolder, download
from pytest_generalbench.runs.stored_run import CheckpointSeries, SupersededError, claim
from tests.memory_store import try_operations

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
    # Not imported here: gcsfs reads its environment when it is.
    pytest.mark.skipif(
        find_spec("gcsfs") is None or find_spec("gcp_storage_emulator") is None,
        reason="gcsfs or gcp-storage-emulator is not installed",
    ),
]


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the address of an empty bucket."""
    from fsspec.config import conf
    from gcp_storage_emulator.server import create_server

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")  # it asks Google which kind a bucket is
    given = {"token": "anon", "project": "test", "endpoint_url": f"http://127.0.0.1:{port}"}
    monkeypatch.setitem(conf, "gs", given)
    monkeypatch.setitem(conf, "gcs", given)
    server = create_server("127.0.0.1", port, in_memory=True, default_bucket="bucket")
    server.start()
    yield "gs://bucket/today"
    server.stop()


def test_checkpoints_are_written_and_fetched(tmp_path: Path, bucket: str) -> None:
    try_operations(FsspecStore(bucket).below("operations"))
    store = FsspecStore(bucket).below("shard-1-of-2")
    place, other = StoredFolder(tmp_path / "a" / "shard"), StoredFolder(tmp_path / "b" / "shard")
    (place.folder / "media").mkdir(parents=True)
    uploads = FolderUploads(CheckpointSeries(store, claim(store)), place)
    for count in range(1, 5):
        (place.folder / "run.json").write_text(json.dumps(count), encoding="utf-8")
        (place.folder / "media" / f"{count}.png").write_bytes(b"%d" % count)
        with (place.folder / "ledger-main-1.jsonl").open("ab") as ledger:
            ledger.write(b"line %d\n" % count)
        written = uploads.write(is_last=count == 4)
        assert download(store, other) == written
        names = ("run.json", f"media/{count}.png", "ledger-main-1.jsonl")
        assert all((other.folder / one).read_bytes() == (place.folder / one).read_bytes() for one in names)
    claim(store)
    with pytest.raises(SupersededError):
        uploads.write()
