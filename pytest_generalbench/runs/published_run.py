"""Finished runs in a store as plain files, and any stored run brought into a folder."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import DataError, GeneralBenchError
from pytest_generalbench.core.new_files import folder_in_the_making, private_folder
from pytest_generalbench.core.plain_types import MISFIT
from pytest_generalbench.runs.manifest import MANIFEST_FILE, verify_run
from pytest_generalbench.runs.object_store import MissingObjectError, is_address, open_store
from pytest_generalbench.runs.stored_folder import StoredFolder, download
from pytest_generalbench.runs.stored_run import PARALLEL, is_safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_generalbench.runs.object_store import ObjectStore

_PATIENCE_S: Final = 300.0
_SMALL_BYTES: Final = 16 << 20
"""Bytes of a file up to which several are in memory at a time."""


def publish_run(folder: Path, address: str) -> None:
    """Write a finished run to a store, file by file, in the place of one that is there.

    Its manifest, which has the size and digest of every file, is written last.

    Raises:
        GeneralBenchError: the run has not ended.
        StoreError: the store cannot be written.
    """
    store = open_store(address, _PATIENCE_S)
    sizes = _sizes((folder / MANIFEST_FILE).read_bytes())
    try:
        before = set(_sizes(store.get(MANIFEST_FILE)))
        store.remove(MANIFEST_FILE)
    except (MissingObjectError, DataError):
        before = set()
    _each(sizes, lambda name: store.put(name, (folder / name).read_bytes()))
    for name in before - set(sizes):
        store.remove(name)
    store.put(MANIFEST_FILE, (folder / MANIFEST_FILE).read_bytes())


def _each(sizes: Mapping[str, int], act: Callable[[str], None]) -> None:
    """Do something with every file: with small ones several at a time, with large ones in turn."""
    with ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(act, [name for name, size in sizes.items() if size <= _SMALL_BYTES]))
    for name in [name for name, size in sizes.items() if size > _SMALL_BYTES]:
        act(name)


def _sizes(manifest: bytes) -> dict[str, int]:
    """Return the size of each file that a run's manifest lists. Raises DataError where it is none."""
    try:
        sizes = {name: int(facts["size"]) for name, facts in json.loads(manifest)["files"].items()}
        if all(is_safe(name) for name in sizes):
            return sizes
    except MISFIT as error:
        raise DataError(f"it is no manifest of a run: {error}") from error
    raise DataError("the manifest names a file outside of the run")


def fetch_run(address: str, into: str | Path) -> Path:
    """Bring a run that lies in a store into a new folder: a shard of a launch, or a finished run.

    Args:
        address: Such as `s3://bucket/prefix/shard-1-of-4` or `s3://bucket/prefix/merged`.
        into: The run folder; it must be empty or not exist.

    Returns:
        The run folder. Of a shard that has not ended it is its last checkpoint.

    Raises:
        GeneralBenchError: there is no run, it is not as it was written, or the store does not answer.
    """
    store, target = open_store(address, _PATIENCE_S), Path(into)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise GeneralBenchError(f"{into} is not empty: name a new folder")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with folder_in_the_making(target.absolute()) as half:
            folder = half / target.name
            if download(store, StoredFolder(folder)) is None:
                _fetch_published(store, folder)
            folder.rename(target)
    except OSError as error:
        raise GeneralBenchError(f"{into} cannot be written: {error.strerror or error}") from error
    return target


def _fetch_published(store: ObjectStore, folder: Path) -> None:
    try:
        manifest = store.get(MANIFEST_FILE)
    except MissingObjectError as error:
        raise GeneralBenchError(f"there is no run at {store.address}") from error
    private_folder(folder)

    def fetch(name: str) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.write_bytes(store.get(name))
        except MissingObjectError as error:
            raise DataError(str(error)) from error

    _each(_sizes(manifest), fetch)
    (folder / MANIFEST_FILE).write_bytes(manifest)
    for change in verify_run(folder).changes:
        raise DataError(f"{store.address} is not as the run was written: {change}")


@contextmanager
def local_runs(places: Sequence[str | Path]) -> Iterator[list[Path]]:
    """Give the folders of runs; stored ones are fetched for as long as they are wanted.

    Args:
        places: Run folders, or addresses of stored runs, whose last part may have `*` for any letters.

    Raises:
        GeneralBenchError: no run fits an address, it is not as it was written, or its store does not answer.
    """
    if not any(is_address(place) for place in places):
        yield [Path(place) for place in places]
        return
    with TemporaryDirectory(prefix="generalbench-") as name:
        folders = []
        for place in places:
            if not is_address(place):
                folders.append(Path(place))
                continue
            for address in _matching(str(place)):
                folders.append(
                    fetch_run(address, Path(name) / str(len(folders)) / address.rpartition("/")[2])
                )
        yield folders


def _matching(address: str) -> list[str]:
    above, _, last = address.rstrip("/").rpartition("/")
    if "*" not in last:
        return [address]
    names = [name for name in open_store(above, _PATIENCE_S).names("") if fnmatchcase(name, last)]
    if not names:
        raise GeneralBenchError(f"nothing fits {address}")
    return [f"{above}/{name}" for name in names]
