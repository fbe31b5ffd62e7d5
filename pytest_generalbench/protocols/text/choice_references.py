"""Inference of what the answers of a file of choice questions are: letters, option texts, or numbers.

One answer seldom says it (`1` may be the first option, the second, or the one that reads `1`), so it is
decided over the whole file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pytest_generalbench.protocols.index_base import IndexEvidence, whole_number
from pytest_generalbench.protocols.reading import decide
from pytest_generalbench.protocols.references import scalar_text
from pytest_generalbench.protocols.text.parsers.choice.options import LETTERS, Options
from pytest_generalbench.protocols.text.parsers.choice.selected import read_choice
from pytest_generalbench.protocols.text.parsers.normalization import normalise

if TYPE_CHECKING:
    from pytest_generalbench.core.task import Task

WORD: Final = "answers"
"""The word of a reading that says what the answers are."""

Meanings = tuple[tuple[str, str], ...]
"""The letter that an answer stands for by the way in which it is read."""

_WHY: Final = {
    "letter": "each names an option",
    "text": "each is the text of an option",
    "index": "each is the number of an option",
}
_EDGES: Final = " .():[]"
_SHORT: Final = 4
_SEVERAL: Final = re.compile(r"\W*[A-Za-z]\W*(?:(?:[,;/|&+]|\band\b|\bor\b)\W*[A-Za-z]\W*)+")
"""Several letters in one text: whether all are due or one of them, it does not say."""


class Kinds(NamedTuple):
    """The readings of answers that can be read in several ways."""

    letter: str = "letter"
    """Of a lone letter: `letter` or `text`."""
    number: str = "index"
    """Of a number: `text`, `letter` (the file's own name of an option) or `index`."""
    base: int = 0
    """The number of the first option."""


@dataclass(slots=True)
class ChoiceEvidence:
    """The answers of a file, with the possible meanings of each."""

    letters: dict[Meanings, None] = field(default_factory=dict)
    """What lone letters could mean, each once."""
    numbers: dict[Meanings, None] = field(default_factory=dict)
    texts_of_digits: bool = True
    """Whether every number is written as a text."""
    place: str = ""
    """The first answer that can be read in several ways."""
    bases: IndexEvidence = field(default_factory=lambda: IndexEvidence("options"))

    def add(self, raw: Any, options: Options, texts: Sequence[str], place: str) -> None:
        """Add one answer to a question with `texts` as options."""
        number = whole_number(raw)
        if scalar_text(raw) is None:
            self.bases.unread = self.bases.unread or place
        if number is None and not _is_letter(raw):
            return
        meanings = meanings_of(raw, options, texts)
        self.place = self.place or (place if len(set(meanings.values())) > 1 else "")
        if number is None:
            self.letters[tuple(meanings.items())] = None
            return
        self.numbers[tuple(meanings.items())] = None
        self.texts_of_digits = self.texts_of_digits and isinstance(raw, str)
        self.bases.add(number, len(texts), place)

    def decided(self, task: Task) -> tuple[Kinds, tuple[str, ...]]:
        """Return how the answers are read, and notes on what was decided.

        Raises AmbiguousReferenceError when several readings fit all answers and say different options.
        """
        letter, note = self._kind(task, self.letters, ("letter", "text"))
        if not self.numbers:
            return Kinds(letter), tuple(filter(None, [note]))
        sure = ("letter", "text") if self.texts_of_digits else ("letter",)
        number, second = self._kind(task, self.numbers, ("letter", "text", "index"), sure)
        base, third = self.bases.decided(task) if number == "index" and self.bases.seen else (0, "")
        return Kinds(letter, number, base), tuple(filter(None, [note, second, third]))

    def _kind(
        self, task: Task, answers: Iterable[Meanings], kinds: Sequence[str], sure: Sequence[str] = ()
    ) -> tuple[str, str]:
        """Return which of `kinds` some answers are, the first of `sure` that fits before all others."""
        given = task.reading.get(WORD)
        if given in kinds:
            return str(given), ""
        readable = [dict(meanings) for meanings in answers if meanings]
        outputs = {kind: letters for kind in kinds if (letters := self._stated_outputs(kind, readable))}
        certain = next((kind for kind in sure if kind in outputs), None)
        if certain is None and len({tuple(letters) for letters in outputs.values()}) <= 1:
            certain = next(iter(outputs), kinds[0] if len(kinds) == 2 else kinds[-1])
        if certain is not None:
            return certain, ""
        decided = decide(task, WORD, {kind: _WHY[kind] for kind in outputs}, self.place)
        return decided.value, decided.note

    def _stated_outputs(self, kind: str, readable: Sequence[dict[str, str]]) -> list[str]:
        """Return the letters that answers of a kind stand for, nothing unless every one can be of it."""
        names = [f"index {base}" for base in self.bases.readings()] if kind == "index" else [kind]
        answers = ["".join(meanings[name] for name in names if name in meanings) for meanings in readable]
        return answers if all(answers) else []


def _is_letter(raw: Any) -> bool:
    return isinstance(raw, str) and len(raw.strip(_EDGES)) == 1 and raw.strip(_EDGES).isalpha()


def meanings_of(raw: Any, options: Options, texts: Sequence[str]) -> dict[str, str]:
    """Return the letter that an answer stands for in each way in which it can be read.

    The ways are `text`, `letter` (the file's own name of an option, or the letter of its place), `index 0`
    and `index 1`. What is neither a letter nor a number has at most one.
    """
    letters = LETTERS[: len(texts)]
    if isinstance(raw, bool):
        return _of_bool(raw, texts, letters)
    text = scalar_text(raw)
    if not text:
        return {}
    meanings: dict[str, str] = {}
    same = _option(text, texts, letters)
    if same is not None:
        meanings["text"] = same
    bare = text.strip(_EDGES)
    if bare in options.names:
        meanings["letter"] = letters[options.names.index(bare)]
    elif len(bare) == 1 and bare.upper() in letters:
        meanings["letter"] = bare.upper()
    number = whole_number(bare)
    if number is not None:
        for base in (0, 1):
            if base <= number < len(letters) + base:
                meanings[f"index {base}"] = letters[number - base]
    if not meanings and text[:1] in "(" + letters and not _SEVERAL.fullmatch(text):
        named = read_choice(text, tuple(texts))
        if named is not None:
            meanings["letter"] = named
    return meanings


def _of_bool(raw: bool, texts: Sequence[str], letters: str) -> dict[str, str]:
    """Return the option that says true, or yes, or the opposite of them."""
    words = ("true", "yes") if raw else ("false", "no")
    same = [letter for letter, item in zip(letters, texts, strict=True) if normalise(item) in words]
    return {"text": same[0]} if len(same) == 1 else {}


def _option(text: str, texts: Sequence[str], letters: str) -> str | None:
    """Return the letter of the one option that reads as a text does."""
    pairs = list(zip(letters, texts, strict=True))
    if len(text) < _SHORT:  # what differs from a short text in its marks alone is short as well
        pairs = [(letter, item) for letter, item in pairs if len(item) < 4 * _SHORT]
    for plain in (str, normalise):
        wanted = plain(text)
        same = [letter for letter, item in pairs if plain(item) == wanted]
        if len(same) == 1:
            return same[0]
    return None


def letter_of(raw: Any, options: Options, texts: Sequence[str], kinds: Kinds) -> str | None:
    """Return the letter of the option that an answer is, None when it is none of them."""
    meanings = meanings_of(raw, options, texts)
    if whole_number(raw) is not None:
        return meanings.get(f"index {kinds.base}" if kinds.number == "index" else kinds.number)
    if _is_letter(raw):
        return meanings.get(kinds.letter)
    return meanings.get("text") or meanings.get("letter")


def vector_length(value: Any) -> int:
    """Return the length of a list of 0 and 1 in which one of them comes again, 0 for anything else."""
    if not isinstance(value, list | tuple) or len(value) < 3:
        return 0
    return len(value) if marked(value, len(value)) is not None else 0


def marked(value: Any, count: int) -> tuple[int, ...] | None:
    """Return the places that a list of 0 and 1 marks, one for each option; None when it is no such list.

    >>> marked([0, 1, 0], 3), marked([0, 2], 2)
    ((1,), None)
    """
    if not isinstance(value, list | tuple) or len(value) != count or count < 2:
        return None
    bits = [int(item) if isinstance(item, bool) else whole_number(item) for item in value]
    if any(bit not in (0, 1) for bit in bits):
        return None
    return tuple(place for place, bit in enumerate(bits) if bit)
