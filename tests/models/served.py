"""An OpenAI-compatible server on loopback that answers as a test wants, faults included."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass
class Said:
    """One reply, or one fault."""

    text: str = "A"
    status: int = 200
    body: str | None = None
    """Sent as it is in place of a completion."""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: bool = False
    """End the connection in the middle of the reply."""

    def content(self) -> bytes:
        if self.body is not None:
            return self.body.encode()
        if self.status != 200:
            return json.dumps({"error": {"message": f"status {self.status}"}}).encode()
        choice = {"index": 0, "message": {"role": "assistant", "content": self.text}, "finish_reason": "stop"}
        return json.dumps(
            {"choices": [choice], "usage": {"prompt_tokens": 3, "completion_tokens": 1}}
        ).encode()


@dataclass
class Served:
    """The running server: its address, and what it has seen."""

    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: set[str | None] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)
    signed: set[str | None] = field(default_factory=set)
    """What was said to it as a proxy."""
    most_at_once: int = 0
    at_once: int = 0
    connections: set[Any] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)


def words(body: dict[str, Any]) -> str:
    """Return the text of a request's only turn."""
    content = body["messages"][0]["content"]
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part["type"] == "text")


@contextmanager
def serve(answer: Callable[[dict[str, Any], int], Said]) -> Iterator[Served]:
    """Serve on loopback: `answer` is given a request's body and how often that body came before."""
    state = Served()
    before: dict[str, int] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and content go out at once, not 40 ms apart

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            key = json.dumps(body["messages"])
            with state.lock:
                number = before.get(key, 0)
                before[key] = number + 1
                state.asked.append(body)
                state.keys.add(self.headers.get("Authorization"))
                state.paths.add(self.path)
                state.signed.add(self.headers.get("Proxy-Authorization"))
                state.connections.add(self.client_address)
                state.at_once += 1
                state.most_at_once = max(state.most_at_once, state.at_once)
            try:
                self._reply(answer(body, number))
            finally:
                with state.lock:
                    state.at_once -= 1

        def _reply(self, output: Said) -> None:
            time.sleep(output.delay)
            content = output.content()
            self.send_response(output.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            for name, value in output.headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                if output.cut:
                    self.wfile.write(content[: len(content) // 2])
                    self.wfile.flush()
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                else:
                    self.wfile.write(content)
            except OSError:
                self.close_connection = True  # the client has given up

        def log_message(self, format: str, *args: Any) -> None:
            """Keep the test's output clean."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that went away is part of the tests."""

    with Quiet(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}/v1"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
