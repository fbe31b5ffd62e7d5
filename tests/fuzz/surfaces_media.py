"""Surfaces that decode media, archives, arrays and shapes."""

from __future__ import annotations

import io
import tarfile
import zipfile
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from pytest_generalbench.core.media.containers import decoded_frames, open_container
from pytest_generalbench.core.media.images import decode_image
from pytest_generalbench.core.media.media import Media, open_audio, open_frames
from pytest_generalbench.core.media.sounds import read_samples
from pytest_generalbench.core.outputs.base import read_arrays
from pytest_generalbench.core.outputs.codecs import midi
from pytest_generalbench.core.outputs.codecs.images.files import read_picture
from pytest_generalbench.core.outputs.codecs.images.flow import read_flo
from pytest_generalbench.core.outputs.codecs.points.meshes import read_triangles
from pytest_generalbench.core.outputs.codecs.points.tables import read_table
from pytest_generalbench.suite.data.fetch.archive import unpack
from tests.fuzz.demo_files import files, put
from tests.fuzz.surface import Surface

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

POINTS, MESHES = ("ply", "xyz", "txt"), ("obj", "off", "ply")


def _saved(form: str, *, mode: str = "RGB", frames: int = 1, **options: Any) -> bytes:
    dice = np.random.default_rng(3)
    shape = (20, 24) if mode in ("L", "I;16") else (20, 24, len(mode))
    kind = np.uint16 if mode == "I;16" else np.uint8
    pictures = [Image.fromarray(dice.integers(0, 255, shape).astype(kind)) for _ in range(frames)]
    stream = io.BytesIO()
    if frames > 1:
        options |= {"save_all": True, "append_images": pictures[1:]}
    pictures[0].save(stream, form, **options)
    return stream.getvalue()


@cache
def _pictures() -> list[bytes]:
    made = [_saved(form) for form in ("PNG", "JPEG", "BMP", "WEBP", "TIFF", "PPM", "TGA")]
    made += [_saved("PNG", mode=mode) for mode in ("L", "RGBA", "I;16")]
    made += [_saved("GIF", frames=3), _saved("WEBP", frames=2), _saved("PNG", frames=2)]
    made += [_saved("TIFF", compression=word) for word in ("tiff_lzw", "tiff_deflate", "packbits")]
    return [*made, *files(".png", count=6)()]


def _read_image(content: bytes, folder: Path) -> None:
    path = put(content, folder, "picture.png")
    errors = []
    for read in (lambda: decode_image(path), lambda: read_picture(content, "picture")):
        try:
            read()
        except Exception as error:  # noqa: BLE001 - raised again below
            errors.append(error)
    if errors:
        raise errors[0]


def _videos() -> list[bytes]:
    return files(".avi", count=6)()


def _read_video(content: bytes, folder: Path) -> None:
    path = put(content, folder, "clip.avi")
    open_frames(Media("video", (path,)), 8)
    with open_container(path) as container:
        list(zip(range(40), decoded_frames(container, "clip"), strict=False))


@cache
def _sounds() -> list[bytes]:
    import soundfile

    wave = (0.3 * np.sin(np.arange(4000) / 9)).astype(np.float32)
    made = []
    for form, subtype in (
        ("WAV", "PCM_16"),
        ("WAV", "FLOAT"),
        ("FLAC", None),
        ("OGG", "VORBIS"),
        ("AIFF", "PCM_24"),
    ):
        stream = io.BytesIO()
        soundfile.write(stream, np.stack([wave, wave], 1), 8000, format=form, subtype=subtype)
        made.append(stream.getvalue())
    return [*made, *files(".wav", count=3)()]


def _read_sound(content: bytes, folder: Path) -> None:
    read_samples(content, "sound", mono=True)
    open_audio(put(content, folder, "sound.wav"), 16000)


@cache
def _archives() -> list[bytes]:
    made = []
    for mode in ("w", "w:gz", "w:bz2", "w:xz"):
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode=mode) as tar:
            for name in ("a/one.txt", "a/b/two.bin"):
                info = tarfile.TarInfo(name)
                info.size = 300
                tar.addfile(info, io.BytesIO(b"x" * 300))
        made.append(stream.getvalue())
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", method) as packed:
            packed.writestr("a/one.txt", "x" * 300)
            packed.writestr("a/b/two.bin", "y" * 300)
        made.append(stream.getvalue())
    return made


def _read_archive(content: bytes, folder: Path) -> None:
    ending = ".zip" if content[:2] == b"PK" else ".tar"
    unpack(put(content, folder, f"archive{ending}"), folder / "unpacked")


@cache
def _arrays() -> list[bytes]:
    made = []
    for arrays in ({"a": np.zeros((3, 4))}, {"b": np.arange(6, dtype=np.int16), "c": np.array(["x", "y"])}):
        for save in (np.savez, np.savez_compressed):
            stream = io.BytesIO()
            save(stream, **arrays)
            made.append(stream.getvalue())
    return [*made, *files(".npz", count=4)()]


def _by_ending(read: Callable[[bytes, str], object], ending: str) -> Callable[[bytes, Path], object]:
    return lambda content, folder: read(content, f"shape.{ending}")


MEDIA_SURFACES = (
    Surface("image", _pictures, _read_image, weight=3),
    Surface("video", _videos, _read_video, weight=3),
    Surface("sound", _sounds, _read_sound, weight=2),
    Surface("archive", _archives, _read_archive, weight=2),
    Surface("array file", _arrays, lambda content, folder: read_arrays(content), weight=1),
    *(Surface(f"points {end}", files(f".{end}"), _by_ending(read_table, end)) for end in POINTS),
    *(Surface(f"mesh {end}", files(f".{end}"), _by_ending(read_triangles, end)) for end in MESHES),
    Surface("flow", files(".flo"), lambda content, folder: read_flo(content, "flow")),
    Surface("midi", files(".mid"), lambda content, folder: midi.read(content, "piece"), weight=2),
)
