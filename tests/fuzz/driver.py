"""Runs inputs through a surface in a process of its own, within limits on memory and time."""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.fuzz.surface import Surface

MEMORY: Final = 3 * 2**29
"""Bytes of address space that a process may have: 1.5 GiB."""

SECONDS: Final = 5.0
"""Processor time that one input may take."""

CORPUS: Final = Path(__file__).parent / "corpus"
"""Inputs that were read wrong once, a folder for each surface."""


@dataclass
class Failure:
    """An input that was not read as documented."""

    kind: str
    """uncaught, memory, time or death."""
    message: str
    content: bytes = b""


@dataclass
class Tally:
    """What became of the inputs of one surface."""

    surface: str
    inputs: int = 0
    read: int = 0
    refused: int = 0
    slowest: float = 0.0
    failures: list[Failure] = field(default_factory=list)


class _TooSlowError(BaseException):
    pass


def _interrupt(*_: Any) -> None:
    raise _TooSlowError


def inputs(surface: Surface, seed: int, start: int, count: int) -> Iterator[bytes]:
    """Yield inputs `start` to `start + count`; each follows from seed and number alone."""
    seeds = list(surface.seeds())
    assert seeds, f"{surface.name} has no seeds"
    for number in range(start, start + count):
        dice = random.Random(f"{surface.name} {seed} {number}")  # noqa: S311
        first, other = dice.choice(seeds), dice.choice(seeds)
        yield first if number < len(seeds) else surface.mutate(first, other, dice)


def try_one(surface: Surface, content: bytes, folder: Path, tally: Tally) -> None:
    """Read one input, and note what became of it."""
    tally.inputs += 1
    began = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    failure = None
    try:
        surface.read(content, folder)
        tally.read += 1
    except surface.errors:
        tally.refused += 1
    except MemoryError:
        failure = Failure("memory", traceback.format_exc(limit=-4))
    except _TooSlowError:
        failure = Failure("time", traceback.format_exc(limit=-6))
    except BaseException:  # noqa: BLE001 - whatever is not documented is a fault
        failure = Failure("uncaught", traceback.format_exc(limit=-6))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    spent = time.process_time() - began
    tally.slowest = max(tally.slowest, spent)
    if failure is None and spent > SECONDS:
        failure = Failure("time", f"{spent:.1f} s")
    if failure is not None:
        failure.content = content
        tally.failures.append(failure)


def emptied(folder: Path) -> None:
    """Remove what a reader wrote."""
    for path in sorted(folder.rglob("*"), reverse=True):
        with contextlib.suppress(OSError):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


def try_many(
    surface: Surface, contents: Iterator[bytes] | Sequence[bytes], until: float | None = None
) -> Tally:
    """Read inputs in this process until all are read or the clock says `until`."""
    tally = Tally(surface.name)
    before = signal.signal(signal.SIGPROF, _interrupt)
    try:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as place:
            folder = Path(place)
            for content in contents:
                if until is not None and time.monotonic() > until:
                    break
                try_one(surface, content, folder, tally)
                emptied(folder)
    finally:
        signal.signal(signal.SIGPROF, before)
    return tally


def kept(surface: Surface) -> list[bytes]:
    """Return the inputs of the corpus."""
    folder = CORPUS / surface.name.replace(" ", "-")
    return [path.read_bytes() for path in sorted(folder.glob("*"))] if folder.is_dir() else []


def run_apart(name: str, seed: int, start: int, count: int, seconds: float) -> Tally:
    """Run inputs in a child process with limited memory; its death is a failure of the input at hand."""
    command = [
        sys.executable,
        "-m",
        "tests.fuzz.driver",
        name,
        str(seed),
        str(start),
        str(count),
        str(seconds),
    ]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, check=False, env=environment)
    lines = done.stdout.decode().splitlines()
    if done.returncode == 0 and lines:
        return _from_plain(json.loads(lines[-1]))
    last = next((int(line[5:]) for line in reversed(lines) if line.startswith("next ")), start)
    message = f"exit {done.returncode}: {done.stderr.decode(errors='replace')[-2000:]}"
    tally = Tally(name, last - start + 1)
    tally.failures.append(Failure("death", f"input {last} of seed {seed}: {message}"))
    return tally


def _from_plain(plain: dict[str, Any]) -> Tally:
    failures = [
        Failure(one["kind"], one["message"], bytes.fromhex(one["content"])) for one in plain["failures"]
    ]
    return Tally(**{**plain, "failures": failures})


def _child(name: str, seed: int, start: int, count: int, seconds: float) -> None:
    from tests.fuzz.surfaces import SURFACES

    surface = SURFACES[name]
    contents = inputs(surface, seed, start, count)
    first = next(contents)  # libraries and seeds are loaded before memory is limited
    with contextlib.suppress(*surface.errors), tempfile.TemporaryDirectory() as place:
        surface.read(first, Path(place))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

    def told() -> Iterator[bytes]:
        for number, content in enumerate(inputs(surface, seed, start, count), start):
            if number % 50 == 0:
                sys.stdout.write(f"next {number}\n")
                sys.stdout.flush()
            yield content

    tally = try_many(surface, told(), time.monotonic() + seconds)
    plain = asdict(tally)
    plain["failures"] = [{**asdict(one), "content": one.content.hex()} for one in tally.failures[:20]]
    sys.stdout.write(json.dumps(plain) + "\n")


if __name__ == "__main__":
    given = sys.argv[1:]
    _child(given[0], int(given[1]), int(given[2]), int(given[3]), float(given[4]))
