"""A score does not depend on the order of the instances, or its metric says so and they keep the file's."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench import metrics, protocols
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.evaluation.preparation import prepare
from pytest_generalbench.evaluation.scoring.backbones import make_backbones
from pytest_generalbench.evaluation.scoring.human_ratings import HUMAN_METRICS
from pytest_generalbench.evaluation.scoring.judge import make_judge
from pytest_generalbench.evaluation.scoring.score_task import ScoringInput
from pytest_generalbench.evaluation.task_evaluator import TaskEvaluator
from pytest_generalbench.models import make_model
from pytest_generalbench.runs.ledger.files import LedgerWriter
from pytest_generalbench.suite import tasks as registry
from pytest_generalbench.suite.data import open_data
from tests.builders import make_instance, make_task
from tests.data.demo_bench import coarse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_generalbench.core.result import TaskResult
    from pytest_generalbench.runs.ledger.records import Record

ALL = registry.load_tasks()
TASKS = list({task.metric.name: task for task in ALL if task.metric.name not in HUMAN_METRICS}.values())
"""One task for each metric."""


class Shuffling(TaskEvaluator):
    """Scores every task in two orders, and holds the scores against each other."""

    def score(
        self,
        scoring: ScoringInput,
        answers: Mapping[str, Record],
        verdicts: Mapping[str, Record],
        seconds: float,
    ) -> TaskResult:
        result = super().score(scoring, answers, verdicts, seconds)
        for seed in range(0 if metrics.get(scoring.task.metric.name).in_order else 1):
            instances = list(scoring.instances)
            random.Random(seed).shuffle(instances)  # noqa: S311 - a law
            other = super().score(replace(scoring, instances=tuple(instances)), answers, verdicts, seconds)
            assert (other.state, other.n) == (result.state, result.n)
            for one, two in ((other.score, result.score), (other.stderr, result.stderr)):
                assert (one is None) == (two is None), scoring.task.id
                assert one is None or one == pytest.approx(two, rel=1e-6, abs=1e-9), scoring.task.id
        return result


@pytest.mark.slow
def test_no_score_depends_on_the_order_unless_its_metric_says_so(tmp_path: Path) -> None:
    settings = Settings(model="baseline:random")
    model = make_model(settings, tmp_path)
    with LedgerWriter(tmp_path / "ledger-main-1.jsonl") as ledger:
        judge, backbones = make_judge(settings, True), make_backbones(settings, True, tmp_path)
        data = open_data("demo", "open", ALL)
        shuffling = Shuffling(settings, data, ledger, lambda: model, judge, backbones)
        states = [shuffling.run(coarse(task)).state for task in TASKS]
    assert states.count("scored") > 60


def test_instances_are_scored_in_the_order_of_asking_or_of_the_file() -> None:
    fields = ({"question": "why?" * (number % 3 + 1), "options": ["yes", "no"]} for number in range(5))
    instances = tuple(make_instance(number, fields=field) for number, field in enumerate(fields))

    def order(metric: str) -> list[str]:
        task = make_task(metric=replace(make_task().metric, name=metric))
        protocol = protocols.get(task.protocol)
        context = protocol.context(task, {}, instances)
        made = prepare(ScoringInput(task, protocol, context, instances, "f"))
        return [instance.id for instance in made.scoring.instances]

    names = [instance.id for instance in instances]
    assert order("box_ap50") == names
    assert order("accuracy") == [names[place] for place in (2, 1, 4, 0, 3)]
