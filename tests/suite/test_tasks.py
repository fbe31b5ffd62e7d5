from __future__ import annotations

import json
import os
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core import vocabulary
from pytest_generalbench.core.errors import TaskFileError, UnknownWordError
from pytest_generalbench.core.task import Task, task_from_dict
from pytest_generalbench.suite import tasks as registry
from tests.builders import FACETS

if TYPE_CHECKING:
    from pathlib import Path

TASKS = registry.load_tasks()

GOOD = """
skill: Tiny Skill
skill_code: L-0
modality: nlp
sheet: NLP
tasks:
  - id: nlp/tiny-choice
    official_name: Tiny Choice
    name: Tiny Choice
    short_name: Tiny
    number: 1
    archetype: text_mcqa
    inputs: text
    output: text (choice)
    instances: 4
    metric: {official: ACC, name: accuracy, direction: higher, unit: percent, mapping: identity}
    sota: {released: 50, paper: 60}
"""


def write(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "tiny.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_there_are_699_tasks_in_145_skills() -> None:
    assert len(TASKS) == 699
    assert len({(task.modality, task.paradigm, task.skill) for task in TASKS}) == 145
    assert len(list(registry.tasks_folder().rglob("*.yaml"))) == 145
    assert [task.id for task in TASKS] == sorted(task.id for task in TASKS)


def test_407_comprehension_and_language_tasks_are_answered_in_text() -> None:
    assert sum(task.answers_in_text and task.paradigm != "generation" for task in TASKS) == 407


@pytest.mark.parametrize(("word", "count"), FACETS.items())
def test_facet_words_occur_in_ids_only_as_facets(word: str, count: int) -> None:
    assert sum(word in task.id for task in TASKS) == count
    assert sum(word in (task.modality, task.paradigm) for task in TASKS) == count


def test_sheets_number_their_rows_once_but_for_one_slip_of_the_workbook() -> None:
    rows = Counter((task.sheet, task.number) for task in TASKS)
    assert [row for row, count in rows.items() if count > 1] == [("Image-Generation", 44)]
    assert len({task.sheet for task in TASKS}) == 9


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_every_task_has_comparable_facts(task: Task) -> None:
    assert task.sota.released is not None
    assert task.sota.paper is not None
    assert task.instances > 0
    assert task.protocol == vocabulary.ARCHETYPE_PROTOCOL[task.archetype]
    assert (task.metric.mapping.startswith("ratio") or task.metric.name == "wer") == (
        task.metric.direction == "lower"
    )


def test_the_index_equals_the_task_files() -> None:
    from_files = registry.index_from_files(registry.tasks_folder())
    assert [task_from_dict(given) for given in from_files["tasks"]] == list(TASKS)


def test_an_index_older_than_a_task_file_is_rebuilt(tmp_path: Path) -> None:
    path = write(tmp_path / "tasks", GOOD)
    assert registry.load_tasks(path.parent)[0].instances == 4
    path.write_text(GOOD.replace("instances: 4", "instances: 5"), encoding="utf-8")
    newer = (path.parent / "index.json").stat().st_mtime_ns + 10**9
    os.utime(path, ns=(newer, newer))
    assert registry.load_tasks(path.parent)[0].instances == 5


@pytest.mark.parametrize("content", ["", "{", '{"version": 0, "tasks": []}', '{"version": 1, "tasks": [{}]}'])
def test_a_torn_index_is_rebuilt(tmp_path: Path, content: str) -> None:
    folder = write(tmp_path / "tasks", GOOD).parent
    registry.load_tasks(folder)
    (folder / "index.json").write_text(content, encoding="utf-8")
    assert [task.id for task in registry.load_tasks(folder)] == ["nlp/tiny-choice"]
    assert (
        json.loads((folder / "index.json").read_text(encoding="utf-8"))["version"] == registry.INDEX_VERSION
    )


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("modality: nlp", "modality: text", "must start with 'text'"),
        ("name: accuracy", "name: acuracy", "did you mean 'accuracy'?"),
        ("direction: higher", "direction: up", "choose from: higher, lower"),
        ("unit: percent", "unit: per cent", "did you mean 'percent'?"),
        ("mapping: identity", "mapping: ratio:7", "unknown mapping 'ratio:7'"),
        ("archetype: text_mcqa", "archetype: mcq", "unknown archetype 'mcq'"),
        ("output: text (choice)", "output: choice", "unknown output 'choice'"),
        ("inputs: text", "inputs: words", "unknown inputs 'words'"),
        ("number: 1", "number: one", "'number' must be int"),
        ("    instances: 4\n", "", "instances"),
        ("number: 1", "number: 1\n    colour: red", "unknown key 'colour'"),
        ("sheet: NLP", "sheets: NLP", "unknown key 'sheets'"),
        ("released: 50", "released: fifty", "'released' must be a number"),
        ("tasks:", "items:", "a list `tasks`"),
        ("id: nlp/tiny-choice", "id: nlp/Tiny Choice", "lower-case slugs"),
    ],
)
def test_a_wrong_word_names_file_task_and_good_words(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in GOOD
    path = write(tmp_path / "tasks", GOOD.replace(old, new, 1))
    with pytest.raises(TaskFileError) as caught:
        registry.load_tasks(path.parent)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_broken_yaml_names_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "tasks", "skill: [")
    with pytest.raises(TaskFileError, match=r"tiny\.yaml"):
        registry.load_tasks(path.parent)


def test_an_id_twice_is_an_error() -> None:
    with pytest.raises(TaskFileError, match="there twice"):
        registry.sorted_unique([TASKS[0], TASKS[0]])


def test_find_task_takes_ids_and_official_names() -> None:
    assert registry.find_task(TASKS, "nlp/causal-reasoning").name == "Causal Reasoning"
    assert registry.find_task(TASKS, "Causal Reasoning").id == "nlp/causal-reasoning"
    with pytest.raises(UnknownWordError, match="bird-detection"):
        registry.find_task(TASKS, "image/bird-detection")
