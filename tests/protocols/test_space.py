"""3D tasks: every form a reference may have, answers that do not fit, and what is broken."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_generalbench import metrics, protocols
from pytest_generalbench.core.errors import AmbiguousReferenceError, DataError, ReferenceFormatError
from pytest_generalbench.core.media.media import Media
from pytest_generalbench.core.outputs import AnswerFormatError, StructuredOutput
from pytest_generalbench.core.outputs.codecs.boxes.boxes3d import Box3d, TrackedBox
from pytest_generalbench.core.outputs.forms.scenes3d import (
    Boxes3d,
    Normals,
    PointInstance,
    PointInstances,
    PointLabels,
    Poses,
    Tracks3d,
)
from pytest_generalbench.core.request import Instance, Output
from pytest_generalbench.suite.data.read.media_files import MediaFinder
from pytest_generalbench.suite.demo.media import point_clouds as clouds
from tests.protocols.questions import a_context

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_generalbench.protocols import TaskContext

METRICS = {
    "3d_part_segmentation": "instance_miou",
    "3d_semantic_segmentation": "miou",
    "3d_instance_segmentation": "instance3d_map50",
    "3d_normal_estimation": "normal_angle_rmse",
    "3d_detection": "detection3d_map",
    "3d_tracking": "amota",
    "3d_odometry": "rte",
}


class Folder:
    """A task folder to put reference files into."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, name: str, content: bytes) -> str:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return name

    def instance(self, raw: Any, fields: Mapping[str, Any] | None = None, name: str = "1") -> Instance:
        finder = MediaFinder(self.root, self.root.parent, references=True)
        cloud = Media("pointcloud", (self.root / "a.bin",), "pointcloud")
        return Instance(
            name, "3d/tiny", fields or {}, (cloud,), reference=raw, reference_key="output", files=finder
        )

    def reference(self, protocol: str, raw: Any, **header: Any) -> Any:
        context = a_context(protocol, header=header)
        return protocols.get(protocol).reference(self.instance(raw), context)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "task").mkdir()
    return Folder(tmp_path / "task")


def npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def score(protocol: str, instance: Instance, answer: StructuredOutput | str, context: TaskContext) -> float:
    result = protocols.get(protocol)
    accumulator = metrics.make(METRICS[protocol])
    output = Output(answer) if isinstance(answer, str) else Output(medium="map", answer=answer)
    accumulator.add(result.parse(output, instance, context), result.reference(instance, context))
    return accumulator.result().score


CAR = {
    "translation": [1.0, 2.0, 0.5], "size": [1.9, 4.5, 1.6], "rotation": [1.0, 0.0, 0.0, 0.0],
    "detection_name": "car", "tracking_id": "a",
}  # fmt: skip
PATH = np.tile(np.eye(4)[:3], (4, 1, 1))
PATH[:, 2, 3] = (0, 5, 10, 15)
GOOD: dict[str, Any] = {
    "3d_part_segmentation": {"labels": [0, 0, 1, 2]},
    "3d_semantic_segmentation": {"labels": [0, 255, 1, 2]},
    "3d_instance_segmentation": {"instances": [3001, 3001, 0, 5002]},
    "3d_normal_estimation": {"normals": [[0, 0, 1], [0, 0, 0], [0, 3, 4]]},
    "3d_detection": {"boxes": [CAR]},
    "3d_tracking": {"frames": [[CAR], [], [CAR]]},
    "3d_odometry": {"poses": PATH.tolist()},
}
OTHER: dict[str, StructuredOutput] = {
    "3d_part_segmentation": PointLabels(np.array([0, 1])),
    "3d_semantic_segmentation": PointLabels(np.array([0, 1])),
    "3d_instance_segmentation": PointInstances(np.array([0, 0]), ()),
    "3d_normal_estimation": Normals(np.array([[0, 0, 1]])),
    "3d_tracking": Tracks3d(((), ())),
    "3d_odometry": Poses(PATH[:2]),
}
every_protocol = pytest.mark.parametrize("protocol", GOOD)


