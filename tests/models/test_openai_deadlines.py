"""A server may be slow in many ways; the time that a request may take bounds them all."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pytest

from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.models.base import Failed
from pytest_generalbench.models.openai.model import OpenAIModel

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
ANSWER: Final = b'{"choices": [{"message": {"content": "A"}, "finish_reason": "stop"}]}'
PATIENCE: Final = 0.4
STEP: Final = 0.05

Piece = tuple[bytes, bytes]
"""What is sent at once, and what is then sent again and again."""

SLOW: dict[str, Piece] = {
    "silence": (b"", b""),
    "status line": (b"HTTP/1.1 200 ", b"O"),
    "headers": (HEAD, b"X-Slow: 1\r\n"),
    "one header": (HEAD + b"X-Slow: ", b"a"),
    "hundreds of 100": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "early hints": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "body": (HEAD + b"Content-Length: 100000\r\n\r\n", b" "),
    "body without length": (HEAD + b"Connection: close\r\n\r\n", b" "),
    "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "chunk sizes": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "chunk extensions": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;a=", b"x"),
    "trailers": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Slow: 1\r\n"),
    "an answer, then trailers": (
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n" % (len(ANSWER), ANSWER),
        b"X-Slow: 1\r\n",
    ),
    "an error's body": (b"HTTP/1.1 500 Broken\r\nContent-Length: 100000\r\n\r\n", b" "),
}


@contextmanager
def dripping(start: bytes, drop: bytes, *, is_reading: bool = True) -> Iterator[str]:
    """Serve on loopback: send `start`, then `drop` every now and then until the client has gone."""
    over = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))

    def drip(connection: socket.socket) -> None:
        with connection:
            try:
                if is_reading:
                    connection.recv(1 << 16)
                connection.sendall(start)
                while not over.wait(STEP):
                    connection.sendall(drop)
            except OSError:
                return  # the client has gone

    def accept() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=drip, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
    finally:
        over.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def asked(url: str, text: str = "?") -> tuple[Output | Failed, float]:
    settings = Settings("openai:tiny", base_url=url, request_timeout=PATIENCE, retries=5)
    model = OpenAIModel("tiny", settings)
    began = time.monotonic()
    try:
        (answer,) = model.generate([Request("nlp/x", "1", (text,))])
        return answer, time.monotonic() - began
    finally:
        model.close()


@pytest.mark.parametrize("way", SLOW)
def test_a_request_ends_when_its_time_is_over(way: str) -> None:
    with dripping(*SLOW[way]) as url:
        answer, seconds = asked(url)
    assert isinstance(answer, Failed)
    assert answer.state == "timeout", answer
    assert seconds < PATIENCE + 2


def test_a_server_that_does_not_read_ends_when_the_time_is_over() -> None:
    with dripping(b"", b"", is_reading=False) as url:
        answer, seconds = asked(url, "x" * (32 << 20))
    assert isinstance(answer, Failed)
    assert answer.state == "timeout"
    assert seconds < PATIENCE + 2


def test_a_name_that_is_not_resolved_in_time_ends_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **named: over.wait(60) and [])
    answer, seconds = asked("http://somewhere.example/v1")
    over.set()
    assert isinstance(answer, Failed)
    assert answer.state == "timeout"
    assert seconds < PATIENCE + 2


def test_a_slow_answer_that_is_whole_in_time_is_an_answer() -> None:
    with dripping(HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(ANSWER), ANSWER) as url:
        answer, _ = asked(url)
    assert isinstance(answer, Output)
    assert answer.text == "A"
