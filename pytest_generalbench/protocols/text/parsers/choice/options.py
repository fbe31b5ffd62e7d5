"""Location of the options of a choice question in its fields or text."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.keys import key_of
from pytest_generalbench.protocols import instance_fields as fields

if TYPE_CHECKING:
    from pytest_generalbench.core.request import Instance

LETTERS: Final = ascii_uppercase
_MAX_LITERAL: Final = 20_000
_LONG_INTEGER: Final = re.compile(r"0[xob][0-9a-f_]{1000}", re.IGNORECASE)
"""An integer that Python reads and then refuses to write; a decimal one it refuses to read."""
_LISTED: Final = re.compile(
    r"\b(?:choices|options|candidates|choice list)\s*(?:are|is)?\s*:?\s*(\[.*\])[^\[\]]*$",
    re.IGNORECASE | re.DOTALL,
)
_MARKERS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?<!\w)[(\uff08]([A-Z])[)\uff09]\s*",
        r"(?m)^[^\S\n]*([A-Z])\s*[.):、\uff1a\uff0e]\s*",
        r"(?:(?<=\s)|^)([A-Z])[.):\uff1a]\s+",
        r"(?<!\w)[(\uff08]([a-z])[)\uff09]\s*",
    )
)
_FIRST_MARKER: Final = re.compile(r"[Aa]\s*[.):、\uff1a\uff0e\uff09]")
"""What every marker of a first option has in it."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a question, in the order of their letters."""

    texts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """The file's own names where it has some (the keys of an object); else empty."""
    shown: bool = False
    """Whether the question itself shows them with their letters."""
    keys: tuple[str, ...] = ()
    """The fields that hold one option each."""

    @property
    def letters(self) -> tuple[str, ...]:
        """One letter per option."""
        return tuple(LETTERS[: len(self.texts)])


def literal_list(text: str) -> list[Any] | None:
    """Read a Python or JSON list literal; None when it is none, or too long to be looked at."""
    if len(text) > _MAX_LITERAL or _LONG_INTEGER.search(text):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a stray backslash in an option is no business of the user's
            value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None
    return list(value) if isinstance(value, list | tuple) else None


def _split_list(text: str) -> list[str]:
    """Split what looks like a list but is no literal: at `', '` when it is quoted, else at commas."""
    inner = text.strip()[1:-1]
    quoted = re.search(r"['\"]\s*,\s*['\"]", inner) is not None
    parts = re.split(r"['\"]\s*,\s*['\"]" if quoted else r",", inner)
    return [part.strip().strip("'\"").strip() for part in parts if part.strip().strip("'\"").strip()]


_OWN_FIELD: Final = re.compile(
    r"(answer|ans|option|opt|op|choice|candidate|ending|end|sol|solution|alternative|alt|hypothesis|hyp)"
    r"_?([a-z]|\d{1,2})"
)
"""The key of a field with one option: `answerA`, `option_b`, `opa`, `choice1`, `ending0`."""


@lru_cache(maxsize=4096)  # the same few keys for every instance
def _own_field(name: str) -> re.Match[str] | None:
    return _OWN_FIELD.fullmatch(key_of(name))


def _in_fields(given: Mapping[str, Any]) -> Options:
    """Return the options that lie in a field each, named by a letter from A or by a number from 0 or 1."""
    groups: dict[str, dict[str, str]] = {}
    for name, value in given.items():
        in_fields = _own_field(str(name))
        if in_fields is not None and isinstance(value, str | int | float) and str(value).strip():
            groups.setdefault(in_fields[1], {})[in_fields[2].lstrip("0") or in_fields[2][:1]] = str(name)
    for group in groups.values():
        for names in (
            LETTERS.lower(),
            [str(number) for number in range(26)],
            [str(number) for number in range(1, 27)],
        ):
            keys = [group[name] for name in names[: len(group)] if name in group]
            if len(keys) == len(group) >= 2:
                letters = tuple(LETTERS[: len(keys)]) if names == LETTERS.lower() else ()
                return Options(tuple(fields.as_text(given[key]) for key in keys), letters, keys=tuple(keys))
    return Options()


