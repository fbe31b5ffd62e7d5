"""The forms of 3D answers: plain form and back, prediction files, and what they refuse."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.outputs import (
    AnswerFormatError,
    StructuredOutput,
    answer_from_plain,
    answer_to_plain,
)
from pytest_generalbench.core.outputs.codecs.boxes.boxes3d import (
    Box3d,
    TrackedBox,
    nuscenes,
    read_boxes,
    read_frames,
)
from pytest_generalbench.core.outputs.forms.scenes3d import (
    Boxes3d,
    Normals,
    PointInstance,
    PointInstances,
    PointLabels,
    Poses,
    Tracks3d,
)
from pytest_generalbench.runs.files import MediaStore
from tests.core.outputs.test_point_files import BROKEN, POSES, npz

if TYPE_CHECKING:
    from pathlib import Path

CAR = Box3d((1.0, 2.0, 0.5), (4.5, 1.9, 1.6), 0.25, "car", 0.75, (0.5, -1.0))
WALKER = Box3d((9.0, -2.0, 0.5), (0.7, 0.7, 1.8), -3.0, "pedestrian", 0.5, None)
TILT = np.array([[0, 0, 2], [0, 3, 4]], np.float32)

ANSWERS: list[StructuredOutput] = [
    PointLabels(np.array([0, 3, -1])),
    PointInstances(np.array([0, 5, 5]), (PointInstance(5, "chair", 0.5),)),
    PointInstances(np.array([-1, 0]), ()),
    Boxes3d((CAR, WALKER)),
    Boxes3d(()),
    Tracks3d(((TrackedBox("1", CAR), TrackedBox("2", WALKER)), (), (TrackedBox("1", CAR),))),
    Poses(POSES),
    Normals(TILT),
]
by_form = pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: str(answer.form))


def no_file(name: str) -> bytes:
    raise DataError(f"no file {name}")


@by_form
def test_the_plain_form_reads_back_the_same_to_the_bit(answer: StructuredOutput, tmp_path: Path) -> None:
    store = MediaStore(tmp_path)
    plain = json.loads(json.dumps(answer_to_plain(answer, store.put)))
    again = answer_from_plain(plain, store.get)
    assert again == answer
    assert answer_to_plain(again, store.put) == answer_to_plain(answer, store.put)
    assert type(answer).from_prediction(plain, store.get) == answer


@by_form
def test_another_form_is_refused(answer: StructuredOutput, tmp_path: Path) -> None:
    store = MediaStore(tmp_path)
    other = next(one for one in ANSWERS if one.form != answer.form)
    with pytest.raises(AnswerFormatError, match="is due"):
        type(answer).from_prediction(answer_to_plain(other, store.put), store.get)


@by_form
@given(value=st.recursive(st.none() | st.integers() | st.text() | st.floats(), st.lists, max_leaves=6))
def test_what_is_no_answer_is_a_data_error(answer: StructuredOutput, value: Any) -> None:
    try:
        kind = type(answer).from_prediction(value, no_file)
    except DataError:
        return
    assert isinstance(kind, type(answer))


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_no_labels(name: str) -> None:
    with pytest.raises(AnswerFormatError):
        PointLabels.from_prediction(name, lambda _: BROKEN[name])


def test_labels_come_as_lists_and_files() -> None:
    expected = PointLabels(np.array([3, 1, 4]))
    files = {"a.npz": npz(labels=np.array([3, 1, 4])), "a.seg": b"3\n1\n4\n"}
    given: list[Any] = [[3, 1, 4], [3.0, 1.0, 4.0], {"labels": [3, 1, 4]}, "a.npz", "a.seg"]
    for value in given:
        assert PointLabels.from_prediction(value, files.__getitem__) == expected


def test_normals_come_to_length_one() -> None:
    assert Normals(TILT).vectors == pytest.approx(np.array([[0, 0, 1], [0, 0.6, 0.8]]))
    assert Normals.from_prediction([[0, 0, 2], [0, 3, 4]], no_file) == Normals(TILT)
    tiny = Normals(np.array([[1e-200, 0, 0], [0, 1e300, 0]]))
    assert tiny.vectors.tolist() == [[1, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize("row", [[0.0, 0.0, 0.0], [math.nan, 0.0, 1.0], [math.inf, 0.0, 1.0]])
def test_a_normal_without_direction_is_refused(row: list[float]) -> None:
    with pytest.raises(AnswerFormatError, match="1 of 2 are zero or not finite"):
        Normals(np.array([row, [0.0, 0.0, 1.0]], np.float32))


def test_poses_come_as_rows_and_matrices() -> None:
    for value in (POSES.tolist(), POSES[:, :3].tolist(), POSES[:, :3].reshape(3, 12).tolist()):
        assert Poses.from_prediction(value, no_file) == Poses(POSES)
        assert Poses.from_prediction({"matrices": value}, no_file) == Poses(POSES)


@pytest.mark.parametrize(
    ("ids", "text", "words"),
    [
        ([1, 2], ((1, "a", 1.0),), "of instance 2"),
        ([1, 1], ((1, "a", 1.0), (1, "b", 1.0)), "told once"),
        ([0, 0], ((0, "a", 1.0),), "told once"),
        ([1, 1], ((1, "a", math.nan),), "finite score"),
        ([1, 1], ((1, "", 1.0),), "label"),
        ([0.5, 1], ((1, "a", 1.0),), "whole numbers"),
        ([[1, 1], [1, 1]], ((1, "a", 1.0),), "one whole number"),
    ],
)
def test_objects_that_do_not_fit_their_points_are_refused(ids: Any, text: Any, words: str) -> None:
    with pytest.raises(AnswerFormatError, match=words):
        PointInstances(np.array(ids), tuple(PointInstance(*one) for one in text))


def test_objects_come_as_json_npz_and_scannets_index() -> None:
    expected = PointInstances(
        np.array([0, 1, 1, 2]), (PointInstance(1, "5", 0.5), PointInstance(2, "7", 0.25))
    )
    files = {
        "s/a.txt": b"mask/1.txt 5 0.5\nmask/2.txt 7 0.25\n",
        "s/mask/1.txt": b"0\n1\n1\n0\n",
        "s/mask/2.txt": b"0\n0\n1\n1\n",  # the point that both have goes to the higher score
        "a.npz": npz(ids=np.array([0, 1, 1, 2]), labels=np.array([5, 7]), scores=np.array([0.5, 0.25])),
        "b.npz": npz(
            ids=np.array([0, 1, 1, 2]),
            instance_ids=np.array([2, 1]),
            labels=np.array(["7", "5"]),
            scores=np.array([0.25, 0.5]),
        ),
    }
    parts = [{"id": 1, "label": 5, "score": 0.5}, {"id": 2, "label": "7", "score": 0.25}]
    given: list[Any] = ["s/a.txt", "a.npz", {"ids": [0, 1, 1, 2], "instances": parts}]
    for value in given:
        assert PointInstances.from_prediction(value, files.__getitem__) == expected
    turned = PointInstances.from_prediction("b.npz", files.__getitem__)
    assert turned.instances == expected.instances[::-1]


@pytest.mark.parametrize(
    "files",
    [
        {"a.txt": b""},
        {"a.txt": b"mask.txt 5\n"},
        {"a.txt": b"m.txt 5 nan\n", "m.txt": b"1\n"},
        {"a.txt": b"m.txt 5 1\nn.txt 5 1\n", "m.txt": b"1\n", "n.txt": b"1\n0\n"},
    ],
)
def test_a_broken_index_is_one_error(files: dict[str, bytes]) -> None:
    with pytest.raises(AnswerFormatError):
        PointInstances.from_prediction("a.txt", files.__getitem__)


def test_boxes_come_in_nuscenes_words_and_ours() -> None:
    ours = {
        "centre": [1, 2, 0.5], "size_lwh": [4.5, 1.9, 1.6], "yaw": 0.25, "label": "car", "score": 0.75,
        "velocity": [0.5, -1.0],
    }  # fmt: skip
    lists = {
        "boxes_3d": [[1, 2, 0.5, 4.5, 1.9, 1.6, 0.25, 0.5, -1.0]], "labels_3d": ["car"], "scores_3d": [0.75],
    }  # fmt: skip
    forms: list[Any] = [[nuscenes(CAR)], [ours], {"boxes": [ours]}, lists, ours]
    for form in forms:
        (read,) = read_boxes(json.loads(json.dumps(form)))
        assert read.label == "car"
        assert (*read.centre, *read.size, read.yaw, read.score) == pytest.approx(
            (*CAR.centre, *CAR.size, CAR.yaw, CAR.score)
        )
        assert read.velocity == CAR.velocity
    assert Boxes3d.from_prediction("b.json", lambda _: json.dumps([ours]).encode()) == Boxes3d((CAR,))
    (bare,) = read_boxes({"car": [[1, 2, 0.5, 4.5, 1.9, 1.6, 0.25]]})
    assert bare == CAR._replace(score=1.0, velocity=None)
    (unknown,) = read_boxes([{**nuscenes(CAR), "velocity": [math.nan, 0.0]}])
    assert unknown.velocity is None


@given(st.floats(-3.1, 3.1))
def test_a_heading_survives_its_quaternion(yaw: float) -> None:
    (read,) = read_boxes([nuscenes(CAR._replace(yaw=yaw))])
    assert read.yaw == pytest.approx(yaw)
    assert read.size == CAR.size


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"translation": [1, 2]}, "3 numbers"),
        ({"translation": [1, 2, math.nan]}, "finite"),
        ({"translation": "here"}, "3 numbers"),
        ({"translation": None}, "without centre"),
        ({"size": [1, -2, 1]}, "edge of -2"),
        ({"size": None}, "length, width and height"),
        ({"rotation": [0, 0, 0, 0]}, "quaternion"),
        ({"rotation": "north"}, "yaw"),
        ({"detection_name": None}, "without label"),
        ({"detection_name": 0.5}, "label"),
        ({"detection_name": " "}, "without label"),
        ({"detection_score": math.inf}, "score"),
        ({"velocity": 3}, "velocity"),
    ],
)
def test_a_broken_box_is_one_error(change: dict[str, Any], words: str) -> None:
    with pytest.raises(AnswerFormatError, match=words):
        Boxes3d.from_prediction([{**nuscenes(CAR), **change}], no_file)


@pytest.mark.parametrize("value", ["boxes", 3, [[1, 2, 3]], {"boxes": [[1] * 7], "labels": []}])
def test_what_are_no_boxes_is_one_error(value: Any) -> None:
    with pytest.raises(AnswerFormatError):
        read_boxes(value)


def test_frames_come_as_lists_and_objects_in_their_order() -> None:
    first, second = ({**nuscenes(CAR), "tracking_id": name} for name in ("a", 7))
    expected = read_frames([[first], [], [second]])
    assert [[one.track for one in frame] for frame in expected] == [["a"], [], ["7"]]
    assert read_frames({"results": {"10": [second], "8": [first], "9": []}}) == expected
    assert read_frames({"frames": [{"boxes": [first]}, {"boxes": []}, {"boxes": [second]}]}) == expected
    assert read_frames({"f3a": [first], "00b": [], "c": [second]}) == expected
    assert Tracks3d.from_prediction("t.json", lambda _: json.dumps([[first], [], [second]]).encode()) == (
        Tracks3d(expected)
    )


def test_a_track_is_named_and_is_once_in_a_frame() -> None:
    with pytest.raises(AnswerFormatError, match="tracking_id"):
        read_frames([[nuscenes(CAR)]])
    with pytest.raises(AnswerFormatError, match="two boxes in frame 1"):
        Tracks3d(((), (TrackedBox("a", CAR), TrackedBox("a", WALKER))))
    with pytest.raises(AnswerFormatError, match="not JSON"):
        Tracks3d.from_prediction("t.json", lambda _: b"{")
