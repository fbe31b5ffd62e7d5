"""Texts in the instances of audio tasks: transcripts, captions, languages, styles.

Only three annotation files of such tasks were ever described, so the keys of the source data sets are tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import MediaError, ReferenceFormatError
from pytest_generalbench.core.keys import key_of
from pytest_generalbench.core.outputs import Audio, SymbolicMusic
from pytest_generalbench.core.regular_files import read_regular_text
from pytest_generalbench.protocols.instance_fields import as_text, find, own_words, place

if TYPE_CHECKING:
    from pytest_generalbench.core.request import Instance

_TO_SPEAK: Final = (
    "text", "sentence", "transcript", "transcription", "utterance", "script", "target_text", "raw_text",
    "content", "input_text", "input", "response", "reply", "lyrics",
)  # fmt: skip
"""Keys of what is to be spoken, best first."""

_SAID: Final = (
    "transcript", "transcription", "target_transcript", "translation", "target_text", "text", "sentence",
    "content", "utterance", "words", "lyrics", "answer", "reference", "target", "output",
)  # fmt: skip
"""Keys of what the true sound says, best first."""

_CAPTIONS: Final = (
    "captions", "caption", "texts", "text", "sentences", "sentence", "descriptions", "description",
    "transcript", "transcription", "answers", "answer", "references", "reference", "target", "output",
)  # fmt: skip
"""Keys of accepted captions, best first."""

_DIALOGUES: Final = ("dialog", "dialogue", "conversation", "turns")
_STYLES: Final = (
    "style", "target_style", "style_text", "style_prompt", "style_description", "genre", "target_genre",
    "timbre", "instrument", "target_instrument", "mood",
)  # fmt: skip
_FILES: Final = (
    *Audio.endings,
    *SymbolicMusic.endings,
    ".mp4",
    ".avi",
    ".png",
    ".jpg",
    ".jpeg",
    ".m4a",
    ".json",
)
_QUOTED: Final = re.compile(r"[\"“«「]([^\"”»」]+)[\"”»」]")
_LEAD: Final = re.compile(
    r"\b(?:speech|read|say|speak|spoken|voice|voiced?|utter|convert|synthesi[sz]e|pronounce|tts|aloud)\b",
    re.IGNORECASE,
)
_CAPTION_KEY: Final = re.compile(r"(?:caption|text|description|sentence)s?_?\d*")
_LANGUAGES: Final = {
    "english": "en", "chinese": "zh", "mandarin": "zh", "mongolian": "mn", "mogolian": "mn", "japanese": "ja",
    "korean": "ko", "french": "fr", "german": "de", "spanish": "es", "italian": "it", "russian": "ru",
    "cantonese": "yue", "中文": "zh", "英文": "en", "蒙古语": "mn",
}  # fmt: skip
LANGUAGE_NAMES: Final = {
    "en": "English",
    "zh": "Chinese",
    "mn": "Mongolian",
    "ja": "Japanese",
    "ko": "Korean",
}
_SCRIPTS: Final = (
    ("ja", re.compile(r"[\u3041-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af\u1100-\u11ff]")),
    ("mn", re.compile(r"[\u1820-\u18aa]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
)
_MAX_TEXT: Final = 1 << 20
_DEPTH: Final = 4


def has_words(text: str) -> bool:
    """Whether a text has a letter or a digit, so that it can be spoken."""
    return any(char.isalnum() for char in text)


def _is_words(value: Any) -> bool:
    return isinstance(value, str) and has_words(value) and not is_file(value)


def is_file(text: str) -> bool:
    """Whether a text is the name of a medium's file.

    >>> is_file("audios/a_1.wav"), is_file("He plays a.wav"), is_file("He said no.")
    (True, False, False)
    """
    plain = text.strip().lower()
    return "\n" not in plain and " " not in plain and plain.endswith(_FILES)


def texts_of(raw: Any) -> dict[str, tuple[str, ...]]:
    """Return every text, or list of texts, inside a raw reference by its key; its own key is `output`."""
    entry: dict[str, tuple[str, ...]] = {}

    def take(key: str, value: Any, depth: int) -> None:
        if isinstance(value, Mapping):
            for name, item in value.items() if depth < _DEPTH else ():
                take(key_of(str(name)), item, depth + 1)
            return
        texts = tuple(
            item.strip() for item in (value if isinstance(value, list) else [value]) if _is_words(item)
        )
        if texts:
            entry.setdefault(key, texts)

    take("output", raw, 0)
    return entry


def _first(text: Mapping[str, tuple[str, ...]], keys: Sequence[str]) -> tuple[str, ...]:
    return next((text[key] for key in keys if key in text), ())


def _from_file(name: str, instance: Instance) -> str:
    """Return the content of a transcript's file. Raises ReferenceFormatError when it cannot be read."""
    try:
        path = instance.files.file(name) if instance.files else None
        if path is None or path.stat().st_size > _MAX_TEXT:
            return ""
        return read_regular_text(path, "utf-8-sig").strip()
    except (MediaError, OSError, UnicodeDecodeError) as error:
        raise ReferenceFormatError(f"{place(instance)}: the transcript {name!r:.80}: {error}") from error


