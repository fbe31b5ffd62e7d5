"""Surfaces that read files: annotations, runs, tables, settings, predictions."""

from __future__ import annotations

import io
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_generalbench.core import asking, reading
from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.plain_types import MISFIT
from pytest_generalbench.evaluation.scoring.human_ratings import read_ratings
from pytest_generalbench.models.predictions import Predictions
from pytest_generalbench.reports.run_data import load_run
from pytest_generalbench.runs.files import MediaStore
from pytest_generalbench.runs.heartbeat import read_heartbeat
from pytest_generalbench.runs.instance_rows import read_rows
from pytest_generalbench.runs.ledger.index import read_ledgers
from pytest_generalbench.runs.ledger.records import record_from_json
from pytest_generalbench.runs.manifest import verify_run
from pytest_generalbench.runs.result_file import read_result
from pytest_generalbench.runs.run_manifest import read_run
from pytest_generalbench.suite.data import load
from pytest_generalbench.suite.data.locate.annotation_file import find_annotation, inside_names
from pytest_generalbench.suite.data.locate.layout import TaskFiles
from pytest_generalbench.suite.level.tables.score_csv import read_csv
from pytest_generalbench.suite.level.tables.workbook import SHEETS, read_workbook
from pytest_generalbench.suite.tasks import read_task_file
from tests.data.trees import all_tasks, task_of
from tests.fuzz.demo_files import demo, put
from tests.fuzz.mutation import mutated_document
from tests.fuzz.surface import Surface

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

OLD_RUN = Path(__file__).parents[1] / "runs" / "old_run" / "complete"
TASK_FILES = Path(__file__).parents[2] / "benchmark_tasks"
ANNOTATED = (
    "nlp/causal-reasoning", "image/comprehension/bird-detection",
    "video/comprehension/pets-video-question-answering",
    "image/comprehension/indoor-semantic-segmentation", "audio/comprehension/speech-command",
    "3d/comprehension/3d-furniture-classification",
)  # fmt: skip


def _annotations() -> list[bytes]:
    return [
        files_of.annotation.read_bytes() for name in ANNOTATED if (files_of := demo().files(task_of(name)))
    ]


def _read_annotation(content: bytes, folder: Path) -> None:
    path = put(content, folder, "annotation.json")
    for name in ANNOTATED[:2]:
        data = load(TaskFiles(name, folder, path, "open"), task_of(name), folder)
        for instance in list(data.instances)[:8]:
            _ = (instance.fields, instance.reference, instance.problem or instance.media)
    inside_names(path)
    find_annotation(folder, ("x",))


def _ledger_lines() -> list[bytes]:
    return [
        line
        for path in sorted(OLD_RUN.glob("ledger-*.jsonl"))
        for line in path.read_bytes().splitlines()[:40]
    ]


def _read_record(content: bytes, folder: Path) -> None:
    record = record_from_json(content, MediaStore(folder).get)
    if record.output is not None:
        record.output.read()


def _of_run(name: str) -> Callable[[], list[bytes]]:
    return lambda: [path.read_bytes() for path in sorted(OLD_RUN.rglob(name))][:6]


@cache
def _run_files() -> dict[str, bytes]:
    return {
        str(path.relative_to(OLD_RUN)): path.read_bytes() for path in OLD_RUN.rglob("*") if path.is_file()
    }


def _in_run(name: str, read: Callable[[Path], object]) -> Callable[[bytes, Path], object]:
    """Return what puts the input in the place of one file of a run, and reads the run.

    But for the manifest itself the run has none, which would refuse whatever has changed.
    """

    def reads(content: bytes, folder: Path) -> object:
        for other, kept in _run_files().items():
            if other == "manifest.json" != name:
                continue
            put(content if Path(other).match(name) else kept, folder, other)
        return read(folder)

    return reads


def _read_ledger(folder: Path) -> object:
    return read_ledgers(folder)


def _read_whole(folder: Path) -> object:
    run = load_run(folder)
    return [run.tasks(), run.result.counts]


def _read_rows(content: bytes, folder: Path) -> object:
    put(content, folder, "instances/nlp/x.csv")
    return read_rows(folder, "nlp/x")


def _rows() -> list[bytes]:
    return [
        b"instance,state,score,group,cluster,prediction\r\nq1,ok,0.5,,q1,A\r\nq2,error,,3,q2,\r\n",
        b'instance,state,score,group,cluster,prediction\r\n"a,""b",ok,1e-3,,c,"two\nlines"\r\n',
    ]


def _read_heartbeat(content: bytes, folder: Path) -> object:
    put(content, folder, "heartbeat.json")
    return read_heartbeat(folder)


def _beats() -> list[bytes]:
    plain = {
        "v": 1,
        "time": 1e9,
        "host": "h",
        "pid": 7,
        "phase": "asking",
        "workers": {"gw0": {"task": "nlp/x", "done": 3}},
    }
    return [json.dumps(plain).encode()]


