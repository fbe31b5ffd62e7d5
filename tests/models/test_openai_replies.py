from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_generalbench.core.request import Output
from pytest_generalbench.models.base import Failed
from pytest_generalbench.models.openai.http import decoded_reply
from pytest_generalbench.models.openai.replies import Outcome, outcome_of


def outcome(content: object, status: int = 200) -> Outcome:
    body = content if isinstance(content, str) else json.dumps(content)
    return outcome_of(decoded_reply(status, {}, body.encode()))


def state_of(result: Outcome) -> str:
    if isinstance(result.answer, Failed):
        return result.answer.state
    return "refused" if result.answer.refused else "ok"


def choice(content: object = "", reason: str | None = "stop", **message: Any) -> dict[str, Any]:
    spoken = {"role": "assistant", "content": content, **message}
    return {"choices": [{"index": 0, "message": spoken, "finish_reason": reason}], "usage": {}}


@pytest.mark.parametrize(
    "content",
    [
        choice("", "content_filter"),
        choice(None, "content_filter"),
        choice("half of", "content_filter"),
        choice("", "content_filter: PROHIBITED_CONTENT"),
        choice("", "sensitive"),
        choice(None, "SAFETY"),
        choice(None, "RECITATION"),
        choice(None, "BLOCKLIST"),
        choice(None, "refusal"),
        choice(None, "guardrail_intervened"),
        choice(None, "stop", refusal="I will not"),
        choice([{"type": "refusal", "refusal": "No."}]),
        {"choices": [], "promptFeedback": {"blockReason": "SAFETY"}},
        {"error": {"code": "1301", "message": "contentFilter"}},
        {"error": {"message": "Content Exists Risk", "type": "invalid_request_error"}},
    ],
)
def test_what_a_filter_or_the_model_declined_is_a_refusal(content: object) -> None:
    result = outcome(content)
    assert (state_of(result), result.again) == ("refused", False)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (
            400,
            {
                "code": "content_filter",
                "message": "no",
                "innererror": {"code": "ResponsibleAIPolicyViolation"},
            },
        ),
        (
            400,
            {"code": None, "message": "The response was filtered due to Azure's content management policy."},
        ),
        (400, {"code": "invalid_prompt", "message": "Invalid prompt: flagged as potentially violating"}),
        (400, {"message": "Content Exists Risk"}),
        (400, {"code": "data_inspection_failed", "message": "Input may contain inappropriate content."}),
        (403, {"code": 403, "message": "Input requires moderation", "metadata": {"reasons": ["violence"]}}),
        (400, {"code": "1301", "message": "系统检测到输入或生成内容可能包含不安全或敏感内容"}),
    ],
)
def test_a_filter_that_speaks_as_an_error_is_a_refusal(status: int, error: dict[str, Any]) -> None:
    assert state_of(outcome({"error": error}, status)) == "refused"


@pytest.mark.parametrize(
    "content",
    [
        choice("", "error"),
        choice("half an ans", "error"),
        choice("", "network_error"),
        choice("", "abort"),
        choice("", "insufficient_system_resource"),
        choice(None, "MALFORMED_FUNCTION_CALL"),
        {"choices": [{"error": {"code": 502, "message": "upstream"}, "message": {"content": ""}}]},
        {"error": {"message": "upstream", "code": 502}},
        {"error": {"message": "busy", "code": 429}},
        {"error": "upstream failed"},
        {"object": "error", "message": "broken", "code": 500},
        {"choices": None, "base_resp": {"status_code": 1000, "status_msg": "unknown error"}},
        {"error_code": 336100, "error_msg": "try again"},
        {**choice("fine"), "error": {"message": "the stream broke"}},
        {"choices": []},
        {"choices": None},
        {"choices": [None]},
        {"choices": [{"message": None}]},
        {"choices": [{"message": {"content": 7}}]},
        {"choices": {}},
        {"id": "x"},
        [],
        "null",
        "",
        "<html>busy</html>",
        "{",
    ],
)
def test_what_broke_off_is_an_error_and_asked_again(content: object) -> None:
    result = outcome(content)
    assert (state_of(result), result.again) == ("error", True)
    assert isinstance(result.answer, Failed)
    assert "\n" not in result.answer.message


def test_a_busy_server_that_says_so_in_a_good_reply_is_asked_less() -> None:
    assert outcome({"error": {"message": "busy", "code": 429}}).busy
    assert not outcome({"error": {"message": "bad", "code": 400}}).again


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (choice("", "stop", reasoning_content="The answer is B."), "all 16 characters as reasoning"),
        (choice(None, "tool_calls", tool_calls=[{"function": {"name": "f"}}]), "called a tool"),
        (choice(None, "function_call", function_call={"name": "f"}), "called a tool"),
        (choice([{"type": "image_url", "image_url": {"url": "data:"}}]), "no text but image_url"),
    ],
)
def test_what_holds_no_text_for_a_reason_is_unparsable_and_says_why(content: object, words: str) -> None:
    result = outcome(content)
    assert (state_of(result), result.again) == ("unparsable", False)
    assert isinstance(result.answer, Failed)
    assert words in result.answer.message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (choice("", "length"), "length was used up before"),
        (choice(None, "MAX_TOKENS"), "length was used up"),
        (choice("", "length", reasoning_content="Let me think"), "used up on 12 characters of reasoning"),
        (choice(None, "length", reasoning="Let me think"), "used up on 12 characters"),
        (choice("", "model_length", reasoning_details=[{"type": "x", "text": "Let me"}]), "on 6 characters"),
        (choice([{"type": "thinking", "thinking": [{"type": "text", "text": "abc"}]}], "length"), "on 3"),
    ],
)
def test_a_length_that_was_used_up_before_any_text_is_an_answer_that_was_cut_off(
    content: object, words: str
) -> None:
    result = outcome(content)
    assert isinstance(result.answer, Output)
    assert (state_of(result), result.again) == ("ok", False)
    assert (result.answer.is_cut_off, result.answer.is_empty) == (True, True)
    assert words in result.answer.details["empty"]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (choice("A", refusal=""), "A"),
        (choice("A", refusal=None), "A"),
        (choice("A", None), "A"),
        (choice("A", "eos"), "A"),
        (choice("half an ans", "length"), "half an ans"),
        (choice("A", "stop", reasoning_content="B?"), "A"),
        (choice("A", "tool_calls", tool_calls=[]), "A"),
        (choice([{"type": "text", "text": "a"}, {"type": "output_text", "text": "b"}, "c"]), "abc"),
        (choice([{"type": "text", "text": {"value": "a"}}]), "a"),
        (choice([{"type": "thinking", "thinking": "B?"}, {"type": "text", "text": "A"}]), "A"),
        (choice({"type": "text", "text": "A"}), "A"),
        (choice(""), ""),
        (choice(None), ""),
        ({**choice("A"), "error": None}, "A"),
        ({**choice("A"), "error": {}}, "A"),
        ({**choice("A"), "base_resp": {"status_code": 0, "status_msg": ""}}, "A"),
        ({"choices": [{"text": "A", "finish_reason": "stop"}]}, "A"),
        ("\ufeff" + json.dumps(choice("A")), "A"),
    ],
)
def test_answers_in_any_form_are_answers(content: object, text: str) -> None:
    result = outcome(content)
    assert isinstance(result.answer, Output)
    assert (result.answer.text, state_of(result)) == (text, "ok")


def test_an_answer_that_was_cut_off_says_so() -> None:
    result = outcome(choice("half an ans", "length"))
    assert isinstance(result.answer, Output)
    assert result.answer.details["finish_reason"] == "length"
