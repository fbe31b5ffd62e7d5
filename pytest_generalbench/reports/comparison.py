"""Two runs, answer by answer."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pytest_generalbench.runs.folder import read_run
from pytest_generalbench.runs.ledger.index import Ledgers, merged, read_ledgers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Difference:
    """An instance that two runs answered differently."""

    task: str
    instance: str
    first: dict[str, Any] | None
    """State and answer in the first run, None when it is not there."""
    second: dict[str, Any] | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain builtins."""
        return asdict(self)


def answers_of(ledgers: Ledgers, task: str) -> dict[str, Mapping[str, Any]]:
    """Return the task's answers by instance, as they lie in the ledger; an answer goes before a failure."""
    found: dict[str, Mapping[str, Any]] = {}
    records = merged(ledgers.records(task))
    for (kind, _, instance, _), record in sorted(records.items(), key=lambda item: str(item[0])):
        if kind == "answer" and (instance not in found or found[instance]["state"] != "ok"):
            found[instance] = record
    return found


def compare_runs(first: Path, second: Path) -> Iterator[Difference]:
    """Yield every instance whose answer or state differs, by task and instance.

    Raises GeneralBenchError when a folder is no run.
    """
    for folder in (first, second):
        read_run(folder)
    one, other = read_ledgers(first), read_ledgers(second)
    for task in sorted({*one.spans, *other.spans}):
        left, right = answers_of(one, task), answers_of(other, task)
        for instance in sorted({*left, *right}):
            sides = (_side(left.get(instance)), _side(right.get(instance)))
            if sides[0] != sides[1]:
                yield Difference(task, instance, *sides)


def _side(record: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if record is None:
        return None
    output = record.get("output") or {}
    # An answer that is not text is told by its digest, which equal answers share.
    return {
        "state": record["state"],
        "answer": output.get("text") if output.get("text") else output.get("key"),
    }
