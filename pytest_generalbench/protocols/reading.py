"""Decision on how a task's references are read: the given reading, the only possible one, or an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from pytest_generalbench.core.errors import AmbiguousReferenceError, GeneralBenchError, UnknownWordError
from pytest_generalbench.core.reading import WORDS, Reading, shown

if TYPE_CHECKING:
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.protocols.base import Protocol


class Decision(NamedTuple):
    """How the references of a task are read in one respect."""

    value: str
    note: str
    """For `TaskContext.notes`: what was decided; empty where the reading of the task says it."""


def decide(task: Task, word: str, readings: Mapping[str, str], where: str = "") -> Decision:
    """Return the reading of a task's references in the respect of `word`.

    What the task's `reading` says goes before what the references show.

    Args:
        task: The task.
        word: One of `core.reading.WORDS`, and of the protocol's `reading_words`.
        readings: What speaks for each value that fits all references of the file, by value.
        where: The file or instance that shows it, for the message.

    Raises:
        AmbiguousReferenceError: several values fit, or none; it refuses the whole task.
    """
    given = task.reading.get(word)
    if given is not None:
        return Decision(given, "")
    if len(readings) == 1:
        value, why = next(iter(readings.items()))
        return Decision(value, f"read with {word}={value}" + (f": {why}" if why else ""))
    raise ambiguous(task, word, readings, where)


def ambiguous(task: Task, word: str, readings: Mapping[str, str], where: str = "") -> AmbiguousReferenceError:
    """Return the error that refuses a task: of the values of `word` several fit, or none."""
    place = f"{task.id}: {where}" if where else task.id
    return AmbiguousReferenceError(place, word, WORDS[word].meaning, readings, task.id)


def with_reading(task: Task, protocol: Protocol, given: Mapping[str, Reading]) -> Task:
    """Return the task with the run's reading added, which overrides the task file's.

    Raises:
        GeneralBenchError: the reading has a word that the task's protocol does not take.
    """
    reading = {**task.reading, **given.get(task.id, {})}
    for word in reading:
        if word not in protocol.reading_words:
            known = protocol.reading_words
            error = UnknownWordError(f"word of a reading for the protocol {protocol.name}", word, known)
            raise GeneralBenchError(f"{task.id}: {error if known else f'no reading for {protocol.name}'}")
    return replace(task, reading=reading) if reading else task


def reading_note(task: Task) -> tuple[str, ...]:
    """Return the note that names the reading given for a task; empty without one."""
    return (f"reading: {shown(task.reading)}",) if task.reading else ()