def _lettered(text: str) -> tuple[str, ...]:
    """Return the texts behind the markers A, B, C … in `text`; () when there are not two in sequence."""
    if _FIRST_MARKER.search(text) is None:
        return ()
    for marker in _MARKERS:
        run: list[re.Match[str]] = []
        for lettered in marker.finditer(text):
            letter = lettered.group(1).upper()
            if letter == "A":
                run = [lettered]
            elif run and letter == LETTERS[len(run) % 26]:
                run.append(lettered)
        if len(run) >= 2:
            ends = [lettered.start() for lettered in run[1:]] + [len(text)]
            parts = [text[lettered.end() : end].strip() for lettered, end in zip(run, ends, strict=True)]
            parts[-1] = parts[-1].split("\n", 1)[0].strip()
            return tuple(part.rstrip(" ,;") for part in parts)
    return ()


def _without_own_letters(texts: list[str]) -> list[str]:
    """Drop `A. `, `(B) `… from the options when every one carries the letter of its place."""
    bare = []
    for letter, text in zip(LETTERS, texts, strict=False):
        match = re.match(rf"\s*(?:\({letter}\)|{letter}\s*[.):、])\s*(?=\S)", text, re.IGNORECASE)
        if match is None:
            return texts
        bare.append(text[match.end() :].strip())
    return bare


def _entry(item: Any) -> str:
    if isinstance(item, Mapping):
        text = fields.find(item, "text", "content", "option", "value", "answer")
        item = text if text is not None else (next(iter(item.values())) if len(item) == 1 else item)
    return fields.as_text(item)


def _from_mapping(given: Mapping[str, Any]) -> Options:
    texts, labels = given.get("text"), given.get("label")
    if isinstance(texts, list) and isinstance(labels, list) and len(texts) == len(labels):
        return Options(tuple(map(_entry, texts)), tuple(map(str, labels)))

    def order(name: str) -> tuple[int, int, str]:
        plain = name.strip(" .():")
        return (0, int(plain), "") if plain.isdecimal() and len(plain) < 9 else (1, 0, plain.upper())

    names = sorted(map(str, given), key=order)
    values = {str(key): value for key, value in given.items()}
    return Options(
        tuple(_entry(values[name]) for name in names), tuple(name.strip(" .():") for name in names)
    )


def _given(value: Any) -> Options:
    """Read the value of an options field: a list, an object, or text."""
    if isinstance(value, Mapping):
        return _from_mapping(value)
    if isinstance(value, str):
        listed = literal_list(value.strip()) if value.strip().startswith(("[", "(")) else None
        if listed is None:
            lettered = _lettered(value)
            if lettered:
                return Options(lettered)
            listed = [
                part for part in re.split(r"\n+" if "\n" in value.strip() else r"[;,]", value) if part.strip()
            ]
        value = listed
    if not isinstance(value, list | tuple):
        return Options()
    return Options(tuple(_without_own_letters([_entry(item) for item in value])))


def in_question(question: str) -> Options:
    """Read the options out of a question: a bracketed list at its end, or lettered parts."""
    listed = _LISTED.search(question) if "[" in question else None
    if listed is not None:
        literal = literal_list(listed.group(1))
        texts = [fields.as_text(item) for item in literal] if literal else _split_list(listed.group(1))
        if len(texts) >= 2:
            return Options(tuple(_without_own_letters(texts)))
    return Options(_lettered(question), shown=True)


_OPTION_KEYS: Final = tuple(sorted(fields.OPTION_KEYS))


_latest: tuple[Instance | None, Options] = (None, Options())
"""The instance that was asked for last, and its options: each is asked for several times in a row."""


def options_of(instance: Instance) -> Options:
    """Return the options of an instance, from its fields or from its question; none is `Options()`.

    Raises DataError when there are more options than letters.
    """
    global _latest
    latest, options = _latest
    if latest is not instance:
        options = _options_of(instance)
        _latest = (instance, options)
    return options


def _options_of(instance: Instance) -> Options:
    result = Options()
    given = fields.find(instance.fields, *_OPTION_KEYS)
    if given is not None:
        result = _given(given)
    elif "A" in instance.fields and "B" in instance.fields:
        own = [letter for letter in LETTERS if letter in instance.fields]
        result = Options(tuple(fields.as_text(instance.fields[letter]) for letter in own), shown=True)
    if len(result.texts) < 2:
        result = _in_fields(instance.fields)
    if len(result.texts) < 2:
        # Each text by itself: the list stands at the end of the question, which the prompt may follow.
        texts = (text for text in fields.questions(instance) if text)
        result = next(
            (options for text in texts if len((options := in_question(text)).texts) >= 2), Options()
        )
    if len(result.texts) > len(LETTERS):
        raise DataError(
            f"{fields.place(instance)}: {len(result.texts)} options, more than the {len(LETTERS)} letters"
        )
    return result
