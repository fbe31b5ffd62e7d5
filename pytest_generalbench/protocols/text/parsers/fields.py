"""The answer in an object in JSON's notation or Python's, cut off or not: `{"answer": "B", "why": "…"}`."""

from __future__ import annotations

import re
from typing import Final

_KEYS: Final = (
    "final_answer", "finalanswer", "final answer", "correct_answer", "correct answer", "answer", "ans",
    "choice", "option", "correct_option", "selected_option", "letter", "answer_letter", "label", "category",
    "class", "classification", "prediction", "predicted_label", "emotion", "sentiment", "intent", "count",
    "number", "total", "value", "result", "response", "output", "答案",
)  # fmt: skip
"""Keys of the answer, the surest first."""
_FIELD: Final = re.compile(
    rf"(?:[{{,]|\A)\s*([\"'])({'|'.join(_KEYS)})\1\s*:\s*"
    r"(?:\[\s*)?(?:\"((?:[^\"\\\n]|\\.){0,2000})\"|'((?:[^'\\\n]|\\.){0,2000})'|([-+\w.]{1,40}(?=\s*[,}\]]|\s*\Z)))(\s*,\s*[\"'\d])?",
    re.IGNORECASE,
)


def field_answer(text: str) -> str | None:
    """Return the value under the surest key of an answer in the objects of a text; None where there is none.

    None as well where the value is a list of several; different values of two objects are joined by `or`.

    >>> field_answer('{"answer": "B", "explanation": "A is wrong"}'), field_answer("The answer is B")
    ('B', None)
    """
    if "{" not in text:
        return None
    values: dict[str, dict[str, None]] = {}
    for match in _FIELD.finditer(text):
        listed = match[6] and text[match.start(2) : match.end()].partition(":")[2].lstrip().startswith("[")
        value = next(group for group in match.group(3, 4, 5) if group is not None)
        values.setdefault(match[2].lower(), {})["" if listed else value] = None
    for key in _KEYS:
        if key in values:
            given = list(values[key])
            return " or ".join(given).strip() or None
    return None
