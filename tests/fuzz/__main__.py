"""Fuzz readers and parsers: `python -m tests.fuzz [--seconds 300] [--seed 1] [--only WORD] [--keep DIR]`.

Each surface has inputs in proportion to its weight and to the time that is left. Exit status 1 when an input
was not read as documented: an error that is no documented one, more than 1.5 GiB of address space, or more
than five seconds of processor time.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from pathlib import Path

from tests.fuzz.driver import Tally, run_apart
from tests.fuzz.surfaces import SURFACES

_ROUND = 4000
"""Inputs that one process reads."""


def main() -> int:
    """Fuzz all surfaces, print a line for each, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=300.0, help="time for all surfaces together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="surfaces whose name holds this word")
    parser.add_argument("--keep", type=Path, help="write inputs that were not read as documented there")
    options = parser.parse_args()
    chosen = [name for name in SURFACES if options.only in name]
    left = sum(SURFACES[name].weight for name in chosen)
    end = time.monotonic() + options.seconds
    total = faults = 0
    for name in chosen:
        share = SURFACES[name].weight / left
        left -= SURFACES[name].weight
        tally = _surface(name, options.seed, share * max(1.0, end - time.monotonic()))
        total += tally.inputs
        faults += len(tally.failures)
        _show(tally, options.keep)
    sys.stdout.write(f"{total} inputs over {len(chosen)} surfaces, {faults} not read as documented\n")
    return 1 if faults else 0


def _surface(name: str, seed: int, seconds: float) -> Tally:
    until = time.monotonic() + seconds
    sums = Tally(name)
    while True:
        tally = run_apart(name, seed, sums.inputs, _ROUND, max(1.0, until - time.monotonic()))
        sums.inputs += max(1, tally.inputs)
        sums.read += tally.read
        sums.refused += tally.refused
        sums.slowest = max(sums.slowest, tally.slowest)
        sums.failures += tally.failures
        if time.monotonic() > until - 0.5 or len(sums.failures) > 50:
            return sums


def _show(tally: Tally, keep: Path | None) -> None:
    counts = f"{tally.inputs:7} inputs, {tally.read:7} read, {tally.refused:7} refused"
    sys.stdout.write(
        f"{tally.surface:28} {counts}, slowest {tally.slowest:.2f} s, {len(tally.failures)} faults\n"
    )
    seen = set()
    for failure in tally.failures:
        last = failure.message.strip().splitlines()[-3:]
        if (failure.kind, str(last)) not in seen:
            seen.add((failure.kind, str(last)))
            sys.stdout.write("".join(f"    {failure.kind}: {line}\n" for line in last))
        if keep is not None:
            place = keep / tally.surface.replace(" ", "-")
            place.mkdir(parents=True, exist_ok=True)
            (place / hashlib.sha256(failure.content).hexdigest()[:12]).write_bytes(failure.content)
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
