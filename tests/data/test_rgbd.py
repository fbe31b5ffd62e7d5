"""Scans with a depth camera among the media, and the demo data of the tasks that make shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench.core.errors import MediaError
from pytest_generalbench.suite.data import open_data
from pytest_generalbench.suite.data.read.media_fields import media_of
from pytest_generalbench.suite.data.read.media_files import MediaFinder
from pytest_generalbench.suite.demo.builder import TaskBuilder
from pytest_generalbench.suite.demo.recipes.generation.shape import RECIPES
from pytest_generalbench.suite.demo.rng import Dice
from tests.builders import make_task
from tests.data.trees import all_tasks

if TYPE_CHECKING:
    from pathlib import Path

SCAN = make_task(
    id="3d/generation/scan", modality="3d", paradigm="generation", archetype="3d_completion_reconstruction",
    protocol="3d_completion_reconstruction", inputs="rgb-d frames", output="mesh",
)  # fmt: skip
OURS = [task for task in all_tasks() if task.archetype in RECIPES]
LISTED = {
    "color_files": ["s1/color/8.jpg", "s1/color/10.jpg"],
    "depth_files": ["s1/depth/8.png", "s1/depth/10.png"],
    "pose_files": ["s1/pose/8.txt", "s1/pose/10.txt"],
    "depth_intrinsic_file": "s1/intrinsic/intrinsic_depth.txt",
}


@pytest.fixture
def finder(tmp_path: Path) -> MediaFinder:
    names = [*(name for given in LISTED.values() for name in ([given] if isinstance(given, str) else given))]
    for name in (*names, "s2/s2.sens", "s3/notes.md"):
        path = tmp_path / "task" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(
            {".jpg": b"\xff\xd8 jpeg", ".png": b"\x89PNG\r\n\x1a\n"}.get(path.suffix, b"1 0 0 0\n")
        )
    return MediaFinder(tmp_path / "task", tmp_path)


@pytest.mark.parametrize(
    "fields",
    [
        LISTED,
        {"scene_folder": "s1"},
        {"scan": "./data/s1/", "prompt": "Rebuild the room."},
        {"rgb_folder": "s1/color", "depth_dir": "s1/depth", "poses": "s1/pose", "intrinsics": "s1/intrinsic"},
        {"frames": {"rgb": LISTED["color_files"], "depth": LISTED["depth_files"], "pose": "s1/pose",
                    "camera_intrinsic": "s1/intrinsic"}},
    ],
)  # fmt: skip
def test_colours_are_a_video_and_all_else_maps_in_the_order_of_frames(
    fields: Any, finder: MediaFinder
) -> None:
    media = media_of(fields, SCAN, finder)
    assert [one.medium for one in media] == ["video", "map", "map", "map"]
    assert [[path.name for path in one.paths] for one in media] == [
        ["8.jpg", "10.jpg"], ["8.png", "10.png"], ["8.txt", "10.txt"], ["intrinsic_depth.txt"],
    ]  # fmt: skip
    assert [one.path.parent.name for one in media] == ["color", "depth", "pose", "intrinsic"]


@pytest.mark.parametrize("fields", [{"sens_file": "s2/s2.sens"}, {"scene": "s2"}])
def test_a_stream_is_passed_on_as_it_is(fields: Any, finder: MediaFinder) -> None:
    (stream,) = media_of(fields, SCAN, finder)
    assert (stream.medium, stream.path.name) == ("map", "s2.sens")


@pytest.mark.parametrize(
    "fields",
    [
        {**LISTED, "depth_files": ["s1/depth/8.png", "s1/depth/11.png"]},
        {"scene_folder": "s9"},
        {"scene_folder": "s3"},
        {"scene_folder": "../outside"},
        {"sens_file": "/etc/passwd.sens"},
    ],
)
def test_what_is_lost_or_outside_is_missing(fields: Any, finder: MediaFinder) -> None:
    with pytest.raises(MediaError):
        media_of(fields, SCAN, finder)


def test_numbers_and_sentences_are_no_files(finder: MediaFinder) -> None:
    fields = {"scene_folder": "s1", "camera_matrix": [[1, 0], [0, 1]], "scene_description": "a small room"}
    assert len(media_of(fields, SCAN, finder)) == 4


def test_the_demo_set_has_every_shape_and_its_media(shared_cache: Path) -> None:
    assert len(OURS) == 22
    source = open_data("demo", "open", all_tasks(), cache=shared_cache)
    for task in OURS:
        data = source.load(task)
        assert data is not None
        assert (len(data.instances), data.references, data.problems) == (8, 8, ()), task.id
        media = [[one.medium for one in instance.media] for instance in data.instances]
        due = {
            "text": [], "image": ["image"], "pointcloud": ["pointcloud"],
            "rgb-d frames": ["video", "map", "map", "map"],
        }[task.inputs]  # fmt: skip
        assert media == [due] * 8, task.id


def test_the_demo_set_is_small_and_the_same_each_time() -> None:
    for task in OURS:
        kits = [TaskBuilder(task, Dice(task.id)) for _ in range(2)]
        entries = [RECIPES[task.archetype](kit) for kit in kits]
        assert entries[0] == entries[1]
        assert kits[0].files == kits[1].files
        assert sum(map(len, kits[0].files.values())) < 100_000, task.id
        truths = [content for name, content in kits[0].files.items() if name.startswith(("gt/", "motions/"))]
        assert len(set(truths)) == 8, task.id
