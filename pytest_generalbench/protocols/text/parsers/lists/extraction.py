"""Location of the list inside an answer: in a fence, between sentences, or written as a sentence.

References are files and come as lists; only answers go through here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pytest_generalbench.protocols.text.parsers.lists.items import (
    MAX_TEXT,
    Triplet,
    closing,
    items_of,
    json_value,
    split_outside,
    triplets_of,
)
from pytest_generalbench.protocols.text.parsers.normalization import (
    one_line,
    without_emphasis,
    without_lead_sentence,
)
from pytest_generalbench.protocols.text.parsers.reasoning import without_reasoning

_FENCE: Final = re.compile(r"```[\w+-]*\n?(.*?)```", re.DOTALL)
_MAX_OPENINGS: Final = 40
"""How many brackets of an answer are tried as the start of its list."""
_SENTENCE: Final = 400

_THINGS: Final = (
    r"(?:entities|items|terms|names|persons|people|places|locations|organi[sz]ations|events|triggers|arguments|"
    r"aspects|targets|opinions|words|relations|relationships|triples|triplets|pairs|quadruples|quadruplets|tags|"
    r"mentions|spans|phrases|matches|lists?|results?|answers?|outputs?|extractions?)"
)
_THING: Final = (
    rf"(?:{_THINGS}|entity|item|term|name|person|place|location|organi[sz]ation|event|trigger|aspect|opinion|relation|"
    r"triple|triplet|pair|tag|mention)"
)
_START: Final = (
    r"\W{0,3}(?:(?:sure|certainly|of\s+course|okay|ok|absolutely)\b[,.!]?\s*)?"
    r"(?:here(?:'s|’s|\s+is|\s+are)|there\s+(?:is|are)|the|these|this|all|i(?:\s+have|'ve|’ve)?\s+(?:found|extracted|identified)|"
    r"extracted|identified|found)\b"
)
_LEADS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # With a colon anything that speaks of a list; without one a whole `The entities … are`.
        rf"{_START}[^\n:;,\[\](){{}}\"“]{{0,80}}(?<![\w-])(?:{_THINGS}|are|include|includes|following)"
        r"(?:\s+[^\n:;,\[\](){}\"“]{0,60})?\s*[:\uff1a]\s*(?=\S)",
        rf"\W{{0,3}}(?:the|these|all)\s+(?:\w+\s+){{0,4}}?{_THINGS}\s+(?:\w+\s+){{0,6}}?"
        r"(?:are|is|include|includes|were)\s+(?=\S)",
        rf"\W{{0,3}}(?:[a-z]+\s+){{0,2}}{_THINGS}\s*:\s*(?=[^\n:]+$)",
    )
)
_CHAT: Final = re.compile(
    r"(?<=[.!])\s+(?:let\s+me\s+know|i\s+hope|please|note\b|these\s+are|this\s+is|if\s+you|feel\s+free|hope\s+this).*$",
    re.IGNORECASE | re.DOTALL,
)
_WHERE: Final = (
    r"(?:found|detected|present|mentioned|identified|extracted|listed|given|stated|available|expressed|apply|"
    r"(?:in|from|of)\s+(?:the|this|that|it|them)|here|exist|appear|(?:is|are|was|were)\b)"
)
_NOTHING: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"there\s+(?:are|is|were|was)\s+(?:no|none|nothing)\b[^,:;]*",
        r"there\s+(?:are|is|were|was)(?:n['’]t|\s+not)\s+any\b[^,:;]*",
        rf"no\s+(?:\w+\s+){{0,4}}?{_THING}(?:\s+(?:or|and)\s+(?:\w+\s+)?\w+)?(?:\s+[^,:;]*\b{_WHERE}[^,:;]*)?",
        rf"(?:none|nothing)\s+(?:\w+\s+){{0,3}}?{_WHERE}[^,:;]*",
        r"(?:the|this|that)\s+\w+\s+(?:contains?|has|have|mentions?|includes?|expresses?|states?)\s+no\b[^,:;]*",
        r"(?:the|this|that|it)(?:\s+\w+)?\s+(?:does|do|did)(?:n['’]t|\s+not)\s+"
        r"(?:contain|have|mention|include|express|state|name)\s+any\b[^,:;]*",
        rf"i\s+(?:(?:could|can|did|do)(?:n['’]t|\s+not)\s+(?:find|see|identify|detect)\s+any|(?:found|see)\s+no)\s+"
        rf"(?:\w+\s+){{0,4}}?{_THING}\b[^,:;]*",
    )
)
_QUOTED: Final = re.compile(
    r"\"([^\"\n]+)\"|“([^“”\n]+)”|(?<![\w'])'((?:[^'\n]|(?<=\w)'(?=\w))+)'(?!\w)|`([^`\n]+)`"
)
_AND: Final = re.compile(r"\s+(?:and|&)\s+", re.IGNORECASE)
_BETWEEN: Final = re.compile(r"(?:[\s,.;&]|\band\b)*", re.IGNORECASE)


def says_nothing(text: str) -> bool:
    """Whether a sentence says that there is nothing to list (`No entities were found.`)."""
    first, _, rest = one_line(text[:_SENTENCE]).partition(". ")
    if re.search(r"[:\[{\"“]", rest) or "\n" in text.strip() or len(text) > _SENTENCE:
        return False
    return any(pattern.fullmatch(first.strip(" .!")) for pattern in _NOTHING)


def _lists_in(text: str) -> Iterator[tuple[int, int, Any]]:
    """Yield (start, end, value) of the lists and objects in JSON or Python notation, outermost ones only."""
    start, tried = 0, 0
    while (match := re.compile(r"[\[{]").search(text, start)) is not None and tried < _MAX_OPENINGS:
        tried += 1
        start = match.start()
        end = closing(text, start, min(len(text), start + MAX_TEXT))
        value = json_value(text[start:end]) if end else None
        try:
            # A bracket inside a quoted item has no partner: JSON's own reader knows where to stop.
            value, end = (value, end) if value is not None else json.JSONDecoder().raw_decode(text, start)
        except (ValueError, RecursionError):
            start += 1
            continue
        if isinstance(value, Mapping) or _holds_items(value):
            yield start, end, value
        start = max(end, start + 1)


def _holds_items(value: Any) -> bool:
    """Whether a list may be an answer; `[1]` is a footnote."""
    return isinstance(value, list) and all(isinstance(item, str | list | tuple | Mapping) for item in value)


def _embedded(text: str) -> str | None:
    """Return the first list or object that stands among words, however they go on."""
    if "[" not in text and "{" not in text:
        return None
    embedded = list(_lists_in(text))
    if not embedded:
        return None
    outside, place = "", 0
    for start, end, _ in embedded:
        outside, place = outside + text[place:start], end
    if not re.search(r"[^\W\d_]{2}", outside + text[place:]):
        return None  # a list a line, or lists in a row: all of them count
    start, end, _ = embedded[0]
    return text[start:end]


def list_text(text: str) -> str:
    """Return the part of an answer that holds its list: a fence, brackets, or all without lead-in."""
    text = without_reasoning(text)
    fenced = _FENCE.findall(text)
    if fenced:
        return str(max(fenced, key=len)).strip()
    if json_value(text) is not None:
        return text
    plain = without_lead_sentence(_without_emphasis_of_words(text)).strip()
    embedded = _embedded(plain)
    if embedded is not None:
        return embedded
    lead, _, rest = plain.partition("\n")
    if rest.strip() and lead.rstrip().endswith((":", "\uff1a")):
        plain = rest.strip()
    return plain


def _without_emphasis_of_words(text: str) -> str:
    """Drop markdown emphasis but keep the bullets that start a line."""
    return without_emphasis(re.sub(r"(?m)^(\s*)\*\s+", r"\1- ", text))


def _without_lead(text: str) -> str:
    """Drop `The entities are:` and the like from the start, and remarks to the reader at the end."""
    for lead in _LEADS:
        match = lead.match(text)
        if match:
            return _CHAT.sub("", text[match.end() :])
    return _CHAT.sub("", text)


def _quoted(text: str) -> list[str] | None:
    """Return the quoted parts of a text that has nothing else but commas and `and` between them."""
    parts, place = [], 0
    for match in _QUOTED.finditer(text):
        if not _BETWEEN.fullmatch(text[place : match.start()]):
            return None
        parts.append(next(group for group in match.groups() if group))
        place = match.end()
    return parts if parts and _BETWEEN.fullmatch(text[place:]) else None


def _said(text: str) -> list[str] | None:
    """Return the items of a list in one line whose last comma is an `and`; None for any other text.

    Without a comma `and` may be a part of a name (`Bosnia and Herzegovina`).
    """
    if "\n" in text.strip() or "<p>" in text or text[:1] in ("[", "{", "("):
        return None
    quoted = _quoted(text)
    if quoted is not None:
        return quoted
    if len(split_outside(text, ";\uff1b")) > 1:
        return None
    *parts, last = split_outside(text, ",\uff0c、")
    if not parts:
        return None
    oxford = re.match(r"\s*(?:and|&)\s+", last, re.IGNORECASE)
    if oxford:
        return [*parts, last[oxford.end() :]]
    for match in reversed(list(_AND.finditer(last))):
        head, tail = last[: match.start()], last[match.end() :]
        if all(
            part.count(left) == part.count(right) for part in (head, tail) for left, right in ("()", "[]")
        ):
            return [*parts, head, tail]
    return [*parts, last]


def read_items(text: str) -> tuple[str, ...] | None:
    """Read a list of items; an explicit nothing (`No entities found.`) is (), an empty answer None."""
    inner = list_text(text)
    if not inner:
        return None
    if says_nothing(inner):
        return ()
    if json_value(inner) is not None:
        return items_of(inner)
    inner = _without_lead(inner)
    answer = _said(inner)
    return items_of(inner if answer is None else answer)


def read_triplets(text: str) -> tuple[Triplet, ...] | None:
    """Read triplets; an explicit nothing is (), an empty or unreadable answer None."""
    inner = list_text(text)
    if not inner:
        return None
    return () if says_nothing(inner) else triplets_of(inner)
