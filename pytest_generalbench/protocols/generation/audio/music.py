"""Protocols of the tasks that make music: as notes, or as sound."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from pytest_generalbench.core.outputs import Audio, MediaOutput, StructuredOutput, SymbolicMusic
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols.generation.audio import prompts as sound_words
from pytest_generalbench.protocols.generation.audio.base import AudioGeneration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.protocols.base import TaskContext

_SYMBOLIC: Final = "music (symbolic)"
_INSTRUCTIONS: Final = {
    "piano music": (
        "Orchestrate the piano music: give its notes to the instruments of an orchestra, at the same tempo. "
        "Answer with symbolic music (MIDI)."
    ),
    "symbolic music": (
        "Write the pop music that belongs to the given music, at the same tempo. "
        "Answer with symbolic music (MIDI)."
    ),
    "lyrics+score": "Sing the lyrics to the notes of the score. Answer with the sound of the singing.",
    "lyrics/text": "Make a song of the text: singing and accompaniment. Answer with its sound.",
}
"""What to do, by the task's inputs."""

_NOTES_IN_TEXT: Final = (
    "notes", "note", "score", "melody", "chords", "abc", "midi", "music", "piano", "events", "tokens",
    "pitches",
)  # fmt: skip
_LYRICS: Final = ("lyrics", "lyric", "text", "prompt", "description", "caption", "words", "content")


class MusicGeneration(AudioGeneration):
    """Ask for music from music, lyrics or a text.

    Answer and prediction: `Audio`, float32 (samples,) or (samples, channels) in -1..1, at a rate in Hz; one
    in which nothing can be heard is no answer. The raw reference names the target sound, or is an object of
    such names and words; the reference is a `Target` with what the task's metric compares with.

    By the task's output the answer is `SymbolicMusic`, in quarter notes from the beginning of the piece, or
    a sound. Music that is given may be a file, or notes written in text.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Audio
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("music_generation", {"text": "A slow waltz."})
    >>> print(example.prompt)
    A slow waltz.
    Make the music. Answer with its sound.
    >>> example.read(Audio(np.ones(800, np.float32), 16_000)).samples.shape
    (800,)
    """

    name: ClassVar[str] = "music_generation"
    answers: ClassVar[tuple[type[StructuredOutput], ...]] = (Audio, SymbolicMusic)
    takes: ClassVar[frozenset[str]] = frozenset({"audio"})

    def made_in(self, context: TaskContext) -> type[MediaOutput]:
        """Return notes or sound."""
        return SymbolicMusic if context.task.output == _SYMBOLIC else Audio

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Say what to make."""
        return _INSTRUCTIONS.get(context.task.inputs, "Make the music. Answer with its sound.")

    def lacks(self, instance: Instance, context: TaskContext) -> str | None:
        """Return what the instance lacks: the music, or the lyrics."""
        if "audio" not in context.task.input_media:
            return None if fields.statement(instance) else "lyrics or text to make a song of"
        if "text" in context.task.input_media:
            return None if fields.find(instance.fields, *_LYRICS) is not None else "lyrics to sing"
        notes = fields.find(instance.fields, *_NOTES_IN_TEXT) is not None
        return None if instance.media or notes else "music to start from"

    def content(self, instance: Instance) -> str:
        """Return the lyrics, or all that the instance says."""
        lyrics = fields.find(instance.fields, "lyrics", "lyric")
        return fields.as_text(lyrics) if lyrics is not None else super().content(instance)


class MusicStyleTransfer(AudioGeneration):
    """Ask for music played again in another style, named in words or by a second sound.

    Answer and prediction: `Audio`, float32 (samples,) or (samples, channels) in -1..1, at a rate in Hz; one
    in which nothing can be heard is no answer. The raw reference names the target sound, or is an object of
    such names and words; the reference is a `Target` with what the task's metric compares with. Chords that
    are to be kept are in the prompt.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Audio
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("music_style_transfer", {"style": "jazz"}, media=["audio"])
    >>> print(example.prompt)
    Style: jazz
    Play the music in the style that is asked for, and keep its melody. Answer with the sound.
    >>> example.read(Audio(np.ones(800, np.float32), 16_000)).samples.shape
    (800,)
    """

    name: ClassVar[str] = "music_style_transfer"
    takes: ClassVar[frozenset[str]] = frozenset({"audio"})
    instead: ClassVar[Mapping[str, tuple[str, ...]]] = {"style": ("styles",)}

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for the style, and for what is to stay."""
        chords = " Keep to the chords." if "chords" in context.task.inputs else ""
        whose = " of the second sound" if self.sounds(instance, "model") else " that is asked for"
        return f"Play the music in the style{whose}, and keep its melody.{chords} Answer with the sound."

    def lacks(self, instance: Instance, context: TaskContext) -> str | None:
        """Return what the instance lacks: the music, or its new style."""
        if not self.sounds(instance, "source"):
            return "music to change"
        return (
            None
            if self._style(instance) or self.sounds(instance, "model")
            else "style to change the music to"
        )

    def _style(self, instance: Instance) -> str:
        """Return the style in words: under a key of its own, or else, without a sound of it, the prompt's."""
        value = sound_words.style_text(instance)
        if value or self.sounds(instance, "model"):
            return value
        return fields.statement(instance, {"chords", "chord", "chord_progression", "key", "tempo"})

    def metric_words(self, instance: Instance, context: TaskContext) -> dict[str, str]:
        """Return the style."""
        style = self._style(instance)
        return {"style": style} if style else {}


PROTOCOLS: Final = (MusicGeneration(), MusicStyleTransfer())
