"""Boxes read from answer texts, in the notations that models use.

JSON lists and objects, `<box>(x1,y1),(x2,y2)</box>` with `<ref>`, `<|box_start|>…<|box_end|>`
with `<|object_ref_start|>`, pairs of points `(x1, y1), (x2, y2)`, and lines of four numbers. Words
before a list of four numbers in its line are its label, a confidence behind it is its score.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.keys import key_of
from pytest_generalbench.core.outputs.codecs.boxes.conventions import RawBox
from pytest_generalbench.core.outputs.codecs.boxes.json_scan import Placed, placed_values
from pytest_generalbench.core.outputs.codecs.boxes.json_values import (
    SCORE_KEYS,
    boxes_in,
    four,
    named_corners,
    number,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_TEXT: Final = 400_000
"""Letters of an answer that are looked at."""

NUMBER: Final = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_GAP: Final = r"\s*,?\s*"
_POINT: Final = rf"[(\[]\s*({NUMBER})\s*,\s*({NUMBER})\s*[)\]]"
_PAIR: Final = re.compile(rf"{_POINT}{_GAP}{_POINT}")
_POINTS: Final = re.compile(_POINT)
_RUN: Final = re.compile(rf"(?<![\w.]){NUMBER}(?:(?:\s*,\s*|\s+){NUMBER})*(?![\w%])")
"""Numbers with nothing but separators between them."""
_NUMBERS: Final = re.compile(NUMBER)
_NAMED_NUMBER: Final = re.compile(rf"(?<!\w)([A-Za-z_]\w*)[\"'*]*\s*[:=]\s*({NUMBER})(?:px)?(?!\w)")
_SCORE: Final = re.compile(
    r"[ \t]{0,9}[,;:|–-]?[ \t]{0,9}\(?[ \t]{0,9}(?:"
    r"(?:with\s)?(?:confidence|score|conf|prob(?:ability)?)(?:\sscore)?\s{0,9}(?:of\s|[:=])?\s{0,9}"
    rf"({NUMBER})(\s?%)?"
    r"|(0?\.\d+|1\.0+)|(\d{1,3}(?:\.\d+)?)\s{0,9}(%))(?![\w.]{0,9}\d)\s{0,9}\)?",
    re.IGNORECASE,
)
_BULLET: Final = re.compile(r"^\s*(?:[-*•#>]+\s+)*(?:\(?\d{1,4}[.):]\s+)?")
_ENDED: Final = re.compile(r".*[.?!](?:\s|$)", re.DOTALL)
_ARTICLE: Final = re.compile(r"^(?:the|an?)\s+", re.IGNORECASE)
_STARTS: Final = frozenset(
    ("i", "we", "there", "here", "this", "these", "it", "its", "in", "sure", "yes", "no", "so")
)
"""First words of sentences, not of labels."""
_ENDS: Final = frozenset(
    ("is", "are", "at", "be", "was", "were", "by", "as", "in", "to", "from", "of", "with", "and", "around")
)
_IDLE: Final = frozenset(
    (
        "the", "a", "an", "of", "for", "and", "final", "predicted", "detected", "bounding", "box", "boxes",
        "bbox", "bboxes", "box_2d", "bbox_2d", "coordinates", "coords", "coordinate", "answer", "answers",
        "output", "result", "results", "object", "objects", "detection", "detections", "detection_result",
        "location", "position", "label", "class", "category", "name", "json", "python", "region", "target",
        "frame", "image", "pixels", "pixel", "in", "format", "is", "are", "here", "xyxy", "xywh", "x1", "y1",
        "x2", "y2", "xmin", "ymin", "xmax", "ymax", "top", "bottom", "left", "right", "upper", "lower",
        "corner", "corners", "from", "so", "no", "yes", "rect", "rectangle", "area",
    )
)  # fmt: skip
"""Words that say that a box comes, and not of what."""
_MOST_WORDS: Final = 6
_MOST_LETTERS: Final = 300
"""Letters before a box that are looked at for its label; the patterns are slow on endless ones."""
_TAGGED: Final = re.compile(
    r"(?:<ref>(?P<ref>[^<]{0,200})</ref>|<\|object_ref_start\|>(?P<object>[^<]{0,200})<\|object_ref_end\|>)"
    r"|<box>(?P<box>[^<]{0,4000})</box>|<\|box_start\|>(?P<start>[^<]{0,4000})<\|box_end\|>",
    re.IGNORECASE,
)


def boxes_in_text(text: str) -> list[RawBox] | None:
    r"""Return all boxes that an answer names; an empty list or object says there are none.

    None when the answer has no box and does not say so in JSON. Two points written as such are
    corners; what is written without a name for its numbers is left to the convention.

    >>> boxes_in_text('```json\n[{"bbox": [1, 2, 30, 40], "label": "cat"}]\n```')[0].label
    'cat'
    >>> found = boxes_in_text("<ref>a cat</ref><box>(1,2),(30,40)</box>")[0]
    >>> found.values, found.order, found.label, found.scale
    ((1.0, 2.0, 30.0, 40.0), 'xyxy', 'a cat', 'thousand')
    >>> boxes_in_text("[]"), boxes_in_text("There is none.")
    ([], None)
    """
    text = text[:MAX_TEXT]
    tagged = list(tagged_in(text))
    if tagged:
        return tagged
    values = _placed(text)
    boxes = list(_with_words(text, values))
    if boxes:
        return boxes
    pairs = list(_pairs(text))
    if pairs:
        return pairs
    if any(_is_empty(item.value) for item in values):
        return []
    return [box for line in text.splitlines() for box in _of_line(line)] or None


def _is_empty(value: Any) -> bool:
    """Whether a value is lists and objects only, with nothing in them."""
    held = value.values() if isinstance(value, dict) else value
    return isinstance(value, dict | list) and all(map(_is_empty, held))


def json_values(text: str) -> list[Any]:
    """Return the JSON lists and objects in a text, outermost ones only, in order.

    When a list was cut off, the objects in it that are whole are found. Quotation marks may be
    single ones, as Python writes them.
    """
    return [item.value for item in _placed(text)]


def _placed(text: str) -> list[Placed]:
    placed = list(placed_values(text))
    if "'" in text and '"' not in text and not any(isinstance(item.value, dict) for item in placed):
        placed = list(placed_values(text.replace("'", '"').replace("None", "null"))) or placed
    return placed


def _floats(texts: tuple[str | Any, ...]) -> tuple[float, float, float, float]:
    a, b, c, d = (float(item) for item in texts)
    return a, b, c, d


def tagged_in(text: str) -> Iterator[RawBox]:
    """Return the boxes in tags.

    Two points, two brackets, and a name in `<ref>` are the notation of models that write
    thousandths; four numbers in a tag alone may come from any model.
    """
    label = None
    for hit in _TAGGED.finditer(text):
        inner = hit["box"] or hit["start"]
        if inner is None:
            label = (hit["ref"] or hit["object"] or "").strip() or None
            continue
        pairs = [_floats(match.groups()) for match in _PAIR.finditer(inner)]
        own = pairs or label or hit["start"] or inner.lstrip()[:2] == "[["
        scale = "thousand" if own else None
        if pairs:
            yield from (RawBox(values, "xyxy", label, scale=scale) for values in pairs)
            continue
        # Without parentheses the order of the numbers is the model's own.
        for run in _RUN.finditer(inner):
            numbers = _NUMBERS.findall(run[0])
            if len(numbers) == 4:
                yield RawBox(_floats(tuple(numbers)), None, label, scale=scale)


def _with_words(text: str, values: Sequence[Placed]) -> Iterator[RawBox]:
    """Return the boxes in JSON values, bare lists with the words before and the score behind them."""
    behind, label = 0, None
    for item in values:
        bare = _is_bare(item.value)
        score = _score(text, item.end) if bare else None
        if bare:
            between = text[behind : item.start]
            carried = label if not between.strip(" \t,;") else None
            label = _label(between) or carried
        for result in boxes_in(item.value, strict=False):
            box = result._replace(row=())
            if not bare:
                yield box
                continue
            value = score[0] if score and box.score is None else box.score
            yield box._replace(label=box.label or label, score=value)
        behind = score[1] if score else item.end


def _is_bare(value: Any) -> bool:
    """Whether a value is a list of four numbers, or a list of such lists."""
    if four(value) is not None:
        return True
    return isinstance(value, list) and bool(value) and all(four(item) is not None for item in value)


def _label(words: str) -> str | None:
    """Return the words before a box as its label, None when they only introduce it.

    Numbers of a list, marks of emphasis and articles are dropped; a sentence is no label.
    """
    words = (
        _ENDED.sub("", _BULLET.sub("", words.rpartition("\n")[2][-_MOST_LETTERS:]))
        .replace("**", "")
        .replace("`", "")
    )
    if re.search(r"[{}\[\]<>]", words):
        return None
    parts = [part.strip(" \t*_-–|(\"',;#") for part in re.split(r"[:=,]", words)]
    own = [part for part in parts if part and not all(map(_is_idle, re.split(r"[\s-]+", part)))]
    if not own:
        return None
    result = _ARTICLE.sub("", own[0] if len(own) == 1 else words.strip(" \t:=,*_-–|(\"';#"))
    answer = result.lower().split()
    if not answer or len(answer) > _MOST_WORDS or answer[0] in _STARTS or answer[-1] in _ENDS:
        return None
    return result


def _is_idle(word: str) -> bool:
    word = word.strip("()*\"'#_").lower()
    return not re.search(r"[^\W\d]", word) or word in _IDLE


def _score(text: str, place: int) -> tuple[float, int] | None:
    """Return the score that follows at a place, and where it ends."""
    match = _SCORE.match(text, place)
    value = None if match is None else number(match[1] or match[3] or match[4])
    if match is None or value is None:
        return None
    return value / 100 if match[2] or match[5] else value, match.end()


def _pairs(text: str) -> Iterator[RawBox]:
    behind = 0
    for match in _PAIR.finditer(text):
        score = _score(text, match.end())
        label = _label(text[behind : match.start()])
        yield RawBox(_floats(match.groups()), "xyxy", label, score[0] if score else None)
        behind = score[1] if score else match.end()


def _of_line(line: str) -> list[RawBox]:
    """Read `label: x1, y1, x2, y2`, named numbers, or two points in a line."""
    named = list(_named(line))
    if named:
        return named
    body = _BULLET.sub("", line)
    points = list(_POINTS.finditer(body))
    if len(points) == 2 and len(_NUMBERS.findall(body)) == 4:
        values = _floats((*points[0].groups(), *points[1].groups()))
        return [RawBox(values, "xyxy", _label(body[: points[0].start()]))]
    runs = [(run, _NUMBERS.findall(run[0])) for run in _RUN.finditer(body)]
    fours = [(run, numbers) for run, numbers in runs if len(numbers) == 4]
    if len(fours) != 1:
        return []
    run, numbers = fours[0]
    rest = body[run.end() :].lstrip(" \t)]")
    score = _score(rest, 0)
    return [RawBox(_floats(tuple(numbers)), None, _label(body[: run.start()]), score[0] if score else None)]


def _named(line: str) -> Iterator[RawBox]:
    """Read `x=10, y=20, width=30, height=40` and the like; a name that comes again begins a new box."""
    groups: list[tuple[str, dict[str, str]]] = []
    behind = 0
    for match in _NAMED_NUMBER.finditer(line):
        name = key_of(match[1])
        if not groups or name in groups[-1][1]:
            groups.append((line[behind : match.start()], {}))
        groups[-1][1][name] = match[2]
        behind = match.end()
    for before, numbers in groups:
        corners = named_corners(numbers)
        if corners is not None:
            score = next((number(numbers[key]) for key in SCORE_KEYS if key in numbers), None)
            yield RawBox(corners[0], corners[1], _label(before), score)
