"""Entries of an annotation file as instances, each made when it is first asked for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, overload

from pytest_generalbench.core.errors import MediaError
from pytest_generalbench.core.request import Instance, Problem, UnopenedInstance
from pytest_generalbench.core.task import Task
from pytest_generalbench.suite.data.read.ids import ids_of
from pytest_generalbench.suite.data.read.media_fields import media_of
from pytest_generalbench.suite.data.read.media_files import MediaFinder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pytest_generalbench.core.media.media import Media
    from pytest_generalbench.suite.data.locate.layout import TaskFiles

MAX_DEPTH: Final = 64
"""The deepest nesting of an instance; polygons and RLE masks need about ten."""

FLAT_REFERENCES: Final = (
    "label", "labels", "answer", "answers", "answerKey", "answer_key", "correct_answer", "correct_option",
    "answer_idx", "answer_index", "ground_truth", "groundtruth", "gt", "gold", "reference", "references",
    "trajectory", "mask", "mask_file", "mask_path", "masks", "segmentation", "alpha", "flow",
)  # fmt: skip
"""Keys that are the reference where an instance has no `output`, the first that is there."""

INPUT_REFERENCES: Final = ("gt_dir", "gt_folder")
"""Folders of reference frames that some video tasks name in their `input`."""

_NAMES_OF_LABELS: Final = (
    "label_name",
    "label_names",
    "label_text",
    "class_name",
    "category_name",
    "answer_text",
)
"""Keys beside a flat answer that say it in another way; the model must see none of them."""

_WITH_TRAJECTORY: Final = ("tube_start_frame", "tube_end_frame")
"""The grounding tasks' answer is in three keys; the model must see none of them."""


class FileInstances(Sequence[Instance]):
    """The instances of one file, in its order; ids are unique.

    Only the ids are read at once: a run of a few instances does not pay for making all of them.
    """

    def __init__(self, files: TaskFiles, task: Task, name: str, root: Path, entries: list[Any]) -> None:
        """Take the entries of the file `name`, which lies in the data folder `root`."""
        self._origin = _Origin(task, name, MediaFinder(files.folder, root))
        self._close = files.split == "close"
        self._reference_files = MediaFinder(files.folder, root, references=True)
        self._ids = ids_of(entries)
        self._entries = list(entries)
        self._made: list[Instance | None] = [None] * len(entries)
        self._references_expected = not self._close and any(_reference(entry)[1] for entry in entries)

    @property
    def ids(self) -> Sequence[str]:
        """The ids of all instances, in order; no instance is made for them."""
        return self._ids.texts

    @property
    def remarks(self) -> tuple[str, ...]:
        """Remarks on the ids."""
        if self._ids.key is None:
            return ("no entry has an id: each is named by its place in the file, #1 the first",)
        return () if self._ids.key == "id" else (f"{self._ids.key!r} is taken as the id",)

    def __len__(self) -> int:
        """Return how many entries the file has."""
        return len(self._entries)

    @overload
    def __getitem__(self, place: int) -> Instance: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Instance, ...]: ...
    def __getitem__(self, place: int | slice) -> Instance | tuple[Instance, ...]:
        """Return the instance at a place, counted from 0: the same object each time."""
        if isinstance(place, slice):
            return tuple(map(self._at, range(*place.indices(len(self)))))
        return self._at(range(len(self))[place])

    def __iter__(self) -> Iterator[Instance]:
        """Yield all instances."""
        return map(self._at, range(len(self)))

    def _at(self, place: int) -> Instance:
        made = self._made[place]
        if made is None:
            made = self._made[place] = self._read(place)
            self._entries[place] = None  # the instance holds what it needs of it
        return made

    def _read(self, place: int) -> Instance:
        entry, fault = self._entries[place], self._ids.faults.get(place)
        if not isinstance(entry, dict):
            return self._instance(place, {}, fault=f"expected an object, found {type(entry).__name__}")
        if deeper_than(entry, MAX_DEPTH):
            return self._instance(place, {}, fault=f"nested deeper than {MAX_DEPTH} levels")
        fields = _fields(entry, self._ids.key)
        reference, key = (None, None) if self._close else _reference(entry)
        if key is None and self._references_expected:
            fault = fault or f"no output; keys found: {named_keys(entry)}"
        return self._instance(place, fields, reference, key, fault, _sources(entry, fields))

    def _instance(
        self,
        place: int,
        fields: Mapping[str, Any],
        reference: Any = None,
        key: str | None = None,
        fault: str | None = None,
        sources: Mapping[str, Any] | None = None,
    ) -> Instance:
        instance_id = self._ids.texts[place]
        find = partial(_media, self._origin, instance_id, fault, sources)
        files = self._reference_files
        return UnopenedInstance(instance_id, self._origin.task.id, fields, reference, key, files, find)


