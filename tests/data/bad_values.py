"""Entries of an annotation file with one bad value in them, and what becomes of the whole task."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench import metrics
from pytest_generalbench.core.errors import DataError, GeneralBenchError
from pytest_generalbench.core.outputs import answer_from_plain, form_of
from pytest_generalbench.core.outputs.bare.answers import answer_from_bare
from pytest_generalbench.core.request import Output
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.evaluation.preparation import Loaded, PreparedTask, TaskScoring, answer_sheet
from pytest_generalbench.evaluation.scoring.backbones import Backbones
from pytest_generalbench.evaluation.scoring.backbones.demo_weights import DemoWeights
from pytest_generalbench.evaluation.scoring.human_ratings import NO_RATINGS
from pytest_generalbench.runs.ledger.records import Record
from pytest_generalbench.suite.data import FolderSource, TaskData, load
from pytest_generalbench.suite.data.locate.layout import TaskFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_generalbench.core.outputs import StructuredOutput
    from pytest_generalbench.core.result import InstanceRow, TaskResult
    from pytest_generalbench.core.task import Task

Path_ = tuple[str | int, ...]

_RAW: Final = {
    "\ue000 1e400": "1e400",
    "\ue000 digits": "9" * 5000,
    "\ue000 long float": "0." + "3" * 3000,
    "\ue000 exponent": "-1e99999999",
}
"""What Python's own encoder does not write, by the text that stands for it."""


def _deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


VALUES: Final[tuple[Any, ...]] = (
    None, "", " ", [], {}, [[]], [None], {"a": {"b": []}}, _deep(30), _deep(200),
    float("inf"), float("-inf"), float("nan"), *_RAW, -1, 0, 1e308, 2**31, 2**63, 2**64, -(2**70), 0.5,
    [[1], [1, 2]], [[1, 2], 3], [1, "a"], [float("nan")] * 4,
    [float("inf")] * 4, [1e308] * 4, [-1] * 4, [10**30] * 4,
    {"size": [4, 4], "counts": [10**400]}, {"size": [10**9, 10**9], "counts": [10**18]},
    {"size": [float("inf"), 4], "counts": "a"}, {"size": [4, 4], "counts": [float("inf"), 3]},
    "x" * 100_000, "\ud800", "a\udfffb", "\0", "a\0b.png", 
    "../../etc/passwd", "/etc/passwd", "no-such-file.png", ".", "..",
    True, False, "9" * 5000, "1e400", "nan", "-inf", "\u202e\x1b[2J", "½", "\u0661",
)  # fmt: skip
"""Values that are wrong nearly everywhere."""


@dataclass(frozen=True)
class Mutation:
    """A bad value at a place of one entry."""

    entry: int
    path: Path_
    value: Any
    gone: bool = False
    """The key is taken away instead."""

    def __str__(self) -> str:
        """Name it."""
        what = "gone" if self.gone else f"{self.value!r:.60}"
        return f"entry {self.entry} {'.'.join(map(str, self.path))} = {what}"

    def applied(self, entries: list[Any]) -> list[Any]:
        """Return the entries with it."""
        changed = list(entries)
        changed[self.entry] = holder = deepcopy(entries[self.entry])
        *way, last = self.path
        for step in way:
            holder = holder[step]
        if self.gone:
            del holder[last]
        else:
            holder[last] = self.value
        return changed


def places(value: Any, way: Path_ = ()) -> Iterator[Path_]:
    """Yield the path of every value inside `value`; of long lists the first and the last item."""
    if isinstance(value, dict):
        inner: list[tuple[str | int, Any]] = list(value.items())
    elif isinstance(value, list):
        inner = [(place, value[place]) for place in sorted({0, 1, len(value) - 1}) if 0 <= place < len(value)]
    else:
        return
    for key, item in inner:
        yield (*way, key)
        yield from places(item, (*way, key))


