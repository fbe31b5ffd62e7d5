"""Columns of point files read with numpy alone; nothing is unpickled.

Known are PLY (ASCII and binary), .npz, .npy, SemanticKITTI's .label (unsigned 32-bit words), and text of
one row per point (.txt, .seg, .pts, .xyz, .csv, .normals, .labels), blanks or commas between the numbers.
"""

from __future__ import annotations

import io
import itertools
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.core.outputs.base import AnswerFormatError, read_array, read_arrays

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Array = NDArray[Any]

MAX_POINTS: Final = 50_000_000
"""A file that claims more rows is refused before memory is asked for."""

PLY_TYPES: Final[dict[str, str]] = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2", "ushort": "u2",
    "uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4", "float": "f4",
    "float32": "f4", "double": "f8", "float64": "f8",
}  # fmt: skip
"""numpy's name for every number type of a PLY header."""


@dataclass(frozen=True, slots=True)
class PointTable:
    """The columns of a point file."""

    kind: str
    """`ply`, `npz`, `npy`, `label` or `text`."""
    columns: Mapping[str, Array] = field(default_factory=dict)
    """Arrays by lower-case name, where the file names them."""
    rows: Array | None = None
    """All numbers of a file without names, (N, k)."""

    def first(self, names: Iterable[str]) -> Array | None:
        """Return the first of the named columns that is there."""
        return next((self.columns[name] for name in names if name in self.columns), None)

    def contents(self) -> str:
        """Return the names of the columns, for messages."""
        if self.rows is not None:
            return f"{self.rows.shape[1]} columns without names"
        return f"the columns {', '.join(self.columns) or 'none'}"


def read_table(content: bytes, name: str) -> PointTable:
    """Read a file's content by its first bytes and the ending of `name`.

    Raises AnswerFormatError when it is none of the known kinds, or is cut short.
    """
    ending = PurePosixPath(name.lower().replace("\\", "/")).suffix
    if content[:4] in (b"ply\n", b"ply\r"):
        return _ply(content, name)
    if content[:2] == b"PK":
        arrays = {key.lower(): value for key, value in read_arrays(content).items()}
        return PointTable("npz", arrays)
    if content[:6] == b"\x93NUMPY":
        return PointTable("npy", rows=_as_rows(read_array(content, name), name))
    if ending == ".label":
        return _label(content, name)
    return _text(content, name)


def _as_rows(array: Array, name: str) -> Array:
    if array.ndim not in (1, 2) or array.dtype.kind not in "iufb":
        raise AnswerFormatError(f"{name}: {array.dtype} of shape {array.shape}, not numbers in rows")
    return array.reshape(len(array), -1)


def _label(content: bytes, name: str) -> PointTable:
    if len(content) % 4:
        raise AnswerFormatError(f"{name}: {len(content)} bytes, not whole 32-bit words")
    words = np.frombuffer(content, dtype="<u4")
    low, high = (words & 0xFFFF).astype(np.int64), (words >> 16).astype(np.int64)
    return PointTable("label", {"label": low, "instance": high})


def _text(content: bytes, name: str) -> PointTable:
    try:
        lines = _lines(content)
        first = next(lines, None)
        if first is None:
            raise AnswerFormatError(f"{name}: no row in it")
        names = first.lower().split()
        headed = all(word[0].isalpha() and word not in ("nan", "inf") for word in names)
        rows = _numbers(lines if headed else itertools.chain([first], lines), len(names), name)
    except UnicodeDecodeError as error:
        raise AnswerFormatError(f"{name}: neither a known binary file nor text") from error
    if headed:
        return PointTable("text", {word: rows[:, place] for place, word in enumerate(names)})
    return PointTable("text", rows=rows)


def _lines(content: bytes) -> Iterator[str]:
    """Yield the lines that are no remarks, blanks between their numbers. Raises UnicodeDecodeError."""
    for line in io.TextIOWrapper(io.BytesIO(content), "utf-8-sig"):
        text = line.replace(",", " ").replace(";", " ").strip()
        if text and not text.startswith(("#", "//")):
            yield text


_BLOCK: Final = 1 << 16
"""Rows of a text that are turned into numbers at a time: as words they take many times the memory."""


