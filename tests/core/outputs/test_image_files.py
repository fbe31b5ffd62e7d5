"""Pictures as numbers: every mode, 16-bit colour with every filter, polygons, flow files, and bad bytes."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from pytest_generalbench.core.outputs.base import AnswerFormatError
from pytest_generalbench.core.outputs.codecs.images.files import (
    foreground,
    one_channel,
    packed_colours,
    picture_mode,
    picture_size,
    read_picture,
)
from pytest_generalbench.core.outputs.codecs.images.flow import flo_size, kitti_flow, read_flo, write_flo
from pytest_generalbench.core.outputs.codecs.images.polygons import corners, fill
from pytest_generalbench.suite.demo.media.files import map_png


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def predicted(kind: int, left: int, above: int, corner: int) -> int:
    """Return what a PNG filter expects a byte to be."""
    if kind == 4:
        guess = left + above - corner
        return min((left, above, corner), key=lambda one: abs(guess - one))
    return {0: 0, 1: left, 2: above, 3: (left + above) // 2}[kind]


def filtered_png(values: Any, filters: list[int]) -> bytes:
    """Return a 16-bit colour PNG whose rows use the given filters, compressed as usual."""
    height, width, _ = values.shape
    rows = values.astype(">u2").tobytes()
    size, raw, above = width * 6, b"", bytes(width * 6)
    for place in range(height):
        row = rows[place * size : (place + 1) * size]
        kind = filters[place % len(filters)]
        neighbours = zip(row, bytes(6) + row[:-6], above, bytes(6) + above[:-6], strict=True)
        raw += bytes([kind]) + bytes((one - predicted(kind, *others)) % 256 for one, *others in neighbours)
        above = row
    head = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@given(
    values=arrays(np.uint16, st.tuples(st.integers(1, 6), st.integers(1, 7), st.just(3))),
    filters=st.lists(st.integers(0, 4), min_size=1, max_size=5),
)
@settings(max_examples=60, deadline=None)
def test_colour_of_16_bits_is_read_to_the_last_bit(values: Any, filters: list[int]) -> None:
    assert np.array_equal(read_picture(filtered_png(values, filters), "x.png"), values)
    assert np.array_equal(read_picture(map_png(values), "x.png"), values)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(3, 5), (3, 5, 3)])
def test_the_demo_writer_and_the_reader_agree(dtype: Any, shape: tuple[int, ...]) -> None:
    values = np.arange(np.prod(shape)).reshape(shape).astype(dtype) * dtype(5)
    content = map_png(values)
    assert np.array_equal(read_picture(content, "x.png"), values)
    assert picture_size(content, "x.png") == (3, 5)


def saved(image: Image.Image, ending: str = "PNG", **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, ending, **options)
    return target.getvalue()


def test_palettes_give_indices_and_bits_0_and_1() -> None:
    ids = np.array([[0, 3], [7, 255]], np.uint8)
    image = Image.fromarray(ids).convert("P")
    image.putpalette(bytes(range(256)) * 3)
    content = saved(image)
    assert picture_mode(content, "x.png") == "P"
    assert np.array_equal(read_picture(content, "x.png"), ids)
    assert np.array_equal(read_picture(saved(Image.fromarray(ids > 3)), "x.png"), (ids > 3).astype(np.uint8))
    alpha = np.dstack([ids, ids, ids, ids[::-1]])
    assert np.array_equal(one_channel(read_picture(saved(Image.fromarray(alpha)), "x.png"), "x"), ids[::-1])


def test_one_value_per_pixel_is_not_in_a_colour_picture() -> None:
    grey = np.dstack([np.eye(2, dtype=np.uint8)] * 3)
    assert np.array_equal(one_channel(grey, "x"), np.eye(2))
    with pytest.raises(AnswerFormatError, match="in colours"):
        one_channel(grey * np.array([1, 2, 1], np.uint8), "x")
    assert packed_colours(np.array([[[1, 2, 3]]], np.uint8)).tolist() == [[0x010203]]
    assert packed_colours(np.array([[4]], np.uint8)).tolist() == [[0x040404]]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([[0, 255]], [[0, 1]]),
        ([[0, 1]], [[0, 1]]),
        ([[0, 3]], [[0, 1]]),
        ([[0, 7, 120, 130, 250, 255]], [[0, 0, 0, 1, 1, 1]]),
        ([[0, 65535, 9]], [[0, 1, 0]]),
        ([[[0, 0, 0], [0, 200, 9]]], [[0, 1]]),
        ([[0, 0]], [[0, 0]]),
    ],
)
def test_what_is_foreground(values: Any, expected: Any) -> None:
    assert foreground(np.array(values), "x").astype(int).tolist() == expected


@pytest.mark.parametrize(
    "content", [b"", b"text", b"\x89PNG\r\n\x1a\n", map_png(np.eye(3, dtype=np.uint8))[:48]]
)
def test_what_is_no_picture_is_one_error(content: bytes) -> None:
    with pytest.raises(AnswerFormatError, match="cannot be read as a picture"):
        read_picture(content, "x.png")


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
    content = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )
    with pytest.raises(AnswerFormatError):
        picture_size(content, "x.png")


@given(arrays(np.float32, (3, 4, 2), elements=st.floats(width=32)))
def test_flow_files_read_back(flow: Any) -> None:
    content = write_flo(flow)
    assert content[:4] == b"PIEH"
    assert flo_size(content[:12], "x.flo") == (3, 4)
    assert np.array_equal(read_flo(content, "x.flo"), flow, equal_nan=True)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"PIEH", struct.pack("<fii", 1.0, 2, 2) + bytes(32),
        struct.pack("<fii", 202021.25, 2, 2) + bytes(31),
        struct.pack("<fii", 202021.25, -2, -2) + bytes(32), struct.pack("<fii", 202021.25, 99999, 99999),
    ],
)  # fmt: skip
def test_what_is_no_flow_file_is_one_error(content: bytes) -> None:
    with pytest.raises(AnswerFormatError):
        read_flo(content, "x.flo")


def test_kitti_flow_is_64ths_from_the_middle() -> None:
    raw = np.array([[[32768, 32768, 1], [32832, 32704, 0]]], np.uint16)
    assert kitti_flow(raw, "x").tolist() == [[[0, 0], [1, -1]]]
    with pytest.raises(AnswerFormatError, match="16-bit colour"):
        kitti_flow(raw.astype(np.uint8), "x")


def test_polygons_fill_pixels_whose_centre_they_hold() -> None:
    mask = fill([[(1, 1), (4, 1), (4, 3), (1, 3)]], (4, 6))
    expected = np.zeros((4, 6), bool)
    expected[1:3, 1:4] = True
    assert np.array_equal(mask, expected)
    assert np.array_equal(fill([[(-5, -5), (99, -5), (99, 99), (-5, 99)]], (3, 3)), np.ones((3, 3)))
    assert not fill([[(0, 0), (3, 0), (3, 0)]], (3, 3)).any()


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=3, max_size=7))
@settings(deadline=None, max_examples=25)
def test_polygons_differ_from_coco_along_the_edges_only(points: list[tuple[int, int]]) -> None:
    coco = pytest.importorskip("pycocotools.mask")
    flat = [float(value) for point in points for value in point]
    ours = fill(corners([flat]) or [], (40, 40))
    theirs = coco.decode(coco.frPyObjects([flat], 40, 40))[:, :, 0].astype(bool)
    around = np.zeros_like(ours)
    for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True):
        for along in np.linspace(0, 1, 200):
            y, x = y0 + along * (y1 - y0), x0 + along * (x1 - x0)
            around[max(int(y) - 2, 0) : int(y) + 2, max(int(x) - 2, 0) : int(x) + 2] = True
    assert not ((ours ^ theirs) & ~around).any()


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ([0, 0, 1, 0, 1, 1], 1),
        ([[0, 0, 1, 0, 1, 1], [0, 0, 2, 0, 2, 2, 0, 2]], 2),
        ([[0, 0], [1, 0], [1, 1]], 1),
        ([[[0, 0], [1, 0], [1, 1]]], 1),
        ([0, 0, 1, 0], None),
        ([0, 0, 1, 0, 1], None),
        ([], None),
        ("text", None),
        ([[float("nan")] * 6], None),
        ([{"x": 1}], None),
    ],
)
def test_forms_of_polygons(value: Any, count: int | None) -> None:
    result = corners(value)
    assert (None if result is None else len(result)) == count