class _Origin(NamedTuple):
    """Where the instances of a file come from."""

    task: Task
    name: str
    finder: MediaFinder


def _media(
    origin: _Origin, instance_id: str, fault: str | None, sources: Mapping[str, Any] | None
) -> tuple[tuple[Media, ...], Problem | None]:
    """Return the media of an instance, and why it cannot be asked."""
    where = f"{origin.name}: instance {instance_id!r}"
    problem = Problem("error", f"{where}: {fault}") if fault else None
    try:
        media = () if sources is None else media_of(sources, origin.task, origin.finder)
    except MediaError as error:
        return (), problem or Problem("missing_media", f"{where}: {error}")
    return media, problem


def deeper_than(value: Any, limit: int) -> bool:
    """Whether `value` nests deeper than `limit`, looked at level by level."""
    level = [value]
    for _ in range(limit):
        level = [
            item
            for holder in level
            for item in (holder.values() if isinstance(holder, dict) else holder)
            if isinstance(item, (dict, list))
        ]
        if not level:
            return False
    return True


def named_keys(value: Mapping[str, Any]) -> str:
    """Return the first keys of an object for a message."""
    return ", ".join(sorted(value)[:12]) or "none"


_NO_INPUT: Final = frozenset({*INPUT_REFERENCES, "pred_dir"})
"""Keys of an `input` object that a model must not see."""


def _fields(entry: Mapping[str, Any], id_key: str | None) -> dict[str, Any]:
    """Return what the model may see: the `input` object, or the entry without id and answer."""
    given = entry.get("input")
    if isinstance(given, dict):
        return {key: value for key, value in given.items() if key not in _NO_INPUT}
    hidden = {"id", "output", id_key}
    if entry.get("output") is None:
        hidden.update(FLAT_REFERENCES)
        hidden.update(_NAMES_OF_LABELS)
        hidden.update(_WITH_TRAJECTORY if "trajectory" in entry or "tube_start_frame" in entry else ())
    fields = {key: value for key, value in entry.items() if key not in hidden}
    if isinstance(given, str) and len(fields) == 1:
        fields["text"] = given
    return fields


def _sources(entry: Mapping[str, Any], fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the fields in which media are looked for; frames may be named in the reference alone."""
    given = entry.get("input")
    return given if isinstance(given, dict) else fields


def _reference(entry: Any) -> tuple[Any, str | None]:
    """Return the raw reference and the key it was under, or None twice."""
    if not isinstance(entry, dict):
        return None, None
    if entry.get("output") is not None:
        return entry["output"], "output"
    key = next((key for key in FLAT_REFERENCES if entry.get(key) is not None), None)
    if key == "trajectory":
        return {name: entry[name] for name in (*_WITH_TRAJECTORY, key) if name in entry}, key
    given = entry.get("input")
    if key is None and isinstance(given, dict):
        folder = next((name for name in INPUT_REFERENCES if isinstance(given.get(name), str)), None)
        return ({folder: given[folder]}, f"input.{folder}") if folder else (None, None)
    if key is None:
        return None, None
    beside = {name: entry[name] for name in _NAMES_OF_LABELS if entry.get(name) is not None}
    return ({key: entry[key], **beside}, key) if beside else (entry[key], key)
