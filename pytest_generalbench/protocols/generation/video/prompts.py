"""Words that metrics of generated videos look for, from an instance's fields, else from its prompt.

VBench keeps them beside its prompts (`object`, `object_a`, `relationship`, `color`, `appearance_style`);
where a file has the prompt alone, they are read from sentences of the kinds that such prompts are: "a red
bicycle", "a dog on the left of a bench, front view", "A person is riding a bike", "a beach, in the style of
Hokusai". What cannot be read for sure is left out: a wrong word would be a wrong score.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.keys import key_of
from pytest_generalbench.core.outputs.codecs.images.files import is_picture
from pytest_generalbench.metrics.video.objects import COLOURS
from pytest_generalbench.protocols.generation.targets import first_word, text_fields
from pytest_generalbench.protocols.instance_fields import find

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_generalbench.core.request import Instance

Words = dict[str, str | None]

_OBJECT: Final = ("object", "object_name", "object_class", "label", "class", "class_name", "category", "noun")
_FIRST: Final = ("object_a", "object1", "object_1", "first_object", "subject", "obj_a")
_SECOND: Final = ("object_b", "object2", "object_2", "second_object", "obj_b")
_BOTH: Final = ("objects", "object", "multiple_objects", "labels", "classes")
_RELATION: Final = ("relation", "relationship", "spatial_relation", "spatial_relationship", "position")
_COLOUR: Final = ("colour", "color")
_ACTION: Final = ("action", "action_label", "action_name", "human_action", "label", "class", "category")
_STYLE: Final = ("style", "style_phrase", "style_prompt", "style_text", "appearance_style", "art_style")
_SOURCE: Final = (
    "source_prompt", "src_prompt", "source_text", "source_caption", "original_prompt", "inversion_prompt",
    "input_prompt", "caption", "source",
)  # fmt: skip
_TARGET: Final = (
    "target_prompt", "tgt_prompt", "target_text", "target_caption", "edit_prompt", "edited_prompt",
    "new_prompt", "editing_prompt", "prompt", "target",
)  # fmt: skip

_LEAD: Final = re.compile(
    r"^(?:(?:please\s+)?(?:generate|create|make|produce|show)\s+(?:me\s+)?)?"
    r"(?:(?:an?|the)\s+)?(?:\w+\s+)?(?:video|clip|footage)\s+(?:of|showing|that\s+shows|with|about)\s+"
)
"""What only says that a video is wanted."""

_ARTICLE: Final = re.compile(r"^(?:(?:an?|the|one|some|single|there\s+(?:is|are))\s+)+")
_CUT: Final = re.compile(
    r"[,.;:!?()]|\s(?:with|in|on|at|near|by|under|over|beside|behind|inside|into|from|to|for|is|are|was|that|"
    r"which|who|while|as|against|during|through|and|wearing|floating|rests?|sits?|stands?|lies?|parked|placed)\b"
)
"""Where the name of a thing ends."""
_DOING: Final = re.compile(
    r"\s(?P<verb>\w{2,}ing)\b(?!\s(?:pool|machine|board|pan|table|stick|chair|room|cart)\b)"
)
_NO_VERBS: Final = frozenset(
    ("building", "ring", "earring", "king", "string", "wing", "swing", "ceiling", "painting", "duckling",
     "clothing", "lightning", "awning", "railing", "pudding", "parking", "dining")
)  # fmt: skip
_LONGEST: Final = 4
"""Words of a thing's name; what has more is no name."""

_SIDES: Final[dict[str, str]] = {
    "left": r"(?:(?:on|to|at|in)\s+)?(?:the\s+)?left(?:\s+hand)?(?:\s+side)?\s+of",
    "right": r"(?:(?:on|to|at|in)\s+)?(?:the\s+)?right(?:\s+hand)?(?:\s+side)?\s+of",
    "above": r"(?:on|at)\s+(?:the\s+)?top\s+of|above|over|atop",
    "below": r"(?:on|at|in)\s+(?:the\s+)?bottom\s+of|below|underneath|under|beneath",
}
_SIDE_WORDS: Final[dict[str, str]] = {
    **dict.fromkeys(("left",), "left"),
    **dict.fromkeys(("right",), "right"),
    **dict.fromkeys(("above", "top", "over", "atop", "up"), "above"),
    **dict.fromkeys(("below", "bottom", "under", "underneath", "beneath", "down"), "below"),
}

