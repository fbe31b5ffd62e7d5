"""Interrupt commands that write: `python -m tests.faults [--kills 100] [--errors 20] [--seed 1]`."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.faults.driver import Bench
from tests.faults.injection import Fault, build_shim
from tests.faults.scenarios import SCENARIOS


def main() -> int:
    """Interrupt, print a line for each scenario, and return 1 when anything is not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="kills over all scenarios")
    parser.add_argument(
        "--errors", type=int, default=20, help="disks that fail or are full, over all scenarios"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="scenarios whose name holds this word")
    options = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="faults-"))
    shim = build_shim(place)
    if shim is None:
        sys.exit("needs Linux and a C compiler")
    bench = Bench(place, shim)
    chosen = [scenario for scenario in SCENARIOS if options.only in scenario.name]
    dice = random.Random(options.seed)  # noqa: S311
    kinds = ["kill"] * options.kills + [("eio", "enospc")[n % 2] for n in range(options.errors)]
    counts: Counter[str] = Counter()
    bad = 0
    for number, kind in enumerate(kinds):
        scenario = chosen[number % len(chosen)]
        fault = Fault(kind, dice.randint(1, bench.clean(scenario)[1]))
        problems = bench.problems(scenario, fault)
        counts[f"{scenario.name}: {kind}"] += 1
        bad += bool(problems)
        for problem in problems:
            sys.stdout.write(f"{scenario.name}, {fault}: {problem}\n")
            sys.stdout.flush()
    for name, count in sorted(counts.items()):
        sys.stdout.write(f"{name:24} {count}\n")
    sys.stdout.write(f"{sum(counts.values())} faults, {bad} with a problem; what failed is in {place}\n")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
