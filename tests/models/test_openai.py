from __future__ import annotations

import base64
import json
import socket
import threading
import time
import wave
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_generalbench.core.errors import ModelError
from pytest_generalbench.core.media.media import Media
from pytest_generalbench.core.outputs.codecs.images.png import png
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.models import check_spec, make_model
from pytest_generalbench.models.base import Failed
from pytest_generalbench.models.openai import client
from pytest_generalbench.models.openai.concurrency import Flow
from pytest_generalbench.models.openai.http import Server
from pytest_generalbench.models.openai.messages import messages
from pytest_generalbench.models.openai.model import OpenAIModel
from tests.builders import make_task
from tests.models.served import Said, Served, serve, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

SECRET = "sk-a-very-secret-key-0123456789"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "back_off", lambda attempt: 0.01)
    for name in ("OPENAI_API_KEY", "GENERALBENCH_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def requests(count: int) -> list[Request]:
    return [Request("nlp/x", str(n), (f"question {n}",), max_new_tokens=5, seed=n) for n in range(count)]


def asked(
    served: Served, count: int = 1, given: Sequence[Request] | None = None, **settings: Any
) -> list[Output | Failed]:
    values = {"request_timeout": 5.0, "base_url": served.url, **settings}
    model = OpenAIModel("tiny", Settings("openai:tiny", **values))
    try:
        return list(model.generate(given or requests(count)))
    finally:
        model.close()


def one(answer: Callable[[dict[str, Any], int], Said], **settings: Any) -> tuple[Output | Failed, Served]:
    with serve(answer) as served:
        (output,) = asked(served, **settings)
        return output, served


def first_then_fine(first: Said) -> Callable[[dict[str, Any], int], Said]:
    return lambda body, number: first if number == 0 else Said("fine")


def test_answers_come_in_order_and_a_request_says_what_it_wants() -> None:
    with serve(lambda body, number: Said(words(body)[-2:], delay=0.02 * (len(words(body)) % 3))) as served:
        answers = asked(served, 20)
    assert [item.text for item in answers if isinstance(item, Output)] == [f"{n:2d}" for n in range(20)]
    body = next(body for body in served.asked if words(body) == "question 7")
    assert body == {
        "model": "tiny",
        "messages": [{"role": "user", "content": "question 7"}],
        "max_tokens": 5,
        "temperature": 0,
        "seed": 7,
    }
    assert isinstance(answers[0], Output)
    assert answers[0].details == {"prompt_tokens": 3, "completion_tokens": 1, "finish_reason": "stop"}


def test_requests_are_in_flight_together_up_to_the_bound_and_connections_are_kept() -> None:
    together = threading.Event()

    def answer(body: dict[str, Any], number: int) -> Said:
        if served.at_once >= 6:
            together.set()
        # The first few go ahead: as many as the bound come together only after some have been answered.
        if len(served.asked) > 20:
            together.wait(60)
        return Said()

    with serve(answer) as served:
        asked(served, 40, concurrency=6, request_timeout=120.0)
    assert served.most_at_once == 6
    assert len(served.connections) <= 6


@pytest.mark.parametrize(
    "fault",
    [
        Said(status=429),
        Said(status=500),
        Said(status=503),
        Said(body="<html>busy</html>"),
        Said(body='{"choices": []}'),
        Said(body='{"choices": [{"message": {"content": 7}}]}'),
        Said(body='{"error": {"message": "upstream", "code": 502}}'),
        Said(cut=True),
    ],
    ids=["429", "500", "503", "html", "no choice", "a number", "an error in 200", "cut"],
)
def test_a_passing_fault_costs_nothing(fault: Said) -> None:
    output, served = one(first_then_fine(fault))
    assert output == Output(
        "fine", details={"prompt_tokens": 3, "completion_tokens": 1, "finish_reason": "stop"}
    )
    assert len(served.asked) == 2


def test_a_request_whose_time_is_over_is_not_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    post, posts = Server.post, []

    def counted(server: Server, path: str, body: dict[str, Any]) -> Any:
        posts.append(path)
        return post(server, path, body)

    monkeypatch.setattr(Server, "post", counted)
    output, _ = one(lambda body, number: Said(delay=1.0), request_timeout=0.2)
    assert isinstance(output, Failed)
    assert (output.state, len(posts)) == ("timeout", 1)
    assert "no answer within 0.2 s" in output.message


@pytest.mark.parametrize("text", ["500", "date"])
def test_retry_after_is_honoured(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    from email.utils import formatdate

    when = formatdate(time.time() + 1000, usegmt=True) if text == "date" else text
    slept: list[float] = []
    held: list[float] = []
    leave = Flow.leave

    def noted(flow: Flow, entered: int, *, pause: float = 0.0, **more: bool) -> None:
        held.append(pause)
        leave(flow, entered, **more)

    monkeypatch.setattr(Flow, "sleep", lambda flow, seconds: slept.append(seconds))
    monkeypatch.setattr(Flow, "leave", noted)
    output, _ = one(first_then_fine(Said(status=429, headers={"Retry-After": when})), request_timeout=3600.0)
    assert isinstance(output, Output)
    assert held == [slept[0], 0.0]
    assert slept == [500.0] if text == "500" else 500 < slept[0] <= 1000


def test_a_server_that_asks_for_more_time_than_a_request_may_take_is_given_up() -> None:
    output, served = one(lambda body, number: Said(status=429, headers={"Retry-After": "3600"}))
    assert output == Failed("the server asks to wait 3600 s, longer than a request may take")
    assert len(served.asked) == 1


@pytest.mark.parametrize(
    ("fault", "state", "message", "times"),
    [
        (Said(status=500), "error", "the server answered 500: status 500", 3),
        (Said(status=504), "timeout", "the server answered 504", 2),
        (Said(body="garbage"), "error", "no chat completion: 'garbage'", 3),
        (Said(cut=True), "error", "IncompleteRead", 3),
        (Said(status=400), "error", "the server answered 400", 1),
        (Said(status=404, body="not here"), "error", "the server answered 404: not here", 1),
        (Said(status=401), "error", "the key is read from GENERALBENCH_API_KEY or OPENAI_API_KEY", 1),
        (
            Said(status=429, body='{"error": {"message": "pay", "code": "insufficient_quota"}}'),
            "error",
            "pay",
            1,
        ),
    ],
)
def test_a_lasting_fault_is_told_in_a_line(fault: Said, state: str, message: str, times: int) -> None:
    output, served = one(lambda body, number: fault, retries=2)
    assert isinstance(output, Failed)
    assert output.state == state
    assert message in output.message
    assert "\n" not in output.message
    assert len(served.asked) == times


def test_a_proxy_is_used_for_all_but_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with (
        serve(lambda body, number: Said("through")) as proxy,
        serve(lambda body, number: Said("direct")) as here,
    ):
        monkeypatch.setenv("http_proxy", proxy.url.replace("//", "//me:pw@").removesuffix("/v1"))
        (far,) = asked(Served("http://models.example:81/v1"))
        (near,) = asked(here)
    assert [answer.text for answer in (far, near) if isinstance(answer, Output)] == ["through", "direct"]
    assert proxy.paths == {"http://models.example:81/v1/chat/completions"}
    assert here.paths == {"/v1/chat/completions"}
    assert proxy.signed == {f"Basic {base64.b64encode(b'me:pw').decode()}"}


def test_nobody_there_is_an_error_that_names_the_address() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    (output,) = asked(Served(url), retries=1)
    assert isinstance(output, Failed)
    assert url in output.message
    assert "refused" in output.message


def test_a_server_that_stays_broken_is_not_asked_again_and_again() -> None:
    with serve(lambda body, number: Said(status=500)) as served:
        asked(served, 30, retries=4, concurrency=1)
    assert len(served.asked) == 3 * 5 + 27


def test_one_bad_request_costs_itself_only() -> None:
    with serve(lambda body, number: Said(status=500 if "3" in words(body) else 200)) as served:
        answers = asked(served, 8, retries=1)
    assert [isinstance(answer, Failed) for answer in answers] == [n == 3 for n in range(8)]


@pytest.mark.parametrize(
    "output",
    [
        Said(status=400, body='{"error": {"message": "no", "code": "content_filter"}}'),
        Said(status=400, body='{"error": {"message": "no", "code": "content_policy_violation"}}'),
        Said(body='{"choices": [{"message": {"content": null}, "finish_reason": "content_filter"}]}'),
        Said(body='{"choices": [{"message": {"content": null, "refusal": "I will not"}}]}'),
    ],
)
def test_a_content_filter_is_a_refusal(output: Said) -> None:
    answer, served = one(lambda body, number: output)
    assert isinstance(answer, Output)
    assert answer.refused
    assert len(served.asked) == 1


@pytest.mark.parametrize(
    ("content", "text"),
    [("null", ""), ('[{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]', "ab")],
)
def test_no_text_and_text_in_parts_are_answers(content: str, text: str) -> None:
    body = f'{{"choices": [{{"message": {{"content": {content}}}, "finish_reason": "stop"}}]}}'
    answer, _ = one(lambda asked, number: Said(body=body))
    assert isinstance(answer, Output)
    assert answer.text == text


def test_parameters_that_a_server_refuses_are_left_out() -> None:
    def answer(body: dict[str, Any], number: int) -> Said:
        for name in ("max_tokens", "temperature"):
            if name in body:
                text = f"Unsupported parameter: '{name}' is not supported with this model."
                return Said(status=400, body=json.dumps({"error": {"message": text, "param": name}}))
        return Said("ok")

    with serve(answer) as served:
        answers = asked(served, 12)
    assert all(isinstance(one, Output) and one.text == "ok" for one in answers)
    assert answers[-1].details["without"] == ["max_tokens", "temperature"]  # type: ignore[union-attr]
    last = served.asked[-1]
    assert "temperature" not in last
    assert last["max_completion_tokens"] == 5


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "GENERALBENCH_API_KEY"])
def test_the_key_comes_from_the_environment_and_is_told_to_nobody(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, SECRET)

    def answer(body: dict[str, Any], number: int) -> Said:
        if number == 0 and "0" in words(body):
            return Said(f"your key is {SECRET}")
        parts = {"error": {"message": f"Incorrect API key provided: {SECRET}", "code": SECRET}}
        return Said(status=401, body=json.dumps(parts))

    with serve(answer) as served:
        model = OpenAIModel("tiny", Settings("openai:tiny", base_url=served.url, request_timeout=5.0))
        answers = model.generate(requests(2))
        parts = [repr(answers), repr(model.identity()), repr(vars(model)), repr(vars(model.client.server))]
        model.close()
    assert served.keys == {f"Bearer {SECRET}"}
    assert SECRET not in "".join(parts)
    assert answers[0] == Output(
        "your key is [key]",
        details={"prompt_tokens": 3, "completion_tokens": 1, "finish_reason": "stop"},
    )


