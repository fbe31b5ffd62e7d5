"""A download whose process is killed, or whose disk fails, at any call that changes a file."""

from __future__ import annotations

import random
import sys
from typing import TYPE_CHECKING

import pytest

from tests.commands import CONSOLE
from tests.data import hub_faults
from tests.data.stand_in_hub import StandInHub, serve
from tests.faults.injection import Fault, build_shim, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

COMMAND = [
    sys.executable, "-c", CONSOLE, "download", "data", "-k",
    "bird-detection or causal-reasoning or color-aware-object-matching", "--jobs", "2",
]  # fmt: skip


class Bench:
    """A hub, and folders that its data are brought into."""

    def __init__(self, place: Path, shim: Path, served: StandInHub) -> None:
        self.place, self.shim, self.served = place, shim, served
        self.number = 0

    def folder(self) -> Path:
        self.number += 1
        folder = self.place / str(self.number)
        folder.mkdir()
        return folder

    def calls(self) -> int:
        """Return how many calls of an undisturbed download change a file."""
        done = run(COMMAND, self.folder(), self.shim)
        assert done.status == 0, done.output
        return done.calls

    def problems(self, fault: Fault) -> list[str]:
        """Return what is not as it should be after the fault, and after the command was given again."""
        folder, found = self.folder(), []
        first = run(COMMAND, folder, self.shim, fault)
        if "Traceback" in first.output:
            found.append(first.output[-1500:])
        again = run(COMMAND, folder, self.shim)
        if again.status != 0:
            found.append(f"again: status {again.status}: {again.output[-1500:]}")
        store, data = self.served.store, folder / "data"
        files = [path.relative_to(store) for path in store.rglob("*") if path.is_file()]
        found += [f"differs: {path}" for path in files if not same(store / path, data / path)]
        unpacked = data / "video/comprehension/ColorMatch"
        if sorted(path.name for path in unpacked.rglob("*")) != ["1.bin", "annotation.json", "videos"]:
            found.append("the archive is not unpacked whole")
        left = [*data.rglob("*.tmp"), *data.rglob("*.part"), *data.glob("*/*/.*")]
        return found + [f"left: {path}" for path in left]


def same(one: Path, other: Path) -> bool:
    return other.is_file() and one.read_bytes() == other.read_bytes()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    place = tmp_path_factory.mktemp("disks")
    shim = build_shim(place)
    if shim is None:
        pytest.skip("needs Linux and a C compiler")
    (place / "store").mkdir()
    hub_faults.fill(place / "store", 500_000)
    with serve(StandInHub(place / "store")) as served, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_ENDPOINT", served.address)
        patch.setenv("HF_HUB_OFFLINE", "0")
        yield Bench(place, shim, served)


@pytest.mark.parametrize("kind", ["kill", "eio", "enospc"])
def test_an_interrupted_download_can_be_given_again(bench: Bench, kind: str) -> None:
    calls = bench.calls()
    dice = random.Random(kind)  # noqa: S311
    for at in (1, calls, *(dice.randint(2, calls - 1) for _ in range(2))):
        assert bench.problems(Fault(kind, at)) == [], f"{kind} at {at} of {calls}"
