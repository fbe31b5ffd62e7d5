"""Meshes read from files: PLY, OBJ and OFF with our own readers, GLB and STL with trimesh."""

from __future__ import annotations

import io
import itertools
from array import array
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.core.errors import MissingDependencyError
from pytest_generalbench.core.outputs.base import AnswerFormatError
from pytest_generalbench.core.outputs.codecs.points import ply
from pytest_generalbench.core.outputs.codecs.points.gltf import check_gltf
from pytest_generalbench.core.outputs.codecs.points.tables import MAX_POINTS, read_table

if TYPE_CHECKING:
    from collections.abc import Iterator


class Triangles(NamedTuple):
    """The content of a mesh file, not yet validated."""

    vertices: NDArray[Any]
    faces: NDArray[Any]
    colours: NDArray[Any] | None


_BY_TRIMESH: Final = ("glb", "stl")
"""Other kinds that trimesh knows are archives, or call other programs."""


def read_triangles(content: bytes, name: str) -> Triangles:
    """Read a file of the kind that the ending of `name` says. Raises AnswerFormatError when it is none."""
    ending = name.lower().rpartition(".")[2]
    if ending == "ply":
        return _ply(content, name)
    if ending == "obj":
        return _obj(content, name)
    if ending == "off":
        return _off(content, name)
    if ending not in _BY_TRIMESH:
        raise AnswerFormatError(f"{name}: no kind of mesh that is read; ply, obj, off, glb and stl are")
    return _by_trimesh(content, name, ending)


def _ply(content: bytes, name: str) -> Triangles:
    from pytest_generalbench.core.outputs.forms.point_cloud import points_in

    if content[:3] != b"ply":
        raise AnswerFormatError(f"{name}: does not start as a PLY does")
    points, colours = points_in(read_table(content, name), name)
    return Triangles(points, ply.read_faces(content, name), colours)


def _lines(content: bytes) -> Iterator[str]:
    """Yield the lines of a text. Raises UnicodeDecodeError, a ValueError."""
    return io.TextIOWrapper(io.BytesIO(content), "utf-8-sig")


class _Shape:
    """Vertices and polygons that are read one by one, kept as plain numbers to save memory."""

    def __init__(self) -> None:
        self._places = array("d")
        self._colours = array("d")
        self._triangles: list[NDArray[np.int64]] = []
        self._polygons: list[NDArray[np.int64]] = []
        self._faces = 0
        self.count = 0
        """Vertices so far."""

    def add_vertex(self, numbers: list[float]) -> None:
        """Add x, y, z, perhaps with red, green, blue behind."""
        if len(numbers) < 3:
            raise ValueError("a vertex has fewer than three coordinates")
        self._places.extend(numbers[:3])
        if len(numbers) >= 6:
            self._colours.extend(numbers[3:6])
        self.count += 1
        if self.count > MAX_POINTS:
            raise ValueError(f"more than {MAX_POINTS} vertices")

    def add_polygon(self, corners: list[int]) -> None:
        """Add the vertices of a polygon, from 0."""
        self._polygons.append(np.array(corners, np.int64))
        self._faces += 1
        if self._faces > MAX_POINTS:
            raise ValueError(f"more than {MAX_POINTS} faces")
        if len(self._polygons) == _BLOCK:
            self._cut()

    def _cut(self) -> None:
        self._triangles.append(ply.fans(self._polygons))
        self._polygons = []

    def triangles(self) -> Triangles:
        """Return all, with the colours that every vertex has."""
        self._cut()
        is_coloured = len(self._colours) == len(self._places) > 0
        colours = np.frombuffer(self._colours).reshape(-1, 3) if is_coloured else None
        vertices = np.array(self._places, np.float64).reshape(-1, 3)
        return Triangles(vertices, np.concatenate(self._triangles), _in_range(colours))


_BLOCK: Final = 1 << 14
"""Polygons that are cut into triangles at a time."""


