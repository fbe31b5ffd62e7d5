"""PLY files of points and triangles: written in binary, read in any of the format's three kinds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from pytest_generalbench.core.outputs.base import AnswerFormatError
from pytest_generalbench.core.outputs.codecs.points.tables import MAX_POINTS, PLY_TYPES

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ORDERS: Final = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
_INDICES: Final = ("vertex_indices", "vertex_index")
_MAX_CORNERS: Final = 255
"""Corners of a face: more is no polygon that anybody draws."""


class _Property(NamedTuple):
    name: str
    code: str
    length: str | None
    """The type of the count before a list; None for a plain number."""


@dataclass(slots=True)
class _Element:
    name: str
    count: int
    properties: list[_Property] = field(default_factory=list)


def written(
    points: NDArray[np.float32], colours: NDArray[np.uint8] | None, faces: NDArray[np.int32] | None = None
) -> bytes:
    """Return a binary little-endian PLY of points (n, 3), their colours (n, 3) and triangles (m, 3)."""
    head = [
        "ply",
        "format binary_little_endian 1.0",
        f"element vertex {len(points)}",
        *(f"property float {axis}" for axis in "xyz"),
    ]
    types: list[Any] = [("points", "<f4", 3)]
    if colours is not None:
        head += [f"property uchar {name}" for name in ("red", "green", "blue")]
        types.append(("colours", "u1", 3))
    table = np.zeros(len(points), types)
    table["points"] = points
    if colours is not None:
        table["colours"] = colours
    body = table.tobytes()
    if faces is not None:
        head += [f"element face {len(faces)}", "property list uchar int vertex_indices"]
        rows = np.zeros(len(faces), [("count", "u1"), ("corners", "<i4", 3)])
        rows["count"], rows["corners"] = 3, faces
        body += rows.tobytes()
    return ("\n".join([*head, "end_header"]) + "\n").encode() + body


def read_faces(content: bytes, name: str) -> NDArray[np.int64]:
    """Return the faces of a PLY as triangles (m, 3), polygons cut into fans; (0, 3) when it has none.

    Raises AnswerFormatError for a file that is no PLY or ends too early.
    """
    order, elements, place = _header(content, name)
    words = content[place:].split() if not order else []
    for element in elements:
        is_wanted = element.name == "face" and any(one.name in _INDICES for one in element.properties)
        if order:
            faces, place = _binary(content, place, element, order, name)
        else:
            faces, words = _ascii(words, element, name)
        if is_wanted:
            return faces
    return np.zeros((0, 3), np.int64)


def _header(content: bytes, name: str) -> tuple[str, list[_Element], int]:
    end = content.find(b"end_header")
    if content[:3] != b"ply" or not 0 <= end <= 1 << 20:
        raise AnswerFormatError(f"{name}: no PLY, or one without end of its header")
    layout, elements = "", list[_Element]()
    for line in content[:end].decode("ascii", "replace").splitlines():
        words = line.split()
        try:
            if words[:1] == ["format"]:
                layout = words[1]
            elif words[:1] == ["element"]:
                elements.append(_Element(words[1], int(words[2])))
            elif words[:2] == ["property", "list"]:
                count, code = PLY_TYPES[words[2]], PLY_TYPES[words[3]]
                elements[-1].properties.append(_Property(words[4], code, count))
            elif words[:1] == ["property"]:
                elements[-1].properties.append(_Property(words[2], PLY_TYPES[words[1]], None))
        except (IndexError, ValueError, KeyError) as error:
            raise AnswerFormatError(f"{name}: the PLY header line {line!r:.60} cannot be read") from error
    if layout not in _ORDERS or any(not 0 <= one.count <= MAX_POINTS for one in elements):
        raise AnswerFormatError(f"{name}: a PLY of an unknown format, or of too many elements")
    return _ORDERS[layout], elements, content.find(b"\n", end) + 1


def _binary(
    content: bytes, place: int, element: _Element, order: str, name: str
) -> tuple[NDArray[np.int64], int]:
    """Return an element's triangles and where it ends; quick where every face has as many corners."""
    lists = [one for one in element.properties if one.length]
    corners = _first_counts(content, place, element, order)
    types: list[Any] = []
    for index, one in enumerate(element.properties):
        if one.length:
            types += [(f"n{index}", order + one.length), (f"p{index}", order + one.code, (corners[index],))]
        else:
            types.append((f"p{index}", order + one.code))
    row = np.dtype(types)
    if element.count == 0 or row.itemsize == 0:
        return np.zeros((0, 3), np.int64), place
    if place + row.itemsize * element.count <= len(content):
        table = np.frombuffer(content, row, element.count, place)
        if all((table[f"n{index}"] == count).all() for index, count in corners.items()):
            binary = next((f"p{i}" for i, one in enumerate(element.properties) if one.name in _INDICES), None)
            faces = np.zeros((0, 3), np.int64) if binary is None else _fans(table[binary].astype(np.int64))
            return faces, place + row.itemsize * element.count
    if not lists:
        raise AnswerFormatError(f"{name}: the PLY ends before its {element.count} {element.name} elements")
    return _mixed(content, place, element, order, name)


