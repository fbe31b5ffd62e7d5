"""Texts of an instance for its prompt: question, context, document, dialogue, table, code.

Annotation files agree on no schema, so nothing that is text is left out: keys with a known
role come in reading order under a heading of theirs, unknown ones follow under their own
name, and the question and the file's own prompt come last. Media and ids are not text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.keys import ByKey, key_of

if TYPE_CHECKING:
    from pytest_generalbench.core.request import Instance

OPTION_KEYS: Final = frozenset(
    (
        "options",
        "option",
        "choices",
        "choice",
        "candidates",
        "candidate",
        "choice_list",
        "candidate_choices",
        "endings",
        "alternatives",
        "answer_choices",
        "answer_options",
        "mc_options",
        "multiple_choices",
    )
)
"""Keys under which an instance lists what may be chosen."""

_QUESTION_KEYS: Final = ("question", "query", "instruction", "prompt")
"""Shown last and without a heading, in this order."""

_HEADINGS: Final[dict[str, str]] = {
    "context": "Context", "background": "Background", "passage": "Passage", "article": "Article",
    "document": "Document", "document_list": "Documents", "documents": "Documents", "schema": "Schema",
    "table": "Table", "tables": "Tables", "dialog": "Dialogue", "dialogue": "Dialogue",
    "conversation": "Dialogue", "history": "History", "raw_text": "", "tweets": "", "text": "", "input": "",
    "originalsentence": "Sentence", "error_type": "Error type", "ungrammatical_statement": "Sentence",
    "statement": "Statement", "problem": "Problem", "premise": "Premise", "hypothesis": "Hypothesis",
    "data": "Data", "goal": "Goal", "func": "Code", "code": "Code", "sourcecode": "Source code",
    "language": "Language", "style": "Style",
}  # fmt: skip
"""Keys with a known role, in reading order, with the heading each gets; an empty one gets none."""

_DIALOGUE_KEYS: Final = frozenset(("dialog", "dialogue", "conversation"))
_TABLE_KEYS: Final = frozenset(("table", "tables"))
_MEDIUM_WORDS: Final = (
    "image|img|picture|video|audio|speech|pointcloud|point_cloud|mesh|motion|mask|depth|frame|signal|eeg"
)
_MEDIA_KEY: Final = re.compile(
    rf"(?:{_MEDIUM_WORDS})s?(?:_?\d+)?(?:_?(?:files?|file_?list|list|paths?|folder|dir|directory|names?|urls?))?"
)
_MEDIA_FILE: Final = re.compile(
    r"[^\n]{0,240}\.(?:jpe?g|png|bmp|gif|webp|tiff?|mp4|avi|mov|mkv|webm|wav|mp3|flac|ogg|m4a|ply|pcd|obj|glb|off|"
    r"npy|npz|bin|mat|flo|mid|midi|edf)",
    re.IGNORECASE,
)
_ENDING: Final = 5
"""Characters of the longest ending of a media file, with its point."""
_UNTOLD_KEY: Final = re.compile(
    r"(?:\w*_)?(?:id|ids|fps|frame_count|data_source|sample_rate)|uid|uuid|guid|qid|questionid"
)
_STATED_FORM: Final = re.compile(
    r"\b(?:separated by|comma[- ]separated|by commas|"
    r"(?:provide|output|return|give|answer(?: with)?|respond with|reply with|write|print|list) (?:only|just)|"
    r"only (?:provide|output|return|give|answer|respond|reply|write|print|list)|"
    r"(?:output|answer|response) format|in (?:the|this|json) (?:following )?(?:form|format)|"
    r"(?:as|in|valid) (?:an? )?json|json (?:list|array|format|object)|"
    r"per line|on (?:a|its own) (?:new )?line|instead of \\?n)\b|as output\b",
    re.IGNORECASE,
)
_PROMPT_TO_COME: Final = re.compile(
    r"\b(?:replac\w*|substitut\w*|insert|put|enter|fill|write|add|customi[sz]e|define|provide|specify|set|design|use)"
    r"\b[^.\n]{0,60}\byour\s+(?:own\s+|custom\s+)?prompts?\b|"
    r"\b(?:replac|substitut)\w*\b[^.\n]{0,60}\busers?'?s?\s+(?:own\s+)?prompts?\b|"
    r"\byour\s+(?:own|custom)\s+prompts?\b|\bprompts?\s+(?:placeholder|to\s+be\s+(?:replaced|filled|added|defined))|"
    r"\bplaceholder\b[^.\n]{0,40}\bprompts?\b",
    re.IGNORECASE,
)
_NO_PROMPT: Final = re.compile(
    r"\W*(?:(?:your\s+)?prompts?(?:\s+here)?|todo|tbd|n/?a|none|null|placeholder)\W*", re.IGNORECASE
)
_LONGEST_PLACEHOLDER: Final = 300
_LONGEST_WORD: Final = 24
_PLACEHOLDER: Final = re.compile(r"<<<\s*([^<>\n]{1,60}?)\s*>>>")


def is_prompt_to_come(text: str) -> bool:
    """Return whether a text is a placeholder for a prompt that the user of the file must write.

    >>> is_prompt_to_come("Please replace this with your own prompt."), is_prompt_to_come("Find the bird.")
    (True, False)
    """
    if len(text) > _LONGEST_PLACEHOLDER:
        return False
    if len(text) <= _LONGEST_WORD and _NO_PROMPT.fullmatch(text):
        return True
    return "prompt" in text.lower() and _PROMPT_TO_COME.search(text) is not None


def find(fields: Mapping[str, Any], *names: str) -> Any:
    """Return the first value that is neither None nor empty under one of `names`, or None.

    A prompt that has yet to be written (`is_prompt_to_come`) counts as empty.
    """
    plain = _by_key(fields)
    for key in _keys_of(names):
        if key in plain and _is_there(key, plain[key]):
            return plain[key]
    return None


@lru_cache(maxsize=1024)
def _keys_of(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(key_of, names))


_by_key: Final = ByKey()


def _is_there(key: str, value: Any) -> bool:
    if value is None or value == "" or value == [] or value == {}:
        return False
    return not (key in _QUESTION_KEYS and isinstance(value, str) and is_prompt_to_come(value))


def place(instance: Instance) -> str:
    """Return how errors name an instance."""
    return f"instance {instance.id!r} of {instance.task_id}"


def _is_media(key: str, value: Any) -> bool:
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str) for item in items):
        return False
    return _names_media(key) or all(map(_is_media_file, items))


@lru_cache(maxsize=4096)  # the same few keys for every instance
def _names_media(key: str) -> bool:
    return _MEDIA_KEY.fullmatch(key) is not None


@lru_cache(maxsize=4096)
def _is_untold(key: str) -> bool:
    return _UNTOLD_KEY.fullmatch(key) is not None


def _is_media_file(text: str) -> bool:
    return "." in text[-_ENDING:] and _MEDIA_FILE.fullmatch(text) is not None


def filled(template: str, instance: Instance) -> tuple[str, frozenset[str]]:
    """Fill `<<<key>>>` from the instance's fields; return the text and the keys it used.

    What is filled in is not looked at again. Raises DataError that names a key without value.
    """
    used = set()

    def fill(match: re.Match[str]) -> str:
        value = find(instance.fields, match.group(1))
        if value is None:
            raise DataError(
                f"{place(instance)}: the prompt's <<<{match.group(1)}>>> cannot be filled; "
                f"keys found: {', '.join(map(str, instance.fields)) or 'none'}"
            )
        used.add(key_of(match.group(1)))
        return as_text(value)

    return _PLACEHOLDER.sub(fill, template), frozenset(used)


def as_text(value: Any) -> str:
    """Return a value in words: text as it is, a list an item a line, an object as JSON."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return "\n".join(item.strip() for item in value)
    return json.dumps(value, ensure_ascii=False)


