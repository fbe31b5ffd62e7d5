"""Downloads the folders of the wanted tasks from the hub, and unpacks archives."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from pytest_generalbench.core.errors import DataError, MissingDependencyError, UnknownWordError
from pytest_generalbench.core.plain_types import MISFIT
from pytest_generalbench.suite.data.fetch.archive import unpack
from pytest_generalbench.suite.data.locate.layout import SPLITS, DataFolder, archive_stem, group_at, group_of
from pytest_generalbench.suite.data.locate.matching import NameTable, assign
from pytest_generalbench.suite.tasks import load_tasks

if TYPE_CHECKING:
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.suite.data.locate.layout import Group

REPOSITORIES: Final = {
    "open": "General-Level/General-Bench-Openset",
    "close": "General-Level/General-Bench-Closeset",
}

_STATE: Final = ".generalbench"
"""Folder in the target that remembers which tasks are complete."""

Say = Callable[[str], None]
"""Takes one line about the progress."""


class HubApi(Protocol):
    """The two calls that are made of `huggingface_hub.HfApi`."""

    def list_repo_tree(
        self, repo_id: str, path_in_repo: str | None = None, *, repo_type: str | None = None
    ) -> Iterable[Any]:
        """Yield the entries of one folder: objects with `path`; files have a `size` as well."""

    def snapshot_download(
        self, repo_id: str, *, repo_type: str | None, local_dir: str, allow_patterns: list[str]
    ) -> Any:
        """Fetch the files that fit the patterns; what is there already is not fetched again."""


def _silent(line: str) -> None:
    """Print nothing."""


def hub_api() -> HubApi:
    """Return the real hub, or raise MissingDependencyError."""
    try:
        from huggingface_hub import HfApi
    except ImportError as error:
        raise MissingDependencyError("huggingface_hub", "hub", "downloading General-Bench") from error
    api: HubApi = HfApi()
    return api


def download(
    split: str,
    tasks: Sequence[Task],
    target: Path,
    offline: bool = False,
    progress: Say = _silent,
    *,
    wanted: Sequence[Task] | None = None,
    api: HubApi | None = None,
    refresh: bool = False,
) -> Path:
    """Download the data of `wanted` (default: all of `tasks`) into `target`, and return `target`.

    `tasks` are all there are, so that folders are told apart. Tasks that are complete
    are not asked for again unless `refresh`. With `offline` nothing is fetched, archives
    that are there are unpacked, and a target with nothing in it is a DataError.
    """
    if split not in SPLITS:
        raise UnknownWordError("split", split, SPLITS)
    wanted = tasks if wanted is None else wanted
    if offline:
        if not has_data(target):
            raise DataError(
                f"{target}: nothing downloaded yet; run `generalbench download {target}` without --offline"
            )
        unpack_found(target, tasks, progress, split)
        return target
    missing = [task for task in wanted if refresh or not _is_complete(target, split, task)]
    if missing:
        _fetch(api or hub_api(), split, tasks, missing, target, progress)
    return target


def download_data(
    folder: str | Path,
    *,
    split: str = "open",
    only: Callable[[Task], bool] = lambda task: True,
    offline: bool = False,
    progress: Say = _silent,
    api: HubApi | None = None,
) -> Path:
    """Download the data of some or all tasks from the hub and unpack them.

    It goes on where an earlier download stopped. The whole open set is 206 GB.

    Args:
        folder: Where to put it.
        split: `open` (with answers) or `close`.
        only: Which tasks are wanted.
        offline: Whether nothing is downloaded, and the archives that are there are unpacked.
        progress: Is given lines about the progress.
        api: The hub; None is the real one.

    Returns:
        The folder, as `check_data` and `--generalbench-data` take it.

    Raises:
        UnknownWordError: there is no such split.
        MissingDependencyError: huggingface_hub is not installed.
        DataError: no task is wanted, or the hub, the disk or an archive failed.
    """
    tasks, target = load_tasks(), Path(folder)
    wanted = [task for task in tasks if only(task)]
    if not wanted:
        raise DataError("no task is wanted; `generalbench tasks` lists them")
    download(split, tasks, target, offline, progress, wanted=wanted, api=api, refresh=True)
    if not has_data(target):
        raise DataError(f"{REPOSITORIES[split]}: no folder bears the name of a wanted task")
    return target


def has_data(target: Path) -> bool:
    """Whether anything but the download's own records lies in `target`."""
    return target.is_dir() and any(path.name[0] != "." for path in target.iterdir())


def _marker(target: Path, split: str, task: Task) -> Path:
    return target / _STATE / split / f"{task.id.replace('/', '--')}.json"


def _is_complete(target: Path, split: str, task: Task) -> bool:
    try:
        folders = json.loads(_marker(target, split, task).read_text(encoding="utf-8"))["folders"]
        return all((target / folder).is_dir() for folder in folders)
    except (OSError, *MISFIT):
        return False


