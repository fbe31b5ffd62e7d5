from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.models.base import Failed
from pytest_generalbench.models.openai import client
from pytest_generalbench.models.openai.model import OpenAIModel
from tests.models.served import Said, Served, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OPTIONAL = ("max_tokens", "max_completion_tokens", "temperature", "seed", "skip_special_tokens")

WAYS: dict[str, tuple[int, Callable[[str], object]]] = {
    "openai": (
        400,
        lambda name: {
            "error": {
                "message": f"Unsupported parameter: '{name}' is not supported with this model.",
                "type": "invalid_request_error",
                "param": name,
                "code": "unsupported_parameter",
            }
        },
    ),
    "azure": (400, lambda name: {"error": {"message": f"Unrecognized request argument supplied: {name}"}}),
    "azure, several": (
        400,
        lambda name: {"error": {"message": f"Unrecognized request arguments supplied: {name}, x"}},
    ),
    "pydantic 2": (
        422,
        lambda name: {
            "detail": [
                {
                    "type": "extra_forbidden",
                    "loc": ["body", name],
                    "msg": "Extra inputs are not permitted",
                    "input": 0,
                }
            ]
        },
    ),
    "pydantic 1": (
        422,
        lambda name: {"detail": [{"loc": ["body", name], "msg": "extra fields not permitted", "type": "x"}]},
    ),
    "pydantic in a text": (
        400,
        lambda name: {
            "object": "error",
            "message": f"[{{'type': 'extra_forbidden', 'loc': ('body', '{name}'), "
            "'msg': 'Extra inputs are not permitted'}]",
            "code": 400,
        },
    ),
    "mistral": (
        422,
        lambda name: {
            "object": "error",
            "message": {"detail": [{"type": "extra_forbidden", "loc": ["body", name], "msg": "no"}]},
        },
    ),
    "plain text": (400, lambda name: f"unknown field `{name}`, expected one of `model`, `messages`"),
    "a line": (400, lambda name: {"error": f"{name} is not supported"}),
    "a line, detail": (400, lambda name: {"detail": f"This model doesn't accept {name}."}),
    "groq": (
        400,
        lambda name: {
            "error": {"message": f"property '{name}' is unsupported", "type": "invalid_request_error"}
        },
    ),
    "go": (400, lambda name: {"error": {"message": f'json: unknown field "{name}"'}}),
    "gemini": (
        400,
        lambda name: [
            {
                "error": {
                    "code": 400,
                    "message": f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.',
                    "status": "INVALID_ARGUMENT",
                }
            }
        ],
    ),
    "in another's error": (
        400,
        lambda name: {
            "error": {
                "message": "Provider returned error",
                "code": 400,
                "metadata": {
                    "raw": json.dumps({"error": {"message": f"{name}: Extra inputs are not permitted"}})
                },
            }
        },
    ),
    "python": (500, lambda name: {"error": f"generate() got an unexpected keyword argument '{name}'"}),
    "not implemented": (501, lambda name: {"error": {"message": f"{name} is not implemented"}}),
    "in 200": (200, lambda name: {"error": {"message": f"Unsupported parameter: {name}", "code": 400}}),
    "allowed ones listed": (
        400,
        lambda name: {
            "error": {
                "message": "Supported parameters are: "
                + ", ".join(one for one in OPTIONAL if one != name)
                + f". The parameter {name} is not allowed."
            }
        },
    ),
    "without a name": (400, lambda name: {"error": {"message": "extra fields not permitted"}}),
}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "back_off", lambda attempt: 0.01)
    for name in ("OPENAI_API_KEY", "GENERALBENCH_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def asked(
    served: Served, given: Sequence[Request], retries: int = 1
) -> tuple[list[Output | Failed], tuple[str, ...]]:
    settings = Settings(
        "openai:tiny", base_url=served.url, request_timeout=30.0, retries=retries, concurrency=1
    )
    model = OpenAIModel("tiny", settings)
    try:
        return list(model.generate(given)), model.notes
    finally:
        model.close()


def requests(count: int = 3, **fields: Any) -> list[Request]:
    values = {"max_new_tokens": 5, "seed": 7, **fields}
    return [Request("nlp/x", str(n), (f"question {n}",), **values) for n in range(count)]


def refusing(way: str, names: Sequence[str]) -> Callable[[dict[str, Any], int], Said]:
    """Answer like a server that refuses these parameters, one at a time, the last of a request first."""
    status, words = WAYS[way]

    def answer(body: dict[str, Any], number: int) -> Said:
        for name in reversed(body):
            if name in names:
                content = words(name)
                return Said(status=status, body=content if isinstance(content, str) else json.dumps(content))
        return Said("ok")

    return answer


