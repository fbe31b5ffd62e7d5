"""One bad value in an annotation file costs its instance: it is named, and all others score as before."""

from __future__ import annotations

import random
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.outputs import form_names, form_of
from pytest_generalbench.suite.data import FolderSource, open_data
from tests.data.bad_values import VALUES, Bench, Mutation, answers_of, draw
from tests.data.trees import all_tasks, task_of

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_generalbench.core.task import Task

MUTATIONS = 4
ANSWERS = 3
"""Of one task of each protocol; `python -m tests.evaluation.sweep_bad_values` tries every task."""

_SLOW = ("image_to_3d", "text_to_3d", "3d_completion_reconstruction")
"""Protocols whose metrics take seconds a task."""


def one_of_each_protocol() -> list[Task]:
    tasks = {task.protocol: task for task in reversed(all_tasks())}
    return sorted((task for name, task in tasks.items() if name not in _SLOW), key=lambda task: task.id)


@pytest.fixture(scope="module")
def source(shared_cache: Path) -> FolderSource:
    opened = open_data("demo", "open", all_tasks(), cache=shared_cache)
    assert isinstance(opened, FolderSource)
    return opened


@pytest.mark.parametrize("task", one_of_each_protocol(), ids=lambda task: task.id)
def test_a_bad_value_costs_its_instance_alone(task: Task, source: FolderSource, tmp_path: Path) -> None:
    bench = Bench(task, source, tmp_path)
    dice = random.Random(task.id)  # noqa: S311
    for _ in range(MUTATIONS):
        mutation = draw(bench.entries, dice)
        assert bench.outcome(mutation).wrong == [], mutation
    for value in dice.sample(VALUES, ANSWERS):
        place = dice.randrange(len(bench.ids))
        for output in answers_of(value, bench.form, bench.medium):
            assert bench.wrong_answer(place, output) == [], (value, output)


@pytest.mark.parametrize("form", form_names())
def test_no_bad_value_gets_past_a_reader_of_answers(form: str) -> None:
    medium = form_of(form).medium
    ideal = {item.name for item in fields(form_of(form))}
    for value in VALUES:
        for given in (value, [value], {name: value for name in ideal}, [{name: value for name in ideal}]):
            list(answers_of(given, form, medium))


@pytest.mark.parametrize(
    "task",
    [
        "nlp/causal-reasoning",
        "nlp/code-defect-detection",
        "audio/comprehension/bird-sound-detection",
        "image/comprehension/american-sign-language-recognition",
        "image/comprehension/bird-detection",
        "image/comprehension/crowd-counting",
        "image/comprehension/indoor-semantic-segmentation",
    ],
)
def test_every_bad_value_in_place_of_a_reference(task: str, source: FolderSource, tmp_path: Path) -> None:
    bench = Bench(task_of(task), source, tmp_path)
    for number, value in enumerate(VALUES):
        for path in (("output",), ("output", next(iter(bench.entries[0]["output"])))):
            mutation = Mutation(number % len(bench.entries), path, value)
            assert bench.outcome(mutation).wrong == [], mutation
