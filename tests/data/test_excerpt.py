"""The real open-set excerpt, where it lies beside the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_generalbench.evaluation.data_check import check_tasks, strays_of
from pytest_generalbench.suite.data import FolderSource, open_data
from tests.data.trees import ART, BIRD, CAUSES, all_tasks, task_of

EXCERPT = Path(__file__).resolve().parents[3] / "shared/data/openset-excerpt"

pytestmark = pytest.mark.skipif(
    not EXCERPT.is_dir(), reason="the open-set excerpt is not beside the checkout"
)


def test_nine_tasks_are_found_and_nothing_is_wrong_with_them() -> None:
    source = open_data(EXCERPT, "open", all_tasks())
    assert isinstance(source, FolderSource)
    checks = check_tasks(source.folder, all_tasks(), {})
    result = {task.id: task for task in checks if task.state != "not found"}
    assert {task_id: (task.state, task.findings) for task_id, task in result.items()} == {
        task_id: ("ok", ())
        for task_id in (
            ART,
            BIRD,
            "image/comprehension/chinese-fine-art-recognition",
            "image/comprehension/mathematical-word-problem-visual-question-answering",
            CAUSES,
            "nlp/ethical-reasoning",
            "nlp/multi-turn-daily-dialogue-gen",
            "nlp/natural-language-inference",
            "nlp/temporal-reasoning",
        )
    }
    assert all(task.instances == task.references > 0 for task in result.values())
    assert strays_of(source.folder) == ()


def test_its_references_come_through_as_they_are() -> None:
    source = open_data(EXCERPT, "open", all_tasks())
    data = source.load(task_of(BIRD))
    assert data is not None
    assert list(data.instances[0].reference) == ["text"]
    assert data.header["others"] == {"bbox_format": "(x_min, y_min, width, height)"}
    assert all(len(instance.media) == 1 for instance in data.instances)
    dialogue = source.load(task_of("nlp/multi-turn-daily-dialogue-gen"))
    assert dialogue is not None
    assert set(dialogue.instances[0].fields) == {"dialog"}
