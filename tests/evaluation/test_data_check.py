"""A data folder is read as a run reads it, and looked over for what cannot be right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_generalbench.evaluation.data_check import TaskCheck, check_tasks, strays_of
from tests.data.trees import BIRD, CARS, CAUSES, COLOR, Tree, all_tasks, pictured, question

SOCIAL = "nlp/social-science-question-answering"


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    (tmp_path / "bench").mkdir()
    return Tree(tmp_path / "bench")


def sized(tree: Tree, path: str, size: tuple[int, int]) -> None:
    """Write a grey picture of a size, (width, height)."""
    image = pytest.importorskip("PIL.Image")
    image.new("L", size).save(tree.file(path, b""))


def checks_of(tree: Tree, sample: int | None = None) -> dict[str, TaskCheck]:
    return {check.id: check for check in check_tasks(tree.folder(), all_tasks(), {}, sample)}


def findings(check: TaskCheck, *, errors: bool) -> list[str]:
    return [finding.what for finding in check.findings if finding.is_error == errors]


def test_every_kind_of_find_is_told_apart(tree: Tree) -> None:
    tree.annotation("nlp/Causal-Reasoning/annotation.json", [question(1), question(2)])
    tree.annotation("nlp/Strange/annotation.json", task="Strange Thing")
    tree.file("image/comprehension/BirdDetection/annotation.json", "{")
    tree.annotation(
        "image/comprehension/car_brands_recognition/annotation.json", [pictured(1), pictured(2, id=None)]
    )
    tree.file("video/comprehension/ColorMatch.zip", b"PK")
    tasks = checks_of(tree)
    assert len(tasks) == 699
    assert tasks[CAUSES].state == "ok"
    assert (tasks[CAUSES].instances, tasks[CAUSES].references) == (2, 2)
    assert tasks[CAUSES].annotation == "nlp/Causal-Reasoning/annotation.json"
    assert tasks[CAUSES].prompt
    assert tasks[BIRD].state == "unreadable"
    assert "not JSON, line 1" in findings(tasks[BIRD], errors=True)[0]
    assert tasks[CARS].state == "problems"
    assert (tasks[CARS].missing_media, tasks[CARS].errors) == (1, 1)
    assert any("no such file" in what for what in findings(tasks[CARS], errors=True))
    assert tasks[COLOR].state == "packed"
    assert "generalbench download --offline" in tasks[COLOR].findings[0].what
    assert [(stray.path, stray.inside) for stray in strays_of(tree.folder())] == [
        ("nlp/Strange", "Strange Thing")
    ]
    assert sum(task.state == "not found" for task in tasks.values()) == 695


def test_one_kind_of_problem_is_one_finding(tree: Tree) -> None:
    entries = [pictured(number) for number in range(5)]
    tree.annotation("image/comprehension/car_brands_recognition/annotation.json", entries)
    (finding,) = checks_of(tree)[CARS].findings
    assert finding.count == 5


@pytest.mark.parametrize(("sample", "opened"), [(None, 3), (1, 1), (0, 0)])
def test_media_are_opened(tree: Tree, sample: int | None, opened: int) -> None:
    at = "image/comprehension/car_brands_recognition"
    for number in range(3):
        tree.image(f"{at}/images/{number}.png")
    tree.annotation(f"{at}/annotation.json", [pictured(number) for number in range(3)])
    assert checks_of(tree, sample)[CARS].media == opened


def test_a_medium_that_does_not_decode_is_an_error(tree: Tree) -> None:
    at = "image/comprehension/car_brands_recognition"
    tree.file(f"{at}/images/1.png", b"\x89PNG\r\n\x1a\n and nothing behind it")
    tree.annotation(f"{at}/annotation.json", [pictured(1)])
    check = checks_of(tree)[CARS]
    assert check.state == "problems"
    assert "1.png: cannot decode the image" in findings(check, errors=True)[0]


def social(answers: list[Any], options: int = 3) -> list[dict[str, Any]]:
    texts = [f"text {number}" for number in range(options)]
    return [
        {"id": number, "input": {"prompt": "Why?", "options": texts}, "output": {"answer": answer}}
        for number, answer in enumerate(answers)
    ]


def test_an_index_behind_the_options_is_an_error(tree: Tree) -> None:
    tree.annotation("nlp/Social-Science-Question-Answering/annotation.json", social([0, 1, 7, 2]))
    check = checks_of(tree)[SOCIAL]
    assert check.state in ("problems", "unreadable")


def test_references_that_are_all_alike_are_a_warning(tree: Tree) -> None:
    tree.annotation("nlp/Social-Science-Question-Answering/annotation.json", social(["B"] * 6))
    check = checks_of(tree)[SOCIAL]
    assert check.state == "warnings"
    assert findings(check, errors=False) == ["all 6 references are alike: ('B',)"]


def birds(boxes: list[list[float]]) -> list[dict[str, Any]]:
    return [pictured(number, output={"bbox": [{"bird": box}]}) for number, box in enumerate(boxes)]


@pytest.mark.parametrize(
    ("box", "words"),
    [([1, 2, 0.2, 3], "are under a pixel"), ([150, 2, 100, 30], "reach out of their image")],
)
def test_boxes_that_cannot_be_right_are_a_warning(tree: Tree, box: list[float], words: str) -> None:
    at = "image/comprehension/BirdDetection"
    for number in range(20):
        sized(tree, f"{at}/images/{number}.png", (200, 100))
    boxes = [[float(number), 5.0, 20.0 + number, 10.0 + number % 7] for number in range(19)]
    tree.annotation(f"{at}/annotation.json", birds([*boxes, box]))
    check = checks_of(tree)[BIRD]
    assert check.state == "warnings"
    assert any(f"1 of 20 boxes {words}: p19" in what for what in findings(check, errors=False))


def test_a_label_that_no_reference_has_is_a_warning(tree: Tree) -> None:
    at = "image/comprehension/ball-image-classification"
    entries = []
    for number in range(9):
        tree.image(f"{at}/images/{number}.png")
        entries.append(pictured(number, output={"label": ["golf", "tennis"][number % 2]}))
    tree.annotation(f"{at}/annotation.json", entries, classes=["golf", "tennis", "football"])
    check = checks_of(tree)["image/comprehension/ball-image-classification"]
    assert findings(check, errors=False) == ["1 of 3 labels are never used: football"]


def test_empty_masks_are_a_warning(tree: Tree) -> None:
    at = "image/comprehension/brain-flair-abnormality-segmentation"
    entries = []
    for number in range(4):
        sized(tree, f"{at}/images/{number}.png", (12, 10))
        sized(tree, f"{at}/masks/{number}.png", (12, 10))
        entries.append(pictured(number, output={"mask": f"masks/{number}.png"}))
    tree.annotation(f"{at}/annotation.json", entries)
    check = checks_of(tree)["image/comprehension/brain-flair-abnormality-segmentation"]
    assert "all 4 references are empty" in findings(check, errors=False)


def test_what_was_found_is_plain(tree: Tree) -> None:
    from dataclasses import asdict

    tree.annotation("nlp/Causal-Reasoning/annotation.json", [question(1)])
    json.dumps([asdict(check) for check in checks_of(tree).values()])
