"""A run in a store is one of its checkpoints, whatever failed while they were written."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_generalbench.core.errors import DataError, GeneralBenchError
from pytest_generalbench.runs import stored_folder
from pytest_generalbench.runs.manifest import write_manifest
from pytest_generalbench.runs.object_store import FsspecStore, MissingObjectError, PatientStore, StoreError
from pytest_generalbench.runs.published_run import fetch_run, publish_run
from pytest_generalbench.runs.stored_folder import FolderUploads, StoredFolder, download
from pytest_generalbench.runs.stored_run import (
    CheckpointSeries,
    SupersededError,
    check_claim,
    checkpoints,
    claim,
    late_checkpoints,
    newest_checkpoint,
)
from tests.memory_store import MemoryStore, try_operations


def content_of(folder: Path) -> dict[str, bytes]:
    """Return every file of a run."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@dataclass
class Session:
    """A session that writes into a run folder as one does."""

    folder: Path
    rng: random.Random
    lines: int = 0

    def write(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "run.json").write_text(f"{self.rng.randrange(3)}", encoding="utf-8")
        for worker in ("gw0-7", "gw1-8"):
            with (self.folder / f"ledger-{worker}.jsonl").open("ab") as ledger:
                for _ in range(self.rng.randrange(3)):
                    medium = f"{self.rng.random()}".encode()
                    name = hashlib.sha256(medium).hexdigest() + ".png"
                    (self.folder / "media").mkdir(exist_ok=True)
                    (self.folder / "media" / name).write_bytes(medium)
                    ledger.write(f"{self.lines} {name}\n".encode())
                    self.lines += 1
                ledger.write(b"half a li" if self.rng.random() < 0.2 else b"")
                ledger.write(b"ne\n" if self.rng.random() < 0.9 else b"")