def _numbers(lines: Iterable[str], width: int, name: str) -> Array:
    blocks: list[Array] = []
    count = 0
    rows = iter(lines)
    while block := list(itertools.islice(rows, _BLOCK)):
        count += len(block)
        if count > MAX_POINTS:
            raise AnswerFormatError(f"{name}: more than {MAX_POINTS} rows")
        words = " ".join(block).split()
        if len(words) != width * len(block):
            raise AnswerFormatError(f"{name}: rows of different length; the first has {width} numbers")
        try:
            blocks.append(np.array(words, dtype=np.float64).reshape(len(block), width))
        except ValueError as error:
            raise AnswerFormatError(f"{name}: not numbers in rows ({error})") from error
    return np.concatenate(blocks) if blocks else np.zeros((0, width))


@dataclass(frozen=True, slots=True)
class _Element:
    name: str
    count: int
    types: list[tuple[str, str]]
    listed: bool
    """Whether a property is a list, so that rows differ in length."""


def _ply_header(content: bytes, name: str) -> tuple[str, list[_Element], int]:
    end = content.find(b"end_header")
    if end < 0 or end > 1 << 20:
        raise AnswerFormatError(f"{name}: a PLY without end of its header")
    start = content.find(b"\n", end) + 1
    layout, elements = "", list[_Element]()
    for line in content[:end].decode("ascii", "replace").splitlines():
        words = line.split()
        try:
            if words[:1] == ["format"]:
                layout = words[1]
            elif words[:1] == ["element"]:
                elements.append(_Element(words[1], int(words[2]), [], listed=False))
            elif words[:1] == ["property"]:
                last = elements[-1]
                if words[1] == "list":
                    elements[-1] = _Element(last.name, last.count, last.types, listed=True)
                else:
                    last.types.append((words[2].lower(), PLY_TYPES[words[1]]))
        except (IndexError, ValueError, KeyError) as error:
            raise AnswerFormatError(f"{name}: the PLY header line {line!r:.60} cannot be read") from error
    if any(not 0 <= element.count <= MAX_POINTS for element in elements):
        raise AnswerFormatError(f"{name}: a PLY of more than {MAX_POINTS} points")
    return layout, elements, start


def _ply(content: bytes, name: str) -> PointTable:
    layout, elements, place = _ply_header(content, name)
    order = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}.get(layout)
    if order is None:
        raise AnswerFormatError(f"{name}: a PLY of format {layout!r}")
    text = io.TextIOWrapper(io.BytesIO(content[place:]), "ascii", "replace")
    lines = (line for line in text if line.strip())
    for element in elements:
        # What follows the vertices is of no interest; what stands before them must be skipped.
        if element.listed:
            raise AnswerFormatError(f"{name}: the PLY element {element.name!r} is a list before the points")
        if layout == "ascii":
            rows = itertools.islice(lines, element.count)
            if element.name == "vertex":
                return PointTable("ply", _ascii_columns(rows, element, name))
            for _ in rows:
                pass
            continue
        types = np.dtype([(key, order + code) for key, code in _distinct(element.types, name)])
        if place + types.itemsize * element.count > len(content):
            raise AnswerFormatError(f"{name}: the PLY ends before its {element.count} points")
        if element.name == "vertex":
            table = np.frombuffer(content, dtype=types, count=element.count, offset=place)
            return PointTable("ply", {key: table[key] for key in types.names or ()})
        place += types.itemsize * element.count
    raise AnswerFormatError(f"{name}: a PLY without vertices")


def _distinct(types: list[tuple[str, str]], name: str) -> list[tuple[str, str]]:
    if len({key for key, _ in types}) != len(types):
        raise AnswerFormatError(f"{name}: a PLY property is there twice")
    return types


def _ascii_columns(rows: Iterable[str], element: _Element, name: str) -> dict[str, Array]:
    names = [key for key, _ in _distinct(element.types, name)]
    table = _numbers(rows, len(names), name)
    if len(table) < element.count:
        raise AnswerFormatError(f"{name}: the PLY ends before its {element.count} points")
    return {key: table[:, place] for place, key in enumerate(names)}