def _obj(content: bytes, name: str) -> Triangles:
    """Read `v` (with colours behind, as many programs write them) and `f` lines; materials are left out."""
    shape = _Shape()
    number = 0
    try:
        for line in _lines(content.replace(b"\\\n", b" ")):
            number += 1
            words = line.split()
            if words[:1] == ["v"]:
                shape.add_vertex([float(word) for word in words[1:8]])
            elif words[:1] == ["f"]:
                places = [int(word.partition("/")[0]) for word in words[1:]]
                if 0 in places:
                    raise ValueError("vertices are counted from 1")
                # Counted from 1; negative ones from the last vertex so far.
                shape.add_polygon([place - 1 if place > 0 else shape.count + place for place in places])
        return shape.triangles()
    except (ValueError, OverflowError) as error:
        raise AnswerFormatError(f"{name}: line {number} of the OBJ cannot be read ({error})") from error


def _in_range(colours: NDArray[Any] | None) -> NDArray[Any] | None:
    """Return colours in 0..1, which some programs write as 0..255; None for what are no colours."""
    if colours is None or not np.isfinite(colours).all() or colours.min() < 0 or colours.max() > 255:
        return None
    return colours if colours.max() <= 1 else np.rint(colours).astype(np.uint8)


def _off(content: bytes, name: str) -> Triangles:
    """Read OFF; ModelNet's files, which lack the line break behind the first word, too."""
    head, mark, rest = content.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"OFF")
    if not mark or head not in (b"", b"C", b"N"):
        raise AnswerFormatError(f"{name}: does not start as an OFF file does")
    rows = (words for line in _lines(rest) if (words := line.partition("#")[0].split()))
    shape = _Shape()
    try:
        count, faces, *_ = map(int, next(rows, []))
        for row in itertools.islice(rows, count):
            shape.add_vertex([float(word) for word in row[: 6 if head == b"C" else 3]])
        read = 0
        for row in itertools.islice(rows, faces):
            read += 1
            corners = [int(word) for word in row[1 : 1 + int(row[0])]]
            if len(corners) != int(row[0]):
                raise ValueError("a face lacks corners")
            shape.add_polygon(corners)
        if (shape.count, read) != (count, faces):
            raise ValueError("it ends before its vertices and faces")
        return shape.triangles()
    except (ValueError, IndexError, OverflowError) as error:
        raise AnswerFormatError(f"{name}: the OFF cannot be read ({error})") from error


def _by_trimesh(content: bytes, name: str, ending: str) -> Triangles:
    try:
        import trimesh
    except ImportError as error:
        raise MissingDependencyError("trimesh", "threed", f"reading .{ending} meshes") from error
    try:
        # Files that a scene names beside itself are not opened: there is no resolver.
        plain: dict[str, Any] = (
            {"skip_materials": True} if ending == "glb" and not check_gltf(content, name) else {}
        )
        mesh: Any = trimesh.load(io.BytesIO(content), file_type=ending, force="mesh", process=False, **plain)
        vertices, faces = np.asarray(mesh.vertices), np.asarray(mesh.faces)
    except AnswerFormatError:
        raise
    except Exception as error:  # its parsers raise whatever a damaged file makes them
        reason = " ".join(str(error).split())[:200]
        raise AnswerFormatError(
            f"{name}: cannot be read as a mesh ({type(error).__name__} {reason})"
        ) from error
    return Triangles(vertices.reshape(-1, 3), faces.reshape(-1, 3), _trimesh_colours(mesh))


def _trimesh_colours(mesh: Any) -> NDArray[Any] | None:
    """Return colours of the vertices, taken out of a texture where there is one and Pillow is installed."""
    try:
        visual = mesh.visual.to_color() if mesh.visual.kind == "texture" else mesh.visual
        colours = np.asarray(visual.vertex_colors) if visual.kind else None
    except Exception:  # noqa: BLE001 - without its colours the shape is still the shape
        return None
    fits = colours is not None and colours.shape[:1] == (len(mesh.vertices),) and colours.ndim == 2
    return colours[:, :3].astype(np.uint8) if fits and colours is not None else None
