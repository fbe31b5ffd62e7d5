"""Location of the annotation file in a task folder, and the task names inside it."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.json_files import parse_json
from pytest_generalbench.core.limits import Limit
from pytest_generalbench.core.regular_files import open_regular, read_regular
from pytest_generalbench.suite.data.locate.matching import normalise

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

_VERSION: Final = re.compile(r"[_-]?v(\d+)$", re.IGNORECASE)
_NOT_ANNOTATIONS: Final = re.compile(
    r"(prediction|predictions|references|result|results)(_.*)?$", re.IGNORECASE
)
_HEAD_BYTES: Final = 1 << 16
_WHOLE: Final = Limit(1 << 26, "bytes")
"""Largest file that is parsed whole only to learn the task's name."""


def _json_files(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if entry.name.lower().endswith(".json"))
    except OSError:
        return []
    files = [folder / name for name in names if not name.startswith(".")]
    return [file for file in files if not _NOT_ANNOTATIONS.match(file.stem)]


def _version_and_stem(path: Path) -> tuple[int, str]:
    match = _VERSION.search(path.stem)
    return (int(match[1]), path.stem[: match.start()]) if match else (1, path.stem)


def _newest(files: list[Path], stems: Collection[str]) -> Path | None:
    """Return the file whose stem, without a version at its end, is one of `stems`: the newest version."""
    fitting = [
        (version, path)
        for path in files
        for version, stem in [_version_and_stem(path)]
        if normalise(stem) in stems
    ]
    best = max((version for version, _ in fitting), default=0)
    return next((path for version, path in fitting if version == best), None)


def find_annotation(folder: Path, names: Collection[str] = ()) -> Path | None:
    """Return the annotation file of a task folder, or None when it has none.

    `annotation.json` first (`annotation_v2.json` is newer and wins), in the folder or in
    its `json/`; then a file named like the folder or like one of the normalised `names`;
    then the only JSON file with a list `data`. Raises DataError when several files could
    be it and nothing decides.
    """
    files = [*_json_files(folder), *_json_files(folder / "json")]
    own = {normalise(folder.name), *names} - {""}
    annotation = _newest(files, {"annotation", "annotations"}) or _newest(files, own)
    if annotation is None and files:
        annotation = _only_one_with_data(folder, files)
    if annotation is None:
        # An archive may have been packed with its top folder: <Name>/<Name>/annotation.json.
        nested = next((child for child in _folders(folder) if normalise(child.name) in own), None)
        annotation = find_annotation(nested, names) if nested is not None else None
    return annotation


def _folders(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            children = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        children = []
    yield from (folder / name for name in children)


def _only_one_with_data(folder: Path, files: list[Path]) -> Path | None:
    if len(files) == 1 and files[0].parent == folder:
        return files[0]  # the loader says what is wrong with it, if anything is
    fitting = [path for path in files if _has_data(path)]
    if len(fitting) > 1:
        listed = " and ".join(path.relative_to(folder).as_posix() for path in fitting)
        raise DataError(
            f"{folder}: {listed} could each be the annotation file; name the right one annotation.json"
        )
    return fitting[0] if fitting else None


def _parsed(path: Path) -> Any:
    try:
        return parse_json(read_regular(path, _WHOLE).decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return None


def _has_data(path: Path) -> bool:
    head = _head(path)
    if "data" in head:
        return True
    content = _parsed(path)
    return isinstance(content, dict) and isinstance(content.get("data"), list)


def _head(path: Path) -> dict[str, Any]:
    """Return the top-level keys in front of `data`, from the file's first bytes only.

    `data` is there as None when a list begins behind it. An unreadable file gives what
    was read up to there.
    """
    head: dict[str, Any] = {}
    try:
        with open_regular(path) as file:
            text = file.read(_HEAD_BYTES).decode("utf-8-sig", errors="ignore")
        decoder = json.JSONDecoder()
        place = text.index("{") + 1 if text.lstrip().startswith("{") else len(text)
        while True:
            place = _skip(text, place)
            key, place = decoder.raw_decode(text, place)
            place = _skip(text, place)
            if key == "data":
                return {**head, "data": None} if text.startswith("[", place) else head
            head[key], place = decoder.raw_decode(text, place)
    except (OSError, ValueError, IndexError, RecursionError, TypeError):
        return head


def _skip(text: str, place: int) -> int:
    while text[place] in " \t\r\n,:":
        place += 1
    return place


def inside_names(path: Path) -> tuple[str, ...]:
    """Return the task names that an annotation file gives itself: `task_fullname`, then `task`."""
    head = _head(path)
    if "task" not in head and "task_fullname" not in head:
        content = _parsed(path)
        head = content if isinstance(content, dict) else {}
    given = (head.get("task_fullname"), head.get("task"))
    return tuple(name for name in given if isinstance(name, str) and name.strip())
