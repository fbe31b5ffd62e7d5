"""Protocols for free text: open answers, summaries, translations, captions, OCR."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols import references
from pytest_generalbench.protocols.text.base import TextProtocol
from pytest_generalbench.protocols.text.parsers import normalization as cleaning

if TYPE_CHECKING:
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.protocols.base import TaskContext

_BY_FIELD: Final[tuple[tuple[tuple[str, ...], str], ...]] = (
    (("document_list",), "Summarise the documents in one concise paragraph. Write the summary only."),
    (("document", "article"), "Summarise the document in one short sentence. Write the summary only."),
    (
        ("statement",),
        'Prove the statement step by step, a line each. End with a line that starts with "Conclusion:".',
    ),
    (
        ("originalSentence",),
        "Rewrite the sentence in other words with the same meaning. Write the new sentence only.",
    ),
    (("Ungrammatical Statement",), "Correct the sentence. Write the corrected sentence only."),
    (("style",), "Rewrite the text in the given style and keep its meaning. Write the new text only."),
    (
        ("dialog", "dialogue"),
        "Say what comes next in the dialogue, in one short reply. Write the reply only.",
    ),
    (("code", "func"), "Explain what the code does in one short sentence. Write the explanation only."),
    (("table", "tables"), "Describe the table in a short paragraph. Write the description only."),
)
"""What to do, by the field that tells the kind of task, for instances that ask nothing themselves."""
_SHORT: Final = frozenset(("token_f1", "exact_match", "anls"))
"""Metrics that count every word beyond the answer against it."""


class FreeText(TextProtocol):
    """Answer in free text.

    Prompt fields: `{question}` (context, documents, numbered dialogue turns with alternating
    speakers, tables, code … under headings, then the question), `{instruction}`. Files of
    summaries, translations, dialogues and the like say nowhere what to do with their fields,
    so the instruction does; a question with a `<MASK>` asks for what the mask stands for. A
    metric that punishes every word too many (`token_f1`, `exact_match`, `anls`) gets a short
    answer asked for.

    Parser `plain`: the whole answer without reasoning and one lead like `Answer:` or
    `Summary:`. Prediction: str. Reference: tuple of accepted texts; a proof is its steps, a
    line each, and `Conclusion: …`, absent parts left out.

    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example(
    ...     "free_text", {"question": "Why is the sky blue?"}, "Air scatters blue light most."
    ... )
    >>> print(example.prompt)
    Why is the sky blue?
    Answer directly.
    >>> example.reference, example.read("Answer: Because of the air.")
    (('Air scatters blue light most.',), 'Because of the air.')
    """

    name: ClassVar[str] = "free_text"
    max_new_tokens: ClassVar[int] = 256
    parser: ClassVar[str] = "plain"
    parsers: ClassVar[tuple[str, ...]] = ("plain", "first_line", "written")
    keys: ClassVar[tuple[str, ...]] = (
        "answer", "answers", "text", "reference", "response", "summary", "highlights", "translation", "story",
        "nl", "paraphraseSentence", "Standard English", "caption", "prediction", "sql", "target", "label",
        "category", "content", "solution.final_answer", "repairCode",
    )  # fmt: skip

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Say what to do with the fields, or ask for a direct answer."""
        own = fields.find(instance.fields, "question", "query", "instruction", "prompt")
        if "<MASK>" in str(own):
            return "Say what <MASK> stands for. Answer directly, in a few words."
        source, target = fields.find(instance.fields, "in"), fields.find(instance.fields, "out")
        if isinstance(target, str):
            from_words = f" from {source}" if isinstance(source, str) else ""
            return f"Translate the text{from_words} to {target}. Write the translation only."
        if own is None:
            for names, words in _BY_FIELD:
                if fields.find(instance.fields, *names) is not None:
                    return words
        if "story" in context.task.id.rpartition("/")[2].split("-"):
            return "Write a story that fits this prompt. Write the story only."
        if context.task.metric.name in _SHORT:
            return "Answer with a word or a short phrase only."
        if context.task.archetype == "text_open_qa":
            return "Answer directly, in a short sentence."
        return "Answer directly."

    def values(self, instance: Instance, context: TaskContext) -> dict[str, str]:
        """Leave the names of the languages to the instruction."""
        values = super().values(instance, context)
        if isinstance(fields.find(instance.fields, "out"), str):
            values["question"] = fields.statement(instance, {*self.own_keys, "in", "out"})
        return values

    def reference(self, instance: Instance, context: TaskContext) -> tuple[str, ...]:
        """Return the accepted texts; a proof in the words of its file."""
        proof = references.value_at(instance, "proof")
        if isinstance(proof, Mapping):
            return (self._proof(instance, proof),)
        if proof is not None:
            return references.accepted_texts(instance, "proof", proof)
        key, value = references.ground_truth(instance, self.keys)
        return references.accepted_texts(instance, key, value)

    def _proof(self, instance: Instance, proof: Mapping[str, Any]) -> str:
        steps, conclusion = fields.find(proof, "steps"), fields.find(proof, "conclusion")
        lines = [fields.as_text(step) for step in (steps if isinstance(steps, list) else [steps]) if step]
        if conclusion is not None:
            lines.append(f"Conclusion: {fields.as_text(conclusion)}")
        if not lines:
            raise references.malformed(instance, "proof", dict(proof), "steps or a conclusion")
        return "\n".join(lines).strip()

    def ideal(self, reference: tuple[str, ...], instance: Instance, context: TaskContext) -> str:
        """Say the first accepted text."""
        return cleaning.readable_form(
            cleaning.first_nonempty(reference), lambda text: self.read(text, context)
        )


class Caption(FreeText):
    """Describe what is seen or heard.

    Prompt fields `{question}`, `{instruction}`; parser `plain`, prediction and reference as in
    FreeText. The file's own prompt is enough; an instance without one is asked for a description.

    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("caption", {}, ["A cat sleeps.", "A sleeping cat."], media=["image"])
    >>> example.reference
    ('A cat sleeps.', 'A sleeping cat.')
    >>> example.read("Caption: A cat is asleep.")
    'A cat is asleep.'
    """

    name: ClassVar[str] = "caption"
    max_new_tokens: ClassVar[int] = 128
    keys: ClassVar[tuple[str, ...]] = ("caption", "captions", *FreeText.keys)
    needs_question: ClassVar[bool] = False

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for the description alone."""
        if fields.find(instance.fields, "question", "query", "instruction", "prompt", "text") is None:
            return "Describe it in one or two sentences. Write the description only."
        return "Write the description only."


class Ocr(FreeText):
    """Copy the text in the image.

    Prompt fields: `{question}`, `{instruction}`. Parser `written`: without reasoning, one
    lead (`Answer:`, `The text reads:`) and the quotes around the whole; line ends stay.
    Prediction: str. Reference: tuple of accepted texts.

    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("ocr", {}, "EXIT", media=["image"])
    >>> print(example.prompt)
    Write the text exactly as it stands in the image and nothing else.
    >>> example.reference, example.read('The text reads: "EXIT"')
    (('EXIT',), 'EXIT')
    """

    name: ClassVar[str] = "ocr"
    max_new_tokens: ClassVar[int] = 256
    parser: ClassVar[str] = "written"
    needs_question: ClassVar[bool] = False

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for the text as it stands."""
        return "Write the text exactly as it stands in the image and nothing else."


PROTOCOLS: Final = (FreeText(), Caption(), Ocr())
