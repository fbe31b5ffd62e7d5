"""The demo set: small synthetic data in General-Bench's own shape, made on demand.

It lets everything run with nothing downloaded, and its scores say nothing about a model:
the answers are sentences made of a few words, the pictures are textures and simple shapes. Where pixels,
places or points are asked for, they can be found in the media with classical methods.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.suite.demo.builder import COUNT, Entry, Recipe, TaskBuilder, words_of
from pytest_generalbench.suite.demo.recipes.comprehension import dense
from pytest_generalbench.suite.demo.recipes.comprehension import image as vision
from pytest_generalbench.suite.demo.recipes.comprehension import localization as located
from pytest_generalbench.suite.demo.recipes.comprehension import nlp_closed as language
from pytest_generalbench.suite.demo.recipes.comprehension import nlp_open as writing
from pytest_generalbench.suite.demo.recipes.comprehension import scene3d as space
from pytest_generalbench.suite.demo.recipes.comprehension import video_audio_3d as moving
from pytest_generalbench.suite.demo.recipes.generation import audio as audio_generation
from pytest_generalbench.suite.demo.recipes.generation import image as image_generation
from pytest_generalbench.suite.demo.recipes.generation import shape as shape_generation
from pytest_generalbench.suite.demo.recipes.generation import video as video_generation
from pytest_generalbench.suite.demo.rng import Dice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.core.task import Task

VERSION: Final = 4
"""Raised whenever the same tasks would give other bytes."""

_SEED: Final = 3
"""Of the dice: texts stay as they are when pictures change."""

NOTE: Final = "synthetic demo data"
HUMAN_SCORES: Final = "human-scores.csv"
_COMPLETE: Final = "demo.json"

_RECIPES: Final[dict[str, Recipe]] = {
    **language.RECIPES,
    **writing.RECIPES,
    **vision.RECIPES,
    **moving.RECIPES,
    **located.RECIPES,
    **dense.RECIPES,
    **space.RECIPES,
    **image_generation.RECIPES,
    **video_generation.RECIPES,
    **audio_generation.RECIPES,
    **shape_generation.RECIPES,
}

_BY_MODALITY: Final[dict[str, Recipe]] = {
    "nlp": language.open_qa,
    "image": vision.short_vqa,
    "video": moving.video_open,
    "audio": moving.audio_open,
    "3d": moving.point_questions,
}
"""For an archetype that a plugin brings."""


def covers(task: Task) -> bool:
    """Whether the demo set has data for `task`: there is a recipe for it."""
    return task.answers_in_text or task.archetype in _RECIPES


def ensure(cache: Path, tasks: Sequence[Task]) -> Path:
    """Return the folder of the demo set of `tasks` below `cache`, written unless it is there.

    Safe when several processes race: each writes beside, and the first to finish gives
    its folder the final name. Raises DataError when `cache` cannot be written.
    """
    covered = _covered(tasks)
    target = cache / folder_name(covered)
    if (target / _COMPLETE).is_file():
        return target
    try:
        cache.mkdir(parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(prefix=".demo-", dir=cache))
        try:
            _write(half, covered)
            _publish(half, target)
        finally:
            shutil.rmtree(half, ignore_errors=True)
    except OSError as error:
        raise DataError(
            f"{cache}: the demo set cannot be written ({error.strerror or error}); set GENERALBENCH_CACHE"
        ) from error
    return target


def folder_name(tasks: Sequence[Task]) -> str:
    """Return the name of the folder that `ensure` writes for `tasks`."""
    return f"demo-v{VERSION}-{_digest(_covered(tasks))}"


def _covered(tasks: Sequence[Task]) -> list[Task]:
    return sorted((task for task in tasks if covers(task)), key=lambda task: task.id)


def _digest(tasks: Sequence[Task]) -> str:
    parts = [
        [task.id, task.archetype, task.inputs, task.output, task.name, task.metric.name, *task.folders]
        for task in tasks
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]


def _publish(half: Path, target: Path) -> None:
    """Give the finished folder its name, unless another process was faster."""
    half.chmod(0o755)
    for _ in range(3):
        try:
            half.rename(target)
            return
        except OSError:
            if (target / _COMPLETE).is_file():
                return
            # Somebody cleared part of the cache: what is left there is of no use.
            shutil.rmtree(target, ignore_errors=True)
    half.rename(target)


def _write(root: Path, tasks: Sequence[Task]) -> None:
    for task in tasks:
        _write_task(root, task)
    (root / HUMAN_SCORES).write_text(_ratings(tasks), encoding="utf-8")
    made = {"note": NOTE, "version": VERSION, "tasks": len(tasks)}
    (root / _COMPLETE).write_text(json.dumps(made) + "\n", encoding="utf-8")


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
    entries = _RECIPES.get(task.archetype, _BY_MODALITY[task.modality])(kit)
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
