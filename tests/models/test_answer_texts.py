"""How answers of `hf:` models begin and end, and which template asks for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench.core.errors import ModelError
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.models import make_model
from pytest_generalbench.models.transformers.decoding import Decoder, dropped_tokens, special_tokens
from pytest_generalbench.models.transformers.templates import find_template, opened_reasoning
from tests.models.tiny import CHAT, save_image_text_model, save_text_model, tokenizer

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
]
pytest.importorskip("torch")
pytest.importorskip("transformers")

KEPT = [
    "<|box_start|>", "<|object_ref_start|>", "<|quad_start|>", "<ref>", "</box>", "<|det|>", "<loc_12>",
    "<patch_index_0001>", "<phrase>", "<points>", "<think>", "</think>", "[THINK]", "<|channel|>",
    "<|START_THINKING|>", "<answer>",
]  # fmt: skip
DROPPED = [
    "<|im_start|>", "<|im_end|>", "<|image_pad|>", "<|vision_start|>", "<|fim_prefix|>", "<|eot_id|>",
    "<|start_header_id|>", "<|end|>", "<|message|>", "<unused1>", "<|repo_name|>", "<IMG_CONTEXT>",
]  # fmt: skip


def with_tokens(*tokens: str) -> Any:
    return tokenizer(extra={f"t{number}": token for number, token in enumerate(tokens)})


def ask(model: Any, *texts: str, new: int = 8) -> list[Output]:
    requests = [Request("t", str(n), (text,), max_new_tokens=new) for n, text in enumerate(texts)]
    answers = list(model.generate(requests))
    assert all(isinstance(answer, Output) for answer in answers), answers
    return answers


def load(folder: Path, **settings: Any) -> Any:
    return make_model(Settings(f"hf:{folder}", offline=True, **settings), folder.parent)


def edit(path: Path, **values: Any) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    for key, value in values.items():
        content.pop(key, None)
        if value is not None:
            content[key] = value
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize("token", [*KEPT, *DROPPED])
def test_marks_of_places_and_reasoning_stay_and_others_go(token: str) -> None:
    words = with_tokens(token)
    tokens = [*words.encode("one "), words.convert_tokens_to_ids(token), *words.encode("two")]
    assert Decoder(words, []).decode(tokens) == ("one " + (token if token in KEPT else "") + "two")


def test_channels_keep_all_their_marks() -> None:
    marks = ["<|start|>", "<|end|>", "<|channel|>", "<|message|>"]
    words = with_tokens(*marks)
    special = special_tokens(words)
    assert {special[place] for place in dropped_tokens(words)}.isdisjoint(marks)


def test_an_answer_ends_at_the_first_end_token_and_at_a_stop_string() -> None:
    words = tokenizer()
    end = words.convert_tokens_to_ids("yes"[0])
    tokens = [*words.encode("one"), end, *words.encode("two")]
    assert Decoder(words, [end]).decode(tokens) == "one"
    assert Decoder(words, [], ["\n", " tw"]).decode(words.encode("one two\nthree")) == "one"


@pytest.mark.parametrize(
    ("prompt", "mark"),
    [
        ("assistant\n<think>\n", "<think>"), ("[/INST][THINK]", "[THINK]"), ("◁think▷", "◁think▷"),
        ("<|START_THINKING|>", "<|START_THINKING|>"), ("<seed:think>", "<seed:think>"),
        ("<think>\n\n</think>\n\n", ""), ("<think></think>", ""), ("<|END_THINKING|>", ""), ("[/THINK]", ""),
        ("what does <think> do?\nassistant:", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_prompt_that_opens_reasoning_is_recognised(prompt: str, mark: str) -> None:
    assert opened_reasoning(prompt) == mark


def test_reasoning_that_the_template_opened_is_opened_in_the_answer(tmp_path: Path) -> None:
    folder = save_text_model(tmp_path / "model")
    (folder / "chat_template.jinja").write_text(CHAT + "<think>\n", encoding="utf-8")
    (answer,) = ask(load(folder), "Which?")
    assert (answer.text or "").startswith("<think>")


def test_the_template_of_the_tokenizer_alone_is_used(tmp_path: Path) -> None:
    folder = save_image_text_model(tmp_path / "model")
    (folder / "chat_template.jinja").unlink()
    edit(
        folder / "tokenizer_config.json",
        chat_template="{% for m in messages %}Q: {{ m['content'] }} A:{% endfor %}",
    )
    model = load(folder)
    batch = model._encode([Request("t", "1", ("Which?",))])
    assert model.tokenizer.decode(batch["input_ids"][0]).endswith("Q: Which? A:")


def test_of_named_templates_the_one_for_conversations_is_used() -> None:
    words = tokenizer(chat=False)
    words.chat_template = {"chat": CHAT, "tool_use": "no", "rag": "no"}
    template = find_template(words, words, "name")
    assert template is not None
    assert template.text == CHAT
    words.chat_template = {"short": CHAT, "long": CHAT}
    with pytest.raises(ModelError, match="long, short and none is named default"):
        find_template(words, words, "name")


@pytest.mark.parametrize(
    ("file", "values"),
    [
        ("tokenizer_config.json", {"pad_token": None, "eos_token": None}),
        ("tokenizer_config.json", {"model_input_names": ["input_ids", "token_type_ids", "attention_mask"]}),
        ("tokenizer_config.json", {"model_input_names": ["input_ids"]}),
        ("config.json", {"max_position_embeddings": -1}),
        ("generation_config.json", {"stop_strings": ["e", "\n"]}),
    ],
)
def test_unusual_settings_cost_no_answer(tmp_path: Path, file: str, values: dict[str, Any]) -> None:
    folder = save_text_model(tmp_path / "model")
    edit(folder / file, **values)
    model = load(folder)
    texts = ("Which is it?", "A B C D one two three")
    assert ask(model, *texts) == [*ask(model, texts[0]), *ask(model, texts[1])]
