"""System prompts for models that have no role for them: as the first lines of the user's turn."""

from __future__ import annotations

from typing import Any


def first_lines(system: str) -> str:
    r"""Return a system prompt as lines before other words; empty where there is none.

    >>> first_lines("Be brief.\n\n"), first_lines(" ")
    ('Be brief.\n', '')
    """
    return f"{system.rstrip()}\n" if system.strip() else ""


def with_first_lines(lines: str, content: str | list[dict[str, Any]]) -> str | list[dict[str, Any]]:
    r"""Return the content of a turn, a text or a list of parts, with lines before it.

    >>> with_first_lines("Be brief.\n", "Which?")
    'Be brief.\nWhich?'
    >>> with_first_lines("Be brief.\n", [{"type": "image"}])
    [{'type': 'text', 'text': 'Be brief.\n'}, {'type': 'image'}]
    """
    if isinstance(content, str):
        return lines + content
    if not lines:
        return content
    if content and content[0]["type"] == "text":
        return [{"type": "text", "text": lines + content[0]["text"]}, *content[1:]]
    return [{"type": "text", "text": lines}, *content]
