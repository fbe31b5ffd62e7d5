"""Normalization of answer texts; pure functions that never raise."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from pytest_generalbench.protocols.text.parsers.reasoning import without_reasoning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_LEAD_WORDS: Final = (
    "answer|summary|translation|story|paraphrase|rewritten sentence|refined code|code|sql|caption|response|"
    "proof"
)
_LEAD: Final = re.compile(
    rf"\W*(?:(?:here is|here's)\s+)?(?:the\s+)?(?:(?:final|short|correct)\s+)?(?:{_LEAD_WORDS})"
    r"[*_]*\s*[:\uff1a][*_]*\s*",
    re.IGNORECASE,
)
_LEAD_SENTENCE: Final = re.compile(
    r"\W*(?:(?:so|therefore|thus),?\s+)?the\s+(?:(?:final|short|correct)\s+)?answer\s+is\b\s*[:\uff1a]?\s*",
    re.IGNORECASE,
)
_READING_LEAD: Final = re.compile(
    r"the\s+(?:handwritten |visible |license plate |plate )?"
    r"(?:text|characters?|words?|number|plate|letters?)\b"
    r"[^:\n\"“]{0,60}?\s+(?:is|are|reads?|says?|shows?)\s*(?::\s*|(?=[\"“]))",
    re.IGNORECASE,
)
_EMPHASIS: Final = re.compile(
    # In pairs around whole words, so that `2*3` and `snake_case` stay; a lone `**` at a word's edge goes.
    r"(?<!\w)(\*{1,3}|_{1,3}|`{1,3})(?=[^\s*_`])([^\n]{0,400}?)(?<=[^\s*_`])\1(?!\w)|(?<!\w)\*\*|\*\*(?!\w)|^\s*#+\s+",
    re.MULTILINE,
)
_EDGES: Final = " \t\n.,;:!?\"'`*()[]{}<>«»“”‘’。，；：！？、「」『』（）【】"
EDGE: Final = 8_000
"""How many characters at each end of an answer are looked at where it has to name one thing."""
PHRASES: Final = 20
"""How many of the last phrases like `the answer is` are tried."""
_SIGNS: Final = str.maketrans({
    **dict.fromkeys("’ʼ′", "'"), **dict.fromkeys("−‒⁻", "-"), "٫": ".", "٬": ",", "٪": "%", "،": ",",
    "؛": ";", "؟": "?", "۔": ".", "।": ".",
})  # fmt: skip
"""Signs of several forms, and those of Arabic and Hindi, in the one form that patterns name."""
_DRAWN: Final = (
    ("\uff01", "\uffee"), ("\u2460", "\u2473"), ("\u249c", "\u24e9"), ("\U0001d400", "\U0001d7ff"),
    ("\U0001f130", "\U0001f149"), ("\U0001f150", "\U0001f169"), ("\U0001f170", "\U0001f189"),
)  # fmt: skip
"""Letters and digits that are full-width, circled, in bold or in a square: the plain ones count."""
_HTML: Final = re.compile(
    r"<(b|i|u|p|em|strong|span|div|li|h[1-6]|mark)>([^<]{0,400})</\1>|<br\s?/?>|&nbsp;|</?(?:div|ul|ol|li|span|strong|em)>"
)
"""Markup of a web page around words."""
_QUOTES: Final = {'"': '"', "'": "'", "“": "”", "‘": "’", "「": "」", "`": "`"}


CORRECTED: Final = re.compile(
    r"(?:\b(?:wait|actually|correction|scratch that|on second thoughts?|i meant?|or rather|my mistake|oops|"
    r"let me correct(?: that| myself)?|make that|更正|不对|等等)\b|(?<=\?)\s*no\b(?!\s*\?))"
    r"[\s,.:;!—–-]*(?:(?:no|sorry|actually|i meant?)\b[\s,.:;!—–-]*)*"
    r"(?:(?:it(?:'s| is| should be| must be)|that(?:'s| is)|i meant?|make that|应该是|是|选|"
    r"(?:the|my)\s+(?:(?:correct|right|final|best)\s+)?(?:answer|option|choice)\s+"
    r"(?:is|should be|must be))\s*)?"
    r"(?:option\s+|choice\s+)?",
    re.IGNORECASE,
)
"""`wait`, `correction` and the like, with what introduces the answer that holds instead."""
ANSWER_IN_OTHER_WORDS: Final = (
    r"(?<!\w)(?:respuesta|réponse|reponse|antwort|resposta|risposta|ответ|الإجابة|الجواب|उत्तर|đáp án|คำตอบ|"
    r"jawaban(?:nya)?|cevap|odpowiedź|odpowiedz|antwoord|svaret|svar|vastaus|válasz|απάντηση|відповідь)"
    r"(?:[^.:\n]{0,40}?(?<!\w)(?:es|est|ist|é|è|is|adalah|هي|هو|là|คือ|jest|är|er|on|είναι)(?!\w)|[^.:\n]{0,40}?[:—–=]|"
    r"(?=\s[A-Z]\b))"
)
"""How other languages than English and Chinese introduce an answer."""


def plain_signs(text: str) -> str:
    """Return a text in the signs that the readers of short answers know.

    Invisible signs go, full-width letters are narrowed, digits of any script are those of ASCII, every
    blank of a line is a plain one, and apostrophes and minus signs have one form each.

    >>> plain_signs("\u200bＢ\u00a0１２٣ it’s −4")
    "B 123 it's -4"
    """
    if text.isascii():
        return text
    return "".join(map(_plain_sign, text.translate(_SIGNS)))


@cache
def _plain_sign(char: str) -> str:
    if char.isascii():
        return char
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category == "Cf" or "\ufe00" <= char <= "\ufe0f":
        return ""
    if category == "Zs":
        return " "
    for first, last in _DRAWN:
        if first <= char <= last:
            plain = unicodedata.normalize("NFKC", char)
            return plain if plain != char or char < "\U0001f100" else chr(65 + (ord(char) - 0x1F130) % 32)
    return char


def answer_of(text: str) -> str:
    """Return the answer behind the reasoning in plain signs, both ends of a long one."""
    answer = plain_signs(ends_of(without_reasoning(text)))
    return _HTML.sub(lambda tag: f" {tag[2] or ''} ", answer) if "<" in answer or "&" in answer else answer


def ends_of(text: str) -> str:
    """Return the first and the last 8,000 characters of a text that is longer than both, cut at blanks.

    What an answer names stands at its start or at its end; a model that runs on and on must
    not make the reading slow.
    """
    if len(text) <= 2 * EDGE:
        return text
    return f"{text[:EDGE].rsplit(None, 1)[0]}\n...\n{text[-EDGE:].split(None, 1)[-1]}"


def one_line(text: str) -> str:
    """Collapse every run of whitespace to one blank."""
    return " ".join(text.split())


def first_line(text: str) -> str:
    """Return the first line that is not empty."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def last_line(text: str) -> str:
    """Return the last line that is not empty."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def without_emphasis(text: str) -> str:
    """Drop markdown emphasis and heading marks; a text of nothing else stays as it is."""
    plain = _EMPHASIS.sub(lambda result: result.group(2) or "", text)
    return plain if plain.strip() else text


def without_lead(text: str) -> str:
    """Drop one leading `Answer:`, `**Summary:**`, `Here is the translation:` and the like."""
    match = _LEAD.match(text)
    return text[match.end() :] if match and match.end() < len(text) else text


def without_lead_sentence(text: str) -> str:
    """Drop one leading `The answer is`, or what `without_lead` drops."""
    match = _LEAD_SENTENCE.match(text)
    return text[match.end() :] if match and match.end() < len(text) else without_lead(text)


def without_reading_lead(text: str) -> str:
    """Drop one leading `The text in the image reads:` and the like."""
    match = _READING_LEAD.match(text)
    return text[match.end() :] if match and match.end() < len(text) else text


def without_quotes(text: str) -> str:
    """Drop one pair of quotation marks around the whole text."""
    if len(text) > 2 and _QUOTES.get(text[0]) == text[-1]:
        return text[1:-1].strip()
    return text


def normalise(text: str) -> str:
    """Return a text in the form in which labels and options are compared.

    Plain signs (`plain_signs`), NFKC and case folding, `_` and a hyphen inside a word as blanks,
    one blank between words, no punctuation at either end (unless nothing else is left).
    """
    return _normalised_short(text) if len(text) <= _SHORT else _normalised(text)


_SHORT: Final = 64


@lru_cache(maxsize=4096)  # labels and options: the same few for every instance
def _normalised_short(text: str) -> str:
    return _normalised(text)


def _normalised(text: str) -> str:
    folded = unicodedata.normalize("NFKC", plain_signs(text).casefold())
    words = one_line(re.sub(r"_|(?<=\w)-(?=\w)", " ", folded))
    return words.strip(_EDGES) or words


def last_boxed(text: str) -> str | None:
    r"""Return what the last `\boxed{…}` holds, nested braces included, without `\text{…}` around it."""
    start = text.rfind("\\boxed{")
    if start < 0:
        return None
    depth, begin = 1, start + len("\\boxed{")
    for index in range(begin, len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if depth == 0:
            return _unwrapped(text[begin:index])
    return _unwrapped(text[begin:])  # the answer was cut before the brace closed


def _unwrapped(text: str) -> str:
    match = re.fullmatch(r"\s*\\(?:text|textbf|mathrm|mathbf|mathit)\{([^{}]*)\}\s*", text)
    return match.group(1).strip() if match else text.strip()


def is_unspaced(char: str) -> bool:
    """Whether `char` is of a script that sets no blanks between words (Chinese, Japanese, Thai)."""
    return "\u3040" <= char <= "\u9fff" or "\u0e00" <= char <= "\u0e7f" or "\uf900" <= char <= "\ufaff"


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether text[start:end] is not a piece of a longer word."""

    def joined(left: str, right: str) -> bool:
        both_words = (left.isalnum() or left == "_") and (right.isalnum() or right == "_")
        return both_words and not (is_unspaced(left) or is_unspaced(right))

    before = start > 0 and joined(text[start - 1], text[start])
    # A Korean particle follows without a blank.
    after = end < len(text) and joined(text[end - 1], text[end]) and not "\uac00" <= text[end] <= "\ud7a3"
    return not before and not after


