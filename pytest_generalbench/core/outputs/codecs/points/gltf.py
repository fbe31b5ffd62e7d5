"""What a binary glTF states, looked at before a library makes arrays of it."""

from __future__ import annotations

import math
from typing import Any, Final

from pytest_generalbench.core import limits
from pytest_generalbench.core.errors import MediaError
from pytest_generalbench.core.json_files import parse_json
from pytest_generalbench.core.media.images import DAMAGE, open_picture
from pytest_generalbench.core.outputs.base import AnswerFormatError
from pytest_generalbench.core.outputs.codecs.points.tables import MAX_POINTS
from pytest_generalbench.core.plain_types import MISFIT

_PARTS: Final = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
_WIDEST: Final = 4
"""Bytes of the widest number."""


def check_gltf(content: bytes, name: str) -> bool:
    """Return whether every texture of a .glb lies in it and is a picture of a kind that is opened.

    Raises:
        AnswerFormatError: it is no .glb, or states more numbers or copies of its meshes than are taken.
    """
    try:
        header, body = _chunks(content)
        size = sum(_WIDEST * one["count"] * _PARTS[one["type"]] for one in header.get("accessors", ()))
        copies = sum(_vertices(header, node["mesh"]) for node in header.get("nodes", ()) if "mesh" in node)
        counts = [one["count"] for one in header.get("accessors", ())]
        if any(not isinstance(count, int) or count < 0 for count in counts) or not math.isfinite(size):
            raise ValueError("a count that is no whole number")
    except MISFIT as error:
        reason = " ".join(str(error).split())[:120]
        raise AnswerFormatError(
            f"{name}: cannot be read as a .glb ({type(error).__name__} {reason})"
        ) from error
    why = limits.DECODED.excess(size)
    if why is None and copies > MAX_POINTS:
        why = f"{copies} vertices in all copies of its meshes, more than {MAX_POINTS}"
    if why:
        raise AnswerFormatError(f"{name}: {why}")
    return all(_is_picture(image, header, body) for image in header.get("images", ()))


def _chunks(content: bytes) -> tuple[dict[str, Any], bytes]:
    """Return the header and the binary part."""
    length = int.from_bytes(content[12:16], "little")
    if content[:4] != b"glTF" or content[16:20] != b"JSON":
        raise ValueError("it does not start as a .glb does")
    header = parse_json(content[20 : 20 + length].decode())
    start = 20 + length
    return dict(header), content[start + 8 : start + 8 + int.from_bytes(content[start : start + 4], "little")]


def _vertices(header: dict[str, Any], mesh: int) -> int:
    """Return the numbers of vertices and of corners of a mesh, together."""
    accessors = header["accessors"]
    places = (
        place
        for part in header["meshes"][mesh]["primitives"]
        for place in (part["attributes"].get("POSITION"), part.get("indices"))
    )
    return sum(int(accessors[place]["count"]) for place in places if place is not None)


def _is_picture(image: dict[str, Any], header: dict[str, Any], body: bytes) -> bool:
    """Whether an image lies in the file itself, and one of our decoders knows it."""
    try:
        view = header["bufferViews"][image["bufferView"]]
        start = view.get("byteOffset", 0)
        with open_picture(body[start : start + view["byteLength"]], "texture"):
            return bool(view.get("buffer", 0) == 0)
    except (ImportError, MediaError, MemoryError, *DAMAGE, *MISFIT):
        return False
