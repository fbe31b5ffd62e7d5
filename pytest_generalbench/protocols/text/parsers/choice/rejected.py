"""Options that an answer rejects: `A is wrong`, `none of A, B or C`, `we can rule out D`.

What is turned down is blanked out, so that whatever reads the answer afterwards sees only
what may have been chosen. Nothing is concluded from it: three options turned down out of four
do not choose the fourth. A double negation (`A cannot be ruled out`) turns nothing down, and
the letters inside an option's own text are left alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pytest_generalbench.protocols.text.parsers.choice.options import LETTERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BLANK: Final = "\0"
_MAX_TEXT: Final = 200

_ONE: Final = (
    r"(?:(?:[Oo]ption|[Cc]hoice|[Aa]nswer)s?\s+)?"
    r"(?:(?<![\w'])[(\[\"]?[A-Z][)\]\"]?(?![\w'-])|\([a-z]\)|(?<=[Oo]ption )[a-z]\b|(?<=[Cc]hoice )[a-z]\b)"
)
_JOIN: Final = r"(?:\s*,\s*(?:and\s+|or\s+|nor\s+)?|\s+and\s+|\s+or\s+|\s+nor\s+|\s*/\s*|\s*&\s*)"
_SUBJECT: Final = re.compile(rf"{_ONE}(?:{_JOIN}{_ONE})*")
_LAST: Final = re.compile(_ONE)
_JOINED: Final = rf"{_ONE}(?:(?:\s*,\s*{_ONE})*\s*,?\s*(?:and|or|nor)\s+{_ONE})?"
_ADVERBS: Final = (
    r"(?:(?:\w+ly|also|all|both|each|just|quite|rather|very|even|still|so|more|far|much|then|thus|therefore|"
    r"a|an|the)\s+){0,4}"
)
_BE: Final = (
    r"(?:(?:is|are|was|were|seems?|looks?|appears?|sounds?|(?:must|would|should|will|can|could|may|might)\s+be)"
    r"(?:\s+to\s+be)?)"
)
_BAD: Final = (
    r"(?:wrong|incorrect|false|untrue|unlikely|implausible|impossible|improbable|invalid|inaccurate|irrelevant|"
    r"unrelated|unsupported|inconsistent|inappropriate|unsuitable|unreasonable|illogical|nonsense|nonsensical|"
    r"out|ruled\s+out|excluded|eliminated|rejected|discarded|dismissed|contradicted|"
    r"(?:less|least)\s+(?:likely|plausible|probable|suitable|appropriate|convincing|relevant))\b"
)
_NOT: Final = (
    r"(?:(?:is|are|was|were|does|do|did|could|would|should|has|have|had|must|might|ca|wo)n't\b|cannot\b|never\b|"
    r"(?:is|are|was|were|does|do|did|can|could|would|will|should|has|have|had|must|may|might|seems?|looks?|appears?)"
    rf"\s+{_ADVERBS}not\b)"
)
_PREDICATE: Final = re.compile(
    rf"\s+{_ADVERBS}(?:{_BE}\s+{_ADVERBS}{_BAD}"
    rf"|{_NOT}(?!\s+{_ADVERBS}(?:be\s+)?(?:{_BAD}|only\b|just\b|merely\b))"
    r"|fails?\b|contradicts?\b|lacks?\b|makes?\s+no\s+sense\b)"
    rf"|\s*(?::|[-–—=]+>?|→)\s*(?:{_BE}\s+)?(?:{_BAD}|not\s+(?:correct|right|true)\b|no\b|[❌✗✘✖×])|\s*[❌✗✘✖]"
    r"|\s*(?:是)?(?:不正确|错误|不对|错的|错|不符合|可以排除|被排除|不成立)"
    r"|\s+(?:no\s+es|n'est\s+pas|ist\s+(?:falsch|nicht)|es\s+incorrect[ao]|est\s+(?:fausse?|incorrecte?)|não\s+é|non\s+è|неверн[оы]?)(?!\w)"
    r"|\s*[가이]\s*(?:아니|틀)|\s*(?:は|が)(?:間違|不正解|誤り|違)|\s*ではなく"
    r"|\s+नहीं(?!\w)"
)
_SINGULAR: Final = re.compile(
    rf"\s+{_ADVERBS}(?:is|was|does|has|seems|looks|appears|sounds|fails|contradicts|lacks|makes)(?:n't)?\b"
)
_DROPPED: Final = re.compile(
    rf"(?i:\b(?:none\s+of|neither(?:\s+of)?))\s+(?:the\s+)?({_SUBJECT.pattern})"
    r"|(?:(?i:\b(?:eliminat\w*|exclud\w*|rul\w+\s+out|reject\w*|discard\w*|dismiss\w*|rather\s+than|instead\s+of|"
    rf"not))|n't)\s+(?:be\s+|the\s+)?({_JOINED})"
    rf"|\b[Rr]ul(?:e|es|ed|ing)\s+({_JOINED})\s+out\b"
    r"|(?i:(?<!\w)(?:nicht|no\s+es|ce\s+n'est\s+pas|não\s+é|non\s+è|не|ليس|ليست)\s+|(?:不是|不选|并非|排除|而非)\s*)"
    rf"((?:la\s+|die\s+|l')?{_ONE})|(?m:^[^\w\n]{{0,4}}[❌✗✘✖][^\w\n]{{0,4}})({_ONE})"
)
_NEGATED: Final = re.compile(r"(?:\bnot|n't|\bnever|\bcannot)\s+(?:be\s+|yet\s+)?$")


def _texts_in(text: str, texts: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, letter) of the option texts, longer ones first and none inside another."""
    lowered = text.lower()
    if len(lowered) != len(text):
        return
    taken = bytearray(len(text))
    named = [(item.strip().lower(), letter) for letter, item in zip(LETTERS, texts, strict=False)]
    for name, letter in sorted(named, key=lambda item: -len(item[0])):
        if not 1 < len(name) <= _MAX_TEXT:
            continue
        for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", lowered):
            if taken.find(1, *match.span()) < 0:
                taken[match.start() : match.end()] = b"\1" * len(name)
                yield match.start(), match.end(), letter


def _letter_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the places of letters that the text before or after rejects."""
    for subject in _SUBJECT.finditer(text):
        if _PREDICATE.match(text, subject.end()):
            start = subject.start()
            if _SINGULAR.match(text, subject.end()):
                # `the answer is A, B is wrong`: the verb speaks of the last one alone.
                start = [one.start() for one in _LAST.finditer(text, start, subject.end())][-1]
            yield start, subject.end()
    for dropped in _DROPPED.finditer(text):
        if not _NEGATED.search(text[max(0, dropped.start() - 16) : dropped.start()]):
            yield next(dropped.span(group) for group in range(1, 6) if dropped.group(group))


def without_rejected(text: str, texts: Sequence[str]) -> tuple[str, frozenset[str]]:
    """Return `text` with the options it rejects blanked out, and their letters."""
    known = list(_texts_in(text, texts))
    inside = bytearray(len(text))
    spans, rejected = [], set()
    for start, end, letter in known:
        inside[start:end] = b"\1" * (end - start)
        if _PREDICATE.match(text, end):
            spans.append((start, end))
            rejected.add(letter)
    for start, end in _letter_spans(text):
        if inside.find(1, start, end) < 0:
            spans.append((start, end))
            rejected.update(one.upper() for one in re.findall(r"(?<!\w)[A-Za-z](?!\w)", text[start:end]))
    for start, end in spans:
        text = text[:start] + BLANK * (end - start) + text[end:]
    return text, frozenset(rejected)