def test_a_key_that_no_header_can_hold_is_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-one\nsk-two")
    output, served = one(lambda body, number: Said())
    assert isinstance(output, Failed)
    assert "$OPENAI_API_KEY" in output.message
    assert "sk-" not in output.message
    assert not served.asked


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8000",
        "ftp://x",
        "http://",
        "http://me:pw@host/v1",
        "https://host/v1?api_key=1",
        "http://h:x",
    ],
)
def test_an_address_that_cannot_be_or_holds_a_secret_is_refused(url: str) -> None:
    with pytest.raises(ModelError, match="--generalbench-base-url"):
        OpenAIModel("tiny", Settings("openai:tiny", base_url=url))


def test_the_specification_needs_a_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="needs the name of a model"):
        check_spec("openai:", tmp_path)
    made = make_model(Settings("openai:org/name", base_url="http://127.0.0.1:1/v1"), tmp_path)
    assert made.identity() == {"class": "openai", "name": "org/name", "base_url": "http://127.0.0.1:1/v1"}
    made.close()


def test_what_it_takes_can_be_set() -> None:
    url = "http://127.0.0.1:1/v1"
    usual = OpenAIModel("tiny", Settings("openai:tiny", base_url=url))
    deaf = OpenAIModel("tiny", Settings("openai:tiny", base_url=url, input_media=("text",)))
    assert usual.unsupported(make_task(inputs="image+text")) is None
    assert deaf.unsupported(make_task(inputs="image+text")) == "the model does not take image"
    assert usual.unsupported(make_task(inputs="audio+text")) is not None
    usual.close()
    deaf.close()


