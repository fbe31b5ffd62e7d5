"""Finding the ground truth inside an instance's raw `output`.

The key differs within one archetype (`text`, `prediction`, `answer`, …), so a protocol
names the keys it knows, best first; the order of keys in the file never decides.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import ReferenceFormatError
from pytest_generalbench.core.keys import ByKey, key_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_generalbench.core.request import Instance

TEXT_KEYS: Final = (
    "text", "answer", "label", "category", "prediction", "reference", "response", "summary", "highlights",
    "translation", "story", "sql", "target", "nl", "proof", "solution.final_answer", "final_answer",
    "paraphraseSentence", "Standard English", "repairCode", "caption", "content",
)  # fmt: skip

_BESIDE: Final = frozenset(
    ("explanation", "explanations", "rationale", "rationales", "reason", "reasons", "reasoning", "analysis",
     "evidence", "comment", "comments", "note", "notes", "thought", "thoughts", "cot", "confidence",
     "source", "id")
)  # fmt: skip
"""Keys that stand beside a ground truth and are never one."""


def malformed(instance: Instance, key: str, value: Any, wanted: str) -> ReferenceFormatError:
    """Return the error for a reference of a type or form that is not `wanted`."""
    shown = repr(value)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    return ReferenceFormatError(
        f"instance {instance.id!r} of {instance.task_id}: the reference {key!r} is "
        f"{type(value).__name__} {shown}, not {wanted}"
    )


_SEVERAL: Final = 4


def without_stray(
    given: Sequence[tuple[Instance, Any]], fits: Callable[[Any], bool]
) -> Sequence[tuple[Instance, Any]]:
    """Return the references of a file without the only one that is not of the kind of all others.

    One damaged value must not change how the others are read. Where two are of another kind, or there are
    fewer than four, it is no damage: all are returned.
    """
    strays = [place for place, (_, value) in enumerate(given) if not fits(value)]
    if len(strays) != 1 or len(given) < _SEVERAL:
        return given
    return [*given[: strays[0]], *given[strays[0] + 1 :]]


def hold_for_nearly_all(facts: Sequence[bool]) -> bool:
    """Return whether all are true, or all but one of four or more: one damaged entry decides nothing."""
    return sum(facts) >= len(facts) - (len(facts) >= _SEVERAL) and any(facts)


_by_key: Final = ByKey(first_counts=True)


def _at(raw: Mapping[str, Any], path: str) -> Any:
    """Return the value at a dotted path, or None."""
    value: Any = raw
    for part in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = _by_key(value).get(key_of(part))
    return value


def ground_truth(
    instance: Instance, keys: Sequence[str] = TEXT_KEYS, *, nested: bool = True
) -> tuple[str, Any]:
    """Return (key, value) of the ground truth in `instance.reference`.

    A raw reference that is no object is the value itself, under the key `output`. In an
    object the first of `keys` that is there counts, else the only key that is no explanation.
    With `nested`, a value that is an object again is searched in the same way.
    Raises ReferenceFormatError when nothing, or more than one thing, could be meant.
    """
    raw = instance.reference
    if raw is None:
        raise malformed(instance, instance.reference_key or "output", None, "a ground truth")
    return _search(instance, "output", raw, keys, nested)


def _search(instance: Instance, where: str, raw: Any, keys: Sequence[str], nested: bool) -> tuple[str, Any]:
    if not isinstance(raw, Mapping):
        return where, raw
    plain, search = _by_key(raw), None
    for key in keys:
        value = _at(raw, key) if "." in key else plain.get(key_of(key))
        if value is not None:
            search = key, value
            break
    if search is None:
        rest = [key for key in raw if key_of(str(key)) not in _BESIDE]
        if len(rest) != 1:
            names = ", ".join(repr(str(key)) for key in raw) or "none"
            raise ReferenceFormatError(
                f"instance {instance.id!r} of {instance.task_id}: no ground truth in {where!r}; "
                f"keys found: {names}; keys known: {', '.join(keys)}"
            )
        search = str(rest[0]), raw[rest[0]]
    key, value = search
    if nested and isinstance(value, Mapping):
        return _search(instance, f"{where}.{key}", value, keys, nested)
    return f"{where}.{key}" if where != "output" else key, value


def value_at(instance: Instance, path: str) -> Any:
    """Return the value at the dotted `path` of the raw reference, or None."""
    return _at(instance.reference, path) if isinstance(instance.reference, Mapping) else None


def scalar_text(value: Any) -> str | None:
    """Return a string or a number as text (18.0 as `18`); None for any other type, a bool included."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)


def accepted_texts(instance: Instance, key: str, value: Any) -> tuple[str, ...]:
    """Return the accepted texts: of a string or number one, of a list each.

    Raises ReferenceFormatError for another type, and when no text is left that is not empty.
    """
    given = value if isinstance(value, list | tuple) else [value]
    texts = []
    for item in given:
        text = scalar_text(item)
        if text is None:
            raise malformed(instance, key, item, "text, a number or a list of those")
        if text:
            texts.append(text)
    if not texts:
        raise malformed(instance, key, value, "a text that is not empty")
    return tuple(dict.fromkeys(texts))


def accepted_number(instance: Instance, key: str, value: Any) -> float:
    """Return a finite number, from a number, its text, or a list of exactly one of them."""
    if isinstance(value, list | tuple):
        if len(value) != 1:
            raise malformed(instance, key, value, "one number")
        return accepted_number(instance, key, value[0])
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise malformed(instance, key, value, "a number")
    try:
        number = float(value.replace(",", "") if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        raise malformed(instance, key, value, "a number") from None
    if not math.isfinite(number):
        raise malformed(instance, key, value, "a finite number")
    return number
