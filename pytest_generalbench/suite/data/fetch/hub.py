"""Downloads the folders of the wanted tasks from the hub, and unpacks archives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import DataError, UnknownWordError
from pytest_generalbench.suite.data.fetch.archive import unpack
from pytest_generalbench.suite.data.fetch.limit import is_annotation, unneeded
from pytest_generalbench.suite.data.fetch.listing import Listing
from pytest_generalbench.suite.data.fetch.places import names_inside
from pytest_generalbench.suite.data.fetch.plan import DownloadPlan, TaskPlan, is_complete, make_plan, without
from pytest_generalbench.suite.data.fetch.record import Record
from pytest_generalbench.suite.data.fetch.repository import REPOSITORIES, HubError, Repository
from pytest_generalbench.suite.data.fetch.session import Session, begin, disk_error, remove_unpacked
from pytest_generalbench.suite.data.fetch.transfer import DiskError, Transfer
from pytest_generalbench.suite.data.locate.layout import SPLITS, DataFolder, archive_stem
from pytest_generalbench.suite.selection import board_tasks
from pytest_generalbench.suite.tasks import load_tasks

if TYPE_CHECKING:
    from pytest_generalbench.core.task import Task

Say = Callable[[str], None]
"""Takes one line about the progress."""

JOBS: Final = 8
"""Files that are brought at a time."""


def _silent(line: str) -> None:
    """Print nothing."""


def download(
    split: str,
    tasks: Sequence[Task],
    target: Path,
    offline: bool = False,
    progress: Say = _silent,
    *,
    wanted: Sequence[Task] | None = None,
    limit: int | None = None,
    revision: str | None = None,
    refresh: bool = False,
    remove_archives: bool = False,
    jobs: int = JOBS,
) -> Path:
    """Download the data of `wanted` (default: all of `tasks`) into `target`, and return `target`.

    `tasks` are all there are, so that folders are told apart. Tasks that are complete
    are not asked for again unless `refresh`. With `offline` nothing is fetched, archives
    of `wanted` that are there are unpacked, and a target with nothing in it is a DataError.
    """
    if split not in SPLITS:
        raise UnknownWordError("split", split, SPLITS)
    wanted = tasks if wanted is None else wanted
    if offline:
        return _unpacked_offline(split, tasks, target, wanted, progress)
    record = Record(target, split)
    if not (refresh or revision) and are_complete(target, split, wanted, limit):
        if remove_archives:
            remove_unpacked(record, (task.id for task in wanted))
        return target
    repository = Repository(split)
    try:
        commit = _pinned(repository, record, revision, refresh=refresh)
        listing = Listing(repository, commit, record)
        looking = Transfer(repository, commit, record.annotations, record.parts)
        plan = make_plan(
            listing, record, repository.name, tasks, wanted, limit=limit, refresh=refresh,
            remove_archives=remove_archives, inside=names_inside(record, looking),
        )  # fmt: skip
    except OSError as error:
        raise disk_error(record, error) from error
    transfer = Transfer(repository, commit, target, record.parts, record.annotations)
    if plan.is_bound:
        plan = _limited(plan, record, transfer, {task.id: task for task in wanted}, progress, jobs)
    progress(plan.summary)
    plan.check_room()
    Session(plan, record, transfer, progress).run(jobs)
    if remove_archives:
        remove_unpacked(record, (task.id for task in wanted))
    return target


def are_complete(target: Path, split: str, wanted: Sequence[Task], limit: int | None) -> bool:
    """Return whether all of these tasks are there as the noted commit has them."""
    record = Record(target, split)
    commit = record.commit()
    return commit is not None and all(is_complete(record.task(task.id), commit, limit) for task in wanted)


def _unpacked_offline(
    split: str, tasks: Sequence[Task], target: Path, wanted: Sequence[Task], say: Say
) -> Path:
    if not has_data(target):
        raise DataError(
            f"{target}: nothing downloaded yet; run `generalbench download {target}` without --offline"
        )
    unpack_found(target, tasks, say, split, wanted=wanted)
    return target


def _limited(
    plan: DownloadPlan, record: Record, transfer: Transfer, tasks: Mapping[str, Task], say: Say, jobs: int
) -> DownloadPlan:
    """Bring the annotations of limited tasks, and return the plan without what no instance needs."""

    def limited(one: TaskPlan) -> TaskPlan:
        if not (one.limit and one.missing):
            return one
        try:
            with record.locked(one.task_id):
                begin(record, one, plan.commit)
                return _limited_task(one, record, transfer, tasks[one.task_id], say)
        except OSError as error:
            raise disk_error(record, error) from error

    with ThreadPoolExecutor(jobs, "generalbench-annotations") as pool:
        return replace(plan, tasks=tuple(pool.map(limited, plan.tasks)), is_exact=True)


def _limited_task(plan: TaskPlan, record: Record, transfer: Transfer, task: Task, say: Say) -> TaskPlan:
    entry, left_out = plan.entries[0], frozenset[str]()
    try:
        for file in plan.files:
            if is_annotation(file.path, entry):
                transfer.fetch(file)
        paths = [file.path for file in plan.files if not is_annotation(file.path, entry)]
        left_out = unneeded(task, record.target, entry, paths, plan.limit or 0)
    except (HubError, DiskError):
        raise
    except DataError as error:
        say(f"{plan.task_id}: the whole folder, since its annotation does not tell what is needed: {error}")
    return without(plan, left_out, record)


def _pinned(repository: Repository, record: Record, revision: str | None, *, refresh: bool) -> str:
    """Return the commit that downloads into this folder take, and note it. Raises OSError."""
    with record.locked("revision"):
        record.clean()
        commit = record.commit()
        if commit is None or revision or refresh:
            revision = revision or record.revision() or "main"
            commit = repository.commit(revision)
            record.pin(repository.name, revision, commit)
        return commit


def plan_download(
    folder: str | Path,
    *,
    split: str = "open",
    only: Callable[[Task], bool] = lambda task: True,
    board: str = "A",
    limit: int | None = None,
    revision: str | None = None,
    refresh: bool = False,
    remove_archives: bool = False,
) -> DownloadPlan:
    """Return what `download_data` would bring with the same arguments: files, bytes, room on the disk.

    The hub is asked for its listings; nothing is written.

    Raises:
        UnknownWordError: there is no such split or board.
        MissingDependencyError: huggingface_hub is not installed.
        DataError: no task is wanted, or the hub failed.
    """
    tasks = load_tasks()
    wanted = _wanted(tasks, only, board)
    record, repository = Record(Path(folder), split), Repository(split)
    commit = None if refresh or revision else record.commit()
    commit = commit or repository.commit(revision or record.revision() or "main")
    listing = Listing(repository, commit, None)
    return make_plan(
        listing, record, repository.name, tasks, wanted, limit=limit, refresh=refresh,
        remove_archives=remove_archives,
    )  # fmt: skip


def _wanted(tasks: Sequence[Task], only: Callable[[Task], bool], board: str) -> list[Task]:
    wanted = [task for task in board_tasks(tasks, board) if only(task)]
    if not wanted:
        raise DataError("no task is wanted; `generalbench tasks` lists them")
    return wanted


def download_data(
    folder: str | Path,
    *,
    split: str = "open",
    only: Callable[[Task], bool] = lambda task: True,
    board: str = "A",
    limit: int | None = None,
    offline: bool = False,
    progress: Say = _silent,
    revision: str | None = None,
    refresh: bool = False,
    remove_archives: bool = False,
    jobs: int = JOBS,
) -> Path:
    """Download the data of some or all tasks from the hub and unpack them.

    It goes on where an earlier download stopped, from the byte that it had. Every file is checked by size and
    digest (SHA-256 of large files, git's SHA-1 of small ones). The whole open set is 206 GB.

    Args:
        folder: Where to put it.
        split: `open` (with answers) or `close`.
        only: Which tasks are wanted, of those of the board.
        board: `A`, `B:image`, `C:image-generation`, `D:object-detection` …
        limit: The number of instances of a task whose media come, as `--generalbench-limit` draws them; where
            the task is answered in text and its media are no archive. None: all.
        offline: Whether nothing is downloaded, and the archives that are there are unpacked.
        progress: Is given lines about the progress.
        revision: Branch, tag or commit of the repository; None: that of earlier downloads into the folder,
            else `main`. What it stands for is looked up once and noted in the folder.
        refresh: Whether the revision is looked up again, and every file compared with its listing.
        remove_archives: Whether an archive is removed when it is unpacked.
        jobs: Files that are brought at a time.

    Returns:
        The folder, as `check_data` and `--generalbench-data` take it.

    Raises:
        UnknownWordError: there is no such split or board.
        MissingDependencyError: huggingface_hub is not installed.
        DataError: no task is wanted, the disk has too little room, or the hub, the disk or an archive failed;
            what came until then is kept.
    """
    tasks, target = load_tasks(), Path(folder)
    wanted = _wanted(tasks, only, board)
    download(
        split, tasks, target, offline, progress, wanted=wanted, limit=limit, revision=revision,
        refresh=refresh, remove_archives=remove_archives, jobs=jobs,
    )  # fmt: skip
    if not has_data(target):
        raise DataError(f"{REPOSITORIES[split]}: no folder bears the name of a wanted task")
    return target


def has_data(target: Path) -> bool:
    """Whether anything but the download's own records lies in `target`."""
    return target.is_dir() and any(path.name[0] != "." for path in target.iterdir())


def unpack_found(
    root: Path,
    tasks: Sequence[Task],
    progress: Say = _silent,
    split: str = "open",
    *,
    wanted: Sequence[Task] | None = None,
) -> list[Path]:
    """Unpack the archives of `wanted` that lie packed in the tree at `root`; return the new folders.

    `tasks` are all there are, and the default of `wanted`.
    """
    folder = DataFolder(root, tasks, split)
    made: list[Path] = []
    for task in tasks if wanted is None else wanted:
        archive = folder.packed(task)
        stem = archive_stem(archive.name) if archive else None
        if archive is not None and stem is not None and not archive.with_name(stem).exists():
            progress(f"{task.id}: unpacking {archive.name}")
            made.append(unpack(archive, archive.with_name(stem)))
    return made
