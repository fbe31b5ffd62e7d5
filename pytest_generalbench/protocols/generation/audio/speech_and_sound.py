"""Protocols of the tasks that make speech and noises; those of music are in `music_generation`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from pytest_generalbench.core.outputs import Target
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols.generation.audio import prompts as sound_words
from pytest_generalbench.protocols.generation.audio.base import AudioGeneration
from pytest_generalbench.protocols.text.parsers.registry import PARSERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_generalbench.core.outputs import StructuredOutput
    from pytest_generalbench.core.request import Instance, Output
    from pytest_generalbench.protocols.base import Protocol, TaskContext


def _spoken(instance: Instance, text: str | None, language: str | None = None) -> dict[str, str]:
    """Return transcript and language under the names that metrics use."""
    entry = {"transcript": text, "language": language or sound_words.language_of(instance, text)}
    return {name: value for name, value in entry.items() if value}


class TextToSpeech(AudioGeneration):
    """Ask for the speech of a text, a dialogue, a text with an emotion or beside an image.

    Answer and prediction: `Audio`, float32 (samples,) or (samples, channels) in -1..1, at a rate in Hz; one
    in which nothing can be heard is no answer. The raw reference names the target sound, or is an object of
    such names and words; the reference is a `Target` with what the task's metric compares with. What must
    be said is the transcript of the reference, else the text of the instance.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Audio
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("text_to_speech", {"text": "Good morning."})
    >>> print(example.prompt)
    Good morning.
    Say the text aloud. Answer with the speech.
    >>> example.read(Audio(np.ones(800, np.float32), 16_000)).samples.shape
    (800,)
    """

    name: ClassVar[str] = "text_to_speech"
    takes: ClassVar[frozenset[str]] = frozenset({"image"})
    instead: ClassVar[Mapping[str, tuple[str, ...]]] = {"transcript": ("medium",)}

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Say what is to be spoken, and how."""
        with_image = " The way it is said fits the image." if instance.media else ""
        if sound_words.is_part_of_dialogue(instance):
            return f"Say the text aloud as the next turn of the dialogue. Answer with its speech.{with_image}"
        if sound_words.turns_of(instance):
            return f"Say the turns of the dialogue aloud, in order. Answer with the speech.{with_image}"
        emotion = fields.find(instance.fields, "emotion", "emotion_label", "mood")
        how = " with the emotion that is given" if isinstance(emotion, str) else ""
        return f"Say the text aloud{how}. Answer with the speech.{with_image}"

    def lacks(self, instance: Instance, context: TaskContext) -> str | None:
        """Return what the instance lacks: a text, or the image that belongs to it."""
        if not sound_words.has_words(self.content(instance)):
            return "text to say"
        return "image beside the text" if "image" in context.task.input_media and not instance.media else None

    def content(self, instance: Instance) -> str:
        """Return the words to be spoken."""
        return sound_words.text_to_speak(instance)

    def metric_words(self, instance: Instance, context: TaskContext) -> dict[str, str]:
        """Return transcript and language."""
        text = self.content(instance)
        own = " ".join(text.split()) if sound_words.has_words(text) else None
        return _spoken(instance, sound_words.transcript_in_reference(instance) or own)


