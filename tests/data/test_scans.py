"""Clouds and sequences of clouds among the media, and the demo data of the 3D tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench.core.errors import MediaError
from pytest_generalbench.suite import demo
from pytest_generalbench.suite.data import open_data
from pytest_generalbench.suite.data.read.media_fields import media_of
from pytest_generalbench.suite.data.read.media_files import MediaFinder
from pytest_generalbench.suite.demo.builder import TaskBuilder
from pytest_generalbench.suite.demo.recipes.comprehension.scene3d import RECIPES
from pytest_generalbench.suite.demo.rng import Dice
from tests.builders import make_task
from tests.data.trees import all_tasks

if TYPE_CHECKING:
    from pathlib import Path

DRIVE = make_task(
    id="3d/comprehension/drive", modality="3d", paradigm="comprehension", archetype="3d_odometry",
    protocol="3d_odometry", inputs="pointcloud sequence", output="camera poses",
)  # fmt: skip
OURS = [task for task in all_tasks() if task.archetype in RECIPES]


@pytest.fixture
def finder(tmp_path: Path) -> MediaFinder:
    for name in ("velodyne/8.bin", "velodyne/9.bin", "velodyne/10.bin", "velodyne/times.txt", "poses/1.txt"):
        path = tmp_path / "task" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"some bytes")
    return MediaFinder(tmp_path / "task", tmp_path)


@pytest.mark.parametrize(
    "fields",
    [
        {"pointcloud_folder": "velodyne"},
        {"point_cloud": "./velodyne/"},
        {"scans": ["velodyne/8.bin", "velodyne/9.bin", "velodyne/10.bin"]},
        {"pointcloud_sequence": ["x/velodyne/8.bin", "x/velodyne/9.bin", "x/velodyne/10.bin"]},
    ],
)
def test_a_sequence_of_scans_is_one_medium_in_natural_order(fields: Any, finder: MediaFinder) -> None:
    (scans,) = media_of(fields, DRIVE, finder)
    assert scans.medium == "pointcloud"
    assert [path.name for path in scans.paths] == ["8.bin", "9.bin", "10.bin"]


def test_points_and_sequences_of_other_tasks_are_not_taken_for_clouds(finder: MediaFinder) -> None:
    image = make_task(modality="image", paradigm="comprehension", inputs="image+text", output="text")
    with pytest.raises(MediaError, match="names no image"):
        media_of({"points": [[1, 2]], "sequence": "abc", "scan": "liver"}, image, finder)


def test_a_lost_scan_is_not_replaced_by_the_poses(finder: MediaFinder) -> None:
    with pytest.raises(MediaError, match="no such file"):
        media_of({"scans": ["velodyne/8.bin", "velodyne/1.txt"]}, DRIVE, finder)
    with pytest.raises(MediaError, match="no such file"):
        media_of({"point_cloud": "1.txt"}, DRIVE, finder)


def test_every_3d_comprehension_task_has_data() -> None:
    lacking = [task.id for task in all_tasks() if task.id.startswith("3d/comp") and not demo.covers(task)]
    assert lacking == []
    assert len(OURS) == 13


def test_the_demo_is_whole_small_and_says_no_two_answers_alike(shared_cache: Path) -> None:
    source = open_data("demo", "open", all_tasks(), cache=shared_cache)
    for task in OURS:
        data = source.load(task)
        assert data is not None
        assert data.problems == ()
        assert len(data.instances) == data.references == 8
        assert len({str(instance.reference) for instance in data.instances}) == 8
        assert all(instance.media[0].medium == "pointcloud" for instance in data.instances)
        recipe = TaskBuilder(task, Dice("twice")), TaskBuilder(task, Dice("twice"))
        assert RECIPES[task.archetype](recipe[0]) == RECIPES[task.archetype](recipe[1])
        assert recipe[0].files == recipe[1].files
        assert max(map(len, recipe[0].files.values())) < 16_000
