r"""Parser of the option that an answer selects.

What an answer turns down (`A is wrong`, see `choice_rejecting`) is no longer there for the
rules. In order: the last `\boxed{…}`; an explicit phrase (`the answer is C`, `Answer: C`,
`C is correct`), the last one that can be read; a conclusion (`so C.`, `that leaves B`); a
letter at the start; a weaker phrase (`I choose C`); the text of exactly one option; exactly
one capital letter that stands alone. The article in `A dog` and the pronoun `I` are no
letters, a letter right behind `not` is not chosen, and what stays ambiguous is None. A
letter beyond the options, said explicitly, is None too: nothing else in the text may
overrule it. Of a long answer the first and the last 8,000 characters are read, and of each
kind of phrase the last 20.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from pytest_generalbench.protocols.text.parsers.choice.options import LETTERS
from pytest_generalbench.protocols.text.parsers.choice.rejected import without_rejected
from pytest_generalbench.protocols.text.parsers.fields import field_answer
from pytest_generalbench.protocols.text.parsers.normalization import (
    ANSWER_IN_OTHER_WORDS,
    CORRECTED,
    PHRASES,
    answer_of,
    first_line,
    last_boxed,
    last_line,
    mentions,
    normalise,
    without_emphasis,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_AMBIGUOUS: Final = "?"
"""Said explicitly, but not one of the options, or two at once."""

_FILLER: Final = (
    r"(?:\s*(?:(?:is|are|be|should be|must be|would be|will be|therefore|thus|clearly|indeed|option|choice|"
    r"letter|the)\b|[:=]|->|→))*\s*"
)
_STRONG: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:answer|ans)\b(?:[^.:\n]{{0,60}}?(?:\bis\b|\bbe\b|[:=]|->|→)|\s*\n|\s+-){_FILLER}",
        r"\b[Aa]nswer\s+(?:option\s+)?(?=(?-i:[(\[]?[B-Z]\b))",
        rf"\b(?:correct|right|best|true|final|likely)\s+(?:\w+\s+){{0,2}}?(?:is\b|[:=]){_FILLER}",
        rf"\b(?:correct|choice|option|prediction|result)\s*[:=\uff1a]{_FILLER}",
        r"(?:答案|正确选项|应选|故选|选择(?!题)|选(?![项择])|选项(?=\s*[A-Z]))(?:应该|应)?(?:是|为|选)?\s*:?\s*(?:选项)?\s*",
        r"(?:正解|答え|回答|解答|選択肢|정답|(?<!\w)답)\s*(?:は|が|은|는|:)?\s*",
        rf"{ANSWER_IN_OTHER_WORDS}"
        r"(?:\s*(?:la|l'|die|der|a|o|el|le|opción|option|opção|opzione|вариант|الخيار)\b)*\s*",
    )
)
_IS_RIGHT: Final = re.compile(
    r"(?<![\w'])[(\[]?([A-Z])[)\]]?\s+is\s+(?!not\b)(?:(?:clearly|definitely|the|most|likely|probably|indeed)\s+)*"
    r"(?:correct|right|best|true|answer)\b"
)
_WEAK: Final = re.compile(
    r"\b(?:I(?:'d| would|'ll| will)?\s+(?:choose|pick|select|say|go with|go for|vote for)|it'?s|it is|"
    r"must be|go with)\s+"
    r"(?:definitely |clearly |probably |likely |option |choice |letter )*"
)
_THEREFORE: Final = re.compile(
    r"(?:\b(?:so|therefore|thus|hence|consequently|leaving|leaves)\b|所以|因此|∴|⇒|=>)[,，:]?\s*"
    r"(?:(?:it(?:'s| is| must be| has to be| should be)|that(?:'s| is| leaves)|"
    r"(?:we|i)(?:'d|'ll| would| will| are)?(?: choose| pick| select| say| go with| left with)|only|just|with|"
    r"us|must be|option|choice|letter|definitely|clearly|probably|the|best|answer|is)\s+|是|选)*",
    re.IGNORECASE,
)
_LETTER_THEN: Final = re.compile(
    r"(?:[\s(\[{\"'“‘$<【「『《]|\\[(\[])*([A-Za-z])(?=$|[\s.,;:!?)\]\"”$}>】」』》、。,;—–\\-]|['’](?!\w))"
)
_TWO: Final = re.compile(
    r"[\s(\[\"'“]*([A-Z])[)\]\"'”.]*\s*(?:,\s*and\b|,\s*or\b|,|\b(?:and|or|und|oder|et|ou|y|e|o|и|или)\b|/|&|、|\+|"
    r"[和与或及跟と과와]|또는|और|या)\s*"
    r"[(\[\"'“]*(?:option\s+)?([B-Z](?![\w'])|A(?![\w']|\s+(?!(?:is|are|because|since|as|for|fits?)\b)[a-z]))"
)
_VERBS: Final = frozenset((
    "is", "because", "since", "as", "seems", "would", "fits", "looks", "matches", "must", "it",
    "rather", "does", "appears", "can", "could", "should", "describes", "explains", "makes", "was", "best",
    "not", "over", "instead", "for", "most", "gives", "has", "correctly", "but",
))  # fmt: skip
_ALONE: Final = re.compile(r"(?<![\w'’-])([A-Z])(?![\w'’])|\b(?:[Oo]ption|[Cc]hoice)\s+([a-z])\b|\(([a-z])\)")
_JOINING: Final = _VERBS | {"and", "or", "nor"}
_BOXES: Final = re.compile(
    r"\\boxed\{([^{}]*)\}\$?\s*(?:and|or|,|/|&)\s*\$?\\boxed\{(?!\1\})[^{}]*\}(?!.*\\boxed)", re.DOTALL
)
_PRAISE: Final = ("correct", "right", "true", "yes")
_JOINED: Final = re.compile(r"[\s.]*(?:or|and|/|&)\s*[(\[]?[A-Z][)\].:]")
_LETTERED: Final = re.compile(r"(?m)^[^\w\n]{0,6}([A-Z])(?!\w)([^\n]{0,300})$")
_ASKED: Final = re.compile(r"\A(?:(?:Q|Question):[^\n]*\n+)?A:\s+(?=[(\[]?[A-Za-z][)\].]*\s*\Z)")
"""`A:` as the counterpart of `Q:`."""
_LATIN: Final = "A-Za-z\u00c0-\u024f\u1e00-\u1eff"
_OTHER: Final = rf"[^\W\d_{_LATIN}]"
_MIXED: Final = re.compile(
    rf"(?<={_OTHER})(?=[A-Za-z](?![{_LATIN}\d]))|(?<=(?<![{_LATIN}\d])[A-Za-z])(?={_OTHER})"
)
"""Where a lone Latin letter meets a letter of a script without blanks, or a particle (`B입니다`)."""
_ARTICLE: Final = re.compile(r"(?:\A|[.!?:;\n\"“(*-])\s*\Z")
"""What stands before an `A` with which a sentence begins."""
_TAIL: Final = 2_000
"""How much behind a phrase is looked at; no option is longer."""
_CLAUSE_END: Final = re.compile(
    r"[.;]\s|\b(?:because|since|rather than|instead of|whereas|while)\b", re.IGNORECASE
)
_BEFORE_NOT: Final = re.compile(
    r"(?:\bnot|n't|\bneither|\bnor|\brather than|\binstead of|\bexcept|不是|不选)"
    r"\s*(?:option|choice|be|the)?\s*[(\"']?$",
    re.IGNORECASE,
)


def _flat(text: str) -> str:
    """Bring an answer to plain characters: no reasoning, no markdown, full-width forms narrowed."""
    answer = answer_of(text)
    plain = unicodedata.normalize("NFKC", field_answer(answer) or answer)
    plain = re.sub(r"\\(?:text|textbf|mathrm|mathbf|textrm|rm|bf)\s*\{([^{}]*)\}", r"\1", plain)
    return _ASKED.sub("", _spaced(without_emphasis(plain)).strip())


def _spaced(text: str) -> str:
    """Set lone Latin letters apart from the words of other scripts around them."""
    return text if text.isascii() else _MIXED.sub(" ", text)


def _is_word(match: re.Match[str], text: str, *, phrase: bool) -> bool:
    """Whether the letter is rather an article, a pronoun, or the start of something else."""
    letter, rest = match.group(1), text[match.end() :]
    if not rest[:1].isspace():
        return rest[:1] == "-" and rest[1:2].isalnum()  # X-ray
    if re.match(r"\s+[-–—]\s", rest):
        return False
    following = re.match(r"[^\S\n]+([A-Za-z']+)", rest)
    if following is None:
        return False
    if following.group(1).lower() in _VERBS:
        return letter in "aiI"
    if letter.islower():
        return not phrase or letter in "ai"
    return letter == "I" or (letter == "A" and not phrase)


def _text_at_start(text: str, by_text: dict[str, str]) -> str | None:
    """Return the letter of the option whose text the first clause starts with and names alone."""
    clause = _CLAUSE_END.split(first_line(text))[0]
    result = mentions(normalise(clause), by_text)
    return by_text[result[0]] if len(result) == 1 and normalise(clause).startswith(result[0]) else None


def _at_start(text: str, texts: Sequence[str], *, phrase: bool) -> str | None:
    """Read the option that `text` starts with: a letter, or an option's text.

    In a `phrase` (behind `the answer is`) a capital A is a letter and no article.
    """
    letters = LETTERS[: len(texts)]
    names = [normalise(item) for item in texts]
    long_texts = {name: letter for letter, name in zip(letters, names, strict=True) if len(name) > 1}
    line = normalise(first_line(text))
    if line in long_texts and names.count(line) == 1:
        return long_texts[line]
    own = _LETTER_THEN.match(text)
    if own is not None and (place := letters.find(own.group(1).upper())) >= 0 and len(names[place]) > 1:
        rest = first_line(text)[own.end() :] if text[: own.end()].strip() else ""
        sets_off = own.group(1) != "A" or not rest[:1].isspace() or normalise(rest) == names[place]
        if own.group(1).isupper() and sets_off and normalise(rest).startswith(names[place]):
            if _JOINED.match(
                rest[rest.lower().find(texts[place].strip().lower()) + len(texts[place].strip()) :]
            ):
                return _AMBIGUOUS
            return letters[place]  # its own text follows, whatever words that has
    two = _TWO.match(text)
    if two is not None and two.group(1) != two.group(2):
        return _AMBIGUOUS
    match = _LETTER_THEN.match(text)
    delimited = match is not None and text[match.end() : match.end() + 1] not in (" ", "\t")
    if not delimited and (by_text := _text_at_start(text, long_texts)) is not None:
        return by_text
    if match is None or _is_word(match, text, phrase=phrase):
        return None
    letter = match.group(1).upper()
    if letter in letters:
        return letter
    if names.count(letter.lower()) == 1:
        return letters[names.index(letter.lower())]
    return _AMBIGUOUS if delimited and letter != "I" else None


def _by_text(text: str, texts: Sequence[str]) -> str | None:
    """Return the letter of the only option whose text is the answer, or occurs in it."""
    names = [normalise(item) for item in texts]
    whole = normalise(text)
    if whole and names.count(whole) == 1:
        return LETTERS[names.index(whole)]
    by_text = mentions(whole, names)
    if len(by_text) == 1 and names.count(by_text[0]) == 1 and len(by_text[0]) > 1:
        return LETTERS[names.index(by_text[0])]
    return None


def _phrases(text: str) -> list[str]:
    """Return what follows each explicit phrase, the last phrase first."""
    ends = sorted({match.end() for pattern in _STRONG for match in pattern.finditer(text)}, reverse=True)
    return [text[end : end + _TAIL] for end in ends[:PHRASES]]


def _concluded(text: str, texts: Sequence[str]) -> str | None:
    """Return the letter, or the option, that is all of a clause after `so` or `therefore`."""
    names = [normalise(item) for item in texts]
    for phrase in reversed(list(_THEREFORE.finditer(text))[-PHRASES:]):
        tail = text[phrase.end() : phrase.end() + _TAIL]
        clause = normalise(_CLAUSE_END.split(first_line(tail))[0])
        if len(clause) > 1 and names.count(clause) == 1:
            return LETTERS[names.index(clause)]
        match = None if _TWO.match(tail) else _LETTER_THEN.match(tail)
        if match is None or match.group(1).upper() not in LETTERS[: len(texts)]:
            continue
        following = re.match(r"[^\S\n]+([A-Za-z']+)", tail[match.end() :])
        if following is None or (match.group(1).isupper() and following.group(1).lower() in _VERBS):
            return match.group(1).upper()
    return None


def _corrected(text: str, texts: Sequence[str]) -> str | None:
    """Return the option that is all of a clause behind the last `wait` or `correction`."""
    for cue in reversed(list(CORRECTED.finditer(text))[-PHRASES:]):
        tail = text[cue.end() : cue.end() + _TAIL]
        clause = _CLAUSE_END.split(first_line(tail))[0]
        names = [normalise(item) for item in texts]
        if len(name := normalise(clause)) > 1 and names.count(name) == 1:
            letter = LETTERS[names.index(name)]
        else:
            match = None if _TWO.match(tail) else _LETTER_THEN.match(tail)
            if match is None or match.group(1).upper() not in LETTERS[: len(texts)]:
                continue
            following = re.match(r"[^\S\n]+([A-Za-z']+)", tail[match.end() :])
            if following is not None and not (
                match.group(1).isupper() and following.group(1).lower() in _VERBS
            ):
                continue
            letter = match.group(1).upper()
        return None if any(pattern.search(tail) for pattern in _STRONG) else letter
    return None


def _explicit(text: str, texts: Sequence[str]) -> str | None:
    for tail in _phrases(text):
        match = _at_start(tail, texts, phrase=True) or _by_text(first_line(tail), texts)
        if match is not None:
            return match
    right = [match.group(1) for match in _IS_RIGHT.finditer(text)]
    return right[-1] if right and len(set(right)) == 1 and right[-1] in LETTERS[: len(texts)] else None


def _alone(text: str, texts: Sequence[str], rejected: frozenset[str]) -> str | None:
    """Return the only letter that stands alone, apart from articles, pronouns and rejected ones."""
    alone = set()
    for match in _ALONE.finditer(text):
        letter = next(group for group in match.groups() if group)
        before, after = text[max(0, match.start() - 24) : match.start()], text[match.end() :]
        is_word = match.group(1) == "I" and re.match(
            r"\s+(?!(?:is|because|since|and|or|nor)\b)[A-Za-z]", after
        )
        following = re.match(r"\s+([A-Za-z']+)", after)
        if match.group(1) == "A" and following and following.group(1).lower() not in _JOINING:
            # In a sentence the article is written small.
            is_word = _ARTICLE.search(before) or following.group(1)[:1].isupper()
        if is_word and not re.search(r"\b(?:option|choice|answer)\s*$", before, re.IGNORECASE):
            continue
        if _BEFORE_NOT.search(before):
            continue
        alone.add(letter.upper())
    alone &= set(LETTERS[: len(texts)])
    if len(alone) > 1:
        alone -= rejected  # named once and turned down at another place
    return alone.pop() if len(alone) == 1 else None


def _listed(text: str, texts: Sequence[str]) -> bool:
    """Whether several options stand on lines of their own, as in a list of them."""
    lines = set()
    names = [normalise(item) for item in texts]
    for match in _LETTERED.finditer(text):
        place = LETTERS.find(match.group(1))
        rest = normalise(match.group(2))
        if place < len(names) and (
            not match.group(2).strip(" .)*:") or (rest in (names[place], *_PRAISE) and rest)
        ):
            lines.add(place)
    return len(lines) > 1


def _steps(text: str, texts: Sequence[str], rejected: frozenset[str]) -> str | None:
    box = last_boxed(text)
    if box and _BOXES.search(text):
        return _AMBIGUOUS
    if box:
        steps = _at_start(box, texts, phrase=True) or _by_text(box, texts)
        if steps is not None:
            return steps
    steps = _corrected(text, texts) or _explicit(text, texts) or _concluded(text, texts)
    if steps is not None:
        return steps
    if _listed(text, texts):
        return _AMBIGUOUS
    line = re.sub(r"^[-•·>]\s+", "", first_line(text))
    start = re.sub(r"^\W*(?:option|choice|选项)[\s-]+", "", line, flags=re.IGNORECASE)
    steps = _at_start(start, texts, phrase=start != line)
    if steps is not None:
        return steps
    if re.fullmatch(r"\W*[A-Za-z]\W*", last_line(text)):
        return _at_start(re.sub(r"^\W+", "", last_line(text)), texts, phrase=True)
    for weak in reversed(list(_WEAK.finditer(text))[-PHRASES:]):
        tail = text[weak.end() : weak.end() + _TAIL]
        if tail[:1].isupper() and (steps := _at_start(tail, texts, phrase=False)) is not None:
            return steps
    by_text = _by_text(text, texts)
    # The text of an option that was turned down by its letter is part of the reason.
    return by_text if by_text and by_text not in rejected else _alone(text, texts, rejected)


def read_choice(text: str, texts: Sequence[str]) -> str | None:
    """Return the letter of the option that an answer names, or None when it names none, or several.

    `texts` are the options in the order of their letters; where only the number of
    letters is known they are empty.
    """
    plain = _flat(text)
    if not plain.strip() or not texts:
        return None
    given = [_spaced(item) for item in texts]
    left, rejected = without_rejected(plain, given)
    choice = _steps(left, given, rejected)
    return None if choice == _AMBIGUOUS else choice
