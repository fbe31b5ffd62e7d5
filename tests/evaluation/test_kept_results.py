"""A result of an earlier session is taken over unread only where all that it follows from is the same."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

import pytest_generalbench
from pytest_generalbench import metrics, protocols
from pytest_generalbench.core.request import Output
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.evaluation import kept_results
from pytest_generalbench.evaluation.scoring.backbones import Backbones
from pytest_generalbench.evaluation.task_evaluator import TaskEvaluator
from pytest_generalbench.runs.instance_rows import rows_path
from pytest_generalbench.runs.ledger.files import LedgerWriter
from pytest_generalbench.runs.ledger.index import Ledgers, read_ledgers
from pytest_generalbench.runs.ledger.records import Record
from pytest_generalbench.runs.resume import PreviousSessions, ResumeError
from pytest_generalbench.suite.data import DataFolder, FolderSource
from tests.data.trees import CARS, CAUSES, Tree, all_tasks, pictured, question, task_of
from tests.fakes import FakeModel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pytest_generalbench.core.request import Request
    from pytest_generalbench.core.result import TaskResult
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.suite.data import TaskData, TaskFiles

COUNT = 5


@dataclass
class CountingData:
    """A folder of data that counts how often it is read."""

    source: FolderSource
    loads: list[str] = field(default_factory=list)
    name: str = "folder"
    split: str = "open"
    is_demo: bool = False

    @property
    def root(self) -> Path:
        return self.source.root

    def load(self, task: Task) -> TaskData | None:
        self.loads.append(task.id)
        return self.source.load(task)

    def files(self, task: Task) -> TaskFiles | None:
        return self.source.files(task)

    def strays(self) -> list[str]:
        return []

    def lacks(self, task: Task) -> bool:
        return self.source.lacks(task)


@dataclass
class Session:
    """What a session did."""

    results: list[TaskResult]
    asked: list[str]
    loads: list[str]


@dataclass
class Bench:
    """A data folder and a run folder, and sessions over them."""

    root: Path
    sessions: int = 0
    tasks: list[Task] = field(default_factory=lambda: [task_of(CAUSES), task_of(CARS)])

    @property
    def run_folder(self) -> Path:
        return self.root / "run"

    @property
    def questions(self) -> Path:
        return self.root / "data" / "nlp" / "Causal-Reasoning" / "annotation.json"

    @property
    def pictures(self) -> list[Path]:
        return sorted((self.root / "data").rglob("*.png"))

    def ledger(self) -> Path:
        (path,) = self.run_folder.glob("ledger-*-1.jsonl")
        return path

    def known(self) -> Ledgers:
        return read_ledgers(self.run_folder)

    def session(self, **given: Any) -> Session:
        """Run or resume all tasks."""
        self.sessions += 1
        self.run_folder.mkdir(exist_ok=True)
        asked: list[str] = []

        def answer(requests: Sequence[Request]) -> list[str]:
            asked.extend(request.instance_id for request in requests)
            return ["A" if "q" in request.instance_id else "Audi" for request in requests]

        data = CountingData(FolderSource("folder", DataFolder(self.root / "data", all_tasks())))
        settings = Settings(model="fake", **given)
        earlier = PreviousSessions(self.known()) if self.sessions > 1 else PreviousSessions()
        path = self.run_folder / f"ledger-main-{self.sessions}.jsonl"
        with LedgerWriter(path, session=self.sessions) as ledger:
            model = FakeModel(answer)
            evaluator = TaskEvaluator(
                settings, data, ledger, lambda: model, None, Backbones([]), earlier=earlier
            )
            results = [evaluator.run(task) for task in self.tasks]
        return Session(results, asked, data.loads)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Return two finished tasks, one with pictures; the files just written count as long settled."""
    monkeypatch.setattr(kept_results, "_CLOCK_NS", -(10**15))
    tree = Tree(tmp_path / "data")
    tree.annotation("nlp/Causal-Reasoning/annotation.json", [question(number) for number in range(COUNT)])
    folder = "image/comprehension/car_brands_recognition"
    tree.annotation(f"{folder}/annotation.json", [pictured(number) for number in range(COUNT)])
    for number in range(COUNT):
        tree.image(f"{folder}/{number}.png", number)
    return Bench(tmp_path)


