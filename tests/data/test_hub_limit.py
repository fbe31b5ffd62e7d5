"""A download for a few instances: what they need comes, and they are asked and scored as with all files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench import check_data, protocols
from pytest_generalbench.suite.data import DataFolder, load, open_data
from pytest_generalbench.suite.data.fetch import hub
from pytest_generalbench.suite.data.fetch.inventory import data_inventory
from pytest_generalbench.suite.data.fetch.limit import is_annotation, may_be_limited, unneeded
from pytest_generalbench.suite.selection import limited
from tests.data.trees import ART, BIRD, CARS, PETS, Tree, all_tasks, pictured, task_of

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_generalbench.core.task import Task
    from tests.data.stand_in_hub import StandInHub

FOLDER = "image/comprehension/car_brands_recognition"
LIMIT = 2


def chosen(count: int, limit: int) -> set[int]:
    """Return the numbers of the instances that a limit draws of `pictured` ones."""
    entries = [type("One", (), {"id": f"p{number}", "task_id": CARS}) for number in range(count)]
    return {int(one.id[1:]) for one in limited(entries, limit)}  # type: ignore[arg-type]


@pytest.fixture
def cars(hub_store: Tree) -> Tree:
    """Return the hub's tree with a task of ten pictures, and a file that no instance names."""
    hub_store.annotation(f"{FOLDER}/json/annotation.json", [pictured(number) for number in range(10)])
    for number in range(10):
        hub_store.image(f"{FOLDER}/images/{number}.png", number)
    hub_store.file(f"{FOLDER}/licence.txt", "free")
    return hub_store


def pictures(served: StandInHub) -> set[int]:
    return {int(path.rpartition("/")[2][:-4]) for path in served.fetched if path.endswith(".png")}


def test_the_media_of_the_drawn_instances_come(stand_in: StandInHub, cars: Tree, tmp_path: Path) -> None:
    wanted = [task_of(CARS)]
    target = hub.download("open", all_tasks(), tmp_path / "t", wanted=wanted, limit=3)
    assert pictures(stand_in) == chosen(10, 3)
    assert f"{FOLDER}/licence.txt" in stand_in.fetched
    assert [task.state for task in data_inventory(target).tasks] == ["limited"]
    asked = len(stand_in.requests)
    hub.download("open", all_tasks(), target, wanted=wanted, limit=2)
    assert len(stand_in.requests) == asked
    hub.download("open", all_tasks(), target, wanted=wanted, limit=5)
    assert pictures(stand_in) == chosen(10, 5)
    hub.download("open", all_tasks(), target, wanted=wanted)
    assert pictures(stand_in) == set(range(10))
    assert [task.state for task in data_inventory(target).tasks] == ["complete"]
    assert all(size == (cars.root / path).stat().st_size for path, size in stand_in.sent.items())


def test_a_download_that_waits_for_a_limited_one_brings_the_rest(
    stand_in: StandInHub, cars: Tree, tmp_path: Path
) -> None:
    target, wanted = tmp_path / "t", [task_of(CARS)]
    done: list[Path] = []

    def say(line: str) -> None:
        if line.startswith("1/1") and not done:  # between the plan and the lock of the task
            done.append(hub.download("open", all_tasks(), target, wanted=wanted, limit=3))

    hub.download("open", all_tasks(), target, False, say, wanted=wanted)
    assert done
    assert pictures(stand_in) == set(range(10))
    assert all(size == (cars.root / path).stat().st_size for path, size in stand_in.sent.items())
    assert [task.state for task in data_inventory(target).tasks] == ["complete"]


def test_the_check_of_the_folder_says_whose_media_are_there(
    stand_in: StandInHub, cars: Tree, tmp_path: Path
) -> None:
    target = hub.download("open", all_tasks(), tmp_path / "t", wanted=[task_of(CARS)], limit=3)
    (task,) = check_data(target, only=lambda task: task.id == CARS).tasks
    assert task.missing_media == 7
    assert task.findings[0].what.startswith("downloaded for 3 instances")
    assert not task.findings[0].is_error
    hub.download("open", all_tasks(), target, wanted=[task_of(CARS)])
    (task,) = check_data(target, only=lambda task: task.id == CARS).tasks
    assert not task.missing_media
    assert not [finding for finding in task.findings if "downloaded" in finding.what]


def test_what_is_answered_with_boxes_comes_whole(stand_in: StandInHub, cars: Tree, tmp_path: Path) -> None:
    at = "image/comprehension/BirdDetection"
    cars.annotation(f"{at}/annotation.json", [pictured(number) for number in range(10)])
    for number in range(10):
        cars.image(f"{at}/images/{number}.png", number)
    lines: list[str] = []
    hub.download("open", all_tasks(), tmp_path / "t", False, lines.append, wanted=[task_of(BIRD)], limit=3)
    assert pictures(stand_in) == set(range(10))
    assert "(all media, which decide how the references are read)" in lines[1]


