"""JSON POST requests to one server over kept connections, each with its own deadline."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import socket
import threading
import time
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

from pytest_generalbench import __version__
from pytest_generalbench.core.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYS: Final = ("GENERALBENCH_API_KEY", "OPENAI_API_KEY")
"""Environment variables that may hold the key, the first that is set wins."""

_HERE: Final = ("localhost", "127.0.0.1", "::1")
_LARGEST_REPLY: Final = 64 << 20
_SHORTEST_SECRET: Final = 8
"""Shorter keys, such as `EMPTY`, are no secret but a word that an answer may hold."""


def api_key() -> str | None:
    """Return the API key; it is read for each request and stored nowhere."""
    for name in KEYS:
        key = os.environ.get(name, "").strip()
        if key and not (key.isascii() and key.isprintable()):
            # The library would refuse it as well, and quote it.
            raise ModelError(f"the key in ${name} holds signs that no key has, such as a line's end")
        if key:
            return key
    return None


def without_key(text: str) -> str:
    """Return `text` without the API key, which error messages of servers may quote."""
    key = api_key()
    return text.replace(key, "[key]") if key and len(key) >= _SHORTEST_SECRET else text


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
            f"put the key into ${KEYS[0]}"
        )
    return parts


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply of a server."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    text: str
    """The body, without the key."""


class Server:
    """Connections to one server; safe to use from many threads."""

    def __init__(self, base_url: str, timeout: float) -> None:
        """Check the address; nothing is connected yet."""
        parts = check_address(base_url)
        self._secure = parts.scheme == "https"
        self._place = (str(parts.hostname), parts.port)
        self._root = parts.path.rstrip("/")
        self._timeout = timeout
        self._proxy, signed = _proxy(parts)
        # A proxy opens a tunnel to a server that it must not hear; what is in the clear it passes on.
        self._extra = {} if self._secure else signed
        self._tunnel = signed
        if self._proxy is not None and not self._secure:
            self._root = f"{parts.scheme}://{parts.netloc}{self._root}"
        self._idle: list[http.client.HTTPConnection] = []
        self._open: set[http.client.HTTPConnection] = set()
        self._lock = threading.Lock()

    def post(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Send `body` and return the reply, whatever its status.

        Raises TimeoutError when there is no whole reply in time, OSError or HTTPException when the
        connection cannot be made or is cut.
        """
        content = json.dumps(body).encode()
        deadline = time.monotonic() + self._timeout
        connection, is_used = self._take()
        try:
            try:
                return self._exchange(connection, path, content, deadline)
            except (ConnectionError, http.client.BadStatusLine):
                if not is_used:
                    raise
            # The server had closed a kept connection meanwhile: that says nothing about this request.
            self._drop(connection)
            connection, _ = self._take(fresh=True)
            return self._exchange(connection, path, content, deadline)
        except BaseException:
            self._drop(connection)
            raise

    def _exchange(
        self, connection: http.client.HTTPConnection, path: str, content: bytes, deadline: float
    ) -> Reply:
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": f"pytest-generalbench/{__version__}",
        }
        key = api_key()
        if key:
            headers["Authorization"] = f"Bearer {key}"
        if connection.sock is not None:
            connection.sock.settimeout(self._timeout)
        connection.request("POST", f"{self._root}{path}", content, {**headers, **self._extra})
        response = connection.getresponse()
        read = bytearray()
        while piece := response.read1(1 << 16):
            read += piece
            if time.monotonic() > deadline:
                raise TimeoutError("the reply trickles in too slowly")
            if len(read) > _LARGEST_REPLY:
                raise http.client.HTTPException("the reply is larger than 64 MiB")
        if response.length:  # the server promised more: read1 does not mind
            raise http.client.IncompleteRead(bytes(read), response.length)
        response.close()  # the connection can be used again only now
        entry = {name.lower(): value for name, value in response.getheaders()}
        if response.will_close:
            self._drop(connection)
        else:
            with self._lock:
                self._idle.append(connection)
        return Reply(response.status, entry, without_key(read.decode("utf-8", "replace")))

    def _take(self, *, fresh: bool = False) -> tuple[http.client.HTTPConnection, bool]:
        """Return a connection, and whether it has been used before."""
        with self._lock:
            if self._idle and not fresh:
                return self._idle.pop(), True
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        if self._proxy is None:
            made = kind(*self._place, timeout=self._timeout)
        else:
            made = kind(*self._proxy, timeout=self._timeout)
            if self._secure:
                made.set_tunnel(*self._place, headers=self._tunnel)
        with self._lock:
            self._open.add(made)
        return made, False

    def _drop(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            self._open.discard(connection)
        connection.close()

    def close(self) -> None:
        """Close every connection, those in use as well."""
        with self._lock:
            left, self._idle = list(self._open), []
        for connection in left:
            sock = connection.sock
            if sock is not None:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)  # wakes a thread that reads from it
            self._drop(connection)


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
