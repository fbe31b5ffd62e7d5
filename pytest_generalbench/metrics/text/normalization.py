"""Normalisations of answers for comparison, and the tokenisers of the metrics.

All of it is plain Unicode: no installed data, no language detection and no options, so that
a score is the same on every machine.
"""

from __future__ import annotations

import re
import string
import unicodedata
from functools import cache
from typing import Final

_CJK: Final = (
    "\u3005-\u3007"  # 々 〆 〇
    "\u3041-\u3096\u309d-\u309f"  # Hiragana
    "\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"  # Katakana
    "\u3105-\u312f\u31a0-\u31bf"  # Bopomofo
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Han
    "\U0001b000-\U0001b16f"  # historic Kana
    "\U00020000-\U000323af"  # Han extensions
)
"""Characters that are a token each, because their scripts put no blank between words."""

_QUOTES: Final = frozenset(
    ("''", '""', "``", "‘’", "“”", "‚‘", "„“", "„”", "«»", "»«", "‹›", "「」", "『』", "《》", "〈〉")
)
_STOPS: Final = (".", "。")
_ASCII_WORD: Final = re.compile(r"\w+", re.ASCII)
_CODE_TOKEN: Final = re.compile(r"[^\W\d]\w*|\d\w*(?:\.\d\w*)*|\S")
_ARTICLE: Final = re.compile(r"\b(?:a|an|the)\b")
_NUMBER_SIGN: Final = re.compile(r"(?<!\S)[-−](?=\.?\d)")
_DECIMAL_POINT: Final = re.compile(r"(?<![^\W\d])\.(?=\d)")
_KEPT: Final = {"-": "\ue000", ".": "\ue001"}
"""Private-use stand-ins that carry a number's sign and point through the removal of punctuation."""


def fold(text: str) -> str:
    """Return `text` in compatibility form (NFKC) and without letter case.

    >>> fold("Ｐａｒｉｓ STRASSE straße")
    'paris strasse strasse'
    """
    if text.isascii():
        return text.lower()
    # Case folding can undo the composition, hence the second pass.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _without_quotes(text: str) -> str:
    while text and text[0] + text[-1] in _QUOTES and text[1:-1].strip():
        text = text[1:-1].strip()
    return text


def _without_stop(text: str) -> str:
    ends = len(text) > 1 and text.endswith(_STOPS) and not text[:-1].endswith(_STOPS)
    return text[:-1].rstrip() if ends else text


def normalise_answer(text: str) -> str:
    """Return the form in which two short answers are compared.

    NFKC, case folded, blanks collapsed, then pairs of quotes around the whole and one
    full stop at its end removed. An ellipsis stays, and nothing is ever emptied out.

    >>> normalise_answer('  "The  Louvre". ')
    'the louvre'
    >>> normalise_answer("我爱北京。")
    '我爱北京'
    """
    return _without_quotes(_without_stop(_without_quotes(" ".join(fold(text).split()))))


def normalise_words(text: str) -> str:
    r"""Return the form that exact match compares: `normalise_answer` without punctuation and articles.

    As the SQuAD script does it, punctuation is deleted and the English articles with it; the
    sign and the decimal point of a number stay, because -3.5 is not 35. Signs that nobody sees (a
    byte order mark, blanks without width) vanish, and digits of any script are those of ASCII. An
    answer that this would empty out (`The`, `A`, `+`) keeps its `normalise_answer` form.

    >>> normalise_words("The Eiffel-Tower!")
    'eiffeltower'
    >>> normalise_words("-3.5"), normalise_words("A."), normalise_words("？")
    ('-3.5', 'a', '?')
    >>> normalise_words("\ufeffPa\u200bris"), normalise_words("١٢٣")
    ('paris', '123')
    """
    answer = normalise_answer(text if text.isascii() else "".join(map(_as_seen, text)) or text)
    marked = _DECIMAL_POINT.sub(_KEPT["."], _NUMBER_SIGN.sub(_KEPT["-"], answer))
    kept = "".join(char for char in marked if not _is_punctuation(char))
    words = " ".join(_ARTICLE.sub(" ", kept).split())
    for char, stand_in in _KEPT.items():
        words = words.replace(stand_in, char)
    return words or answer


@cache
def _as_seen(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    return "" if category == "Cf" or "\ufe00" <= char <= "\ufe0f" else char


@cache
def _is_punctuation(char: str) -> bool:
    return char in string.punctuation or unicodedata.category(char).startswith("P")


@cache
def _word_pattern() -> re.Pattern[str]:
    # `\w` leaves out combining marks, which would cut every Indic word at its vowel signs. The
    # marks end at U+1E94A but for the variation selectors; looking them up takes about 20 ms.
    marks = "".join(chr(code) for code in range(0x300, 0x1E94B) if unicodedata.category(chr(code))[0] == "M")
    return re.compile(rf"[{_CJK}][{marks}]*|[^\W{_CJK}](?:[^\W{_CJK}]|[{marks}])*")


def tokenise(text: str) -> list[str]:
    """Return the words of `text`: the one tokeniser of F1, BLEU, ROUGE and CIDEr.

    The text is folded (`fold`). A word is a run of letters, digits and underscores with their
    combining marks; every Han, Kana or Bopomofo character is a token of its own, Hangul stays
    in words. Punctuation is dropped, unless the text has nothing else: then each of its
    characters is a token. Scripts that write no blanks and are not listed here (Thai, Khmer)
    give one token per run.

    >>> tokenise("The cat's 2 toys, 我爱 Tokyoタワー!")
    ['the', 'cat', 's', '2', 'toys', '我', '爱', 'tokyo', 'タ', 'ワ', 'ー']
    >>> tokenise("?!"), tokenise("  ")
    (['?', '!'], [])
    """
    folded = fold(text)
    pattern = _ASCII_WORD if folded.isascii() else _word_pattern()
    return pattern.findall(folded) or [char for char in folded if not char.isspace()]


def tokenise_code(text: str) -> list[str]:
    """Return the tokens of code or a formula: identifiers, numbers, every other character that is not blank.

    Letter case counts and nothing is normalised.

    >>> tokenise_code("x_1 += 3.5*f(a)")
    ['x_1', '+', '=', '3.5', '*', 'f', '(', 'a', ')']
    """
    return _CODE_TOKEN.findall(text)
