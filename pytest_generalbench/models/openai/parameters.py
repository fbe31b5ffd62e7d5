"""The optional parameters of a request and its system role, and what of them a server has refused."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.models.openai.messages import has_system_role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_generalbench.models.openai.complaints import Complaint

_LENGTHS: Final = ("max_tokens", "max_completion_tokens")
_STATUSES: Final = (200, 400, 403, 404, 405, 406, 409, 415, 422, 500, 501)
"""Statuses under which servers refuse a parameter; 200 is a reply with an error in it."""

_REFUSING: Final = re.compile(
    r"unsupported|n[o']t (currently |yet )?(be )?(support|permit|allow|implement|accept|recogni[sz]|enabl|"
    r"compatible|applicable|available|used|set|specified)|unrecogni[sz]ed|unknown|unexpected|extra|forbidden|"
    r"invalid|not (a )?valid|deprecated|does ?n[o']t (take|accept|exist|support)|must |should be|"
    r"only .{0,40}(supported|allowed)|disallowed|incompatible|remove|can ?n[o']t|has to|too (large|small)|"
    r"below|above|greater|less|range",
    re.IGNORECASE,
)
_NAMELESS: Final = re.compile(
    r"(unsupported|unrecogni[sz]ed|unknown|unexpected|extra|additional|not permitted|invalid)\b.{0,40}"
    r"\b(parameter|argument|field|input|option|propert|key)"
    r"|\b(parameters?|arguments?|fields?|inputs?|options?|properties|keys?)\b.{0,40}"
    r"(unsupported|not (supported|permitted|allowed|recogni[sz]ed)|unrecogni[sz]ed|unknown|unexpected|"
    r"invalid)",
    re.IGNORECASE,
)
_OTHER_NAMES: Final = re.compile(r"['\"`][A-Za-z_][\w.\[\]]*['\"`]|supplied: *\w")
_HINTS: Final = re.compile(
    r"\b(use|try|set|send)\b[^.\n]*?\b(instead|in place)|"
    r"\b(supported|allowed|valid|accepted|permitted|known) (parameters?|arguments?|fields?|values|keys)"
    r"( are)?:?[^.\n]*",
    re.IGNORECASE,
)
"""What a server recommends names good parameters, not refused ones."""

_OVERFLOW: Final = re.compile(
    r"context (length|window|size)|(prompt|input|messages?) .{0,30}too (long|large)|reduce the length|"
    r"(exceeds?|longer than|maximum) .{0,60}(context|sequence length|model_?len|input tokens)",
    re.IGNORECASE,
)
_MOST: Final = re.compile(
    r"(?:at most|less than or equal to|no (?:more|greater) than|<=|≤|up to|"
    r"max(?:imum)?(?: allowed)?(?: value)?(?: is| of|:)?|between \d+ and|"
    r"range[^0-9]{0,20}\d+ ?(?:,|to|-|\.\.) ?) ?(\d+)",
    re.IGNORECASE,
)
_LEAST: Final = re.compile(
    r"(?:at least|greater than or equal to|no (?:less|smaller) than|>=|≥|min(?:imum)?(?: allowed)?(?: value)?"
    r"(?: is| of|:)?|between|range[^0-9]{0,20}) ?(\d+)",
    re.IGNORECASE,
)
_ABOVE_ZERO: Final = re.compile(
    r"positive|(greater|larger|more) than (zero|0\b(?!\.))|> ?0\b(?!\.)|above (zero|0\b)|non-?zero|"
    r"not be (0|zero)\b|"
    r"(at least|>=|minimum .{0,10}|between|range) ?[\[(]?0?\.0*[1-9]",
    re.IGNORECASE,
)
SYSTEM_ROLE: Final = "system role"
"""Stands beside the names of parameters: the turn of the role `system`."""

NO_SYSTEM_ROLE: Final = "takes no system role: a system prompt is sent as the first lines of the user's turn"

_ABOUT_SYSTEM: Final = re.compile(
    r"\b(system|developer)\b.{0,20}\b(roles?|messages?|prompts?|instructions?|turns?)\b|"
    r"\b(roles?|messages?|prompts?|instructions?|turns?)\b.{0,60}\b(system|developer)\b",
    re.IGNORECASE | re.DOTALL,
)
_ABOUT_ROLES: Final = re.compile(
    r"\broles?\b.{0,40}\balternat|\balternat\w+.{0,40}\b(roles?|user)\b|"
    r"\b(only|expected|one of|either|should be|must be|allowed|supported|supports?)\b.{0,60}\buser\b.{0,20}"
    r"\b(assistant|model)\b|"
    r"\buser\b.{0,20}\b(assistant|model)\b.{0,40}\b(only|expected|allowed|supported)\b|"
    r"\b(first|initial)\b.{0,40}\b(message|turn|role)\b.{0,40}\buser\b|"
    r"\b(begin|start)s? with\b.{0,20}\buser\b|"
    r"\b(unknown|unexpected|invalid|unsupported|unrecogni[sz]ed)\b.{0,20}\broles?\b|"
    r"\broles?\b.{0,20}\b(unknown|unexpected|invalid|unsupported|unrecogni[sz]ed|not supported)",
    re.IGNORECASE | re.DOTALL,
)
"""Complaints about the roles of a conversation that has none but `system` and `user`."""

_ABOUT_TEMPLATE: Final = re.compile(
    r"jinja|chat.?template|template.?error|\bapply(ing)?\b.{0,20}\btemplate", re.IGNORECASE
)


def refuses_system(text: str) -> bool:
    """Return whether a message about a conversation of one system and one user turn refuses the first.

    >>> refuses_system("System role not supported"), refuses_system("The system prompt is too long")
    (True, False)
    >>> refuses_system("Conversation roles must alternate user/assistant/user/assistant/...")
    True
    """
    if _OVERFLOW.search(text):
        return False
    return bool(_ABOUT_ROLES.search(text) or (_ABOUT_SYSTEM.search(text) and _REFUSING.search(text)))


_NEARLY_ZERO: Final = 0.01
"""The temperature where a server takes none of 0: answers are nearly always the likeliest."""


@dataclass(frozen=True, slots=True)
class Change:
    """A parameter that is left out or given another value from now on.

    Args:
        name: the parameter.
        value: its new value, None to leave it out; of a length, the bound.
        is_least: whether the value is a lower bound.
        is_sure: whether the server named the parameter; else the change is a try.
    """

    name: str
    value: float | None = None
    is_least: bool = False
    is_sure: bool = True


class Parameters:
    """What is sent besides model and messages; safe to use from many threads.

    >>> parameters = Parameters()
    >>> parameters.chosen({"max_tokens": 5, "temperature": 0, "seed": 7})
    {'max_tokens': 5, 'temperature': 0, 'seed': 7}
    >>> parameters.keep([Change("max_tokens"), Change("seed")])
    >>> parameters.chosen({"max_tokens": 5, "temperature": 0, "seed": 7})
    {'max_completion_tokens': 5, 'temperature': 0}
    >>> parameters.notes[1]
    'the server takes no seed: it is left out'
    """

    def __init__(self) -> None:
        """Begin with everything."""
        self._changes: dict[tuple[str, bool], Change] = {}
        self._lock = threading.Lock()
        self.is_guessing = True
        """Whether a refusal that names no parameter is followed by tries."""

    @property
    def left_out(self) -> list[str]:
        """The names of parameters that are not sent, sorted."""
        return sorted(change.name for change in self._snapshot() if change.value is None)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was changed, a line each."""
        return tuple(map(_note, self._snapshot()))

    def _snapshot(self) -> list[Change]:
        with self._lock:
            return list(self._changes.values())

    def takes_system(self, tries: list[Change] | None = None) -> bool:
        """Return whether a turn of the role `system` is sent."""
        return all(change.name != SYSTEM_ROLE for change in [*self._snapshot(), *(tries or [])])

    def keep(self, changes: list[Change]) -> None:
        """Make changes for all later requests."""
        with self._lock:
            for change in changes:
                self._changes[change.name, change.is_least] = change

    def chosen(self, wanted: Mapping[str, Any], tries: list[Change] | None = None) -> dict[str, Any]:
        """Return the parameters to send: those wanted, as far as they are not refused."""
        changes = [*self._snapshot(), *(tries or [])]
        out = {change.name for change in changes if change.value is None}
        given: dict[str, Any] = {}
        for name, value in wanted.items():
            sent = name
            if name == "max_tokens" and name in out:
                sent = "max_completion_tokens"
            if sent not in out:
                given[sent] = _bounded(name, value, changes)
        return given


