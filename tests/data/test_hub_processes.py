"""Downloads by whole processes: one that is killed, two at once, none that touches the network offline."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pytest

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.suite.data import open_data
from pytest_generalbench.suite.data.fetch import hub, transfer
from pytest_generalbench.suite.data.fetch.record import Record
from pytest_generalbench.suite.data.fetch.repository import RemoteFile, Repository
from tests.commands import CONSOLE
from tests.data import hub_faults
from tests.data.stand_in_hub import Fault
from tests.data.trees import BIRD, CAUSES, COLOR, all_tasks, task_of

if TYPE_CHECKING:
    from tests.data.stand_in_hub import StandInHub

WANTED = "bird-detection or causal-reasoning or color-aware-object-matching"


@pytest.fixture
def filled(stand_in: StandInHub) -> StandInHub:
    hub_faults.fill(stand_in.store, 1_000_000)
    return stand_in


def started(target: Path) -> subprocess.Popen[bytes]:
    """Start `generalbench download`; huggingface_hub takes the stand-in from the environment."""
    command = [sys.executable, "-c", CONSOLE, "download", str(target), "-k", WANTED]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=os.environ)


def needed(served: StandInHub) -> int:
    return sum(path.stat().st_size for path in served.store.rglob("*") if path.is_file())


def differing(served: StandInHub, target: Path) -> list[Path]:
    files = (path for path in served.store.rglob("*") if path.is_file())
    pairs = ((path, target / path.relative_to(served.store)) for path in files)
    return [other for one, other in pairs if not other.is_file() or one.read_bytes() != other.read_bytes()]


def unfinished(target: Path) -> list[int]:
    """Return the sizes of the files that are on their way."""
    sizes = []
    for part in Record(target, "open").parts.glob("*.part"):
        with suppress(FileNotFoundError):  # whole since, and at its place
            sizes.append(part.stat().st_size)
    return sizes


def test_a_killed_download_goes_on_from_its_last_byte(filled: StandInHub, tmp_path: Path) -> None:
    target, came = tmp_path / "t", 400_000
    filled.faults.append(Fault("stall", "big", 1, came))
    process = started(target)
    try:
        assert filled.stalled.wait(60)
        while unfinished(target) != [came] or len(differing(filled, target)) > 1:
            assert process.poll() is None
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        filled.going_on.set()
    again = started(target)
    assert again.communicate()[1] == b""
    assert again.returncode == 0
    assert not differing(filled, target)
    assert sum(filled.sent.values()) == needed(filled)


def test_two_downloads_at_once_bring_each_byte_once(filled: StandInHub, tmp_path: Path) -> None:
    both = [started(tmp_path / "t") for _ in range(2)]
    ends = [process.communicate()[1] for process in both]
    assert ends == [b"", b""]
    assert not differing(filled, tmp_path / "t")
    assert sum(filled.sent.values()) == needed(filled)


def test_two_that_no_lock_keeps_apart_spoil_nothing(
    filled: StandInHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = (filled.store / hub_faults.BIG).read_bytes()
    file = RemoteFile(hub_faults.BIG, len(content), hashlib.sha256(content).hexdigest(), None)
    both, calls = threading.Barrier(2), threading.local()

    def in_turns(target: BinaryIO, piece: bytes) -> int:
        calls.number = getattr(calls, "number", 0) + 1
        if calls.number <= 2:
            both.wait(60)  # both have asked for the same bytes
        return target.write(piece)

    monkeypatch.setattr(transfer, "_append", in_turns)
    target = tmp_path / "t"
    repository = Repository("open")
    transfers = [transfer.Transfer(repository, filled.commit, target, tmp_path / "parts") for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(one.fetch, file) for one in transfers]:
            done.result()
    assert (target / hub_faults.BIG).read_bytes() == content
    assert list((tmp_path / "parts").iterdir()) == []


class NoNetworkError(Exception):
    """A socket was asked for."""


def test_offline_opens_no_socket(filled: StandInHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, tasks = tmp_path / "c", all_tasks()
    online = open_data("hub", "open", tasks, cache=cache)
    assert online.load(task_of(CAUSES)) is not None
    shutil.copy(filled.store / hub_faults.ARCHIVE, cache / "hub/open")
    (cache / "hub/open/video/comprehension").mkdir(parents=True)
    shutil.move(cache / "hub/open/ColorMatch.zip", cache / "hub/open" / hub_faults.ARCHIVE)

    def refused(*_: object, **__: object) -> None:
        raise NoNetworkError

    monkeypatch.setattr(socket, "socket", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    monkeypatch.setattr(socket, "create_connection", refused)
    # The check itself: what is not offline runs into it, or into the library's own error for it.
    with pytest.raises((NoNetworkError, DataError)):
        open_data("hub", "open", tasks, cache=cache).load(task_of(BIRD))
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)  # not even imported
    offline = open_data("hub", "open", tasks, cache=cache, offline=True)
    assert offline.load(task_of(CAUSES)) is not None
    assert offline.load(task_of(BIRD)) is None
    assert offline.load(task_of(COLOR)) is not None  # unpacked
    hub.download_data(cache / "hub/open", offline=True)
    # What is complete needs no network without the option either.
    assert open_data("hub", "open", tasks, cache=cache).load(task_of(CAUSES)) is not None


READER = """
import os, sys
from pathlib import Path
from pytest_generalbench.suite.data import open_data
from pytest_generalbench.suite.tasks import load_tasks
tasks = load_tasks()
task = next(task for task in tasks if task.id == "nlp/causal-reasoning")
bird = next(task for task in tasks if task.id == "image/comprehension/bird-detection")

def read(cache):
    for offline in (False, True):
        for source in ("hub", cache / "hub" / "open"):
            data = open_data(source, "open", tasks, cache=cache, offline=offline)
            assert len(data.load(task).instances) == 20
    try:
        open_data("hub", "open", tasks, cache=cache).load(bird)
    except Exception as error:
        print(error)

read(Path(sys.argv[1]))  # all that is imported is imported by a user who may read it
os.setegid(65534), os.seteuid(65534)
try:
    (Path(sys.argv[2]) / "hub" / "x").touch()
    sys.exit("the folder can be written")
except OSError:
    pass
read(Path(sys.argv[2]))
"""


@pytest.mark.skipif(not hasattr(os, "setuid") or os.getuid() != 0, reason="another user is tried as root")
def test_a_folder_that_cannot_be_written_is_read(filled: StandInHub, tmp_path: Path) -> None:
    cache = tmp_path / "shared"
    hub.download("open", all_tasks(), cache / "hub/open", wanted=[task_of(CAUSES)])
    shutil.copytree(cache, tmp_path / "mine")
    for folder in (*tmp_path.parents, tmp_path):
        if folder.stat().st_uid == os.getuid() and folder.is_relative_to("/tmp/pytest-of-root"):  # noqa: S108
            folder.chmod(0o755)
    for path in cache.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    command = [sys.executable, "-c", READER, str(tmp_path / "mine"), str(cache)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "cannot be written (Permission denied)" in done.stdout
