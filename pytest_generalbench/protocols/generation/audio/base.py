"""Base class of protocols whose answer is a sound or symbolic music."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from pytest_generalbench import metrics
from pytest_generalbench.core.errors import DataError, ReferenceFormatError
from pytest_generalbench.core.keys import key_of
from pytest_generalbench.core.outputs import (
    AnswerFormatError,
    Audio,
    MediaOutput,
    Opener,
    StructuredOutput,
    SymbolicMusic,
    Target,
)
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols.generation.base import GenerationProtocol, lacking
from pytest_generalbench.protocols.generation.targets import medium_of, opener

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_generalbench.core.media.media import Media
    from pytest_generalbench.core.request import Instance, Request
    from pytest_generalbench.protocols.base import TaskContext

_SOURCE: Final = re.compile(r"^(?:source|src|content|input|original)(?:_|$)")
_MODEL: Final = re.compile(r"style|ref|voice|speaker|timbre|prompt|target|emotion")
_SCORE: Final = re.compile(r"chord|score|lyric")


def role_of(media: Media) -> str:
    """Return the role of an input sound by its key: `source`, `model` (of a voice or style), or `score`."""
    key = key_of(media.field.rpartition(".")[2])
    if _SCORE.search(key):
        return "score"
    return "model" if _MODEL.search(key) and not _SOURCE.search(key) else "source"


def ordered(media: tuple[Media, ...]) -> tuple[Media, ...]:
    """Return the sounds in the order source, model of voice or style, chords and scores.

    Where no key says which is the source, the first is.
    """
    order = {"source": 0, "model": 1, "score": 2}
    if not any(one.medium == "audio" and role_of(one) == "source" for one in media):
        order = dict.fromkeys(order, 0)
    return tuple(sorted(media, key=lambda one: order[role_of(one)] if one.medium == "audio" else 3))


def opened_as(media: Media) -> Opener:
    """Return a function that opens an input sound: notes from a MIDI file, else samples."""
    is_score = media.path.suffix.lower() in SymbolicMusic.endings
    return opener(media, SymbolicMusic if is_score else Audio)


def tone() -> Audio:
    """Return a trivial valid sound: a tone."""
    moments = np.arange(16_000) / 16_000
    return Audio((0.1 * np.sin(2 * np.pi * 440 * moments)).astype(np.float32), 16_000)


class AudioGeneration(GenerationProtocol):
    """A protocol whose answer is a sound; one in which nothing can be heard is no answer.

    The request has the media of the kinds that the protocol takes and no others, so that a true sound that
    lies beside the inputs is never shown; of several sounds the source comes first.
    """

    form: ClassVar[str] = "audio"
    made: ClassVar[type[MediaOutput]] = Audio
    answers: ClassVar[tuple[type[StructuredOutput], ...]] = (Audio,)
    output_medium: ClassVar[str] = "audio"
    requires: ClassVar[tuple[str, str] | None] = ("soundfile", "audio")
    needs_media: ClassVar[bool] = False
    takes: ClassVar[frozenset[str]] = frozenset()
    """The kinds of media in a request, beside text."""
    instead: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Parts of the target that do in place of one that the metric needs."""

    def made_in(self, context: TaskContext) -> type[MediaOutput]:
        """Return the form of the task's answers."""
        return self.made

    def asked_form(self, context: TaskContext) -> str:
        """Return the form's name."""
        return self.made_in(context).form

    def given(self, instance: Instance) -> tuple[Media, ...]:
        """Return the media that the model is shown."""
        return ordered(tuple(one for one in instance.media if one.medium in self.takes))

    def lacks(self, instance: Instance, context: TaskContext) -> str | None:
        """Return what the instance lacks to be asked, or None; its media are those the model is shown."""
        return None

    def request(self, instance: Instance, context: TaskContext) -> Request:
        """Put the media first, then the text. Raises DataError for an instance that lacks what is needed."""
        shown = instance.changed(media=self.given(instance))
        lacks = self.lacks(shown, context)
        if lacks:
            keys = ", ".join(map(str, instance.fields)) or "none"
            raise DataError(f"{fields.place(instance)}: no {lacks}; keys found: {keys}")
        return super().request(shown, context)

    def sounds(self, instance: Instance, role: str) -> tuple[Media, ...]:
        """Return the input's sounds of a role; the first sound is the source where no key tells."""
        media = [one for one in self.given(instance) if one.medium == "audio"]
        roles = [role_of(one) for one in media]
        if media and "source" not in roles:
            roles[0] = "source"
        return tuple(one for one, own in zip(media, roles, strict=True) if own == role)

    def target(self, instance: Instance, context: TaskContext) -> Target:
        """Return what the answer is compared with, whether or not it has all that the metric needs."""
        sources = self.sounds(instance, "source")
        return Target(
            medium=self.truth(instance, context),
            source=opened_as(sources[0]) if sources else None,
            styles=tuple(opened_as(one) for one in self.sounds(instance, "model")),
            prompt=self.source_prompt(instance),
            words=self.metric_words(instance, context),
        )

    def truth(self, instance: Instance, context: TaskContext) -> Opener | None:
        """Return a function that opens the target sound, or None.

        Where the model is shown no sound, one that lies beside the inputs is the true one: so the only
        published annotation file of such a task has it.
        """
        try:
            result = medium_of(instance, self.made_in(context))
            return result or self._medium_among_fields(instance, context)
        except ReferenceFormatError:
            if "medium" in (metrics.get(context.task.metric.name).needs or ()):
                raise
            return None  # a lost file does no harm where nothing is compared with it

    def _medium_among_fields(self, instance: Instance, context: TaskContext) -> Opener | None:
        made = self.made_in(context)
        named = {
            key: value
            for key, value in instance.fields.items()
            if isinstance(value, str) and value.lower().endswith(made.endings)
        }
        return medium_of(instance, made, raw=named) if named and "audio" not in self.takes else None

    def metric_words(self, instance: Instance, context: TaskContext) -> dict[str, str]:
        """Return the texts that metrics need, by name: transcript, language, captions, style."""
        return {}

    def unmet(self, target: Target, context: TaskContext) -> list[str]:
        """Return the needs of the task's metric that neither the target nor a substitute meets."""
        needs = metrics.get(context.task.metric.name).needs or ()
        others = {need: self.instead.get(need, ()) for need in lacking(target, needs)}
        return [need for need, parts in others.items() if len(lacking(target, parts)) == len(parts)]

    def has_reference(self, instance: Instance, context: TaskContext) -> bool:
        """Whether the reference, or else the input, has what the metric needs."""
        if instance.has_reference:
            return True
        return not self.unmet(self.target(instance, context), context)

    def reference(self, instance: Instance, context: TaskContext) -> Target:
        """Return the target. Raises ReferenceFormatError when it lacks what the metric needs."""
        target = self.target(instance, context)
        lacks = self.unmet(target, context)
        if lacks:
            raw = instance.reference
            keys = ", ".join(map(str, raw)) if isinstance(raw, dict) else type(raw).__name__
            raise ReferenceFormatError(
                f"{fields.place(instance)}: no {' and no '.join(lacks)} to compare with, which the metric "
                f"{context.task.metric.name} needs; found in the reference: {keys or 'nothing'}"
            )
        if "medium" in (metrics.get(context.task.metric.name).needs or ()) and target.medium is not None:
            target = replace(target, medium=_held(target.medium, instance))
        return target

    def prediction(self, answer: Any, instance: Instance, context: TaskContext) -> Any:
        """Return the answer. One in which nothing can be heard is an AnswerFormatError."""
        if not isinstance(answer, self.made_in(context)):
            raise AnswerFormatError(f"a {answer.form} where a {self.asked_form(context)} is due")
        if isinstance(answer, Audio) and answer.is_silent:
            raise AnswerFormatError("a silent sound")
        if isinstance(answer, SymbolicMusic) and not answer.notes:
            raise AnswerFormatError("music without a note")
        return answer

    def ideal(self, reference: Target, instance: Instance, context: TaskContext) -> str | StructuredOutput:
        """Return the true sound; where there is none, what takes no skill."""
        if reference.medium is not None:
            return reference.medium()
        source = reference.source() if reference.source else None
        if isinstance(source, self.made_in(context)):
            return source
        return tone() if self.made_in(context) is Audio else SymbolicMusic(((0.0, 1.0, 60),))  # type: ignore[arg-type]

    def plain(self, target: Target, context: TaskContext) -> StructuredOutput:
        """Return a tone."""
        return tone()


def _held(opening: Opener, instance: Instance) -> Opener:
    """Open the target now: a file that cannot be read is an unreadable reference, not a wrong answer."""
    try:
        held = opening()
    except DataError as error:
        raise ReferenceFormatError(f"{fields.place(instance)}: the reference: {error}") from error
    if isinstance(held, SymbolicMusic) and not held.notes:
        raise ReferenceFormatError(f"{fields.place(instance)}: the reference is music without a note")
    return lambda: held
