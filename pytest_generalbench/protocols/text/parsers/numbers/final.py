r"""Parser of the final answer of worked-out reasoning: what it says last, as a number where it is one."""

from __future__ import annotations

import re
from typing import Final

from pytest_generalbench.protocols.text.parsers.fields import field_answer
from pytest_generalbench.protocols.text.parsers.normalization import (
    ANSWER_IN_OTHER_WORDS,
    CORRECTED,
    answer_of,
    first_line,
    last_boxed,
    last_line,
    one_line,
    without_emphasis,
)
from pytest_generalbench.protocols.text.parsers.numbers.written import joined_thousands, plain_numbers

_SIGNS: Final = re.compile(r"^\s*[$€£¥₹₩]\s*|\s*(?:%|°)\s*$")
_VALUE: Final = r"[-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:/\d+)?"
_MONEY: Final = r"(?:US\$|[$€£¥₹₩]|(?:USD|EUR|GBP|INR|JPY|CNY|RMB|AUD|CAD|Rs\.?)\s?)"
_POWER: Final = r"(?:\s?(?:[²³]|\^\s?\{?[23]\}?))"
_UNIT: Final = (
    rf"[A-Za-zµμΩ°℃℉][A-Za-z°. ]{{0,30}}{_POWER}?(?:\s?(?:/|per\b)\s?[A-Za-z]{{1,12}}{_POWER}?)?|"
    r"[^\W\d_A-Za-z万亿億千百十兆萬만억천백조]{1,6}"
)
_ATTACHED: Final = (
    r"(?:kg|mg|km|cm|mm|ml|kWh|kW|Hz|kHz|MHz|GB|MB|KB|mph|km/h|kmh|kph|m/s|lbs?|oz|ft|hrs?|mins?|secs?|cm²|m²|km²|cm³|m³|°[CF]|"
    r"℃|℉|USD|EUR|rpm|years?|days?|hours?|minutes?)"
)
_WITH_UNIT: Final = re.compile(
    rf"(?:[A-Za-z]\w{{0,15}}\s*(?:=|≈)\s*)?(?:(?:about|approximately|approx\.?|around|exactly|roughly|only|nearly|=|≈|~)\s*)?"
    rf"{_MONEY}?\s*({_VALUE})"
    rf"(?:\s*[%°]|\s*({_ATTACHED})|\s+({_UNIT})|\s*([^\W\d_A-Za-z万亿億千百十兆萬만억천백조]{{1,6}}))?(?:\s*\([^()\d]{{0,60}}\))?",
)
_SCALE_WORDS: Final = frozenset(
    ("hundred", "thousand", "million", "billion", "trillion", "dozen", "half", "and", "or", "times", "to",
     "pi", "x", "y", "k", "pm", "am", "a.m.", "p.m.", "plus", "minus")
)  # fmt: skip
"""Words behind a number after which it is not the whole value."""
_ANY_VALUE: Final = re.compile(r"(?<![\w.])[-−]?(?:\d+(?:\.\d+)?|\.\d+)(?:/\d+)?")
_LAST_VALUE: Final = re.compile(
    r"(?<![A-Za-z0-9_./])(?:(?<![)\]])[-−])?(?:\d+(?:\.\d+)?|\.\d+)(?:/\d+|[eE][+-]?\d{1,3}(?!\w))?(?!\d|(?:D|st|nd|rd|th)\b)"
)
_POWERS: Final = re.compile(rf"(?<=[A-Za-z]){_POWER}")
_FORMULA: Final = re.compile(r"[=+*^\\<>{}_|]|[A-Za-z]\d|\d[A-Za-z:]")
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z'’]*")
_HEDGES: Final = tuple([word] for word in ("about", "approximately", "around", "exactly", "roughly", "only"))
_LINE: Final = r"\s*\n*\s*(?=\S)"
_PHRASES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"final\s+answer\s*(?:(?:is|would be|should be)\b\s*)?(?:[:=\uff1a]|-+>?\s|→)?{_LINE}",
        rf"(?:answer\s*(?:(?:is|would be|should be|must be)\b\s*[:\uff1a]?|[:=\uff1a]|-+>?\s|→)|"
        rf"答案\s*(?:是|为|[:\uff1a])[:\uff1a]?|(?m:^)#{{4}}(?!#)){_LINE}",
        rf"(?:{ANSWER_IN_OTHER_WORDS}|(?:答え|回答|正解)\s*[はが:]|(?:정답|(?<!\w)답)\s*[은는:]){_LINE}",
    )
)
_GOES_ON: Final = (
    "in|so|since|because|as|which|not|rather|instead|making|meaning|after|if|when|where|given|thus|therefore|hence|"
    "assuming|rounded"
)
_CLAUSE: Final = re.compile(
    rf"({_MONEY}?\s*{_VALUE}(?:\s*[%°]|\s*{_ATTACHED}(?!\w)|\s+[A-Za-z][A-Za-z/²³]{{0,20}})?)"
    rf"(?:(?:\s*[,;(]\s*|\.\s+|\s+[-–—]\s+)(?:(?:{_GOES_ON}|i\.?e|that|but|it|this|the|we|i|he|she|they|let|hope)\b|"
    rf"[^\d]*\Z)|\s+(?:{_GOES_ON})\b|\s+[^\d]*\Z)",
    re.IGNORECASE,
)


