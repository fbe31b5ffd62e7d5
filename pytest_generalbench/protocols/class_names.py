"""Class names that an annotation file lists, with their numbers or codes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.keys import key_of
from pytest_generalbench.protocols.index_base import IndexEvidence, whole_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_generalbench.core.task import Task

CLASS_KEYS: Final = (
    "classes", "class_names", "classnames", "class_list", "class_map", "categories", "category_names",
    "category_map", "label_map", "label_mapping", "label_names", "label_list", "id2label", "id_to_label",
    "id2name", "id_to_name", "idx2label", "idx_to_class", "label2id", "label_to_id", "class_to_idx",
    "class_mapping", "class_dict", "label_dict", "label_set", "target_names", "int2str", "labels", "names",
)  # fmt: skip
"""Keys of a header under which classes are listed."""

_NAME: Final = ("name", "label", "class", "category", "text", "title")
_NUMBERED: Final = re.compile(r"\s*(\d{1,6})\s*[:=.)-]\s*(\S.*?)\s*")
"""One class in a text of them: `0: cat`."""
_NUMBER: Final = ("id", "label_id", "class_id", "category_id", "index", "idx", "value")


@dataclass(frozen=True, slots=True)
class ClassNames:
    """The classes of a file: a list of names, or a name for each code."""

    key: str
    """Where it was found."""
    listed: tuple[str, ...] = ()
    """The names in order, when the file does not say from which number it counts."""
    by_code: Mapping[str, str] = field(default_factory=dict)
    """The names by number or code, as text, where the file says them."""

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in the order of the file."""
        return self.listed or tuple(self.by_code.values())

    def codes(self, numbers: Iterable[tuple[int, str]], task: Task) -> tuple[Mapping[str, str], str]:
        """Return the names by code, and a note on what was decided.

        Args:
            numbers: Every number of the file that stands for a class, with its place.
            task: The task, whose reading may say the base.

        Raises AmbiguousReferenceError when the base of a list is not certain.
        """
        if not self.listed:
            return self.by_code, ""
        evidence = IndexEvidence(f"names in {self.key}")
        for number, place in numbers:
            evidence.add(number, len(self.listed), place)
        if not evidence.seen:
            return {}, ""
        base, note = evidence.decided(task)
        return {str(number): name for number, name in enumerate(self.listed, base)}, note


def code_text(value: Any) -> str:
    """Return the text under which a number or code is looked up: 2, 2.0 and `02` are `2`."""
    number = whole_number(value)
    return str(value).strip() if number is None else str(number)


def are_numbers(labels: Sequence[str]) -> bool:
    """Whether labels are numbers only."""
    return bool(labels) and all(whole_number(label) is not None for label in labels)


def class_names(header: Mapping[str, Any], keys: Sequence[str] = CLASS_KEYS) -> ClassNames | None:
    """Return the classes that a header lists under one of `keys`, or under one in its `others`.

    Read are a list of names, a list of objects with a name and perhaps an id (COCO's `categories`), an
    object from code to name, and one from name to number. None when there is none of them.
    """
    for holder in (header, header.get("others"), header.get("info")):
        if not isinstance(holder, Mapping):
            continue
        plain = {key_of(str(key)): value for key, value in holder.items()}
        for key in keys:
            result = _read(key, plain.get(key))
            if result is not None:
                return result
    return None


def _read(key: str, value: Any) -> ClassNames | None:
    if isinstance(value, Mapping):
        return _of_object(key, value)
    if isinstance(value, str) and "," in value:
        value = [item for item in value.split(",") if item.strip()]
        numbered = [_NUMBERED.fullmatch(item) for item in value]
        if all(numbered):
            value = {read[1]: read[2] for read in numbered if read is not None}
            return _of_object(key, value)
    if not isinstance(value, list | tuple) or not value:
        return None
    if all(isinstance(item, str) for item in value):
        return ClassNames(key, listed=tuple(item.strip() for item in value))
    if not all(isinstance(item, Mapping) for item in value):
        return None
    entries = [{key_of(str(name)): part for name, part in item.items()} for item in value]
    names = [
        next((part[name] for name in _NAME if isinstance(part.get(name), str)), None) for part in entries
    ]
    if None in names:
        return None
    codes = [next((part[name] for name in _NUMBER if part.get(name) is not None), None) for part in entries]
    texts = tuple(str(name).strip() for name in names)
    if None in codes:
        return ClassNames(key, listed=texts)
    return ClassNames(key, by_code=dict(zip(map(code_text, codes), texts, strict=True)))


def _of_object(key: str, value: Mapping[Any, Any]) -> ClassNames | None:
    items = {
        str(code): next((part[name] for name in _NAME if isinstance(part.get(name), str)), None)
        if isinstance(part, Mapping)
        else part
        for code, part in value.items()
    }
    if items and all(isinstance(name, str) for name in items.values()):
        if all(whole_number(name) is not None for name in items.values()) and not any(
            whole_number(code) is not None for code in items
        ):
            return ClassNames(key, by_code={code_text(name): code for code, name in items.items()})
        return ClassNames(key, by_code={code_text(code): str(name).strip() for code, name in items.items()})
    if items and all(whole_number(number) is not None for number in items.values()):
        return ClassNames(key, by_code={code_text(number): name for name, number in items.items()})
    return None
