"""Media as they are: names that say something else, deep and transparent pictures, marks of orientation."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pytest_generalbench.core.errors import MediaError
from pytest_generalbench.core.media.media import (
    Media,
    image_size,
    media_size,
    open_audio,
    open_frames,
    open_image,
    sample_video,
)
from pytest_generalbench.core.media.sounds import read_samples
from pytest_generalbench.core.outputs import Audio, Video
from pytest_generalbench.models.openai.messages import image_part, sound_of

av = pytest.importorskip("av")
PilImage = pytest.importorskip("PIL.Image")
soundfile = pytest.importorskip("soundfile")

TONE = (0.4 * np.sin(np.arange(44100) * 0.06)).astype(np.float32)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF", "JPEG2000", "TIFF", "BMP", "GIF", "PPM"])
@pytest.mark.parametrize("name", ["x.jpg", "x.png", "x.webp", "x.tif"])
def test_what_decodes_is_not_corrupt_whatever_its_name_says(tmp_path: Path, kind: str, name: str) -> None:
    path = tmp_path / name
    PilImage.new("RGB", (20, 10), (9, 99, 9)).save(path, kind)
    Media("image", (path,)).check()
    image = open_image(path)
    assert image.size == (20, 10)
    assert image_size(path) == (20, 10)
    assert np.abs(np.asarray(image).astype(int) - (9, 99, 9)).max() <= 12


@pytest.mark.parametrize("name", ["x.eps", "x.jpg", "x.pdf"])
def test_only_decoders_of_pictures_are_used(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    PilImage.new("RGB", (20, 10)).save(path, "EPS")
    with pytest.raises(MediaError, match=f"{name}: cannot decode"):
        open_image(path)


def test_a_playlist_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    path.write_text("ffconcat version 1.0\nfile other.mp4\n", encoding="utf-8")
    with pytest.raises(MediaError, match="cannot decode the video"):
        open_frames(Media("video", (path,)))


@pytest.mark.parametrize("name", ["g.png", "g.tif"])
def test_sixteen_bits_of_grey_stay_a_ramp(tmp_path: Path, name: str) -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(1, 256).repeat(4, 0)
    PilImage.fromarray(ramp).save(tmp_path / name)
    row = np.asarray(open_image(tmp_path / name))[0, :, 0]
    assert row.tolist() == list(range(256))


@pytest.mark.parametrize(("scale", "offset"), [(1.0, 0.0), (300.0, -100.0)])
def test_floats_are_spread_over_the_greys(tmp_path: Path, scale: float, offset: float) -> None:
    ramp = (np.linspace(0, 1, 256, dtype=np.float32) * scale + offset).reshape(1, 256)
    PilImage.fromarray(ramp.astype(np.float32)).save(tmp_path / "f.tif")
    assert np.asarray(open_image(tmp_path / "f.tif"))[0, :, 0].tolist() == list(range(256))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_lies_on_white(tmp_path: Path, mode: str) -> None:
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[2:4, 2:4] = (0, 0, 0, 255)
    image = PilImage.fromarray(pixels)
    if mode == "P":
        image = PilImage.fromarray((pixels[:, :, 3] // 255).astype(np.uint8), "P")
        image.putpalette([0, 0, 0, 0, 0, 0])
        image.info["transparency"] = 0
    (image.convert(mode) if mode == "LA" else image).save(tmp_path / "a.png")
    seen = np.asarray(open_image(tmp_path / "a.png"))
    assert (seen[2, 2] == 0).all()
    assert (seen[0, 0] == 255).all()


def turned(folder: Path, orientation: int) -> Path:
    exif = PilImage.Exif()
    exif[0x0112] = orientation
    path = folder / "turned.jpg"
    PilImage.new("RGB", (40, 20), (200, 0, 0)).save(path, exif=exif)
    return path


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_orientation_mark_is_applied_and_counts_in_the_size(tmp_path: Path, orientation: int) -> None:
    path = turned(tmp_path, orientation)
    size = (20, 40) if orientation >= 5 else (40, 20)
    assert open_image(path).size == size
    assert image_size(path) == size
    # A server might not apply the mark: the picture is sent upright.
    part = image_part(path)["image_url"]["url"]
    assert part.startswith("data:image/jpeg" if orientation == 1 else "data:image/png")


def clip(path: Path, form: str | None = None) -> Path:
    with av.open(str(path), "w", format=form) as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        pixels = np.zeros((48, 64, 3), np.uint8)
        pixels[:24, :32] = 255
        for _ in range(5):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        container.mux(stream.encode())
    return path


def test_a_raw_stream_that_cannot_be_rewound_has_its_frames(tmp_path: Path) -> None:
    path = clip(tmp_path / "v.h264", "h264")
    assert len(open_frames(Media("video", (path,)))) == 5
    assert len(open_frames(Media("video", (path,)), 2)) == 2


@pytest.mark.parametrize(
    ("matrix", "size", "bright"),
    [
        ((0, 1, -1, 0), (48, 64), (0, 1)),  # a quarter clockwise: the left upper corner goes to the right
        ((0, -1, 1, 0), (48, 64), (1, 0)),
        ((-1, 0, 0, -1), (64, 48), (1, 1)),
        ((1, 0, 0, 1), (64, 48), (0, 0)),
    ],
)
def test_a_videos_rotation_is_applied_as_players_do(
    tmp_path: Path, matrix: tuple[int, int, int, int], size: tuple[int, int], bright: tuple[int, int]
) -> None:
    content = bytearray(clip(tmp_path / "v.mp4").read_bytes())
    place = content.find(b"tkhd") + 44
    a, b, c, d = (value * 0x10000 for value in matrix)
    content[place : place + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 0x40000000)
    path = tmp_path / "turned.mp4"
    path.write_bytes(content)
    frame = open_frames(Media("video", (path,)))[0]
    assert frame.size == size
    assert media_size(Media("video", (path,))) == size
    grey = np.asarray(frame.convert("L")).astype(float)
    halves = grey.reshape(2, size[1] // 2, 2, size[0] // 2).mean(axis=(1, 3))
    assert np.unravel_index(halves.argmax(), (2, 2)) == bright
    assert Video.decode(path.read_bytes(), path.name).frames.shape[1:3] == (size[1], size[0])


def sound(path: Path, codec: str, form: str | None = None, rate: int = 44100) -> Path:
    with av.open(str(path), "w", format=form) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray((TONE * 3e4).astype(np.int16)[None], format="s16", layout="mono")
        frame.sample_rate = 44100
        queue: Any = av.AudioFifo()
        for piece in av.AudioResampler(stream.format, stream.layout, stream.rate).resample(frame):
            queue.write(piece)
        while (piece := queue.read(stream.frame_size or 1024)) is not None:
            container.mux(stream.encode(piece))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize(
    ("name", "codec", "form"),
    [
        ("a.m4a", "aac", None),
        ("a.aac", "aac", "adts"),
        ("a.webm", "libopus", "webm"),
        ("a.wav", "aac", "mp4"),
    ],
)
def test_sounds_of_every_container_are_decoded_and_sent_as_wav(
    tmp_path: Path, name: str, codec: str, form: str | None
) -> None:
    path = sound(tmp_path / name, codec, form, 48000 if codec == "libopus" else 44100)
    Media("audio", (path,)).check()
    samples = open_audio(path, 16000)
    assert len(samples) == pytest.approx(16000, abs=1200)
    assert np.abs(samples).max() == pytest.approx(0.366, abs=0.05)
    form_sent, content = sound_of(path)
    assert form_sent == "wav"
    assert content.startswith(b"RIFF")
    assert len(Audio.decode(path.read_bytes(), name).samples) == pytest.approx(44100, rel=0.12)


def test_an_mp3_that_is_named_wav_is_not_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, TONE, 44100, format="MP3")
    Media("audio", (path,)).check()
    assert sound_of(path)[0] == "mp3"
    assert len(open_audio(path, 16000)) == pytest.approx(16000, abs=800)


def test_a_sound_of_other_bytes_is_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"<html>no sound</html>")
    with pytest.raises(MediaError, match="corrupt"):
        Media("audio", (path,)).check()
    with pytest.raises(MediaError, match=r"a\.wav: cannot decode the audio"):
        read_samples(path, path.name)


def test_frames_of_a_file_have_their_times(tmp_path: Path) -> None:
    video = sample_video(Media("video", (clip(tmp_path / "v.mp4"),)), 3)
    assert video.times == pytest.approx((0, 0.2, 0.4))
    assert (video.count, video.rate, video.duration) == (5, 10, 0.5)


def test_frames_in_files_are_taken_at_24_a_second(tmp_path: Path) -> None:
    paths = tuple(tmp_path / f"{number}.png" for number in range(49))
    for path in paths:
        PilImage.new("RGB", (4, 4)).save(path)
    video = sample_video(Media("video", paths), 3)
    assert (video.times, video.count, video.duration) == ((0, 1, 2), 49, 49 / 24)


def test_times_follow_the_frames_where_their_rate_varies(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    moments = (0, 1, 2, 3, 30, 60)  # tenths of a second
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 10)
        for moment in moments:
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "rgb24")
            frame.pts, frame.time_base = moment, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    video = sample_video(Media("video", (path,)))
    assert video.times == pytest.approx([moment / 10 for moment in moments], abs=0.01)
    assert video.rate == pytest.approx(5 / 6, abs=0.01)