def whole_lines(content: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files, without the line of a ledger that is being written."""
    return {
        name: data[: data.rfind(b"\n") + 1] if name.startswith("ledger-") else data
        for name, data in content.items()
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10**6),
    failing=st.sets(st.integers(2, 60), max_size=12),
    tearing=st.sets(st.integers(2, 60), max_size=12),
    lost=st.sets(st.integers(1, 6), max_size=3),
)
def test_what_is_fetched_is_the_last_confirmed_checkpoint(
    tmp_path_factory: pytest.TempPathFactory, seed: int, failing: set[int], tearing: set[int], lost: set[int]
) -> None:
    rng = random.Random(seed)  # noqa: S311 - no secret
    top = tmp_path_factory.mktemp("law")
    store, confirmed = MemoryStore(), dict[str, bytes]()
    place = StoredFolder(top / "node-0" / "shard")
    session = Session(place.folder, rng)
    uploads = FolderUploads(CheckpointSeries(store, claim(store)), place)
    store.failing, store.tearing = failing, tearing
    for step in range(1, 7):
        session.write()
        try:
            uploads.write(is_last=False)
            confirmed = whole_lines(content_of(place.folder))
        except StoreError:
            pass
        store.failing, store.tearing = set(), set()
        other = StoredFolder(top / f"looked-{step}" / "shard")
        fetched = download(store, other)
        assert (content_of(other.folder) if fetched else {}) == confirmed
        if step in lost:  # the node is gone: another attempt goes on
            place = StoredFolder(top / f"node-{step}" / "shard")
            session.folder = place.folder
            attempt = claim(store)
            uploads = FolderUploads(CheckpointSeries(store, attempt, download(store, place)), place)
        store.failing = {number + store.done for number in failing}
        store.tearing = {number + store.done for number in tearing}
    store.failing, store.tearing = set(), set()
    session.write()
    uploads.write(is_last=True)
    last = StoredFolder(top / "last" / "shard")
    assert download(store, last) is not None
    assert content_of(last.folder) == content_of(place.folder)
    # Ledgers and media are written once: what is new goes to the store, not what is there.
    assert len({name for name in store.objects if name.startswith("checkpoints/")}) <= 2 * (len(lost) + 1)


def filled(folder: Path, lines: int) -> StoredFolder:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_text("{}", encoding="utf-8")
    (folder / "ledger-main-1.jsonl").write_bytes(b"".join(b"%07d\n" % number for number in range(lines)))
    return StoredFolder(folder)


def test_only_what_is_new_is_written(tmp_path: Path) -> None:
    store = MemoryStore()
    place = filled(tmp_path / "shard", 10_000)
    uploads = FolderUploads(CheckpointSeries(store, claim(store)), place)
    uploads.write()
    assert 80_000 < store.written < 82_000
    filled(tmp_path / "shard", 10_010)
    before = store.written
    uploads.write()
    assert 80 < store.written - before < 1_500
    mirror = StoredFolder(tmp_path / "mirror" / "shard")
    download(store, mirror)
    filled(tmp_path / "shard", 10_020)
    uploads.write(is_last=True)
    gets, store.done = store.done, 0
    assert gets
    download(store, mirror)
    assert store.done <= 4, "one listing, the checkpoint, and one new piece"
    assert content_of(mirror.folder) == content_of(place.folder)


def test_before_a_session_has_begun_nothing_of_a_run_is_fetched(tmp_path: Path) -> None:
    store, place = MemoryStore(), StoredFolder(tmp_path / "shard")
    place.folder.mkdir()
    place.log.write_text("starting\n", encoding="utf-8")
    for name in ("heartbeat.json", "ledger-main-1.jsonl"):
        (place.folder / name).write_text("{}\n", encoding="utf-8")
    FolderUploads(CheckpointSeries(store, claim(store)), place).write()
    other = StoredFolder(tmp_path / "other" / "shard")
    assert download(store, other) is not None
    assert list(other.folder.iterdir()) == []  # so a session takes it as a new one
    assert other.log.read_text(encoding="utf-8") == "starting\n"


def test_media_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, read = MemoryStore(), list[str]()
    blocks = stored_folder._blocks

    def noted(path: Path, *rest: Any, **more: Any) -> Iterator[bytes]:
        read.append(path.name)
        return blocks(path, *rest, **more)

    monkeypatch.setattr(stored_folder, "_blocks", noted)
    place = filled(tmp_path / "shard", 1)
    (place.folder / "media").mkdir()
    (place.folder / "media" / "a.png").write_bytes(b"a")
    FolderUploads(CheckpointSeries(store, claim(store)), place).write()
    assert read == ["ledger-main-1.jsonl", "a.png", "run.json"]
    read.clear()
    other = StoredFolder(tmp_path / "other" / "shard")
    uploads = FolderUploads(CheckpointSeries(store, claim(store), download(store, other)), other)
    (other.folder / "media" / "b.png").write_bytes(b"b")
    uploads.write()
    uploads.write(is_last=True)
    assert sorted(set(read)) == ["b.png", "ledger-main-1.jsonl", "run.json"]
    download(store, place)
    assert content_of(place.folder) == content_of(other.folder)


def test_a_mirror_follows_files_that_change_and_go(tmp_path: Path) -> None:
    store = MemoryStore()
    place, mirror = filled(tmp_path / "shard", 3), StoredFolder(tmp_path / "mirror" / "shard")
    uploads = FolderUploads(CheckpointSeries(store, claim(store)), place)
    (place.folder / "result.json").write_text("one", encoding="utf-8")
    (place.folder / "manifest.json").write_text("one", encoding="utf-8")
    (place.folder / "media").mkdir()
    (place.folder / "media" / "made.png").write_bytes(b"x")
    (place.folder / "heartbeat.json").write_text('{"v": 1}', encoding="utf-8")
    (place.folder / "together").mkdir()
    (place.folder / "together" / "claimed").touch()
    place.log.write_bytes(b"a line\n")
    uploads.write()
    download(store, mirror, with_media=False)
    assert set(content_of(mirror.folder)) == {
        "run.json", "result.json", "manifest.json", "ledger-main-1.jsonl", "heartbeat.json",
    }  # fmt: skip
    assert mirror.log.read_bytes() == b"a line\n"
    (place.folder / "result.json").unlink()
    (place.folder / "manifest.json").unlink()
    (place.folder / "run.json").write_text("other", encoding="utf-8")
    uploads.write(is_last=True)
    download(store, mirror)
    assert set(content_of(mirror.folder)) == {"run.json", "ledger-main-1.jsonl", "media/made.png"}
    assert (mirror.folder / "run.json").read_text(encoding="utf-8") == "other"


def test_a_damaged_mirror_is_mended(tmp_path: Path) -> None:
    store = MemoryStore()
    place, mirror = filled(tmp_path / "shard", 100), StoredFolder(tmp_path / "mirror" / "shard")
    uploads = FolderUploads(CheckpointSeries(store, claim(store)), place)
    uploads.write()
    filled(tmp_path / "shard", 200)
    uploads.write()
    download(store, mirror)
    ledger = mirror.folder / "ledger-main-1.jsonl"
    for damage in (b"", ledger.read_bytes()[:900], b"?" * 1600, ledger.read_bytes() + b"more"):
        ledger.write_bytes(damage)
        mirror.state.unlink()
        download(store, mirror)
        assert content_of(mirror.folder) == content_of(place.folder)


@pytest.mark.parametrize("how", ["cut", "other bytes", "gone"])
def test_a_checkpoint_with_a_damaged_object_is_never_used(tmp_path: Path, how: str) -> None:
    store = MemoryStore()
    place = filled(tmp_path / "shard", 10)
    uploads = FolderUploads(CheckpointSeries(store, claim(store)), place)
    first = uploads.write()
    filled(tmp_path / "shard", 20)
    second = uploads.write()
    new = {piece.sha256 for piece in second.files["run/ledger-main-1.jsonl"]}
    new -= {piece.sha256 for piece in first.files["run/ledger-main-1.jsonl"]}
    for name in [second.name, *(f"objects/{digest}" for digest in new)]:
        kept = store.objects[name]
        damaged = {"cut": kept[: len(kept) // 2], "other bytes": kept[:-2] + b"#\n", "gone": None}[how]
        store.objects.pop(name) if damaged is None else store.objects.update({name: damaged})
        assert download(store, StoredFolder(tmp_path / f"{name.partition('/')[0]}" / "shard")) == first
        store.objects[name] = kept
    for name in [name for name in store.objects if name.startswith("objects/")]:
        store.objects[name] += b"?"
    with pytest.raises(DataError, match="is not as it was written"):
        download(store, StoredFolder(tmp_path / "none" / "shard"))


def test_of_two_attempts_the_later_one_writes(tmp_path: Path) -> None:
    store = MemoryStore()
    place, other = filled(tmp_path / "one" / "shard", 10), StoredFolder(tmp_path / "two" / "shard")
    first = FolderUploads(CheckpointSeries(store, claim(store)), place)
    known = first.write()
    attempt = claim(store)
    second = FolderUploads(CheckpointSeries(store, attempt, download(store, other)), other)
    filled(tmp_path / "one" / "shard", 50)
    before = dict(store.objects)
    with pytest.raises(SupersededError, match="attempt 2 began on host"):
        first.write()
    new = store.objects.keys() - before.keys()
    assert not [name for name in new if not name.startswith("objects/")]
    assert newest_checkpoint(store) == known
    latest = second.write()
    assert newest_checkpoint(store) == latest
    # One that had looked before the later attempt began, and wrote after that, is seen.
    assert late_checkpoints(store, attempt, known) == []
    third = CheckpointSeries(store, attempt._replace(number=1, owner="ffffffff"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pytest_generalbench.runs.stored_run.check_claim", lambda store, attempt: None)
        written = third.write(latest.files)
    assert late_checkpoints(store, attempt, known) == [written.name.rpartition("/")[2]]
    assert newest_checkpoint(store) == latest, "the later attempt counts all the same"


def test_of_two_attempts_that_began_at_once_one_goes_on() -> None:
    store = MemoryStore()
    one = claim(store)
    other = one._replace(owner="f" * 8 if one.owner < "f" * 8 else "0" * 8)
    store.objects[f"claims/{other.name}.json"] = b"no JSON"
    refused = 0
    for attempt in (one, other):
        try:
            check_claim(store, attempt)
        except SupersededError:
            refused += 1
    assert refused == 1


@pytest.mark.parametrize("name", ["run/../../escaped", "run//etc/passwd", "/run/x", "run/./x", "run/a\\b"])
def test_a_name_that_leaves_the_run_is_refused(tmp_path: Path, name: str) -> None:
    store = MemoryStore()
    series = CheckpointSeries(store, claim(store))
    (piece,) = series.put_pieces([b"content"])
    series.write({name: (piece,)})
    assert list(checkpoints(store)) == []
    assert download(store, StoredFolder(tmp_path / "a" / "shard")) is None


def test_failures_are_tried_again_for_a_while() -> None:
    now, pauses = [0.0], list[float]()

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        now[0] += seconds

    store = PatientStore(MemoryStore(failing={1, 2, 3}), 60.0, pause, lambda: now[0])
    store.put("x", b"1")
    assert pauses == [0.5, 1.0, 2.0]
    assert store.get("x") == b"1"
    with pytest.raises(MissingObjectError):
        store.get("nothing")
    assert len(pauses) == 3, "what is not there is not waited for"
    begin = now[0]
    with pytest.raises(StoreError):
        PatientStore(MemoryStore(failing=set(range(99))), 60.0, pause, lambda: now[0]).get("x")
    assert now[0] - begin == 60.0


def test_a_run_is_published_and_fetched_as_it_is(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    run, address = tmp_path / "run", f"file://{tmp_path}/store/merged"
    for text in ("one", "two"):
        (run / "instances").mkdir(parents=True, exist_ok=True)
        (run / "result.json").write_text(text, encoding="utf-8")
        (run / "instances" / f"{text}.csv").write_text(text, encoding="utf-8")
        write_manifest(run)
        publish_run(run, address)
        fetched = fetch_run(address, tmp_path / f"fetched-{text}")
        assert content_of(fetched) == content_of(run) == content_of(tmp_path / "store" / "merged")
        (run / "instances" / f"{text}.csv").unlink()
    with pytest.raises(GeneralBenchError, match="is not empty"):
        fetch_run(address, tmp_path / "fetched-one")
    stored = tmp_path / "store" / "merged" / "result.json"
    stored.write_text("oen", encoding="utf-8")
    with pytest.raises(DataError, match=r"is not as the run was written: result\.json"):
        fetch_run(address, tmp_path / "changed")
    stored.unlink()
    with pytest.raises(DataError, match=r"there is no result\.json"):
        fetch_run(address, tmp_path / "changed")
    with pytest.raises(GeneralBenchError, match="there is no run at"):
        fetch_run(f"file://{tmp_path}/nowhere", tmp_path / "changed")
    assert not (tmp_path / "changed").exists()


def test_the_stores_of_fsspec_agree(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    for address in (f"memory://{tmp_path.name}/a", f"file://{tmp_path}/b"):
        store = FsspecStore(address).below("shard")
        try_operations(store)
