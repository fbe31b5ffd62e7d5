from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.suite.data.locate.layout import Group, group_of
from pytest_generalbench.suite.data.locate.matching import NameTable, assign, normalise
from tests.builders import make_task
from tests.data.trees import all_tasks

if TYPE_CHECKING:
    from pytest_generalbench.core.task import Task


def tables() -> dict[Group, tuple[NameTable, list[Task]]]:
    groups: dict[Group, list[Task]] = defaultdict(list)
    for task in all_tasks():
        groups[group_of(task)].append(task)
    return {group: (NameTable(tasks), tasks) for group, tasks in groups.items()}


def test_every_official_name_id_and_known_folder_finds_its_own_task() -> None:
    for table, tasks in tables().values():
        for task in tasks:
            for name in (task.official_name, task.name, task.id.rsplit("/", 1)[-1], *task.folders):
                match = table.match(name)
                assert match is not None, name
                assert match.task_ids == (task.id,), name


@pytest.mark.parametrize(
    ("group", "folder", "task_id"),
    [
        (("image", "comprehension"), "CarBrandsRecognition", "car-brands-recognition"),
        (("image", "comprehension"), "car_brands_recognition", "car-brands-recognition"),
        (("image", "comprehension"), "Bottle-Anomaly-Detection", "bottle-anomaly-detection"),
        (("image", "comprehension"), "physics_vqa", "physics-visual-question-answering"),
        (("image", "comprehension"), "TireCrackDetection", "tire-crack-detection"),
        (("image", "comprehension"), "chinese-fine-art", "chinese-fine-art-recognition"),
        (("image", "generation"), "Layout-to-Face-Image-Generation", "layout-to-face-image-gen"),
        (("video", "generation"), "Scene-Image-to-Video-Generation", "scene-img-to-video-gen"),
        (
            ("video", "comprehension"),
            "AutomobileVideoObjectSegmentation",
            "automobile-video-object-segmentation",
        ),
        (("nlp", None), "Code-Gen", "code-gen"),
        (("audio", "comprehension"), "AnimalSoundDetection", "animal-sound-detection"),
    ],
)
def test_spellings_seen_on_disk_match(group: Group, folder: str, task_id: str) -> None:
    match = tables()[group][0].match(folder)
    assert match is not None
    assert [result.rsplit("/", 1)[-1] for result in match.task_ids] == [task_id]


@pytest.mark.parametrize("folder", ["Dialogue-Relation-Extraction", "images", "Car", "", "数据", "Birds"])
def test_what_is_no_whole_name_matches_nothing(folder: str) -> None:
    assert all(table.match(folder) is None for table, _ in tables().values())


def test_a_short_name_of_two_tasks_stays_undecided() -> None:
    match = tables()[("audio", "comprehension")][0].match("AudioCaps")
    assert match is not None
    assert len(match.task_ids) == 2


def test_a_title_beats_another_tasks_short_name() -> None:
    match = tables()[("video", "comprehension")][0].match("VideoSalientObjectDetection")
    assert match is not None
    assert match.task_ids == ("video/comprehension/video-salient-object-detection",)


def test_the_surer_folder_wins_and_the_other_is_surplus() -> None:
    task = make_task(folders=("tiny_set",))
    given_names = {"a": "Tiny Choice", "b": "tiny_set", "c": "TinySet", "d": "other"}
    assigned = assign(given_names, NameTable([task]))
    assert assigned.folders == {task.id: ("b",)}
    assert assigned.surplus == {"a": task.id, "c": task.id}
    assert assigned.unmatched == ("d",)


@given(st.text(max_size=40))
def test_no_name_raises_and_a_match_is_exact_after_normalising(name: str) -> None:
    table = NameTable([make_task()])
    match = table.match(name)
    if match is not None:
        assert normalise(name) in {"tinychoice", "tiny"}
