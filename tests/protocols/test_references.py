from __future__ import annotations

from typing import Any

import pytest

from pytest_generalbench.core.errors import ReferenceFormatError
from pytest_generalbench.protocols import references
from tests.protocols.questions import MISSING, an_instance, reference_of


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ({"text": "a"}, "a"),
        ({"prediction": "a"}, "a"),
        ("a", "a"),
        ({"explanation": "because", "label": "a"}, "a"),
        ({"explanation": "because", "sentiment": "a"}, "a"),
        ({"weird": "a"}, "a"),
        ({"response": {"content": "a"}}, "a"),
        ({"response": {"text": "a"}}, "a"),
        ({"solution": {"final_answer": "a", "steps": ["b"]}}, "a"),
        ({"Standard English": "a"}, "a"),
        ({"paraphrasesentence": "a"}, "a"),
        ({"text": None, "answer": "a"}, "a"),
    ],
)
def test_the_ground_truth_is_found_whatever_its_key(raw: Any, wanted: str) -> None:
    assert references.ground_truth(an_instance({}, raw))[1] == wanted


def test_the_order_of_keys_does_not_decide() -> None:
    first = {"label": "a", "category": "b"}
    second = dict(reversed(first.items()))
    assert references.ground_truth(an_instance({}, first)) == references.ground_truth(an_instance({}, second))


@pytest.mark.parametrize("raw", [{"x": "a", "y": "b"}, {}, {"explanation": "a"}, None, MISSING])
def test_what_could_mean_anything_is_an_error_that_names_the_instance(raw: Any) -> None:
    with pytest.raises(ReferenceFormatError, match="'i1'"):
        references.ground_truth(an_instance({}, raw))


def test_the_error_lists_the_keys_found() -> None:
    with pytest.raises(ReferenceFormatError, match="keys found: 'x', 'y'"):
        references.ground_truth(an_instance({}, {"x": "a", "y": "b"}))


@pytest.mark.parametrize(
    ("protocol", "raw", "named"),
    [
        ("multiple_choice", {"answer": {"a": 1}}, "answer"),
        ("multiple_choice", {"answer": None, "text": None}, "keys found"),
        ("multiple_choice", {"answer": True}, "bool"),
        ("multiple_choice", {"answer": "Z"}, "'Z'"),
        ("multiple_choice", {"answer": 4}, "int 4"),
        ("multiple_choice", {"answer": []}, "list"),
        ("yes_no", {"answer": "maybe"}, "maybe"),
        ("yes_no", {"answer": 2}, "int 2"),
        ("label", {"label": {"a": 1}}, "dict"),
        ("label", {"label": ""}, "label"),
        ("short_answer", {"answer": True}, "bool"),
        ("short_answer", {"answer": ""}, "not empty"),
        ("free_text", {"answer": ["", " "]}, "not empty"),
        ("free_text", {"answer": [{"a": 1}]}, "dict"),
        ("free_text", {"proof": {"steps": []}}, "proof"),
        ("counting", {"count": "many"}, "many"),
        ("counting", {"count": True}, "bool"),
        ("counting", {"count": float("nan")}, "finite"),
        ("counting", {"count": [1, 2]}, "one number"),
        ("time_series", {"target": [1, 2]}, "one number"),
        ("extraction", {"label": True}, "bool"),
        ("extraction", {"label": 3}, "int"),
        ("triplets", {"text": "a man"}, "triplets"),
        ("roles", {"text": 3}, "int"),
        ("code", {"code": 3}, "int"),
        ("code", {"code": "  "}, "not empty"),
    ],
)
def test_a_reference_of_the_wrong_type_names_instance_and_key(protocol: str, raw: Any, named: str) -> None:
    fields = (
        {"question": "Which?", "options": ["one", "two", "three"]} if protocol == "multiple_choice" else None
    )
    with pytest.raises(ReferenceFormatError, match="'i1'") as caught:
        reference_of(protocol, raw, fields)
    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("protocol", "raw", "wanted"),
    [
        ("yes_no", {"answer": True}, ("yes",)),
        ("yes_no", {"answer": 0}, ("no",)),
        ("yes_no", {"answer": "Yes."}, ("yes",)),
        ("yes_no", {"text": "否"}, ("no",)),
        ("short_answer", {"text": ["person", "man", "man"]}, ("person", "man")),
        ("short_answer", {"text": 18.0}, ("18",)),
        ("final_answer", {"solution": {"final_answer": 18}}, ("18",)),
        ("final_answer", {"solution": {"final_answer": "$1,234.50"}}, ("1234.5",)),
        ("final_answer", {"answer": "1/2"}, ("1/2",)),
        ("free_text", {"response": "no", "reference": "yes"}, ("yes",)),
        ("free_text", {"highlights": "b"}, ("b",)),
        ("free_text", "Bonjour", ("Bonjour",)),
        ("free_text", {"proof": {"conclusion": "c", "steps": ["a", "b"]}}, ("a\nb\nConclusion: c",)),
        ("free_text", {"proof": {"steps": ["a"]}}, ("a",)),
        ("free_text", {"proof": {"conclusion": "c"}}, ("Conclusion: c",)),
        ("caption", {"caption": ["a dog", "one dog"]}, ("a dog", "one dog")),
        ("counting", {"count": "1,234"}, 1234.0),
        ("counting", {"text": [7]}, 7.0),
        ("time_series", {"target": 1.5}, 1.5),
        ("extraction", {"label": "Paris, London."}, ("paris", "london")),
        ("extraction", {"label": "Paris<p>London"}, ("paris", "london")),
        ("extraction", {"label": ["Paris", "Paris, Texas"]}, ("paris", "paris, texas")),
        ("extraction", {"label": [["Bob", "PER"]]}, ("bob, per",)),
        ("extraction", {"entities": [{"type": "PER", "text": "Bob"}]}, ("bob, per",)),
        ("extraction", {"label": ""}, ()),
        ("extraction", {"label": []}, ()),
        ("extraction", {"explanation": "why", "label": "a"}, ("a",)),
        (
            "triplets",
            {"relations": [{"subject": "Man", "predicate": "on", "object": "bike"}]},
            (("man", "on", "bike"),),
        ),
        ("triplets", {"subject": "man", "relation": "on", "object": "bike"}, (("man", "on", "bike"),)),
        ("triplets", {"text": "(man, on, bike)"}, (("man", "on", "bike"),)),
        ("roles", {"text": "man rides"}, ("man rides",)),
        (
            "roles",
            {"verb": "ride", "roles": {"Arg1": "bike", "Arg0": "man"}},
            ("verb: ride; Arg0: man; Arg1: bike",),
        ),
        ("roles", {"events": [{"Arg0": "man", "verb": "ride"}]}, ("verb: ride; Arg0: man",)),
        ("code", {"repairCode": "x = 1\n"}, ("x = 1",)),
        ("code", {"response": {"content": "```python\nx = 1\n```"}}, ("x = 1",)),
        ("code", {"code": ["a", "b"]}, ("a", "b")),
    ],
)
def test_a_reference_has_the_type_of_its_protocol(protocol: str, raw: Any, wanted: Any) -> None:
    assert reference_of(protocol, raw) == wanted