def draw(entries: list[Any], dice: random.Random) -> Mutation:
    """Return a mutation; each key of the entry is as likely as the next, however much lies below it."""
    place = dice.randrange(len(entries))
    # By the first two steps: a polygon of a thousand numbers is one field of many.
    by_field: dict[Path_, list[Path_]] = {}
    for way in places(entries[place]):
        by_field.setdefault(way[:2], []).append(way)
    way = dice.choice(dice.choice(list(by_field.values())))
    if isinstance(way[-1], str) and dice.random() < 0.04:
        return Mutation(place, way, None, gone=True)
    return Mutation(place, way, dice.choice(VALUES))


def written(content: Mapping[str, Any]) -> bytes:
    """Return the file's bytes, numbers that Python does not write among them."""
    text = json.dumps(content, ensure_ascii=True)
    for mark, raw in _RAW.items():
        text = text.replace(json.dumps(mark), raw)
    return text.encode()


@dataclass
class Outcome:
    """What became of the task with the mutation."""

    refusal: str | None = None
    """The whole task was refused, and why."""
    wrong: list[str] = field(default_factory=list)
    """What should not have happened."""
    is_named: bool = False
    """The instance could not be read, and is named."""
    is_moved: bool = False
    """Its row differs."""

    @property
    def kind(self) -> str:
        """What became of the task, in one word."""
        if self.refusal is not None:
            return "refused"
        return "named" if self.is_named else "moved" if self.is_moved else "same"


def nothing(name: str) -> bytes:
    """Refuse to read a file that an answer names."""
    raise DataError(f"{name!r:.80}: no such file")


def answers_of(value: Any, form: str, medium: str) -> Iterator[Output]:
    """Yield what becomes of a bad value as an answer: in a text, a prediction file, a ledger, a program.

    Raises anything but DataError where a reader of answers does not refuse it.
    """
    text = written({"value": value}).decode()[len('{"value": ') : -1]
    yield Output(text)
    yield Output(str(value)[:10_000])
    if form == "text":
        return
    kind = form_of(form)
    readers: tuple[Callable[[], StructuredOutput], ...] = (
        lambda: kind.from_prediction(value, nothing),
        lambda: answer_from_plain({"form": form, "values": value}, nothing),
        lambda: answer_from_plain(value, nothing),
    )
    for read in readers:
        with suppress(DataError):
            answer = read()
            yield Output(medium=answer.medium, answer=answer, key="k")
    with suppress(DataError):
        bare = answer_from_bare(value, form, medium)
        yield Output(bare) if isinstance(bare, str) else Output(medium=bare.medium, answer=bare, key="k")