def normal_number(text: str) -> str:
    r"""Write a final answer so that equal numbers are equal texts.

    `18.`, `$18`, `18 apples`, `18 km/h`, `x = 18`, `about 18`, `\(18\)` and `18.0` are `18`; `$1,234.50` and
    `1 234.5` are `1234.5`; `50%` is `50`, `-0` is `0`; `\frac{1}{2}`, `½` and `1/2` are `1/2`, a fraction is
    not computed. Anything that is not one number with at most a name before and a unit behind it stays
    text, in one line.
    """
    plain = one_line(_SIGNS.sub("", one_line(plain_numbers(text))))
    plain = re.sub(r"(?<=[\w%°)\]²³}])\s?[.。]+$", "", plain)
    plain = re.sub(r"^(?:\{([^{}]*)\}|\"([^\"]*)\"|“([^“”]*)”)$", r"\1\2\3", plain).strip()
    plain = re.sub(r"(?<=[\w%°)\]²³])\s?[.。]+$", "", plain)
    bare = one_line(_SIGNS.sub("", plain))
    match = _WITH_UNIT.fullmatch(joined_thousands(bare))
    unit = next((group for group in match.group(2, 3, 4) if group), "") if match else ""
    if match is None or _SCALE_WORDS & set(re.split(r"[\s/]+", unit.lower())):
        return bare or one_line(text)
    value = match.group(1).lstrip("+")
    if "/" in value or "." not in value:
        value = re.sub(r"^(-?)0+(?=\d)", r"\1", value)
    else:
        value = re.sub(r"^(-?)(?=\.)", r"\g<1>0", value.rstrip("0").rstrip(".")) or "0"
    return "0" if value == "-0" else value


def _sentence_number(answer: str) -> str:
    """Return the number of a sentence that holds exactly one, else the answer as it is.

    A sentence has two words before its number, or three in all with one before; what else
    has letters and a number may be a name (`Room 12`), a quantity (`5 million`) or a formula.
    """
    plain = _POWERS.sub("", answer)
    match = list(_ANY_VALUE.finditer(plain))
    if len(match) != 1 or _FORMULA.search(plain):
        return answer
    before, after = (_WORD.findall(part) for part in (plain[: match[0].start()], plain[match[0].end() :]))
    hedged = [word.lower() for word in before] in _HEDGES
    sentence = len(before) > 1 or hedged or (before and len(before) + len(after) > 2)
    scaled = after and after[0].lower() in _SCALE_WORDS
    return normal_number(match[0].group()) if sentence and not scaled else answer


def _of_line(line: str) -> str:
    """Return the answer that a line behind a phrase gives, without what is said about it."""
    answer = normal_number(line)
    if re.fullmatch(_VALUE, answer):
        return answer
    clause = _CLAUSE.match(one_line(plain_numbers(line)).lstrip("\"'`*([{ "))
    following = _WORD.match(clause.string[clause.end(1) :].lstrip()) if clause else None
    if following is not None and following[0].lower() in _SCALE_WORDS:
        clause = None
    if clause and re.fullmatch(_VALUE, value := normal_number(clause.group(1))):
        return value
    equation = re.fullmatch(rf"[\d\s./*+×·()^-]+=\s*({_VALUE})", answer)
    return normal_number(equation.group(1)) if equation else _sentence_number(answer)


def _corrected(text: str) -> str | None:
    """Return the number right behind the last `wait` or `correction`."""
    cues = list(CORRECTED.finditer(text))[-20:]
    line = first_line(text[cues[-1].end() :]) if cues else ""
    value = _of_line(line) if line else ""
    return value if re.fullmatch(_VALUE, value) else None


def read_final_answer(text: str) -> str | None:
    r"""Read the final answer of worked-out reasoning, numbers normalised.

    The field of an object (`{"answer": …}`); the last `\boxed{…}`, else the number behind a correction, else
    what follows the last `Final Answer:` (any case, in bold or not; on the next line when its own is empty),
    else what follows the last `answer is`, else the last number, else the last line. Where a sentence follows
    such a phrase, the one number in it is the answer (`Final answer: Janet makes $18 a day`), and words
    behind a number are left out (`72, in total`); a sentence with several stays as it is. None when there is
    no text. Of a long text both ends are read.
    """
    answer = answer_of(text)
    given = field_answer(answer)
    if given:
        return normal_number(given)
    box = last_boxed(answer)
    if box:
        return normal_number(box)
    plain = without_emphasis(plain_numbers(answer))
    corrected = _corrected(plain)
    if corrected is not None:
        return corrected
    for pattern in _PHRASES:
        phrases = list(pattern.finditer(plain))
        line = first_line(plain[phrases[-1].end() :]) if phrases else ""
        inner = [phrase for phrase in _PHRASES[1].finditer(line)] if pattern is _PHRASES[0] else []
        line = line[inner[-1].end() :] if inner and inner[-1].end() < len(line) else line
        if line and (value := _of_line(line)):
            return value
    whole = normal_number(plain) if "\n" not in plain.strip() else ""
    if re.fullmatch(_VALUE, whole):
        return whole
    numbers = [match.group() for match in _LAST_VALUE.finditer(_POWERS.sub("", plain))]
    return normal_number(numbers[-1]) if numbers else normal_number(last_line(plain)) or None
