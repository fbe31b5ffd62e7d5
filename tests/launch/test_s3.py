"""Launches whose runs are kept on an S3 server that fails now and then."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import pytest_generalbench as gb
from pytest_generalbench.cli import main
from pytest_generalbench.launch.record import read_launch
from pytest_generalbench.runs.object_store import FsspecStore
from pytest_generalbench.runs.result_file import comparable, read_result
from tests.launch.launches import BATCH, asked_again, kill, planned, when, whole
from tests.launch.s3_server import SECRET, S3Server, serve_s3

pytest.importorskip("s3fs", reason="s3fs is not installed (extra s3)")
pytest.importorskip("moto", reason="moto is not installed")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="tells processes by /proc"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with serve_s3() as served:
        yield served


@pytest.fixture
def bucket(server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the address of a new bucket on a server without faults."""
    import s3fs

    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PYTEST_ADDOPTS", "-n 0")
    server.failing, server.refused, server.served = 0.0, 0, 0
    name = f"bucket-{abs(hash(tmp_path)) % 10**9}"
    s3fs.S3FileSystem().mkdir(name)
    (tmp_path / "node").mkdir()
    return f"s3://{name}/today"


def storage_of(bucket: str, folder: Path, every_s: float = 0.5) -> gb.Storage:
    return gb.storage_at(bucket, every_s=every_s, scratch=str(folder / "node"))


def files_with(folder: Path, text: str) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


def test_a_lost_node_with_a_server_that_fails_now_and_then(
    tmp_path: Path, server: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = whole(tmp_path)
    monkeypatch.setenv("SLOW", "0.4")
    stored = f"{bucket.partition('://')[2]}/shard-1-of-2/checkpoints/"

    def lose(job_id: str) -> None:
        kill(job_id)
        for folder in (tmp_path / "node").glob("*/*/shard-1-of-2"):
            shutil.rmtree(folder, ignore_errors=True)

    server.failing = 0.3
    killer = when(lambda: any(stored in path for path in list(server.put)), tmp_path / "out", 1, lose)
    lines: list[str] = []
    outcome = gb.run_launch(planned(tmp_path, storage=storage_of(bucket, tmp_path)), lines.append)
    killer.join()
    assert outcome.exit_code == 0, lines
    assert server.refused > 10
    assert [job.attempts for job in read_launch(tmp_path / "out").jobs] == [2, 1]
    assert comparable(read_result(tmp_path / "out" / "merged")) == expected
    assert asked_again(tmp_path) <= 20 * BATCH
    assert not files_with(tmp_path / "out", SECRET)
    server.failing = 0.0
    assert main(["merge", f"{bucket}/shard-*", "--into", str(tmp_path / "again")]) == 0
    assert comparable(read_result(tmp_path / "again")) == expected
    assert comparable(read_result(gb.fetch_run(f"{bucket}/merged", tmp_path / "fetched"))) == expected
    assert not files_with(tmp_path / "fetched", SECRET)


def test_a_shard_goes_on_while_the_store_is_away_and_is_finished_when_it_is_back(
    tmp_path: Path, server: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = whole(tmp_path)
    monkeypatch.setenv("SLOW", "0.2")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    plan = planned(tmp_path, shards=1, storage=storage_of(bucket, tmp_path))
    log = tmp_path / "out" / "shard-1-of-1.job.log"
    place = FsspecStore(bucket)

    def away(job_id: str) -> None:
        server.failing = 1.0
        back.start()

    def has_failed() -> bool:
        return log.is_file() and "a checkpoint failed" in log.read_text(encoding="utf-8")

    def come_back() -> None:
        deadline = time.monotonic() + 90
        while not has_failed() and time.monotonic() < deadline:
            time.sleep(0.1)
        server.failing = 0.0

    back = threading.Thread(target=come_back, daemon=True)
    when(lambda: len(place.names("shard-1-of-1/checkpoints")) >= 2, tmp_path / "out", 1, away)
    outcome = gb.run_launch(plan)
    back.join()
    assert outcome.exit_code == 0, log.read_text(encoding="utf-8")
    assert has_failed()
    assert [job.attempts for job in read_launch(tmp_path / "out").jobs] == [1]
    assert comparable(read_result(tmp_path / "out" / "merged")) == expected
    assert asked_again(tmp_path) == 0


def test_a_bucket_that_is_not_there_is_refused_before_anything_is_asked(
    tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_generalbench.launch.mirrors._START_S", 0.0)
    (tmp_path / "mortal.py").write_text("", encoding="utf-8")
    with pytest.raises(gb.GeneralBenchError, match="cannot be written") as caught:
        gb.run_launch(planned(tmp_path, storage=storage_of("s3://nosuchbucket/today", tmp_path)))
    assert SECRET not in str(caught.value)
    assert not (tmp_path / "asked.log").exists()
