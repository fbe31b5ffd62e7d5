"""Inference of what references of yes-or-no questions mean: words, numbers, letters, codes of classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols.class_names import class_names, code_text
from pytest_generalbench.protocols.index_base import IndexEvidence, whole_number
from pytest_generalbench.protocols.reading import ambiguous, decide
from pytest_generalbench.protocols.text.choice_references import WORD, Kinds, letter_of
from pytest_generalbench.protocols.text.parsers.choice.options import LETTERS, options_of
from pytest_generalbench.protocols.text.parsers.labels.yes_no import polarity
from pytest_generalbench.protocols.text.parsers.normalization import normalise

if TYPE_CHECKING:
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task

YES: Final = "yes"
"""The word of a reading for the number that says yes."""

_WORDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("entailment", "entailed", "entails", "supported", "supports", "support", "present", "positive",
         "pos", "acceptable", "equivalent", "duplicate", "paraphrase", "agree", "right", "plausible"), "yes",
    ),
    **dict.fromkeys(
        ("not entailment", "non entailment", "not entailed", "contradiction", "contradicts", "refuted",
         "refutes", "not supported", "unsupported", "absent", "negative", "neg", "unacceptable",
         "not equivalent", "not duplicate", "not paraphrase", "disagree", "not present", "implausible"), "no",
    ),
}  # fmt: skip
"""Words of data sets that say yes or no of a pair, a claim or a finding."""

_BITS: Final[Mapping[int, str]] = {0: "no", 1: "yes"}
_SIGNS: Final[Mapping[int, str]] = {-1: "no", 1: "yes"}
_WHY: Final = {
    "bit": "0 and 1 are the usual numbers of no and yes",
    "index": "each is the number of an option",
}


def word_polarity(value: Any) -> str | None:
    """Return `yes` or `no` for a word of either, or a bool."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str):
        return None
    plain = " ".join(value.replace("_", " ").replace("-", " ").split())
    return polarity(value) or _WORDS.get(normalise(plain))


@dataclass(frozen=True, slots=True)
class Code:
    """The meaning of numbers and codes in a file."""

    meanings: Mapping[str, str] = field(default_factory=lambda: {"0": "no", "1": "yes"})
    """`yes` or `no` by number or code."""
    base: int | None = None
    """The number of the first option, when numbers are those of the instance's own options."""

    def read(self, instance: Instance, value: Any) -> str | None:
        """Return `yes` or `no`, None when a reference is neither."""
        answer = word_polarity(value)
        if answer is not None:
            return answer
        if not isinstance(value, str | int | float):
            return None
        if whole_number(value) is not None and self.base is None:
            return self.meanings.get(code_text(value))
        return _of_options(instance, value, self.base or 0) or self.meanings.get(code_text(value))


def _of_options(instance: Instance, value: Any, base: int) -> str | None:
    """Return `yes` or `no` of the option whose letter, name or number a reference is."""
    options = options_of(instance)
    if not options.texts:
        return None
    letter = letter_of(value, options, options.texts, Kinds(base=base))
    return None if letter is None else word_polarity(options.texts[LETTERS.index(letter)])


def code_of(task: Task, header: Mapping[str, Any], given: Sequence[tuple[Instance, Any]]) -> tuple[Code, str]:
    """Return what the numbers of a file mean, and a note on it.

    Raises AmbiguousReferenceError when several meanings fit and differ, or none does.
    """
    if YES in task.reading:
        return _given_code(task, given), ""
    numbers = [(whole_number(value), instance) for instance, value in given if word_polarity(value) is None]
    code = [(number, instance) for number, instance in numbers if number is not None]
    named = _of_classes(task, header, code)
    if named is not None:
        return named
    if not code:
        return Code(), ""
    evidence = IndexEvidence("options")
    for number, instance in code:
        texts = options_of(instance).texts
        if texts and all(word_polarity(text) for text in texts):
            evidence.add(number, len(texts), fields.place(instance))
    values = {number for number, _ in code}
    if evidence.seen == len(code):
        return _with_options(task, evidence, code)
    for meanings in (_BITS, _SIGNS):
        if values <= set(meanings):
            return Code({str(number): word for number, word in meanings.items()}), ""
    if len(values) == 1:
        return Code(), ""  # each such instance is an error of its own
    raise ambiguous(
        task, YES, dict.fromkeys(map(str, sorted(values)[:6]), ""), "numbers that nothing explains"
    )


def _given_code(task: Task, given: Sequence[tuple[Instance, Any]]) -> Code:
    """Return the code that the reading of a task says."""
    codes = {code_text(value) for _, value in given if isinstance(value, str | int | float)}
    yes = code_text(task.reading[YES])
    return Code({code: "yes" if code == yes else "no" for code in codes})


def _of_classes(
    task: Task, header: Mapping[str, Any], result: Sequence[tuple[int, Instance]]
) -> tuple[Code, str] | None:
    """Return the code of a file that lists its classes, when it has numbers and these are of them."""
    listed = class_names(header)
    if listed is None or not (result or listed.by_code):
        return None
    names, note = listed.codes(((number, fields.place(instance)) for number, instance in result), task)
    answers = {code: word_polarity(name) for code, name in names.items()}
    if result and not any(answers.values()):
        why = {code: name for code, name in list(names.items())[:6]}
        raise ambiguous(task, YES, why, f"none of the {listed.key} says yes or no")
    return Code({code: word for code, word in answers.items() if word is not None}), note


def _with_options(
    task: Task, evidence: IndexEvidence, result: Sequence[tuple[int, Instance]]
) -> tuple[Code, str]:
    """Return the code of numbers that may be those of yes or no, or of the options of each instance."""
    bits = [_BITS.get(number) for number, _ in result]
    answers = {
        base: [_of_options(instance, number, int(base)) for number, instance in result]
        for base in evidence.readings()
    }
    as_bits = None not in bits
    if as_bits and (not answers or all(words == bits for words in answers.values())):
        return Code(), ""
    answer = decide(task, WORD, {"bit": _WHY["bit"], "index": _WHY["index"]}) if as_bits else None
    if answer is not None and answer.value == "bit":
        return Code(), answer.note
    base, note = evidence.decided(task)
    return Code(base=base), note
