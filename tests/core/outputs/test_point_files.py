"""Point files: every kind reads to the same columns, and what is broken is one error."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.outputs.base import AnswerFormatError
from pytest_generalbench.core.outputs.codecs.points.columns import labels_in, normals_in, poses_in
from pytest_generalbench.core.outputs.codecs.points.tables import read_table
from pytest_generalbench.suite.demo.media import point_clouds as clouds

if TYPE_CHECKING:
    from numpy.typing import NDArray

LABELS = [3, 1, 4, 1, 5]
CLOUD = np.arange(15, dtype=np.float64).reshape(5, 3) / 8


def npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def npz(**arrays: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def binary_ply(order: str, names: str = "xyz") -> bytes:
    layout = {"<": "little", ">": "big"}[order]
    head = f"ply\nformat binary_{layout}_endian 1.0\ncomment made here\nelement camera 1\n"
    head += "property double fov\nelement vertex 5\n"
    head += "".join(f"property float {name}\n" for name in names) + "property int label\nend_header\n"
    types = np.dtype([*((name, order + "f4") for name in names), ("label", order + "i4")])
    table = np.zeros(5, types)
    for place, name in enumerate(names):
        table[name] = CLOUD[:, place]
    table["label"] = LABELS
    return head.encode() + b"\0" * 8 + table.tobytes()


SEVEN = np.concatenate([CLOUD, CLOUD, np.array(LABELS)[:, None]], axis=1)

FILES: dict[str, bytes] = {
    "a.seg": b"3\n1\n4\n1\n5\n",
    "a.txt": clouds.rows(SEVEN, 6),
    "b.txt": b"# x y z label\n" + clouds.rows(np.concatenate([CLOUD, np.array(LABELS)[:, None]], axis=1), 1),
    "c.csv": b"x,y,label\r\n0,0,3\r\n0,0,1\r\n0,0,4\r\n0,0,1\r\n0,0,5\r\n",
    "d.npz": npz(points=CLOUD, Labels=np.array(LABELS)),
    "e.npz": npz(arr_0=np.array(LABELS, np.uint8)),
    "f.npy": npy(np.array(LABELS, np.float32)),
    "g.npy": npy(SEVEN),
    "h.ply": binary_ply("<"),
    "i.ply": binary_ply(">"),
    "j.ply": clouds.label_ply(CLOUD, LABELS),
    "k.ply": b"ply\nformat ascii 1.0\nelement vertex 5\nproperty int label\nend_header\n3\n1\n4\n1\n5\n",
    "l.label": clouds.kitti_labels(LABELS),
}


@pytest.mark.parametrize("name", FILES)
def test_labels_are_read_from_every_kind(name: str) -> None:
    assert labels_in(read_table(FILES[name], name), name).tolist() == LABELS


def test_the_parts_of_semantickittis_words() -> None:
    table = read_table(FILES["l.label"], "l.label")
    assert table.columns["instance"].tolist() == [0, 1, 2, 0, 1]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.normals", clouds.rows(CLOUD, 6)),
        ("a.xyz", clouds.rows(np.concatenate([CLOUD + 9, CLOUD], axis=1), 6)),
        ("a.txt", clouds.rows(np.concatenate([CLOUD + 9, CLOUD, np.ones((5, 1))], axis=1), 6)),
        ("a.npz", npz(points=CLOUD + 9, normals=CLOUD)),
        ("a.npy", npy(CLOUD)),
    ],
)
def test_normals_are_read_from_every_kind(name: str, content: bytes) -> None:
    assert normals_in(read_table(content, name), name) == pytest.approx(CLOUD)


def test_normals_of_a_ply() -> None:
    head = "ply\nformat ascii 1.0\nelement vertex 2\n"
    head += "".join(f"property float {name}\n" for name in ("x", "y", "z", "nx", "ny", "nz"))
    table = read_table((head + "end_header\n0 0 0 1 0 0\n0 0 0 0 0 1\n").encode(), "a.ply")
    assert normals_in(table, "a.ply").tolist() == [[1, 0, 0], [0, 0, 1]]


EYE = np.eye(4)
POSES = np.stack([EYE, EYE, EYE])
POSES[:, 0, 3] = (0, 1, 2)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("00.txt", clouds.rows(POSES[:, :3].reshape(3, 12), 6)),
        ("00.txt", clouds.rows(POSES.reshape(3, 16), 6)),
        ("00.txt", clouds.rows(np.concatenate([np.arange(3)[:, None], POSES[:, :3].reshape(3, 12)], 1), 6)),
        ("00.txt", b"# time x y z qx qy qz qw\n0 0 0 0 0 0 0 1\n1 1 0 0 0 0 0 2\n2 2 0 0 0 0 0 1\n"),
        ("00.npz", npz(poses=POSES)),
        ("00.npz", npz(arr_0=POSES[:, :3])),
        ("00.npy", npy(POSES[:, :3].reshape(3, 12))),
    ],
)
def test_poses_are_read_from_every_kind(name: str, content: bytes) -> None:
    assert poses_in(read_table(content, name), name) == pytest.approx(POSES[:, :3])


BROKEN: dict[str, bytes] = {
    "object.npz": npz(labels=np.array([{"a": 1}], dtype=object)),
    "object.npy": npy(np.array([None, 1], dtype=object)),
    "cut.npy": npy(np.arange(50))[:150],
    "cut.npz": npz(labels=np.arange(50))[:100],
    "cut.ply": FILES["h.ply"][:-3],
    "cut2.ply": FILES["k.ply"][:-4],
    "head.ply": b"ply\nformat ascii 1.0\nelement vertex 5\n",
    "huge.ply": b"ply\nformat ascii 1.0\nelement vertex 99999999999\nproperty int label\nend_header\n1\n",
    "minus.ply": b"ply\nformat ascii 1.0\nelement vertex -1\nproperty int label\nend_header\n1\n",
    "type.ply": b"ply\nformat ascii 1.0\nelement vertex 1\nproperty complex label\nend_header\n1\n",
    "format.ply": b"ply\nformat morse 1.0\nelement vertex 1\nproperty int label\nend_header\n1\n",
    "twice.ply": FILES["k.ply"].replace(b"property int label\n", b"property int label\n" * 2),
    "none.ply": b"ply\nformat ascii 1.0\nelement face 0\nend_header\n",
    "ragged.txt": b"1 2\n3\n",
    "words.txt": b"1\nchair\n",
    "empty.txt": b"\n# nothing\n",
    "binary.txt": b"\xff\xfe\x00\x81",
    "odd.label": b"\0" * 7,
    "fraction.txt": b"1.5\n2\n",
    "nan.txt": b"nan\n2\n",
    "huge.txt": b"1e300\n2\n",
    "strings.npz": npz(labels=np.array(["a", "b"])),
    "shape.npz": npz(labels=np.zeros((3, 2), int)),
    "other.npz": npz(points=CLOUD, colours=CLOUD),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_one_error_that_says_what(name: str) -> None:
    with pytest.raises(AnswerFormatError) as caught:
        labels_in(read_table(BROKEN[name], name), name)
    assert "\n" not in str(caught.value)


@given(st.binary(max_size=80), st.sampled_from(["a.txt", "a.label", "a.ply", "a.npy", "a.npz"]))
def test_noise_is_labels_or_one_error(content: bytes, name: str) -> None:
    starts = {"a.ply": b"ply\n", "a.npy": b"\x93NUMPY", "a.npz": b"PK"}
    try:
        result = labels_in(read_table(starts.get(name, b"") + content, name), name)
    except AnswerFormatError:
        return
    assert result.dtype == np.int64


@pytest.mark.parametrize(
    ("poses", "words"),
    [
        (np.zeros((2, 3, 4)), "no rotation"),
        (np.full((2, 3, 4), np.nan), "not finite"),
        (np.ones((2, 5)), "12 numbers"),
        (np.zeros((0, 12)), "12 numbers"),
        (-POSES, "no rotation"),
        (POSES * 1.5, "no rotation"),
    ],
)
def test_what_is_no_pose_is_told(poses: NDArray[Any], words: str) -> None:
    with pytest.raises(AnswerFormatError, match=words):
        poses_in(read_table(npz(poses=poses), "a.npz"), "a.npz")
