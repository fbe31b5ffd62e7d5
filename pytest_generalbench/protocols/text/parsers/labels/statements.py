"""Whether a statement says what a question asks: `There is a dog` to `Is there a dog?`."""

from __future__ import annotations

import re
from typing import Final

_ASKS: Final = re.compile(
    r"\s*(is|are|was|were|does|do|did|has|have|had|can|could|will|would|should)\s", re.IGNORECASE
)
_TURNS: Final = re.compile(
    r"\b(?:not|no|never|neither|nor|none|nothing|nobody|without|lacks?|lacking|missing|absent|unclear|unsure|uncertain|"
    r"unable|cannot|if|whether|or|may|might|could|perhaps|maybe|possibly|hardly|few|instead|but|however|although|"
    r"though|except|false|wrong|incorrect|unlikely|doubtful|rather)\b|n't|\?",
    re.IGNORECASE,
)
"""Words with which a sentence may deny or doubt what else it says."""
_ASKS_CHINESE: Final = re.compile(
    r"有(?:没有)?(?:一[只个条张辆位名头])?([^有?？，。\s]{1,16}?)(?:吗|嗎)?\s*[?？]"
)
_TURNS_CHINESE: Final = re.compile("[没不无非未否吗]|可能|也许|或|如果|[?？]")
_STOP: Final = frozenset(
    [
        "a",
        "an",
        "the",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "does",
        "do",
        "did",
        "has",
        "have",
        "had",
        "can",
        "could",
        "will",
        "would",
        "should",
        "there",
        "any",
        "some",
        "this",
        "that",
        "these",
        "those",
        "it",
        "its",
        "in",
        "on",
        "at",
        "of",
        "to",
        "for",
        "from",
        "with",
        "and",
        "by",
        "as",
        "image",
        "picture",
        "photo",
        "video",
        "scene",
        "clip",
        "audio",
        "recording",
        "shown",
        "visible",
        "seen",
        "see",
        "present",
        "contain",
        "contains",
        "show",
        "shows",
        "depict",
        "depicts",
        "given",
        "following",
        "any",
        "one",
        "you",
        "i",
        "we",
        "they",
        "he",
        "she",
        "his",
        "her",
        "their",
        "into",
        "he's",
    ]
)
_WORD: Final = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_MOST: Final = 400


def _content(text: str) -> set[str]:
    """Return the words of a text that say something of their own, without endings."""
    words = (word for word in _WORD.findall(text.lower()) if word not in _STOP)
    return {re.sub(r"(?<=\w{3})(?:ing|ies|es|ed|s|'s|y|e)$", "", word) for word in words}


def restates(statement: str, question: str) -> bool:
    """Whether a plain statement has every word of a yes-or-no question that matters, and denies nothing.

    >>> restates("There is a dog in the picture.", "Is there a dog in the image?")
    True
    >>> restates("There is a cat.", "Is there a dog?"), restates("There may be a dog.", "Is there a dog?")
    (False, False)
    """
    in_chinese = _ASKS_CHINESE.findall(question[-2000:])
    if in_chinese:
        return (
            in_chinese[-1] in statement and "有" in statement and not _TURNS_CHINESE.search(statement[:_MOST])
        )
    asked = next(
        (part for part in reversed(re.split(r"(?<=[.!?\n])\s+", question.strip()[-2000:])) if "?" in part), ""
    )
    if not _ASKS.match(asked) or _TURNS.search(asked.rstrip(" ?\n")) or _TURNS.search(statement[:_MOST]):
        return False
    wanted = _content(asked)
    return bool(wanted) and len(statement) <= _MOST and wanted <= _content(statement)
