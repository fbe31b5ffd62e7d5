"""Sizes out of headers, without a decoder."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.media.media import Media, Size, image_size, media_size

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("ending", "options"),
    [("png", {}), ("bmp", {}), ("gif", {}), ("jpeg", {}), ("jpeg", {"progressive": True})],
)
@pytest.mark.parametrize("size", [(1, 1), (7, 300), (641, 479)])
def test_the_header_says_what_pillow_says(
    tmp_path: Path, ending: str, options: dict[str, bool], size: tuple[int, int]
) -> None:
    images = pytest.importorskip("PIL.Image")
    path = tmp_path / f"picture.{ending}"
    images.new("RGB", size, (200, 30, 40)).save(path, **options)
    assert image_size(path) == size
    assert media_size(Media("image", (path,))) == size


def test_metadata_before_a_jpegs_size_are_skipped(tmp_path: Path) -> None:
    images = pytest.importorskip("PIL.Image")
    path = tmp_path / "picture.jpg"
    images.new("RGB", (31, 17)).save(path, exif=b"Exif\0\0" + b"x" * 9000, comment=b"y" * 60_000)
    assert image_size(path) == (31, 17)


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG", b"\xff\xd8", b"\xff\xd8\xff\xe0\0", b"\xff\xd8text here and more", b"x" * 40]
)
def test_what_states_no_size_has_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes(content)
    assert image_size(path) is None
    assert image_size(tmp_path / "nothing.png") is None


def _atom(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def _track(width: int, height: int) -> bytes:
    return _atom(b"trak", _atom(b"tkhd", b"\0" * 76 + struct.pack(">II", width << 16, height << 16)))


def test_an_mp4_states_the_size_of_its_picture_track(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    moov = _atom(b"moov", _atom(b"mvhd", b"\0" * 100) + _track(0, 0) + _track(640, 360))
    path.write_bytes(_atom(b"ftyp", b"isom\0\0\0\0") + _atom(b"mdat", b"\0" * 500) + moov)
    assert media_size(Media("video", (path,))) == Size(640, 360)
    assert media_size(Media("image", (path,))) is None
    path.write_bytes(_atom(b"ftyp", b"isom\0\0\0\0") + b"\0\0\0\x30moov\0\0")
    assert media_size(Media("video", (path,))) is None


def test_a_written_mp4_and_avi_state_their_size(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    for name, codec in (("video.mp4", "mpeg4"), ("video.avi", "mpeg4")):
        path = tmp_path / name
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=5)
            stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
            for _ in range(3):
                container.mux(stream.encode(av.VideoFrame(96, 64, "yuv420p")))
            container.mux(stream.encode())
        assert media_size(Media("video", (path,))) == (96, 64)
