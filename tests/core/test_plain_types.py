from __future__ import annotations

import doctest
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, NotRequired, TypedDict

import pytest

from pytest_generalbench.core import plain_types
from pytest_generalbench.core.plain_types import check_types


class Section(TypedDict):
    name: str
    count: NotRequired[int | None]


@dataclass
class Inner:
    n: int = 1


class Part(NamedTuple):
    name: str
    size: int


@dataclass
class Held:
    score: float | None = None
    state: Literal["ok", "bad"] = "ok"
    names: tuple[str, ...] = ()
    pair: tuple[int, str] = (1, "a")
    counts: Mapping[str, int] = field(default_factory=dict)
    section: Section = field(default_factory=lambda: Section(name="x"))
    inner: Inner | None = None
    parts: tuple[Part, ...] = ()
    anything: Any = None
    is_done: bool = False


@pytest.mark.parametrize(
    "good",
    [
        {}, {"score": 3}, {"score": 2.5}, {"names": ["a", "b"]}, {"pair": [2, "b"]}, {"counts": {"a": 1}},
        {"section": {"name": "x", "count": None, "more": 1}}, {"inner": Inner(2)},
        {"parts": [Part("a", 1)]}, {"anything": object()},
    ],
)  # fmt: skip
def test_what_is_declared_passes(good: dict[str, Any]) -> None:
    check_types(Held(**good))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"score": "1"}, "score: '1' where float is due"),
        ({"score": True}, "score: True where float is due"),
        ({"state": "odd"}, "state: 'odd' where one of"),
        ({"names": "ab"}, "names: 'ab' where a list is due"),
        ({"names": [1]}, r"names\[0\]: 1 where str is due"),
        ({"pair": [1]}, r"pair: \[1\] where a list of 2 is due"),
        ({"counts": []}, r"counts: \[\] where a mapping is due"),
        ({"counts": {"a": 1.5}}, r"counts.a: 1.5 where int is due"),
        ({"section": {"name": None}}, "section.name: None where str is due"),
        ({"section": {"name": "x", "count": "3"}}, "section.count: '3' where int is due"),
        ({"inner": {"n": 1}}, "inner: {'n': 1} where Inner is due"),
        ({"inner": Inner("1")}, "n: '1' where int is due"),  # type: ignore[arg-type]
        ({"parts": (("a", 1),)}, r"parts\[0\]: \('a', 1\) where Part is due"),
        ({"parts": (Part("a", None),)}, r"parts\[0\].size: None where int is due"),  # type: ignore[arg-type]
        ({"is_done": 1}, "is_done: 1 where bool is due"),
    ],
)
def test_what_is_not_is_named(bad: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        check_types(Held(**bad))


def test_the_example_holds() -> None:
    assert doctest.testmod(plain_types).failed == 0
