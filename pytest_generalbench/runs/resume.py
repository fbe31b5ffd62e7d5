"""Resuming a run: the records of earlier sessions, and the requests that are left."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench import __version__, protocols
from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.reading import shown
from pytest_generalbench.core.request import INCOMPLETE_STATES
from pytest_generalbench.protocols.reading import with_reading
from pytest_generalbench.runs.ledger.index import Ledgers, resolve_records
from pytest_generalbench.runs.ledger.records import Record, StoredRecord, Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_generalbench.core.reading import Reading
    from pytest_generalbench.core.request import Request
    from pytest_generalbench.core.result import TaskResult
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.suite.data import DataSource

DEADLY: Final = 2
"""Deaths of a worker after which an instance that was in flight at each is not asked any more."""

QUARANTINED: Final = "killed its worker twice"

_AGAIN: Final = ("failed", "not_run")
"""Task states of an earlier session that say nothing: the task is evaluated again."""


class ResumeError(GeneralBenchError):
    """A run that cannot be continued like this; the message names every difference."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The records of a task, and the requests that are left."""

    batched: tuple[Request, ...] = ()
    """To be asked in batches."""
    isolated: tuple[Request, ...] = ()
    """In flight when a worker died: each is asked by itself, so that a second death names the culprit."""
    records: tuple[Record, ...] = ()
    """To be kept as they are: what cannot or must not be asked."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to ask or to keep."""
        return not (self.batched or self.isolated or self.records)


@dataclass(slots=True)
class PreviousSessions:
    """Everything that earlier sessions know of the run's tasks; without ledgers, nothing."""

    ledgers: Ledgers | None = None
    retry: bool = False
    """Whether instances that ended as error, timeout, oom or missing_media are asked again."""
    rescored: frozenset[str] = field(default_factory=frozenset)
    """Metrics whose scores do not follow from the answers alone (people's): never taken as they were."""

    def result(self, task: str, metric: str) -> TaskResult | None:
        """Return the task's result of an earlier session of this version of the package, or None."""
        if self.ledgers is None or task not in self.ledgers.conclusions or metric in self.rescored:
            return None
        concluded = self.ledgers.conclusions[task]
        result = concluded.result
        again = result.state in _AGAIN or (self.retry and result.state == "incomplete")
        return None if concluded.by != __version__ or again else result

    def facts(self, task: str) -> Mapping[str, str]:
        """Return what the task's latest result followed from; empty where that is not known."""
        concluded = None if self.ledgers is None else self.ledgers.conclusions.get(task)
        return {} if concluded is None else concluded.facts

    def tally(self, task: str) -> Tally:
        """Return the tally of the task's records of earlier sessions."""
        return Tally() if self.ledgers is None else self.ledgers.tallies.get(task, Tally())

    def check(self, task: str, basis: Mapping[str, Any]) -> None:
        """Refuse a task that was asked on another basis (data, protocol, reading). Raises ResumeError."""
        before: dict[str, Any] = (
            {} if self.ledgers is None else _with_reading(self.ledgers.bases.get(task, {}))
        )
        differing = differences(before, {**before, **basis})
        if differing:
            raise ResumeError(f"{task} cannot be continued: {'; '.join(differing)}")

    def records(self, task: str) -> Iterable[StoredRecord]:
        """Yield the task's records of earlier sessions."""
        return () if self.ledgers is None else self.ledgers.records(task)

    def plan(self, task: str, requests: Sequence[Request], impossible: Sequence[Record]) -> Plan:
        """Return the plan: which requests are left, batched or isolated."""
        if self.ledgers is None:
            return Plan(batched=tuple(requests), records=tuple(impossible))
        digests = {request.instance_id: request.digest() for request in requests}
        wanted = {**digests, **dict.fromkeys((record.instance for record in impossible), None)}
        answers, _ = resolve_records(self.records(task), wanted, self.ledgers.folder)
        batched: list[Request] = []
        isolated: list[Request] = []
        records = [item for item in impossible if item.instance not in answers]
        for request in requests:
            answer = answers.get(request.instance_id)
            failed = answer is not None and answer.state in INCOMPLETE_STATES
            if answer is not None and not (failed and self.retry):
                continue
            deaths = self.ledgers.deaths[task, request.instance_id]
            if deaths >= DEADLY and answer is None:
                digest = digests[request.instance_id]
                records.append(
                    Record(
                        task,
                        request.instance_id,
                        state="error",
                        digest=digest,
                        message=QUARANTINED,
                        repeat=request.repeat,
                    )
                )
            else:
                (isolated if deaths else batched).append(request)
        return Plan(tuple(batched), tuple(isolated), tuple(records))


def _with_reading(basis: Mapping[str, Any]) -> dict[str, Any]:
    """Return the basis of answers; those of older versions had no reading."""
    return {"reading": "", **basis} if basis else {}


def check_basis(
    ledgers: Ledgers,
    tasks: Mapping[str, Task],
    data: DataSource,
    readings: Mapping[str, Reading],
) -> None:
    """Refuse to continue when data, protocols or readings are not those that the answers were asked with.

    Raises ResumeError that names every difference, so that no worker has to start for it.
    """
    result = []
    for name, basis in sorted(ledgers.bases.items()):
        task = tasks.get(name)
        if task is None:
            continue
        before = _with_reading(basis)
        protocol = protocols.get(task.protocol)
        reading = shown(with_reading(task, protocol, readings).reading)
        now = {**before, "protocol": f"{protocol.name}/{protocol.version}", "reading": reading}
        files = data.files(task)
        if files is not None and files.annotation.is_file():
            with files.annotation.open("rb") as file:
                now["data"] = hashlib.file_digest(file, "sha256").hexdigest()[:16]
        result += [f"{key} of {name}{rest}" for key, rest in _parted(differences(before, now))]
    if result:
        raise ResumeError(f"the run {ledgers.folder} cannot be continued: {'; '.join(result)}")


def _parted(lines: Iterable[str]) -> list[tuple[str, str]]:
    return [(key, f" {rest}") for key, _, rest in (line.partition(" ") for line in lines)]


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return each key of `before` whose value differs now, with both values."""
    return [
        f"{key} was {before[key]!r:.200} and is {now.get(key)!r:.200}"
        for key in sorted(before)
        if before[key] != now.get(key)
    ]
