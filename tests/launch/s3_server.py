"""An S3 server on loopback (moto) that fails as often, and for as long, as a test wants."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

SECRET = "wJalrXUtnFEMI-not-to-be-seen"


@dataclass
class S3Server:
    """A server, and what it does wrong."""

    url: str = ""
    failing: float = 0.0
    """The share of requests that end with 503."""
    refused: int = 0
    served: int = 0
    put: set[str] = field(default_factory=set)
    """Paths of the objects that were written."""
    rng: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - no secret

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which s3fs finds it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "AKIATEST",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
        }


@contextmanager
def serve_s3() -> Iterator[S3Server]:
    """Serve until the block ends. Needs moto and werkzeug."""
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):  # type: ignore[misc, unused-ignore]
        def log_request(self, *given: Any) -> None:
            """Write no line for each request."""

    inner: Any = DomainDispatcherApplication(create_backend_app)
    state = S3Server()
    lock = threading.Lock()

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with lock:
            is_failing = state.rng.random() < state.failing
            state.refused += is_failing
            state.served += not is_failing
        if is_failing:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start_response("503 Slow Down", [("Content-Type", "text/xml")])
            return [b"<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"]
        result: Iterable[bytes] = inner(environ, start_response)
        if environ["REQUEST_METHOD"] == "PUT":
            state.put.add(environ["PATH_INFO"])
        return result

    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
