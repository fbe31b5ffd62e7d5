"""Scene graphs: objects, and relations that name them by index or id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.keys import key_of
from pytest_generalbench.protocols.class_names import ClassNames, class_names, code_text
from pytest_generalbench.protocols.index_base import BASE, IndexEvidence, whole_number
from pytest_generalbench.protocols.instance_fields import find
from pytest_generalbench.protocols.reading import decide
from pytest_generalbench.protocols.text.parsers.lists.items import Triplet, canonical_item

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_generalbench.core.task import Task

TRIPLET: Final = "triplet"
"""The word of a reading for the order of three numbers."""

GRAPH_WORDS: Final = (TRIPLET, BASE)

_OBJECTS: Final = ("objects", "entities", "nodes", "object_list", "segments_info", "instances")
_RELATIONS: Final = (
    "relationships", "relations", "triplets", "triples", "edges", "relation_triplets", "rels", "scene_graph",
)  # fmt: skip
_NAME: Final = ("name", "names", "label", "category", "class", "class_name", "category_name", "category_id")
_ID: Final = ("object_id", "id", "segment_id", "obj_id", "node_id")
_SUBJECT: Final = (
    "subject_id",
    "subject_index",
    "subject_idx",
    "sub_id",
    "sub_idx",
    "subject",
    "sub",
    "from",
    "source",
)
_TARGET: Final = (
    "object_id",
    "object_index",
    "object_idx",
    "obj_id",
    "obj_idx",
    "object",
    "obj",
    "to",
    "target",
)
_PREDICATE: Final = (
    "predicate",
    "pred",
    "relation",
    "relationship",
    "rel",
    "name",
    "label",
    "predicate_id",
    "type",
)
_PREDICATES: Final = (
    "predicate_classes", "predicates", "predicate_names", "relation_classes", "relation_names", "rel_classes",
    "relations", "relationships", "idx_to_predicate", "predicate_to_idx",
)  # fmt: skip


class Relation(NamedTuple):
    """One relation as written."""

    subject: Any
    predicate: Any
    target: Any
    numbers: tuple[int, int, int] | None = None
    """All three, in the order of the file, where every part is a number."""


class Graph(NamedTuple):
    """Objects, and relations that name them by number or id."""

    names: tuple[Any, ...]
    """A name or the number of a class for each object."""
    ids: tuple[str, ...]
    """Their ids; () where the file has none."""
    relations: tuple[Relation, ...]


def graph_of(raw: Any) -> Graph | None:
    """Return the graph of a reference, None where relations do not name objects by number or id."""
    if not isinstance(raw, Mapping):
        return None
    plain = {key_of(str(key)): value for key, value in raw.items()}
    inner = next(
        (
            plain[key]
            for key in ("scene_graph", "graph", "answer", "text")
            if isinstance(plain.get(key), Mapping)
        ),
        None,
    )
    if inner is not None:
        return graph_of(inner)
    objects = find(raw, *_OBJECTS)
    if isinstance(objects, Mapping):
        ids = tuple(map(str, objects))
        values: list[Any] = list(objects.values())
    elif isinstance(objects, list):
        values = objects
        graph = [find(item, *_ID) if isinstance(item, Mapping) else None for item in values]
        ids = () if None in graph else tuple(map(code_text, graph))
    else:
        return None
    listed = find(raw, *_RELATIONS)
    relations = _of_list(listed) if isinstance(listed, list) else _inside(ids, values)
    if not relations or not any(_is_number(part) for one in relations for part in (one.subject, one.target)):
        return None
    return Graph(tuple(map(_name_of, values)), ids, tuple(relations))


def _name_of(value: Any) -> Any:
    if isinstance(value, Mapping):
        value = find(value, *_NAME)
    return value[0] if isinstance(value, list) and value else value


def _is_number(value: Any) -> bool:
    return whole_number(value) is not None


def _of_list(listed: Sequence[Any]) -> list[Relation]:
    result = []
    for item in listed:
        if isinstance(item, Mapping):
            parts = (find(item, *_SUBJECT), find(item, *_PREDICATE), find(item, *_TARGET))
            parts = (*parts[:1], find(item, "name", "names") if parts[1] is None else parts[1], *parts[2:])
            result.append(Relation(*parts))
        elif isinstance(item, list | tuple) and len(item) == 3:
            result.append(_of_three(item))
    return result


def _of_three(item: Sequence[Any]) -> Relation:
    first, second, third = item
    numbers = [whole_number(part) for part in item]
    if None not in numbers:
        a, b, c = (int(number) for number in numbers if number is not None)
        return Relation(first, third, second, (a, b, c))
    return Relation(first, second, third) if _is_number(third) else Relation(first, third, second)


def _inside(ids: Sequence[str], values: Sequence[Any]) -> list[Relation]:
    """Return relations that lie in their subject, as GQA writes them."""
    inside = []
    for identity, value in zip(ids, values, strict=False):
        inner = find(value, "relations", "relationships") if isinstance(value, Mapping) else None
        for item in inner if isinstance(inner, list) else ():
            if isinstance(item, Mapping):
                inside.append(
                    Relation(identity, find(item, "name", "predicate"), find(item, "object", "object_id"))
                )
    return inside


@dataclass(slots=True)
class GraphEvidence:
    """The graphs of a file, with the possible meanings of their numbers."""

    header: Mapping[str, Any]
    graphs: list[tuple[Graph, str]] = field(default_factory=list)

    def decided(self, task: Task) -> tuple[GraphForm, tuple[str, ...]]:
        """Return how the graphs are read, and notes. Raises AmbiguousReferenceError."""
        classes, predicates = _classes(self.header), class_names(self.header, _PREDICATES)
        order, first = self._order(task, None if predicates is None else len(predicates.names))
        form = GraphForm(order)
        base, second = self._base(task, form)
        form = form._replace(base=base)
        relations = [form.ordered(one) for graph, _ in self.graphs for one in graph.relations]
        named, third = _codes(predicates, (one.predicate for one in relations), task)
        kinds, fourth = _codes(classes, (name for graph, _ in self.graphs for name in graph.names), task)
        form = form._replace(predicates=named, classes=kinds)
        return form, tuple(dict.fromkeys(filter(None, [first, second, third, fourth])))

    def _order(self, task: Task, predicates: int | None) -> tuple[str, str]:
        """Return which of three numbers is the predicate."""
        rows = [
            (one.numbers, graph)
            for graph, _ in self.graphs
            for one in graph.relations
            if one.numbers is not None
        ]
        if not rows:
            return "subject_object_predicate", ""
        fits = {
            name: "each number fits its list"
            for name, place in (("subject_object_predicate", 2), ("subject_predicate_object", 1))
            if all(_fits(numbers, place, graph, predicates) for numbers, graph in rows)
        }
        psg = (
            find(self.header, "predicate_classes") is not None
            and find(self.header, "thing_classes") is not None
        )
        if psg and "subject_object_predicate" in fits:
            fits = {"subject_object_predicate": "as PSG writes it"}
        decided = decide(task, TRIPLET, fits, "three numbers")
        return decided.value, decided.note

    def _base(self, task: Task, form: GraphForm) -> tuple[int | None, str]:
        """Return the number of the first object; None where numbers are ids."""
        evidence = IndexEvidence("objects")
        for graph, place in self.graphs:
            if form.by_id(graph):
                continue
            given = [part for one in map(form.ordered, graph.relations) for part in (one.subject, one.target)]
            for part in given:
                number = whole_number(part)
                if number is not None:
                    evidence.add(number, len(graph.names), place)
        return evidence.decided(task) if evidence.seen else (None, "")


def _fits(numbers: tuple[int, int, int], place: int, graph: Graph, predicates: int | None) -> bool:
    objects = [number for at, number in enumerate(numbers) if at != place]
    known = all(code_text(number) in graph.ids for number in objects) if graph.ids else False
    inside = known or all(0 <= number <= len(graph.names) for number in objects)
    return inside and (predicates is None or 0 <= numbers[place] <= predicates)


def _classes(header: Mapping[str, Any]) -> ClassNames | None:
    things, stuff = find(header, "thing_classes"), find(header, "stuff_classes")
    if isinstance(things, list) and isinstance(stuff, list):
        return ClassNames("thing_classes and stuff_classes", listed=tuple(map(str, [*things, *stuff])))
    return class_names(header)


def _codes(listed: ClassNames | None, given: Iterable[Any], task: Task) -> tuple[Mapping[str, str], str]:
    numbers = [(number, "the file") for item in given if (number := whole_number(item)) is not None]
    return listed.codes(numbers, task) if listed is not None and numbers else ({}, "")


class GraphForm(NamedTuple):
    """The format of the graphs of a file."""

    order: str = "subject_object_predicate"
    """Of three numbers."""
    base: int | None = None
    """The number of the first object; None where numbers are the ids of objects."""
    predicates: Mapping[str, str] = {}
    classes: Mapping[str, str] = {}

    def ordered(self, one: Relation) -> Relation:
        """Return a relation with its three numbers in their places."""
        if one.numbers is None or self.order == "subject_object_predicate":
            return one
        a, b, c = one.numbers
        return Relation(a, b, c, one.numbers)

    def triplets(self, graph: Graph) -> tuple[Triplet, ...]:
        """Return the triplets in words. Raises DataError for what has no name."""
        by_id = self.by_id(graph)
        return tuple(
            (
                self._object(one.subject, graph, by_id),
                self._word(one.predicate, self.predicates),
                self._object(one.target, graph, by_id),
            )
            for one in map(self.ordered, graph.relations)
        )

    def _object(self, part: Any, graph: Graph, by_id: bool) -> str:
        number = whole_number(part)
        place = -1 if number is None or self.base is None else number - self.base
        if by_id:
            place = graph.ids.index(code_text(part))
        if not 0 <= place < len(graph.names):
            raise DataError(f"a relation with the object {part!r:.40}, of {len(graph.names)} objects")
        return self._word(graph.names[place], self.classes)

    def by_id(self, graph: Graph) -> bool:
        """Whether all relations of a graph name ids of its objects."""
        parts = (part for one in map(self.ordered, graph.relations) for part in (one.subject, one.target))
        return bool(graph.ids) and all(code_text(part) in graph.ids for part in parts)

    @staticmethod
    def _word(value: Any, names: Mapping[str, str]) -> str:
        named = names.get(code_text(value), value) if isinstance(value, str | int) else value
        if not isinstance(named, str) or whole_number(named) is not None or not canonical_item(named):
            raise DataError(f"{value!r:.40} has no name in the file")
        return canonical_item(named)