def _fetch(
    api: HubApi, split: str, tasks: Sequence[Task], missing: Sequence[Task], target: Path, say: Say
) -> None:
    repository = REPOSITORIES[split]
    target.mkdir(parents=True, exist_ok=True)
    groups = {group_of(task) for task in missing}
    listing = _asked(repository, lambda: _listing(api, repository, groups))
    places = _places(listing, tasks)
    for number, task in enumerate(missing, 1):
        entries = places.get(task.id, ())
        answer = ", ".join(entries) or "no folder of that name on the hub"
        say(f"{number}/{len(missing)} {task.id}: {answer}")
        if entries:
            patterns = [pattern for entry in entries for pattern in _patterns(entry)]
            _asked(repository, lambda patterns=patterns: _download(api, repository, target, patterns))  # type: ignore[misc]
        folders = [_unpacked(target / entry) for entry in entries]
        marker = _marker(target, split, task)
        marker.parent.mkdir(parents=True, exist_ok=True)
        named = [folder.relative_to(target).as_posix() for folder in folders]
        marker.write_text(json.dumps({"folders": named}), encoding="utf-8")


def _download(api: HubApi, repository: str, target: Path, patterns: list[str]) -> None:
    api.snapshot_download(repository, repo_type="dataset", local_dir=str(target), allow_patterns=patterns)


def _asked(repository: str, ask: Callable[[], Any]) -> Any:
    """Return the hub's reply; its errors become a GeneralBenchError of one line."""
    try:
        return ask()
    except _hub_errors() as error:
        reason = " ".join(str(error).split())[:300]
        raise DataError(
            f"the hub repository {repository}: {reason}; try again (a download goes on where it stopped) "
            "or give a folder with --generalbench-data"
        ) from error


def _hub_errors() -> tuple[type[Exception], ...]:
    """Return what the hub library raises: its own errors derive from these, those of its transport do not."""
    transports = (sys.modules.get(name) for name in ("httpx", "httpx2"))
    theirs = (getattr(module, "HTTPError", None) for module in transports)
    return (OSError, ValueError, RuntimeError, *(error for error in theirs if isinstance(error, type)))


def _listing(api: HubApi, repository: str, groups: Iterable[Group]) -> dict[Group, list[str]]:
    """Return the paths of the folders and archives in each of the wanted groups."""
    wanted = set(groups)
    listing: dict[Group, list[str]] = {group: [] for group in wanted}
    for first in _entries(api, repository, None):
        if first.lower() not in {modality for modality, _ in wanted}:
            continue
        children = _entries(api, repository, first)
        if first.lower() == "nlp":
            listing[("nlp", None)].extend(children)
            continue
        for second in children:
            group = group_at(second.split("/"))
            if group in wanted:
                listing[group].extend(_entries(api, repository, second))
    return listing


def _entries(api: HubApi, repository: str, folder: str | None) -> list[str]:
    """Return the folders and archives in one folder of the repository."""
    entries = api.list_repo_tree(repository, folder, repo_type="dataset")
    paths = ((entry.path, hasattr(entry, "size")) for entry in entries)
    return [path for path, is_file in paths if not is_file or archive_stem(path.rsplit("/", 1)[-1])]


def _places(listing: Mapping[Group, list[str]], tasks: Sequence[Task]) -> dict[str, tuple[str, ...]]:
    """Return the folders and archives of each task, matched by name as on disk."""
    places: dict[str, tuple[str, ...]] = {}
    for group, paths in listing.items():
        names = [(path, path.rsplit("/", 1)[-1]) for path in paths]
        named = {path: archive_stem(name) or name for path, name in names}
        table = NameTable([task for task in tasks if group_of(task) == group])
        places.update(assign(named, table).folders)
    return places


def _patterns(entry: str) -> tuple[str, ...]:
    """Return the download patterns of an entry; its name is taken literally."""
    literal = re.sub(r"([*?\[])", r"[\1]", entry)
    return (literal,) if archive_stem(entry.rsplit("/", 1)[-1]) else (f"{literal}/*",)


def _unpacked(path: Path) -> Path:
    """Return the task's folder; an archive is unpacked into a folder of its name first."""
    stem = archive_stem(path.name)
    if stem is not None:
        return unpack(path, path.with_name(stem))
    for inner in sorted(path.iterdir()) if path.is_dir() else ():
        inner_stem = archive_stem(inner.name)
        if inner_stem is not None:
            unpack(inner, inner.with_name(inner_stem))
    return path


def unpack_found(
    root: Path, tasks: Sequence[Task], progress: Say = _silent, split: str = "open"
) -> list[Path]:
    """Unpack the archives of `tasks` that lie packed in the tree at `root`; return the new folders."""
    folder = DataFolder(root, tasks, split)
    made: list[Path] = []
    for task in tasks:
        archive = folder.packed(task)
        stem = archive_stem(archive.name) if archive else None
        if archive is not None and stem is not None and not archive.with_name(stem).exists():
            progress(f"{task.id}: unpacking {archive.name}")
            made.append(unpack(archive, archive.with_name(stem)))
    return made
