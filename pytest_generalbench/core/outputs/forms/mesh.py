"""Structured output for meshes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.core.outputs.base import AnswerFormatError, array_from
from pytest_generalbench.core.outputs.codecs.points import ply
from pytest_generalbench.core.outputs.codecs.points.meshes import read_triangles
from pytest_generalbench.core.outputs.forms.point_cloud import check_bytes, checked_colours, checked_points
from pytest_generalbench.core.outputs.media_output import MediaOutput
from pytest_generalbench.core.outputs.rendering import PREVIEW, render_mesh

MAX_FACES: Final = 20_000_000
"""Triangles of a mesh; a larger one is refused."""


@dataclass(frozen=True, slots=True, eq=False)
class Mesh(MediaOutput):
    """Vertices, triangles and, optionally, colours of the vertices.

    It is kept as a binary PLY. In a prediction file: the name of a .ply, .obj, .off, .glb or .stl;
    polygons are cut into triangles.
    """

    form: ClassVar[str] = "mesh"
    medium: ClassVar[str] = "mesh"
    endings: ClassVar[tuple[str, ...]] = (".ply", ".obj", ".off", ".glb", ".stl")
    vertices: NDArray[Any]
    """(n, 3): x, y, z; any numbers are taken, and kept as float32."""
    faces: NDArray[Any]
    """(m, 3): the places of a triangle's corners among the vertices, counted from 0; kept as int32."""
    colours: NDArray[np.uint8] | None = None
    """(n, 3), RGB, 0..255; floats in 0..1 are taken and rounded."""

    def __post_init__(self) -> None:
        """Check shapes, numbers and sizes; a mesh without surface is no answer."""
        object.__setattr__(self, "vertices", checked_points(self.form, self.vertices))
        object.__setattr__(self, "faces", _checked_faces(self.faces, len(self.vertices)))
        object.__setattr__(self, "colours", checked_colours(self.form, self.colours, len(self.vertices)))
        if not float(triangle_areas(self).sum()) > 0:
            raise AnswerFormatError("mesh has a surface of size 0")

    def content(self) -> bytes:
        """Return a binary PLY."""
        return ply.written(self.vertices, self.colours, self.faces)

    @classmethod
    def decode(cls, content: bytes, name: str) -> Self:
        """Read a mesh file; GLB and STL need trimesh."""
        check_bytes(cls.form, content, name)
        return cls(*read_triangles(content, name))

    def preview(self) -> NDArray[np.uint8]:
        """Return the mesh seen from its first side."""
        return render_mesh(self.vertices, self.faces, self.colours, PREVIEW)

    def summary(self) -> dict[str, Any]:
        """Return how many vertices and faces, and whether in colours."""
        entry = {"vertices": len(self.vertices), "faces": len(self.faces)}
        return {**entry, "coloured": self.colours is not None}


def triangle_areas(mesh: Mesh) -> NDArray[np.float64]:
    """Return the area of every face, (m,)."""
    corners = mesh.vertices.astype(np.float64)[mesh.faces]
    crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    areas: NDArray[np.float64] = np.linalg.norm(crossed, axis=1) / 2
    return areas


def _checked_faces(faces: Any, count: int) -> NDArray[np.int32]:
    array = array_from(faces, "mesh")
    if not array.size:
        raise AnswerFormatError("mesh has no faces")
    if array.ndim != 2 or array.shape[1] != 3 or array.dtype.kind not in "iu":
        raise AnswerFormatError(f"mesh has faces (m, 3) of whole numbers, not {array.dtype} {array.shape}")
    if len(array) > MAX_FACES:
        raise AnswerFormatError(f"mesh has {len(array)} faces, more than {MAX_FACES}")
    low, high = int(array.min()), int(array.max())
    if low < 0 or high >= count:
        wrong = low if low < 0 else high
        raise AnswerFormatError(f"mesh has a face with vertex {wrong}, but {count} vertices")
    return np.ascontiguousarray(array, np.int32)