_PEOPLE: Final = (
    r"(?:person|people|someone|somebody|man|men|woman|women|boys?|girls?|child|children|kids?|human|lady|guy|"
    r"player|athlete|he|she)"
)
_DOES: Final = re.compile(rf"\b{_PEOPLE}\s+(?:(?:is|are|was|were)\s+)?(?P<action>\w+ing\b[^.,;!?]*)")

_ART: Final = re.compile(
    r"\b(?:style[ds]?|paint(?:ing|ed)|water\s?colou?r|sketch|drawing|animat\w+|anime|cartoon|pixel(?:\s+art)?|"
    r"black and white|cyberpunk|ukiyo\S*|surreal\w*|impressionis\w+|claymation|comic|low[- ]poly|art)\b"
)
_IN_STYLE: Final = re.compile(r"\bin\s+(?:the\s+|an?\s+)?(?:style\s+of\s+[^.,;]+|[\w' -]+?\s+style\b)")


def joined_text_fields(instance: Instance) -> dict[str, str]:
    """Return all texts of the instance by key; a list of two objects as '… and …'."""
    words = text_fields(instance)
    for raw in (instance.reference, instance.fields):
        for key in _BOTH if isinstance(raw, dict) else ():
            value = find(raw, key)
            if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
                words.setdefault(key_of(key), " and ".join(value))
    return words


def thing(text: str) -> str | None:
    """Return the name of the thing that a phrase begins with, or None when it is none of a few words.

    >>> thing("A video of a small dog running."), thing("the dining table"), thing("cup of tea, hot")
    ('small dog', 'dining table', 'cup of tea')
    >>> thing("a very long walk of my old uncle"), thing(" ")
    (None, None)
    """
    name = _ARTICLE.sub("", _LEAD.sub("", _plain(text)))
    name = _CUT.split(f"{name} ", maxsplit=1)[0]
    for doing in _DOING.finditer(name):
        if doing["verb"] not in _NO_VERBS:
            name = name[: doing.start()]
            break
    words = name.strip(" .,;:!?\"'").split()
    return " ".join(words) if 0 < len(words) <= _LONGEST else None


def relation_in(text: str) -> str | None:
    """Return the one relation that a phrase names, or None for none and for several.

    >>> relation_in("on the left of"), relation_in("top"), relation_in("esid"), relation_in("next to")
    ('left', 'above', None, None)
    """
    relation = {_SIDE_WORDS[word] for word in re.findall(r"[a-z]+", text.lower()) if word in _SIDE_WORDS}
    return relation.pop() if len(relation) == 1 else None


def words_for(metric: str, words: Mapping[str, str], prompt: str) -> dict[str, str]:
    """Return the words that `metric` looks for, as far as they can be read.

    >>> words_for("color_binding", {}, "a red bicycle")
    {'colour': 'red', 'object': 'bicycle'}
    >>> words_for("spatial_relationship", {}, "A bicycle is on the left of a car, front view")
    {'object_a': 'bicycle', 'object_b': 'car', 'relation': 'left'}
    >>> words_for("human_action", {}, "A person is riding a bike.")
    {'action': 'riding a bike'}
    """
    read = _READERS.get(metric)
    if read is None:
        return dict(words)
    return {name: value for name, value in read(words, prompt).items() if value}


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def _label(words: Mapping[str, str], prompt: str) -> Words:
    return {"label": thing(first_word(words, *_OBJECT, fits=_is_phrase) or prompt)}


def _pair(text: str) -> tuple[str | None, str | None]:
    """Return the two things of 'a bird and a cat'; None twice for another number of them."""
    parts = re.split(r"\s+and\s+|\s*&\s*", _LEAD.sub("", _plain(text)))
    if len(parts) != 2:
        return None, None
    return thing(parts[0]), thing(parts[1])


