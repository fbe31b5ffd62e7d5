"""The writing of the demo set, by a recipe for each archetype."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.registry import Registry, by_module
from pytest_generalbench.suite.demo import COMPLETE, HUMAN_SCORES, MODULES, NOTE, VERSION
from pytest_generalbench.suite.demo.builder import COUNT, Entry, Recipe, TaskBuilder, words_of
from pytest_generalbench.suite.demo.rng import Dice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_generalbench.core.task import Task

_SEED: Final = 3
"""Of the dice: texts stay as they are when pictures change."""


def _find(module: Any, archetype: str) -> Recipe:
    """Return the recipe of an archetype in its module."""
    recipe: Recipe = module.RECIPES[archetype]
    return recipe


RECIPES: Registry[Recipe] = Registry(
    "archetype", later=by_module("pytest_generalbench.suite.demo.recipes", MODULES, _find)
)

_BY_MODALITY: Final[dict[str, str]] = {
    "nlp": "text_open_qa",
    "image": "image_vqa_short",
    "video": "video_qa_open",
    "audio": "audio_qa_open",
    "3d": "3d_scene_qa",
}
"""Whose recipe is taken for an archetype that a plugin brings."""


def write(root: Path, tasks: Sequence[Task]) -> None:
    """Write the data of `tasks` below a folder; last of all the file that says they are complete."""
    for task in tasks:
        _write_task(root, task)
    (root / HUMAN_SCORES).write_text(_ratings(tasks), encoding="utf-8")
    made = {"note": NOTE, "version": VERSION, "tasks": len(tasks)}
    (root / COMPLETE).write_text(json.dumps(made) + "\n", encoding="utf-8")


def _ratings(tasks: Sequence[Task]) -> str:
    """Return ratings by three made-up people for the tasks that only people can score."""
    lines = ["task,instance,rater,score"]
    for task in tasks:
        scores = {"mos": (3, 4, 5), "user_preference": (0, 1)}.get(task.metric.name)
        for index, name in enumerate(_names(task, COUNT) if scores else ()):
            for rater in "ABC":
                score = Dice(f"{task.id} {index} {rater}").pick(scores or ())
                lines.append(f"{task.id},{name},demo {rater},{score}")
    return "\n".join(lines) + "\n"


def _names(task: Task, count: int) -> list[int] | list[str]:
    """Return the ids of a task's instances: 3D files number theirs, most others name them."""
    if task.modality == "3d":
        return list(range(1, count + 1))
    stem = "".join(word[0] for word in task.id.rsplit("/", 1)[-1].split("-"))
    return [f"{stem}{index:04d}" for index in range(1, count + 1)]


def _write_task(root: Path, task: Task) -> None:
    kit = TaskBuilder(task, Dice(f"{_SEED} {task.id}"))
    archetype = task.archetype if task.archetype in RECIPES else _BY_MODALITY[task.modality]
    entries = RECIPES.get(archetype)(kit)
    folder = root.joinpath(*_place(task))
    annotation = folder / _annotation_name(task, folder.name)
    document = json.dumps(_document(kit, entries), ensure_ascii=False, indent=1) + "\n"
    contents = {annotation: document.encode(), **{folder / name: raw for name, raw in kit.files.items()}}
    for parent in sorted({path.parent for path in contents}):
        parent.mkdir(parents=True, exist_ok=True)
    for path, content in contents.items():
        path.write_bytes(content)


def _document(kit: TaskBuilder, entries: list[Entry]) -> dict[str, Any]:
    task = kit.task
    media = [medium for medium in task.input_media if medium != "text"]
    return {
        "task": task.name,
        "type": f"{task.modality} {task.paradigm or 'language'}",
        "modality": {"in": [*media, "text"], "out": [task.output_medium]},
        "skill": task.skill,
        "version": "1.0",
        "set_type": "openset",
        "others": {"note": NOTE},
        "demo_version": VERSION,
        **kit.header,
        "data": [
            {"id": name, **entry} for name, entry in zip(_names(task, len(entries)), entries, strict=True)
        ],
    }


def _place(task: Task) -> tuple[str, ...]:
    """Return modality, paradigm and folder of a task, in the styles seen on disk."""
    top = ("3D" if task.modality == "3d" else task.modality, *([task.paradigm] if task.paradigm else []))
    if task.folders:
        return (*top, task.folders[0])
    words = words_of(task.name)
    style = Dice(f"folder {task.id}").pick(("pascal", "snake", "hyphens"))
    style = {"nlp": "title", "video": "pascal", "audio": "pascal"}.get(task.modality, style)
    name = {
        "pascal": "".join(word[0].upper() + word[1:] for word in words),
        "snake": "_".join(words).lower(),
        "hyphens": "-".join(words).lower(),
        "title": "-".join(words),
    }[style]
    return (*top, name)


def _annotation_name(task: Task, folder: str) -> str:
    """Return where the annotation file lies in the task folder, in the styles seen on disk."""
    snake = "_".join(words_of(task.name)).lower()
    if task.archetype == "video_object_matching":
        return f"{folder}.json"
    if task.modality in ("nlp", "video", "3d"):
        return "annotation.json"
    if task.modality == "audio" or not ("_" in folder or "-" in folder):
        return f"{snake}.json"
    return Dice(f"file {task.id}").pick(
        ("json/annotation.json", "json/annotation_v2.json", "annotation.json")
    )
