"""JSON POST requests to one server over kept connections, each with a deadline for the whole answer."""

from __future__ import annotations

import base64
import contextlib
import http
import http.client
import json
import socket
import threading
import time
import urllib.request
import weakref
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

from pytest_generalbench import __version__
from pytest_generalbench.core.errors import ModelError
from pytest_generalbench.core.json_files import parse_json
from pytest_generalbench.core.limits import Limit
from pytest_generalbench.models.openai.redaction import MODEL_KEYS, api_key, without_keys

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_HERE: Final = ("localhost", "127.0.0.1", "::1")
_MEMORY: Final = Limit(512 << 20, "bytes of memory, by its brackets and commas")
"""What the values of a reply may take."""

_LARGEST_REPLY: Final = 64 << 20
_KEEP_ALIVE: Final = (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 6))
"""Seconds of silence, and probes, after which a peer that has gone is noticed; where the system has them."""


def check_address(url: str) -> SplitResult:
    """Return the parts of a server's address. Raises ModelError for one that is invalid or holds a secret."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise ModelError(
            f"--generalbench-base-url must look like http://host:8000/v1, not {url.rpartition('@')[2]!r}"
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ModelError(
            f"--generalbench-base-url is written to the result, so it may hold no user, password or query: "
            f"put the key into ${MODEL_KEYS[0]}"
        )
    return parts


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply of a server, without any API key."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    text: str
    """The body."""
    content: Any = None
    """The body decoded; None where it is no JSON."""


def decoded_reply(status: int, headers: Mapping[str, str], body: bytes) -> Reply:
    """Return a reply; keys are struck out after decoding, so that no escape hides one."""
    text = body.decode("utf-8-sig", "replace")
    try:
        content = without_keys(parse_json(text, _MEMORY))
    except (ValueError, RecursionError):
        content = None
    return Reply(status, without_keys(dict(headers)), without_keys(text), content)


class _Response(http.client.HTTPResponse):
    """A response; every 1xx before it is passed over, not only 100."""

    def _read_status(self) -> tuple[str, int, str]:
        version, status, reason = super()._read_status()  # type: ignore[misc]
        return version, http.HTTPStatus.CONTINUE if 101 < status < 200 else status, reason


class _Exchange:
    """One request under way, in a thread of its own, so that whoever waits for it can give it up."""

    def __init__(self) -> None:
        self.result: Future[Reply] = Future()
        self.is_given_up = False
        self._sock: socket.socket | None = None

    def uses(self, sock: socket.socket) -> None:
        """Name the socket that is to be cut. Raises ConnectionError when nobody waits any more."""
        self._sock = sock
        if self.is_given_up:
            raise ConnectionAbortedError("the request was given up")

    def give_up(self) -> None:
        """Cut the connection, which ends the thread."""
        self.is_given_up = True
        if self._sock is not None:
            with contextlib.suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)


class Server:
    """Connections to one server; safe to use from many threads.

    Args:
        base_url: the server's address.
        timeout: seconds for a whole answer: looking up the name, connecting, sending, and reading to the
            last byte, whatever the server sends meanwhile.
        keys: environment variables that may hold the key.

    Raises:
        ModelError: the address is invalid or holds a secret.
    """

    def __init__(self, base_url: str, timeout: float, keys: Sequence[str] = MODEL_KEYS) -> None:
        """Check the address; nothing is connected yet."""
        parts = check_address(base_url)
        self._secure = parts.scheme == "https"
        self._place = (str(parts.hostname), parts.port)
        self._root = parts.path.rstrip("/")
        self._timeout = timeout
        self._keys = tuple(keys)
        self._proxy, signed = _proxy(parts)
        # A proxy opens a tunnel to a server that it must not hear; what is in the clear it passes on.
        self._extra = {} if self._secure else signed
        self._tunnel = signed
        if self._proxy is not None and not self._secure:
            self._root = f"{parts.scheme}://{parts.netloc}{self._root}"
        self._idle: list[http.client.HTTPConnection] = []
        self._running: set[_Exchange] = set()
        self._lock = threading.Lock()
        weakref.finalize(self, _close_all, self._idle)

    def post(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Send `body` and return the reply, whatever its status.

        Raises TimeoutError when there is no whole reply in time, OSError or HTTPException when the
        connection cannot be made or is cut.
        """
        content = json.dumps(body).encode()
        key = api_key(self._keys)
        exchange = _Exchange()
        with self._lock:
            self._running.add(exchange)
        deadline = time.monotonic() + self._timeout
        work = (exchange, path, content, key, deadline)
        # No limit of a single read or write bounds the whole: a server may send a byte now and then for ever.
        threading.Thread(target=self._run, args=work, name="generalbench-request", daemon=True).start()
        try:
            return exchange.result.result(self._timeout)
        except TimeoutError:
            if exchange.result.done():
                return exchange.result.result()
            raise TimeoutError("the answer was not whole by then") from None
        finally:
            with self._lock:
                self._running.discard(exchange)
            if not exchange.result.done():
                exchange.give_up()

    def _run(self, exchange: _Exchange, path: str, content: bytes, key: str | None, deadline: float) -> None:
        try:
            exchange.result.set_result(self._sent(exchange, path, content, key))
        except TimeoutError as error:
            if time.monotonic() < deadline:  # the system gave a peer up that no longer answers at all
                exchange.result.set_exception(ConnectionError(str(error)))
            else:
                exchange.result.set_exception(TimeoutError(str(error)))
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            exchange.result.set_exception(error)

    def _sent(self, exchange: _Exchange, path: str, content: bytes, key: str | None) -> Reply:
        connection, is_used = self._take()
        try:
            try:
                return self._exchanged(exchange, connection, path, content, key)
            except (ConnectionError, http.client.BadStatusLine):
                if not is_used or exchange.is_given_up:
                    raise
            # The server had closed a kept connection meanwhile: that says nothing about this request.
            connection.close()
            connection = self._fresh()
            return self._exchanged(exchange, connection, path, content, key)
        except BaseException:
            connection.close()
            raise

    def _exchanged(
        self,
        exchange: _Exchange,
        connection: http.client.HTTPConnection,
        path: str,
        content: bytes,
        key: str | None,
    ) -> Reply:
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": f"pytest-generalbench/{__version__}",
        }
        if key:
            headers["Authorization"] = f"Bearer {key}"
        if connection.sock is None:
            connection.connect()
            _keep_alive(connection.sock)
        exchange.uses(connection.sock)
        connection.sock.settimeout(self._timeout)
        connection.request("POST", f"{self._root}{path}", content, {**headers, **self._extra})
        with connection.getresponse() as response:
            read = _whole_body(response)
            entry = {name.lower(): value for name, value in response.getheaders()}
        # The connection can be used again only now that the response is closed.
        if response.will_close or exchange.is_given_up:
            connection.close()
        else:
            with self._lock:
                self._idle.append(connection)
        return decoded_reply(response.status, entry, read)

    def _take(self) -> tuple[http.client.HTTPConnection, bool]:
        """Return a connection, and whether it has been used before."""
        with self._lock:
            if self._idle:
                return self._idle.pop(), True
        return self._fresh(), False

    def _fresh(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        if self._proxy is None:
            made = kind(*self._place, timeout=self._timeout)
        else:
            made = kind(*self._proxy, timeout=self._timeout)
            if self._secure:
                made.set_tunnel(*self._place, headers=self._tunnel)
        made.response_class = _Response
        return made

    def close(self) -> None:
        """Close every connection, those in use as well."""
        with self._lock:
            running, self._running = list(self._running), set()
        for exchange in running:
            exchange.give_up()
        _close_all(self._idle)


def _close_all(idle: list[http.client.HTTPConnection]) -> None:
    """Close connections that nobody uses."""
    while idle:
        idle.pop().close()


def _whole_body(response: http.client.HTTPResponse) -> bytes:
    """Return the body. Raises HTTPException when it is cut short, or too large."""
    read = bytearray()
    while piece := response.read1(1 << 16):
        read += piece
        if len(read) > _LARGEST_REPLY:
            raise http.client.HTTPException("the reply is larger than 64 MiB")
    if response.length:  # the server promised more: read1 does not mind
        raise http.client.IncompleteRead(bytes(read), response.length)
    return bytes(read)


def _keep_alive(sock: Any) -> None:
    """Let the system notice a peer that is gone without a word."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEP_ALIVE:
            if hasattr(socket, name):
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _proxy(parts: SplitResult) -> tuple[tuple[str, int | None] | None, dict[str, str]]:
    """Return the proxy that the environment names for this server, and its authorization header."""
    host = str(parts.hostname)
    named = urllib.request.getproxies().get(parts.scheme)
    if not named or host in _HERE or urllib.request.proxy_bypass(host):
        return None, {}
    proxy = urlsplit(named if "//" in named else f"//{named}")
    if not proxy.hostname:
        return None, {}
    signed = {}
    if proxy.username:
        pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        signed["Proxy-Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return (proxy.hostname, proxy.port), signed
