"""Every instance of the real files that are answered in text can be asked, read and scored."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench import metrics, protocols
from pytest_generalbench.core.request import Instance
from tests.builders import make_task
from tests.protocols.questions import said_back

if TYPE_CHECKING:
    from pytest_generalbench.core.task import Task

EXCERPT = Path(__file__).parents[2].parent / "shared" / "data" / "openset-excerpt"
FILES = (
    ("image/comprehension/chinese-fine-art/json/annotation.json", "label", "accuracy"),
    ("image/comprehension/mathematical_word_problem_vqa/json/annotation.json", "multiple_choice", "accuracy"),
    (
        "image/comprehension/ArtImageVisualQuestionAnswering/art_image_visual_question_answering.json",
        "short_answer",
        "accuracy",
    ),
    ("nlp/Causal-Reasoning/annotation.json", "multiple_choice", "accuracy"),
    ("nlp/Ethical-Reasoning/annotation.json", "multiple_choice", "accuracy"),
    ("nlp/Multi-Turn-Daily-Dialogue-Generation/annotation.json", "free_text", "bleu1"),
    ("nlp/Natural-Language-Inference/annotation.json", "label", "micro_f1"),
    ("nlp/Temporal-Reasoning/annotation.json", "free_text", "bleu1"),
)


def _read(name: str) -> tuple[dict[str, Any], list[Instance]]:
    path = EXCERPT / name
    if not path.is_file():
        pytest.skip("the excerpt of the open set is not beside this checkout")
    content = json.loads(path.read_text(encoding="utf-8"))
    instances = []
    for item in content.pop("data"):
        given = item.get("input") or {
            key: value for key, value in item.items() if key not in ("id", "output", "input")
        }
        instances.append(
            Instance(str(item["id"]), "x/y", given, reference=item["output"], reference_key="output")
        )
    return content, instances


def _task(protocol: str, metric: str) -> Task:
    task = make_task(protocol=protocol)
    return replace(task, metric=replace(task.metric, name=metric))


@pytest.mark.parametrize(("name", "protocol", "metric"), FILES)
def test_the_perfect_student_has_the_best_score(name: str, protocol: str, metric: str) -> None:
    header, instances = _read(name)
    context = protocols.get(protocol).context(_task(protocol, metric), header, instances)
    accumulator = metrics.make(metric, {})
    for instance in instances:
        read, reference = said_back(protocol, instance, context)
        assert read is not None
        accumulator.add(read, reference)
    assert accumulator.result().score == pytest.approx(metrics.get(metric).best)


@pytest.mark.parametrize(("name", "protocol", "metric"), FILES)
def test_every_question_is_asked_in_full(name: str, protocol: str, metric: str) -> None:
    header, instances = _read(name)
    result = protocols.get(protocol)
    context = result.context(_task(protocol, metric), header, instances)
    for instance in instances:
        text = result.request(instance, context).text
        assert "<<<" not in text
        for key in ("question", "raw_text", "dialog", "options"):
            given = instance.fields.get(key, [])
            for part in given if isinstance(given, list) else [given]:
                assert part.strip() in text
        assert str(instance.fields.get("image_file", "\0")) not in text


def test_the_painters_are_the_candidates() -> None:
    header, instances = _read(FILES[0][0])
    context = protocols.get("label").context(_task("label", "accuracy"), header, instances)
    assert "Qin Feng" in context.labels
    assert len(context.labels) == len({instance.reference["text"] for instance in instances})


def test_the_relations_of_inference_are_the_candidates() -> None:
    header, instances = _read(FILES[6][0])
    context = protocols.get("label").context(_task("label", "micro_f1"), header, instances)
    assert context.labels == ("contradiction", "entailment", "neutral")
