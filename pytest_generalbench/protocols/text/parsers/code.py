"""Parser of code in answers, and detection of its language."""

from __future__ import annotations

import re
from typing import Final

from pytest_generalbench.protocols.text.parsers.normalization import without_lead
from pytest_generalbench.protocols.text.parsers.reasoning import cut_reasoning

_FENCED: Final = re.compile(r"```[^\n`]*\n(.*?)(?:^[ \t]*```|\Z)", re.DOTALL | re.MULTILINE)
_INLINE_FENCE: Final = re.compile(r"\A```(.+?)```\Z", re.DOTALL)
_NAMES: Final = {
    "c#": "c_sharp", "csharp": "c_sharp", "cs": "c_sharp", "c++": "cpp", "js": "javascript",
    "py": "python", "python3": "python", "python2": "python", "golang": "go", "rb": "ruby", "rs": "rust",
    "typescript": "javascript", "ts": "javascript",
}  # fmt: skip


def language_name(name: str) -> str:
    """Return the name of a programming language as CodeBLEU spells it."""
    plain = name.strip().lower()
    return _NAMES.get(plain, plain.replace(" ", "_"))


def guess_language(source: str) -> str:
    """Guess `python`, `java`, `c` or `javascript` from a piece of code; `python` in doubt."""
    if re.search(
        r"^\s*(?:def |class \w+.*:\s*$|import \w|from \w+ import |elif |print\()", source, re.MULTILINE
    ):
        return "java" if re.search(r"^\s*import [\w.]+;", source, re.MULTILINE) else "python"
    if re.search(
        r"\b(?:public|private|protected)\b.*[({]|\bSystem\.out\b|\bnew \w+\(|\bfinal \w+|@Override", source
    ):
        return "java"
    if re.search(
        r"^\s*#include\b|\bprintf\s*\(|\bstruct \w+|\w+\s*\*\s*\w+\s*[=;,)]|->", source, re.MULTILINE
    ):
        return "c"
    if re.search(r"\bfunction\b|=>|\b(?:const|let|var) \w+\s*=", source):
        return "javascript"
    return "java" if re.search(r"[;{]\s*$", source, re.MULTILINE) else "python"


def read_code(text: str) -> str | None:
    """Read the code: the largest fenced block, else everything behind a lead like `Code:`.

    Indentation stays, blank lines around the code go. None when nothing is left.
    """
    text = cut_reasoning(text.replace("\r\n", "\n"))
    blocks = _FENCED.findall(text)
    inline = _INLINE_FENCE.match(text.strip())
    if blocks:
        code = max(blocks, key=len)
    elif inline is not None:
        code = inline.group(1)
    else:
        code = without_lead(text) if text.lstrip()[:1].isalpha() else text
    return _trimmed(code) or None


def canonical_code(text: str) -> str | None:
    """Apply `read_code` until nothing changes: the canonical form of a reference."""
    result = read_code(text)
    # Reading only ever takes away, so this ends.
    while result is not None and (again := read_code(result)) != result:
        result = again
    return result


def _trimmed(code: str) -> str:
    return re.sub(r"\A(?:[^\S\n]*\n)+", "", code).rstrip()


def read_sql(text: str) -> str | None:
    """Read one SQL statement: fences and lead dropped, whitespace collapsed, no `;` at the end."""
    code = read_code(text)
    return normal_sql(code) or None if code is not None else None


def normal_sql(code: str) -> str:
    """Collapse whitespace and drop semicolons at the end."""
    return re.sub(r"[\s;]+$", "", " ".join(code.split()))