@every_protocol
def test_the_ideal_answer_is_read_back_and_has_the_best_score(protocol: str, folder: Folder) -> None:
    instance, result = folder.instance(GOOD[protocol]), protocols.get(protocol)
    context = a_context(protocol, instance)
    ideal = result.ideal(result.reference(instance, context), instance, context)
    assert isinstance(ideal, StructuredOutput)
    assert ideal.form == result.form
    assert score(protocol, instance, ideal, context) == metrics.get(METRICS[protocol]).best


@every_protocol
def test_the_request_has_the_cloud_first_and_says_what_is_wanted(protocol: str, folder: Folder) -> None:
    cloud = Media("pointcloud", (folder.root / "a.ply",), "pointcloud")
    fields = {"pointcloud": "a.ply", "prompt": "Look at this."}
    instance = Instance("1", "3d/tiny", fields, (cloud,))
    request = protocols.get(protocol).request(instance, a_context(protocol))
    assert request.parts[0] == cloud
    assert request.text.startswith("Look at this.\n")
    assert (request.output_medium, request.form) == ("map", protocols.get(protocol).form)
    assert "a.ply" not in request.text
    replaced = a_context(protocol, prompt="Only {instruction}", max_new_tokens=5)
    assert protocols.get(protocol).request(instance, replaced).text.startswith("Only Give")
    assert protocols.get(protocol).request(instance, replaced).max_new_tokens == 5


@every_protocol
def test_an_instance_without_cloud_is_not_asked(protocol: str) -> None:
    with pytest.raises(DataError, match=r"'1' of 3d/tiny: no cloud to ask about.* keys found: prompt"):
        protocols.get(protocol).request(Instance("1", "3d/tiny", {"prompt": "Look."}), a_context(protocol))


@every_protocol
def test_text_is_no_answer_and_another_form_is_an_error(protocol: str, folder: Folder) -> None:
    instance, result = folder.instance(GOOD[protocol]), protocols.get(protocol)
    context = a_context(protocol, instance)
    assert result.parse(Output("0 0 1 2"), instance, context) is None
    assert score(protocol, instance, "none", context) == {"rte": 1000.0, "normal_angle_rmse": 90.0}.get(
        METRICS[protocol], 0.0
    )
    other: StructuredOutput = Poses(PATH) if protocol != "3d_odometry" else Boxes3d(())
    with pytest.raises(AnswerFormatError, match="is due"):
        result.parse(Output(medium="map", answer=other), instance, context)


@pytest.mark.parametrize("protocol", OTHER)
def test_another_number_of_points_or_frames_is_an_error(protocol: str, folder: Folder) -> None:
    instance = folder.instance(GOOD[protocol])
    with pytest.raises(AnswerFormatError, match=r"where there are [34]"):
        score(protocol, instance, OTHER[protocol], a_context(protocol))
    close = Instance("1", "3d/tiny", {})
    answer = Output(medium="map", answer=OTHER[protocol])
    assert protocols.get(protocol).parse(answer, close, a_context(protocol)) is not None


@every_protocol
@pytest.mark.parametrize(
    "raw",
    [
        None, 3, "", "gone.txt", "gone.json", "../../x.npz", "/etc/passwd", {}, {"mood": 1, "weather": 2},
        {"labels": "gone.npz"}, {"gt": {"a": {"b": {}}}}, [["x"]], {"answer": "[1, 2"}, [None], "object.npz",
        {"file": "object.npz"},
    ],
)  # fmt: skip
def test_what_is_no_reference_is_one_error_with_the_instance(protocol: str, raw: Any, folder: Folder) -> None:
    if protocol == "3d_detection" and raw == {}:
        return  # no boxes at all is a sample without objects
    folder.put("object.npz", npz(labels=np.array([{}], dtype=object)))
    with pytest.raises(ReferenceFormatError, match=r"instance '1' of 3d/tiny") as caught:
        folder.reference(protocol, raw)
    assert "\n" not in str(caught.value)


