"""Small General-Bench trees for the tests."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from pytest_generalbench.suite import tasks as registry
from pytest_generalbench.suite.data import DataFolder, TaskData, load
from pytest_generalbench.suite.demo.media.files import picture, tone

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_generalbench.core.task import Task

BIRD = "image/comprehension/bird-detection"
CARS = "image/comprehension/car-brands-recognition"
ART = "image/comprehension/art-image-visual-question-answering"
CAUSES = "nlp/causal-reasoning"
PETS = "video/comprehension/pets-video-question-answering"
COLOR = "video/comprehension/color-aware-object-matching"
SPEECH = "audio/comprehension/speech-command"
CHAIRS = "3d/comprehension/3d-furniture-classification"


@cache
def all_tasks() -> tuple[Task, ...]:
    """Return the shipped tasks."""
    return registry.load_tasks()


def task_of(task_id: str) -> Task:
    """Return a shipped task."""
    return next(task for task in all_tasks() if task.id == task_id)


def question(number: int, **changes: Any) -> dict[str, Any]:
    """Return a language instance."""
    given = {"question": f"Which is {number}?", "options": ["one", "two", "three"]}
    return {"id": f"q{number}", "input": given, "output": {"answer": "A"}, **changes}


def pictured(number: int, path: str = "", **changes: Any) -> dict[str, Any]:
    """Return an image instance; its image is `<number>.png` unless `path` says otherwise."""
    given = {"image_file": path or f"{number}.png", "prompt": "Which brand is it?"}
    return {"id": f"p{number}", "input": given, "output": {"text": "Audi"}, **changes}


class Tree:
    """Writes a tree below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def file(self, path: str, content: bytes | str) -> Path:
        """Write one file."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
        return target

    def annotation(self, path: str, data: Any = None, **header: Any) -> Path:
        """Write an annotation file with a good instance, or with `data`."""
        entries = [question(1)] if data is None else data
        return self.file(path, json.dumps({**header, "data": entries}))

    def image(self, path: str, number: int = 1) -> Path:
        """Write a small picture."""
        return self.file(path, picture(number))

    def sound(self, path: str) -> Path:
        """Write a short sound."""
        return self.file(path, tone(3))

    def folder(self, split: str = "open") -> DataFolder:
        """Open the tree."""
        return DataFolder(self.root, all_tasks(), split)

    def load(self, task_id: str, split: str = "open") -> TaskData:
        """Load one task's data, which must be there."""
        folder = self.folder(split)
        files = folder.find(task_of(task_id))
        assert files is not None
        return load(files, task_of(task_id), folder.root)

    def cars(self, *entries: Any, **header: Any) -> TaskData:
        """Write and load an image task with `entries`; the images are the caller's."""
        self.annotation("image/comprehension/car_brands_recognition/annotation.json", list(entries), **header)
        return self.load(CARS)

    def causes(self, *entries: Any, split: str = "open", **header: Any) -> TaskData:
        """Write and load a language task with `entries`."""
        self.annotation("nlp/Causal-Reasoning/annotation.json", list(entries), **header)
        return self.load(CAUSES, split)
