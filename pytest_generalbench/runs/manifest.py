"""The manifest of a finished run: digests that tell which byte range of which file has changed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import ChangedFileError, GeneralBenchError
from pytest_generalbench.core.new_files import UNFINISHED, atomic_write
from pytest_generalbench.core.plain_types import MISFIT
from pytest_generalbench.core.regular_files import read_regular
from pytest_generalbench.runs.heartbeat import HEARTBEAT_FILE
from pytest_generalbench.runs.lock import LOCK_FILE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MANIFEST_FILE: Final = "manifest.json"
MANIFEST_VERSION: Final = 1
IGNORE_FILE: Final = ".gitignore"
"""Keeps the run folder out of git; it is no part of the run."""
RANGE_BYTES: Final = 1 << 16


def _file_entry(path: Path) -> dict[str, Any]:
    """Return size, digest, and the digest of every range of the file."""
    whole = hashlib.sha256()
    size, ranges = 0, []
    with path.open("rb") as file:
        while block := file.read(RANGE_BYTES):
            whole.update(block)
            size += len(block)
            ranges.append(hashlib.sha256(block).hexdigest()[:16])
    return {"size": size, "sha256": whole.hexdigest(), "ranges": ranges}


def _encoded(content: Mapping[str, Any]) -> bytes:
    """Return the one way in which a manifest is written; any other bytes are no manifest of ours."""
    return (json.dumps(content, ensure_ascii=True, indent=1, sort_keys=True) + "\n").encode()


def _own_digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(_encoded({key: content[key] for key in content if key != "digest"})).hexdigest()


def run_files(folder: Path) -> list[Path]:
    """Return every file of the run, in a fixed order, but those that the manifest leaves out."""
    names = (LOCK_FILE, HEARTBEAT_FILE, MANIFEST_FILE, IGNORE_FILE, UNFINISHED)
    aside = {folder / name for name in names}
    return sorted(
        path for path in folder.rglob("*") if path.is_file() and path not in aside and path.suffix != ".tmp"
    )


def write_manifest(folder: Path) -> Path:
    """Write the manifest over every file of the run, and return its path."""
    content: dict[str, Any] = {"v": MANIFEST_VERSION, "range_bytes": RANGE_BYTES}
    content["files"] = {path.relative_to(folder).as_posix(): _file_entry(path) for path in run_files(folder)}
    content["digest"] = _own_digest(content)
    atomic_write(folder / MANIFEST_FILE, _encoded(content))
    return folder / MANIFEST_FILE


def _read(folder: Path) -> dict[str, Any] | None:
    """Return the manifest, None when it is not as it was written."""
    path = folder / MANIFEST_FILE
    try:
        raw = read_regular(path)
    except OSError as error:
        raise GeneralBenchError(
            f"{folder} has no {MANIFEST_FILE}: a run has one once it has ended; go on with "
            "--generalbench-resume"
        ) from error
    try:
        content = json.loads(raw)
        if content["v"] > MANIFEST_VERSION and _encoded(content) == raw:
            raise GeneralBenchError(
                f"{path} is of version {content['v']}, this program reads up to {MANIFEST_VERSION}: "
                "pip install --upgrade pytest-generalbench"
            )
        if content["digest"] == _own_digest(content) and _encoded(content) == raw:
            return dict(content)
    except MISFIT:
        pass
    return None


def check_unchanged(folder: Path, name: str, content: bytes) -> None:
    """Check a file of a run against the manifest, where the run has ended and its manifest is whole.

    Args:
        folder: The run folder.
        name: The file's path in it.
        content: What the file holds now.

    Raises:
        ChangedFileError: it is not as it was when the run ended.
    """
    path = folder / MANIFEST_FILE
    try:
        facts = path.stat()
        digests = _digests(path, facts.st_mtime_ns, facts.st_size)
    except (OSError, GeneralBenchError):
        return
    if name in digests and hashlib.sha256(content).hexdigest() != digests[name]:
        raise ChangedFileError(
            f"{folder / name} has changed since the run ended: `generalbench verify {folder}` says where; "
            "bring it back, or have `generalbench rescore --write` make results and tables from the ledger"
        )


@lru_cache(maxsize=64)
def _digests(path: Path, time: int, size: int) -> dict[str, str]:
    """Return the digest of every file by its path; nothing where the manifest is not as it was written."""
    content = _read(path.parent)
    return {} if content is None else {name: facts["sha256"] for name, facts in content["files"].items()}


@dataclass(frozen=True, slots=True)
class Verification:
    """A run folder compared with what it was when the run ended."""

    files: int
    """Files that are there now."""
    changes: tuple[str, ...]
    """A line for each change: file, bytes, what happened; () where nothing changed."""


def verify_run(folder: str | Path) -> Verification:
    """Compare every file of a run folder with the digests that were written when the run ended.

    Raises:
        GeneralBenchError: the folder is no run, or its run has not ended.
    """
    files = run_files(Path(folder))
    return Verification(len(files), tuple(_differences(Path(folder), files)))


def _differences(folder: Path, paths: Iterable[Path]) -> Iterator[str]:
    manifest = _read(folder)
    if manifest is None:
        size = (folder / MANIFEST_FILE).stat().st_size
        yield f"{MANIFEST_FILE}: bytes 0-{size - 1}: changed, so nothing else can be compared"
        return
    there = {path.relative_to(folder).as_posix(): path for path in paths}
    for name, facts in manifest["files"].items():
        if name not in there:
            yield f"{name}: gone ({facts['size']} bytes)"
        else:
            yield from _changes(name, facts, _file_entry(there[name]), manifest["range_bytes"])
    for name in sorted(there.keys() - manifest["files"].keys()):
        yield f"{name}: new, not there when the run ended"


def _changes(name: str, before: Mapping[str, Any], now: Mapping[str, Any], range_bytes: int) -> Iterator[str]:
    if before == now:
        return
    pairs = zip(before["ranges"], now["ranges"], strict=False)
    for number, (old, new) in enumerate(pairs):
        if old != new:
            end = min((number + 1) * range_bytes, before["size"], now["size"])
            yield f"{name}: bytes {number * range_bytes}-{end - 1}: changed"
    if before["size"] != now["size"]:
        yield f"{name}: {before['size']} bytes when the run ended, {now['size']} now"
    elif before["ranges"] == now["ranges"]:  # the short digests agree, the whole one does not
        yield f"{name}: bytes 0-{now['size'] - 1}: changed"
