"""Parser of yes-or-no answers."""

from __future__ import annotations

import re
from typing import Final

from pytest_generalbench.protocols.text.parsers.fields import field_answer
from pytest_generalbench.protocols.text.parsers.labels.statements import restates
from pytest_generalbench.protocols.text.parsers.normalization import (
    ANSWER_IN_OTHER_WORDS,
    CORRECTED,
    PHRASES,
    answer_of,
    first_line,
    last_boxed,
    normalise,
    without_emphasis,
)

_WORDS: Final[dict[str, str]] = {
    **dict.fromkeys(("yes", "yeah", "yep", "yup", "true", "correct", "y", "t"), "yes"),
    **dict.fromkeys(("no", "nope", "false", "incorrect", "wrong", "n", "f"), "no"),
    **dict.fromkeys(("right", "affirmative", "present", "accurate"), "yes"),
    **dict.fromkeys(("nah", "negative", "absent", "inaccurate", "untrue"), "no"),
    **dict.fromkeys(
        ("是", "是的", "对", "对的", "正确", "有", "存在", "真", "没错", "包含", "可以", "会", "能"), "yes"
    ),
    **dict.fromkeys(
        (
            "否",
            "不是",
            "不",
            "不对",
            "错",
            "错误",
            "不正确",
            "没有",
            "无",
            "不存在",
            "不包含",
            "假",
            "不可以",
            "不会",
            "不能",
        ),
        "no",
    ),
}
_OTHERS: Final[dict[str, str]] = {
    **dict.fromkeys(
        ("sí", "si", "sì", "oui", "ja", "jawohl", "sim", "да", "так", "نعم", "हाँ", "हां", "có", "ใช่", "ya",
         "iya", "evet", "tak", "ναι", "kyllä", "はい", "ええ", "正しい", "correcto", "verdadero",
         "vrai", "vero", "verdadeiro", "wahr", "richtig", "верно", "صحيح", "así es",
         "있습니다", "네", "예", "그렇습니다", "맞습니다",
         "✅", "✔", "✓"), "yes"
    ),
    **dict.fromkeys(
        ("non", "nein", "não", "нет", "ні", "لا", "नहीं", "không", "ไม่ใช่", "ไม่", "tidak", "bukan", "hayır",
         "nie", "nee", "nej", "όχι", "ei", "いいえ", "いえ", "正しくありません", "違います",
         "incorrecto", "falso", "faux", "falsch", "неверно", "خطأ", "claro que no", "없습니다",
         "그렇지 않습니다", "아니요", "아니오", "아뇨", "아닙니다", "❌",
         "✗", "✘", "✖"), "no"
    ),
}  # fmt: skip
"""Words of other languages, which count where they stand alone or are set off from what follows."""
_BITS: Final = {"1": "yes", "0": "no"}
_ENGLISH: Final = r"yes|yeah|yep|yup|no|nope|nah|true|false"
_CHINESE: Final = (
    "不正确|不存在|不包含(?=$|[，,。.])|包含(?=$|[，,。.])|不可以|不是|不对|不会|不能(?![确判回看])|不(?=$|[，,。.！!])|没错|没有(?!办法)|错误|正确|存在|是的|对的|是(?!否)|"
    "否|对(?!不起)|错|有(?!没有)|可以(?!看到)|会(?=$|[，,。.！!的])|能(?=$|[，,。.！!的])|真(?=$|[，,。.！!的])|假(?=$|[，,。.！!的])"
)
_OTHER: Final = re.compile(
    rf"\W*({'|'.join(sorted(_OTHERS, key=len, reverse=True))})(?:です|ครับ|ค่ะ|입니다)?"
    r"(?=\s*(?:$|[^\w\s'’\-])|(?<=[\u0600-\u06ff✅✔✓❌✗✘✖])\s)",
    re.IGNORECASE,
)
_LEADING: Final = re.compile(
    rf"\W*(?:({_ENGLISH}|correct|incorrect|(?:right|wrong|affirmative|negative|present|absent)(?=\W*$)|[yntf](?=\W*$))(?![\w-])|({_CHINESE}))",
    re.IGNORECASE,
)
_PHRASE: Final = re.compile(
    r"\banswer\b[^.:\n]{0,40}?(?:\bis\b|[:=\uff1a])[:\s]*|答案(?:是|为)?\s*[:\uff1a]?\s*|"
    rf"(?:答え|回答|正解)\s*[はが:]\s*|(?:정답|(?<!\w)답)\s*[은는:]?\s*|{ANSWER_IN_OTHER_WORDS}\s*|\bA:\s+|"
    r"(?:判断|结论|判定|结果|回答)\s*:\s*|该?(?:说法|陈述|句子|命题|描述)是?(?=正确|错误|不正确|不对|对|错|真|假)",
    re.IGNORECASE,
)
_ANYWHERE: Final = re.compile(rf"(?<![\w-])({_ENGLISH})(?![\w-])", re.IGNORECASE)

