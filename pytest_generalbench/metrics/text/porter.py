"""The Porter stemmer in the extended form that ROUGE's reference implementation uses.

Porter 1980, "An algorithm for suffix stripping", with the extensions of NLTK (its default mode): a table of
irregular forms, words of up to two letters as they are, and changed rules for -ies, -ied, -y, -alli, -fulli,
-bli and -logi.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_IRREGULAR: Final = {
    "skies": "sky", "sky": "sky", "dying": "die", "lying": "lie", "tying": "tie", "news": "news",
    "innings": "inning", "inning": "inning", "outings": "outing", "outing": "outing",
    "cannings": "canning", "canning": "canning", "howe": "howe", "proceed": "proceed", "exceed": "exceed",
    "succeed": "succeed",
}  # fmt: skip

_SECOND: Final = (
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"),
    ("bli", "ble"), ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"),
    ("ation", "ate"), ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"),
    ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble"), ("fulli", "ful"),
)  # fmt: skip
_THIRD: Final = (
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""),
    ("ness", ""),
)  # fmt: skip
_FOURTH: Final = (
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism",
    "ate", "iti", "ous", "ive", "ize",
)  # fmt: skip


def _shape(word: str) -> str:
    """Return `c` for each consonant and `v` for each vowel; y is a vowel behind a consonant."""
    shape = ""
    for char in word:
        vowel = char in "aeiou" or (char == "y" and shape.endswith("c"))
        shape += "v" if vowel else "c"
    return shape


def _measure(stem: str) -> int:
    """Return how often a vowel is followed by a consonant."""
    return _shape(stem).count("vc")


def _ends_double(stem: str) -> bool:
    return len(stem) > 1 and stem[-1] == stem[-2] and _shape(stem)[-1] == "c"


def _ends_cvc(stem: str) -> bool:
    """Whether it ends consonant, vowel, consonant, the last not w, x or y; or is vowel and consonant."""
    shape = _shape(stem)
    return (shape.endswith("cvc") and stem[-1] not in "wxy") or shape == "vc"


def _replaced(word: str, rules: Sequence[tuple[str, str]], holds: Callable[[str], bool]) -> str:
    """Apply the first rule whose suffix fits; where its condition does not hold, no other is tried."""
    for suffix, other in rules:
        if word.endswith(suffix):
            stem = word.removesuffix(suffix)
            return stem + other if holds(stem) else word
    return word


def _plural(word: str) -> str:
    if word.endswith("ies"):
        return word[:-1] if len(word) == 4 else word[:-2]
    if word.endswith("sses"):
        return word[:-2]
    return word if word.endswith("ss") else word.removesuffix("s")


def _past(word: str) -> str:
    if word.endswith("ied"):
        return word[:-1] if len(word) == 4 else word[:-2]
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    stem = next(
        (
            word.removesuffix(end)
            for end in ("ed", "ing")
            if word.endswith(end) and "v" in _shape(word.removesuffix(end))
        ),
        None,
    )
    if stem is None:
        return word
    if stem.endswith(("at", "bl", "iz")):
        return stem + "e"
    if _ends_double(stem):
        return stem if stem[-1] in "lsz" else stem[:-1]
    return stem + "e" if _measure(stem) == 1 and _ends_cvc(stem) else stem


def _final_y(word: str) -> str:
    stem = word.removesuffix("y")
    return stem + "i" if stem != word and len(stem) > 1 and _shape(stem)[-1] == "c" else word


def _second(word: str) -> str:
    if word.endswith("alli") and _measure(word[:-4]) > 0:
        return _second(word[:-2])
    changed = _replaced(word, _SECOND, lambda stem: _measure(stem) > 0)
    if changed == word and word.endswith("logi") and _measure(word[:-3]) > 0:
        return word[:-1]
    return changed


def _fourth(word: str) -> str:
    def holds(stem: str) -> bool:
        return _measure(stem) > 1 and (word != stem + "ion" or stem[-1] in "st")

    return _replaced(word, [(suffix, "") for suffix in _FOURTH], holds)


def _final_e(word: str) -> str:
    stem = word.removesuffix("e")
    if stem == word:
        return word
    measure = _measure(stem)
    return stem if measure > 1 or (measure == 1 and not _ends_cvc(stem)) else word


def porter_stem(word: str) -> str:
    """Return the stem of a lower-case English word.

    >>> [porter_stem(word) for word in ("dying", "died", "possibly", "possible", "skies", "news", "running")]
    ['die', 'die', 'possibl', 'possibl', 'sky', 'news', 'run']
    """
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 2:
        return word
    word = _second(_final_y(_past(_plural(word))))
    word = _final_e(_fourth(_replaced(word, _THIRD, lambda stem: _measure(stem) > 0)))
    return word[:-1] if word.endswith("ll") and _measure(word[:-1]) > 1 else word
