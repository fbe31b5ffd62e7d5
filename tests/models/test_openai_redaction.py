from __future__ import annotations

import base64
import html
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.request import Request
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.models.openai import client
from pytest_generalbench.models.openai.model import OpenAIModel
from pytest_generalbench.models.openai.redaction import MARK, without_keys
from tests.models.served import Said, serve

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = "sk-Z9xQ-0123456789abcdef/+ghij_KLMN"
PIECES = [SECRET[start : start + 10] for start in range(len(SECRET) - 9)]


def escaped(text: str, form: str) -> str:
    return "".join(form.format(ord(sign)) for sign in text)


def hidden(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


WAYS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "capitals": str.upper,
    "json": lambda key: escaped(key, "\\u{:04x}"),
    "json twice": lambda key: escaped(key, "\\\\u{:04X}"),
    "a json text": lambda key: json.dumps({"message": json.dumps({"key": key})}),
    "javascript": lambda key: escaped(key, "\\x{:02x}"),
    "code points": lambda key: escaped(key, "\\u{{{:x}}}"),
    "address": lambda key: quote(key, safe=""),
    "address, all": lambda key: escaped(key, "%{:02x}"),
    "address twice": lambda key: quote(escaped(key, "%{:02X}")),
    "html": html.escape,
    "html, all": lambda key: escaped(key, "&#{};"),
    "html, hexadecimal": lambda key: escaped(key, "&#x{:x};"),
    "quoted-printable": lambda key: escaped(key, "={:02X}"),
    "base64": hidden,
    "base64 with the scheme": lambda key: hidden(f"Bearer {key}"),
    "base64 of user and key": lambda key: hidden(f"user:{key}"),
    "base64 for addresses": lambda key: base64.urlsafe_b64encode(key.encode()).decode().rstrip("="),
    "base64 in lines": lambda key: base64.encodebytes(f"Authorization: Bearer {key} {key}".encode()).decode(),
    "base64 twice": lambda key: hidden(hidden(key)),
    "base64 within a word": lambda key: "x" + hidden(key),
    "hexadecimal": lambda key: key.encode().hex(),
    "hexadecimal, apart": lambda key: key.encode().hex(" "),
    "lines": "\n".join,
    "blanks": " ".join,
    "invisible signs": "\u200b".join,
    "quotation marks": lambda key: f'"{key[:16]}" + "{key[16:]}"',
    "halves": lambda key: f"{key[: len(key) // 2]} … {key[len(key) // 2 :]}",
    "in a word": lambda key: f"before{key}after",
    "a bit of it": lambda key: f"it begins with {key[:12]}",
}


def shows_key(text: str) -> bool:
    """Return whether a text holds the key, or a long piece of it, in any of the ways."""
    low = text.lower()
    ways = [way for name, way in WAYS.items() if name not in ("a json text", "halves", "a bit of it")]
    return any(piece.lower() in low for piece in PIECES) or any(way(SECRET) in text for way in ways)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "back_off", lambda attempt: 0.01)
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)


@pytest.mark.parametrize("way", WAYS)
def test_a_key_is_struck_out_however_it_is_written(way: str) -> None:
    text = f"your key is {WAYS[way](SECRET)}, thanks"
    struck = without_keys(text)
    assert MARK in struck
    assert not shows_key(struck)
    assert struck.startswith("your key is ") or way in ("lines", "blanks")


FIELDS: dict[str, Callable[[str], Said]] = {
    "answer": lambda key: Said(key),
    "answer in parts": lambda key: replied(
        content=[
            {"type": "text", "text": key[: len(key) // 3]},
            {"type": "text", "text": key[len(key) // 3 :]},
        ]
    ),
    "refusal": lambda key: replied(content=None, refusal=key),
    "finish reason": lambda key: Said(
        body=json.dumps({"choices": [{"message": {"content": "A"}, "finish_reason": key}]})
    ),
    "no completion": lambda key: Said(body=json.dumps({key: key})),
    "no json": lambda key: Said(body=key),
    "error in 200": lambda key: Said(body=json.dumps({"error": {"message": key, "code": key}})),
    "error": lambda key: Said(status=400, body=json.dumps({"error": {"message": key, "type": key}})),
    "error as text": lambda key: Said(status=500, body=key),
    "refused key": lambda key: Said(status=401, body=json.dumps({"detail": [{"msg": key, "loc": [key]}]})),
    "error in an error": lambda key: Said(
        status=400, body=json.dumps({"error": {"metadata": {"raw": json.dumps({"message": key})}}})
    ),
    "filtered": lambda key: Said(
        status=400, body=json.dumps({"error": {"message": key, "code": "content_filter"}})
    ),
}


def replied(**message: Any) -> Said:
    return Said(body=json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}))


@pytest.mark.parametrize("field", FIELDS)
def test_no_field_of_a_reply_brings_the_key_back(field: str) -> None:
    ways = list(WAYS.values())
    with serve(lambda body, number: FIELDS[field](ways[body["seed"]](SECRET))) as served:
        settings = Settings("openai:tiny", base_url=served.url, request_timeout=30.0, retries=0)
        model = OpenAIModel("tiny", settings)
        asked = [Request("nlp/x", str(n), (f"question {n}",), seed=n) for n in range(len(ways))]
        answers = model.generate(asked)
        model.close()
    assert len(answers) == len(ways)
    assert not [name for name, answer in zip(WAYS, answers, strict=True) if shows_key(repr(answer))]


@given(st.text(max_size=300))
def test_a_text_without_the_key_stays_as_it_is(text: str) -> None:
    if not shows_key(text):
        assert without_keys(text) == text


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from(sorted(WAYS)))
def test_what_stands_around_the_key_does_not_hide_it(before: str, after: str, way: str) -> None:
    assert not shows_key(without_keys(f"{before} {WAYS[way](SECRET)} {after}"))


def test_a_short_word_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "EMPTY")
    assert without_keys("EMPTY") == "EMPTY"
