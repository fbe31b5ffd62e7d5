"""Meshes read from files: PLY, OBJ and OFF with our own readers, GLB and STL with trimesh."""

from __future__ import annotations

import io
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.core.errors import MissingDependencyError
from pytest_generalbench.core.outputs.base import AnswerFormatError
from pytest_generalbench.core.outputs.codecs.points import ply
from pytest_generalbench.core.outputs.codecs.points.tables import MAX_POINTS, read_table


class Triangles(NamedTuple):
    """The content of a mesh file, not yet validated."""

    vertices: NDArray[Any]
    faces: NDArray[Any]
    colours: NDArray[Any] | None


def read_triangles(content: bytes, name: str) -> Triangles:
    """Read a file of the kind that the ending of `name` says. Raises AnswerFormatError when it is none."""
    ending = name.lower().rpartition(".")[2]
    if ending == "ply":
        return _ply(content, name)
    if ending == "obj":
        return _obj(content, name)
    if ending == "off":
        return _off(content, name)
    return _by_trimesh(content, name, ending)


def _ply(content: bytes, name: str) -> Triangles:
    from pytest_generalbench.core.outputs.forms.point_cloud import points_in

    if content[:3] != b"ply":
        raise AnswerFormatError(f"{name}: does not start as a PLY does")
    points, colours = points_in(read_table(content, name), name)
    return Triangles(points, ply.read_faces(content, name), colours)


def _text(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AnswerFormatError(f"{name}: not the text that such a file is") from error


def _obj(content: bytes, name: str) -> Triangles:
    """Read `v` (with colours behind, as many programs write them) and `f` lines; materials are left out."""
    rows: list[list[float]] = []
    polygons: list[NDArray[np.int64]] = []
    number = 0
    try:
        for line in _text(content, name).replace("\\\n", " ").splitlines():
            number += 1
            words = line.split()
            if words[:1] == ["v"]:
                rows.append([float(word) for word in words[1:8]])
            elif words[:1] == ["f"]:
                places = [int(word.partition("/")[0]) for word in words[1:]]
                # Counted from 1; negative ones from the last vertex so far.
                polygons.append(np.array([p - 1 if p > 0 else len(rows) + p for p in places]))
                if 0 in places:
                    raise ValueError("vertices are counted from 1")
    except (ValueError, OverflowError) as error:
        raise AnswerFormatError(f"{name}: line {number} of the OBJ cannot be read ({error})") from error
    if any(len(row) < 3 for row in rows):
        raise AnswerFormatError(f"{name}: a vertex of the OBJ has fewer than three coordinates")
    vertices = np.array([row[:3] for row in rows], np.float64).reshape(-1, 3)
    coloured = bool(rows) and all(len(row) >= 6 for row in rows)
    colours = np.array([row[3:6] for row in rows]) if coloured else None
    return Triangles(vertices, ply.fans(polygons), _in_range(colours))


def _in_range(colours: NDArray[Any] | None) -> NDArray[Any] | None:
    """Return colours in 0..1, which some programs write as 0..255; None for what are no colours."""
    if colours is None or not np.isfinite(colours).all() or colours.min() < 0 or colours.max() > 255:
        return None
    return colours if colours.max() <= 1 else np.rint(colours).astype(np.uint8)


def _off(content: bytes, name: str) -> Triangles:
    """Read OFF; ModelNet's files, which lack the line break behind the first word, too."""
    text = _text(content, name)
    if not text.lstrip().startswith(("OFF", "COFF", "NOFF")):
        raise AnswerFormatError(f"{name}: does not start as an OFF file does")
    head, _, rest = text.lstrip().partition("OFF")
    lines = [words for line in rest.splitlines() if (words := line.partition("#")[0].split())]
    try:
        count, faces = int(lines[0][0]), int(lines[0][1])
        if not (0 <= count <= MAX_POINTS and 0 <= faces <= MAX_POINTS) or len(lines) < 1 + count + faces:
            raise ValueError("it ends before its vertices and faces")
        vertices = np.array([row[:3] for row in lines[1 : 1 + count]], np.float64).reshape(-1, 3)
        polygons = []
        for row in lines[1 + count : 1 + count + faces]:
            polygons.append(np.array([int(word) for word in row[1 : 1 + int(row[0])]]))
            if len(polygons[-1]) != int(row[0]):
                raise ValueError("a face lacks corners")
        colours = None
        if head == "C" and count:
            colours = _in_range(np.array([row[3:6] for row in lines[1 : 1 + count]], np.float64))
    except (ValueError, IndexError, OverflowError) as error:
        raise AnswerFormatError(f"{name}: the OFF cannot be read ({error})") from error
    return Triangles(vertices, ply.fans(polygons), colours)


def _by_trimesh(content: bytes, name: str, ending: str) -> Triangles:
    try:
        import trimesh
    except ImportError as error:
        raise MissingDependencyError("trimesh", "threed", f"reading .{ending} meshes") from error
    try:
        # Files that a scene names beside itself are not opened: there is no resolver.
        mesh: Any = trimesh.load(io.BytesIO(content), file_type=ending, force="mesh", process=False)
        vertices, faces = np.asarray(mesh.vertices), np.asarray(mesh.faces)
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