def _task_files() -> list[bytes]:
    return [path.read_bytes()[:20_000] for path in sorted(TASK_FILES.rglob("*.yaml"))[::40]]


def _read_task_file(content: bytes, folder: Path) -> object:
    return read_task_file(put(content, folder, "tasks.yaml"))


def _read_settings(content: bytes, folder: Path) -> None:
    path = put(content, folder, "settings.yaml")
    errors = []
    lines = content.decode("utf-8", "replace")
    for read in (
        lambda: reading.from_file(path),
        lambda: asking.prompts_from_file(path),
        lambda: reading.from_lines(lines, "here"),
    ):
        try:
            read()
        except GeneralBenchError as error:
            errors.append(error)
    if len(errors) == 3:
        raise errors[0]


def _settings() -> list[bytes]:
    return [
        b"image/comprehension/bird-detection: {box: pixels_xyxy}\n",
        b"nlp/causal-reasoning:\n  prompt: 'Which? {question}'\nmultiple_choice:\n  max_new_tokens: 40\n",
        b"image/comprehension/bird-detection: box=pixels_xyxy\n",
    ]


def _read_scores(content: bytes, folder: Path) -> object:
    return read_csv(all_tasks()[:40], put(content, folder, "scores.csv"))


def _scores() -> list[bytes]:
    lines = "".join(f"{task.id},{number}.5\n" for number, task in enumerate(all_tasks()[:40]))
    return [("task,score\n" + lines).encode(), lines.encode()]


@cache
def _workbooks() -> list[bytes]:
    import openpyxl

    book = openpyxl.Workbook()
    for title in SHEETS:
        sheet = book.create_sheet(title)
        modality, _, paradigm = title.lower().partition("-")
        tasks = [task for task in all_tasks() if task.modality == modality]
        named = [task for task in tasks if paradigm in (task.paradigm or "")]
        for row in (
            ("No", "Task Name", "Metrics", "Model A"),
            *((1, task.name, "Acc", 12.5) for task in named[:9]),
        ):
            sheet.append(row)
    del book["Sheet"]
    stream = io.BytesIO()
    book.save(stream)
    return [stream.getvalue()]


def _read_workbook(content: bytes, folder: Path) -> object:
    return read_workbook(all_tasks(), put(content, folder, "scores.xlsx"))


def _read_ratings(content: bytes, folder: Path) -> object:
    return read_ratings(put(content, folder, "ratings.csv"), all_tasks())


def _ratings() -> list[bytes]:
    return [path.read_bytes()[:4000] for path in demo().root.glob("*.csv")] + [
        b"task,instance,rater,score\nvideo/generation/x,q1,ann,4\nvideo/generation/x,q1,bob,\n"
    ]


def _read_predictions(content: bytes, folder: Path) -> object:
    from pytest_generalbench.core.request import Request

    put(content, folder, "nlp/causal-reasoning.json")
    model = Predictions(folder)
    model.begin(task_of("nlp/causal-reasoning"), None)
    ids: Iterable[str] = ("q1", "2", "", "\ud800")
    return model.generate([Request("nlp/causal-reasoning", name, ("Which?",)) for name in ids])


def _predictions() -> list[bytes]:
    return [
        b'[{"id": "q1", "prediction": "B"}, {"id": 2, "prediction": "A"}]',
        b'{"data": [{"id": "q1", "prediction": {"form": "boxes", "values": {}}}]}',
    ]


FILE_SURFACES = (
    Surface("annotation", _annotations, _read_annotation, mutated_document, weight=3),
    Surface(
        "ledger line", _ledger_lines, _read_record, mutated_document, (GeneralBenchError, *MISFIT), weight=2
    ),
    Surface("ledger", _of_run("ledger-*.jsonl"), _in_run("ledger-*.jsonl", _read_ledger), weight=2),
    Surface(
        "result file", _of_run("result.json"), _in_run("result.json", read_result), mutated_document, weight=2
    ),
    Surface(
        "run read", _of_run("result.json"), _in_run("result.json", _read_whole), mutated_document, weight=2
    ),
    Surface("run manifest", _of_run("run.json"), _in_run("run.json", read_run), mutated_document),
    Surface("manifest", _of_run("manifest.json"), _in_run("manifest.json", verify_run), mutated_document),
    Surface("instance rows", _rows, _read_rows),
    Surface("heartbeat", _beats, _read_heartbeat, mutated_document),
    Surface("task file", _task_files, _read_task_file),
    Surface("settings file", _settings, _read_settings),
    Surface("score table", _scores, _read_scores),
    Surface("workbook", _workbooks, _read_workbook),
    Surface("ratings", _ratings, _read_ratings),
    Surface("predictions", _predictions, _read_predictions, mutated_document, weight=2),
)
