"""Loading a whole benchmark's ledger, 325,800 records, held against json.loads of the lines.

`pytest benchmarks/test_ledger.py -s` prints the figures; only the ratio and the memory are asserted.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from pytest_generalbench.core.request import Output
from pytest_generalbench.runs.ledger.files import LedgerReader
from pytest_generalbench.runs.ledger.index import read_ledgers, resolve_records
from pytest_generalbench.runs.ledger.records import Record

TASKS, INSTANCES, FILES = 724, 450, 8
RATIO = 3.0
MEMORY_MIB = 150


def write_ledgers(folder: Path) -> int:
    """Write as many records as the benchmark has instances, in batches of eight between marks."""
    count = 0
    files = [(folder / f"ledger-gw{number}-1.jsonl").open("w", encoding="utf-8") for number in range(FILES)]
    for task in range(TASKS):
        file = files[task % FILES]
        for begin in range(0, INSTANCES, 8):
            names = [f"i{number:06}" for number in range(begin, min(begin + 8, INSTANCES))]
            mark = {"v": 2, "kind": "asked", "task": f"nlp/task-{task}", "instances": names, "data": "f" * 16}
            file.write(json.dumps(mark) + "\n")
            for name in names:
                text = f"The answer is {name}, since the picture shows what the question asks for. " * 3
                record = Record(f"nlp/task-{task}", name, digest="0" * 16, output=Output(text), seconds=0.5)
                file.write(record.to_json(lambda *_: "") + "\n")
                count += 1
    for file in files:
        file.close()
    return count


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_a_whole_benchmarks_ledger_is_loaded(tmp_path: Path) -> None:
    count = write_ledgers(tmp_path)
    started = time.perf_counter()
    for path in sorted(tmp_path.iterdir()):
        with path.open("rb") as file:
            for line in file:
                json.loads(line)
    bare = time.perf_counter() - started
    before = peak_mib()
    started = time.perf_counter()
    ledgers = read_ledgers(tmp_path)
    index = time.perf_counter() - started
    started = time.perf_counter()
    total = 0
    for task in ledgers.tasks():
        wanted = {f"i{number:06}": "0" * 16 for number in range(INSTANCES)}
        answers, _ = resolve_records(ledgers.records(task), wanted, tmp_path)
        total += len(answers)
    tasks = time.perf_counter() - started
    grown = peak_mib() - before
    sys.stdout.write(
        f"\n{count} records: json.loads {bare:.1f} s, index {index:.1f} s ({index / bare:.2f} x), every task "
        f"read and merged {tasks:.1f} s ({tasks / bare:.2f} x), memory grew by {grown:.0f} MiB\n"
    )
    assert ledgers.count == total == count
    assert index < RATIO * bare
    assert tasks < 2 * RATIO * bare
    assert grown < MEMORY_MIB
    assert LedgerReader(next(iter(ledgers.paths))).torn == []
