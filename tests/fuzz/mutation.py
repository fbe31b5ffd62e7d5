"""Inputs made wrong: bytes, JSON values and texts, each from seeds and a dice."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from typing import Any, Final

from tests.data.bad_values import VALUES, written

WORDS: Final = (
    b"\x00", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00", b"1e400", b"-1", b"nan", b"inf",
    b"9" * 400, b"[" * 3000, b'{"a":' * 300, b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r\n",
    b'"', b"]", b"}", b",", b"\x1b[2J", b"../",
)  # fmt: skip
"""Pieces that upset readers."""

TEXTS: Final = (
    "A", "(B)", "yes", "no", "none of them", "I cannot", "\\boxed{", "}", "```", "```json\n", "**", "<think>",
    "</think>", "###",
    "[[0, 1], [2, 3]]", "[1e400, 2, 3, 4]", '{"bbox": [', "x1=", "½", "²", "1,234.5", "-0",
    "∞", "NaN", "10^400", "9" * 500, "1/0", "\\frac{1}{0}", "50 %",
    "\u202e", "\x00", "\ud800", "\n\n",
    "\t", "|", ";", "answer:", "Answer is", "<box>", "<loc_12>", "((((((((", "[" * 2000, "a" * 5000,
    "é", "漢", "👩\u200d👧",
)  # fmt: skip
"""Pieces of answers."""


def mutated_bytes(seed: bytes, other: bytes, dice: random.Random) -> bytes:
    """Return the seed with one to eight changes; `other` gives pieces to splice in."""
    content = bytearray(seed)
    for _ in range(1 + int(dice.expovariate(0.6))):
        place = dice.randrange(len(content) + 1)
        size = min(len(content) - place, 1 + int(dice.expovariate(0.05)))
        way = dice.randrange(8)
        if way == 0 and content:
            content[place - 1] ^= 1 << dice.randrange(8)
        elif way == 1 and content:
            content[place - 1] = dice.choice((0, 1, 127, 128, 255, dice.randrange(256)))
        elif way == 2:
            del content[place : place + size]
        elif way == 3:
            content[place:place] = dice.choice(WORDS)
        elif way == 4:
            content[place : place + 4] = dice.choice(WORDS)[:4]
        elif way == 5 and other:
            start = dice.randrange(len(other))
            content[place : place + size] = other[start : start + 1 + int(dice.expovariate(0.02))]
        elif way == 6:
            content[place:place] = content[place : place + size] * dice.choice((1, 2, 8))
        elif dice.random() < 0.3:
            del content[place:]
    return bytes(content[: 1 << 22])


def mutated_json(value: Any, dice: random.Random) -> Any:
    """Return a copy with one to four values replaced, removed, doubled or moved."""
    holder = [deepcopy(value)]
    for _ in range(1 + int(dice.expovariate(0.9))):
        within: Any = holder
        key: Any = 0
        while isinstance(within[key], (dict, list)) and within[key] and dice.random() < 0.85:
            within = within[key]
            key = dice.choice(list(within)) if isinstance(within, dict) else dice.randrange(len(within))
        way = dice.randrange(6)
        if way == 0 and within is not holder:
            del within[key]
            if not within and within is holder[0]:
                break
        elif way == 1 and isinstance(within, list) and within is not holder:
            within.insert(key, deepcopy(within[key]))
        elif way == 2 and isinstance(within, dict):
            within[dice.choice(["", "\ud800", "id", "data", "form", "0", "x" * 300])] = within.pop(key)
        else:
            within[key] = deepcopy(dice.choice(VALUES))
    return holder[0]


def json_bytes(value: Any) -> bytes:
    """Return a value as JSON, with numbers that Python does not write among them."""
    return written(value)


def mutated_document(seed: bytes, other: bytes, dice: random.Random) -> bytes:
    """Return a JSON text with values changed, at times its bytes as well."""
    try:
        content = json_bytes(mutated_json(json.loads(seed), dice))
    except (ValueError, RecursionError):
        content = seed
    return mutated_bytes(content, other, dice) if dice.random() < 0.2 else content


def mutated_text(seed: str, other: str, dice: random.Random) -> str:
    """Return an answer in words, cut, spliced and salted."""
    text = seed
    for _ in range(1 + int(dice.expovariate(0.5))):
        place = dice.randrange(len(text) + 1)
        size = 1 + int(dice.expovariate(0.1))
        way = dice.randrange(6)
        if way == 0:
            text = text[:place] + text[place + size :]
        elif way == 1:
            text = text[:place] + other[-size:] + text[place:]
        elif way == 2:
            text = text[:place] + text[max(0, place - size) : place] * 3 + text[place:]
        elif way == 3:
            text = (
                text[:place] + chr(dice.choice((dice.randrange(128), dice.randrange(0x11000)))) + text[place:]
            )
        else:
            text = text[:place] + dice.choice(TEXTS) + text[place:]
    return text[:200_000]
