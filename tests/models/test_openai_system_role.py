"""Servers whose chat template has no role `system`: the system prompt goes before the user's words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_generalbench.core.media.media import Media
from pytest_generalbench.core.outputs.codecs.images.png import png
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.models.base import Failed
from pytest_generalbench.models.openai import client
from pytest_generalbench.models.openai.model import OpenAIModel
from pytest_generalbench.models.openai.parameters import refuses_system
from tests.models.served import Said, Served, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

SYSTEM = "You are a careful annotator."

REFUSALS: dict[str, tuple[int, object]] = {
    "vllm": (400, {"object": "error", "message": "System role not supported", "code": 400}),
    "vllm, newer": (400, {"error": {"message": "System role not supported None", "type": "BadRequestError"}}),
    "mistral's template": (
        400,
        {"object": "error", "message": "Conversation roles must alternate user/assistant/user/assistant/..."},
    ),
    "text generation inference": (
        422,
        {"error": "Template error: invalid operation: System role not supported (in <string>:1)"},
    ),
    "llama.cpp": (500, {"error": {"code": 500, "message": "Jinja Exception: System role not supported"}}),
    "lm studio": (
        400,
        {"error": "Error rendering prompt with jinja template: Only user and assistant roles are supported"},
    ),
    "openai": (
        400,
        {
            "error": {
                "message": "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
                "param": "messages[0].role",
                "code": "unsupported_value",
            }
        },
    ),
    "gemini": (
        400,
        [{"error": {"message": "Developer instruction is not enabled for models/gemma-3-27b-it"}}],
    ),
    "anthropic": (
        400,
        {"error": {"message": 'messages: Unexpected role "system". Use the top-level `system` parameter.'}},
    ),
    "pydantic": (
        422,
        {
            "detail": [
                {"loc": ["body", "messages", 0, "role"], "msg": "Input should be 'user' or 'assistant'"}
            ]
        },
    ),
    "first must be user": (400, {"detail": "The first message must be from the user"}),
    "starts with": (400, "A conversation must start with a user message"),
    "one of": (400, {"error": {"message": "role must be one of ['user', 'assistant']"}}),
    "in 200": (200, {"error": {"message": "system messages are not supported by this model", "code": 400}}),
    "nameless": (400, {"error": {"message": "Failed to apply the chat template: TemplateError"}}),
}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "back_off", lambda attempt: 0.01)
    for name in ("OPENAI_API_KEY", "GENERALBENCH_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def asked(served: Served, given: Sequence[Request]) -> tuple[list[Output | Failed], tuple[str, ...]]:
    settings = Settings("openai:tiny", base_url=served.url, request_timeout=30.0, retries=2, concurrency=1)
    model = OpenAIModel("tiny", settings)
    try:
        return list(model.generate(given)), model.notes
    finally:
        model.close()


def requests(count: int = 3, system: str = SYSTEM) -> list[Request]:
    return [Request("nlp/x", str(n), (f"question {n}",), system=system, seed=7) for n in range(count)]


def refusing(status: int, content: object) -> Callable[[dict[str, Any], int], Said]:
    def answer(body: dict[str, Any], number: int) -> Said:
        if body["messages"][0]["role"] != "system":
            return Said("ok")
        return Said(status=status, body=content if isinstance(content, str) else json.dumps(content))

    return answer


@pytest.mark.parametrize("way", REFUSALS)
def test_a_refused_system_role_is_left_out_for_the_rest_of_the_run(way: str) -> None:
    with serve(refusing(*REFUSALS[way])) as served:
        answers, notes = asked(served, requests())
    assert [one.text for one in answers if isinstance(one, Output)] == ["ok"] * 3
    assert [one.details["without"] for one in answers if isinstance(one, Output)] == [["system role"]] * 3
    assert len(served.asked) == 3 + 1
    last = served.asked[-1]
    assert last["messages"] == [{"role": "user", "content": f"{SYSTEM}\nquestion 2"}]
    assert {"max_tokens", "temperature", "seed"} <= set(last)
    assert len(notes) == 1
    assert "system role" in notes[0]


def test_beside_pictures_the_system_prompt_is_a_part_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(np.zeros((4, 4, 3), np.uint8)))
    picture = Media("image", (tmp_path / "a.png",))
    orders: tuple[tuple[str | Media, ...], ...] = ((picture, "Which?"), ("Which?", picture))
    given = [Request("t", str(number), parts, system=SYSTEM) for number, parts in enumerate(orders)]
    with serve(refusing(*REFUSALS["vllm"])) as served:
        asked(served, given)
    first, second = (body["messages"] for body in served.asked[1:])
    assert [part.get("text", "media") for part in first[0]["content"]] == [f"{SYSTEM}\n", "media", "Which?"]
    assert [part.get("text", "media") for part in second[0]["content"]] == [f"{SYSTEM}\nWhich?", "media"]


def test_a_server_may_refuse_parameters_and_the_system_role() -> None:
    def answer(body: dict[str, Any], number: int) -> Said:
        for name in ("seed", "temperature"):
            if name in body:
                return Said(status=400, body=json.dumps({"error": {"message": f"{name} is not supported"}}))
        return refusing(*REFUSALS["vllm"])(body, number)

    with serve(answer) as served:
        answers, notes = asked(served, requests())
    assert [one.text for one in answers if isinstance(one, Output)] == ["ok"] * 3
    assert len(served.asked) == 3 + 3
    assert len(notes) == 3


@pytest.mark.parametrize(
    "message",
    [
        "The system is overloaded",
        "This model's maximum context length is 4096 tokens: the system prompt is too long",
        "Invalid value: 'messages[0].content'",
        "At most 1 image may be provided in one request.",
        "The model `tiny` does not exist.",
        "Access denied: your role is not allowed to use the systems of this organisation",
    ],
)
def test_a_complaint_about_something_else_leaves_the_system_role(message: str) -> None:
    assert not refuses_system(message)
    with serve(
        lambda body, number: Said(status=400, body=json.dumps({"error": {"message": message}}))
    ) as served:
        answers, notes = asked(served, requests(2))
    assert all(isinstance(one, Failed) and message[:40] in one.message for one in answers)
    assert all(body["messages"][0]["role"] == "system" for body in served.asked)
    assert notes == ()


def test_without_a_system_prompt_a_complaint_about_roles_is_the_servers_error() -> None:
    status, content = REFUSALS["mistral's template"]
    with serve(lambda body, number: Said(status=status, body=json.dumps(content))) as served:
        answers, notes = asked(served, requests(1, system=""))
    assert isinstance(answers[0], Failed)
    assert len(served.asked) == 1
    assert notes == ()


def test_a_server_that_is_busy_when_asked_without_something_is_asked_again() -> None:
    def answer(body: dict[str, Any], number: int) -> Said:
        if body["messages"][0]["role"] == "system":
            return Said(status=400, body='{"error": "TemplateError"}')
        return Said(status=429) if number == 0 else Said("ok")

    with serve(answer) as served:
        answers, notes = asked(served, requests(1))
    assert [one.text for one in answers if isinstance(one, Output)] == ["ok"]
    assert len(notes) == 1
