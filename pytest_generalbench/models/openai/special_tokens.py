"""Special tokens in answers: whether a server or engine is asked for them, and what is cut off again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pytest_generalbench.core.request import Request

_END_MARKS: Final = re.compile(
    r"(?:\s*(?:<\|(?:im_end|endoftext|end|eot_id|eom_id|end_of_text|return|user|assistant|eos|endofturn|"
    r"end_of_turn|eot|turn_end|end_of_sentence)\|>|</s>|<eos>|<pad>|<end_of_turn>|<turn\|>|<end_of_utterance>|"
    r"<\uff5cend\u2581of\u2581sentence\uff5c>|\[/?EOS\]))+\s*$"
)
"""End and padding of an answer whose special tokens were asked for."""


def wants_marks(request: Request) -> bool:
    """Return whether the answer may be written with special tokens: boxes and points as text."""
    return request.output_medium == "map"


def without_end_marks(text: str) -> str:
    """Return an answer without the end and padding tokens behind it.

    >>> without_end_marks("<box>(1,2),(3,4)</box><|im_end|></s>")
    '<box>(1,2),(3,4)</box>'
    """
    return _END_MARKS.sub("", text)
