"""The registry of protocols, and what all requests have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench import metrics, protocols
from pytest_generalbench.core import vocabulary
from pytest_generalbench.core.errors import DataError, GeneralBenchError, UnknownWordError
from pytest_generalbench.core.media.media import Media
from pytest_generalbench.core.request import Instance, Output
from pytest_generalbench.core.task import validate
from pytest_generalbench.protocols.registry import REGISTRY
from pytest_generalbench.protocols.text.base import render, seed_of
from pytest_generalbench.protocols.text.short_answer import ShortAnswer
from pytest_generalbench.suite.tasks import load_tasks
from tests.protocols.questions import a_context, an_instance, prompt_of

if TYPE_CHECKING:
    from pathlib import Path

TEXT = tuple(name for name in protocols.names() if protocols.get(name).form == "text")


def test_these_protocols_have_text_answers() -> None:
    assert {
        "multiple_choice", "yes_no", "label", "short_answer", "final_answer", "free_text", "caption", "ocr",
        "counting", "extraction", "triplets", "roles", "code", "time_series",
    } == set(TEXT)  # fmt: skip


def test_every_shipped_task_names_a_metric_and_a_protocol_that_are_there() -> None:
    tasks = [validate(task, metrics.names(), protocols.names()) for task in load_tasks()]
    # `mos_auto` stands in for `mos` where an option asks for it.
    assert set(metrics.names()) - {task.metric.name for task in tasks} == {"mos_auto"}
    assert {task.protocol for task in tasks} <= set(protocols.names())
    assert set(vocabulary.ARCHETYPE_PROTOCOL.values()) <= set(protocols.names())


def test_an_unknown_word_is_answered_with_the_good_ones() -> None:
    with pytest.raises(UnknownWordError, match="did you mean 'multiple_choice'"):
        protocols.get("multiple_choise")


def test_a_plugin_adds_a_protocol_but_replaces_no_built_in(request: pytest.FixtureRequest) -> None:
    request.addfinalizer(REGISTRY.remove_added)

    class Riddle(ShortAnswer):
        name = "riddle"

    protocols.register(Riddle())
    assert isinstance(protocols.get("riddle"), Riddle)
    with pytest.raises(GeneralBenchError, match="built in"):
        protocols.register(ShortAnswer())


@pytest.mark.parametrize("name", TEXT)
def test_media_come_first_and_then_all_of_the_text(name: str, tmp_path: Path) -> None:
    media = (
        Media("image", (tmp_path / "a.png",), "image_file"),
        Media("image", (tmp_path / "b.png",), "image_file"),
    )
    fields = {"image_file": ["a.png", "b.png"], "question": "Which {x}?", "prompt": "Look."}
    instance = Instance("i1", "nlp/tiny", fields, media)
    request = protocols.get(name).request(instance, a_context(name))
    assert request.parts[:2] == media
    assert len(request.parts) == 3
    assert "Which {x}?\nLook." in request.text
    assert "a.png" not in request.text
    assert request.max_new_tokens == protocols.get(name).max_new_tokens
    assert request.output_medium == "text"


@pytest.mark.parametrize("name", TEXT)
def test_a_task_replaces_prompt_and_length(name: str) -> None:
    context = a_context(name, prompt="Say it: {question}", max_new_tokens=7)
    request = protocols.get(name).request(an_instance({"question": "What?"}), context)
    assert request.text == "Say it: What?"
    assert request.max_new_tokens == 7


@pytest.mark.parametrize("name", TEXT)
def test_a_parser_of_no_use_to_the_protocol_is_refused(name: str) -> None:
    instance = an_instance({"question": "What?", "options": ["a", "b"]})
    with pytest.raises(UnknownWordError, match="choose from"):
        protocols.get(name).parse(Output("x"), instance, a_context(name, parser="teletype"))


def test_a_task_may_choose_another_parser_of_the_same_type() -> None:
    context = a_context("short_answer", parser="final_answer")
    result = protocols.get("short_answer").parse(Output("Hm.\nFinal Answer: 4."), an_instance({}), context)
    assert result == "4"


@pytest.mark.parametrize("name", TEXT)
def test_no_text_is_no_prediction(name: str) -> None:
    instance = an_instance({"question": "What?", "options": ["a", "b"]})
    protocol = protocols.get(name)
    assert protocol.parse(Output(None), instance, a_context(name)) is None
    assert protocol.parse(Output(""), instance, a_context(name)) is None


@pytest.mark.parametrize("name", TEXT)
def test_an_instance_that_asks_nothing_is_an_error(name: str) -> None:
    with pytest.raises(DataError, match=r"'i1'.*nothing to ask"):
        protocols.get(name).request(an_instance({}), a_context(name))


@pytest.mark.parametrize("name", ["multiple_choice", "yes_no", "short_answer", "free_text"])
def test_media_alone_are_no_question(name: str, tmp_path: Path) -> None:
    media = (Media("image", (tmp_path / "a.png",), "image_file"),)
    with pytest.raises(DataError, match="nothing to ask"):
        protocols.get(name).request(Instance("i1", "t", {"image_file": "a.png"}, media), a_context(name))


def test_the_seed_depends_on_task_and_instance_only() -> None:
    assert seed_of("a", "b") == seed_of("a", "b") != seed_of("a", "c")
    assert 0 <= seed_of("a", "b") < 2**32
    assert seed_of("nlp/tiny", "i1") == 1569104590


def test_an_unknown_field_of_a_prompt_is_refused() -> None:
    with pytest.raises(UnknownWordError, match="prompt field"):
        prompt_of("free_text", {"question": "x"}, prompt="{questoin}")


@pytest.mark.parametrize(
    ("template", "values", "wanted"),
    [
        ("{a}\n{b}", {"a": "1", "b": ""}, "1"),
        ("{a} {b}\nx", {"a": "", "b": "2"}, "2\nx"),
        (r"\boxed{A} {1}", {}, r"\boxed{A} {1}"),
        ("{a}", {"a": "{a} {b}"}, "{a} {b}"),
    ],
)
def test_a_template_is_filled_once_and_empty_lines_go(template: str, values: Any, wanted: str) -> None:
    assert render(template, values) == wanted


@pytest.mark.parametrize("name", TEXT)
def test_every_protocol_documents_its_prompt_parser_and_types(name: str) -> None:
    text = " ".join((type(protocols.get(name)).__doc__ or "").split())
    for word in ("Prompt fields", "arser", "rediction", "eference"):
        assert word in text
