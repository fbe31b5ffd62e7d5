"""The folders and archives of the repository that hold the data of each task."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.suite.data.fetch.limit import is_annotation
from pytest_generalbench.suite.data.fetch.repository import HubError, RemoteFile
from pytest_generalbench.suite.data.fetch.transfer import DiskError
from pytest_generalbench.suite.data.locate.annotation_file import find_annotation, inside_names
from pytest_generalbench.suite.data.locate.layout import archive_stem, group_at, group_of
from pytest_generalbench.suite.data.locate.matching import NameTable, assign

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.suite.data.fetch.listing import Child, Listing
    from pytest_generalbench.suite.data.fetch.record import Record
    from pytest_generalbench.suite.data.fetch.transfer import Transfer
    from pytest_generalbench.suite.data.locate.layout import Group

_FEW: Final = 8
"""Tasks of a group up to which each folder is listed by itself; of more the group is, in pages of 1000."""

_LARGEST: Final = 64 << 20
"""Bytes of an annotation that is brought to see whose it is."""

Inside = Callable[[str, Sequence[RemoteFile]], Sequence[str]]
"""Returns the task names that the annotations of a folder of the repository give."""


def nothing_inside(folder: str, annotations: Sequence[RemoteFile]) -> Sequence[str]:
    """Return no name: where nothing may be brought."""
    return ()


def names_inside(record: Record, transfer: Transfer) -> Inside:
    """Return what brings the annotations of a folder, and returns the task names that they give.

    Args:
        record: Where annotations are kept, beside the data: of a folder that is no task's nothing else comes.
        transfer: Brings files into `record.annotations`.
    """

    def look(folder: str, annotations: Sequence[RemoteFile]) -> Sequence[str]:
        if any(one.size > _LARGEST for one in annotations):
            return ()
        try:
            with record.locked("annotations"):
                for file in annotations:
                    transfer.fetch(file)
            annotation = find_annotation(record.annotations / folder)
        except (HubError, DiskError):
            raise
        except DataError:  # a file that cannot be had, or several that could be the annotation
            return ()
        return inside_names(annotation) if annotation is not None else ()

    return look


def _annotations(listing: Listing, folder: str) -> list[RemoteFile]:
    """Return the files of a folder that may be its annotation; the rest of it is not listed."""
    inner = f"{folder}/json"
    children = listing.children(folder)
    if (inner, None) in children:
        children = [*children, *listing.children(inner)]
    return [file for _, file in children if file is not None and is_annotation(file.path, folder)]


def places(
    listing: Listing, tasks: Sequence[Task], wanted: Sequence[Task], inside: Inside = nothing_inside
) -> Mapping[str, tuple[Child, ...]]:
    """Return the folders and archives of each wanted task, found as on disk.

    By name first. Where that leaves a wanted task without a folder, by the task name in the annotations of
    the folders that are left; one without an annotation may hold the folder of a task, as in the 3D part.

    Args:
        listing: The repository's.
        tasks: All there are: what a folder is not decides as much as what it is.
        wanted: Those that are asked for.
        inside: Gives the task names in the annotations of a folder.
    """
    groups: dict[Group, list[Task]] = {}
    for task in wanted:
        groups.setdefault(group_of(task), []).append(task)
    result: dict[str, tuple[Child, ...]] = {task.id: () for task in wanted}
    for group, folders in _group_folders(listing, set(groups)).items():
        if len(groups[group]) > _FEW:
            for folder in folders:
                listing.files(folder)
        table = NameTable([task for task in tasks if group_of(task) == group])
        entries = dict(entry for folder in folders for entry in _entries(listing, folder))
        by_name = assign(_judged(entries), table)
        assigned = {
            task_id: [(path, entries[path]) for path in paths] for task_id, paths in by_name.folders.items()
        }
        if any(task.id not in assigned for task in groups[group]):
            left = [path for path in (*by_name.unmatched, *by_name.undecided) if entries[path] is None]
            for task_id, children in _inner(listing, left, table, inside).items():
                assigned.setdefault(task_id, children)
        result.update((task.id, tuple(assigned.get(task.id, ()))) for task in groups[group])
    return result


def _inner(
    listing: Listing, folders: Iterable[str], table: NameTable, inside: Inside
) -> dict[str, list[Child]]:
    """Return the folders of tasks that no name of a folder tells."""
    named: dict[str, str] = {}
    entries: dict[str, Child] = {}
    for folder in folders:
        annotations = _annotations(listing, folder)
        if annotations:
            text = next((text for text in inside(folder, annotations) if table.match(text)), "")
            children: list[Child] = [(folder, None)] if text else []
            judged = {folder: text}
        else:
            children = _entries(listing, folder)
            judged = _judged(path for path, _ in children)
        entries.update((child[0], child) for child in children)
        named.update((path, judged[path]) for path, _ in children)
    return {name: [entries[path] for path in paths] for name, paths in assign(named, table).folders.items()}


def _group_folders(listing: Listing, groups: set[Group]) -> dict[Group, list[str]]:
    """Return the folders of the repository that hold each of the groups."""
    result: dict[Group, list[str]] = {group: [] for group in groups}
    modalities = {modality for modality, _ in groups}
    for first, file in listing.children(""):
        if file is not None or first.lower() not in modalities:
            continue
        is_language = first.lower() == "nlp"
        second = [first] if is_language else [path for path, one in listing.children(first) if one is None]
        for folder in second:
            group = group_at(folder.split("/"))
            if group in groups:
                result[group].append(folder)
    return result


def _entries(listing: Listing, folder: str) -> list[Child]:
    """Return the folders and archives in one folder of the repository."""
    children = listing.children(folder)
    return [one for one in children if one[1] is None or archive_stem(one[0].rpartition("/")[2])]


def _judged(entries: Iterable[str]) -> dict[str, str]:
    names = ((path, path.rpartition("/")[2]) for path in entries)
    return {path: archive_stem(name) or name for path, name in names}