def _first_counts(content: bytes, place: int, element: _Element, order: str) -> dict[int, int]:
    """Return how long the lists of an element's first row are, by the place of the property."""
    counts: dict[int, int] = {}
    for index, one in enumerate(element.properties):
        if one.length:
            number = np.frombuffer(content[place : place + 8].ljust(8, b"\0"), order + one.length, 1)[0]
            counts[index] = min(max(int(number), 0), _MAX_CORNERS)
            place += np.dtype(one.length).itemsize
        place += counts.get(index, 1) * np.dtype(one.code).itemsize
    return counts


def _mixed(
    content: bytes, place: int, element: _Element, order: str, name: str
) -> tuple[NDArray[np.int64], int]:
    """Read rows of different length one by one."""
    polygons: list[NDArray[np.int64]] = []
    try:
        for _ in range(element.count):
            for one in element.properties:
                count = 1
                if one.length:
                    count = int(np.frombuffer(content, order + one.length, 1, place)[0])
                    place += np.dtype(one.length).itemsize
                if count < 0:
                    raise ValueError("a list of negative length")
                if one.name in _INDICES:
                    polygons.append(np.frombuffer(content, order + one.code, count, place).astype(np.int64))
                place += count * np.dtype(one.code).itemsize
    except ValueError as error:
        raise AnswerFormatError(f"{name}: the PLY ends before its {element.count} faces") from error
    return fans(polygons), place


def _ascii(words: list[bytes], element: _Element, name: str) -> tuple[NDArray[np.int64], list[bytes]]:
    polygons: list[NDArray[np.int64]] = []
    if not any(one.length for one in element.properties):
        return np.zeros((0, 3), np.int64), words[element.count * len(element.properties) :]
    place = 0
    try:
        for _ in range(element.count):
            for one in element.properties:
                count = int(words[place]) if one.length else 1
                place += 1 if one.length else 0
                if one.name in _INDICES:
                    polygons.append(np.array([int(word) for word in words[place : place + count]]))
                    if len(polygons[-1]) != count:
                        raise IndexError
                place += count
    except (IndexError, ValueError, OverflowError) as error:
        raise AnswerFormatError(f"{name}: the PLY's faces cannot be read, or end too early") from error
    return fans(polygons), words[place:]


def fans(polygons: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return triangles (m, 3) of polygons, each cut from its first corner.

    >>> fans([np.array([0, 1, 2, 3]), np.array([4, 5, 6])]).tolist()
    [[0, 1, 2], [0, 2, 3], [4, 5, 6]]
    """
    if not polygons:
        return np.zeros((0, 3), np.int64)
    return np.concatenate([_fans(one.reshape(1, -1)) for one in polygons])


def _fans(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return triangles of polygons with the same number of corners, (polygons, corners)."""
    if rows.shape[1] == 3:
        return rows
    parts = [rows[:, [0, corner, corner + 1]] for corner in range(1, rows.shape[1] - 1)]
    return np.stack(parts, axis=1).reshape(-1, 3) if parts else np.zeros((0, 3), np.int64)