def dialogue_text(turns: Any) -> str:
    """Number the turns of a dialogue; speakers without a name alternate between A and B."""
    if not isinstance(turns, list):
        return as_text(turns)
    lines = []
    for index, turn in enumerate(turns):
        speaker: Any = "AB"[index % 2]
        if isinstance(turn, Mapping):
            speaker = find(turn, "speaker", "role", "from", "name") or speaker
            turn = find(turn, "text", "content", "utterance", "value", "message") or dict(turn)
        lines.append(f"{index + 1}. {as_text(speaker)}: {as_text(turn)}")
    return "\n".join(lines)


def _row_text(row: Any) -> str:
    if isinstance(row, Mapping):
        return " | ".join(f"{key}: {as_text(value)}" for key, value in row.items())
    return " | ".join(map(as_text, row)) if isinstance(row, list) else as_text(row)


def _is_table(part: Any) -> bool:
    return isinstance(part, Mapping) and find(part, "rows", "header", "headers") is not None


def table_text(table: Any) -> str:
    """Write a table, or several, with a header line and numbered rows."""
    if isinstance(table, list) and table and all(map(_is_table, table)):
        return "\n\n".join(map(table_text, table))
    if isinstance(table, Mapping):
        head, rows = find(table, "header", "headers", "columns"), find(table, "rows", "data", "values")
        if head is None and rows is None:
            return as_text(dict(table))
        title = find(table, "title", "caption", "name")
        lines = [as_text(title)] if title else []
        lines += [_row_text(head)] if head is not None else []
        return "\n".join(lines + _numbered(rows if isinstance(rows, list) else []))
    if isinstance(table, list) and all(isinstance(row, list | Mapping) for row in table):
        return "\n".join(map(_row_text, table))
    return as_text(table)


