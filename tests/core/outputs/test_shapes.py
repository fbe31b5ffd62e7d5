"""Clouds, meshes and motions: files of every kind against trimesh, and what is refused."""

from __future__ import annotations

import io
import json
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import trimesh

from pytest_generalbench.core.outputs import (
    AnswerFormatError,
    Mesh,
    Motion,
    PointCloud,
    answer_from_plain,
    answer_to_plain,
)
from pytest_generalbench.core.outputs.codecs.points import ply
from pytest_generalbench.core.outputs.forms.mesh import triangle_areas

if TYPE_CHECKING:
    from collections.abc import Callable

DICE = np.random.default_rng(7)
POINTS = DICE.normal(size=(9, 3)).astype(np.float32)
FACES = np.array([[0, 1, 2], [2, 3, 4], [5, 6, 8]], np.int32)
COLOURS = DICE.integers(0, 256, (9, 3)).astype(np.uint8)
BALL = trimesh.creation.icosphere(1)


def kept(answer: Any) -> Any:
    """Return the answer as it comes back from a ledger."""
    files: dict[str, bytes] = {}

    def put(content: bytes, ending: str) -> str:
        name = f"{len(files)}{ending}"
        files[name] = content
        return name

    plain = answer_to_plain(answer, put)
    assert set(plain) == {"form", "values", "file", "preview"}
    return answer_from_plain(plain, files.__getitem__)


@pytest.mark.parametrize(
    "answer",
    [
        PointCloud(POINTS), PointCloud(POINTS, COLOURS), Mesh(POINTS, FACES), Mesh(POINTS, FACES, COLOURS),
        Motion(DICE.normal(size=(4, 5, 3))), Motion(DICE.normal(size=(1, 263))), PointCloud(POINTS[:1]),
    ],
)  # fmt: skip
def test_what_is_kept_comes_back_to_the_bit(answer: Any) -> None:
    assert kept(answer) == answer


def test_others_read_what_is_written() -> None:
    read: Any = trimesh.load(
        io.BytesIO(Mesh(POINTS, FACES, COLOURS).content()), file_type="ply", process=False
    )
    np.testing.assert_array_equal(read.vertices.astype(np.float32), POINTS)
    np.testing.assert_array_equal(read.faces, FACES)
    np.testing.assert_array_equal(read.visual.vertex_colors[:, :3], COLOURS)
    cloud: Any = trimesh.load(io.BytesIO(PointCloud(POINTS, COLOURS).content()), file_type="ply")
    np.testing.assert_array_equal(cloud.vertices.astype(np.float32), POINTS)
    np.testing.assert_array_equal(cloud.colors[:, :3], COLOURS)


@pytest.mark.parametrize("ending", ["obj", "off", "stl", "glb", "ply"])
def test_meshes_are_read_as_others_write_them(ending: str) -> None:
    content = BALL.export(file_type=ending)
    raw = content if isinstance(content, bytes) else content.encode()
    mesh = Mesh.decode(raw, f"ball.{ending}")
    assert len(mesh.faces) == len(BALL.faces)
    np.testing.assert_allclose(triangle_areas(mesh).sum(), BALL.area, rtol=1e-5)
    np.testing.assert_allclose(mesh.vertices[mesh.faces], BALL.triangles, atol=1e-6)


def ply_text(faces: str, more: str = "") -> bytes:
    head = "ply\nformat ascii 1.0\ncomment made by hand\nelement vertex 5\n"
    head += "property float x\nproperty float y\nproperty float z\n"
    count = len(faces.splitlines())
    head += f"element face {count}\nproperty list uchar int vertex_index\n{more}end_header\n"
    return (head + "0 0 0\n1 0 0\n1 1 0\n0 1 0\n0 0 1\n" + faces).encode()


def test_polygons_are_cut_into_triangles() -> None:
    mesh = Mesh.decode(ply_text("4 0 1 2 3\n3 0 1 4\n"), "x.ply")
    assert mesh.faces.tolist() == [[0, 1, 2], [0, 2, 3], [0, 1, 4]]
    flagged = Mesh.decode(
        ply_text("3 0 1 2 255 9\n3 0 1 4 7 9\n", "property uchar a\nproperty int b\n"), "x.ply"
    )
    assert flagged.faces.tolist() == [[0, 1, 2], [0, 1, 4]]
    obj = b"# by hand\nv 0 0 0 1 0 0\nv 1 0 0 0 1 0\nv 1 1 0 0 0 1\nv 0 1 0 1 1 1\nf 1/1/1 2//2 3 -1\n"
    mesh = Mesh.decode(obj, "x.obj")
    assert mesh.faces.tolist() == [[0, 1, 2], [0, 2, 3]]
    assert mesh.colours is not None
    assert mesh.colours.tolist()[0] == [255, 0, 0]
    off = b"OFF4 1 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n4 0 1 2 3\n"
    assert Mesh.decode(off, "modelnet.off").faces.tolist() == [[0, 1, 2], [0, 2, 3]]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("sizes", [(3, 3), (4, 3), (3, 4), (5, 5)])
