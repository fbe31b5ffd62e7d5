"""Where frames, depth images and references of masks and maps are found, and the demo set of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_generalbench import metrics, protocols
from pytest_generalbench.core.media.media import open_frames
from pytest_generalbench.core.outputs import StructuredOutput, answer_key
from pytest_generalbench.core.request import Instance, Output
from pytest_generalbench.suite.data import open_data
from pytest_generalbench.suite.demo.media.files import picture
from pytest_generalbench.suite.demo.recipes.comprehension import dense
from tests.data.trees import Tree, all_tasks

if TYPE_CHECKING:
    from pathlib import Path

SALIENT = "video/comprehension/video-salient-object-detection"
AT = "video/comprehension/VideoSalientObjectDetection"
TASKS = [task for task in all_tasks() if task.archetype in dense.RECIPES]


def salient(tree: Tree, folders: tuple[str, str], split: str = "open", **given: Any) -> Instance:
    for folder in folders:
        for number in (1, 2):
            tree.file(f"{AT}/{folder}/{number}.png", picture(number))
    tree.annotation(f"{AT}/annotation.json", [{"id": 1, "input": given}])
    return tree.load(SALIENT, split).instances[0]


@pytest.mark.parametrize(
    ("gt", "frames"),
    [
        ("gt/clip", "frames/clip"),
        ("clip/GT", "clip/Imgs"),
        ("a/GroundTruth/clip", "a/JPEGImages/clip"),
        ("gt/clip", "images/clip"),
    ],
)
def test_frames_are_found_beside_their_reference(tree: Tree, gt: str, frames: str) -> None:
    instance = salient(tree, (gt, frames), gt_dir=gt, pred_dir="pred/clip")
    assert instance.problem is None
    assert [path.parent.relative_to(tree.root / AT).as_posix() for path in instance.media[0].paths] == [
        frames
    ] * 2
    assert (instance.reference, instance.reference_key) == ({"gt_dir": gt}, "input.gt_dir")
    assert instance.fields == {}
    assert instance.files is not None
    assert [path.name for path in instance.files.frames(gt)] == ["1.png", "2.png"]


def test_a_named_folder_of_frames_comes_first_and_the_reference_stays_hidden(tree: Tree) -> None:
    instance = salient(
        tree, ("gt/clip", "frames/clip"), gt_dir="gt/clip", video_folder="frames/clip", prompt="?"
    )
    assert [medium.field for medium in instance.media] == ["video_folder"]
    assert instance.fields == {"video_folder": "frames/clip", "prompt": "?"}


def test_reference_frames_never_stand_in_for_lost_ones(tree: Tree) -> None:
    instance = salient(tree, ("gt/clip", "gt/other"), gt_dir="gt/clip")
    assert instance.media == ()


def test_the_close_set_has_no_reference(tree: Tree) -> None:
    tree.file(f"{AT}/frames/clip/1.png", picture(1))
    instance = salient(tree, ("gt/clip", "frames/clip"), "close", gt_dir="gt/clip")
    assert not instance.has_reference
    assert len(instance.media) == 1


def test_depth_images_are_maps_where_the_task_takes_them(tree: Tree) -> None:
    at = "image/comprehension/rgbd-semantic-segmentation"
    for name in ("images/1.png", "depths/1.png", "masks/1.png"):
        tree.image(f"{at}/{name}")
    given = {"image_file": "1.png", "depth_file": "depths/1.png", "prompt": "Segment."}
    tree.annotation(f"{at}/annotation.json", [{"id": 1, "input": given, "output": {"mask": "1.png"}}])
    instance = tree.load("image/comprehension/rgbd-semantic-segmentation").instances[0]
    assert [(medium.medium, medium.path.parent.name) for medium in instance.media] == [
        ("image", "images"), ("map", "depths"),
    ]  # fmt: skip
    assert instance.files is not None
    assert instance.files.file("1.png").parent.name == "masks"


def test_a_mask_without_an_output_is_the_reference_and_no_input(tree: Tree) -> None:
    at = "image/comprehension/road-crack-detection"
    tree.image(f"{at}/images/1.png")
    tree.image(f"{at}/masks/1.png")
    tree.annotation(f"{at}/annotation.json", [{"id": 1, "image": "1.png", "mask": "masks/1.png"}])
    instance = tree.load("image/comprehension/road-crack-detection").instances[0]
    assert (instance.reference, instance.reference_key) == ("masks/1.png", "mask")
    assert [medium.field for medium in instance.media] == ["image"]
    assert "mask" not in instance.fields


def scored(task: Any, pairs: list[tuple[Any, Any]]) -> float:
    accumulator = metrics.make(task.metric.name, task.metric.options)
    for pair in pairs:
        accumulator.add(*pair)
    return accumulator.result().score


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_the_demo_is_asked_read_and_scored(task: Any, shared_cache: Path) -> None:
    data = open_data("demo", "open", all_tasks(), cache=shared_cache).load(task)
    assert data is not None
    assert data.problems == ()
    protocol = protocols.get(task.protocol)
    context = protocol.context(task, data.header, data.instances)
    ideals: list[StructuredOutput] = []
    references = []
    for instance in data.instances:
        assert protocol.request(instance, context).form != "text"
        references.append(protocol.reference(instance, context))
        ideal = protocol.ideal(references[-1], instance, context)
        assert isinstance(ideal, StructuredOutput)
        ideals.append(ideal)
    assert len({answer_key(ideal) for ideal in ideals}) >= 6

    def said(shift: int) -> list[Any]:
        answers = [*ideals[shift:], *ideals[:shift]]
        outputs = [Output(medium="map", answer=answer) for answer in answers]
        return [
            protocol.parse(output, instance, context)
            for output, instance in zip(outputs, data.instances, strict=True)
        ]

    best = scored(task, list(zip(said(0), references, strict=True)))
    assert best == pytest.approx(metrics.get(task.metric.name).best, abs=1e-9)
    other = scored(task, list(zip(said(1), references, strict=True)))
    assert other < best - 1 if task.metric.higher_is_better else other > best + 0.01


def test_the_demo_film_can_be_decoded(shared_cache: Path) -> None:
    pytest.importorskip("av")
    task = next(task for task in TASKS if task.archetype == "video_depth_estimation")
    data = open_data("demo", "open", all_tasks(), cache=shared_cache).load(task)
    assert data is not None
    frames = open_frames(data.instances[0].media[0])
    assert [frame.size for frame in frames] == [(32, 32)] * 4
    reference = protocols.get(task.protocol).reference(
        data.instances[0], protocols.get(task.protocol).context(task, data.header, data.instances)
    )
    # What is near moves: a pixel a frame for every four units of disparity.
    shown = [np.asarray(frame)[..., 0] for frame in frames[:2]]
    moved = int(reference[1, 30, 20] / 4)
    assert moved == 3
    assert (shown[1][26:, 20:] == shown[0][26:, 20 - moved : -moved])[reference[1, 26:, 20:] == 12].all()
