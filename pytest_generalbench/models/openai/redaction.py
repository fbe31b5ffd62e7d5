"""API keys struck out of what a server sends, however the server writes them."""

from __future__ import annotations

import base64
import binascii
import os
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MODEL_KEYS: Final = ("GENERALBENCH_API_KEY", "OPENAI_API_KEY")
"""Environment variables that may hold a model's key; the first that is set is used."""

JUDGE_KEYS: Final = ("GENERALBENCH_JUDGE_KEY", "OPENAI_API_KEY")
"""Environment variables that may hold the judge's key; the first that is set is used."""

MARK: Final = "[key]"
"""What stands in the place of a key."""

_SHORTEST_KEY: Final = 8
"""Shorter keys, such as `EMPTY`, are no secret but a word that an answer may hold."""

_PIECE: Final = 10
"""A part of a key with so many characters is struck out as well: half a key is a secret too."""

_BLOCK: Final = _PIECE // 2
"""Every piece holds one of the key's blocks of this length, counted from its start."""

_CODED: Final = (
    r"\\+u\{?0*([0-9a-f]{2})\}?"  # JSON and JavaScript, escaped once or more often
    r"|\\+x([0-9a-f]{2})"
    r"|%(?:25)*([0-9a-f]{2})"  # addresses, encoded once or more often
    r"|&(?:amp;)*#x0*([0-9a-f]{2});"
    r"|&(?:amp;)*#0*(\d{2,3});"
    r"|=([0-9a-f]{2})"  # quoted-printable
    r"|(\\+[nrt]|[\s\u00ad\u200b-\u200f\u2060\ufeff\"'`+,;|\\]+)"  # what stands between parts of a split key
)
_ESCAPE: Final = re.compile(_CODED, re.IGNORECASE)
_TOKEN: Final = re.compile(rf"{_CODED}|(.)", re.IGNORECASE | re.DOTALL)
_BASE64: Final = (re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}"), re.compile(r"[A-Za-z0-9+/_\r\n-]{12,}={0,2}"))
_HEX: Final = re.compile(r"(?:[0-9a-f]{2}[\s:]?){8,}", re.IGNORECASE)
_DEPTH: Final = 2
"""How often one code may lie within another."""


def api_key(names: Sequence[str] = MODEL_KEYS) -> str | None:
    """Return the API key; it is read for each request and stored nowhere.

    Raises:
        ModelError: the key has signs that no header can hold.
    """
    for name in names:
        key = os.environ.get(name, "").strip()
        if key and not (key.isascii() and key.isprintable()):
            # The library would refuse it as well, and quote it.
            raise ModelError(f"the key in ${name} holds signs that no key has, such as a line's end")
        if key:
            return key
    return None


def without_keys(value: Any) -> Any:
    """Return a text, or decoded JSON with all its texts, without any API key of the environment.

    A key is struck out as it is, in capitals, split by blanks or quotation marks, escaped as in JSON, HTML
    and addresses, in base64 and hexadecimal; so is a piece of ten characters or more.

    >>> os.environ["OPENAI_API_KEY"] = "sk-0123456789abcdef"
    >>> without_keys({"message": "bad key sk-0123456789abcdef", "n": 1, "more": ["sk%2D0123456789abcdef."]})
    {'message': 'bad key [key]', 'n': 1, 'more': ['[key].']}
    >>> del os.environ["OPENAI_API_KEY"]
    """
    names = dict.fromkeys((*MODEL_KEYS, *JUDGE_KEYS))
    keys = {key for name in names if len(key := os.environ.get(name, "").strip()) >= _SHORTEST_KEY}
    for key in sorted(keys):
        value = _struck(value, key)
    return value


def _struck(value: Any, key: str) -> Any:
    if isinstance(value, str):
        return _Pattern.of(key).struck(value)
    if isinstance(value, list):
        return [_struck(item, key) for item in value]
    if isinstance(value, dict):
        return {_struck(name, key): _struck(item, key) for name, item in value.items()}
    return value


class _Pattern:
    """The pieces of one key, and the search for them."""

    def __init__(self, key: str) -> None:
        plain = "".join(sign for sign, _, _ in _signs(key))
        size = min(len(plain), _PIECE)
        self.pieces = frozenset(plain[start : start + size] for start in range(len(plain) - size + 1))
        self.size = size
        block = max(1, size // 2)
        self.blocks = tuple(plain[start : start + block] for start in range(0, len(plain) - block + 1, block))

    @staticmethod
    @lru_cache(maxsize=8)
    def of(key: str) -> _Pattern:
        return _Pattern(key)

    def struck(self, text: str) -> str:
        for pattern in _BASE64:
            text = pattern.sub(lambda match: self._coded(match[0], _from_base64), text)
        text = _HEX.sub(lambda match: self._coded(match[0], _from_hex), text)
        spans = self._spans(text)
        for start, end in reversed(spans):
            text = text[:start] + MARK + text[end:]
        return text

    def _coded(self, run: str, decoded: Any) -> str:
        """Return a mark when the run, decoded, holds the key; else the run."""
        return MARK if any(self._is_in(text, _DEPTH) for text in decoded(run)) else run

    def _is_in(self, text: str, depth: int) -> bool:
        if self._spans(text):
            return True
        runs = (match[0] for match in _BASE64[0].finditer(text)) if depth else iter(())
        return any(self._is_in(inner, depth - 1) for run in runs for inner in _from_base64(run))

    def _spans(self, text: str) -> list[tuple[int, int]]:
        """Return where pieces of the key stand, as they are or escaped, in order."""
        if not any(block in plain for plain in (_plain(text),) for block in self.blocks):
            return []
        signs = list(_signs(text))
        plain = "".join(sign for sign, _, _ in signs)
        spans: list[tuple[int, int]] = []
        for start in range(len(plain) - self.size + 1):
            if plain[start : start + self.size] in self.pieces:
                first, last = signs[start][1], signs[start + self.size - 1][2]
                if spans and first <= spans[-1][1]:
                    spans[-1] = (spans[-1][0], last)
                else:
                    spans.append((first, last))
        return spans


def _sign(match: re.Match[str]) -> str:
    """Return the character that an escape stands for, in small letters; nothing for what splits a key."""
    if match.re is _TOKEN and match[8] is not None:
        return match[8].lower()
    if match[7] is not None:
        return ""
    code = match[5]
    number = int(code) if code is not None else int(next(group for group in match.groups() if group), 16)
    return chr(number).lower()


def _plain(text: str) -> str:
    return _ESCAPE.sub(_sign, text).lower()


def _signs(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each character with its place in the text, escapes as what they stand for."""
    for match in _TOKEN.finditer(text):
        sign = _sign(match)
        if sign:
            yield sign, match.start(), match.end()


def _from_base64(run: str) -> Iterator[str]:
    """Yield what a run of base64 may say: it may begin in the midst of a word."""
    plain = "".join(run.split()).rstrip("=").replace("-", "+").replace("_", "/")
    for start in range(4):
        part = plain[start:]
        part = part[: len(part) - (len(part) % 4 == 1)]
        try:
            yield base64.b64decode(part + "=" * (-len(part) % 4)).decode("latin-1")
        except (binascii.Error, ValueError):
            continue


def _from_hex(run: str) -> Iterator[str]:
    plain = re.sub(r"[\s:]", "", run)
    for start in range(2):
        part = plain[start:]
        yield bytes.fromhex(part[: len(part) - len(part) % 2]).decode("latin-1")