def test_binary_faces_of_any_order_and_length(order: str, sizes: tuple[int, ...]) -> None:
    name = "binary_little_endian" if order == "<" else "binary_big_endian"
    head = (
        f"ply\nformat {name} 1.0\nelement vertex 5\nproperty double x\nproperty double y\nproperty double z\n"
    )
    head += f"element face {len(sizes)}\nproperty uchar flag\n"
    head += "property list ushort uint vertex_indices\nend_header\n"
    points = DICE.normal(size=(5, 3))
    body = points.astype(order + "f8").tobytes()
    for size in sizes:
        body += struct.pack(f"{order}BH{size}I", 1, size, *range(size))
    faces = ply.read_faces(head.encode() + body, "x.ply").tolist()
    assert faces == [[0, k, k + 1] for size in sizes for k in range(1, size - 1)]
    np.testing.assert_array_equal(Mesh.decode(head.encode() + body, "x.ply").vertices, points.astype("f4"))
    for cut in (1, 5, 12):
        with pytest.raises(AnswerFormatError, match="ends before"):
            ply.read_faces((head.encode() + body)[:-cut], "x.ply")


@pytest.mark.parametrize(
    ("name", "content", "coloured"),
    [
        ("x.xyz", b"0 0 0\n1 2 3\n", False),
        ("x.txt", b"0,0,0,9,9,9\n1,2,3,9,9,9\n", False),
        ("x.csv", b"x,y,z,red,green,blue\n0,0,0,255,0,0\n1,2,3,0,128,0\n", True),
    ],
)
def test_clouds_in_text(name: str, content: bytes, coloured: bool) -> None:
    cloud = PointCloud.decode(content, name)
    assert cloud.points.tolist() == [[0, 0, 0], [1, 2, 3]]
    assert (cloud.colours is not None) == coloured


def test_clouds_in_arrays() -> None:
    buffer = io.BytesIO()
    np.savez(buffer, points=POINTS, colors=COLOURS / 255)
    cloud = PointCloud.decode(buffer.getvalue(), "x.npz")
    assert cloud == PointCloud(POINTS, COLOURS)
    buffer = io.BytesIO()
    np.save(buffer, np.concatenate([POINTS, POINTS], axis=1))
    assert PointCloud.decode(buffer.getvalue(), "x.npy") == PointCloud(POINTS)
    assert PointCloud.decode(Mesh(POINTS, FACES, COLOURS).content(), "x.ply") == PointCloud(POINTS, COLOURS)


NAN = np.full((3, 3), np.nan)


@pytest.mark.parametrize(
    ("make", "answer"),
    [
        (lambda: PointCloud(np.zeros((0, 3))), "no points"),
        (lambda: PointCloud(NAN), "NaN"),
        (lambda: PointCloud(np.full((1, 3), 1e300)), "infinite"),
        (lambda: PointCloud(np.zeros((4, 2))), r"\(4, 2\)"),
        (lambda: PointCloud(np.array([["a", "b", "c"]])), "numbers"),
        (lambda: PointCloud(POINTS, COLOURS[:2]), "colours"),
        (lambda: PointCloud(POINTS, COLOURS.astype(np.float32)), "colours"),
        (lambda: PointCloud(np.broadcast_to(np.float32(0), (20_000_001, 3))), "more than"),
        (lambda: Mesh(POINTS, np.zeros((0, 3), int)), "no faces"),
        (lambda: Mesh(POINTS, FACES + 1), "vertex 9"),
        (lambda: Mesh(POINTS, FACES - 1), "vertex -1"),
        (lambda: Mesh(POINTS, FACES.astype(float)), "whole numbers"),
        (lambda: Mesh(POINTS, FACES[:, :2]), r"\(3, 2\)"),
        (lambda: Mesh(np.zeros((0, 3)), FACES), "no points"),
        (lambda: Mesh(np.zeros((9, 3)), FACES), "size 0"),
        (lambda: Mesh(NAN, FACES[:1]), "NaN"),
        (lambda: Mesh(POINTS, np.broadcast_to(np.int32(0), (20_000_001, 3))), "more than"),
        (lambda: Motion(np.zeros((0, 22, 3))), "empty"),
        (lambda: Motion(np.zeros((5, 22, 2))), r"\(5, 22, 2\)"),
        (lambda: Motion(np.zeros(5)), "shape"),
        (lambda: Motion(NAN), "NaN"),
        (lambda: Motion(np.broadcast_to(np.float32(0), (100_001, 2))), "too many"),
    ],
)  # fmt: skip
def test_what_no_shape_is_says_so(make: Callable[[], Any], answer: str) -> None:
    with pytest.raises(AnswerFormatError, match=answer):
        make()


PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
PICKLED = io.BytesIO()
np.save(PICKLED, np.array([{"a": 1}], dtype=object), allow_pickle=True)


