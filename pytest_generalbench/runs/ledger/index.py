"""All ledgers of a run folder: read once, indexed by task, merged in any order to the same records."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.runs.files import MediaStore
from pytest_generalbench.runs.ledger.records import (
    MEDIA_FOLDER,
    RECORDS,
    LedgerReader,
    Record,
    record_from_plain,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

LEDGER_GLOB: Final = "ledger-*.jsonl"

ANSWERED: Final = ("ok", "refused", "unparsable")
"""States of an instance that the model has answered; any other may be asked again."""

Key = tuple[str, str, str, str | None]
"""Kind, task, instance and digest: two records with the same key are about the same request."""


def merged(records: Iterable[Mapping[str, Any]]) -> dict[Key, Mapping[str, Any]]:
    """Return one plain record for each key, whatever their order and however often each comes.

    An answer beats a failure, a verdict beats a judge's failure; among equals the text of the line decides.
    """
    found: dict[Key, Mapping[str, Any]] = {}
    for record in records:
        key = (record["kind"], record["task"], record["instance"], record["digest"])
        other = found.get(key)
        if other is None or (other != record and _rank(record) > _rank(other)):
            found[key] = record
    return found


def _rank(record: Mapping[str, Any]) -> tuple[bool, str]:
    is_verdict = record["kind"] == "verdict"
    good = record.get("verdict") is not None if is_verdict else record["state"] in ANSWERED
    return good, json.dumps(record, sort_keys=True, default=str)


def verdict_digest(answer: Record) -> str:
    """Return what a verdict about `answer` is filed under: another answer needs another verdict."""
    output = answer.output
    told = [answer.digest, output and output.text, output and output.key]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


@dataclass(slots=True)
class Ledgers:
    """What lies in the ledgers of a run folder. Only notes are in memory; records stay in their files."""

    folder: Path
    paths: list[Path] = field(default_factory=list)
    spans: dict[str, list[list[int]]] = field(default_factory=lambda: defaultdict(list))
    """By task: file, begin and end of the stretches that hold its records."""
    results: dict[str, tuple[int, str, dict[str, Any]]] = field(default_factory=dict)
    """By task: session, program version and result of its latest conclusion."""
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By task: what it was asked under (fingerprint of the data, version of the protocol)."""
    model: tuple[int, dict[str, Any]] | None = None
    """Session and identity of the latest model that gave answers."""
    deaths: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By task and instance: how many workers died while it was in flight."""
    cached: tuple[int, int] = (0, 0)
    """Instances that the answer cache answered, and that the model was asked, in sessions that ended."""
    torn: list[tuple[str, int]] = field(default_factory=list)
    """File and byte offset of every line that is no record."""
    count: int = 0
    """Answers and verdicts, repeated ones included."""

    def records(self, task: str) -> Iterator[dict[str, Any]]:
        """Yield the task's records as they lie in the files."""
        for file, begin, end in self.spans.get(task, ()):
            for _, _, plain in LedgerReader(self.paths[file]).lines(begin, end):
                if plain["kind"] in RECORDS and plain["task"] == task:
                    yield plain

    def tasks(self) -> list[str]:
        """Return the tasks that have a record or a conclusion, sorted."""
        return sorted({*self.spans, *self.results})


def read_ledgers(folder: Path) -> Ledgers:
    """Read every ledger of `folder` once. Raises LedgerError when one is newer than this program."""
    found = Ledgers(folder, sorted(folder.glob(LEDGER_GLOB)))
    lost: dict[tuple[int, str], Counter[tuple[str, str]]] = defaultdict(Counter)
    crashed: set[tuple[int, str]] = set()
    for number, path in enumerate(found.paths):
        reader = LedgerReader(path)
        _read_one(found, number, reader, lost, crashed)
        found.torn += [(path.name, offset) for offset in reader.torn]
    for (session, worker), flying in lost.items():
        # A worker that died with its controller was killed by no instance; `main` is its own controller.
        if worker == "main" or (session, worker) in crashed:
            found.deaths += flying
    return found


def _read_one(
    found: Ledgers,
    number: int,
    reader: LedgerReader,
    lost: dict[tuple[int, str], Counter[tuple[str, str]]],
    crashed: set[tuple[int, str]],
) -> None:
    flying: set[tuple[str, str]] = set()
    writer = (0, "")
    current = None
    for begin, end, plain in reader.lines():
        kind = plain["kind"]
        if kind in RECORDS:
            found.count += 1
            flying.discard((plain["task"], plain["instance"]))
            spans = found.spans[plain["task"]]
            if current == plain["task"]:
                spans[-1][2] = end
            else:
                spans.append([number, begin, end])
                current = plain["task"]
        elif kind == "asked":
            # Records of the batch before are all there: a mark is written when nothing is in flight.
            flying = {(plain["task"], instance) for instance in plain["instances"]}
            found.facts[plain["task"]] = {
                key: plain[key] for key in plain if key not in ("v", "kind", "task", "instances")
            }
        elif kind == "task":
            latest = found.results.get(plain["task"])
            if latest is None or plain["session"] >= latest[0]:
                found.results[plain["task"]] = (plain["session"], plain["by"], plain["result"])
        elif kind == "opened":
            lost[writer].update(flying)
            flying, writer = set(), (plain["session"], plain["worker"])
        elif kind == "model":
            if found.model is None or plain["session"] >= found.model[0]:
                found.model = (plain["session"], plain["identity"])
        elif kind == "cache":
            found.cached = (found.cached[0] + plain["hits"], found.cached[1] + plain["asked"])
        elif kind == "closed":
            flying = set()
        elif kind == "crashed":
            crashed.add((plain["session"], plain["worker"]))
    lost[writer].update(flying)


def settled(
    records: Iterable[Mapping[str, Any]], wanted: Mapping[str, str | None], folder: Path
) -> tuple[dict[str, Record], dict[str, Record]]:
    """Return answers and verdicts by instance: those to the requests of now, whose digests are `wanted`."""
    get = MediaStore(folder / MEDIA_FOLDER).get
    answers: dict[str, Record] = {}
    verdicts: dict[tuple[str, str | None], Record] = {}
    for (kind, _, instance, digest), plain in merged(records).items():
        if kind == "verdict":
            verdicts[instance, digest] = record_from_plain(plain, get)
        elif instance in wanted and wanted[instance] == digest:
            answers[instance] = record_from_plain(plain, get)
    told = {}
    for instance, answer in answers.items() if verdicts else ():
        verdict = verdicts.get((instance, verdict_digest(answer))) or verdicts.get((instance, None))
        if verdict is not None:
            told[instance] = verdict
    return answers, told