_SO: Final = re.compile(
    rf"\b(?:so|therefore|thus|hence),?\s+(?:it(?:'s| is)\s+|the answer is\s+)?(?={_ENGLISH})(?![\w-]+\s+\w)",
    re.IGNORECASE,
)
_IDIOM: Final = re.compile(
    r"\bno\s+(?:answer|sé|lo\s+sé|doubt|question|wonder|matter|problem|idea|clue|longer|way\s+(?:to\s+\w+|of\s+\w+ing)|information|"
    r"(?:image|picture|photo|video|audio|recording)\b(?=\s+(?:was|is|has|provided|given|attached)))\b",
    re.IGNORECASE,
)
"""A `no` that is no answer."""
_ECHO: Final = re.compile(
    r"\b(?:yes\s*(?:or|/)\s*no|no\s*(?:or|/)\s*yes|true\s*(?:or|/)\s*false)\s*\?", re.IGNORECASE
)
"""The question said again."""
_SET_ASIDE: Final = re.compile(
    r"(?:\bnot|\brather\s+than|\binstead\s+of)\s+(?:an?\s+)?[\"'“]?(?:yes|no)\b", re.IGNORECASE
)
_BOTH: Final = re.compile(
    r"\W*(?:(yes|true)\W{1,3}(?:no|false)|(?:no|false)\W{1,3}(?:yes|true))\W*$", re.IGNORECASE
)
_JUDGED: Final = re.compile(
    r"\W*(?:(?:that|this|it|(?:the|this)\s+(?:given\s+)?(?:statement|claim|sentence|caption|description|hypothesis|assertion|answer))"
    r"(?:'s|\s+is|\s+was))\s+(?:\w+ly\s+)?(correct|incorrect|right|wrong|accurate|inaccurate|untrue|present|absent|true|false)\b",
    re.IGNORECASE,
)
_AGREES: Final = re.compile(
    r"\W*(?:(?:sure|okay|well)\W+)?(?:(?:it|there|he|she|they|this|that|one)\s+(?:is|does|are|do|was|were|did|has|have|can|will|would)(?:\s+(?:indeed|so))?|"
    r"i\s+(?:(?:think|believe|guess|suppose)\s+so|agree))\W*$",
    re.IGNORECASE,
)
_TURNED: Final = re.compile(r"(?:\bnot|n't)\s+(?:\w+ly\s+)?(true|false)\b", re.IGNORECASE)
_TURN: Final = {"true": "false", "false": "true"}
_UNSURE: Final = (
    r"(?:\w+ly\s+)?(?:sure|certain|clear|enough|know|known|tell|possible|able|say|determine|"
    r"applicable|specified|provided|given|mentioned|stated|available|sufficient|answer(?:ed)?|confident|"
    r"determined|told|said|inferred|verified|confirmed|answerable|only|just)\b"
)
_NO: Final = re.compile(
    rf"\W*(?:not(?!\s+{_UNSURE})|never|negative|i\s+disagree|(?:definitely|certainly|absolutely|of\s+course|clearly)\s+not)\b",
    re.IGNORECASE,
)
_DENIED: Final = re.compile(
    r"(?:\b(?:is|are|was|were|does|do|did|has|have|had|can|could|will|would)\s+not|"
    r"\b(?:is|are|was|were|does|do|did|has|have|had|could|would|ca|wo)n't|\bcannot|\b(?:is|are)\s+absent|"
    r"\blacks?|\bi\s+disagree)"
    rf"\b(?!\s+(?:be\s+)?{_UNSURE})",
    re.IGNORECASE,
)
_I: Final = re.compile(
    r"\b(?:i|we|i'm|you)\s+(?!(?:do\s+not|don't|did\s+not|didn't)\s+(?:think|believe|see\s+(?:an?|any)\b))"
    r"(?!(?:can't|cannot|can\s+not|could\s+not|couldn't)\s+see\s+(?:an?|any)\s+(?!image|picture|photo|video|attach))",
    re.IGNORECASE,
)
_DENIED_CHINESE: Final = re.compile(
    "(?![^。]*(?:我|您|信息|办法|提供|图片(?![中里上])|如果|是否))[^。]{0,30}(?:没有|不存在|不包含|未出现|看不到)[^。]{1,30}"
)
_YES: Final = re.compile(
    r"\W*(?:indeed|certainly|definitely|absolutely|of\s+course|affirmative|exactly|surely|without\s+(?:a\s+)?doubt|"
    r"no\s+(?:doubt|question))\b(?!\s+not\b)",
    re.IGNORECASE,
)


