"""The protocol for multiple-choice questions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.keys import key_of
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols import references
from pytest_generalbench.protocols.base import TaskContext
from pytest_generalbench.protocols.index_base import BASE, whole_number
from pytest_generalbench.protocols.text.base import TextProtocol
from pytest_generalbench.protocols.text.choice_references import (
    WORD,
    ChoiceEvidence,
    Kinds,
    letter_of,
    marked,
    vector_length,
)
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
    or `candidates` (list, or object letter to text), from a field each (`answerA`, `option_b`, `opa`,
    `choice1`, `ending0` …), from `The candidate choices are [...]`
    at the end of the question, or from lettered parts of it.

    Parser `choice`: see `choice_reading`. Prediction: the letter, None when it names none or
    is ambiguous. Reference: tuple of accepted letters. The raw one is a letter, the text of
    an option, its number, a list of those, or a list with a 1 for each accepted option and a 0 for each
    other. Whether a lone letter is a name or a text, whether a number is a name, a text or an index, and
    whether indices count from 0 or from 1, is decided over the whole file; where several readings fit and
    say different options, the task is refused (`reading:` with `answers` and `index_base`).

    Without options anywhere: when every reference of the file is one letter, the letters up
    to the last of them are the choice; when every one is yes or no, those are (read as in
    YesNo); otherwise prediction and reference are normalised texts, compared as texts. A number
    that neither names an option nor stands in the question is then an error.

    >>> from pytest_generalbench.protocols.example import Example
    >>> fields = {"question": "Which is a fruit?", "options": ["a stone", "an apple"]}
    >>> example = Example("multiple_choice", fields, "an apple")
    >>> print(example.prompt)
    Which is a fruit?
    A. a stone
    B. an apple
    Answer with the letter of the right option only.
    >>> example.reference, example.read("The answer is (B)."), example.read("A or B")
    (('B',), 'B', None)
    """

    name: ClassVar[str] = "multiple_choice"
    prompt_fields: ClassVar[tuple[str, ...]] = ("question", "options", "instruction")
    prompt: ClassVar[str] = "{question}\n{options}\n{instruction}"
    max_new_tokens: ClassVar[int] = 256
    parser: ClassVar[str] = "choice"
    parsers: ClassVar[tuple[str, ...]] = ("choice",)
    reading_words: ClassVar[tuple[str, ...]] = (WORD, BASE)
    version: ClassVar[int] = 3
    keys: ClassVar[tuple[str, ...]] = (
        "answer_text", "label_text", "answer", "text", "label", "prediction", "option", "choice",
        "correct_answer", "correct_option", "answerKey", "answer_key", "answer_idx", "answer_index",
        "correct", "cop", "target", "response", "labels", "gold", "gt",
    )  # fmt: skip
    own_keys: ClassVar[frozenset[str]] = fields.OPTION_KEYS

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Find what can be chosen where instances list no options, and what the answers are.

        Raises AmbiguousReferenceError when answers can be read in several ways.
        """
        lone, evidence = set(), ChoiceEvidence()
        for instance in instances:
            if not instance.has_reference:
                continue
            try:
                options = options_of(instance)
                value = references.ground_truth(instance, self.keys, nested=bool(not options.texts))[1]
            except DataError:
                options, value = Options(), None
                evidence.bases.unread = evidence.bases.unread or fields.place(instance)
            if options.texts:
                given = self._given(value, options.texts)
                if len({whole_number(item) is None for item in given}) > 1:  # numbers and others in one list
                    evidence.bases.unread = evidence.bases.unread or fields.place(instance)
                for item in given:
                    evidence.add(item, options, options.texts, fields.place(instance))
            result = None if options.texts else value
            lone.add(result.strip(" .()").upper() if isinstance(result, str) else "")
        kinds, notes = evidence.decided(task)
        return TaskContext(task, _words(lone), header=header, facts={"answers": kinds}, notes=notes)

    @staticmethod
    def _given(value: Any, texts: Sequence[str]) -> Sequence[Any]:
        """Return the answers in a reference, of a list of marks none."""
        if marked(value, len(texts)) is not None or vector_length(value):
            return ()
        return value if isinstance(value, list | tuple) else [value]

    def values(self, instance: Instance, context: TaskContext) -> dict[str, str]:
        """Add the lettered options."""
        options = options_of(instance)
        values = super().values(instance, context)
        if options.keys:
            hidden = {*self.own_keys, *map(key_of, options.keys)}
            values["question"] = fields.statement(instance, hidden)
        lines = (
            []
            if options.shown
            else [f"{letter}. {text}" for letter, text in zip(options.letters, options.texts, strict=True)]
        )
        if options.shown and "A" in instance.fields and "B" in instance.fields:
            lines = []  # `statement` shows fields that are named A, B … already
        return {**values, "options": "\n".join(lines)}

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
        if context.labels == _YES_NO:
            return read_yes_no(output.text, fields.statement(instance))
        return read_label(output.text, ())

    def reference(self, instance: Instance, context: TaskContext) -> tuple[str, ...]:
        """Return the accepted letters, or normalised texts where there are no options."""
        key, value = references.ground_truth(instance, self.keys, nested=False)
        options = options_of(instance)
        texts = self._texts(instance, context)
        if not texts:
            return self._as_texts(instance, key, value)
        places = marked(value, len(texts))
        if places is not None:
            if not places:
                raise references.malformed(instance, key, value, "a list that marks an option")
            return tuple(LETTERS[place] for place in places)
        given = value if isinstance(value, list | tuple) else [value]
        if not given or vector_length(value):
            wanted = f"a letter, an index, an option's text, or a mark for each of {len(texts)} options"
            raise references.malformed(instance, key, value, wanted)
        return tuple(dict.fromkeys(self._letter(instance, key, item, options, context) for item in given))

    def _as_texts(self, instance: Instance, key: str, value: Any) -> tuple[str, ...]:
        """Return the accepted texts where no option is listed."""
        accepted = references.accepted_texts(instance, key, value)
        asked = fields.own_words(instance)
        for text in accepted:
            if whole_number(text) is not None and not re.search(rf"(?<!\d){re.escape(text)}(?!\d)", asked):
                keys = ", ".join(map(str, instance.fields)) or "none"
                wanted = f"an answer to a question whose options are not found under the keys {keys}"
                raise references.malformed(instance, key, value, wanted)
        return tuple(dict.fromkeys(map(normalise, accepted)))

    def _letter(self, instance: Instance, key: str, raw: Any, options: Options, context: TaskContext) -> str:
        texts = self._texts(instance, context)
        kinds = context.facts.get("answers", Kinds())
        letter = letter_of(raw, options, texts, kinds)
        if letter is None:
            raise references.malformed(
                instance,
                key,
                raw,
                f"a letter up to {LETTERS[len(texts) - 1]}, an index from {kinds.base} "
                "or the text of one of the options",
            )
        return letter

    def ideal(self, reference: tuple[str, ...], instance: Instance, context: TaskContext) -> str:
        """Say the first accepted letter or text."""
        return reference[0]

    def choices(self, instance: Instance, context: TaskContext) -> tuple[str, ...]:
        """Return the letters."""
        return options_of(instance).letters or context.labels


PROTOCOLS: Final = (MultipleChoice(),)