def _numbered(rows: Sequence[Any]) -> list[str]:
    return [f"{number}. {_row_text(row)}" for number, row in enumerate(rows, 1)]


def _documents_text(documents: Any) -> str:
    if not isinstance(documents, list):
        return as_text(documents)
    return "\n\n".join(f"{number}. {as_text(text)}" for number, text in enumerate(documents, 1))


def _context_text(context: Any) -> str:
    """Write a context: text, a list, or a list of `{type, content}` with a heading each."""
    if not isinstance(context, list) or not all(isinstance(part, Mapping) for part in context):
        return as_text(context)
    lines = []
    for part in context:
        kind, content = find(part, "type"), find(part, "content")
        if kind is None or content is None:
            lines.append(as_text(dict(part)))
        elif isinstance(content, list) and all(isinstance(item, Mapping) for item in content):
            lines += [f"{as_text(kind).capitalize()}: {_pairs_text(item)}" for item in content]
        else:
            lines.append(f"{as_text(kind).capitalize()}: {as_text(content)}")
    return "\n".join(lines)


def _pairs_text(item: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {as_text(value)}" for key, value in item.items())


def _problem_text(problem: Any) -> str:
    text = find(problem, "text") if isinstance(problem, Mapping) else None
    if text is None:
        return as_text(problem)
    rest = {key: value for key, value in problem.items() if key_of(str(key)) != "text" and value}
    lines = [as_text(text)]
    lines += [f"{key_of(str(key)).capitalize()}:\n{as_text(value)}" for key, value in rest.items()]
    return "\n".join(lines)


def _value_text(key: str, value: Any) -> str:
    """Write the value of a key in the way that suits its role."""
    writers: dict[str, Callable[[Any], str]] = {
        **dict.fromkeys(_DIALOGUE_KEYS, dialogue_text),
        **dict.fromkeys(_TABLE_KEYS, table_text),
        "history": dialogue_text,
        "document_list": _documents_text,
        "documents": _documents_text,
        "context": _context_text,
        "problem": _problem_text,
        "data": lambda data: ", ".join(map(as_text, data)) if isinstance(data, list) else as_text(data),
    }
    return writers.get(key, as_text)(value)


def _section(heading: str, text: str) -> str:
    if not heading:
        return text
    return f"{heading}:\n{text}" if "\n" in text else f"{heading}: {text}"


_ORDER: Final = {key: place for place, key in enumerate(_HEADINGS)}


def _reading_order(item: tuple[str, Any]) -> tuple[int, str]:
    return _ORDER.get(item[0], len(_ORDER)), item[0]


def questions(instance: Instance) -> tuple[str, ...]:
    """Return the texts of the instance that may be its question, filled, each by itself."""
    given = (find(instance.fields, key) for key in (*_QUESTION_KEYS, "text", "input", "raw_text", "context"))
    return tuple(filled(value, instance)[0] for value in given if isinstance(value, str))


def own_words(instance: Instance) -> str:
    """Return what the file itself asks, its placeholders unfilled."""
    given = (find(instance.fields, key) for key in _QUESTION_KEYS)
    return "\n".join(value for value in given if isinstance(value, str))


def states_form(instance: Instance) -> bool:
    """Whether the instance's own words say what the answer must look like (`separated by commas`)."""
    return _STATED_FORM.search(own_words(instance)) is not None


def statement(instance: Instance, leave_out: Collection[str] = ()) -> str:
    """Return all that the instance says in text, its own question and prompt whole and last.

    A `<<<key>>>` in the prompt is filled, and what was filled in is not said twice.
    `leave_out` names keys that the protocol shows in its own way.
    """
    shown = {key_of(medium.field.rpartition(".")[2]) for medium in instance.media}
    match: dict[str, tuple[str, Any]] = {}
    for name, value in instance.fields.items():
        key = key_of(str(name))
        if _is_there(key, value):
            match[key] = (str(name), value)
    match = {
        key: (name, value)
        for key, (name, value) in match.items()
        if key not in leave_out and key not in shown and not _is_untold(key) and not _is_media(key, value)
    }
    questions, used = [], set(leave_out)
    for key in _QUESTION_KEYS:
        if key in match:
            text, keys = filled(as_text(match.pop(key)[1]), instance)
            used |= keys
            questions.append(text)
    sections = [
        _section(_HEADINGS.get(key, name), _value_text(key, value))
        for key, (name, value) in sorted(match.items(), key=_reading_order)
        if key not in used
    ]
    return "\n".join(part for part in [*sections, *questions] if part)
