"""Every command and option that a page names exists."""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.cli import make_parser
from tests.docs.pages import DOCS, OTHER_PAGES, PAGES, commands, read, script, spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

pytestmark = pytest.mark.skipif(not DOCS.is_dir(), reason="a wheel has no documentation")

OF_OTHERS = {"--build-arg": "docker", "--spread": "benchmarks/gate_simulation.py"}
"""Options of other programs that pages name without them."""


@pytest.fixture(scope="module")
def pytest_options() -> frozenset[str]:
    """Return every option that `pytest --help` lists with the plugin and pytest-xdist."""
    command = [sys.executable, "-m", "pytest", "--help"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=DOCS)
    return frozenset(re.findall(r"(?<![\w-])--?[a-zA-Z][\w-]*", done.stdout))


def subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return a parser's subcommands by name."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def allows(parser: argparse.ArgumentParser, word: str) -> bool:
    """Return whether a command takes the first word after its name: some have a fixed set of them."""
    first = next((action for action in parser._get_positional_actions()), None)
    return first is None or not first.choices or word.startswith("-") or word in first.choices


def own_options(parser: argparse.ArgumentParser) -> frozenset[str]:
    """Return the options of a command and of all below it."""
    below = [own_options(one) for one in subparsers(parser).values()]
    return frozenset(parser._option_string_actions).union(*below)


def options_in(words: Sequence[str]) -> Iterator[str]:
    """Yield the options among words, without their values; `[--json]` is an option too."""
    for word in words:
        if match := re.match(r"\[?(--?[a-zA-Z][\w-]*)", word):
            yield match[1]


def unknown_in_console(words: Sequence[str], pytest_options: frozenset[str]) -> list[str]:
    """Return what `generalbench` would not know of the words behind its name."""
    parser, rest = make_parser(), list(words)
    while rest and (below := subparsers(parser)) and not rest[0].startswith("-"):
        if rest[0] not in below:
            return [rest[0]]
        parser = below[rest.pop(0)]
    if rest and not allows(parser, rest[0]):
        return [rest[0]]
    end = rest.index("--") if "--" in rest else len(rest)
    rest, handed = rest[:end], rest[end + 1 :]  # `launch` hands on to pytest what is behind `--`
    unknown = [option for option in options_in(handed) if option not in pytest_options]
    # `run` hands on to pytest what it does not know.
    known = frozenset(parser._option_string_actions)
    known |= pytest_options if parser.get_default("takes_rest") else frozenset()
    return [*(option for option in options_in(rest) if option not in known), *unknown]


def unknown_in(words: Sequence[str], pytest_options: frozenset[str]) -> list[str]:
    """Return the subcommands and options of one command that do not exist; other programs are left out."""
    rest = list(words)
    while rest and re.match(r"\w+=", rest[0]):
        name, _, value = rest.pop(0).partition("=")
        if name == "GENERALBENCH_ARGS":
            return [
                *unknown_in(["pytest", *shlex.split(value)], pytest_options),
                *unknown_in(rest, pytest_options),
            ]
    if not rest:
        return []
    if rest[0] == "generalbench":
        return unknown_in_console(rest[1:], pytest_options)
    if rest[0] == "pytest":
        return [option for option in options_in(rest[1:]) if option not in pytest_options]
    return []


def unknown_in_span(span: str, pytest_options: frozenset[str]) -> list[str]:
    """Return what does not exist of a command, of a subcommand without its program, or of options alone."""
    words = span.split()
    if words[0] in ("generalbench", "pytest"):
        return unknown_in(words, pytest_options)
    top = subparsers(make_parser())
    if words[0] in top and any(word.startswith("--") for word in words):
        return unknown_in_console(words, pytest_options)
    if not words[0].startswith("--"):
        return []
    known = own_options(make_parser()) | pytest_options | OF_OTHERS.keys()
    return [option for option in options_in(words) if option not in known]


@pytest.mark.parametrize("page", [*PAGES, *OTHER_PAGES], ids=lambda page: page.name)
def test_every_command_and_option_exists(page: Path, pytest_options: frozenset[str]) -> None:
    text, blocks = read(page)
    unknown = [
        f"{block}: {' '.join(words)}: {option}"
        for block in blocks
        if block.shell
        for words in commands(script(block))
        for option in unknown_in(words, pytest_options)
    ]
    unknown += [
        f"{page.name}: {span}: {option}"
        for span in spans(text)
        for option in unknown_in_span(span, pytest_options)
    ]
    assert unknown == []


@pytest.mark.parametrize(
    ("command", "unknown"),
    [
        ("generalbench frobnicate run", ["frobnicate"]),
        ("generalbench report run --outt page", ["--outt"]),
        ("generalbench tasks display X", ["display"]),
        ("generalbench run --model X --limt=2", ["--limt"]),
        ("generalbench run --model X --limit=2 -k nlp -n 2", []),
        ("pytest --generalbench-modell=X -n 2", ["--generalbench-modell"]),
        ("GENERALBENCH_ARGS='--generalbench-subsett=smoke' generalbench ci run", ["--generalbench-subsett"]),
        ("A=1 generalbench verify run --jsonn", ["--jsonn"]),
        ("docker run --gpus all", []),
    ],
)
def test_what_does_not_exist_is_named(
    command: str, unknown: list[str], pytest_options: frozenset[str]
) -> None:
    (words,) = commands(command)
    assert unknown_in(words, pytest_options) == unknown
