"""Protocols for structured text: extracted items, relation triplets, roles of events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pytest_generalbench.core.errors import DataError, ReferenceFormatError
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols import references
from pytest_generalbench.protocols.base import TaskContext
from pytest_generalbench.protocols.index_base import whole_number
from pytest_generalbench.protocols.text.base import TextProtocol
from pytest_generalbench.protocols.text.parsers import normalization as cleaning
from pytest_generalbench.protocols.text.parsers.lists.items import Triplet, items_of, roles_text, triplets_of
from pytest_generalbench.protocols.text.scene_graphs import GRAPH_WORDS, GraphEvidence, GraphForm, graph_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task

_LIST_KEYS: Final = (
    "label", "labels", "answer", "answers", "text", "prediction", "category", "entities", "items",
    "result", "results", "relations", "triplets", "events", "output", "response", "reference", "target",
)  # fmt: skip


class Extraction(TextProtocol):
    """Extract a list of items from what is given.

    Prompt fields: `{question}`, `{instruction}`. Parser `items`: a list in JSON or Python
    notation (of texts, lists or objects; fenced or behind a lead-in), or parts separated by
    commas and line ends, or by semicolons, or by `<p>`; bullets, brackets, quotes and full
    stops go, and what stands in brackets stays together. In an answer the list may stand
    between sentences or be one (`The entities are: A, B and C.`). `none`, `[]` or `No entities
    found.` is (), an empty answer None. A prompt that states a form (`separated by commas`) is
    left alone.

    Prediction and reference: tuple of items, both in the form of
    `list_reading.canonical_item`. The raw reference is a text in the same notations (an
    empty one says that there is nothing), a list of texts, lists or objects, or an object.

    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("extraction", {"text": "Ann met Bob and Eve."}, ["Ann", "Bob", "Eve"])
    >>> example.reference, example.read("The names are: Ann, Bob and Eve."), example.read("none")
    (('ann', 'bob', 'eve'), ('ann', 'bob', 'eve'), ())
    """

    name: ClassVar[str] = "extraction"
    max_new_tokens: ClassVar[int] = 512
    parser: ClassVar[str] = "items"
    parsers: ClassVar[tuple[str, ...]] = ("items",)
    keys: ClassVar[tuple[str, ...]] = _LIST_KEYS

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for JSON, whose items may hold commas, unless the file asks for a form of its own."""
        if fields.states_form(instance):
            return ""
        return "Answer with a JSON list of strings, an item each and [] for none, and nothing else."

    def reference(self, instance: Instance, context: TaskContext) -> tuple[str, ...]:
        """Return the true items."""
        key, value = references.ground_truth(instance, self.keys, nested=False)
        if not isinstance(value, str | list | dict):
            raise references.malformed(instance, key, value, "a text, a list or an object")
        return items_of(value)

    def ideal(self, reference: tuple[str, ...], instance: Instance, context: TaskContext) -> str:
        """Say the items as JSON."""
        return json.dumps(list(reference), ensure_ascii=False)