class SpeechStyleConversion(AudioGeneration):
    """Ask for speech in another emotion, or in another voice: that of a second sound, or of words.

    Answer and prediction: `Audio`, float32 (samples,) or (samples, channels) in -1..1, at a rate in Hz; one
    in which nothing can be heard is no answer. The raw reference names the target sound, or is an object of
    such names and words; the reference is a `Target` with what the task's metric compares with. Without a
    transcript the words are those recognised in the true sound, or in the source.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Audio
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("speech_style_conversion", {"emotion": "happy"}, media=["audio"])
    >>> print(example.prompt)
    emotion: happy
    Say what the sound says, word for word, changed as the text asks. Answer with the speech.
    >>> example.read(Audio(np.ones(800, np.float32), 16_000)).samples.shape
    (800,)
    """

    name: ClassVar[str] = "speech_style_conversion"
    takes: ClassVar[frozenset[str]] = frozenset({"audio"})
    instead: ClassVar[Mapping[str, tuple[str, ...]]] = {"transcript": ("medium", "source")}

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Say which sound is which."""
        if len(instance.media) > 1:
            return (
                "Say what the first sound says, word for word, in the voice and manner of the second. "
                "Answer with the speech."
            )
        return "Say what the sound says, word for word, changed as the text asks. Answer with the speech."

    def lacks(self, instance: Instance, context: TaskContext) -> str | None:
        """Return what the instance lacks: the speech, or the wanted emotion or voice."""
        if not instance.media:
            return "speech to change"
        words = fields.statement(instance, self.own_keys)
        return None if len(instance.media) > 1 or words else "second sound and no words to change it by"

    def metric_words(self, instance: Instance, context: TaskContext) -> dict[str, str]:
        """Return transcript and language; the words of the source are kept."""
        text = sound_words.transcript_in_reference(instance)
        own = fields.find(instance.fields, "transcript", "transcription", "text", "sentence")
        if text is None and isinstance(own, str) and sound_words.has_words(own):
            text = " ".join(own.split())
        return _spoken(instance, text)


class SpeechToSpeechTranslation(AudioGeneration):
    """Ask for speech in another language.

    Answer and prediction: `Audio`, float32 (samples,) or (samples, channels) in -1..1, at a rate in Hz; one
    in which nothing can be heard is no answer. The raw reference names the target sound, or is an object of
    such names and words; the reference is a `Target` with what the task's metric compares with.

    The translation as text is taken as well, and is scored as it is written. Parser of texts `plain`: the
    whole answer without reasoning and one lead like `Translation:`.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Audio
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("speech_to_speech_translation", {}, media=["audio"])
    >>> print(example.prompt)
    Translate the speech into the language asked for. Answer with speech, or with the translated text alone.
    >>> example.read(Audio(np.ones(800, np.float32), 16_000)).samples.shape
    (800,)
    """

    name: ClassVar[str] = "speech_to_speech_translation"
    takes: ClassVar[frozenset[str]] = frozenset({"audio"})
    instead: ClassVar[Mapping[str, tuple[str, ...]]] = {"transcript": ("medium",)}

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Name the language."""
        code = sound_words.target_language(context.task.id)
        language = sound_words.LANGUAGE_NAMES.get(code or "", "the language asked for")
        return f"Translate the speech into {language}. Answer with speech, or with the translated text alone."

    def lacks(self, instance: Instance, context: TaskContext) -> str | None:
        """Return what the instance lacks: the speech."""
        return None if instance.media else "speech to translate"

    def metric_words(self, instance: Instance, context: TaskContext) -> dict[str, str]:
        """Return the translation and its language; the words of the source are never used for it."""
        code = sound_words.target_language(context.task.id)
        name = sound_words.LANGUAGE_NAMES.get(code or "", "").lower()
        own = (key for word in (code, name) if word for key in (word, f"{word}_text", f"text_{word}"))
        return _spoken(instance, sound_words.transcript_in_reference(instance, *own), code)

    def parse(self, output: Output, instance: Instance, context: TaskContext) -> Any:
        """Return the sound, or the text where there is no sound."""
        if output.answer is None and output.text is not None:
            text = PARSERS["plain"](output.text, ())
            return text if isinstance(text, str) and sound_words.has_words(text) else None
        return super().parse(output, instance, context)

    def ideal(self, reference: Target, instance: Instance, context: TaskContext) -> str | StructuredOutput:
        """Return the true speech, or the true text where there is no speech."""
        if reference.medium is None and reference.words.get("transcript"):
            return reference.words["transcript"]
        return super().ideal(reference, instance, context)


