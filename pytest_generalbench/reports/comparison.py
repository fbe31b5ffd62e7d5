"""Two runs, answer by answer."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_generalbench.runs.ledger.index import Ledgers, merged, read_ledgers
from pytest_generalbench.runs.run_manifest import read_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_generalbench.runs.ledger.records import StoredRecord


@dataclass(frozen=True, slots=True)
class Side:
    """What one run has of an instance."""

    state: str
    answer: str | None
    """The text, else the digest that equal answers share; None where there is no answer."""


@dataclass(frozen=True, slots=True)
class Difference:
    """An instance that two runs answered differently."""

    task: str
    instance: str
    first: Side | None
    """None where the first run has no record of it."""
    second: Side | None
    repeat: int = 0
    """Which answer to the instance it is, from 0 on."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain builtins."""
        plain = asdict(self)
        if not self.repeat:
            del plain["repeat"]
        return plain


def answers_of(ledgers: Ledgers, task: str) -> dict[str, StoredRecord]:
    """Return the task's first answers by instance (`repeated_answers_of` has those of all repeats)."""
    found = repeated_answers_of(ledgers, task)
    return {instance: record for (instance, repeat), record in found.items() if not repeat}


def repeated_answers_of(ledgers: Ledgers, task: str) -> dict[tuple[str, int], StoredRecord]:
    """Return the task's answers by instance and repeat, from the ledger; answers go before failures."""
    answers: dict[tuple[str, int], StoredRecord] = {}
    records = merged(ledgers.records(task))
    for (kind, *_), record in sorted(records.items(), key=lambda item: str(item[0])):
        key = (record.instance, record.repeat)
        if kind == "answer" and (key not in answers or answers[key].state != "ok"):
            answers[key] = record
    return answers


def diff_runs(first: str | Path, second: str | Path) -> Iterator[Difference]:
    """Yield every instance whose answer or state differs between two runs, by task and instance.

    Raises:
        GeneralBenchError: a folder is no run.
    """
    for folder in (first, second):
        read_run(Path(folder))
    one, other = read_ledgers(Path(first)), read_ledgers(Path(second))
    for task in sorted({*one.spans, *other.spans}):
        left, right = repeated_answers_of(one, task), repeated_answers_of(other, task)
        for key in sorted({*left, *right}):
            sides = (_side(left.get(key)), _side(right.get(key)))
            if sides[0] != sides[1]:
                yield Difference(task, key[0], *sides, repeat=key[1])


def _side(record: StoredRecord | None) -> Side | None:
    return None if record is None else Side(record.state, record.shown)