def transcript_in_reference(instance: Instance, *first: str) -> str | None:
    """Return the transcript of the target sound, from the reference or a text file that it names.

    `first` are keys that count before the usual ones.
    """
    result = _first(texts_of(instance.reference), (*first, *_SAID))
    if len(result) == 1 and PurePosixPath(result[0]).suffix.lower() == ".txt" and " " not in result[0]:
        return _from_file(result[0], instance) or None
    return " ".join(" ".join(result).split()) or None


def captions_of(instance: Instance) -> tuple[str, ...]:
    """Return the accepted captions, each in one line."""
    captions = _first(texts_of(instance.reference), _CAPTIONS)
    return tuple(dict.fromkeys(" ".join(text.split()) for text in captions))


def turns_of(instance: Instance) -> tuple[str, ...]:
    """Return the turns of the instance's dialogue, without the speakers."""
    turns = find(instance.fields, *_DIALOGUES)
    answers = []
    for turn in turns if isinstance(turns, list) else [turns] if turns else []:
        if isinstance(turn, Mapping):
            turn = find(turn, "text", "content", "utterance", "value", "message")
        if _is_words(turn):
            answers.append(as_text(turn))
    return tuple(answers)


def words_to_speak(prompt: str) -> str:
    """Return the words that a prompt asks to speak: those in quotes, or after the colon of an instruction.

    >>> words_to_speak('Please say "Good morning" aloud.'), words_to_speak("Convert to speech: Hello: you!")
    ('Good morning', 'Hello: you!')
    >>> words_to_speak("Note: the train is late.")
    'Note: the train is late.'
    """
    quoted = _QUOTED.findall(prompt)
    if len(quoted) == 1 and _LEAD.search(prompt.replace(quoted[0], "")):
        return str(quoted[0]).strip()
    lead, colon, rest = prompt.partition(":")
    if not colon:
        lead, colon, rest = prompt.partition("：")
    return rest.strip().strip('"“”') if rest.strip() and _LEAD.search(lead) else prompt.strip()


def text_to_speak(instance: Instance) -> str:
    """Return the words that the instance asks to speak, without instructions; may be empty."""
    for key in _TO_SPEAK:
        value = find(instance.fields, key)
        if _is_words(value):
            return " ".join(value.split())
    turns = turns_of(instance)
    if turns:
        return "\n".join(turns)
    return words_to_speak(own_words(instance))


def is_part_of_dialogue(instance: Instance) -> bool:
    """Whether the instance shows a dialogue, and beside it the one text that is to be spoken."""
    return bool(turns_of(instance)) and any(_is_words(find(instance.fields, key)) for key in _TO_SPEAK)


def _captions_in(value: Any) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        if _is_words(item):
            yield " ".join(item.split())


def caption_text(instance: Instance) -> str:
    """Return the captions of the wanted sound, joined by `and`, or else the prompt."""
    captions: list[str] = []
    for key, value in instance.fields.items():
        if _CAPTION_KEY.fullmatch(key_of(str(key))):
            captions += _captions_in(value)
    if len(captions) > 1:
        captions = [caption.rstrip(" .。") for caption in captions]
    return " and ".join(dict.fromkeys(captions)) or own_words(instance).strip()


def style_text(instance: Instance) -> str:
    """Return the style in words under a key of its own, or nothing."""
    given = (find(instance.fields, key) for key in _STYLES)
    return next((" ".join(value.split()) for value in given if _is_words(value)), "")


def language_of(instance: Instance, text: str | None) -> str | None:
    """Return a language's code: as the instance says, else of scripts that tell it, else None."""
    value = find(instance.fields, "target_language", "language", "lang")
    if isinstance(value, str) and value.strip():
        plain = value.strip().lower()
        code = _LANGUAGES.get(plain, plain.partition("-")[0].partition("_")[0])
        return code if re.fullmatch(r"[a-z]{2,3}", code) else None
    return next((code for code, script in _SCRIPTS if text and script.search(text)), None)


def target_language(task_id: str) -> str | None:
    """Return the code of the language that a translation task's id ends with.

    >>> target_language("audio/generation/speech-translation-english-to-mogolian")
    'mn'
    """
    match = re.search(r"-to-([a-z]+)$", task_id)
    word = match.group(1) if match else ""
    return _LANGUAGES.get(word, word if word in LANGUAGE_NAMES else None)