@pytest.fixture
def done(bench: Bench) -> Session:
    """Return the first session."""
    first = bench.session()
    assert [result.state for result in first.results] == ["scored", "scored"]
    assert len(first.asked) == 2 * COUNT
    return first


def settled(results: Sequence[TaskResult]) -> list[dict[str, Any]]:
    """Return results without what a session takes."""
    return [{**result.to_dict(), "seconds": 0.0, "asking": 0.0} for result in results]


def test_nothing_is_read_or_written_where_all_is_the_same(bench: Bench, done: Session) -> None:
    again = bench.session()
    assert (again.asked, again.loads) == ([], [])
    assert settled(again.results) == settled(done.results)
    lines = (bench.run_folder / "ledger-main-2.jsonl").read_text().splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["opened"]


def _touch_annotation(bench: Bench) -> None:
    os.utime(bench.questions)


def _rewrite_annotation(bench: Bench) -> None:
    content, times = bench.questions.read_bytes(), bench.questions.stat()
    bench.questions.unlink()
    bench.questions.write_bytes(content)
    os.utime(bench.questions, ns=(times.st_atime_ns, times.st_mtime_ns))


def _add_file(bench: Bench) -> None:
    (bench.questions.parent / "more.txt").write_text("x")


def _add_link(bench: Bench) -> None:
    (bench.questions.parent / "more").symlink_to(bench.pictures[0].parent)


def _lose_conclusion(bench: Bench) -> None:
    lines = bench.ledger().read_bytes().splitlines(keepends=True)
    place = next(n for n, line in enumerate(lines) if b'"kind": "task"' in line and CAUSES.encode() in line)
    lines[place] = lines[place].replace(b'"scored"', b'"scorex"')
    bench.ledger().write_bytes(b"".join(lines))


def _add_record(bench: Bench) -> None:
    with LedgerWriter(bench.run_folder / "ledger-other-1.jsonl") as writer:
        writer.append([Record(CAUSES, "q0", digest="f" * 16, output=Output("B"))])


@pytest.mark.parametrize(
    "change",
    [_touch_annotation, _rewrite_annotation, _add_file, _add_link, _lose_conclusion, _add_record],
)
def test_a_change_without_effect_has_that_task_read_and_nothing_asked(
    bench: Bench, done: Session, change: Callable[[Bench], None]
) -> None:
    change(bench)
    again = bench.session()
    assert (again.asked, again.loads) == ([], [CAUSES])
    assert settled(again.results) == settled(done.results)
    bench.questions.parent.joinpath("more").unlink(missing_ok=True)
    third = bench.session()
    assert settled(third.results) == settled(done.results)
    assert third.loads == ([CAUSES] if change is _add_link else [])  # the new facts were kept


def test_a_changed_annotation_is_refused(bench: Bench, done: Session) -> None:
    bench.questions.write_text(bench.questions.read_text().replace("Which", "What"))
    with pytest.raises(ResumeError, match="data was"):
        bench.session()


@pytest.mark.parametrize("is_same_size", [True, False])
def test_a_changed_picture_has_its_task_read(bench: Bench, done: Session, is_same_size: bool) -> None:
    picture = bench.pictures[0]
    times, content = picture.stat(), bytearray(picture.read_bytes())
    content[-1] ^= 1
    picture.write_bytes(content if is_same_size else content + b"more")
    os.utime(picture, ns=(times.st_atime_ns, times.st_mtime_ns))
    again = bench.session()
    assert again.loads == [CARS]
    assert again.asked == ([] if is_same_size else ["p0"])  # a request knows names and sizes of its media


def test_a_lost_picture_has_its_task_read(bench: Bench, done: Session) -> None:
    bench.pictures[2].unlink()
    again = bench.session()
    assert again.loads == [CARS]
    assert again.results[1].states == {"ok": COUNT - 1, "missing_media": 1}


@pytest.mark.parametrize("place", range(2 * COUNT))
def test_a_flipped_answer_is_asked_again(bench: Bench, done: Session, place: int) -> None:
    lines = bench.ledger().read_bytes().splitlines(keepends=True)
    answers = [number for number, line in enumerate(lines) if b'"kind": "answer"' in line]
    line = bytearray(lines[answers[place]])
    lost = json.loads(line)
    line[line.index(b'"text"') + 9] ^= 1
    lines[answers[place]] = bytes(line)
    bench.ledger().write_bytes(b"".join(lines))
    again = bench.session()
    assert again.loads == [lost["task"]]
    assert again.asked == [lost["instance"]]
    assert settled(again.results) == settled(done.results)
    third = bench.session()
    assert (third.asked, third.loads) == ([], [])