@pytest.mark.parametrize("name", ["max_tokens", "temperature", "seed", "skip_special_tokens"])
@pytest.mark.parametrize("way", WAYS)
def test_a_refused_parameter_is_left_out_for_the_rest_of_the_run(way: str, name: str) -> None:
    boxes = requests(3, form="boxes", output_medium="map")
    with serve(refusing(way, [name])) as served:
        answers, notes = asked(served, boxes)
    assert [one.text for one in answers if isinstance(one, Output)] == ["ok"] * 3
    assert answers[0].details["without"][-1:] != []  # type: ignore[union-attr]
    assert all(name not in body for body in served.asked[-2:])
    assert len(served.asked) <= (3 + 1 if way != "without a name" else 3 + 5)
    assert any(name in note for note in notes)
    if way != "without a name":
        expected = {"max_tokens", "temperature", "seed", "skip_special_tokens"} - {name}
        sent = set(served.asked[-1]) - {"model", "messages"}
        assert sent == expected | ({"max_completion_tokens"} if name == "max_tokens" else set())
        assert len(notes) == 1


@pytest.mark.parametrize("way", WAYS)
def test_a_server_that_takes_nothing_but_messages_is_asked_with_nothing_else(way: str) -> None:
    with serve(refusing(way, OPTIONAL)) as served:
        answers, _ = asked(served, requests(3))
    assert [one.text for one in answers if isinstance(one, Output)] == ["ok"] * 3
    assert set(served.asked[-1]) == {"model", "messages"}
    assert len(served.asked) <= 3 + 5


@pytest.mark.parametrize(
    ("message", "sent"),
    [
        ("'max_tokens' is too large: 500. This model supports at most 100 completion tokens.", 100),
        ("max_tokens must be less than or equal to 64", 64),
        ("Invalid value for max_tokens: range of [1, 200] expected", 200),
        ("Invalid 'max_tokens': integer below minimum value. Expected a value >= 600, but got 500.", 600),
    ],
)
def test_a_length_out_of_bounds_is_brought_within(message: str, sent: int) -> None:
    def answer(body: dict[str, Any], number: int) -> Said:
        if body["max_tokens"] == sent:
            return Said("ok")
        return Said(status=400, body=json.dumps({"error": {"message": message, "param": "max_tokens"}}))

    with serve(answer) as served:
        answers, notes = asked(served, requests(3, max_new_tokens=500))
    assert all(isinstance(one, Output) for one in answers)
    assert len(served.asked) == 4
    assert f"{sent}" in notes[0]


@pytest.mark.parametrize(
    ("message", "sent"),
    [
        ("`temperature` has to be a strictly positive float", 0.01),
        ("temperature must be greater than 0", 0.01),
        ("temperature must be in the range (0.01, 2.0]: at least 0.01", 0.01),
        (
            "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value "
            "is supported.",
            None,
        ),
        ("temperature is deprecated for this model", None),
        ("invalid temperature: only 1 is allowed for this model", None),
    ],
)
def test_a_temperature_of_zero_that_is_refused_becomes_small_or_is_left_out(
    message: str, sent: float | None
) -> None:
    def answer(body: dict[str, Any], number: int) -> Said:
        if body.get("temperature") == sent:
            return Said("ok")
        return Said(status=400, body=json.dumps({"error": {"message": message}}))

    with serve(answer) as served:
        answers, notes = asked(served, requests(3))
    assert all(isinstance(one, Output) for one in answers)
    assert len(served.asked) == 4
    assert len(notes) == 1


@pytest.mark.parametrize(
    "message",
    [
        "This model's maximum context length is 4096 tokens. However, you requested 4200 tokens (4100 in the "
        "messages, 100 in the completion). Please reduce the length of the messages or completion.",
        "'max_tokens' or 'max_completion_tokens' is too large: 500. This model's maximum context length is "
        "4096 tokens and your request has 4000 input tokens.",
        "The model `tiny` does not exist.",
        "Invalid value: 'messages[0].content'",
        "At most 1 image may be provided in one request.",
    ],
)
def test_a_complaint_about_something_else_changes_no_parameter(message: str) -> None:
    with serve(
        lambda body, number: Said(status=400, body=json.dumps({"error": {"message": message}}))
    ) as served:
        answers, notes = asked(served, requests(2))
    assert all(isinstance(one, Failed) and message[:40] in one.message for one in answers)
    assert len(served.asked) == 2
    assert notes == ()


def test_a_guess_that_does_not_help_changes_nothing_and_is_not_repeated() -> None:
    with serve(lambda body, number: Said(status=400, body='{"error": "invalid input"}')) as served:
        answers, notes = asked(served, requests(3))
    assert all(isinstance(one, Failed) and "invalid input" in one.message for one in answers)
    assert notes == ()
    assert {"max_tokens", "temperature", "seed"} <= set(served.asked[-1])
    assert len(served.asked) <= 3 + 4


def test_special_tokens_are_asked_for_where_boxes_are_wanted_and_end_marks_are_cut() -> None:
    answer = "<|box_start|>(1,2),(3,4)<|box_end|><|im_end|>\n<|endoftext|>"
    with serve(lambda body, number: Said(answer)) as served:
        boxes, _ = asked(served, requests(1, form="boxes", output_medium="map"))
        words, _ = asked(served, requests(1))
    assert served.asked[0]["skip_special_tokens"] is False
    assert "skip_special_tokens" not in served.asked[1]
    assert boxes[0].text == "<|box_start|>(1,2),(3,4)<|box_end|>"  # type: ignore[union-attr]
    assert words[0].text == answer  # type: ignore[union-attr]
