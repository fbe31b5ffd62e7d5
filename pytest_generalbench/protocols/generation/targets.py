"""Location of the target of a generated medium: a file that the reference names, or texts.

Nobody has published a generation task's annotation file beyond a few audio and video ones, so the habits of
the source data sets are tried; what cannot be read is an error that names the instance and the keys found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import MediaError, ReferenceFormatError
from pytest_generalbench.core.keys import key_of
from pytest_generalbench.core.outputs.codecs.images.files import ENDINGS, is_picture
from pytest_generalbench.protocols.instance_fields import place

if TYPE_CHECKING:
    from pytest_generalbench.core.media.media import Media
    from pytest_generalbench.core.outputs import MediaOutput, Opener
    from pytest_generalbench.core.request import Instance, ReferenceFiles

_WORDS: Final = (
    "gt", "gt_file", "gt_path", "gt_dir", "gt_folder", "ground_truth", "groundtruth", "target", "reference",
    "output", "result", "answer", "prediction", "file", "file_name", "path", "clean", "sharp", "hq",
    "frame_dir",
)  # fmt: skip
"""Keys of a target that do not say what it is."""

_DEPTH: Final = 4


def _keys(medium: str) -> tuple[str, ...]:
    """Return the keys of a target of that medium, best first."""
    forms = (
        *(f"{word}_{medium}" for word in ("target", "output", "gt", "edited")),
        *(f"{medium}_{word}" for word in ("file", "path", "folder", "dir", "file_list", "files")),
        medium,
        f"{medium}s",
    )
    also = {
        "video": ("frames", "frame_folder", "frame_dir"),
        "audio": ("speech", "speech_file", "music", "music_file", "wav", "song", "midi", "midi_file"),
        "pointcloud": (
            "point_cloud",
            "point_cloud_file",
            "points",
            "pc",
            "complete",
            "complete_cloud",
            "ply",
        ),
        "mesh": ("obj", "glb", "off", "shape", "model"),
        "motion": ("joints", "motion_vec"),
        "image": ("img", "picture", "gt_img", "mask", "map"),
    }
    return (*forms, *also.get(medium, ()), *_WORDS)


def _candidates(raw: Any, keys: Sequence[str], depth: int = 0) -> Iterator[Any]:
    """Yield what may name the target's files: under known keys first, then under any other."""
    if not isinstance(raw, Mapping):
        yield raw
    elif depth < _DEPTH:
        plain = {key_of(str(key)): value for key, value in raw.items()}
        order = [*(key for key in keys if key in plain), *(key for key in plain if key not in keys)]
        for key in order:
            yield from _candidates(plain[key], keys, depth + 1)


def _file(given: str, endings: Sequence[str], files: ReferenceFiles) -> tuple[Path, ...] | None:
    """Return the file or the frames behind a text, or None when the text is not the name of one."""
    ending = PurePosixPath(given.strip().replace("\\", "/").lower()).suffix
    if len(given) > 1000 or "\n" in given:
        return None
    if ending in endings:
        return (files.file(given),)
    # The name of a folder has no ending and no blanks; of a sentence that is one word, no folder is found.
    if ending or " " in given.strip() or not given.strip():
        return None
    try:
        return files.frames(given)
    except MediaError:
        return None


def medium_of(
    instance: Instance, form: type[MediaOutput], keys: Sequence[str] = (), raw: Any = None
) -> Opener | None:
    """Return a function that opens the target file named in the reference as `form`, or None.

    `keys` are tried before those that are usual for the medium; `raw` is looked through in the reference's
    place. Video targets may be a file, a folder of frames or a list of frames. The file of an input is no
    target: the reference may repeat the source's name, or the target is lost. Raises ReferenceFormatError
    for a file that is named and not there.
    """
    raw = instance.reference if raw is None else raw
    if instance.files is None or raw is None:
        return None
    of_frames = form.form == "video"
    inputs = {path for media in instance.media for path in media.paths}
    endings = (*form.endings, *(ENDINGS if of_frames else ()))
    try:
        for value in _candidates(raw, (*keys, *_keys(form.medium))):
            if of_frames and isinstance(value, list) and value and all(map(is_picture, value)):
                return partial(form.open, tuple(instance.files.file(name, 2) for name in value))
            one = value[0] if isinstance(value, list) and len(value) == 1 else value
            paths = _file(one, endings, instance.files) if isinstance(one, str) else None
            if paths and (of_frames or len(paths) == 1) and not inputs.issuperset(paths):
                return partial(form.open, paths)
    except MediaError as error:
        raise ReferenceFormatError(f"{place(instance)}: {error}") from error
    return None


def paths_of(opener: Opener | None) -> tuple[Path, ...]:
    """Return the files that an opener of this module opens."""
    return tuple(opener.args[0]) if isinstance(opener, partial) else ()


def opener(media: Media, form: type[MediaOutput]) -> Opener:
    """Return a function that opens an input medium as `form`."""
    return partial(form.open, media.paths)


def first_input(instance: Instance, medium: str, form: type[MediaOutput]) -> Opener | None:
    """Return a function that opens the first input of that medium, or None when there is none."""
    result = next((media for media in instance.media if media.medium == medium), None)
    return None if result is None else opener(result, form)


def text_fields(instance: Instance) -> dict[str, str]:
    """Return all texts of the instance by key; those of its reference go first."""
    entry: dict[str, str] = {}

    def take(raw: Any, depth: int = 0) -> None:
        if isinstance(raw, Mapping) and depth < _DEPTH:
            for key, value in raw.items():
                if isinstance(value, str) and value.strip():
                    entry.setdefault(key_of(str(key)), value.strip())
                else:
                    take(value, depth + 1)

    take(instance.reference)
    take(instance.fields)
    if isinstance(instance.reference, str) and instance.reference.strip():
        entry.setdefault("output", instance.reference.strip())
    return entry


def first_word(words: Mapping[str, str], *keys: str, fits: Callable[[str], bool] = bool) -> str | None:
    """Return the first text under one of `keys` that fits."""
    return next((words[key] for key in keys if key in words and fits(words[key])), None)
