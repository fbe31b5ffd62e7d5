"""A download whose process is killed, or whose disk fails, at any call that changes a file.

`python -m tests.data.test_hub_disks` tries many of them.
"""

from __future__ import annotations

import random
import sys
import tempfile
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.commands import CONSOLE
from tests.data import hub_faults
from tests.data.stand_in_hub import StandInHub, serve
from tests.faults.injection import Fault, build_shim, run

if TYPE_CHECKING:
    from collections.abc import Iterator

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

    @cached_property
    def calls(self) -> int:
        """How many calls of an undisturbed download change a file."""
        done = run(COMMAND, self.folder(), self.shim)
        assert done.status == 0, done.output
        return done.calls

    def problems(self, fault: Fault) -> list[str]:
        """Return what is not as it should be after the fault, and after the command was given again."""
        folder, wrong = self.folder(), []
        first = run(COMMAND, folder, self.shim, fault)
        if "Traceback" in first.output:
            wrong.append(first.output[-1500:])
        again = run(COMMAND, folder, self.shim)
        if again.status != 0:
            wrong.append(f"again: status {again.status}: {again.output[-1500:]}")
        store, data = self.served.store, folder / "data"
        files = [path.relative_to(store) for path in store.rglob("*") if path.is_file()]
        wrong += [f"differs: {path}" for path in files if not same(store / path, data / path)]
        unpacked = data / "video/comprehension/ColorMatch"
        if sorted(path.name for path in unpacked.rglob("*")) != ["1.bin", "annotation.json", "videos"]:
            wrong.append("the archive is not unpacked whole")
        left = [*data.rglob("*.tmp"), *data.rglob("*.part"), *data.glob("*/*/.*")]
        return wrong + [f"left: {path}" for path in left]


def same(one: Path, other: Path) -> bool:
    return other.is_file() and one.read_bytes() == other.read_bytes()


@contextmanager
def opened(place: Path) -> Iterator[Bench]:
    shim = build_shim(place)
    if shim is None:
        pytest.skip("needs Linux and a C compiler")
    (place / "store").mkdir()
    hub_faults.fill(place / "store", 500_000)
    with serve(StandInHub(place / "store")) as served, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_ENDPOINT", served.address)
        patch.setenv("HF_HUB_OFFLINE", "0")
        yield Bench(place, shim, served)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with opened(tmp_path_factory.mktemp("disks")) as bench:
        yield bench


@pytest.mark.parametrize("kind", ["kill", "eio", "enospc"])
def test_an_interrupted_download_can_be_given_again(bench: Bench, kind: str) -> None:
    at = random.Random(kind).randint(1, bench.calls)  # noqa: S311
    assert bench.problems(Fault(kind, at)) == [], f"{kind} at {at} of {bench.calls}"


def test_a_download_that_dies_at_its_last_write_can_be_given_again(bench: Bench) -> None:
    assert bench.problems(Fault("kill", bench.calls)) == []


def main() -> None:
    """Try every ninth call, each with every fault, and print what is not as it should be."""
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as bench:
        tried = [Fault(kind, at) for kind in ("kill", "eio", "enospc") for at in range(1, bench.calls, 9)]
        faulty = [(fault, problems) for fault in tried if (problems := bench.problems(fault))]
    for fault, problems in faulty:
        print(fault, *problems, sep="\n  ")  # noqa: T201
    print(f"{len(tried)} faults, {len(faulty)} with problems")  # noqa: T201


if __name__ == "__main__":
    main()
