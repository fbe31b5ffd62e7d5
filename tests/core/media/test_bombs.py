"""Small files that state or unpack to too much; what is no file; files that name others."""

from __future__ import annotations

import contextlib
import io
import os
import socket
import subprocess
import sys
import tracemalloc
import zlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_generalbench.core import limits
from pytest_generalbench.core.errors import DataError, GeneralBenchError, MediaError
from pytest_generalbench.core.media.containers import can_open
from pytest_generalbench.core.media.headers import image_size, video_size
from pytest_generalbench.core.media.images import can_open as can_open_image
from pytest_generalbench.core.media.images import decode_image
from pytest_generalbench.core.media.media import Media, open_audio, open_frames, open_image
from pytest_generalbench.core.outputs import AnswerFormatError, Audio, Image, Mesh, Motion, PointCloud, Video
from pytest_generalbench.core.outputs.codecs.images.files import picture_size, read_picture
from pytest_generalbench.core.regular_files import read_regular

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_generalbench.core.outputs import MediaOutput

av = pytest.importorskip("av")
soundfile = pytest.importorskip("soundfile")
PilImage = pytest.importorskip("PIL.Image")


def movie(width: int, height: int, count: int, codec: str = "libx264", form: str = "mp4") -> bytes:
    """Return a video of black frames."""
    target = io.BytesIO()
    black = np.zeros((height, width, 3), np.uint8)
    with av.open(target, "w", format=form) as container:
        stream = container.add_stream(codec, rate=25, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        frame = av.VideoFrame.from_ndarray(black, format="rgb24").reformat(format="yuv420p")
        for _ in range(count):
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return target.getvalue()


def flac(count: int, channels: int = 1, rate: int = 8000, stated: int | None = None) -> bytes:
    """Return a sound of silence; `stated` is how many samples its header says, where that is not true."""
    target = io.BytesIO()
    soundfile.write(target, np.zeros((count, channels), np.int16), rate, format="FLAC")
    content = bytearray(target.getvalue())
    if stated is not None:
        content[21] = content[21] & 0xF0 | stated >> 32
        content[22:26] = (stated & 0xFFFFFFFF).to_bytes(4, "big")
    return bytes(content)


def png(width: int, height: int) -> bytes:
    """Return a picture of one bit a pixel whose header says that size, and nothing behind it."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content).to_bytes(4, "big")
        return len(content).to_bytes(4, "big") + kind + content + check

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([1, 0, 0, 0, 0])
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def peak_of(action: Callable[[], Any]) -> int:
    """Return the most memory, in bytes, that Python and numpy held at once during the action."""
    tracemalloc.start()
    try:
        action()
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak


@pytest.mark.parametrize(
    ("read", "error"),
    [
        (decode_image, MediaError),
        (open_image, MediaError),
        (lambda path: Image.open([path]), AnswerFormatError),
        (lambda path: read_picture(path, path.name), AnswerFormatError),
        (lambda path: read_picture(path.read_bytes(), path.name), AnswerFormatError),
        (lambda path: picture_size(path, path.name), AnswerFormatError),
    ],
)
@pytest.mark.parametrize("size", [(12_000, 12_000), (1 << 30, 1 << 30)])
def test_a_picture_that_states_too_many_pixels_is_refused_by_its_header(
    tmp_path: Path, read: Callable[[Path], Any], error: type[DataError], size: tuple[int, int]
) -> None:
    path = written(tmp_path, "bomb.png", png(*size))
    with pytest.raises(error, match=r"bomb\.png: .*more than the limit of 120000000"):
        read(path)
    assert can_open_image(path) is False


def test_a_limit_is_raised_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "wide.png", png(15_000, 10_000))
    with pytest.raises(MediaError, match="GENERALBENCH_LIMITS=2 in the environment allows it"):
        decode_image(path)
    monkeypatch.setenv("GENERALBENCH_LIMITS", "2")
    with pytest.raises(MediaError, match="cannot decode"):  # there are no pixels behind the header
        decode_image(path)


@pytest.mark.parametrize("given", ["many", "0", "0.5", "-1", "nan", "inf", "1e9"])
def test_what_is_no_factor_of_limits_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("GENERALBENCH_LIMITS", given)
    with pytest.raises(GeneralBenchError, match="GENERALBENCH_LIMITS"):
        limits.factor()


@pytest.mark.parametrize("mode", ["I;16", "RGBA", "LA", "F"])
def test_converting_a_picture_takes_a_few_bytes_a_pixel(tmp_path: Path, mode: str) -> None:
    side = 2500
    whole = PilImage.new(mode, (side, side))
    path = tmp_path / ("deep.tiff" if mode == "F" else "deep.png")
    whole.save(path)
    assert peak_of(lambda: decode_image(path)) < 10 * side * side


@pytest.mark.parametrize(
    "read",
    [lambda path: open_audio(path, 16_000), lambda path: Audio.decode(path.read_bytes(), path.name)],
)
def test_a_sound_that_states_hours_is_refused_by_its_header(
    tmp_path: Path, read: Callable[[Path], Any]
) -> None:
    path = written(tmp_path, "hours.flac", flac(1000, stated=(1 << 36) - 1))
    with pytest.raises(DataError, match=r"hours\.flac: 68719476735 samples, more than the limit"):
        read(path)


@pytest.mark.parametrize("stated", [None, 0, 1000])
def test_a_sound_is_counted_while_it_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stated: int | None
) -> None:
    path = written(tmp_path, "long.flac", flac(3_000_000, 2, stated=stated))
    monkeypatch.setattr(limits, "SAMPLES", limits.Limit(1_000_000, "samples"))

    def read() -> None:
        with pytest.raises(MediaError, match=r"long\.flac: .*limit of 1000000"):
            open_audio(path, 8000)

    if stated == 1000:  # a header that says less than there is ends the sound
        assert len(open_audio(path, 8000)) == 1000
    else:
        assert peak_of(read) < 16 << 20


def test_the_other_decoder_counts_samples_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "long.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        for _ in range(60):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), format="fltp", layout="mono")
            frame.sample_rate = 8000
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert len(open_audio(path, 8000)) > 200_000
    monkeypatch.setattr(limits, "SAMPLES", limits.Limit(100_000, "samples"))
    with pytest.raises(MediaError, match=r"long\.m4a: more than the limit of 100000 samples"):
        open_audio(path, 8000)


@pytest.mark.parametrize("rate", [1, 2, 9])
def test_a_rate_that_would_make_a_sound_endless_is_refused(tmp_path: Path, rate: int) -> None:
    target = io.BytesIO()
    soundfile.write(target, np.zeros(1_000_000, np.int16), rate, format="WAV")
    path = written(tmp_path, "slow.wav", target.getvalue())
    with pytest.raises(MediaError, match=r"slow\.wav: .*samples, more than the limit"):
        open_audio(path, 16_000)


def test_channels_are_averaged_while_a_sound_is_decoded(tmp_path: Path) -> None:
    dice = np.random.default_rng(0)
    samples = dice.uniform(-1, 1, (200_001, 3)).astype(np.float32)
    path = tmp_path / "three.wav"
    soundfile.write(path, samples, 8000, subtype="FLOAT")
    assert np.array_equal(open_audio(path, 8000), samples.mean(axis=1))


def limited(code: str, *arguments: str) -> str:
    """Return what the code prints in a process that may take 1.5 GB."""
    start = "import resource; resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000,) * 2); "
    done = subprocess.run(
        [sys.executable, "-c", start + code, *arguments],
        capture_output=True, text=True, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


READ = """
import sys
from functools import partial
from pathlib import Path
from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.media.media import Media, open_frames
from pytest_generalbench.core.outputs import Video
path = Path(sys.argv[1])
print(len(open_frames(Media("video", (path,)), 4)))
try:
    Video.open([path])
except DataError as error:
    print(error)
"""


def test_a_small_video_of_four_gigabytes(tmp_path: Path) -> None:
    path = written(tmp_path, "bomb.mp4", movie(1920, 1080, 700))
    assert path.stat().st_size < 300_000
    kept, refusal = limited(READ, str(path)).splitlines()
    assert kept == "4"
    assert refusal.startswith("bomb.mp4: 700 frames of 1920x1080 pixels: 4354560000 bytes when decoded")


def test_frames_are_counted_where_the_header_does_not_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "long.ts", movie(64, 48, 300, form="mpegts"))
    video = Media("video", (path,))
    assert len(open_frames(video, 8)) == 8
    assert len(Video.open([path]).frames) == 300
    monkeypatch.setattr(limits, "FRAMES", limits.Limit(100, "frames"))
    for read in (lambda: open_frames(video, 8), lambda: Video.open([path])):
        with pytest.raises(DataError, match=r"long\.ts: .*limit of 100 frames"):
            read()
    monkeypatch.setattr(limits, "FRAMES", limits.Limit(1000, "frames"))
    monkeypatch.setattr(limits, "DECODED", limits.Limit(64 * 48 * 3 * 5, "bytes when decoded"))
    for read in (lambda: open_frames(video, 8), lambda: Video.open([path])):
        with pytest.raises(DataError, match=r"long\.ts: .*bytes when decoded"):
            read()
    assert len(open_frames(video, 5)) == 5


def test_a_video_is_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_generalbench.core.media import containers

    calls = []
    decode = containers.decoded_frames
    monkeypatch.setattr(
        containers,
        "decoded_frames",
        lambda *given: calls.append(1) or decode(*given),  # type: ignore[func-returns-value]
    )
    for name, content in (
        ("a.mp4", movie(64, 48, 90)),
        ("b.ts", movie(64, 48, 90, form="mpegts")),
        ("c.avi", movie(64, 48, 90, form="avi")),
        ("d.mkv", movie(64, 48, 90, form="matroska")),
        ("e.h264", movie(64, 48, 90, form="h264")),
    ):
        calls.clear()
        path = written(tmp_path, name, content)
        assert len(open_frames(Media("video", (path,)), 7)) == 7
        assert len(calls) == 1, name


def test_frames_too_large_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "wide.mp4", movie(640, 480, 3))
    monkeypatch.setattr(limits, "PIXELS", limits.Limit(100_000, "pixels"))
    for read in (lambda: open_frames(Media("video", (path,)), 2), lambda: Video.open([path])):
        with pytest.raises(DataError, match=r"wide\.mp4: .*"):
            read()


def special_files(folder: Path) -> dict[str, Path]:
    """Return a pipe, a socket, a device, a folder, and links to them, each called like a medium."""
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(os.path.relpath(folder / "socket"))
    (folder / "folder").mkdir()
    (folder / "linked").symlink_to(folder / "pipe")
    (folder / "zero").symlink_to("/dev/zero")
    return {name: folder / name for name in ("pipe", "socket", "folder", "linked", "zero")}


def opened(form: type[MediaOutput], path: Path) -> MediaOutput:
    return form.open([path])


READERS: dict[str, Callable[[Path], Any]] = {
    "check": lambda path: Media("image", (path,)).check(),
    "image": open_image,
    "audio": lambda path: open_audio(path, 8000),
    "video": lambda path: open_frames(Media("video", (path,))),
    **{form.__name__: partial(opened, form) for form in (Image, Video, Audio, PointCloud, Mesh, Motion)},
    "bytes": read_regular,
}  # fmt: skip


@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_regular_file_is_refused_before_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: str
) -> None:
    monkeypatch.chdir(tmp_path)  # the names of sockets are short
    for path in special_files(tmp_path).values():
        with pytest.raises((DataError, OSError), match="not a regular file"):
            READERS[reader](path)
        assert image_size(path) is None
        assert video_size(path) is None
        assert not can_open(path, "video")
        assert not can_open_image(path)


PLAYLISTS = {
    "list.ffconcat": "ffconcat version 1.0\nfile 'secret.mp4'\n",
    "list.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nsecret.mp4\n#EXT-X-ENDLIST\n",
    "list.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
    "list.mpd": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">'
    '<Period><AdaptationSet><Representation id="1"><BaseURL>secret.mp4</BaseURL></Representation>'
    "</AdaptationSet></Period></MPD>",
    "list.txt": "file secret.mp4\n",
    "list.rtsp": "rtsp://127.0.0.1/secret",
    "list.asx": '<asx version="3.0"><entry><ref href="secret.mp4"/></entry></asx>',
    "list.pls": "[playlist]\nFile1=secret.mp4\nNumberOfEntries=1\n",
}  # fmt: skip


@pytest.mark.parametrize("name", PLAYLISTS)
@pytest.mark.parametrize("ending", [None, ".mp4", ".wav", ".avi"])
def test_a_playlist_opens_nothing(tmp_path: Path, name: str, ending: str | None) -> None:
    written(tmp_path, "secret.mp4", movie(64, 48, 5))
    path = written(tmp_path, name if ending is None else f"list{ending}", PLAYLISTS[name].encode())
    for read in (
        lambda: open_frames(Media("video", (path,))),
        lambda: open_audio(path, 8000),
        lambda: Video.open([path]),
        lambda: Audio.decode(path.read_bytes(), path.name),
    ):
        with pytest.raises(DataError, match="cannot"):
            read()


def test_names_that_are_addresses_or_patterns_are_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    content = movie(64, 48, 3)
    for name in ("concat:a.mp4|b.mp4", "frame%03d.mp4", "file:x.mp4", "subfile,,start,0,end,9,,:x.mp4"):
        written(tmp_path, name, content)
        assert len(open_frames(Media("video", (Path(name),)))) == 3
    written(tmp_path, "frame001.png", png(4, 4))
    for name in ("concat:frame001.mp4|x", "frame%02d.png.mp4", "http://127.0.0.1:9/x.mp4", "pipe:0", "-"):
        with pytest.raises(MediaError, match="No such file"):
            open_frames(Media("video", (Path(name),)))


@pytest.mark.parametrize(
    "content",
    [
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n/x 1 def showpage\n%%EOF\n",
        b"%PDF-1.4\n1 0 obj<<>>endobj\n",
        b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        b"\xd7\xcd\xc6\x9a" + bytes(60),
        b"\x01\x00\x00\x00" + bytes(36) + b" EMF" + bytes(60),
    ],
)
@pytest.mark.parametrize("name", ["x.png", "x.eps"])
def test_pictures_that_another_program_would_draw_are_refused(
    tmp_path: Path, content: bytes, name: str
) -> None:
    path = written(tmp_path, name, content)
    assert not can_open_image(path)
    with pytest.raises(MediaError, match="cannot decode"):
        decode_image(path)
    with pytest.raises(AnswerFormatError, match="cannot"):
        Image.decode(content, name)


@pytest.mark.parametrize(
    "kind",
    [
        "PNG",
        "JPEG",
        "GIF",
        "BMP",
        "WEBP",
        "TIFF",
        "AVIF",
        "JPEG2000",
        "PPM",
        "TGA",
        "mp4",
        "matroska",
        "mpegts",
    ],
)
def test_no_damage_to_a_medium_is_a_traceback(tmp_path: Path, kind: str) -> None:
    dice = np.random.default_rng(0)
    if kind[0].islower():
        content, name = movie(48, 32, 6, form=kind), "damaged.mp4"
    else:
        buffer = io.BytesIO()
        PilImage.fromarray(dice.integers(0, 256, (16, 20, 3), np.uint8)).save(buffer, kind)
        content, name = buffer.getvalue(), "damaged.png"
    for _ in range(60):
        changed = bytearray(content)
        for place in dice.integers(0, min(len(content), int(dice.choice([60, 400, 10**6]))), 4):
            changed[place] = int(dice.integers(0, 256))
        path = written(tmp_path, name, bytes(changed))
        for read in (
            lambda path: (
                open_frames(Media("video", (path,)), 3) if name.endswith("4") else decode_image(path)
            ),
            lambda path: (Video if name.endswith("4") else Image).open([path]),
            image_size,
            can_open_image,
        ):
            with contextlib.suppress(DataError, MemoryError):
                read(path)


def test_a_video_without_a_decoder_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, "odd.mp4", movie(48, 32, 3).replace(b"avc1", b"qqqq"))
    for read in (lambda: open_frames(Media("video", (path,))), lambda: Video.open([path])):
        with pytest.raises(DataError, match=r"odd\.mp4: .*of no known codec"):
            read()
