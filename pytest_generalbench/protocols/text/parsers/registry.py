"""The answer parsers by name: pure functions from an answer text to a prediction, or None.

Each takes the text and the choices of the question (option texts in the order of their
letters, or the label set; empty for an open question) and never raises.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, Final

from pytest_generalbench.protocols.text.parsers import normalization as cleaning
from pytest_generalbench.protocols.text.parsers.reasoning import without_reasoning

Parser = Callable[[str, tuple[str, ...]], Any]


def read_plain(text: str) -> str | None:
    """Read the whole answer, without reasoning and without one lead like `Answer:`."""
    return cleaning.without_lead(without_reasoning(text)).strip() or None


def read_first_line(text: str) -> str | None:
    """Read the first line that is not empty, without lead (`The answer is` included) and emphasis."""
    plain = without_reasoning(text)
    box = cleaning.last_boxed(plain)
    if box:
        return cleaning.one_line(box)
    bare = cleaning.without_lead_sentence(cleaning.without_emphasis(plain).strip())
    return cleaning.one_line(cleaning.without_quotes(cleaning.first_line(bare))) or None


def read_written(text: str) -> str | None:
    """Read text that was to be copied: all lines, without lead (`The text reads:` included) and quotes."""
    plain = cleaning.without_lead_sentence(without_reasoning(text)).strip()
    return cleaning.without_quotes(cleaning.without_reading_lead(plain).strip()) or None


def _open(read: Callable[[str], Any]) -> Parser:
    """Give a parser of open questions the common signature."""
    return lambda text, choices: read(text)


@cache
def _imported(module: str, name: str) -> Callable[..., Any]:
    read: Callable[..., Any] = getattr(import_module(f"{__package__}.{module}"), name)
    return read


def _of(module: str, name: str) -> Parser:
    """Return a parser whose module, with its many patterns, is imported when it first reads an answer."""
    return lambda text, choices: _imported(module, name)(text, choices)


def _open_of(module: str, name: str) -> Parser:
    """Return a parser of open questions, imported when it first reads an answer."""
    return lambda text, choices: _imported(module, name)(text)


PARSERS: Final[dict[str, Parser]] = {
    "choice": _of("choice.selected", "read_choice"),
    "yes_no": _open_of("labels.yes_no", "read_yes_no"),
    "label": _of("labels.label", "read_label"),
    "labels": _of("labels.label", "read_labels"),
    "plain": _open(read_plain),
    "first_line": _open(read_first_line),
    "written": _open(read_written),
    "final_answer": _open_of("numbers.final", "read_final_answer"),
    "count": _open_of("numbers.count", "read_count"),
    "series": _open_of("numbers.count", "read_series"),
    "items": _open_of("lists.extraction", "read_items"),
    "triplets": _open_of("lists.extraction", "read_triplets"),
    "code": _open_of("code", "read_code"),
    "sql": _open_of("code", "read_sql"),
}
"""The parsers that a task file may name; each protocol says which of them give its type of prediction."""