# -------------------------------------------------------------------------------------- points


LABELS = [2, 0, 1, 1]
CLOUD = np.arange(12, dtype=np.float64).reshape(4, 3)


@pytest.mark.parametrize(
    "raw",
    [
        LABELS, {"labels": LABELS}, {"label_file": "a.seg"}, {"seg": "labels/a.seg"}, "a.seg", "a.npz",
        {"annotation": {"label_path": "./data/somewhere/labels/a.npz"}}, {"text": "a.txt"},
        {"output": "a.json"}, {"answer": "[2, 0, 1, 1]"}, {"label": "a.ply"},
    ],
)  # fmt: skip
def test_parts_are_found_wherever_they_are(raw: Any, folder: Folder) -> None:
    folder.put("labels/a.seg", clouds.whole(LABELS))
    folder.put("labels/a.npz", npz(points=CLOUD, pid=np.array(LABELS)))
    folder.put("gt/a.txt", clouds.rows(np.concatenate([CLOUD, CLOUD, np.array([LABELS]).T], axis=1), 4))
    folder.put("json/a.json", json.dumps({"part_labels": LABELS}).encode())
    folder.put("a.ply", clouds.label_ply(CLOUD, LABELS))
    assert folder.reference("3d_part_segmentation", raw).labels.tolist() == LABELS


@pytest.mark.parametrize(
    ("raw", "fields", "category"),
    [
        ({"labels": LABELS, "category": "Chair"}, {}, "chair"),
        ({"labels": LABELS}, {"class": 3}, "3"),
        ({"labels": LABELS}, {"pointcloud": "points/02691156/1a04e3.txt"}, "02691156"),
        ({"labels": LABELS}, {"pointcloud": "1021269115600.txt"}, None),
    ],
)
def test_the_kind_of_shape_is_told_or_a_synset(
    raw: Any, fields: Any, category: str | None, folder: Folder
) -> None:
    protocol = protocols.get("3d_part_segmentation")
    result = protocol.reference(folder.instance(raw, fields), a_context("3d_part_segmentation"))
    assert result.category == category


def test_classes_that_nobody_has_given_do_not_count(folder: Folder) -> None:
    name = "3d_semantic_segmentation"
    folder.put("a.labels.ply", clouds.label_ply(CLOUD, [0, 5, 0, 7]))
    folder.put("b.ply", clouds.label_ply(CLOUD, [0, 5, 0, 7]))
    assert folder.reference(name, [0, -1, 255, 3]).tolist() == [[0, 255, 255, 3]]
    assert folder.reference(name, "a.labels.ply").tolist() == [[255, 5, 255, 7]]
    with pytest.raises(AmbiguousReferenceError, match="void: 0"):
        folder.reference(name, "b.ply")
    assert folder.reference(name, [0, 1, 2, 3], ignore_label=[0, 3]).tolist() == [[255, 1, 2, 255]]
    instance, context = folder.instance([0, -1, 255, 3]), a_context(name)
    assert score(name, instance, PointLabels(np.array([0, 9, 9, 3])), context) == 100.0
    assert score(name, instance, PointLabels(np.array([-5, 9, 9, 3])), context) == 50.0


def test_semantickittis_classes_are_those_of_its_benchmark_on_both_sides(folder: Folder) -> None:
    name = "3d_semantic_segmentation"
    folder.put("labels/000.label", clouds.kitti_labels([10, 252, 0, 60]))
    instance, context = folder.instance({"label_file": "000.label"}), a_context(name)
    assert protocols.get(name).reference(instance, context).tolist() == [[10, 10, 255, 40]]
    assert score(name, instance, PointLabels(np.array([252, 10, 81, 40])), context) == 100.0
    ideal = protocols.get(name).ideal(np.array([[10, 10, 255, 40]]), instance, context)
    assert isinstance(ideal, StructuredOutput)
    assert score(name, instance, ideal, context) == 100.0


SCENE = PointInstances(np.array([1, 1, 0, 2]), (PointInstance(1, "3", 1.0), PointInstance(2, "5", 1.0)))


