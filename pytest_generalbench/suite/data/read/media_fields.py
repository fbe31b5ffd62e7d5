"""Fields of an instance that name media, and their kind."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from functools import lru_cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import MediaError
from pytest_generalbench.core.media.media import MAX_FRAMES, Media, spread
from pytest_generalbench.suite.data.read.media_files import (
    FRAME_ENDINGS,
    REFERENCE_FOLDERS,
    SCAN_ENDINGS,
    MediaFinder,
)
from pytest_generalbench.suite.data.read.rgbd_fields import rgbd_media

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_generalbench.core.task import Task

_KEYS: Final[dict[str, str]] = {
    **dict.fromkeys(
        (
            "image_file", "image", "images", "image_files", "image_file_list", "image_list", "image_path",
            "image_paths", "img", "img_file", "img_path", "source_image", "source_images", "sketch",
        ),
        "image",
    ),
    **dict.fromkeys(("video_file_list", "video_frames", "frames", "frame_list"), "frames"),
    **dict.fromkeys(
        (
            "style_image", "style_images", "style_file", "style_files", "style_path", "style_paths",
            "style_image_file", "style_image_files", "style_reference", "style_references", "style_ref",
            "reference_image", "reference_images", "ref_image", "ref_images", "first_frame", "start_image",
        ),
        "image",
    ),
    **dict.fromkeys(
        (
            "video_file", "video", "video_path", "videos", "video_files", "source_video", "input_video",
            "original_video", "lq_video", "degraded_video", "sparse_video",
        ),
        "video",
    ),
    **dict.fromkeys(
        (
            "video_folder", "video_dir", "frame_folder", "frame_dir", "input_dir", "input_folder",
            "source_dir", "source_folder", "lq_dir", "lq_folder", "sparse_dir", "input_frames_dir",
        ),
        "folder",
    ),
    **dict.fromkeys(("input_frames", "source_frames", "sparse_frames", "lq_frames", "frame_files"), "frames"),
    **dict.fromkeys(("audio_file", "audio", "audio_path", "audios", "audio_files"), "audio"),
    **dict.fromkeys(
        (
            "point_cloud", "pointcloud", "pointcloud_file", "point_cloud_file", "point_file", "points_file",
            "pointclouds", "point_clouds", "pc_file", "point_cloud_path", "pointcloud_path", "pc", "points",
            "lidar", "lidar_file", "lidar_path", "velodyne", "scan", "scan_file", "scene_file",
        ),
        "pointcloud",
    ),
    **dict.fromkeys(
        (
            "pointcloud_sequence", "point_cloud_sequence", "pointcloud_list", "point_cloud_list",
            "pointcloud_files", "point_cloud_files", "pointcloud_file_list", "point_cloud_file_list",
            "pointcloud_folder", "point_cloud_folder", "pointcloud_dir", "velodyne_folder", "lidar_files",
            "lidar_folder", "scans", "scan_files", "scan_folder", "sequence", "sweeps",
        ),
        "scans",
    ),
    **dict.fromkeys(("motion_file", "motion", "motion_path"), "motion"),
    **dict.fromkeys(("mesh_file", "mesh"), "mesh"),
    **dict.fromkeys(
        ("eeg_file", "eeg", "eeg_path", "eeg_signal", "eeg_data", "signal_file", "signal", "signal_path"),
        "signal",
    ),
    **dict.fromkeys(("file", "file_name", "filename", "file_path", "path"), ""),
}  # fmt: skip
"""Kind of medium by key; '' is whatever the task takes."""

_MAPS: Final = frozenset((
    "depth", "depth_file", "depth_image", "depth_map", "depth_path", "mask", "mask_file", "mask_image",
    "mask_path", "first_mask", "first_frame_mask", "init_mask",
))  # fmt: skip
"""Files that lie over the image or a frame, for tasks that take such."""

_MASKED: Final = frozenset((
    *_MAPS, "masks", "mask_files", "mask_file_list", "mask_list", "mask_paths", "mask_frames", "mask_video",
    "mask_folder", "mask_dir", "mask_frame_dir",
))  # fmt: skip
"""What a task that makes something may call the files or the folder of its input masks."""

_FRAME_FOLDERS: Final = (
    "frames",
    "imgs",
    "images",
    "img",
    "image",
    "Imgs",
    "Frame",
    "JPEGImages",
    "rgb",
    "videos",
    "input",
    "inputs",
    "lq",
    "LQ",
    "source",
)
"""What the folder of a video's frames may be called beside that of its reference."""

_ENDINGS: Final[dict[str, str]] = {
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"), "image"),
    **dict.fromkeys((".mp4", ".avi", ".mov", ".mkv", ".webm", ".mpg", ".mpeg"), "video"),
    **dict.fromkeys((".wav", ".mp3", ".flac", ".ogg", ".m4a", ".mid", ".midi"), "audio"),
    **dict.fromkeys((".ply", ".pcd", ".las", ".bin"), "pointcloud"),
    **dict.fromkeys((".obj", ".stl", ".glb", ".gltf", ".off"), "mesh"),
    **dict.fromkeys((".npy", ".npz"), ""),
}


