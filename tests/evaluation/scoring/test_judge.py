from __future__ import annotations

import base64
import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench.core.errors import GeneralBenchError, ModelUnavailableError
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.core.task import MetricSpec
from pytest_generalbench.evaluation.scoring.judge import DemoJudge, ServedJudge, make_judge
from tests.builders import TASK, make_instance
from tests.fakes import FakeModel, evaluation
from tests.models.served import Said, serve

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pytest_generalbench.core.request import Request

JUDGED = replace(
    TASK,
    protocol="free_text",
    metric=MetricSpec("GPT-Score", "judge_score", "higher", "percent", "identity"),
)


class Server(HTTPServer):
    """A chat server on loopback that says what `replies` hold, one after another, then the last again."""

    replies: list[tuple[int, str]]
    asked: list[dict[str, Any]]


class Handler(BaseHTTPRequestHandler):
    disable_nagle_algorithm = True
    server: Server

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.asked.append(
            {"path": self.path, "key": self.headers["Authorization"], **json.loads(self.rfile.read(length))}
        )
        replies = self.server.replies
        status, text = replies.pop(0) if len(replies) > 1 else replies[0]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps({"choices": [{"message": {"content": text}}]}).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr("pytest_generalbench.evaluation.scoring.judge._PAUSE_S", 0.0)
    monkeypatch.setattr("pytest_generalbench.models.openai.client.back_off", lambda attempt: 0.0)
    made = Server(("127.0.0.1", 0), Handler)
    made.replies, made.asked = [(200, "1")], []
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def served(server: Server) -> ServedJudge:
    return ServedJudge("grader", f"http://127.0.0.1:{server.server_port}/v1/")


@pytest.mark.parametrize(("answer", "verdict"), [("1", 1.0), (" 0.", 0.0), ("**1**", 1.0)])
def test_a_digit_is_a_verdict(server: Server, answer: str, verdict: float) -> None:
    server.replies = [(200, answer)]
    assert served(server).verdict("q", ["r"], "a")[0] == verdict