@pytest.mark.parametrize(
    "raw",
    [
        [3001, 3001, 0, 5001],
        {"instance_file": "a.txt"},
        {"instances": [1, 1, 0, 1], "labels": [3, 3, 0, 5]},
        {"instance_labels": "ids.npy", "semantic_labels": "sem.npy"},
        "both.npz",
        "both.txt",
        {"gt": "scan.label"},
        {"ids": [1, 1, 0, 2], "instances": [{"id": 1, "label": 3}, [2, "5"]]},
    ],
)
def test_objects_are_found_wherever_they_are(raw: Any, folder: Folder) -> None:
    folder.put("gt/a.txt", clouds.whole([3001, 3001, 900, 5001]))
    for name, values in (("ids", [7, 7, -1, 7]), ("sem", [3, 3, 1, 5])):
        buffer = io.BytesIO()
        np.save(buffer, np.array(values))
        folder.put(f"{name}.npy", buffer.getvalue())
    folder.put("both.npz", npz(semantic_labels=np.array([3, 3, 0, 5]), instance_ids=np.array([1, 1, 0, 4])))
    folder.put("both.txt", b"3 1\n3 1\n0 0\n5 2\n")
    words = np.array([3 | 1 << 16, 3 | 1 << 16, 0, 5 | 1 << 16], "<u4")
    folder.put("scan.label", words.tobytes())
    result = folder.reference("3d_instance_segmentation", raw)
    accumulator = metrics.make("instance3d_map50")
    accumulator.add(SCENE, result)
    accumulator.add(result, SCENE)
    assert accumulator.result().score == 100.0
    assert sorted(one.label for one in result.instances) == ["3", "5"]


def test_objects_without_classes_are_of_one(folder: Folder) -> None:
    result = folder.reference("3d_instance_segmentation", [4, 4, -1, 9])
    assert {one.label for one in result.instances} == {"object"}


@pytest.mark.parametrize(
    "raw",
    [
        {"instances": [1, 1], "labels": [1]},
        {"ids": [1, 1], "instances": [{"id": 2, "label": "a"}]},
        {"ids": [1, 1], "instances": [{"label": "a"}]},
        [],
    ],
)
def test_objects_that_do_not_fit_are_one_error(raw: Any, folder: Folder) -> None:
    with pytest.raises(ReferenceFormatError, match="cannot be read"):
        folder.reference("3d_instance_segmentation", raw)


def test_normals_are_found_and_only_those_that_are_picked_count(folder: Folder) -> None:
    name, up = "3d_normal_estimation", [[0, 0, 2], [0, 0, -1], [1, 0, 0]]
    expected = [[0, 0, 1], [0, 0, -1], [1, 0, 0]]
    folder.put("a.normals", clouds.rows(np.array(up), 3))
    folder.put("a.xyz", clouds.rows(np.concatenate([CLOUD[:3], expected], axis=1), 3))
    folder.put("a.pidx", b"0\n2\n")
    for raw in (up, {"normals": up}, "a.normals", {"normal_file": "a.xyz"}):
        assert folder.reference(name, raw).tolist() == expected
    for pidx in ([0, 2], "a.pidx"):
        picked = folder.reference(name, {"normals": "a.normals", "pidx": pidx})
        assert picked.tolist() == [[0, 0, 1], [0, 0, 0], [1, 0, 0]]
    with pytest.raises(ReferenceFormatError, match="beyond"):
        folder.reference(name, {"normals": up, "pidx": [3]})
    with pytest.raises(ReferenceFormatError, match="no normal"):
        folder.reference(name, [[0, 0, 0], [float("nan"), 0, 1]])


# -------------------------------------------------------------------------------------- scenes


