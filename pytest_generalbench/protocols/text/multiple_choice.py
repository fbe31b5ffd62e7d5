"""One right option out of several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols import references
from pytest_generalbench.protocols.base import TaskContext
from pytest_generalbench.protocols.text.base import TextProtocol
from pytest_generalbench.protocols.text.parsers.choice.options import LETTERS, Options, options_of
from pytest_generalbench.protocols.text.parsers.choice.selected import read_choice
from pytest_generalbench.protocols.text.parsers.labels.label import read_label
from pytest_generalbench.protocols.text.parsers.labels.yes_no import read_yes_no
from pytest_generalbench.protocols.text.parsers.normalization import normalise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_generalbench.core.request import Instance, Output
    from pytest_generalbench.core.task import Task


_YES_NO: Final = ("yes", "no")


def _words(references_found: set[str]) -> tuple[str, ...]:
    """Return the letters, or yes and no, that the references of a file without options are."""
    if references_found and references_found <= set(LETTERS):
        # One letter only would tell the answer; two is the least a choice can have.
        return tuple(LETTERS[: max(2, LETTERS.index(max(references_found)) + 1)])
    return _YES_NO if references_found and references_found <= {"YES", "NO"} else ()


class MultipleChoice(TextProtocol):
    """Choose one of the options A, B, C and so on.

    Prompt fields: `{question}`, `{options}` (a lettered line each; empty when the question
    shows them with letters itself), `{instruction}`. Options come from `options`, `choices`
    or `candidates` (list, or object letter to text), from `The candidate choices are [...]`
    at the end of the question, or from lettered parts of it.

    Parser `choice`: see `choice_reading`. Prediction: the letter, None when it names none or
    is ambiguous. Reference: tuple of accepted letters. The raw one is a letter, the text of
    an option (which wins where both fit), an index counted from 0, or a list of those.

    Without options anywhere: when every reference of the file is one letter, the letters up
    to the last of them are the choice; when every one is yes or no, those are (read as in
    YesNo); otherwise prediction and reference are normalised texts, compared as texts.
    """

    name: ClassVar[str] = "multiple_choice"
    prompt: ClassVar[str] = "{question}\n{options}\n{instruction}"
    max_new_tokens: ClassVar[int] = 256
    parser: ClassVar[str] = "choice"
    parsers: ClassVar[tuple[str, ...]] = ("choice",)
    keys: ClassVar[tuple[str, ...]] = (
        "answer",
        "text",
        "label",
        "prediction",
        "option",
        "choice",
        "correct_answer",
        "target",
        "response",
        "gt",
    )
    own_keys: ClassVar[frozenset[str]] = fields.OPTION_KEYS

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Find what can be chosen where instances list no options."""
        found = set()
        for instance in instances:
            if not instance.has_reference:
                continue
            try:
                value = (
                    None if options_of(instance).texts else references.ground_truth(instance, self.keys)[1]
                )
            except DataError:
                value = None
            found.add(value.strip(" .()").upper() if isinstance(value, str) else "")
        return TaskContext(task=task, labels=_words(found), header=header)

    def values(self, instance: Instance, context: TaskContext) -> dict[str, str]:
        """Add the lettered options."""
        options = options_of(instance)
        lines = (
            []
            if options.shown
            else [f"{letter}. {text}" for letter, text in zip(options.letters, options.texts, strict=True)]
        )
        if options.shown and "A" in instance.fields and "B" in instance.fields:
            lines = []  # `statement` shows fields that are named A, B … already
        return {**super().values(instance, context), "options": "\n".join(lines)}

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for the letter, or for the choice itself when there are no letters."""
        if options_of(instance).texts:
            return "Answer with the letter of the right option only."
        if context.labels:
            return f"Answer with {', '.join(context.labels[:-1])} or {context.labels[-1]} only."
        return "Answer with the right choice only."

    def _texts(self, instance: Instance, context: TaskContext) -> tuple[str, ...]:
        texts = options_of(instance).texts
        return texts if texts or context.labels == _YES_NO else ("",) * len(context.labels)

    def parse(self, output: Output, instance: Instance, context: TaskContext) -> str | None:
        """Return the letter, or the normalised text where there are no options."""
        self.parser_for(context)
        if output.text is None:
            return None
        texts = self._texts(instance, context)
        if texts:
            return read_choice(output.text, texts)
        return read_yes_no(output.text) if context.labels == _YES_NO else read_label(output.text, ())

    def reference(self, instance: Instance, context: TaskContext) -> tuple[str, ...]:
        """Return the accepted letters, or normalised texts where there are no options."""
        key, value = references.ground_truth(instance, self.keys, nested=False)
        options = options_of(instance)
        texts = self._texts(instance, context)
        given = value if isinstance(value, list | tuple) else [value]
        if not given:
            raise references.malformed(instance, key, value, "a letter, an index or an option's text")
        if not texts:
            accepted = references.accepted_texts(instance, key, value)
            return tuple(dict.fromkeys(map(normalise, accepted)))
        return tuple(dict.fromkeys(self._letter(instance, key, item, options, texts) for item in given))

    def _letter(
        self, instance: Instance, key: str, raw: Any, options: Options, texts: tuple[str, ...]
    ) -> str:
        letters = LETTERS[: len(texts)]
        text = references.scalar_text(raw)
        if text:
            exact = [letter for letter, item in zip(letters, texts, strict=True) if item == text]
            if len(exact) == 1:
                return exact[0]
            bare = text.strip(" .():[]")
            if bare in options.names:
                return letters[options.names.index(bare)]
            if len(bare) == 1 and bare.upper() in letters:
                return bare.upper()
            same = [
                letter
                for letter, item in zip(letters, texts, strict=True)
                if normalise(item) == normalise(text)
            ]
            if len(same) == 1:
                return same[0]
            if bare.isdecimal() and len(bare) < 4 and int(bare) < len(letters):
                return letters[int(bare)]
            named = read_choice(text, texts) if text[:1] in "(" + letters else None
            if named is not None:
                return named
        raise references.malformed(
            instance,
            key,
            raw,
            f"a letter up to {letters[-1]}, an index from 0 or the text of one of the options",
        )

    def ideal(self, reference: tuple[str, ...], instance: Instance, context: TaskContext) -> str:
        """Say the first accepted letter or text."""
        return reference[0]

    def choices(self, instance: Instance, context: TaskContext) -> tuple[str, ...]:
        """Return the letters."""
        return options_of(instance).letters or context.labels