def test_a_torn_end_costs_its_line_alone(bench: Bench, done: Session) -> None:
    bench.ledger().write_bytes(bench.ledger().read_bytes()[:-7])
    again = bench.session()
    assert (again.asked, again.loads) == ([], [CARS])  # its conclusion is the last line
    assert settled(again.results) == settled(done.results)


@pytest.mark.parametrize("is_gone", [True, False])
def test_a_lost_table_is_written_again(bench: Bench, done: Session, is_gone: bool) -> None:
    table = rows_path(bench.run_folder, CAUSES)
    content = table.read_bytes()
    table.write_bytes(content[:-4])
    if is_gone:
        table.unlink()
    again = bench.session()
    assert (again.asked, again.loads) == ([], [CAUSES])
    assert table.read_bytes() == content
    assert settled(again.results) == settled(done.results)


def _new_metric(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    metric = replace(metrics.get("accuracy"), version=99)
    monkeypatch.setattr(metrics, "get", lambda name: metric)


def _new_task(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.tasks = [replace(task, skill="Another") for task in bench.tasks]


def _new_program(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    package = bench.root / "package"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.setattr(pytest_generalbench, "__file__", str(package / "__init__.py"))


def _hooked_protocol(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocols, "is_built_in", lambda name: False)


@pytest.mark.parametrize("change", [_new_metric, _new_task, _new_program, _hooked_protocol])
def test_what_reads_and_scores_is_a_fact(
    bench: Bench,
    done: Session,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Bench, pytest.MonkeyPatch], None],
) -> None:
    change(bench, monkeypatch)
    again = bench.session()
    assert (again.asked, again.loads) == ([], [CAUSES, CARS])


@pytest.mark.parametrize("given", [{"weights": "elsewhere"}, {"human_scores": "people.csv"}])
def test_settings_of_scores_are_facts(bench: Bench, done: Session, given: dict[str, Any]) -> None:
    again = bench.session(**given)
    assert (again.asked, again.loads) == ([], [CAUSES, CARS])


def test_how_the_work_is_done_is_no_fact(bench: Bench, done: Session) -> None:
    assert bench.session(batch_size=1, base_url="http://127.0.0.1:1", task_timeout=9.0).loads == []


def test_an_older_run_without_facts_is_resumed_as_ever(bench: Bench, done: Session) -> None:
    without = []
    for line in bench.ledger().read_bytes().splitlines(keepends=True):
        plain = json.loads(line)
        plain.pop("facts", None)
        plain.pop("crc", None)
        without.append(json.dumps({**plain, "v": 2}).encode() + b"\n")
    bench.ledger().write_bytes(b"".join(without))
    again = bench.session()
    assert (again.asked, again.loads) == ([], [CAUSES, CARS])
    assert settled(again.results) == settled(done.results)
    assert bench.session().loads == []


def test_the_same_data_elsewhere_are_read_once(bench: Bench, done: Session) -> None:
    shutil.copytree(bench.root / "data", bench.root / "copy")
    shutil.rmtree(bench.root / "data")
    (bench.root / "copy").rename(bench.root / "data")
    assert bench.session().loads == [CAUSES, CARS]
    again = bench.session()
    assert (again.asked, again.loads) == ([], [])


def test_files_that_changed_while_they_were_read_are_no_facts(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_results, "_CLOCK_NS", 10**15)
    bench.session()
    assert all(not event.facts for event in bench.known().conclusions.values())
    again = bench.session()
    assert (again.asked, again.loads) == ([], [CAUSES, CARS])


def test_a_folder_of_far_more_files_than_are_named_is_not_looked_through(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_results, "_FILES_MORE", 0)
    monkeypatch.setattr(kept_results, "_FILES_EACH", 0)
    bench.session()
    facts = {task: event.facts for task, event in bench.known().conclusions.items()}
    assert facts == {CAUSES: {}, CARS: {}}