_NEGATION: Final = re.compile(
    r"(?:\bnot|n't|n’t|\bno|\bnon|\bneither|\bnor|\brather than|\binstead of|\bunlike|\bnicht|\bkeine?|"
    r"不是|并非|而非|非)"
    r"(?:\s+(?:an?|the|option))?\s*[\"'“‘(]?$"
)


def mentions(text: str, names: Iterable[str]) -> list[str]:
    """Return the distinct `names` that occur in `text` as whole words, in order of appearance.

    Longer names are looked for first and use up their place, so that `not entailment` is
    not also an `entailment`. A name right behind a negation does not count as mentioned.
    """
    taken = bytearray(len(text))
    result: dict[str, int] = {}
    for name in sorted({name for name in names if name}, key=lambda item: (-len(item), item)):
        start = text.find(name)
        while start >= 0:
            end, step = start + len(name), 1
            if taken.find(1, start, end) < 0 and _stands_alone(text, start, end):
                if not _NEGATION.search(text[max(0, start - 24) : start]):
                    result.setdefault(name, start)
                taken[start:end] = b"\1" * len(name)
                step = len(name)
            start = text.find(name, start + step)
    return sorted(result, key=lambda name: result[name])


def first_nonempty(references: Sequence[str]) -> str:
    """Return the first accepted text that is not blank, the first where all are.

    >>> first_nonempty(("", "a cat", "one cat")), first_nonempty(("", " "))
    ('a cat', '')
    """
    return next((text for text in references if text.strip()), references[0])


def readable_form(
    reference: str, read: Callable[[str], object], forms: Sequence[str] = ("{}", "Answer: {}")
) -> str:
    """Return an answer that `read` reads back as `reference`, in the first of `forms` that does it.

    It is the text itself unless the cleaning would take a piece of it (a reference that starts
    with `Answer:` or stands in quotes); then it gets something of its own for the cleaning to take.
    """
    for form in (*forms, 'Answer: "{}"', '"{}"', "\\boxed{{{}}}"):
        answer = form.format(reference)
        if read(answer) == reference:
            return answer
    return reference
