"""Scene graphs in the forms of data sets: each is read right, or refused."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_generalbench import protocols
from pytest_generalbench.core.errors import AmbiguousReferenceError, DataError
from tests.protocols.questions import a_context, an_instance

TRIPLETS = protocols.get("triplets")
TRUE = (("man", "riding", "horse"), ("tree", "near", "man"))
NAMES = ["man", "horse", "tree"]
ROWS = [[0, 1, "riding"], [2, 0, "near"]]
PSG = {
    "thing_classes": ["person", "man", "horse"], "stuff_classes": ["tree", "sky"],
    "predicate_classes": ["over", "riding", "near"],
}  # fmt: skip
PREDICATES = {"predicates": ["over", "riding", "near"], "classes": ["man", "horse", "tree"]}
VG = {
    "objects": [{"object_id": 105, "names": ["man"]}, {"object_id": 207, "names": ["horse"]},
                {"object_id": 300, "names": ["tree"]}],
    "relationships": [{"subject_id": 105, "predicate": "riding", "object_id": 207},
                      {"subject_id": 300, "predicate": "near", "object_id": 105}],
}  # fmt: skip
GQA = {"objects": {
    "105": {"name": "man", "relations": [{"name": "riding", "object": "207"}]},
    "207": {"name": "horse", "relations": []},
    "300": {"name": "tree", "relations": [{"name": "near", "object": "105"}]},
}}  # fmt: skip

READ: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "texts": ([{"triplets": [["man", "riding", "horse"], ["tree", "near", "man"]]}], {}),
    "indices from 0, predicate last": ([{"objects": NAMES, "relationships": ROWS}], {}),
    "indices from 0, predicate between": (
        [{"objects": NAMES, "relations": [[0, "riding", 1], [2, "near", 0]]}], {},
    ),
    "indices beside ids that are others": (
        [{"objects": [{"id": n + 1, "name": name} for n, name in enumerate(NAMES)], "relations": ROWS}], {},
    ),
    "indices from 1": ([{"objects": NAMES, "relationships": [[1, 2, "riding"], [3, 1, "near"]]}], {}),
    "objects with labels": (
        [{"objects": [{"label": name, "bbox": [1, 2, 3, 4]} for name in NAMES],
          "relationships": [{"subject": s, "predicate": p, "object": o} for s, o, p in ROWS]}], {},
    ),
    "Visual Genome": ([VG], {}),
    "GQA": ([GQA], {}),
    "PSG": (
        [{"segments_info": [{"category_id": 1}, {"category_id": 2}, {"category_id": 3}],
          "relations": [[0, 1, 1], [2, 0, 2]]},
         {"segments_info": [{"category_id": 0}, {"category_id": 4}], "relations": [[0, 1, 0]]}], PSG,
    ),
    "numbers of listed predicates": (
        [{"objects": NAMES, "relations": [{"subject": 0, "predicate": 1, "object": 1},
                                          {"subject": 2, "predicate": 2, "object": 0}]},
         {"objects": NAMES, "relations": [{"subject": 0, "predicate": 0, "object": 1}]}], PREDICATES,
    ),
    "three numbers, one order fits": (
        [{"objects": NAMES, "relations": [[0, 1, 1], [2, 2, 0]]},
         {"objects": ["sky", "sun", "sea", "boat", "gull"], "relations": [[4, 0, 4]]}], PREDICATES,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_a_graph_is_read_right(name: str) -> None:
    raws, header = READ[name]
    instances = [an_instance({"prompt": "Relations?"}, raw, str(n)) for n, raw in enumerate(raws)]
    context = a_context("triplets", *instances, header=header)
    result = TRIPLETS.reference(instances[0], context)
    assert result == TRUE if name != "three numbers, one order fits" else result[0] == TRUE[0]
    for instance in instances[1:]:
        assert TRIPLETS.reference(instance, context)


REFUSED: dict[str, tuple[Any, dict[str, Any], list[str]]] = {
    "indices of either base": (
        {"objects": NAMES, "relations": [[1, 2, "riding"]]},
        {},
        ["0 (", "1 (", "index_base"],
    ),
    "indices of both bases": ({"objects": NAMES, "relations": [[0, 3, "riding"]]}, {}, ["has 0", "3 of 3"]),
    "three numbers": (
        {"objects": NAMES, "relations": [[0, 1, 1]]},
        PREDICATES,
        ["subject_object_predicate", "subject_predicate_object"],
    ),
    "numbers without objects": ({"relations": [[0, "riding", 1]]}, {}, ["list of objects"]),
    "predicates without names": (
        {"objects": NAMES, "relations": [{"subject": 0, "predicate": 7, "object": 1}]},
        {},
        ["7 has no name"],
    ),
    "an object too far": (
        {"objects": NAMES, "relations": [[0, 1, "riding"], [0, 9, "near"]]},
        {},
        ["object 9, of 3 objects"],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_graph_that_is_not_certain_is_refused(name: str) -> None:
    raw, header, words = REFUSED[name]
    instance = an_instance({"prompt": "Relations?"}, raw)
    with pytest.raises(DataError) as caught:
        TRIPLETS.reference(instance, a_context("triplets", instance, header=header))
    for word in words:
        assert word in str(caught.value)


def test_a_reading_settles_the_order() -> None:
    raw = {"objects": NAMES, "relations": [[0, 1, 1], [2, 1, 0]]}
    instance = an_instance({"prompt": "Relations?"}, raw)
    with pytest.raises(AmbiguousReferenceError):
        a_context("triplets", instance, header=PREDICATES)
    reading = {"triplet": "subject_predicate_object", "index_base": "0"}
    context = a_context("triplets", instance, header=PREDICATES, reading=reading)
    assert TRIPLETS.reference(instance, context)[0] == TRUE[0]
