"""Bare values as texts: numbers of any library, bytes, lists and mappings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Rational, Real
from typing import Any

import numpy as np

from pytest_generalbench.core.outputs.bare.arrays import as_array, is_array


def text_of(value: Any) -> str | None:
    """Return a value as the text of an answer, or None when it has no certain one.

    Texts stay, bytes are read as UTF-8; numbers are written out in full, whole ones without a point,
    fractions as decimals; a list of numbers has commas, other lists and mappings are JSON.

    >>> from fractions import Fraction
    >>> [text_of(one) for one in (np.float32(0.1), np.int64(3), Fraction(3, 4), 1e20, [1, 2.5], {"a": [1]})]
    ['0.1', '3', '0.75', '100000000000000000000', '1, 2.5', '{"a": [1]}']
    """
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        try:
            return bytes(value).decode()
        except UnicodeDecodeError:
            return None
    number = number_text(value)
    if number is not None:
        return number
    if is_array(value):
        array = as_array(value)
        if array.dtype.kind == "U":
            return str(array.item()) if array.size == 1 else json.dumps(array.tolist(), ensure_ascii=False)
        if array.dtype.kind not in "biuf" or array.ndim > 2:
            return None
        if array.size == 1:
            return number_text(array.reshape(-1)[0])
        if array.ndim == 2:
            return json.dumps([[json.loads(number_text(one) or "null") for one in row] for row in array])
        return ", ".join(number_text(one) or "" for one in array)
    if isinstance(value, list | tuple | set | frozenset | Mapping) and value:
        return _listed(value)
    return None


def number_text(value: Any) -> str | None:
    """Return a number written out, or None for what is none."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, Integral):
        return str(int(value))
    if isinstance(value, np.floating):
        return _shortest(np.format_float_positional(value, trim="-") if np.isfinite(value) else str(value))
    if isinstance(value, Decimal):
        return _shortest(format(value, "f")) if value.is_finite() else str(value)
    if isinstance(value, Rational):
        exact = Decimal(int(value.numerator)) / Decimal(int(value.denominator))
        return _shortest(format(exact, "f"))
    if isinstance(value, Fraction | Real):
        real = float(value)
        return _shortest(format(Decimal(repr(real)), "f")) if np.isfinite(real) else str(real)
    return None


def plain_of(value: Any) -> Any:
    """Return a value as a prediction file holds it: arrays as lists, numbers of libraries as Python's.

    >>> plain_of({"ids": np.array([1, 2]), "score": np.float32(0.5), "rle": b"a"})
    {'ids': [1, 2], 'score': 0.5, 'rle': b'a'}
    """
    if is_array(value):
        return as_array(value).tolist()
    if isinstance(value, Mapping):
        return {name: plain_of(item) for name, item in value.items()}
    return [plain_of(item) for item in value] if isinstance(value, list | tuple) else value


def holds_arrays(value: Any) -> bool:
    """Return whether a value is an array or a tensor, or a mapping or list with one somewhere in it."""
    if isinstance(value, Mapping):
        value = list(value.values())
    return any(map(holds_arrays, value)) if isinstance(value, list | tuple) else is_array(value)


def _shortest(text: str) -> str:
    """Return a decimal number without zeros at its end."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def _listed(value: Any) -> str | None:
    if not isinstance(value, Mapping):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else list(value)
        numbers = [number_text(item) for item in items if not isinstance(item, bool)]
        if len(numbers) == len(items) and None not in numbers:
            return ", ".join(str(number) for number in numbers)
        value = items
    try:
        return json.dumps(value, ensure_ascii=False, default=_plain)
    except (TypeError, ValueError):
        return None


def _plain(value: Any) -> Any:
    if is_array(value):
        return as_array(value).tolist()
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    number = number_text(value)
    if number is None:
        raise TypeError(type(value).__name__)
    return json.loads(number)
