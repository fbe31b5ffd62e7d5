"""A server's words about a request that it did not answer, gathered from any form of error."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.keys import key_of
from pytest_generalbench.models.openai.redaction import without_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_generalbench.models.openai.http import Reply

_MESSAGES: Final = (
    "message", "msg", "error", "errors", "detail", "details", "error_msg", "error_message", "errormessage",
    "error_description", "status_msg", "description", "title", "raw", "reasons", "block_reason_message",
)  # fmt: skip
_CODES: Final = (
    "code", "type", "status", "error_code", "errorcode", "status_code", "error_type", "reason", "blockreason",
    "block_reason",
)  # fmt: skip
_PARAMETERS: Final = ("param", "params", "parameter", "parameters", "loc", "field", "fields", "argument")
_ERRORS: Final = (
    "error", "errors", "detail", "error_msg", "error_message", "error_code", "base_resp", "prompt_feedback",
    "promptfeedback",
)  # fmt: skip
"""Keys that only an error has: a chat completion may have them too, but then they are empty."""

_FILTERED_CODES: Final = re.compile(
    r"content_?filter|content_?policy|responsible_?ai|moderation|data_?inspection|sensitive|guardrail|"
    r"^1301$|safety|prohibited_content|blocklist|flagged|invalid_prompt",
    re.IGNORECASE,
)
_FILTERED_WORDS: Final = re.compile(
    r"content (management )?polic|content filter|safety (system|setting|filter|polic)|usage polic|"
    r"content exists risk|inappropriate content|sensitive (content|information|word)|"
    r"flagged (by|as|for)|requires moderation|敏感|不安全|risk control|"
    r"blocked by .{0,40}(guardrail|polic|filter)",
    re.IGNORECASE,
)
_REFUSING: Final = (400, 403, 422, 451)
"""Statuses under which a content filter speaks; and 200 with an error."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a server says is wrong.

    Args:
        messages: its sentences, in order, each once.
        codes: its words for the kind of error.
        parameters: the parameters that it names as such.
        status: the HTTP status, or the one that a reply with status 200 states for its error.
    """

    messages: tuple[str, ...]
    codes: tuple[str, ...]
    parameters: tuple[str, ...]
    status: int

    @property
    def line(self) -> str:
        """The first sentence, in one line."""
        return " ".join(next(iter(self.messages), "").split())[:300]

    @property
    def text(self) -> str:
        """All sentences."""
        return "\n".join(self.messages)

    @property
    def is_filtered(self) -> bool:
        """Whether a content filter declined."""
        if self.status not in (*_REFUSING, 200):
            return False
        return any(map(_FILTERED_CODES.search, self.codes)) or bool(_FILTERED_WORDS.search(self.text))


def complaint_of(reply: Reply) -> Complaint:
    """Return what a reply without answer says, whatever its form.

    >>> from pytest_generalbench.models.openai.http import decoded_reply
    >>> body = b'{"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]}'
    >>> complaint_of(decoded_reply(422, {}, body))
    Complaint(messages=('Extra inputs are not permitted',), codes=(), parameters=('body', 'seed'), status=422)
    """
    messages: dict[str, None] = {}
    codes: dict[str, None] = {}
    parameters: dict[str, None] = {}
    for key, value in _texts(_error_in(reply.content), "error"):
        if key in _CODES:
            codes[value] = None
        elif key in _PARAMETERS:
            parameters[value] = None
        elif key in _MESSAGES:
            messages[value] = None
    if not messages:
        messages[reply.text.strip()] = None
    stated = [int(code) for code in codes if len(code) == 3 and code.isdecimal() and code[0] in "45"]
    status = stated[0] if reply.status == 200 and stated else reply.status
    return Complaint(tuple(messages), tuple(codes), tuple(parameters), status)


def has_error(content: Any) -> bool:
    """Return whether a decoded reply, or its first choice, holds an error beside or in place of an answer.

    >>> has_error({"error": None, "choices": []}), has_error({"choices": [{"error": {"code": 502}}]})
    (False, True)
    """
    if isinstance(content, list):
        return bool(content) and has_error(content[0])
    if not isinstance(content, dict):
        return False
    if content.get("object") == "error":
        return True
    choices = content.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    return any(_holds_error(one) for one in (content, choice) if isinstance(one, dict))


def _holds_error(content: dict[str, Any]) -> bool:
    for name, value in content.items():
        key = key_of(name)
        if key == "base_resp":
            if isinstance(value, dict) and value.get("status_code"):
                return True
        elif key in ("prompt_feedback", "promptfeedback"):
            if isinstance(value, dict) and any("reason" in inner.lower() for inner in value):
                return True
        elif key in _ERRORS and value and value != "0":
            return True
    return False


def _error_in(content: Any) -> Any:
    """Return the part of a reply that speaks of the error: of a choice that has one, that one's."""
    if isinstance(content, dict):
        choices = content.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        kept = {name: value for name, value in content.items() if name not in ("choices", "usage")}
        if isinstance(choice, dict) and choice.get("error"):
            return [{"error": choice["error"]}, kept]
        return kept
    return content


def _texts(value: Any, key: str, depth: int = 8) -> Iterator[tuple[str, str]]:
    """Yield every text and number with the key that it stands under; JSON within a text is opened."""
    if depth == 0:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, key_of(str(name)), depth - 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, key, depth - 1)
    elif isinstance(value, str) and value.strip():
        opened = _opened(value)
        if opened is None:
            yield key, value.strip()
        else:
            yield from _texts(opened, key, depth - 1)
    elif isinstance(value, int) and not isinstance(value, bool) and key in _CODES:
        yield key, str(value)


def _opened(text: str) -> Any:
    """Return the object that a text holds as JSON, or None."""
    start = text.find("{")
    if start < 0:
        return None
    try:
        opened, _ = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return without_keys(opened) or None
