from __future__ import annotations

import json
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_generalbench.core import limits
from pytest_generalbench.core.errors import DataError
from pytest_generalbench.suite.data import TaskData, TaskFiles, load
from tests.data.trees import CARS, CAUSES, SPEECH, Tree, pictured, question, task_of

if TYPE_CHECKING:
    from pathlib import Path

PATH = "nlp/Causal-Reasoning/annotation.json"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b'{"data": [\n  {"id": 1,}]}', r"not JSON, line 2 column \d+"),
        (b'{"data": [NaN, ', "not JSON"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b'"text"', "found str"),
        (b"null", "found NoneType"),
        (b'{"items": [], "task": "x"}', "no 'data'; keys found: items, task"),
        (b"{}", "no 'data'; keys found: none"),
        (b'{"data": {"1": {}}}', "'data' must be a list, found dict"),
        (b'{"data": []}', "no instance"),
        (b"[]", "no instance"),
        (b"[" * 100_000, "not JSON"),
        (b'{"others": ' + b"[" * 80 + b"]" * 80 + b', "data": [{}]}', "header is nested deeper"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line_that_names_it(tree: Tree, content: bytes, text: str) -> None:
    tree.file(PATH, content)
    with pytest.raises(DataError, match=text) as caught:
        tree.load(CAUSES)
    assert str(caught.value).startswith(PATH)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("[" * 100_000 + "]" * 100_000, "expected an object, found list"),
        ('{"a": ' * 50_000 + "1" + "}" * 50_000, "nested deeper than 64 levels"),
        ("9" * 5000, "expected an object"),
        ('{"id": "q2", "input": ' + "9" * 5000 + ', "output": {"answer": "A"}}', None),
        ('{"id": "q2", "input": "[\\"", "output": ' + "[" * 9000 + '"]"' + "]" * 9000 + "}", "nested deeper"),
    ],
)
def test_a_value_that_no_reader_takes_costs_its_entry_alone(tree: Tree, bad: str, words: str | None) -> None:
    good = [json.dumps(question(number)) for number in (1, 3)]
    tree.file(PATH, f'{{"data": [{good[0]}, {bad}, {good[1]}]}}')
    first, middle, last = tree.load(CAUSES).instances
    assert (first.problem, last.problem) == (None, None)
    assert (first.id, last.id) == ("q1", "q3")
    assert words is None or (middle.problem is not None and words in middle.problem.message)


def test_values_that_would_fill_the_memory_are_refused_before_they_are_made(tree: Tree) -> None:
    tree.file(PATH, '{"data": [' + "{}," * 12_000_000 + "{}]}")
    tracemalloc.start()
    with pytest.raises(DataError, match=r"bytes of memory.*more than the limit.*GENERALBENCH_LIMITS=2"):
        tree.load(CAUSES)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200 << 20


