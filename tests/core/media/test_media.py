from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.errors import MediaError
from pytest_generalbench.core.media.media import Media, open_audio, open_frames, open_image, spread

if TYPE_CHECKING:
    from pathlib import Path


@given(count=st.integers(1, 500), limit=st.integers(1, 100))
def test_spread_is_increasing_and_keeps_both_ends(count: int, limit: int) -> None:
    chosen = spread(count, limit)
    assert len(chosen) == min(count, limit)
    assert chosen == sorted(set(chosen))
    assert chosen[0] == 0
    if limit > 1:
        assert chosen[-1] == count - 1


def png(path: Path, size: tuple[int, int] = (8, 6)) -> Path:
    image = pytest.importorskip("PIL.Image")
    image.new("L", size, 128).save(path)
    return path


def test_an_image_is_decoded_to_rgb(tmp_path: Path) -> None:
    image = open_image(png(tmp_path / "a.png"))
    assert (image.mode, image.size) == ("RGB", (8, 6))


def test_a_truncated_image_is_a_media_error_that_names_it(tmp_path: Path) -> None:
    path = png(tmp_path / "cut.png", (64, 64))
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(MediaError, match=r"cut\.png"):
        open_image(path)


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "empty"), (b"<html>", "corrupt"), (None, "No such file")]
)
def test_check_finds_missing_empty_and_foreign_files(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    path = tmp_path / "x.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MediaError, match=words):
        Media("image", (path,)).check()


def test_check_accepts_a_jpeg_that_is_named_png(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"\xff\xd8\xff\xe0 jpeg")
    Media("image", (tmp_path / "x.png",)).check()


def test_frames_come_from_image_files_in_order(tmp_path: Path) -> None:
    paths = tuple(png(tmp_path / f"{number}.png", (4 + number, 4)) for number in range(5))
    frames = open_frames(Media("video", paths), limit=3)
    assert [frame.width for frame in frames] == [4, 6, 8]


def test_frames_come_from_a_video_file(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=8)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for number in range(6):
            frame = av.VideoFrame(32, 32, "rgb24")
            frame.pts = number
            container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode(None))
    assert len(open_frames(Media("video", (path,)), limit=4)) == 4
    path.write_bytes(b"not a video")
    with pytest.raises(MediaError, match=r"clip\.mp4"):
        open_frames(Media("video", (path,)))


def test_audio_is_mono_at_the_asked_rate(tmp_path: Path) -> None:
    soundfile = pytest.importorskip("soundfile")
    np = pytest.importorskip("numpy")
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros((8000, 2), dtype="float32"), 8000)
    assert open_audio(path, 16000).shape == (16000,)
    path.write_bytes(b"RIFFnothing")
    with pytest.raises(MediaError, match=r"a\.wav"):
        open_audio(path, 16000)