@pytest.mark.parametrize(
    "raw",
    [
        [CAR], {"boxes": [CAR]}, {"annotation": "a.json"}, "a.json", {"gt": {"boxes": [CAR]}},
        {"boxes": "a.json"}, {"text": json.dumps([CAR])},
        {"gt_boxes": [[1, 2, 0.5, 4.5, 1.9, 1.6, 0]], "gt_names": ["vehicle.car"]},
        {"Car": [[1, 2, 0.5, 4.5, 1.9, 1.6, 0]]},
    ],
)  # fmt: skip
def test_boxes_are_found_wherever_they_are(raw: Any, folder: Folder) -> None:
    folder.put("labels/a.json", json.dumps({"boxes": [CAR]}).encode())
    (box,) = folder.reference("3d_detection", raw)
    assert box == Box3d((1.0, 2.0, 0.5), (4.5, 1.9, 1.6), 0.0, "car", 1.0, None)


def test_labels_are_compared_as_nuscenes_classes(folder: Folder) -> None:
    instance = folder.instance([{**CAR, "detection_name": "vehicle.bus.rigid"}])
    answer = Boxes3d((Box3d((1.0, 2.0, 0.5), (1, 1, 1), 0.0, "Bus ", 0.3, None),))
    context = a_context("3d_detection", instance)
    assert score("3d_detection", instance, answer, context) == 100.0
    assert context.labels == ("bus",)


def test_the_classes_of_the_file_are_told_and_a_broken_reference_does_not_hide_them(folder: Folder) -> None:
    instances = [
        folder.instance([{**CAR, "detection_name": "bus"}], name="1"),
        folder.instance({"mood": 1, "weather": 2}, name="2"),
        folder.instance([CAR], name="3"),
    ]
    context = a_context("3d_detection", *instances)
    request = protocols.get("3d_detection").request(instances[1], context)
    assert "The classes are: bus, car." in request.text


def test_classes_in_the_header_are_told(folder: Folder) -> None:
    for header in ({"classes": ["wall", "floor"]}, {"others": {"label_map": {"0": "wall", "1": "floor"}}}):
        context = a_context("3d_semantic_segmentation", header=header)
        request = protocols.get("3d_semantic_segmentation").request(folder.instance([0, 1]), context)
        assert "The classes are: 0 wall, 1 floor." in request.text


@pytest.mark.parametrize(
    "raw",
    [
        [[CAR], []], {"frames": [[CAR], []]}, {"tracks": {"1": [], "0": [CAR]}}, "a.json",
        {"annotation": "a.json"},
    ],
)  # fmt: skip
def test_tracks_are_found_wherever_they_are(raw: Any, folder: Folder) -> None:
    folder.put("labels/a.json", json.dumps({"results": {"09": [CAR], "10": []}}).encode())
    first, second = folder.reference("3d_tracking", raw)
    assert second == ()
    assert first == (TrackedBox("a", Box3d((1.0, 2.0, 0.5), (4.5, 1.9, 1.6), 0.0, "car", 1.0, None)),)


def test_a_track_twice_in_a_frame_is_one_error(folder: Folder) -> None:
    with pytest.raises(ReferenceFormatError, match="two boxes"):
        folder.reference("3d_tracking", [[CAR, CAR]])


@pytest.mark.parametrize(
    "raw",
    [
        PATH.tolist(), {"poses": PATH.reshape(4, 12).tolist()}, "a.txt", {"pose_file": "poses/a.txt"},
        {"trajectory": "a.npz"}, "a.json", {"camera_poses": {str(i): p for i, p in enumerate(PATH.tolist())}},
    ],
)  # fmt: skip
def test_poses_are_found_wherever_they_are(raw: Any, folder: Folder) -> None:
    folder.put("poses/a.txt", clouds.rows(PATH.reshape(4, 12), 6))
    folder.put("a.npz", npz(poses=PATH))
    folder.put("json/a.json", json.dumps({"poses": PATH.tolist()}).encode())
    assert np.array_equal(folder.reference("3d_odometry", raw), PATH)


def test_poses_that_do_not_move_are_one_error(folder: Folder) -> None:
    with pytest.raises(ReferenceFormatError, match="do not move"):
        folder.reference("3d_odometry", np.tile(np.eye(4), (3, 1, 1)).tolist())