def write_wave(path: Path) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(np.arange(800, dtype="<i2").tobytes())
    return path


def content(request: Request, frames: int = 3, video_as: str = "frames") -> Any:
    return messages(request, frames, video_as)[0]["content"]


def decoded(url: str) -> tuple[str, bytes]:
    head, _, data = url.partition(";base64,")
    return head.removeprefix("data:"), base64.b64decode(data)


def test_media_are_sent_in_order_and_as_they_lie(tmp_path: Path) -> None:
    image = tmp_path / "a.png"
    image.write_bytes(png(np.zeros((4, 6, 3), np.uint8)))
    sound = write_wave(tmp_path / "a.wav")
    parts = ("Look:", Media("image", (image,)), "listen:", Media("audio", (sound,)))
    first, second, third, fourth = content(Request("t", "1", parts))
    assert (first, third) == ({"type": "text", "text": "Look:"}, {"type": "text", "text": "listen:"})
    assert decoded(second["image_url"]["url"]) == ("image/png", image.read_bytes())
    assert fourth["input_audio"]["format"] == "wav"
    assert base64.b64decode(fourth["input_audio"]["data"]) == sound.read_bytes()


def test_a_system_prompt_is_a_turn_of_its_own() -> None:
    turns = messages(Request("t", "1", ("Which?",), system="Be brief."), 3, "frames")
    assert turns == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Which?"},
    ]


