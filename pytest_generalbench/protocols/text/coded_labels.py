"""Labels given as numbers, codes or marks, with their names in a list of the same file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols import references
from pytest_generalbench.protocols.class_names import ClassNames, class_names, code_text
from pytest_generalbench.protocols.index_base import whole_number
from pytest_generalbench.protocols.reading import decide
from pytest_generalbench.protocols.text.choice_references import WORD, marked, vector_length
from pytest_generalbench.protocols.text.parsers.labels.label import join_labels
from pytest_generalbench.protocols.text.parsers.normalization import normalise, one_line

if TYPE_CHECKING:
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task

Raw = Sequence[tuple["Instance", Any]]

_FIELDS: Final = (
    "classes", "class_names", "label_names", "label_list", "class_list", "labels", "label_map", "candidates",
    "candidate_labels", "options", "choices",
)  # fmt: skip
"""Keys under which instances list their classes."""


@dataclass(frozen=True, slots=True)
class CodedLabels:
    """The labels of a file that lists them."""

    labels: tuple[str, ...]
    """Sorted, one spelling of each."""
    by_code: Mapping[str, str] = field(default_factory=dict)
    """Names by number or code; empty where references are names themselves."""
    marks: tuple[str, ...] = ()
    """The names in the order of the marks, where references are lists of marks."""
    several: bool = False
    note: str = ""

    def label_of(self, instance: Instance, key: str, value: Any) -> str:
        """Return the label of a raw reference, several joined. Raises ReferenceFormatError for another."""
        places = marked(value, len(self.marks)) if self.marks else None
        if places is not None:
            result: list[str] = [self.marks[place] for place in places]
        else:
            given = value if isinstance(value, list | tuple) else [value]
            result = [self._one(instance, key, item) for item in given]
        if not result and not self.several:
            raise references.malformed(instance, key, value, "a label")
        spelled = {normalise(label): label for label in self.labels}
        result = [spelled.get(normalise(label), label) for label in result]
        return join_labels(result) if self.several else result[0]

    def _one(self, instance: Instance, key: str, item: Any) -> str:
        if isinstance(item, str | int | float) and not isinstance(item, bool):
            name = self.by_code.get(code_text(item))
            if name is not None:
                return name
            if any(normalise(label) == normalise(str(item)) for label in self.labels):
                return one_line(str(item))
        raise references.malformed(
            instance, key, item, f"one of the {len(self.labels)} labels that are listed"
        )


def coded_labels(
    task: Task, header: Mapping[str, Any], instances: Sequence[Instance], raw: Raw
) -> CodedLabels | None:
    """Return the labels that a file lists where its references are of them, else None.

    Args:
        task: The task, whose reading may say what references are and from which number they count.
        header: The header of the annotation file.
        instances: All instances: a list that every one of them repeats counts as the file's.
        raw: The references.

    Raises AmbiguousReferenceError when numbers can be read in several ways.
    """
    listed = class_names(header) or _of_fields(instances)
    if listed is None or len(set(map(normalise, listed.names))) < 2:
        return None
    labels = _spelled(listed.names)
    vectors = [
        marked(value, len(listed.names))
        for _, value in references.without_stray(
            raw, lambda value: marked(value, len(listed.names)) is not None
        )
    ]
    if vectors and all(places is not None for places in vectors):
        several = any(len(places) != 1 for places in vectors if places is not None)
        return CodedLabels(labels, marks=listed.names, several=several)
    if any(vector_length(value) for _, value in raw):
        return None  # marks for another list
    known = {*map(normalise, labels)}

    def is_one(item: Any) -> bool:
        is_name = normalise(str(item)) in known
        return is_name or code_text(item) in listed.by_code or whole_number(item) is not None

    def is_listed(value: Any) -> bool:
        return all(map(is_one, value if isinstance(value, list | tuple) else [value]))

    raw = references.without_stray(raw, is_listed)
    items = [
        (item, instance) for instance, value in raw
        for item in (value if isinstance(value, list | tuple) else [value])
    ]  # fmt: skip
    several = any(isinstance(value, list | tuple) and len(value) != 1 for _, value in raw)
    return _of_items(task, listed, labels, items, several)


def _of_items(
    task: Task,
    listed: ClassNames,
    labels: tuple[str, ...],
    items: Sequence[tuple[Any, Instance]],
    several: bool,
) -> CodedLabels | None:
    """Return the labels of single references: names, or their numbers or codes."""
    known = set(map(normalise, labels))
    named = [normalise(str(item)) in known for item, _ in items]
    numbers = [
        (number, fields.place(instance))
        for (item, instance) in items
        if (number := whole_number(item)) is not None
    ]
    texts = all(named)
    if texts and (not numbers or all(isinstance(item, str) for item, _ in items)):
        return CodedLabels(labels, several=several)
    pairs = list(zip(named, (item for item, _ in items), strict=True))
    if listed.by_code:
        known_codes = [name or code_text(item) in listed.by_code for name, item in pairs]
        # One number that is not listed is an instance that cannot be read; a text makes it another list.
        fits = all(
            read or whole_number(item) is not None for read, (_, item) in zip(known_codes, pairs, strict=True)
        )
        return CodedLabels(labels, listed.by_code, several=several) if fits and any(known_codes) else None
    if not numbers or not all(name or whole_number(item) is not None for name, item in pairs):
        return None
    if texts:
        decided = decide(
            task,
            WORD,
            {"text": "each is a listed label", "index": "each is the number of one"},
            numbers[0][1],
        )
        if decided.value == "text":
            return CodedLabels(labels, several=several, note=decided.note)
    by_code, note = listed.codes(numbers, task)
    return CodedLabels(labels, by_code, several=several, note=note)


def _spelled(names: Sequence[str]) -> tuple[str, ...]:
    spelled: dict[str, str] = {}
    for name in map(one_line, names):
        spelled[normalise(name)] = min(name, spelled.get(normalise(name), name))
    return tuple(sorted(spelled.values()))


def _of_fields(instances: Sequence[Instance]) -> ClassNames | None:
    """Return the classes that every instance lists, when all list the same."""
    listed = [class_names(instance.fields, _FIELDS) for instance in instances]
    for first in listed[:2]:
        if first is not None and references.hold_for_nearly_all([one == first for one in listed]):
            return first
    return None