_SAID: Final = re.compile(r"(?:\w*_)?(?:prompt|instruction|caption|text|question|description|id)s?")
"""Keys of words, which may end like a file name."""

_TO_MAKE: Final = re.compile(r"(?:target|gt|ground_?truth|output|result|edited|answer|label)(?:_\w*)?")
"""Keys of what is to be made, should they lie beside the inputs."""

_TO_SOUND_LIKE: Final = re.compile(r"voice|speaker|style|timbre")
"""In `target_voice` and the like: what the sound that is to be made shall sound like."""

_PLAIN_WORDS: Final = frozenset((
    "image", "images", "img", "picture", "video", "audio", "file", "files", "path", "paths", "name", "list",
    "map", "folder", "dir",
))  # fmt: skip
"""Words of a key that do not say in which folder its file lies."""


def _own_medium(task: Task) -> str:
    """Return the first medium other than text that the task takes."""
    return next((medium for medium in task.input_media if medium not in ("text", "map")), "image")


@lru_cache(maxsize=4096)  # the same few keys for every instance
def _without_number(key: str) -> str:
    return re.sub(r"[_-]?[0-9]+$", "", key.lower())


def _kind(key: str, value: Any, task: Task) -> str | None:
    """Return the kind of media under `key` (`image_2` counts as `image`), or None for another field."""
    name = _without_number(key)
    if name in _KEYS:
        of_points = _KEYS[name] in ("scans", "pointcloud")
        # `points`, `scan` and `sequence` mean other things where no cloud is shown.
        return None if of_points and task.modality != "3d" else _KEYS[name] or _own_medium(task)
    if name in _MAPS and "map" in task.input_media and isinstance(value, str):
        return "map"
    if name in _MASKED and "map" in task.input_media and task.paradigm == "generation":
        return "map"
    if key == "input" and isinstance(value, str):
        # The video depth tasks give the file's name as the whole input.
        return _kind_by_ending(value, task)
    return None


def _kind_by_ending(value: str, task: Task) -> str | None:
    if len(value) > 1000 or "\n" in value:
        return None
    medium = _ENDINGS.get(PurePath(value.replace("\\", "/")).suffix.lower())
    return None if medium is None else medium or _own_medium(task)


@lru_cache(maxsize=4096)
def _folders(key: str) -> tuple[str, ...]:
    """Return the folders that a key names, its last word first: `mask_file` lies in `masks` or `mask`.

    >>> _folders("sketch_file")
    ('sketch', 'sketchs', 'sketches', 'sketch_image', 'sketch_images')
    """
    words = [word for word in re.findall(r"[a-z]+", key.lower()) if word not in _PLAIN_WORDS]
    return tuple(word + end for word in reversed(words) for end in ("", "s", "es", "_image", "_images"))


def _paths(value: Any, key: str) -> list[str]:
    """Return the path strings under a media key: one, a list, or an object of them."""
    values = (
        list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else [value]
    )
    for one in values:
        if not isinstance(one, str):
            raise MediaError(f"{key}: expected a path, found {type(one).__name__}")
    if not values:
        raise MediaError(f"{key}: the list of paths is empty")
    return values


def _frames_of(paths: list[str], key: str, finder: MediaFinder) -> Media:
    """Return one video out of the files of its frames, in the order given."""
    return Media("video", tuple(finder.file(path, finder.frame_keep(path)) for path in paths), key)


def _video(path: str, key: str, finder: MediaFinder) -> Media:
    folder = finder.folder(path)
    return Media("video", finder.frames(path) if folder else (finder.file(path),), key)


def _laid_over(paths: list[str], key: str, finder: MediaFinder) -> Media:
    """Return one map, or the maps of all frames: the files listed, or those in one folder."""
    files = (file for path in paths for file in finder.laid_over(path, _folders(key)))
    return Media("map", tuple(files), key)


def _scans(paths: list[str], key: str, finder: MediaFinder) -> Media:
    """Return one cloud, or a sequence of them: the files listed, or those in one folder."""
    if len(paths) == 1 and finder.folder(paths[0]):
        files = finder.frames(paths[0], SCAN_ENDINGS)
        # Calibration and time stamps may lie beside the scans: these are the files of the most common kind.
        endings = Counter(path.suffix.lower() for path in files)
        usual = max(endings, key=lambda ending: (endings[ending], ending != ".txt"))
        return Media("pointcloud", tuple(path for path in files if path.suffix.lower() == usual), key)
    return Media("pointcloud", tuple(finder.file(path, finder.frame_keep(path)) for path in paths), key)


_MOST_MEDIA: Final = 1_000
"""Pictures or sounds of one instance; frames and scans are one medium."""


