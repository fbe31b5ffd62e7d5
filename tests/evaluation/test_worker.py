"""EvaluationWorker, without pytest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.settings import Settings
from pytest_generalbench.evaluation.inference import task_prefetch
from pytest_generalbench.evaluation.worker import EvaluationWorker, RunPlace
from tests.data.trees import CAUSES, Tree, all_tasks, question, task_of

if TYPE_CHECKING:
    from pathlib import Path

NEXT = "nlp/commonsense-reasoning"

MODEL = """
class Model:
    name = "letters"

    def generate(self, requests):
        return ["A"] * len(requests)
"""


@pytest.mark.parametrize(("model", "wanted"), [("baseline:constant", []), ("python:letters:Model", [NEXT])])
def test_the_next_task_is_prepared_beside_models_that_take_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, wanted: list[str]
) -> None:
    (tmp_path / "letters.py").write_text(MODEL)
    monkeypatch.syspath_prepend(str(tmp_path))
    begun: list[str] = []
    real = task_prefetch.NextTask.begin

    def begin(following: task_prefetch.NextTask) -> None:
        begun.extend([following.task.id] if following.task else [])
        real(following)

    monkeypatch.setattr(task_prefetch.NextTask, "begin", begin)
    tree = Tree(tmp_path / "data")
    tree.annotation("nlp/Causal-Reasoning/annotation.json", [question(1)])
    settings = Settings(model, data=str(tree.root))
    worker = EvaluationWorker(settings, all_tasks(), tmp_path, lambda: RunPlace(tmp_path, 1, "main"), print)
    assert worker.run(task_of(CAUSES), following=task_of(NEXT)).state == "scored"
    worker.close_ledger()
    assert begun == wanted
