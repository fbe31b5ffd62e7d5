from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.media.media import Media
from pytest_generalbench.core.request import Instance
from pytest_generalbench.protocols import instance_fields as fields
from tests.protocols.questions import an_instance, prompt_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"question": "Why?"}, "Why?"),
        ({"prompt": "Look.", "question": "Why?"}, "Why?\nLook."),
        ({"question": "Why?", "context": "Because."}, "Context: Because.\nWhy?"),
        ({"question": "Why?", "zebra": "striped"}, "zebra: striped\nWhy?"),
        ({"raw_text": "Bob", "prompt": "Find in <<<raw_text>>>."}, "Find in Bob."),
        ({"raw_text": "Bob", "prompt": "Find."}, "Bob\nFind."),
        (
            {"tweets": "No!", "target": "tax", "prompt": "<<<tweets>>> on <<< Target >>>"},
            "No! on tax",
        ),
        ({"raw_text": "<<<x>>>", "prompt": "Read <<<raw_text>>>"}, "Read <<<x>>>"),
        (
            {"image_file": "a.jpg", "video_file_list": ["v/1.jpg"], "audio_file": "a\\b.wav", "prompt": "P"},
            "P",
        ),
        ({"video_folder": "v/1", "prompt": "P", "question_id": 7, "fps": 8}, "P"),
        ({"foo": "x/y.mp4", "prompt": "P"}, "P"),
        ({"question": "", "prompt": None, "text": []}, ""),
        ({"data": [1, 2.5], "prompt": "Next?"}, "Data: 1, 2.5\nNext?"),
        ({"dialog": ["Hi", "Yo"]}, "Dialogue:\n1. A: Hi\n2. B: Yo"),
        (
            {"dialog": [{"role": "user", "content": "Hi"}, {"speaker": "Ann", "text": "Yo"}]},
            "Dialogue:\n1. user: Hi\n2. Ann: Yo",
        ),
        ({"document_list": ["a", "b"]}, "Documents:\n1. a\n\n2. b"),
        (
            {"table": [{"header": ["x", "y"], "rows": [["1", 2]]}, {"header": ["z"], "rows": [["3"]]}]},
            "Table:\nx | y\n1. 1 | 2\n\nz\n1. 3",
        ),
        ({"table": [["x", "y"], ["1", "2"]]}, "Table:\nx | y\n1 | 2"),
        ({"table": "a b"}, "Table: a b"),
        ({"problem": {"text": "2+2?", "constraints": ["a", "b"]}}, "Problem:\n2+2?\nConstraints:\na\nb"),
        ({"problem": {"text": "2+2?", "constraints": []}}, "Problem: 2+2?"),
        (
            {"goal": "Sort.", "context": [{"type": "example", "content": [{"input": "1", "output": "2"}]}]},
            "Context: Example: input 1, output 2\nGoal: Sort.",
        ),
        ({"scores": {"a": 1}}, 'scores: {"a": 1}'),
    ],
)
def test_all_of_an_instances_text_is_told(given: dict[str, Any], wanted: str) -> None:
    assert fields.statement(an_instance(given)) == wanted


def test_the_order_of_keys_does_not_decide() -> None:
    given = {"zebra": "1", "context": "2", "ape": "3", "question": "4", "document": "5"}
    turned = dict(reversed(given.items()))
    assert fields.statement(an_instance(given)) == fields.statement(an_instance(turned))


def test_a_field_that_became_a_medium_is_not_text(tmp_path: Path) -> None:
    media = (Media("image", (tmp_path / "a",), "left"),)
    instance = Instance("i1", "t", {"left": "a", "question": "Why?"}, media)
    assert fields.statement(instance) == "Why?"


def test_a_placeholder_without_value_is_named() -> None:
    with pytest.raises(DataError, match=r"'i1'.*<<<aspect>>>.*keys found: prompt, raw_text"):
        fields.statement(an_instance({"prompt": "<<<aspect>>>", "raw_text": "x"}))


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"in": "English", "out": "French", "input": "Hello"}, "Translate the text from English to French."),
        ({"document": "d"}, "Summarise the document"),
        ({"document_list": ["d", "e"]}, "Summarise the documents"),
        ({"dialog": ["Hi"]}, "one short reply"),
        ({"statement": "1 = 1"}, "Conclusion:"),
        ({"originalSentence": "a"}, "same meaning"),
        ({"Error Type": "tense", "Ungrammatical Statement": "He go."}, "Error type: tense"),
        ({"text": "hey", "style": "formal"}, "Style: formal"),
        ({"code": "x = 1"}, "what the code does"),
        ({"table": [{"header": ["a"], "rows": [["1"]]}]}, "Describe the table"),
        ({"question": "in <MASK> days"}, "Say what <MASK> stands for."),
    ],
)
def test_a_file_that_asks_nothing_is_told_what_to_do(given: dict[str, Any], text: str) -> None:
    assert text in prompt_of("free_text", given)


def test_the_languages_of_a_translation_are_told_once() -> None:
    assert prompt_of("free_text", {"in": "English", "out": "French", "input": "Hello"}).count("French") == 1


@pytest.mark.parametrize(
    ("text", "to_come"),
    [
        ("Please replace this with your own prompt.", True),
        ("[Insert your prompt here]", True),
        ("This is a placeholder for the prompt", True),
        ("to be replaced by the user's prompt", True),
        ("prompt to be filled in", True),
        ("You can use your own prompt to evaluate the model.", True),
        ("TODO", True),
        ("N/A", True),
        ("<prompt>", True),
        ("Detect the bird in the given image", False),
        ("Improve this prompt: a cat on a mat", False),
        ("Write a story that fits the prompt: none of them came home.", False),
        ("What does the user's prompt on the screen say?", False),
        ("None of the above?", False),
        ("?", False),
        ("Why?" + " a" * 200 + " replace it by your own prompt", False),
    ],
)
def test_a_prompt_to_come_is_no_prompt(text: str, to_come: bool) -> None:
    assert fields.is_prompt_to_come(text) is to_come
    value = fields.statement(an_instance({"prompt": text, "context": "c"}))
    assert (text in value) is not to_come
    assert (fields.find({"Prompt": text}, "question", "prompt") is None) is to_come
