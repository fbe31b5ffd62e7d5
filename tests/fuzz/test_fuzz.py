"""A short round over every reader and parser; `python -m tests.fuzz` goes on for longer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.errors import DataError
from tests.fuzz.driver import CORPUS, inputs, kept, try_many
from tests.fuzz.surface import Surface
from tests.fuzz.surfaces import SURFACES

if TYPE_CHECKING:
    from pathlib import Path

ROUND = 120
"""Inputs of each surface, beside those that were read wrong once."""


@pytest.mark.filterwarnings("ignore")  # libraries warn of damage that they mend
@pytest.mark.parametrize("name", SURFACES)
def test_whatever_is_read_is_read_or_refused_as_documented(name: str) -> None:
    surface = SURFACES[name]
    tally = try_many(surface, [*kept(surface), *inputs(surface, 20, 0, ROUND)])
    assert [f"{one.kind}: {one.message}" for one in tally.failures] == []
    assert tally.inputs >= ROUND
    assert tally.read > 0, "no seed is read: the surface tries nothing"


def test_the_corpus_belongs_to_surfaces() -> None:
    assert {path.name for path in CORPUS.iterdir()} <= {name.replace(" ", "-") for name in SURFACES}


def _faulty(content: bytes, folder: Path) -> None:
    if content == b"uncaught":
        raise KeyError("a key")
    if content == b"memory":
        raise MemoryError
    if content == b"time":
        began = time.process_time()
        while time.process_time() - began < 60:
            pass
    if content == b"refused":
        raise DataError("no")


def test_every_kind_of_fault_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.driver.SECONDS", 0.2)
    surface = Surface("faulty", lambda: [b""], _faulty)
    contents = [b"good", b"uncaught", b"memory", b"time", b"refused"]
    tally = try_many(surface, contents)
    assert (tally.inputs, tally.read, tally.refused) == (5, 1, 1)
    assert [one.kind for one in tally.failures] == ["uncaught", "memory", "time"]
    assert [one.content for one in tally.failures] == contents[1:4]


def test_inputs_follow_from_their_number_alone() -> None:
    surface = SURFACES["flow"]
    whole = list(inputs(surface, 3, 0, 40))
    assert list(inputs(surface, 3, 25, 15)) == whole[25:]
    assert list(inputs(surface, 4, 25, 15)) != whole[25:]
