"""Small builders of tasks and instances that tests share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pytest_generalbench.core.request import Instance
from pytest_generalbench.core.task import MetricSpec, SotaScores, Task

FACETS = {
    "image": 316, "video": 172, "audio": 44, "3d": 52, "nlp": 115, "generation": 133, "comprehension": 451,
}  # fmt: skip
"""How many tasks each facet word selects."""

TASK = Task(
    id="nlp/tiny-choice",
    modality="nlp",
    paradigm=None,
    sheet="NLP",
    number=1,
    skill="Tiny Skill",
    skill_code="L-0",
    official_name="Tiny Choice",
    name="Tiny Choice",
    short_name="Tiny",
    archetype="text_mcqa",
    protocol="multiple_choice",
    inputs="text",
    output="text (choice)",
    instances=4,
    metric=MetricSpec("ACC", "accuracy", "higher", "percent", "identity"),
    sota=SotaScores(50.0, 60.0),
)


def make_task(**changes: Any) -> Task:
    """Return the tiny choice task with some facts changed."""
    return replace(TASK, **changes)


def make_instance(number: int = 1, answer: object = "A", **changes: Any) -> Instance:
    """Return a choice question with three options."""
    values: dict[str, Any] = {
        "id": f"q{number}",
        "task_id": TASK.id,
        "fields": {"question": f"Which is {number}?", "options": ["one", "two", "three"]},
        "reference": {"answer": answer},
        "reference_key": "output",
    }
    return Instance(**{**values, **changes})