class Triplets(TextProtocol):
    """Name the relations in an image as (subject, predicate, object).

    Prompt fields: `{question}`, `{instruction}`. Parser `triplets`: JSON lists, objects with
    subject, predicate or relation, and object, `(man, riding, horse)`, or `man - riding -
    horse`, one a line. Prediction and reference: tuple of triplets of canonical texts;
    anything that holds no triplet is None as a prediction and an error as a reference. The
    relations of a reference may name the objects beside them by index or id, and predicates and
    classes by their number in the file's lists; what fits in two ways is refused (`reading:` with
    `triplet` and `index_base`), and so is a number without a name.

    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("triplets", {}, [["man", "riding", "horse"]], media=["image"])
    >>> example.reference, example.read("(man, on, horse)")
    ((('man', 'riding', 'horse'),), (('man', 'on', 'horse'),))
    """

    name: ClassVar[str] = "triplets"
    reading_words: ClassVar[tuple[str, ...]] = GRAPH_WORDS
    version: ClassVar[int] = 3
    max_new_tokens: ClassVar[int] = 1024
    parser: ClassVar[str] = "triplets"
    parsers: ClassVar[tuple[str, ...]] = ("triplets",)
    keys: ClassVar[tuple[str, ...]] = ("triplets", "relations", "relationships", "scene_graph", *_LIST_KEYS)
    needs_question: ClassVar[bool] = False

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for one bracket a line, unless the file asks for a form of its own."""
        if fields.states_form(instance):
            return ""
        return (
            "Answer with one relation a line, as (subject, predicate, object), the surest first, "
            "and nothing else."
        )

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Find out what numbers in relations mean; AmbiguousReferenceError when it is not certain."""
        evidence = GraphEvidence(header)
        for instance in instances:
            graph = graph_of(instance.reference) if instance.has_reference else None
            if graph is not None:
                evidence.graphs.append((graph, fields.place(instance)))
        form, notes = evidence.decided(task) if evidence.graphs else (GraphForm(), ())
        return TaskContext(task, header=header, facts={"graph": form}, notes=notes)

    def reference(self, instance: Instance, context: TaskContext) -> tuple[Triplet, ...]:
        """Return the true triplets."""
        raw = instance.reference
        graph = graph_of(raw)
        if graph is not None:
            try:
                return context.facts.get("graph", GraphForm()).triplets(graph)  # type: ignore[no-any-return]
            except DataError as error:
                raise ReferenceFormatError(f"{fields.place(instance)}: {error}") from error
        whole = isinstance(raw, dict) and isinstance(raw.get("subject", raw.get("sub")), str)
        key, value = ("output", raw) if whole else references.ground_truth(instance, self.keys, nested=False)
        result = triplets_of(value) if isinstance(value, str | list | dict) else None
        if result is None:
            raise references.malformed(instance, key, value, "(subject, predicate, object) triplets")
        if any(whole_number(part) is not None for triplet in result for part in triplet):
            raise references.malformed(
                instance, key, value, "triplets in words, or numbers beside a list of objects"
            )
        return result

    def ideal(self, reference: tuple[Triplet, ...], instance: Instance, context: TaskContext) -> str:
        """Say the triplets as JSON, whose parts may hold commas."""
        return json.dumps([list(triplet) for triplet in reference], ensure_ascii=False)


class Roles(TextProtocol):
    """Name the semantic roles of the events of a video: who does what to whom.

    Assumption: nobody has seen this task's file; its source annotates verbs with role
    fillers, and its metric is CIDEr over text. A structured reference (verb and roles, or a
    list of events) becomes one text, `role: filler; …`, verb first, roles sorted by name; a
    text is taken as it is, and a list of texts is several accepted ones.

    Prompt fields: `{question}`, `{instruction}`. Parser `plain`. Prediction: str. Reference:
    tuple of accepted texts.

    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("roles", {}, {"verb": "throw", "agent": "a boy"}, media=["video"])
    >>> example.reference, example.read("throw; agent: a man")
    (('verb: throw; agent: a boy',), 'throw; agent: a man')
    """

    name: ClassVar[str] = "roles"
    max_new_tokens: ClassVar[int] = 256
    parser: ClassVar[str] = "plain"
    parsers: ClassVar[tuple[str, ...]] = ("plain",)
    keys: ClassVar[tuple[str, ...]] = (
        "text",
        "answer",
        "events",
        "roles",
        "prediction",
        "label",
        "reference",
    )
    needs_question: ClassVar[bool] = False

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for the notation of the reference."""
        return 'Answer with the verb and its roles as "verb: ...; role: filler; ..." and nothing else.'

    def reference(self, instance: Instance, context: TaskContext) -> tuple[str, ...]:
        """Return the roles as text."""
        raw = instance.reference
        structured = isinstance(raw, dict) and any(key in raw for key in ("verb", "Verb"))
        key, value = (
            ("output", raw) if structured else references.ground_truth(instance, self.keys, nested=False)
        )
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return references.accepted_texts(instance, key, value)
        text = roles_text(value) if isinstance(value, str | list | dict) else ""
        if not text:
            raise references.malformed(instance, key, value, "text, or verbs with roles")
        return (text,)

    def ideal(self, reference: tuple[str, ...], instance: Instance, context: TaskContext) -> str:
        """Say the first accepted text."""
        return cleaning.readable_form(
            cleaning.first_nonempty(reference), lambda text: self.read(text, context)
        )


PROTOCOLS: Final = (Extraction(), Triplets(), Roles())
