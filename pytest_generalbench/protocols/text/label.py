"""The protocol for labels, one or several, from a closed or an open set."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols import references
from pytest_generalbench.protocols.base import TaskContext
from pytest_generalbench.protocols.class_names import are_numbers
from pytest_generalbench.protocols.index_base import BASE
from pytest_generalbench.protocols.text.base import TextProtocol
from pytest_generalbench.protocols.text.choice_references import WORD, marked, vector_length
from pytest_generalbench.protocols.text.coded_labels import coded_labels
from pytest_generalbench.protocols.text.label_check import LabelCheck
from pytest_generalbench.protocols.text.parsers.choice.options import LETTERS, Options, options_of
from pytest_generalbench.protocols.text.parsers.choice.selected import read_choice
from pytest_generalbench.protocols.text.parsers.labels import intent
from pytest_generalbench.protocols.text.parsers.labels.label import index_of, join_labels, lists_all
from pytest_generalbench.protocols.text.parsers.normalization import normalise, one_line
from pytest_generalbench.protocols.text.parsers.registry import PARSERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_generalbench.core.request import Instance, Output
    from pytest_generalbench.core.task import Task

_DEFECT: Final = ("defect", "no defect")
_NO_YES: Final = ("no", "yes")
_FIXED: Final = (_DEFECT, _NO_YES)
_MAX_LABELS: Final = 200


def _bit(value: Any) -> int | None:
    """Return 0 or 1 for 0, 1, their texts and bools."""
    if isinstance(value, int):
        return int(value) if value in (0, 1) else None
    return int(value) if isinstance(value, str) and value.strip() in ("0", "1") else None


def _are_code(instances: Sequence[Instance]) -> bool:
    """Whether the instances show a function of a program, whose label is whether it has a defect."""
    return references.hold_for_nearly_all(["func" in instance.fields for instance in instances])


def _are_several(values: Sequence[Any]) -> bool:
    """Whether references hold several labels each; one empty list among texts is damage and shows nothing."""
    lists = [value for value in values if isinstance(value, list | tuple)]
    return any(len(value) > 1 or (not value and len(lists) == len(values)) for value in lists)


class Label(TextProtocol):
    """Name the class.

    The label set is the one that the file lists (`class_names`), where its references are of it: names,
    their numbers or codes, a list of those, or a list with a mark for each (`coded_labels`). Else it is
    collected from the references of all instances of the file, as the authors' own audio code does. It
    is put into the prompt, and `tasks show` shows it. 2 to 200 labels, told apart by their normalised
    form, make a closed set; a reference that cannot be read adds none.
    Exceptions: a header with `intent_label` gives labels `action object location` in words
    (also when there are more than 200); code with a `target` of 0/1 or a bool has `no defect`
    and `defect`; an audio file whose references are all 0 or 1 has `no` and `yes`. A list as
    reference means several labels at once, joined by `, ` in sorted order, `none` if empty.
    Other bools are the labels `true` and `false`.

    Prompt fields: `{question}`, `{labels}` (the candidates; empty where the file's prompt lists
    them), `{instruction}` (empty where it says `Provide only …`). Parser `label`
    (`labels` for several at once): see `label_reading`. Prediction: the label as the set
    spells it, named by itself or by its letter where the instance lists the labels as lettered options; an
    answer that names none of them is its own line, which counts as wrong; None
    when it is empty. In an open set both sides are normalised. Reference: tuple of one label.

    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("label", {"text": "Well done!"}, "joy", header={"classes": ["anger", "joy"]})
    >>> example.context.labels, example.reference, example.read("It is Joy.")
    (('anger', 'joy'), ('joy',), 'joy')
    """

    name: ClassVar[str] = "label"
    prompt_fields: ClassVar[tuple[str, ...]] = ("question", "labels", "instruction")
    prompt: ClassVar[str] = "{question}\n{labels}\n{instruction}"
    max_new_tokens: ClassVar[int] = 64
    parser: ClassVar[str] = "label"
    parsers: ClassVar[tuple[str, ...]] = ("label", "labels")
    reading_words: ClassVar[tuple[str, ...]] = (WORD, BASE)
    version: ClassVar[int] = 4
    keys: ClassVar[tuple[str, ...]] = (
        "label_name", "label_text", "class_name", "category_name", "label", "category",
        "class", "answer", "text", "prediction", "target", "sentiment", "emotion",
        "relation", "relationship", "stance", "result", "response", "reference", "gt",
    )  # fmt: skip
    needs_question: ClassVar[bool] = False

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Collect the label set."""
        if intent.tables(header):
            return TaskContext(task=task, labels=intent.labels(header), header=header)
        raw = self._readable(instances)
        coded = coded_labels(task, header, instances, raw)
        if coded is not None and not _are_code(instances):
            labels = coded.labels if 2 <= len(coded.labels) <= _MAX_LABELS else ()
            facts = {"coded": coded}
            return TaskContext(task, labels, coded.several, header, facts, tuple(filter(None, [coded.note])))
        several = _are_several([value for _, value in raw])
        raw = list(references.without_stray(raw, lambda value: _bit(value) is not None))
        labels = self._fixed(task, instances, raw) or self._collected(raw)
        notes = ("the labels are numbers that the file does not name",) if are_numbers(labels) else ()
        lengths = {len(value) if isinstance(value, list) else 0 for _, value in raw}
        length = lengths.pop() if len(lengths) == 1 and len(raw) > 1 else 0
        if length and all(marked(value, length) is not None for _, value in raw):
            return TaskContext(task=task, header=header, facts={"marks": length})
        bits = bool(raw) and all(_bit(value) is not None for _, value in raw)
        return TaskContext(task, labels, several, header, {"bits": bits}, notes)

    def _readable(self, instances: Sequence[Instance]) -> list[tuple[Instance, Any]]:
        """Return the references that can be labels; each other instance says so itself when it is read."""
        raw = []
        for instance in instances:
            if instance.has_reference:
                with suppress(DataError):
                    value = references.ground_truth(instance, self.keys, nested=False)[1]
                    self._texts(instance, "output", value)
                    raw.append((instance, value))
        return raw

    def _fixed(
        self, task: Task, instances: Sequence[Instance], raw: Sequence[tuple[Instance, Any]]
    ) -> tuple[str, ...]:
        """Return the labels of files whose references are bits, known without the references too."""
        if not instances or any(_bit(value) is None for _, value in raw):
            return ()
        if _are_code(instances):
            return _DEFECT
        return _NO_YES if raw and task.modality == "audio" else ()

    def _collected(self, raw: Sequence[tuple[Instance, Any]]) -> tuple[str, ...]:
        collected: dict[str, str] = {}
        for instance, value in raw:
            for text in self._texts(instance, "output", value):
                # Of several spellings the first in the alphabet stays, whatever the order of the file.
                collected[normalise(text)] = min(text, collected.get(normalise(text), text))
        return tuple(sorted(collected.values())) if 2 <= len(collected) <= _MAX_LABELS else ()

    def _texts(self, instance: Instance, key: str, value: Any) -> tuple[str, ...]:
        """Return the labels of one raw reference."""
        given = value if isinstance(value, list | tuple) else [value]
        if isinstance(value, list | tuple) and not value:
            return ()
        words = [str(item).lower() if isinstance(item, bool) else item for item in given]
        return tuple(one_line(text) for text in references.accepted_texts(instance, key, words))

    def values(self, instance: Instance, context: TaskContext) -> dict[str, str]:
        """Add the candidates."""
        value = not context.labels or lists_all(fields.own_words(instance), context.labels)
        listing = "" if value else f"Candidates: {', '.join(context.labels)}"
        if intent.tables(context.header):
            listing = f"Candidates:\n{intent.listing(context.header)}"
        return {**super().values(instance, context), "labels": listing}

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for the label without other words, unless the file asks for it in its own."""
        if intent.tables(context.header):
            return (
                "Answer with one candidate each for action, object and location, in this order, "
                "and nothing else."
            )
        if fields.states_form(instance):
            return ""
        if context.several:
            return "Answer with all that apply, separated by commas, and nothing else."
        if context.labels:
            return "Answer with one of the candidates and nothing else."
        return "Answer with the label and nothing else."

    def parse(self, output: Output, instance: Instance, context: TaskContext) -> str | None:
        """Return the label, the answer's own line where it names none, or None where it is empty."""
        name = self.parser_for(context)
        if output.text is None:
            return None
        if intent.tables(context.header):
            return intent.read_intent(output.text, context.header, context.labels)
        result: str | None = PARSERS["labels" if context.several else name](output.text, context.labels)
        if result is None or context.several or not context.labels or result in context.labels:
            return result
        return self._lettered(output.text, instance, context) or result

    @staticmethod
    def _lettered(text: str, instance: Instance, context: TaskContext) -> str | None:
        """Return the label whose letter an answer names, where the instance lists labels as options."""
        options = Options()
        with suppress(DataError):
            options = options_of(instance)
        known = index_of(context.labels)
        if not options.texts or not all(normalise(option) in known for option in options.texts):
            return None
        letter = read_choice(text, options.texts)
        return known[normalise(options.texts[LETTERS.index(letter)])] if letter else None

    def reference_check(self, context: TaskContext) -> LabelCheck:
        """Return a check that also warns of labels that cannot be right."""
        return LabelCheck(context.labels)

    def reference(self, instance: Instance, context: TaskContext) -> tuple[str, ...]:
        """Return the label as the set spells it, as a tuple of one."""
        key, value = references.ground_truth(instance, self.keys, nested=False)
        coded = context.facts.get("coded")
        if coded is not None:
            return (coded.label_of(instance, key, value),)
        if vector_length(value) or context.facts.get("marks"):
            raise references.malformed(instance, key, value, "a label; a mark for each needs a list of them")
        bit = _bit(value)
        if bit is None and context.facts.get("bits"):
            raise references.malformed(instance, key, value, "0 or 1, as all others of the file")
        if bit is not None and context.labels in _FIXED:
            return ((("no defect", "defect") if context.labels == _DEFECT else _NO_YES)[bit],)
        texts = self._texts(instance, key, value)
        if not texts and not context.several:
            raise references.malformed(instance, key, value, "a label")
        if intent.tables(context.header):
            return (intent.in_words(" ".join(texts), context.header),)
        known = index_of(context.labels)
        labels = [known.get(normalise(text), text) if known else normalise(text) for text in texts]
        return (join_labels(labels) if context.several else labels[0],)

    def ideal(self, reference: tuple[str, ...], instance: Instance, context: TaskContext) -> str:
        """Say the label."""
        return reference[0]

    def choices(self, instance: Instance, context: TaskContext) -> tuple[str, ...]:
        """Return the labels."""
        return context.labels


PROTOCOLS: Final = (Label(),)
