"""The media of a scan with a depth camera: colours, depths, and where the camera was.

Known are ScanNet's habits: a `.sens` stream that holds everything, a folder of a scene with `color`, `depth`,
`pose` and `intrinsic` in it, and lists or folders of these under keys of their own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import MediaError
from pytest_generalbench.core.media.media import Media

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pytest_generalbench.suite.data.read.media_files import MediaFinder

_PARTS: Final = (
    ("depth", re.compile(r"depth")),
    ("intrinsic", re.compile(r"intrinsic|calib")),
    ("pose", re.compile(r"pose|extrinsic|trajectory")),
    ("scan", re.compile(r"sens|stream|scene|scan|rgb_?d|sequence")),
    ("colour", re.compile(r"colou?r|rgb|image|frame")),
)
"""What a key is about, the first that fits; `depth_intrinsic` is a calibration all the same."""

_SUBFOLDERS: Final = {
    "colour": ("color", "rgb", "image", "images", "frames"),
    "depth": ("depth", "depths"),
    "pose": ("pose", "poses"),
    "intrinsic": ("intrinsic", "intrinsics"),
}
_MEDIUM: Final = {"colour": "video", "depth": "map", "pose": "map", "intrinsic": "map"}
_PICTURES: Final = frozenset({".png", ".jpg", ".jpeg", ".pgm", ".tif", ".tiff"})
_NUMBERS: Final = frozenset({".txt", ".json", ".npy", ".npz", ".csv"})
_FILE: Final = re.compile(
    r"[^\n]{1,240}\.(?:png|jpe?g|pgm|tiff?|txt|json|np[yz]|csv|sens|mp4|avi|zip)", re.IGNORECASE
)


def rgbd_media(fields: Mapping[str, Any], finder: MediaFinder) -> list[Media]:
    """Return the colours as a video, and depths, poses and calibration as maps, in the order of the fields.

    A .sens stream is one map. Numbers that stand in the annotation itself are left to the text of the
    request. Raises MediaError for a file that is named and not there.
    """
    result: list[Media] = []
    for key, value in fields.items():
        part = _part(str(key))
        if part is None or isinstance(value, dict):
            inner = rgbd_media(value, finder) if isinstance(value, dict) else []
            result += inner
            continue
        paths = value if isinstance(value, list) else [value]
        if all(isinstance(path, str) for path in paths) and paths:
            result += _of_paths(paths, str(key), part, finder)
    return result


def _part(key: str) -> str | None:
    name = key.lower()
    if "intrinsic" in name:
        return "intrinsic"
    return next((part for part, known in _PARTS if known.search(name)), None)


def _of_paths(paths: list[str], key: str, part: str, finder: MediaFinder) -> Iterator[Media]:
    if len(paths) == 1 and not _FILE.fullmatch(paths[0]):
        if " " in paths[0].strip() and finder_folder(paths[0], finder) is None:
            return  # a sentence
        yield from _of_folder(paths[0], key, part, finder)
        return
    files = tuple(finder.file(path, finder.frame_keep(path)) for path in paths)
    medium = "map" if part == "scan" else _MEDIUM[part]
    yield Media(medium, files, key)


def finder_folder(path: str, finder: MediaFinder) -> Path | None:
    """Return the folder behind a path, or None when there is none or the path is refused."""
    try:
        return finder.folder(path)
    except MediaError:
        return None


def _of_folder(given: str, key: str, part: str, finder: MediaFinder) -> Iterator[Media]:
    """Yield what lies in a folder: files of one part, or a whole scene."""
    if part != "scan":
        yield Media(_MEDIUM[part], finder.frames(given, _endings(part)), key)
        return
    if finder.folder(given) is None:
        raise MediaError(f"{given!r:.120}: no such scan")
    there = False
    for inner, names in _SUBFOLDERS.items():
        folder = next((f"{given}/{name}" for name in names if finder.folder(f"{given}/{name}")), None)
        if folder is not None:
            there = True
            yield Media(_MEDIUM[inner], finder.frames(folder, _endings(inner)), key)
    if not there:
        yield Media("map", finder.frames(given, frozenset({".sens"})), key)


def _endings(part: str) -> frozenset[str]:
    return _NUMBERS if part in ("pose", "intrinsic") else _PICTURES