def _media_under(key: str, value: Any, kind: str, finder: MediaFinder) -> list[Media]:
    if kind == "frames" and isinstance(value, list) and value and all(isinstance(v, list) for v in value):
        return [_frames_of(_paths(video, key), key, finder) for video in value]
    paths = _paths(value, key)
    if kind == "frames" or (kind == "video" and len(paths) > 1 and _are_frames(paths)):
        return [_frames_of(paths, key, finder)]
    if kind == "folder":
        return [Media("video", finder.frames(path), key) for path in paths]
    if kind == "video":
        return [_video(path, key, finder) for path in paths]
    if kind in ("scans", "pointcloud"):
        return [_scans(paths, key, finder)]
    if kind == "map":
        return [_laid_over(paths, key, finder)]
    if len(paths) > _MOST_MEDIA:
        raise MediaError(f"{key}: {len(paths)} files, more than the {_MOST_MEDIA} that an instance may show")
    return [Media(kind, (finder.file(path, first=_folders(key)),), key) for path in paths]


def _guessed(key: str, value: Any, task: Task, finder: MediaFinder) -> list[Media]:
    """Return the media under an unknown key, in tasks that make pictures or sounds.

    A value that ends like a file's name and is not there is a lost medium, unless it has blanks in it.
    """
    name = key.lower()
    swaps = task.archetype == "face_swap_generation" and name.startswith("target")
    is_input = swaps or (task.modality == "audio" and _TO_SOUND_LIKE.search(name))
    if _SAID.fullmatch(name) or (_TO_MAKE.fullmatch(name) and not is_input):
        return []
    paths = [*value.values()] if isinstance(value, dict) else value if isinstance(value, list) else [value]
    kinds = {_kind_by_ending(path, task) if isinstance(path, str) else None for path in paths}
    if len(kinds) != 1 or None in kinds:
        return []
    kind = "map" if "map" in task.input_media and re.search("mask|hole", name) else str(kinds.pop())
    try:
        return _media_under(key, value, kind, finder)
    except MediaError:
        if any(" " in path.strip() for path in paths):
            return []
        raise


def _are_frames(paths: list[str]) -> bool:
    return all(PurePath(path).suffix.lower() in FRAME_ENDINGS for path in paths)


def _check(media: Media) -> None:
    """Check the files; of a long video those that a decoder would take."""
    if len(media.paths) <= MAX_FRAMES:
        media.check()
        return
    paths = [media.paths[index] for index in spread(len(media.paths), MAX_FRAMES)]
    replace(media, paths=tuple(paths)).check()


def media_of(fields: Mapping[str, Any], task: Task, finder: MediaFinder) -> tuple[Media, ...]:
    """Return the media that `fields` name, in the fields' order, each found on disk and checked.

    Raises MediaError for the first that is missing, corrupt or outside the data folder,
    and when a task that is answered in text from other media names none at all: asking
    it without them would look like a wrong answer of the model.
    """
    if set(task.input_media) == {"text"}:
        return ()
    result: list[Media] = rgbd_media(fields, finder) if task.inputs == "rgb-d frames" else []
    for key, value in () if result else fields.items():
        kind = _kind(key, value, task)
        if kind is not None and value is not None:
            result.extend(_media_under(key, value, kind, finder))
        elif kind is None and task.modality in ("image", "audio") and task.paradigm == "generation":
            result.extend(_guessed(key, value, task, finder))
    result = result or _frames_next_to_reference(fields, finder) or _by_ending(fields, task, finder)
    for media in result:
        _check(media)
    if not result and task.answers_in_text:
        keys = ", ".join(sorted(map(str, fields))[:12]) or "none"
        raise MediaError(f"names no {_own_medium(task)} file; keys found: {keys}")
    return tuple(result)


def _frames_next_to_reference(fields: Mapping[str, Any], finder: MediaFinder) -> list[Media]:
    """Return the video whose reference frames alone are named: `x/gt` has its frames in `x/frames` or so."""
    given = fields.get("gt_dir", fields.get("gt_folder"))
    parts = given.replace("\\", "/").split("/") if isinstance(given, str) else []
    for place in reversed(range(len(parts))):
        if parts[place].lower() in REFERENCE_FOLDERS:
            for name in _FRAME_FOLDERS:
                folder = "/".join([*parts[:place], name, *parts[place + 1 :]])
                if finder.folder(folder):
                    return [Media("video", finder.frames(folder), "gt_dir")]
    return []


def _by_ending(fields: Mapping[str, Any], task: Task, finder: MediaFinder) -> list[Media]:
    """Return media under unknown keys: values that end like a file name and are files."""
    by_ending: list[Media] = []
    for key, value in fields.items():
        paths = value if isinstance(value, list) else [value]
        kinds = {_kind_by_ending(path, task) if isinstance(path, str) else None for path in paths}
        if len(kinds) != 1 or None in kinds:
            continue
        try:
            by_ending.extend(_media_under(key, value, str(kinds.pop()), finder))
        except MediaError:
            continue  # a sentence may end like a file name; without any medium the caller says so
    return by_ending
