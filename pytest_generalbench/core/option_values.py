"""Conversion of option texts to the values of settings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import GeneralBenchError, UnknownWordError
from pytest_generalbench.core.options import PREFIX
from pytest_generalbench.core.regular_files import user_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.core.options import Option

MEDIA: Final = ("text", "image", "video", "audio")
"""What `--generalbench-input-media` may name."""


def value_of(option: Option, given: str, folder: Path) -> Any:
    """Return the value of a setting.

    Args:
        option: What was given.
        given: Its value as it was written.
        folder: Where the command was started; the file of a reading is meant from there.

    Raises:
        GeneralBenchError: the value cannot be; the message names the option and what it takes.
    """
    if option.choices:
        word = one_of(option.name, given, option.choices)
        return None if word == option.unset else word
    match option.kind:
        case "whole":
            return whole(option.name, given, option.least)
        case "batch":
            return None if given == "auto" else whole(option.name, given)
        case "seconds":
            return _seconds(option.name, given)
        case "share":
            return _share(option.name, given)
        case "shard":
            return _shard(option.name, given)
        case "media":
            return _media(option.name, given)
        case "reading":
            return _reading(given, folder)
        case "prompts":
            from pytest_generalbench.core.asking import prompts_from_file

            return prompts_from_file(user_path(given.strip(), folder))
        case "lengths":
            from pytest_generalbench.core.asking import checked_lengths

            return checked_lengths(given, f"{PREFIX}{option.name}")
        case "states":
            from pytest_generalbench.core.requirements import checked_requirements

            return checked_requirements(given, f"{PREFIX}{option.name}")
        case "subset":
            return _subset(option.name, given)
        case "measured":
            from pytest_generalbench.core.measured_tasks import measured_text

            return measured_text(user_path(given.strip(), folder))
        case "margin":
            margin_of(given, f"{PREFIX}{option.name}")
            return given
        case "text":
            return given


def margin_of(given: str, what: str = "--non-inferior") -> float:
    """Return the margin of a non-inferiority `S2:0.5`, in points.

    Args:
        given: What was given.
        what: The option, for the message.

    Raises:
        GeneralBenchError: it is of another form, or of another level than S2.
    """
    match = re.fullmatch(r"S2:([0-9]*\.?[0-9]+)", given.strip())
    if match is None or not float(match[1]) > 0:
        raise GeneralBenchError(
            f"{what} takes S2 and a margin in points above 0, as in S2:0.5, not {given!r}; S3, S4 and the "
            "tier change by chance alone and are no gate"
        )
    return float(match[1])


def one_of(name: str, given: str, good: Sequence[str]) -> str:
    """Return a value that must be one of the `good` ones. Raises UnknownWordError that lists them."""
    if given not in good:
        raise UnknownWordError(f"{PREFIX}{name}", given, good)
    return given


def whole(name: str, given: str, least: int = 1) -> int:
    """Return a value as a whole number. Raises GeneralBenchError for another, or one below `least`."""
    if not (given.isascii() and given.isdigit()) or int(given) < least:
        raise GeneralBenchError(f"{PREFIX}{name} takes a whole number from {least}, not {given!r}")
    return int(given)


def _seconds(name: str, given: str) -> float:
    try:
        value = float(given)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise GeneralBenchError(f"{PREFIX}{name} takes seconds above 0, not {given!r}")
    return value


def _share(name: str, given: str) -> str:
    if re.fullmatch(r"[0-9]+|(?:[0-9]{1,2}(?:\.[0-9]+)?|100)%", given):
        return given
    raise GeneralBenchError(f"{PREFIX}{name} takes a number of instances or a share as in 1%, not {given!r}")


def _shard(name: str, given: str) -> str:
    part, slash, parts = given.partition("/")
    numbers = [int(word) if word.isascii() and word.isdigit() else 0 for word in (part, parts)]
    if not slash or not 1 <= numbers[0] <= numbers[1]:
        raise GeneralBenchError(f"{PREFIX}{name} takes i/n with i from 1 to n, as in 1/4, not {given!r}")
    return f"{numbers[0]}/{numbers[1]}"


def _media(name: str, given: str) -> tuple[str, ...]:
    named = {part.strip() for part in given.split(",") if part.strip()}
    return tuple(sorted({"text", *(one_of(name, one, MEDIA) for one in named)}))


def _subset(name: str, given: str) -> str:
    word = given.strip()
    matched = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(%|min)|[0-9]+|smoke|nightly", word)
    amount = float(re.match(r"[0-9.]*", word)[0] or 1) if matched else 0.0  # type: ignore[index]
    if not amount or (word.endswith("%") and amount > 100):
        raise GeneralBenchError(
            f"{PREFIX}{name} takes a share (5%), a number of instances (5000), a time (20min), smoke or "
            f"nightly, not {given!r}"
        )
    return word


def _reading(given: str, folder: Path) -> dict[str, dict[str, str]]:
    """Return how references are read, by task: from a file, or from the lines of the ini key."""
    from pytest_generalbench.core import reading

    if "=" in given:
        return reading.from_lines(given, "generalbench_reading")
    return reading.from_file(user_path(given.strip(), folder))