def test_a_file_that_is_gone_or_too_large(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tree.annotation(PATH)
    monkeypatch.setattr(limits, "FILE", limits.Limit(10, "bytes"))
    with pytest.raises(DataError, match="more than the limit of 10"):
        tree.load(CAUSES)
    path.unlink()
    with pytest.raises(DataError, match="cannot be read"):
        load(TaskFiles(CAUSES, path.parent, path), task_of(CAUSES), tree.root)


def test_a_linked_annotation_outside_is_refused(tree: Tree, tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps({"data": [question(1)]}))
    (tree.root / "nlp/Causal-Reasoning").mkdir(parents=True)
    (tree.root / PATH).symlink_to(secret)
    with pytest.raises(DataError, match="leaves the data folder"):
        tree.load(CAUSES)


def test_a_good_file(tree: Tree) -> None:
    data = tree.causes(question(1), question(2, id=7), type="MultipleChoiceQA", others={"a": 1})
    assert data.header == {"type": "MultipleChoiceQA", "others": {"a": 1}}
    assert [instance.id for instance in data.instances] == ["q1", "7"]
    assert data.instances[0].fields == question(1)["input"]
    assert data.instances[0].reference == {"answer": "A"}
    assert data.instances[0].reference_key == "output"
    assert data.instances[0].task_id == CAUSES
    assert data.problems == ()
    assert data.references == 2


def test_the_fingerprint_is_of_the_bytes(tree: Tree) -> None:
    first = tree.causes(question(1)).fingerprint
    assert len(first) == 16
    assert tree.causes(question(1)).fingerprint == first
    assert tree.causes(question(1), version="2.0").fingerprint != first


def test_a_bare_list_and_a_bom_are_tolerated(tree: Tree) -> None:
    tree.file(PATH, b"\xef\xbb\xbf" + json.dumps([question(1)]).encode())
    data = tree.load(CAUSES)
    assert data.header == {}
    assert [instance.problem for instance in data.instances] == [None]
    assert "a bare list" in data.problems[0]


def problems_of(data: TaskData) -> dict[str, str]:
    return {i.id: f"{i.problem.state}: {i.problem.message}" for i in data.instances if i.problem}


def test_what_is_wrong_with_an_instance_stays_with_it(tree: Tree) -> None:
    nameless = {"input": {"question": "?"}, "output": {"answer": "A"}}
    entries = [
        question(1),
        "no object",
        nameless,
        question(1),
        question(1),
        question(4, output=None),
        question(5),
    ]
    data = tree.causes(*entries)
    assert [instance.id for instance in data.instances] == ["q1", "#2", "#3", "q1@2", "q1@3", "q4", "q5"]
    problems = problems_of(data)
    assert set(problems) == {"#2", "#3", "q1@2", "q1@3", "q4"}
    assert "expected an object, found str" in problems["#2"]
    assert "no id; keys found: input, output" in problems["#3"]
    assert "the id 'q1' is there twice" in problems["q1@3"]
    assert "no output; keys found: id, input, output" in problems["q4"]
    assert all(text.startswith(f"error: {PATH}: instance ") for text in problems.values())
    assert len(data.problems) == 5


@pytest.mark.parametrize("bad", [None, True, float("nan"), [], {}, "", "  "])
def test_ids_that_are_none(tree: Tree, bad: Any) -> None:
    data = tree.causes(question(1, id=bad))
    assert data.instances[0].id == "#1"
    assert data.instances[0].problem is None
    assert data.problems == (
        f"{PATH}: no entry has an id: each is named by its place in the file, #1 the first",
    )


def test_made_up_ids_never_clash(tree: Tree) -> None:
    entries = [question(1, id=None), question(2, id="#1"), question(3, id="x"), question(4, id="x")]
    data = tree.causes(*entries, question(5, id="x@2"))
    ids = [instance.id for instance in data.instances]
    assert len(set(ids)) == 5
    assert ids[1:3] == ["#1", "x"]
    assert ids[4] == "x@2"


def test_an_instance_nested_too_deeply_is_set_aside(tree: Tree) -> None:
    deep: Any = "end"
    for _ in range(100):
        deep = [deep]
    data = tree.causes(question(1, input={"question": deep}), question(2))
    assert "nested deeper" in problems_of(data)["q1"]
    assert data.instances[1].problem is None


@pytest.mark.parametrize(
    ("entry", "fields", "reference", "key"),
    [
        ({"input": {"a": 1}, "output": {"b": 2}}, {"a": 1}, {"b": 2}, "output"),
        ({"input": {"a": 1}, "output": "B", "extra": 3}, {"a": 1}, "B", "output"),
        ({"input": "hello", "output": "B"}, {"input": "hello", "text": "hello"}, "B", "output"),
        (
            {"in": "en", "out": "fr", "input": "hi", "output": "salut"},
            {"in": "en", "out": "fr", "input": "hi"},
            "salut",
            "output",
        ),
        ({"dialog": ["a"], "output": {"response": "b"}}, {"dialog": ["a"]}, {"response": "b"}, "output"),
        ({"func": "f()", "output": 0}, {"func": "f()"}, 0, "output"),
        ({"question": "?", "answer": "B"}, {"question": "?"}, "B", "answer"),
        ({"question": "?", "label": 0}, {"question": "?"}, 0, "label"),
        ({"input": {"a": 1}, "label": "x"}, {"a": 1}, "x", "label"),
        (
            {"caption": "c", "tube_start_frame": 3, "tube_end_frame": 5, "trajectory": [[1, 2, 3, 4]]},
            {"caption": "c"},
            {"tube_start_frame": 3, "tube_end_frame": 5, "trajectory": [[1, 2, 3, 4]]},
            "trajectory",
        ),
        ({"input": [1, 2], "output": {"b": 2}}, {"input": [1, 2]}, {"b": 2}, "output"),
    ],
)
def test_fields_and_reference(tree: Tree, entry: Any, fields: Any, reference: Any, key: str) -> None:
    instance = tree.causes({"id": "x", **entry}).instances[0]
    assert instance.fields == fields
    assert instance.reference == reference
    assert instance.reference_key == key
    assert instance.problem is None


def test_the_close_set_has_no_references_even_where_answers_were_left_in(tree: Tree) -> None:
    bare = question(1)
    del bare["output"]
    flat = {"id": "f", "question": "?", "label": "A"}
    data = tree.causes(bare, question(2), flat, split="close", set_type="closeset")
    assert [(i.reference, i.reference_key, i.problem) for i in data.instances] == [(None, None, None)] * 3
    assert data.instances[2].fields == {"question": "?"}
    assert data.problems == ()


def test_a_file_of_the_other_split_is_remarked(tree: Tree) -> None:
    bare = {"id": "a", "input": {"question": "?"}}
    data = tree.causes(bare, set_type="closeset")
    assert data.instances[0].problem is None
    assert [line.split(": ", 1)[1] for line in data.problems] == [
        "set_type is 'closeset', read as the open set",
        "no instance has an output; is this the close set?",
    ]


def test_half_a_surrogate_pair_is_replaced(tree: Tree) -> None:
    text = '{"data": [{"id": "a\\ud800", "input": {"question": "ok \\ud83d\\ude00 \\udfff"}, "output": "x"}]}'
    tree.file(PATH, text)
    instance = tree.load(CAUSES).instances[0]
    assert instance.fields["question"] == "ok 😀 \ufffd"
    json.dumps([instance.id, dict(instance.fields)], ensure_ascii=False).encode()


def test_image_tasks_without_any_image_are_missing_media(tree: Tree) -> None:
    data = tree.cars({"id": "a", "input": {"prompt": "?"}, "output": {"text": "Audi"}})
    problem = data.instances[0].problem
    assert problem is not None
    assert problem.state == "missing_media"
    assert "names no image file; keys found: prompt" in problem.message


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
known_keys = st.sampled_from(
    [
        "id",
        "input",
        "output",
        "image_file",
        "images",
        "audio_file",
        "video_folder",
        "video_file_list",
        "label",
        "text",
    ]
)
entries = st.dictionaries(
    known_keys, json_values | st.sampled_from(["1.png", "../x.png", "/etc/passwd", "images"])
)
inputs = st.fixed_dictionaries(
    {"id": st.integers(0, 3) | json_values, "input": entries, "output": json_values}
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    document=json_values
    | st.fixed_dictionaries({"data": json_values | st.lists(entries | inputs, max_size=5)})
)
@pytest.mark.parametrize("task_id", [CARS, SPEECH])
def test_no_json_value_raises_anything_but_a_data_error(tree: Tree, task_id: str, document: Any) -> None:
    tree.image("folder/images/1.png")
    path = tree.file("folder/annotation.json", json.dumps(document))
    try:
        data = load(TaskFiles(task_id, path.parent, path), task_of(task_id), tree.root)
    except DataError:
        return
    ids = [instance.id for instance in data.instances]
    assert len(set(ids)) == len(ids) > 0
    for instance in data.instances:
        assert instance.problem is not None or instance.media
        for media in instance.media:
            assert all(path.resolve().is_relative_to(tree.root.resolve()) for path in media.paths)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=60))
def test_no_bytes_raise_anything_but_a_data_error(tree: Tree, raw: bytes) -> None:
    path = tree.file(PATH, raw)
    try:
        load(TaskFiles(CAUSES, path.parent, path), task_of(CAUSES), tree.root)
    except DataError as error:
        assert "\n" not in str(error)


def test_odd_outputs_are_kept_raw_for_the_protocol(tree: Tree) -> None:
    data = tree.causes(
        question(1, output=[["x"]]), question(2, output={"weird": {"deep": 3}}), question(3, output="")
    )
    assert [instance.reference for instance in data.instances] == [[["x"]], {"weird": {"deep": 3}}, ""]
    assert data.problems == ()


def test_an_image_task_loads_its_images(tree: Tree) -> None:
    tree.image("image/comprehension/car_brands_recognition/images/1.png")
    media = tree.cars(pictured(1)).instances[0].media
    assert [(one.medium, one.field, one.path.name) for one in media] == [("image", "image_file", "1.png")]