class Bench:
    """A demo task, scored with its right answers once as it is, then with one bad value at a time."""

    def __init__(self, task: Task, source: FolderSource, scratch: Path) -> None:
        """Score the task as it is."""
        files = source.files(task)
        assert files is not None
        self._files = files
        self._scratch = scratch / "annotation.json"
        self._scoring = TaskScoring(
            Settings("baseline:oracle", mos="auto"), source, None, Backbones([DemoWeights()]), NO_RATINGS
        )
        self.task = self._scoring.measured(task)
        self.content = json.loads(files.annotation.read_bytes())
        self.entries: list[Any] = self.content["data"]
        prepared = self._prepared(self.content)
        assert not prepared.impossible, prepared.impossible
        sheet = answer_sheet(prepared)
        known = set(sheet.ids)
        self.answers = {
            request.instance_id: Record(
                task.id, request.instance_id, output=_output(sheet.ideal(request.instance_id))
            )
            for request in prepared.requests
            if request.instance_id in known
        }
        self.prepared = prepared
        self.form, self.medium = prepared.requests[0].form, prepared.requests[0].output_medium
        self.ids = [instance.id for instance in self._load(self.content).instances]
        self.result = self._score(prepared, {})
        self.rows = {row.instance: row for row in self.result.rows}
        self.is_mean = metrics.get(self.task.metric.name).aggregation == "mean"

    def _load(self, content: Mapping[str, Any]) -> TaskData:
        self._scratch.write_bytes(written(content))
        files = TaskFiles(self.task.id, self._files.folder, self._scratch, "open")
        return load(files, self.task, Path(self._scratch.anchor))

    def _prepared(self, content: Mapping[str, Any]) -> PreparedTask:
        return self._scoring.prepare(Loaded(self.task, self._load(content)))

    def _score(self, prepared: PreparedTask, names: Mapping[str, str]) -> TaskResult:
        """Score with the right answers; `names` has the former ids of those that have another now."""
        records = {record.instance: record for record in prepared.impossible}
        for request in prepared.requests:
            former = names.get(request.instance_id, request.instance_id)
            records[request.instance_id] = self.answers.get(
                former, Record(self.task.id, request.instance_id, output=Output("an answer"))
            )
        verdicts = {
            key: Record(self.task.id, key, kind="verdict", verdict=1.0)
            for key, record in records.items()
            if record.state == "ok"
        }
        return self._scoring.score(prepared.scoring, records, verdicts, 0.0)

    def outcome(self, mutation: Mutation) -> Outcome:
        """Score the task with the mutation, and return what of it is not as it should be."""
        outcome = Outcome()
        content = {**self.content, "data": mutation.applied(self.entries)}
        name = self.ids[mutation.entry]
        try:
            data = self._load(content)
            now = [instance.id for instance in data.instances]
            name = now[mutation.entry]
            prepared = self._scoring.prepare(Loaded(self.task, data))
            result = self._score(prepared, dict(zip(now, self.ids, strict=True)))
        except GeneralBenchError as error:
            outcome.refusal = str(error)
            if repr(name) not in str(error) and name not in str(error).split():
                outcome.wrong.append(f"refused without naming {name!r}: {error}")
            return outcome
        impossible = {record.instance: record for record in prepared.impossible}
        outcome.is_named = name in impossible
        if outcome.is_named and (
            result.state not in ("incomplete", "human")
            or (result.state == "incomplete" and name not in (result.reason or ""))
        ):
            outcome.wrong.append(f"{name!r} is lost, the result is {result.state}: {result.reason}")
        rows = {row.instance: row for row in result.rows}
        for key, former in zip(now, self.ids, strict=True):
            before, after = self.rows.get(former), rows.get(key)
            if before is None:
                continue  # people rate it: there is no row
            if key == name:
                outcome.is_moved = after is None or _seen(after, former) != _seen(before, former)
            elif key != former:
                outcome.wrong.append(f"{former!r} is called {key!r}")
            elif (
                after is None
                or _seen(after, former)[: 3 if self.is_mean else 2]
                != (_seen(before, former)[: 3 if self.is_mean else 2])
            ):
                outcome.wrong.append(f"{key!r} was {before}, is {after}")
        return outcome

    def wrong_answer(self, place: int, output: Output) -> list[str]:
        """Score the task with another answer to one instance, and return what is not as it should be."""
        name = self.ids[place]
        kept = self.answers.get(name)
        self.answers[name] = Record(self.task.id, name, output=output)
        try:
            result = self._score(self.prepared, {})
        finally:
            if kept is None:
                del self.answers[name]
            else:
                self.answers[name] = kept
        seen = 3 if self.is_mean else 2
        return [
            f"{row.instance!r} was {self.rows[row.instance]}, is {row}"
            for row in result.rows
            if row.instance != name
            and _seen(row, row.instance)[:seen] != _seen(self.rows[row.instance], row.instance)[:seen]
        ]


def _output(ideal: Any) -> Output:
    return Output(ideal) if isinstance(ideal, str) else Output(medium=ideal.medium, answer=ideal, key="k")


def _seen(row: InstanceRow, name: str) -> tuple[Any, ...]:
    return (row.state, row.prediction, None if row.score is None else round(row.score, 9))
