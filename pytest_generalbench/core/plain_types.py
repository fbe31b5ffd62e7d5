"""Values of a file checked against the types that a class declares, before anything computes with them."""

from __future__ import annotations

import builtins
import collections.abc
import dataclasses
import sys
import types
import typing
from functools import cache
from typing import Any, Final

MISFIT: Final = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What values of an unforeseen type, size or shape make code raise."""

_SEQUENCES: Final = (list, tuple, collections.abc.Sequence)
_MAPPINGS: Final = (dict, collections.abc.Mapping)


def check_types(value: Any) -> None:
    """Check every field of a dataclass instance, and of those inside it.

    A whole number counts as a float; a list and a tuple count as each other; what is declared in another way
    than with plain types, their containers, TypedDicts, NamedTuples and dataclasses is not checked.

    Raises:
        TypeError: the first value of another type; the message names the field.

    >>> @dataclasses.dataclass
    ... class Count:
    ...     n: int
    >>> check_types(Count("three"))
    Traceback (most recent call last):
    TypeError: n: 'three' where int is due
    """
    kind: Any = type(value)
    hints = _hints(kind)
    for item in dataclasses.fields(value):
        _check(getattr(value, item.name), hints[item.name], item.name)


def _check(value: Any, hint: Any, name: str) -> None:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any or (value is None and hint is type(None)):
        return
    if origin in (typing.Union, types.UnionType):
        _check_any(value, inner, name)
    elif origin in (typing.Required, typing.NotRequired, typing.Annotated):
        _check(value, inner[0], name)
    elif origin is typing.Literal:
        if value not in inner:
            raise TypeError(f"{name}: {value!r:.60} where one of {inner} is due")
    elif (origin or hint) in _SEQUENCES:
        _check_items(value, inner, name)
    elif (origin or hint) in _MAPPINGS:
        _require(isinstance(value, collections.abc.Mapping), value, "a mapping", name)
        for key, item in value.items() if inner else ():
            _check(key, inner[0], f"a key of {name}")
            _check(item, inner[1], f"{name}.{key!s:.40}")
    elif typing.is_typeddict(hint):
        _require(isinstance(value, collections.abc.Mapping), value, "a mapping", name)
        for key, kind in _hints(hint).items():
            if key in value:
                _check(value[key], kind, f"{name}.{key}")
    elif dataclasses.is_dataclass(hint):
        _require(isinstance(value, typing.cast("type", hint)), value, getattr(hint, "__name__", "it"), name)
        check_types(value)
    elif isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_fields"):
        _require(isinstance(value, hint), value, hint.__name__, name)
        for item, key in zip(value, hint._fields, strict=True):
            _check(item, _hints(hint)[key], f"{name}.{key}")
    elif isinstance(hint, type):
        _check_plain(value, hint, name)


def _check_any(value: Any, hints: tuple[Any, ...], name: str) -> None:
    problems = []
    for hint in hints:
        try:
            return _check(value, hint, name)
        except TypeError as error:
            problems.append(error)
    raise problems[0]


def _check_items(value: Any, inner: tuple[Any, ...], name: str) -> None:
    is_sequence = isinstance(value, collections.abc.Sequence) and not isinstance(value, (str, bytes))
    _require(is_sequence, value, "a list", name)
    hints = inner if inner and Ellipsis not in inner and len(inner) > 1 else inner[:1] * len(value)
    _require(not inner or len(hints) == len(value), value, f"a list of {len(inner)}", name)
    for place, (item, hint) in enumerate(zip(value, hints, strict=False)):
        _check(item, hint, f"{name}[{place}]")


def _check_plain(value: Any, hint: type, name: str) -> None:
    if hint is float:
        fits = isinstance(value, (int, float)) and not isinstance(value, bool)
    elif hint is int:
        fits = isinstance(value, int) and not isinstance(value, bool)
    else:
        fits = isinstance(value, hint)
    _require(fits, value, hint.__name__, name)


def _require(fits: bool, value: Any, due: str, name: str) -> None:
    if not fits:
        raise TypeError(f"{name}: {value!r:.60} where {due} is due")


@cache
def _hints(kind: Any) -> dict[str, Any]:
    """Return the types of a class's fields; names that its module imports for type checkers are Any."""
    return typing.get_type_hints(kind, localns=_Names(kind), include_extras=True)


class _Names(dict[str, Any]):
    """Looks a name up where the class was written."""

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self._module = vars(sys.modules[kind.__module__])

    def __missing__(self, name: str) -> Any:
        for place in (self._module, vars(builtins), vars(typing), vars(collections.abc)):
            if name in place:
                return place[name]
        return Any
