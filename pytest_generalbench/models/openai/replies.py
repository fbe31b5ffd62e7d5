"""What a server's reply means: an answer, a refusal, or a failure, and whether asking again may help."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.request import CUT_OFF, EMPTY, Output
from pytest_generalbench.models.base import Failed
from pytest_generalbench.models.openai.complaints import complaint_of, has_error
from pytest_generalbench.models.openai.concurrency import retry_after
from pytest_generalbench.models.openai.redaction import MODEL_KEYS, without_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.models.openai.http import Reply

_BUSY: Final = (429, 503, 529)
_PASSING: Final = (408, 409, 425, 429)
"""Refusals that may pass; so may every status from 500."""

_SLOW: Final = (408, 504)
_UNPAID: Final = ("insufficient_quota", "billing_hard_limit_reached", "insufficient_balance")

_FILTERED: Final = re.compile(
    r"filter|sensitive|safety|recitation|prohibited|blocklist|spii|block|refus|guardrail|moderat|policy|"
    r"inappropriate|risk",
    re.IGNORECASE,
)
_BROKEN: Final = re.compile(
    r"error|abort|cancel|fail|insufficient_system_resource|timeout|malformed|overload|unavailable|interrupt",
    re.IGNORECASE,
)
_REASONING: Final = ("reasoning_content", "reasoning", "reasoning_details", "thinking", "thinking_blocks")
_CALLS: Final = ("tool_calls", "function_call")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one attempt at a request."""

    answer: Output | Failed
    again: bool = False
    """Whether asking again may help."""
    busy: bool = False
    pause: float = 0.0
    """Seconds to wait before the next attempt, as the server asks."""


@dataclass(frozen=True, slots=True)
class _Content:
    """The parts of a message."""

    text: str
    refusal: str
    reasoning: int
    """Characters of reasoning."""
    others: tuple[str, ...]
    """Kinds of parts that are no text."""


def outcome_of(reply: Reply, keys: Sequence[str] = MODEL_KEYS) -> Outcome:
    """Return the outcome that a reply means.

    Args:
        reply: the reply, keys struck out.
        keys: the environment variables that hold the key, for the message of a refused one.
    """
    if reply.status == 200 and not has_error(reply.content):
        return _answered(reply)
    complaint = complaint_of(reply)
    if complaint.is_filtered:
        return Outcome(Output(complaint.line, refused=True))
    line = f"the server answered {reply.status}: {complaint.line or 'nothing'}"
    status = complaint.status
    if status in (401, 403):
        return Outcome(Failed(f"{line} (the key is read from {' or '.join(keys)})"))
    failed = Failed(line, "timeout" if status in _SLOW else "error")
    passing = status == 200 or status >= 500 or status in _PASSING
    if not passing or any(code in _UNPAID for code in complaint.codes):
        return Outcome(failed)
    pause = retry_after(reply.headers.get("retry-after"), time.time())
    return Outcome(failed, again=True, busy=status in _BUSY, pause=pause)


def is_overloaded(reply: Reply) -> bool:
    """Return whether a reply says that the server is busy or slow, and nothing about the request."""
    return complaint_of(reply).status in {*_BUSY, *_PASSING, *_SLOW, 502}


def _answered(reply: Reply) -> Outcome:
    """Return the outcome of a reply that holds no error."""
    content = reply.content if isinstance(reply.content, dict) else {}
    choices = content.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if isinstance(choice, dict) and choice.get("message") is None and isinstance(choice.get("text"), str):
        choice = {**choice, "message": {"content": choice["text"]}}  # the older form of completions
    message = choice.get("message") if isinstance(choice, dict) else None
    given = _content_of(message) if isinstance(message, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict) or given is None:
        line = " ".join(reply.text.split())[:200]
        return Outcome(Failed(f"the server's reply is no chat completion: {line!r}"), again=True)
    reason = choice.get("finish_reason") or choice.get("native_finish_reason")
    reason = reason if isinstance(reason, str) else ""
    details: dict[str, Any] = _counts(content.get("usage"))
    if reason:
        details["finish_reason"] = reason
    if _BROKEN.search(reason):
        text = f"the server broke the answer off (finish_reason {reason})"
        return Outcome(Failed(text), again=True)
    if given.refusal or _FILTERED.search(reason):
        return Outcome(Output(given.text or given.refusal, refused=True, details=details))
    if not given.text.strip():
        why = _why_empty(given, message, reason)
        if why is not None and CUT_OFF.search(reason):
            # An answer that was cut off, as it is of any other model: the counts of a run name it so.
            return Outcome(Output("", details={**details, EMPTY: why}))
        if why is not None:
            return Outcome(Failed(why, "unparsable"))
    return Outcome(Output(given.text, details=details))


def _counts(usage: Any) -> dict[str, Any]:
    counts = usage if isinstance(usage, dict) else {}
    names = ("prompt_tokens", "completion_tokens")
    return {name: counts[name] for name in names if type(counts.get(name)) is int}


def _why_empty(given: _Content, message: dict[str, Any], reason: str) -> str | None:
    """Return why a message without text is no answer; None where the model just said nothing."""
    thought = f" on {given.reasoning} characters of reasoning" if given.reasoning else ""
    if CUT_OFF.search(reason):
        return f"empty: the answer's length was used up{thought} before any text (finish_reason {reason})"
    called = next((name for name in _CALLS if message.get(name)), None)
    if called is not None:
        return f"empty: the model called a tool in place of an answer ({called})"
    if given.reasoning:
        return (
            f"empty: the server gave all {given.reasoning} characters as reasoning, and they may be the "
            "answer or thoughts before it; serve the model without a reasoning parser"
        )
    if given.others:
        return f"empty: the answer has no text but {', '.join(given.others)}"
    return None


def _content_of(message: dict[str, Any]) -> _Content | None:
    """Return the parts of a message; None for content of no known form."""
    content = message.get("content")
    if content is not None and not isinstance(content, str | list | dict):
        return None
    texts: list[str] = []
    refusals: list[str] = []
    others: list[str] = []
    reasoning = sum(_length(message.get(name)) for name in _REASONING)
    for part in content if isinstance(content, list) else [content]:
        kind = str(part.get("type", "text")) if isinstance(part, dict) else "text"
        if part is None:
            continue
        if isinstance(part, str):
            texts.append(part)
        elif not isinstance(part, dict):
            return None
        elif "refusal" in kind or isinstance(part.get("refusal"), str):
            refusals.append(_text_of(part.get("refusal") or part.get("text")))
        elif "think" in kind or "reason" in kind or part.get("thought") is True:
            reasoning += _length({name: value for name, value in part.items() if name != "type"})
        elif isinstance(part.get("text"), str | dict):
            texts.append(_text_of(part["text"]))
        else:
            others.append(kind)
    refusal = _text_of(message.get("refusal")) or "".join(refusals)
    # Joined, the parts may show a key that was split.
    joined = (without_keys("".join(texts)), without_keys(refusal.strip()))
    return _Content(*joined, reasoning, tuple(dict.fromkeys(others)))


def _text_of(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("value")
    return value if isinstance(value, str) else ""


def _length(value: Any) -> int:
    """Return the characters of all texts in a value."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(_length(inner) for name, inner in value.items() if name != "type")
    return sum(map(_length, value)) if isinstance(value, list) else 0
