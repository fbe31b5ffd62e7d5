"""Detection of texts that decline to answer.

Asked only of answers that no parser could read, to tell `refused` from `unparsable`;
so it may be strict: a text that hedges and then answers was read before.
"""

from __future__ import annotations

import re
from typing import Final

from pytest_generalbench.protocols.text.parsers.reasoning import without_reasoning

_CANNOT: Final = (
    r"(?:can(?:no|')t|can not|could(?:n't| not)|unable to|not able to|won't|will not|not going to|"
    r"must decline)"
)
_ACTS: Final = (
    r"(?:answer|assist|help|comply|provide|fulfil|fulfill|do that|determine|identify|process|view|see|watch|"
    r"hear|listen|access|analy[sz]e|engage|discuss|create|generate|share|give|support|continue|offer|"
    r"recogni[sz]e|tell|complete|respond|interpret|describe)"
)
_PATTERNS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:sorry|apologi[sz]e|apologies|unfortunately|regret)\b.{{0,80}}?\b{_CANNOT}",
        rf"\bI(?:'m| am)?\s+(?:really\s+|simply\s+|just\s+)?{_CANNOT}\s+(?:be able to\s+)?{_ACTS}\b",
        r"\bas an? (?:ai|artificial intelligence|(?:large )?language model|text-based)\b.{0,120}?"
        rf"(?:{_CANNOT}|don't have|do not have)",
        r"\bI (?:decline|refuse)(?: to)?\b",
        r"\bI(?:'m| am) not (?:comfortable|allowed|permitted|programmed|designed)\b",
        r"\bI (?:do not|don't) (?:have (?:the )?(?:ability|access|capability|permission)|feel comfortable)\b",
        r"\b(?:against|violates?) (?:my|our|the) (?:guidelines|polic(?:y|ies)|programming)\b",
        r"(?:抱歉|对不起|很遗憾|不好意思).{0,40}?(?:无法|不能|没法|没有办法|不可以|不便)",
        r"(?:作为|身为).{0,20}?(?:人工智能|AI|语言模型|大模型|助手).{0,40}?(?:无法|不能|没有)",
        r"我(?:无法|不能|没法|拒绝|不便)(?:回答|提供|协助|帮助|处理|满足|识别|确定|完成|查看|生成|讨论)",
    )
)


def is_refusal(text: str) -> bool:
    """Return whether `text` plainly declines to answer, in English or Chinese.

    Only the first 400 characters are looked at: a refusal comes first.
    """
    head = " ".join(without_reasoning(text).replace("’", "'")[:400].split())
    return any(pattern.search(head) for pattern in _PATTERNS)