def polarity(word: str) -> str | None:
    """Return `yes` or `no` for a lone word of that meaning, else None."""
    plain = normalise(word)
    return _WORDS.get(plain) or _OTHERS.get(plain)


def _leading(text: str) -> str | None:
    match = _LEADING.match(text)
    if match:
        return polarity(match.group(1) or match.group(2))
    match = _OTHER.match(text)
    return _OTHERS[match.group(1).lower()] if match else None


def _corrected(text: str) -> str | None:
    """Return the word right behind the last `wait` or `correction`."""
    cues = list(CORRECTED.finditer(text))[-PHRASES:]
    if not cues:
        return None
    ended = "no" if re.search(r"\bno\W*$", cues[-1].group(), re.IGNORECASE) else None
    return _leading(text[cues[-1].end() :][:200]) or ended


def _in_words(text: str, question: str) -> str | None:
    """Read a sentence without yes and no: a denial is no, an affirmation (`Indeed, …`) yes."""
    line = first_line(text)
    if _NO.match(line):
        return "no"
    judged = _JUDGED.match(line)
    if judged:
        return polarity(judged.group(1))
    # What the speaker cannot do (`I cannot tell`) denies nothing.
    sentence = re.split(r"[.!?](?:\s|$)", line, maxsplit=1)[0]
    if _DENIED_CHINESE.fullmatch(re.split(r"[。，,]", line, maxsplit=1)[0]):
        return "no"
    if _DENIED.search(sentence) and not _I.search(sentence) and "not only" not in sentence:
        return "no"
    return "yes" if _YES.match(line) or _AGREES.match(line) or restates(line, question) else None


def read_yes_no(text: str, question: str = "") -> str | None:
    """Read `yes` or `no`.

    The rules in order: an answer's field of an object; boxed; behind a correction (`No. Wait, yes`);
    behind `the answer is`; behind `so` or `therefore`; as the first word; as the only one said; a
    sentence that denies (`The image does not contain …`, `Not really`) or affirms (`Indeed, …`, `That
    is correct`), or that says of the `question` what it asks (`There is a dog in the image`). True and
    false, 是 and 否 and their kin in other languages count as well; `no doubt` and `no idea` are no
    `no`, and `not true` is one. Both at once, or neither, is None. Of a long text both ends are read,
    and of each phrase the last 20.
    """
    answer = answer_of(text)
    plain = without_emphasis(field_answer(answer) or answer)
    box = last_boxed(plain)
    answer = _IDIOM.sub("...", _TURNED.sub(lambda result: f" {_TURN[result.group(1).lower()]}", plain))
    answer = _SET_ASIDE.sub("...", _ECHO.sub("...", answer))
    if _BOTH.match(answer):
        return None
    if not box and (corrected := _corrected(answer)) is not None:
        return corrected
    tails = [box] if box else []
    for pattern in (_PHRASE, _SO):
        tails += [
            answer[result.end() :][:200] for result in reversed(list(pattern.finditer(answer))[-PHRASES:])
        ]
    tails += [first_line(answer)]
    for tail in tails:
        if re.match(r"\s*(?:yes\s*(?:and|or|/)\s*no|no\s*(?:and|or|/)\s*yes)\b", tail, re.IGNORECASE):
            return None
        result = _leading(tail)
        if result is not None:
            return result
    last = re.split(r"(?<=[.!?\n])\s+|(?<=[。，,])\s*(?=所以|因此)", answer.strip())[-1]
    ending = re.fullmatch(
        rf"\W*(?:(?:所以|因此)(?:答案)?)?({_ENGLISH}|是的?|否)[\s.!。*\"'”]*", last, re.IGNORECASE
    )
    if ending:
        return polarity(ending.group(1))
    if (bit := normalise(answer)) in _BITS:
        return _BITS[bit]
    words = {polarity(word) for word in _ANYWHERE.findall(answer)}
    if words:
        return words.pop() if len(words) == 1 else None
    return _in_words(plain, question)
