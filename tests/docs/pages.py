"""What README and documentation hold besides prose: fenced blocks, and code between words."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", *sorted(DOCS.glob("*.md")))
OTHER_PAGES = (ROOT / "CONTRIBUTING.md", ROOT / "RELEASING.md")
"""Pages for those who change the project: their commands are checked, and not run."""
SHELL = ("bash", "console")
"""Languages of a block whose commands are run; in a `console` block they follow `$ `, before their output."""

_FENCE = re.compile(
    r"^(?P<mark>`{3,})(?P<language>[^\n`]*)\n(?P<body>.*?)^(?P=mark)[ ]*$", re.MULTILINE | re.DOTALL
)
_REASON = re.compile(r"<!-- not run: (.+?) -->\s*\Z")
_EXIT = re.compile(r"<!-- exit code: (\d+) -->\s*\Z")
_PUT = re.compile(r"Put this into `([^`]+)`:\s*\Z")
_NAME = re.compile(r"# ([\w./-]+\.(?:py|ya?ml|ini))\b")
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_SEPARATORS = frozenset({"&&", "||", ";", "|", "&"})


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: str
    line: int
    """The line of its fence, from 1."""
    language: str
    body: str
    file: str
    """The file that the page says it is; empty for others."""
    reason: str
    """Why it is not run; empty where it is."""
    exit_code: int

    @property
    def shell(self) -> bool:
        return self.language in SHELL

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(name: str, text: str) -> list[Block]:
    """Return the fenced blocks of a page in order."""
    found = []
    for match in _FENCE.finditer(text):
        before, body = text[: match.start()], match["body"]
        reason, code = _REASON.search(before), _EXIT.search(before)
        named = _PUT.search(before) or _NAME.match(body)
        found.append(
            Block(
                name,
                before.count("\n") + 1,
                match["language"].strip(),
                body,
                named[1] if named else "",
                reason[1] if reason else "",
                int(code[1]) if code else 0,
            )
        )
    return found


def read(page: Path) -> tuple[str, list[Block]]:
    """Return a page's text and its blocks."""
    text = page.read_text(encoding="utf-8")
    return text, blocks_of(page.relative_to(ROOT).as_posix(), text)


def script(block: Block) -> str:
    """Return the commands of a shell block.

    >>> script(blocks_of("page", "```console\\n$ ls one\\none\\n```\\n")[0])
    'ls one\\n'
    """
    if block.language == "bash":
        return block.body
    return "".join(f"{line[2:]}\n" for line in block.body.splitlines() if line.startswith("$ "))


def shown(block: Block) -> list[str]:
    """Return the lines of output that a `console` block shows."""
    lines = block.body.splitlines() if block.language == "console" else []
    return [line for line in lines if line and not line.startswith("$ ")]


def commands(text: str) -> Iterator[list[str]]:
    """Yield the words of each command of a script.

    >>> list(commands("A=1 pytest -q \\\\\\n  -n 2 && ls # all\\n"))
    [['A=1', 'pytest', '-q', '-n', '2'], ['ls']]
    """
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        for word in lexer:
            if word in _SEPARATORS:
                yield words
                words = []
            else:
                words.append(word)
        yield words


def spans(text: str) -> Iterator[str]:
    """Yield the code between a page's words, without its fenced blocks; `\\|` of a table is `|`."""
    for match in _SPAN.finditer(_FENCE.sub("", text)):
        yield match[1].replace("\\|", "|")