def _two(words: Mapping[str, str], prompt: str) -> Words:
    first, second = (first_word(words, *keys, fits=_is_phrase) for keys in (_FIRST, _SECOND))
    if first and second:
        return {"object_a": thing(first), "object_b": thing(second)}
    both = first_word(words, *_BOTH, fits=lambda text: None not in _pair(text))
    one, other = _pair(both or prompt)
    return {"object_a": one, "object_b": other}


def _related(words: Mapping[str, str], prompt: str) -> Words:
    first, second = (first_word(words, *keys, fits=_is_phrase) for keys in (_FIRST, _SECOND))
    relation = first_word(words, *_RELATION, fits=lambda text: relation_in(text) is not None)
    text = _LEAD.sub("", _plain(prompt))
    places = [
        (match.start(), match.end(), side)
        for side, pattern in _SIDES.items()
        if (match := re.search(rf"\b(?:{pattern})\b", text))
    ]
    start, end, side = min(places, default=(0, 0, None))
    return {
        "object_a": thing(first or text[:start]),
        "object_b": thing(second or text[end:]) if second or side else None,
        "relation": relation_in(relation) if relation else side,
    }


def _coloured(words: Mapping[str, str], prompt: str) -> Words:
    text = _LEAD.sub("", _plain(prompt)).replace("grey", "gray")
    given = (first_word(words, *_COLOUR, fits=_is_phrase) or "").lower().strip(" .").replace("grey", "gray")
    names = {name for name in COLOURS if re.search(rf"\b{name}\b", text)}
    colour = given if given in COLOURS else names.pop() if len(names) == 1 else None
    named = first_word(words, *_OBJECT, fits=_is_phrase)
    if colour is None or named:
        bare = re.sub(rf"\b{colour}\b", "", named.lower()) if named and colour else named
        return {"colour": colour, "object": thing(bare) if bare else None}
    before, _, after = text.partition(colour)
    after = re.sub(r"^[\s-]*colou?red\b", "", after)
    # "a red bicycle", or "the bicycle is red".
    behind = None if re.match(r"\s+and\b", after) else thing(after)
    return {"colour": colour, "object": behind or thing(before)}


def _action(words: Mapping[str, str], prompt: str) -> Words:
    given = first_word(words, *_ACTION, fits=_is_phrase)
    match = _DOES.search(_plain(given or prompt))
    # A field may hold the name of the action alone, which needs no person.
    return {"action": match["action"].strip() if match else given}


def _style(words: Mapping[str, str], prompt: str) -> Words:
    given = first_word(words, *_STYLE, fits=_is_phrase)
    if given:
        return {"style": given.strip(" .")}
    text = " ".join(prompt.split())
    match = _IN_STYLE.search(text)
    if match:
        return {"style": match[0].strip()}
    parts = [part.strip(" .") for part in re.split(r"[,;.]", text)]
    return {"style": next((part for part in reversed(parts) if _ART.search(part.lower())), None)}


def _prompts(words: Mapping[str, str], prompt: str) -> Words:
    source = first_word(words, *_SOURCE, fits=_is_phrase)
    target = first_word(words, *_TARGET, fits=lambda text: _is_phrase(text) and text != source)
    return {"source_prompt": source, "target_prompt": target}


def _is_phrase(text: str) -> bool:
    """Whether a text says something, and is not the name of a file."""
    return bool(text.strip(" .")) and not is_picture(text) and not re.search(r"\.\w{2,4}$", text.strip())


_READERS: Final[dict[str, Callable[[Mapping[str, str], str], Words]]] = {
    "object_class": _label,
    "multiple_objects": _two,
    "spatial_relationship": _related,
    "color_binding": _coloured,
    "human_action": _action,
    "appearance_style": _style,
    "frame_accuracy": _prompts,
}

READ: Final = frozenset(
    ("label", "object_a", "object_b", "relation", "colour", "object", "action", "style", "source_prompt",
     "target_prompt")
)  # fmt: skip
"""Every word that is read here."""
