"""System prompts as models get them: by the role of their template, or as the first lines of the request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench.core.media.media import Media
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.models import make_model
from tests.models.tiny import CHAT, save_image_text_model, save_text_model

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
]
pytest.importorskip("torch")
pytest.importorskip("transformers")

SYSTEM = "You are a careful annotator.\nSay little."

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CHATML_WITH_DEFAULT = (
    "{% if messages[0]['role'] != 'system' %}<|im_start|>system\nYou are Qwen.<|im_end|>\n{% endif %}"
    + CHATML
)
LLAMA_2 = (
    "{% if messages[0]['role'] == 'system' %}{% set rest = messages[1:] %}"
    "{% set first = '<<SYS>>\n' + messages[0]['content'] + '\n<</SYS>>\n\n' %}"
    "{% else %}{% set rest = messages %}{% set first = '' %}{% endif %}"
    "{% for m in rest %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate') }}{% endif %}"
    "[INST] {{ first if loop.first else '' }}{{ m['content'] }} [/INST]{% endfor %}"
)
REFUSING = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for m in messages %}<start>{{ m['role'] }}\n{{ m['content'] }}<end>\n{% endfor %}"
)
SILENT = "{% for m in messages if m['role'] == 'user' %}Q: {{ m['content'] }} A:{% endfor %}"
TWO_ROLES = (
    "{% for m in messages %}{% if m['role'] == 'user' %}USER: {% else %}ASSISTANT: {% endif %}"
    "{{ m['content'] }}\n{% endfor %}ASSISTANT:"
)
OTHERS_ARE_USERS = (
    "{% for m in messages %}{% if m['role'] == 'assistant' %}ASSISTANT: {% else %}USER: {% endif %}"
    "{{ m['content'] }}\n{% endfor %}ASSISTANT:"
)
SYSTEM_IS_PARTS = (
    "{% for m in messages %}{% if m['role'] == 'system' %}[S]{{ m['content'][0]['text'] }}[/S]"
    "{% else %}[U]{{ m['content'] }}[/U]{% endif %}{% endfor %}"
)
FIRST = f"{SYSTEM}\nWhich?"


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_text_model(tmp_path_factory.mktemp("system") / "model")


@pytest.fixture(scope="module")
def saved_image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_image_text_model(tmp_path_factory.mktemp("system") / "model")


def load(folder: Path, template: str | None = CHAT) -> Any:
    path = folder / "chat_template.jinja"
    if template is None:
        path.unlink(missing_ok=True)
    else:
        path.write_text(template, encoding="utf-8")
    return make_model(Settings(f"hf:{folder}", offline=True), folder)


def ask(text: str = "Which?", system: str = SYSTEM, **more: Any) -> Request:
    return Request("nlp/x", "1", (text,), system=system, max_new_tokens=4, **more)


@pytest.mark.parametrize(
    ("template", "prompt"),
    [
        (CHATML, f"<|im_start|>system\n{SYSTEM}<|im_end|>\n<|im_start|>user\nWhich?<|im_end|>\n"
                 "<|im_start|>assistant\n"),
        (CHATML_WITH_DEFAULT, f"<|im_start|>system\n{SYSTEM}<|im_end|>\n<|im_start|>user\nWhich?<|im_end|>\n"
                              "<|im_start|>assistant\n"),
        (LLAMA_2, f"[INST] <<SYS>>\n{SYSTEM}\n<</SYS>>\n\nWhich? [/INST]"),
        (REFUSING, f"<start>user\n{FIRST}<end>\n"),
        (SILENT, f"Q: {FIRST} A:"),
        (TWO_ROLES, f"USER: {FIRST}\nASSISTANT:"),
        (OTHERS_ARE_USERS, f"USER: {FIRST}\nASSISTANT:"),
        (SYSTEM_IS_PARTS, f"[S]{SYSTEM}[/S][U]Which?[/U]"),
        (CHAT, f"{FIRST}\n"),
        (None, FIRST),
    ],
    ids=["chatml", "default", "llama 2", "refuses", "leaves out", "two roles", "others are users", "parts",
         "without roles", "base model"],
)  # fmt: skip
def test_each_kind_of_template_says_the_system_prompt_once_and_in_its_place(
    saved: Path, template: str | None, prompt: str
) -> None:
    model = load(saved, template)
    assert model.shown(ask()) == prompt
    without = model.shown(ask(system=""))
    assert SYSTEM not in without
    assert without.count("Which?") == 1


def test_a_batch_with_system_prompts_says_what_each_request_says_alone(saved: Path) -> None:
    model = load(saved, CHATML)
    requests = [ask("Which? " * n, system) for n, system in ((1, SYSTEM), (5, SYSTEM), (3, ""))]
    together = model.generate(requests)
    assert together == [model.generate([request])[0] for request in requests]
    assert all(isinstance(answer, Output) for answer in together)


def test_a_system_prompt_counts_for_the_context(saved: Path) -> None:
    model = load(saved, CHATML)
    model.context_length = 200
    long = ask(system="word " * 300)
    failed, fine = model.generate([long, ask()])
    assert "too many for a context of 200" in failed.message
    assert fine == model.generate([ask()])[0]


@pytest.mark.parametrize("media_first", [True, False])
def test_a_model_of_pictures_gets_it_too(saved_image: Path, tmp_path: Path, media_first: bool) -> None:
    image = pytest.importorskip("PIL.Image")
    image.new("RGB", (40, 30), (80, 10, 10)).save(tmp_path / "a.png")
    shown = Media("image", (tmp_path / "a.png",))
    parts = (shown, "Which?") if media_first else ("Which?", shown)
    request = Request("image/x", "1", parts, system=SYSTEM, max_new_tokens=4)
    model = load(saved_image)
    first = f"{SYSTEM}\n<image> × 4 Which?" if media_first else f"{SYSTEM}\nWhich?<image> × 4 "
    assert model.shown(request) == f"{first}\n"
    roles = "{% for m in messages %}[{{ m['role'] }}]{% for p in m['content'] %}"
    roles += (
        "{% if p['type'] == 'image' %}<image>{% else %}{{ p['text'] }}{% endif %}{% endfor %}{% endfor %}"
    )
    inner = "<image> × 4 Which?" if media_first else "Which?<image> × 4 "
    assert load(saved_image, roles).shown(request) == f"[system]{SYSTEM}[user]{inner}"


def test_a_template_that_refuses_it_beside_pictures_gets_it_as_first_lines(
    saved_image: Path, tmp_path: Path
) -> None:
    image = pytest.importorskip("PIL.Image")
    image.new("RGB", (40, 30), (80, 10, 10)).save(tmp_path / "a.png")
    refusing = (
        "{% for m in messages %}{% for p in m['content'] %}"
        "{% if p['type'] == 'image' and messages[0]['role'] == 'system' %}"
        "{{ raise_exception('Prompting with images is incompatible with system messages') }}{% endif %}"
        "{% if loop.first %}[{{ m['role'] }}]{% endif %}"
        "{% if p['type'] == 'image' %}<image>{% else %}{{ p['text'] }}{% endif %}{% endfor %}{% endfor %}"
    )
    model = load(saved_image, refusing)
    shown = Request("image/x", "1", (Media("image", (tmp_path / "a.png",)), "Which?"), system=SYSTEM)
    assert model.shown(shown) == f"[user]{SYSTEM}\n<image> × 4 Which?"
    assert model.shown(ask()) == f"[system]{SYSTEM}[user]Which?"


def test_the_tokens_are_those_of_the_documented_call(saved: Path) -> None:
    model = load(saved, CHATML_WITH_DEFAULT)
    turns = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": "Which?"}]
    wanted = model.tokenizer.apply_chat_template(turns, add_generation_prompt=True, return_dict=True)
    assert model._encode([ask()])["input_ids"][0].tolist() == wanted["input_ids"]