def test_images_and_sounds_of_other_kinds_are_sent_as_png_and_wav(tmp_path: Path) -> None:
    pil = pytest.importorskip("PIL.Image")
    soundfile = pytest.importorskip("soundfile")
    pil.new("RGB", (5, 4), "red").save(tmp_path / "a.bmp")
    soundfile.write(tmp_path / "a.flac", np.zeros(100, np.float32), 8000)
    request = Request(
        "t", "1", (Media("image", (tmp_path / "a.bmp",)), Media("audio", (tmp_path / "a.flac",)))
    )
    image, sound = content(request)
    assert decoded(image["image_url"]["url"])[1].startswith(b"\x89PNG")
    assert base64.b64decode(sound["input_audio"]["data"]).startswith(b"RIFF")


def test_a_video_goes_as_frames_or_as_a_file(tmp_path: Path) -> None:
    paths = []
    for number in range(9):
        paths.append(tmp_path / f"{number}.png")
        paths[-1].write_bytes(png(np.full((4, 6, 3), number, np.uint8)))
    shown = content(Request("t", "1", (Media("video", tuple(paths)), "What?")), video_as="url")
    sent = [decoded(part["image_url"]["url"])[1] for part in shown[:-1]]
    assert sent == [paths[place].read_bytes() for place in (0, 4, 8)]
    file = tmp_path / "a.mp4"
    file.write_bytes(b"0000ftypisom")
    (part,) = content(Request("t", "1", (Media("video", (file,)),)), video_as="url")
    assert decoded(part["video_url"]["url"]) == ("video/mp4", b"0000ftypisom")


def test_media_that_cannot_be_read_fail_alone(tmp_path: Path) -> None:
    broken = tmp_path / "a.bmp"
    broken.write_bytes(b"BM no")
    lost = Request("t", "2", (Media("image", (tmp_path / "gone.png",)), "?"))
    with serve(lambda body, number: Said("ok")) as served:
        answers = asked(
            served, given=[*requests(1), Request("t", "1", (Media("image", (broken,)), "?")), lost]
        )
    assert isinstance(answers[0], Output)
    assert [one.state for one in answers[1:] if isinstance(one, Failed)] == ["missing_media"] * 2


@pytest.fixture
def hanging() -> Iterator[Served]:
    with serve(lambda body, number: Said(delay=120.0)) as served:
        yield served


def test_closing_the_model_ends_requests_that_are_under_way(hanging: Served) -> None:
    model = OpenAIModel("tiny", Settings("openai:tiny", base_url=hanging.url, request_timeout=600.0))
    answers: list[Output | Failed] = []
    thread = threading.Thread(target=lambda: answers.extend(model.generate(requests(2))))
    thread.start()
    while len(hanging.asked) < 2:
        time.sleep(0.01)
    model.close()
    thread.join(60)
    assert not thread.is_alive()
    assert all(isinstance(answer, Failed) for answer in answers)
