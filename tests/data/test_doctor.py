from __future__ import annotations

import json

from pytest_generalbench.suite.data.doctor import Report, TaskReport, examine
from tests.data.trees import BIRD, CARS, CAUSES, COLOR, Tree, all_tasks, pictured, question


def report_of(tree: Tree) -> tuple[Report, dict[str, TaskReport]]:
    report = examine(tree.folder(), all_tasks())
    return report, {task.id: task for task in report.tasks}


def test_every_kind_of_find_is_told_apart(tree: Tree) -> None:
    tree.annotation("nlp/Causal-Reasoning/annotation.json", [question(1), question(2)])
    tree.annotation("nlp/Strange/annotation.json", task="Strange Thing")
    tree.file("image/comprehension/BirdDetection/annotation.json", "{")
    tree.annotation(
        "image/comprehension/car_brands_recognition/annotation.json", [pictured(1), pictured(2, id=None)]
    )
    tree.file("video/comprehension/ColorMatch.zip", b"PK")
    report, tasks = report_of(tree)
    assert len(tasks) == 699
    assert tasks[CAUSES].state == "ok"
    assert (tasks[CAUSES].instances, tasks[CAUSES].references, tasks[CAUSES].problems) == (2, 2, 0)
    assert tasks[CAUSES].annotation == "nlp/Causal-Reasoning/annotation.json"
    assert tasks[BIRD].state == "unreadable"
    assert "not JSON, line 1" in str(tasks[BIRD].first_problem)
    assert tasks[CARS].state == "problems"
    assert (tasks[CARS].missing_media, tasks[CARS].errors, tasks[CARS].problems) == (1, 1, 2)
    assert "no such file" in str(tasks[CARS].first_problem)
    assert tasks[COLOR].state == "packed"
    assert "generalbench download --offline" in str(tasks[COLOR].first_problem)
    assert [(stray.path, stray.inside) for stray in report.strays] == [("nlp/Strange", "Strange Thing")]
    assert report.count("not found") == 695
    assert not report.healthy
    json.dumps(report.to_dict())


def test_absent_tasks_and_strays_are_no_fault(tree: Tree) -> None:
    tree.annotation("nlp/Causal-Reasoning/annotation.json")
    tree.annotation("nlp/Strange/annotation.json")
    assert report_of(tree)[0].healthy


def test_a_doubtful_folder_is_a_fault(tree: Tree) -> None:
    tree.annotation("nlp/Causal-Reasoning/annotation.json")
    tree.annotation("nlp/causal_reasoning/annotation.json")
    report, tasks = report_of(tree)
    assert tasks[CAUSES].state == "ok"
    assert len(report.doubts) == 1
    assert not report.healthy