class TextToAudio(AudioGeneration):
    """Ask for a sound of what one or two captions describe; the two are one text, joined by `and`.

    Answer and prediction: `Audio`, float32 (samples,) or (samples, channels) in -1..1, at a rate in Hz; one
    in which nothing can be heard is no answer. The raw reference names the target sound, or is an object of
    such names and words; the reference is a `Target` with what the task's metric compares with.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Audio
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("text_to_audio", {"caption1": "A dog barks.", "caption2": "It rains."})
    >>> print(example.prompt)
    caption1: A dog barks.
    caption2: It rains.
    Make one sound in which all that the text describes can be heard. Answer with the sound.
    >>> example.read(Audio(np.ones(800, np.float32), 16_000)).samples.shape
    (800,)
    """

    name: ClassVar[str] = "text_to_audio"

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Say that the text describes a sound."""
        return "Make one sound in which all that the text describes can be heard. Answer with the sound."

    def lacks(self, instance: Instance, context: TaskContext) -> str | None:
        """Return what the instance lacks: a description."""
        return (
            None
            if sound_words.has_words(self.source_prompt(instance))
            else "text that says what is to be heard"
        )

    def source_prompt(self, instance: Instance) -> str:
        """Return the captions."""
        return sound_words.caption_text(instance) or fields.statement(instance)


class AudioEditing(AudioGeneration):
    """Ask for a sound changed as a text says.

    Answer and prediction: `Audio`, float32 (samples,) or (samples, channels) in -1..1, at a rate in Hz; one
    in which nothing can be heard is no answer. The raw reference names the target sound, or is an object of
    such names and words; the reference is a `Target` with what the task's metric compares with. It is
    compared with the wanted sound's caption, else with that text.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Audio
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("audio_editing", {"instruction": "Add rain."}, media=["audio"])
    >>> print(example.prompt)
    Add rain.
    Change the sound as the text says, and nothing else in it. Answer with the changed sound.
    >>> example.read(Audio(np.ones(800, np.float32), 16_000)).samples.shape
    (800,)
    """

    name: ClassVar[str] = "audio_editing"
    takes: ClassVar[frozenset[str]] = frozenset({"audio"})

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for the change and nothing else."""
        return "Change the sound as the text says, and nothing else in it. Answer with the changed sound."

    def lacks(self, instance: Instance, context: TaskContext) -> str | None:
        """Return what the instance lacks: the sound, or the text."""
        if not instance.media:
            return "sound to change"
        return None if fields.statement(instance) else "text that says how to change the sound"

    def target(self, instance: Instance, context: TaskContext) -> Target:
        """Return the target, with the caption of the wanted sound as prompt where there is one."""
        result = super().target(instance, context)
        value = fields.find(
            instance.fields, "target_caption", "target_text", "target_prompt", "edited_caption"
        )
        own = " ".join(value.split()) if isinstance(value, str) else ""
        caption = next(iter(sound_words.captions_of(instance)), own)
        return Target(result.medium, result.source, result.styles, caption or result.prompt, result.words)


class ImageToSpeech(AudioGeneration):
    """Ask for a spoken description of an image.

    Answer and prediction: `Audio`, float32 (samples,) or (samples, channels) in -1..1, at a rate in Hz; one
    in which nothing can be heard is no answer. The raw reference names the target sound, or is an object of
    such names and words; the reference is a `Target` with what the task's metric compares with.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Audio
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("image_to_speech", {}, ["A cat sleeps."], media=["image"])
    >>> print(example.prompt)
    Describe the image in one sentence. Answer with the speech of that sentence.
    >>> example.read(Audio(np.ones(800, np.float32), 16_000)).samples.shape
    (800,)
    """

    name: ClassVar[str] = "image_to_speech"
    takes: ClassVar[frozenset[str]] = frozenset({"image"})
    instead: ClassVar[Mapping[str, tuple[str, ...]]] = {"captions": ("medium",)}

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for a description in a sentence."""
        return "Describe the image in one sentence. Answer with the speech of that sentence."

    def lacks(self, instance: Instance, context: TaskContext) -> str | None:
        """Return what the instance lacks: the image."""
        return None if instance.media else "image to describe"

    def metric_words(self, instance: Instance, context: TaskContext) -> dict[str, str]:
        """Return the captions, one a line, and their language."""
        captions = sound_words.captions_of(instance)
        language = sound_words.language_of(instance, " ".join(captions))
        entry = {"captions": "\n".join(captions), "language": language}
        return {name: value for name, value in entry.items() if value}


class VideoToAudio(AudioGeneration):
    """Ask for the sound of a silent video.

    Answer and prediction: `Audio`, float32 (samples,) or (samples, channels) in -1..1, at a rate in Hz; one
    in which nothing can be heard is no answer. The raw reference names the target sound, or is an object of
    such names and words; the reference is a `Target` with what the task's metric compares with.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Audio
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("video_to_audio", {}, media=["video"])
    >>> print(example.prompt)
    Make the sound of the video, as long as the video lasts. Answer with the sound.
    >>> example.read(Audio(np.ones(800, np.float32), 16_000)).samples.shape
    (800,)
    """

    name: ClassVar[str] = "video_to_audio"
    takes: ClassVar[frozenset[str]] = frozenset({"video"})

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for a sound as long as the video."""
        return "Make the sound of the video, as long as the video lasts. Answer with the sound."

    def lacks(self, instance: Instance, context: TaskContext) -> str | None:
        """Return what the instance lacks: the video."""
        return None if instance.media else "video to make the sound of"


PROTOCOLS: Final[tuple[Protocol, ...]] = (
    TextToSpeech(),
    SpeechStyleConversion(),
    SpeechToSpeechTranslation(),
    TextToAudio(),
    AudioEditing(),
    ImageToSpeech(),
    VideoToAudio(),
)
