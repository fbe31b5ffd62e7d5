"""Location of a 3D reference: inline, or in a file of the task's folder, under any key.

Nobody has published a 3D annotation file, so every habit of the source data sets is tried, and what
cannot be read is an error that names the instance and what was found.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pytest_generalbench.core.errors import MediaError, ReferenceFormatError
from pytest_generalbench.core.json_files import parse_json
from pytest_generalbench.core.keys import key_of
from pytest_generalbench.core.outputs.base import AnswerFormatError
from pytest_generalbench.core.regular_files import read_regular
from pytest_generalbench.protocols.instance_fields import place

if TYPE_CHECKING:
    from pytest_generalbench.core.outputs.base import Get
    from pytest_generalbench.core.request import Instance

T = TypeVar("T")

ANY_KEYS: Final = (
    "gt", "gt_file", "gt_path", "ground_truth", "groundtruth", "annotation", "annotations", "annotation_file",
    "ann_file", "reference", "target", "answer", "answers", "prediction", "text", "file", "file_name",
    "path", "output", "data", "result", "results", "npz", "npy", "json",
)  # fmt: skip
"""Keys that say nothing of what is behind them, after those of the task's own kind."""

_SYNSET: Final = re.compile(r"(?<![0-9])0[2-4][0-9]{6}(?![0-9])")
_CATEGORY_KEYS: Final = (
    "category",
    "category_name",
    "class",
    "class_name",
    "object",
    "shape",
    "synset",
    "cat",
)


def unreadable(instance: Instance, why: object) -> ReferenceFormatError:
    """Return the error of a reference that cannot be read."""
    return ReferenceFormatError(f"{place(instance)}: the reference cannot be read: {why}")


def look(raw: Mapping[str, Any], keys: Sequence[str]) -> tuple[str, Any] | None:
    """Return the first of `keys` that `raw` has, whatever its spelling, with its value."""
    plain = {key_of(str(key)): value for key, value in raw.items()}
    return next(((key, plain[key]) for key in keys if plain.get(key) is not None), None)


def found(instance: Instance, keys: Sequence[str]) -> Any:
    """Return the value of the reference: under one of `keys`, a generic key, or the reference itself."""
    value, named = instance.reference, False
    for _ in range(4):
        if not isinstance(value, Mapping):
            break
        here = look(value, keys) or look(value, ANY_KEYS)
        if here is None and len(value) == 1:
            here = next(iter(value.items()))
        if here is None and named:
            break  # an object under the right key: the protocol knows what its own keys are
        named = named or (here is not None and here[0] in keys)
        if here is None:
            raise unreadable(instance, f"keys found: {', '.join(map(str, value)) or 'none'}")
        value = here[1]
    return value


def reader(instance: Instance) -> Get:
    """Return a function that reads a file that the reference names, inside the task's folder."""

    def read(name: str) -> bytes:
        if instance.files is None:
            raise AnswerFormatError(f"the file {name!r:.80}, but no folder to look in")
        path = instance.files.file(name)
        try:
            return read_regular(path)
        except OSError as error:
            raise AnswerFormatError(f"{path.name}: {error.strerror or error}") from error

    return read


def read_as(instance: Instance, make: Callable[[], T]) -> T:
    """Run `make`, and turn every error of an unreadable reference into a ReferenceFormatError."""
    try:
        return make()
    except (AnswerFormatError, MediaError) as error:
        raise unreadable(instance, error) from error


def opened(instance: Instance, value: Any) -> Any:
    """Return the content of a JSON text or of the name of a .json file; any other value as it is."""
    if not isinstance(value, str):
        return value
    text: str | bytes = value.strip()
    if value.lower().endswith(".json"):
        text = reader(instance)(value)
    elif not value.lstrip().startswith(("[", "{")):
        return value
    try:
        return parse_json(text if isinstance(text, str) else text.decode(json.detect_encoding(text)))
    except (ValueError, RecursionError) as error:
        raise AnswerFormatError(f"{value!r:.60}: not JSON ({error})") from error


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < 4 and isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item, depth + 1)


def category_of(instance: Instance) -> str | None:
    """Return the category of a shape: under a key, or from a ShapeNet synset in a path."""
    for holder in (instance.reference, instance.fields):
        value = look(holder, _CATEGORY_KEYS) if isinstance(holder, Mapping) else None
        if value is not None and isinstance(value[1], str | int) and not isinstance(value[1], bool):
            return str(value[1]).strip().lower() or None
    for text in (*_texts(instance.reference), *_texts(instance.fields)):
        synset = _SYNSET.search(text) if len(text) < 1000 else None
        if synset:
            return synset.group()
    return None