@pytest.mark.parametrize(
    ("form", "name", "content"),
    [
        *((form, f"x{ending}", PNG) for form in (PointCloud, Mesh, Motion) for ending in form.endings),
        *((form, f"x{ending}", b"") for form in (PointCloud, Mesh, Motion) for ending in form.endings),
        (Motion, "x.npy", PICKLED.getvalue()),
        (PointCloud, "x.npy", PICKLED.getvalue()),
        (Mesh, "x.ply", PointCloud(POINTS).content()),
        (Mesh, "x.ply", ply_text("3 0 1 9\n")),
        (Mesh, "x.ply", ply_text("3 0 1\n")),
        (Mesh, "x.ply", ply_text("3 0 1 2\n").replace(b"element face 1", b"element face 99999999999")),
        (Mesh, "x.ply", ply_text("3 0 1 2\n").replace(b"vertex 5", b"vertex -5")),
        (Mesh, "x.ply", Mesh(POINTS, FACES).content()[:-4]),
        (Mesh, "x.obj", b"v 0 0 0\nv 1 0\nf 1 2 1\n"),
        (Mesh, "x.obj", b"v 0 0 0\nf 1 2 3\n"),
        (Mesh, "x.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 0 1 2\n"),
        (Mesh, "x.obj", b"v 0 0 zero\n"),
        (Mesh, "x.off", b"OFF\n3 1 0\n0 0 0\n1 0 0\n"),
        (Mesh, "x.off", b"OFF\n3 999999999999 0\n0 0 0\n"),
        (Mesh, "x.glb", b"glTF" + bytes(30)),
        (Mesh, "x.stl", BALL.export(file_type="stl")[:200]),
        (PointCloud, "x.xyz", b"1 2\n3 4\n"),
        (PointCloud, "x.ply", ply_text("").replace(b"float x", b"float q")),
    ],
)
def test_damaged_files_are_named_and_never_a_crash(form: Any, name: str, content: bytes) -> None:
    with pytest.raises(AnswerFormatError):
        form.decode(content, name)


def glb_with(change: Callable[[dict[str, Any]], bytes | None]) -> bytes:
    """Return the ball as a .glb whose header was changed; what `change` returns stands behind its numbers."""
    content = BALL.export(file_type="glb")
    length = int.from_bytes(content[12:16], "little")
    header = json.loads(content[20 : 20 + length])
    body = content[28 + length :]
    header["_start"] = len(body)
    body += change(header) or b""
    del header["_start"]
    body += bytes(-len(body) % 4)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 4)
    parts = [len(text).to_bytes(4, "little"), b"JSON", text, len(body).to_bytes(4, "little"), b"BIN\0", body]
    whole = b"".join(parts)
    return b"glTF" + (2).to_bytes(4, "little") + (12 + len(whole)).to_bytes(4, "little") + whole


def more_numbers(header: dict[str, Any]) -> None:
    header["accessors"].append({"count": 10**9, "type": "VEC3", "componentType": 5126})


def more_copies(header: dict[str, Any]) -> None:
    mesh = next(node["mesh"] for node in header["nodes"] if "mesh" in node)
    header["nodes"] += [{"mesh": mesh} for _ in range(200_000)]


def endless_count(header: dict[str, Any]) -> None:
    header["accessors"][0]["count"] = float("inf")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (more_numbers, "bytes when decoded, more than the limit"),
        (more_copies, "vertices in all copies of its meshes"),
        (endless_count, "cannot be read as a .glb"),
    ],
)
def test_a_glb_that_states_too_much_is_refused_by_its_header(change: Any, words: str) -> None:
    assert len(Mesh.decode(glb_with(lambda header: None), "ball.glb").faces) == len(BALL.faces)
    with pytest.raises(AnswerFormatError, match=words):
        Mesh.decode(glb_with(change), "ball.glb")


@pytest.mark.parametrize("image", [b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", None])
def test_a_texture_that_another_program_would_draw_is_not_opened(
    image: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image as PilImage

    def textured(header: dict[str, Any]) -> bytes | None:
        view = {"buffer": 0, "byteOffset": header["_start"], "byteLength": len(image or b"")}
        header.setdefault("bufferViews", []).append(view)
        place = len(header["bufferViews"]) - 1
        header["images"] = [{"bufferView": place} if image else {"uri": "/etc/passwd"}]
        header["textures"] = [{"source": 0}]
        header["materials"] = [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}]
        return image

    opened = []
    plain_open = PilImage.open

    def counted(*given: Any, **options: Any) -> Any:
        opened.append(options.get("formats"))
        return plain_open(*given, **options)

    monkeypatch.setattr(PilImage, "open", counted)
    mesh = Mesh.decode(glb_with(textured), "ball.glb")
    assert len(mesh.faces) == len(BALL.faces)
    assert None not in opened


@pytest.mark.parametrize("name", ["x.3mf", "x.zip", "x.dae", "x.gltf", "x.step", "x.svg"])
def test_other_kinds_of_scene_are_not_given_to_a_library(name: str) -> None:
    with pytest.raises(AnswerFormatError, match="no kind of mesh that is read"):
        Mesh.decode(BALL.export(file_type="glb"), name)