def test_an_annotation_that_cannot_be_read_brings_all(
    stand_in: StandInHub, cars: Tree, tmp_path: Path
) -> None:
    cars.file(f"{FOLDER}/json/annotation.json", "{")
    lines: list[str] = []
    hub.download("open", all_tasks(), tmp_path / "t", False, lines.append, wanted=[task_of(CARS)], limit=3)
    assert pictures(stand_in) == set(range(10))
    assert "the whole folder, since its annotation does not tell what is needed" in lines[0]


@pytest.mark.parametrize(
    ("path", "given", "needed"),
    [
        ("images/{}.png", "images/{}.png", 1),
        ("images/{}.png", "./data/comprehension/cars/images/{}.png", 1),
        ("images/{}.png", "IMAGES\\{}.PNG", 1),
        ("videos/{}/frame.png", "videos/{}", 1),
        ("videos/{}/rgb/1.png", "{}/", 1),
        # Without its ending a name is not certain.
        ("images/{}.png", "{}", 6),
        # One base name in every folder: which is meant is not told by the name.
        ("{}/frame.png", "frame.png", 6),
        # Nothing names it.
        ("images/x{}.png", "{}.png", 6),
    ],
)
def test_what_a_name_leaves_out(tmp_path: Path, path: str, given: str, needed: int) -> None:
    numbers = range(100, 106)
    Tree(tmp_path).annotation(
        f"{FOLDER}/annotation.json", [pictured(number, given.format(number)) for number in numbers]
    )
    paths = [f"{FOLDER}/{path.format(number)}" for number in numbers]
    left_out = unneeded(task_of(CARS), tmp_path, FOLDER, paths, 1)
    assert len(paths) - len(left_out) == needed


def test_the_frames_of_a_video_stay_together(tmp_path: Path) -> None:
    folder = "video/comprehension/PetsVideoQuestionAnswering"
    frames = {number: [f"v{number}/{frame:06}.jpg" for frame in range(3)] for number in range(4)}
    shown = [{"video_file_list": frames[number], "prompt": "?"} for number in range(4)]
    entries = [{"id": f"p{place}", "input": one, "output": {"text": "a"}} for place, one in enumerate(shown)]
    Tree(tmp_path).annotation(f"{folder}/annotation.json", entries)
    paths = [f"{folder}/videos/{frame}" for number in range(4) for frame in frames[number]]
    left_out = unneeded(task_of(PETS), tmp_path, folder, paths, 1)
    kept = {path.split("/")[-2] for path in set(paths) - left_out}
    assert len(kept) == 1
    assert len(left_out) == 9


def test_an_image_that_two_instances_share_stays(tmp_path: Path) -> None:
    entries = [pictured(number, f"{number // 2}.png") for number in range(10)]
    at = "image/comprehension/ArtImageVisualQuestionAnswering"
    Tree(tmp_path).annotation(f"{at}/annotation.json", entries)
    paths = [f"{at}/images/{number}.png" for number in range(5)]
    left_out = unneeded(task_of(ART), tmp_path, at, paths, 9)
    assert not left_out


def part_of(task: Task, folder: Path, root: Path, other: Path) -> int:
    """Link a task's files into another tree, less what a limit leaves out; return how many that is."""
    entry = folder.relative_to(root).as_posix()
    paths = [path.relative_to(root).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
    media = [path for path in paths if not is_annotation(path, entry)]
    left_out = unneeded(task, root, entry, media, LIMIT)
    for path in paths:
        if path not in left_out:
            (other / path).parent.mkdir(parents=True, exist_ok=True)
            os.link(root / path, other / path)
    return len(left_out)


def test_no_task_of_the_demo_set_is_asked_otherwise(shared_cache: Path, tmp_path: Path) -> None:
    source = open_data("demo", "open", all_tasks(), cache=shared_cache)
    tasks = [task for task in all_tasks() if may_be_limited(task) and set(task.input_media) != {"text"}]
    left_out = 0
    for task in tasks[::5]:
        files, other = source.files(task), tmp_path / task.id.replace("/", "-")
        assert files is not None
        left_out += part_of(task, files.folder, source.root, other)
        there = DataFolder(other, all_tasks()).find(task)
        assert there is not None
        protocol = protocols.get(task.protocol)
        seen = []
        for place, root in ((files, source.root), (there, other)):
            data = load(place, task, root)
            context = protocol.context(task, data.header, data.instances)
            drawn = limited(data.instances, LIMIT)
            assert [instance.problem for instance in drawn] == [None] * len(drawn)
            requests = [protocol.request(instance, context).digest() for instance in drawn]
            answers = [protocol.reference(instance, context) for instance in drawn]
            seen.append((requests, answers, context.labels))
        assert seen[0] == seen[1], task.id
    assert left_out > len(tasks) / 2  # nearly every one has six pictures or sounds too many
