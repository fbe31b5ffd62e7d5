"""Demo instances of the tasks that make sounds: speech, noises; those of music are in `music_generation`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from pytest_generalbench.suite.demo.builder import COUNT, Entry
from pytest_generalbench.suite.demo.media import files
from pytest_generalbench.suite.demo.media import tone_speech as tones
from pytest_generalbench.suite.demo.media import videos as clips
from pytest_generalbench.suite.demo.media.vocabulary import (
    ADJECTIVES,
    ANIMALS,
    PARALLEL,
    PEOPLE,
    PLACES,
    THINGS,
)
from pytest_generalbench.suite.demo.recipes.generation import music as music_generation

if TYPE_CHECKING:
    from pytest_generalbench.suite.demo.builder import Recipe, TaskBuilder

_EMOTIONS: Final = ("happy", "sad", "angry", "surprised")
_TURNS: Final = (
    ("Is it still raining?", "Yes, it rains."), ("Who has the key?", "Anna has it."),
    ("Shall we eat now?", "In ten minutes."), ("Where is the drum?", "In the hall."),
    ("Do you like tea?", "Only in winter."), ("When do they come?", "At eight, I think."),
    ("Is the door open?", "No, it is shut."), ("Can you swim?", "Not very well."),
)  # fmt: skip
_MONGOLIAN: Final = (
    "Муур унтаж байна.", "Бид цай ууна.", "Ах ном уншина.", "Галт тэрэг явна.",
    "Тэр талх авна.", "Хүүхэд тоглоно.", "Бороо орж байна.", "Багш үг бичнэ.",
)  # fmt: skip
_SPOKEN: Final = {"en": PARALLEL["English"], "zh": PARALLEL["Chinese"], "mn": _MONGOLIAN}
_DOUBLE: Final = {"english": "en", "mogolian": "mn"}


def _speech(text: str, pace: float = 1.0) -> bytes:
    """Return the demo set's speech of a text as WAV; another pace makes another voice, which nobody hears."""
    samples = tones.spoken(text) * 32767 * pace
    return files.wav(np.rint(samples).astype(int).tolist())


def _short(kit: TaskBuilder) -> list[str]:
    """Return sentences of about thirty letters: every one is a tenth of a second of tones."""
    people, things = kit.dice.spread(PEOPLE, COUNT), kit.dice.spread(THINGS, COUNT)
    words = kit.dice.spread(ADJECTIVES, COUNT)
    rows = zip(people, words, things, strict=True)
    return [f"{person} has the {word} {thing}" for person, word, thing in rows]


def _truth(kit: TaskBuilder, index: int, text: str) -> Entry:
    """Return an output with the true speech, and by task with its words."""
    output: Entry = {kit.fixed("audio_file", "audio"): kit.audio(index, content=_speech(text, 0.9), part=1)}
    if kit.task.metric.name == "wer" or kit.fixed("words too", "sound only") == "words too":
        output["text"] = text
    return output


def text_to_speech(kit: TaskBuilder) -> list[Entry]:
    """A text, a dialogue of two turns, a text with an emotion or beside an image."""
    entries: list[Entry] = []
    for index, text in enumerate(_short(kit)):
        given: Entry = {"prompt": f'Say "{text}" aloud.'}
        if "dialogue" in kit.task.inputs:
            asked, text = _TURNS[index]
            given = {"dialogue": [{"speaker": "A", "text": asked}], "text": text}
        elif kit.task.metric.name == "mcd":
            given = {"text": text, "emotion": _EMOTIONS[index % 4]}
        elif "image" in kit.task.inputs:
            given = {"text": text, "image_file": kit.image(index)}
        entries.append({"input": given, "output": _truth(kit, index, text)})
    return entries


def style_conversion(kit: TaskBuilder) -> list[Entry]:
    """Speech with a second voice, or with the emotion that it is to have."""
    entries: list[Entry] = []
    for index, text in enumerate(_short(kit)):
        given: Entry = {"audio_file": kit.audio(index, content=_speech(text))}
        if kit.task.metric.name == "wer":
            given["target_voice"] = kit.audio(index, content=_speech(_TURNS[index][1], 0.7), part=2)
        else:
            given["prompt"] = f"Say it again in a {_EMOTIONS[index % 4]} voice."
        entries.append({"input": given, "output": _truth(kit, index, text)})
    return entries


def translation(kit: TaskBuilder) -> list[Entry]:
    """Speech in one language and in another."""
    source, target = kit.slug.removeprefix("speech-translation-").split("-to-")
    source_texts, target_texts = (_SPOKEN[_DOUBLE.get(name, name)] for name in (source, target))
    entries: list[Entry] = []
    for index in range(COUNT):
        given = {"audio_file": kit.audio(index, content=_speech(source_texts[index])), "prompt": "Translate."}
        entries.append({"input": given, "output": _truth(kit, index, target_texts[index])})
    return entries


def text_to_audio(kit: TaskBuilder) -> list[Entry]:
    """One caption or two, in one task with the sound beside the inputs as the published file has it."""
    entries: list[Entry] = []
    for index in range(COUNT):
        captions = [f"a {ANIMALS[index]} cries in the {PLACES[index]}", f"a {THINGS[index]} falls down"]
        if "two" in kit.slug:
            entries.append({"input": {"caption_1": captions[0], "caption_2": captions[1]}})
        else:
            entries.append({"input": {"prompt": captions[0], "audio_file": kit.audio(index)}})
    return entries


def audio_editing(kit: TaskBuilder) -> list[Entry]:
    """A sound, what is to change in it, and what is heard then."""
    entries: list[Entry] = []
    for index in range(COUNT):
        animal, thing = ANIMALS[index], THINGS[index]
        given = {"audio_file": kit.audio(index), "prompt": f"Add the cry of a {animal}."}
        output = {"caption": f"a {thing} falls down while a {animal} cries"}
        entries.append({"input": given, "output": output})
    return entries


def image_to_speech(kit: TaskBuilder) -> list[Entry]:
    """An image and its captions; the true speech says the first."""
    entries: list[Entry] = []
    for index, text in enumerate(_short(kit)):
        output: Entry = {"captions": [text, f"somebody has a {THINGS[index]}"]}
        output["audio_file"] = kit.audio(index, content=_speech(text))
        given = {"image_file": kit.image(index), "prompt": "Describe the image aloud."}
        entries.append({"input": given, "output": output})
    return entries


def video_to_audio(kit: TaskBuilder) -> list[Entry]:
    """A silent video and its sound."""
    entries: list[Entry] = []
    for index in range(COUNT):
        name = f"videos/clip_{index + 1:04d}.avi"
        kit.files[name] = files.avi(list(clips.clip(kit.number(index) * COUNT + index, 4, 16)))
        given = {"video_file": name, "prompt": "Make the sound of this video."}
        entries.append({"input": given, "output": {"audio_file": kit.audio(index)}})
    return entries


RECIPES: Final[dict[str, Recipe]] = {
    "text_to_speech": text_to_speech,
    "speech_style_conversion": style_conversion,
    "speech_to_speech_translation": translation,
    "text_to_audio": text_to_audio,
    "audio_editing": audio_editing,
    "image_to_speech": image_to_speech,
    "video_to_audio": video_to_audio,
    **music_generation.RECIPES,
}
