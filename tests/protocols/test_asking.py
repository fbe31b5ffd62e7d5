"""What a protocol adds to a file's own words, and when it adds nothing."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_generalbench import protocols
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols.text.parsers.labels.label import lists_all
from tests.protocols.questions import a_context, an_instance, prompt_of

SHORT = "Answer with a word or a short phrase only."


@pytest.mark.parametrize(
    ("metric", "wanted"),
    [
        ("token_f1", SHORT),
        ("exact_match", SHORT),
        ("anls", SHORT),
        ("bleu1", "Answer directly, in a short sentence."),
        ("rougeL", "Answer directly, in a short sentence."),
    ],
)
def test_a_metric_that_punishes_words_gets_a_short_answer_asked_for(metric: str, wanted: str) -> None:
    asked = prompt_of("free_text", {"question": "Who?"}, metric=metric, archetype="text_open_qa")
    assert asked.splitlines()[-1] == wanted


@pytest.mark.parametrize(
    ("prompt", "stated"),
    [
        ("List them, separated by commas.", True),
        ("Provide only the category name as output.", True),
        ("Split the result by commas instead of \\n.", True),
        ("Return only the entities.", True),
        ("Answer in JSON format.", True),
        ("Write one entity per line.", True),
        ("Find all entities.", False),
        ("Give the result for this text.", False),
        ("What is the relation? Choose from: a, b.", False),
    ],
)
def test_a_form_that_the_file_states_is_not_contradicted(prompt: str, stated: bool) -> None:
    given = {"raw_text": "Bob, separated by commas.", "prompt": f"<<<raw_text>>>\n{prompt}"}
    assert fields.states_form(an_instance(given)) == stated
    assert ("JSON list" in prompt_of("extraction", given)) != stated


@pytest.mark.parametrize(
    ("text", "labels", "wanted"),
    [
        ("entailment, contradiction, or neutral?", ("contradiction", "entailment", "neutral"), True),
        ("Is it toxic, not toxic?", ("not toxic", "toxic"), True),
        ("Is it a cat or a dog?", ("cat", "dog"), True),
        ("1. cat\n2. dog", ("cat", "dog"), True),
        ("Choose from: hip hop, jazz.", ("hip-hop", "jazz"), True),
        ("cat, dog", ("cat", "dog", "bird"), False),
        ("for (int i = 0; i < 1; )", ("0", "1"), False),
        ("neutral talk of contradiction and entailment", ("contradiction", "entailment", "neutral"), False),
    ],
)  # fmt: skip
def test_candidates_are_listed_or_not(text: str, labels: tuple[str, ...], wanted: bool) -> None:
    assert lists_all(text, labels) == wanted


def _label_prompt(prompt: str) -> str:
    raw: list[Any] = [{"label": "cat"}, {"label": "dog"}]
    instances = [an_instance({"prompt": prompt, "raw_text": "cat, dog"}, item, str(item)) for item in raw]
    return protocols.get("label").request(instances[0], a_context("label", *instances)).text


def test_candidates_are_printed_once() -> None:
    assert _label_prompt("Cat, or dog?").count("dog") == 2
    assert "Candidates: cat, dog" in _label_prompt("<<<raw_text>>> What is it?")


def test_a_label_prompt_that_asks_for_the_name_alone_stays_as_it_is() -> None:
    asked = _label_prompt("<<<raw_text>>> Choose from: cat, dog. Provide only the name.")
    assert asked == "cat, dog Choose from: cat, dog. Provide only the name."