def _bounded(name: str, value: Any, changes: list[Change]) -> Any:
    for change in changes:
        if change.value is None:
            continue
        if name == "max_tokens" and change.name in _LENGTHS:
            bound = int(change.value)
            value = max(value, bound) if change.is_least else min(value, bound)
        elif name == change.name:
            value = change.value
    return value


def _note(change: Change) -> str:
    name, value = change.name, change.value
    if value is not None:
        if name in _LENGTHS:
            words = "at least" if change.is_least else "at most"
            return f"the server takes {words} {value:.0f} as {name}: answers have this length"
        return f"the server takes no {name} of 0: {value:g} is sent"
    if name == SYSTEM_ROLE:
        return f"the server {NO_SYSTEM_ROLE}"
    if name == "max_tokens":
        return "the server takes no max_tokens: max_completion_tokens is sent"
    if name == "temperature":
        return "the server takes no temperature of 0: its own is used, and answers may differ each time"
    return f"the server takes no {name}: it is left out"


def refused(complaint: Complaint, body: Mapping[str, Any], parameters: Parameters) -> list[Change]:
    """Return the changes that a server's complaint asks for; none where it is about something else.

    Args:
        complaint: what the server says.
        body: the request that it refused.
        parameters: whether they still allow a guess is looked up here.
    """
    if complaint.status not in _STATUSES:
        return []
    names = [name for name in body if name not in ("model", "messages")]
    if complaint.status < 500:
        stated = [name for name in names if any(_names(one, name) for one in complaint.parameters)]
        if stated and not (set(stated) <= set(_LENGTHS) and _OVERFLOW.search(complaint.text)):
            return [_change(name, body[name], complaint.text) for name in stated]
    has_system = has_system_role(body.get("messages", []))
    if has_system and _is_about_system(complaint):
        return [Change(SYSTEM_ROLE)]
    if has_system and parameters.is_guessing and _ABOUT_TEMPLATE.search(complaint.text):
        return [Change(SYSTEM_ROLE, is_sure=False)]
    text = _HINTS.sub(" ", complaint.text)
    if not _REFUSING.search(text):
        return []
    places = {name: place for name in names if (place := _place_of(name, text)) is not None}
    if places:
        # What is named first is meant; what else is refused, the server says next.
        name = min(places, key=lambda one: places[one])
        if name in _LENGTHS and _OVERFLOW.search(complaint.text):
            return []
        return [_change(name, body[name], complaint.text)]
    is_about_another = complaint.parameters or _OTHER_NAMES.search(complaint.text)
    if names and parameters.is_guessing and not is_about_another and _NAMELESS.search(complaint.text):
        order = ("skip_special_tokens", "seed", "temperature", "max_tokens", "max_completion_tokens")
        return [Change(next(name for name in order if name in names), is_sure=False)]
    return []


def _is_about_system(complaint: Complaint) -> bool:
    """Return whether a complaint is about the role `system`: in its words, or about a parameter `role`."""
    about_role = any(_names(one, "role") for one in complaint.parameters)
    return about_role or refuses_system(complaint.text)


def _names(stated: str, name: str) -> bool:
    """Return whether a path such as `body.seed` or `$.seed` ends with a parameter's name."""
    return re.split(r"[^A-Za-z0-9_]+", stated)[-1] == name


def _place_of(name: str, text: str) -> int | None:
    match = re.search(rf"(?<![A-Za-z0-9_]){name}(?![A-Za-z0-9_])", text)
    return match.start() if match else None


def _change(name: str, value: Any, text: str) -> Change:
    """Return how the parameter changes: a bound that the server names, a small temperature, or left out."""
    if name == "temperature" and value == 0 and _ABOVE_ZERO.search(text):
        return Change(name, _NEARLY_ZERO)
    if name in _LENGTHS:
        for match in _MOST.finditer(text):
            if 0 < int(match[1]) < value:
                return Change(name, float(match[1]))
        for match in _LEAST.finditer(text):
            if int(match[1]) > value:
                return Change(name, float(match[1]), is_least=True)
    return Change(name)
