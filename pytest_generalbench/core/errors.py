"""Exceptions that a user can cause; every message names the cause and what to do."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class GeneralBenchError(Exception):
    """Base of every error that is shown to the user as one line, without a traceback."""


class UnknownWordError(GeneralBenchError):
    """A value is none of the words that are allowed."""

    def __init__(self, what: str, word: object, good: Iterable[str]) -> None:
        """Build the message: the value given for `what`, and the `good` words, the nearest first."""
        words = sorted(set(good))
        # `orakle` is a slip for `baseline:oracle`: what follows a colon counts as a word of its own.
        known = {tail: good for good in words for tail in (good.rpartition(":")[2], good)}
        near = get_close_matches(str(word), known, n=1, cutoff=0.5)
        hint = f" (did you mean {known[near[0]]!r}?)" if near else ""
        super().__init__(f"unknown {what} {word!r}{hint}; choose from: {', '.join(words)}")


class TaskFileError(GeneralBenchError):
    """A task file has a wrong key, type or value."""


class DataError(GeneralBenchError):
    """The benchmark's data cannot be read: the message names file, instance and keys found."""


class MediaError(DataError):
    """A media file is missing, outside the data folder, or cannot be decoded."""


class ReferenceFormatError(DataError):
    """An instance's reference has a form that its protocol cannot read."""


class AmbiguousReferenceError(ReferenceFormatError):
    """The references of a task can be read in several ways, or in no certain one: the task is refused."""

    def __init__(
        self, place: str, word: str, meaning: str, readings: Mapping[str, str], task_id: str
    ) -> None:
        """Build the message: what is ambiguous, the readings with their evidence, and the line that decides.

        Args:
            place: The task, and the file or instance that shows it.
            word: The word of `reading:` that settles it.
            meaning: What the word says.
            readings: What speaks for each value; empty when nothing speaks for any.
            task_id: The task, for the line.
        """
        self.word, self.readings, self.task_id = word, dict(readings), task_id
        answer = " or ".join(f"{value} ({why})" if why else value for value, why in readings.items())
        first = next(iter(readings), "VALUE")
        super().__init__(
            f"{place}: cannot tell {meaning}: {answer or 'nothing says it'}. Settle it with "
            f"`reading: {{{word}: {first}}}` in the task file, or the line "
            f"`{task_id}: {word}={first}` in the ini key generalbench_reading"
        )


class ChangedFileError(GeneralBenchError):
    """A file of a finished run is not as the run wrote it."""


class ModelError(GeneralBenchError):
    """A model cannot be loaded from its specification."""


class ModelUnavailableError(ModelError):
    """The model could not be loaded; every later task of this process fails at once with the same message."""


class MissingDependencyError(GeneralBenchError):
    """An optional library is needed and not installed; the message names the extra that installs it."""

    def __init__(self, library: str, extra: str, purpose: str) -> None:
        """Build the message: `purpose` needs `library`, which the extra `extra` installs."""
        super().__init__(
            f"{purpose} needs the library {library!r}: pip install 'pytest-generalbench[{extra}]'"
        )