def test_the_question_references_and_answer_reach_the_judge_and_the_key_comes_from_the_environment(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENERALBENCH_JUDGE_KEY", "sesame")
    served(server).verdict("the question", ["one", "two"], "the answer")
    (asked,) = server.asked
    assert asked["path"] == "/v1/chat/completions"
    assert asked["key"] == "Bearer sesame"
    assert asked["temperature"] == 0
    assert all(
        word in asked["messages"][0]["content"] for word in ("the question", "- one\n- two", "the answer")
    )


def judged(answer: Any) -> tuple[float | None, str, list[dict[str, Any]]]:
    with serve(answer) as server:
        verdict, text = ServedJudge("grader", server.url).verdict("q", ["r"], "a")
    return verdict, text, server.asked


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("name", ["max_tokens", "temperature", "seed"])
def test_what_the_judges_server_refuses_is_left_out(name: str) -> None:
    refusal = json.dumps({"error": {"message": f"Unsupported parameter: '{name}'", "param": name}})

    def answer(body: dict[str, Any], number: int) -> Said:
        return Said(status=400, body=refusal) if name in body else Said("1")

    verdict, _, asked = judged(answer)
    assert (verdict, len(asked)) == (1.0, 2)


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    "body", ['{"choices": null}', '{"choices": [{"message": null}]}', '{"error": {"code": 502}}', "<html>"]
)
def test_a_judges_reply_without_answer_is_asked_for_again(body: str) -> None:
    verdict, _, asked = judged(lambda _, number: Said(body=body) if number == 0 else Said("1"))
    assert (verdict, len(asked)) == (1.0, 2)


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("message", "reason", "words"),
    [
        ({"content": None, "refusal": "I will not"}, "stop", "judge refused: I will not"),
        ({"content": ""}, "content_filter", "judge refused"),
        ({"content": "", "reasoning": "Let me"}, "length", "used up on 6 characters of reasoning"),
        ({"content": "Rating: [[4]]"}, "stop", "cannot be read as 0 or 1: Rating: [[4]]"),
    ],
)
def test_why_a_judge_gave_no_verdict_is_named(message: dict[str, Any], reason: str, words: str) -> None:
    body = json.dumps({"choices": [{"message": message, "finish_reason": reason}]})
    verdict, text, _ = judged(lambda _, number: Said(body=body))
    assert verdict is None
    assert words in text


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("status", [200, 400, 401])
def test_the_judges_key_comes_back_in_no_message(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "sk-judge-0123456789-abcdefghij"
    monkeypatch.setenv("GENERALBENCH_JUDGE_KEY", secret)
    coded = base64.b64encode(f"Bearer {secret}".encode()).decode()
    text = f"{secret} {coded} {secret[:15]}"
    body = None if status == 200 else json.dumps({"error": {"message": text}})
    verdict, message, _ = judged(lambda _, number: Said(text, status=status, body=body))
    assert verdict is None
    assert not [part for part in (secret, coded, secret[:15]) if part in message]


def test_a_server_that_recovers_is_asked_again(server: Server) -> None:
    server.replies = [(503, ""), (200, "perhaps"), (200, "1")]
    assert served(server).verdict("q", ["r"], "a")[0] == 1.0
    assert len(server.asked) == 3


@pytest.mark.parametrize(("replies", "asked"), [([(500, "")], 3), ([(200, "maybe")], 3), ([(401, "")], 1)])
def test_a_judge_that_fails_gives_no_verdict(
    server: Server, replies: list[tuple[int, str]], asked: int
) -> None:
    server.replies = replies
    verdict, _ = served(server).verdict("q", ["r"], "a")
    assert verdict is None
    assert len(server.asked) == asked


def test_an_answer_whose_judge_failed_is_unjudged_not_zero(server: Server, tmp_path: Path) -> None:
    server.replies = [(200, "1"), (401, ""), (200, "0"), (200, "1")]
    instances = [make_instance(number, "a dog barks") for number in range(4)]
    model = FakeModel(lambda requests: ["a dog is barking"] * len(requests))
    result = evaluation(tmp_path, model, instances, served(server)).run(JUDGED)
    assert result.state == "incomplete"
    assert result.score == pytest.approx(200 / 3)
    assert (result.n, result.coverage) == (3, 0.75)
    assert result.reason is not None
    assert "unjudged" in result.reason
    assert result.definition is not None
    assert "grader" in result.definition


class Watched:
    """A judge that says whether it was asked, and is asked once at a time."""

    name = "watched"

    def __init__(self, error: Exception | None = None) -> None:
        self.is_asked = threading.Event()
        self.error = error
        self.count = 0

    def verdict(self, question: str, references: Sequence[str], answer: str) -> tuple[float | None, str]:
        self.count += 1
        self.is_asked.set()
        if self.error is not None:
            raise self.error
        return 1.0, "yes"


def test_the_first_answers_are_judged_before_the_last_are_given(tmp_path: Path) -> None:
    judge = Watched()
    was_asked: list[bool] = []

    def answer(requests: Sequence[Request]) -> list[str]:
        was_asked.append(bool(was_asked) and judge.is_asked.wait(30))
        return ["a dog"] * len(requests)

    instances = [make_instance(number, "a dog barks") for number in range(12)]
    result = evaluation(tmp_path, FakeModel(answer), instances, judge).run(JUDGED)
    assert was_asked == [False, True, True]
    assert (result.state, result.score, result.n, judge.count) == ("scored", 100.0, 12, 12)


def test_what_a_judge_raises_in_its_thread_is_raised(tmp_path: Path) -> None:
    model = FakeModel(lambda requests: ["a dog"] * len(requests))
    with pytest.raises(LookupError, match="no such judge"):
        evaluation(tmp_path, model, [make_instance(0, "a dog")], Watched(LookupError("no such judge"))).run(
            JUDGED
        )


def test_after_a_model_that_fails_for_good_nothing_more_is_judged(tmp_path: Path) -> None:
    judge = Watched()

    def answer(requests: Sequence[Request]) -> list[str]:
        if judge.is_asked.is_set():
            raise ModelUnavailableError("gone")
        judge.is_asked.wait(0.01)
        return ["a dog"] * len(requests)

    instances = [make_instance(number, "a dog barks") for number in range(400)]
    with pytest.raises(ModelUnavailableError):
        evaluation(tmp_path, FakeModel(answer), instances, judge).run(JUDGED)
    assert judge.count < 400


def test_the_demo_judge_compares_words_and_serves_the_demo_only() -> None:
    assert DemoJudge().verdict("q", ["a dog barks"], "I hear that a dog barks.")[0] == 1.0
    assert DemoJudge().verdict("q", ["a dog barks"], "a cat")[0] == 0.0
    assert make_judge(Settings("m"), is_demo=False) is None
    assert isinstance(make_judge(Settings("m"), is_demo=True), DemoJudge)
    assert isinstance(make_judge(Settings("m", judge="gpt"), is_demo=True), ServedJudge)


def test_an_address_that_is_no_web_address_is_refused() -> None:
    with pytest.raises(GeneralBenchError, match="http://"):
        ServedJudge("grader", "file:///etc/passwd")
