"""A hub over HTTP on this machine: a folder as a repository, faults on demand, a log of all it sent."""

from __future__ import annotations

import hashlib
import json
import socket
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, quote, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

_PIECE = 16 << 10
LARGE = 64 << 10
"""Files from this size on are sent from another address, by their SHA-256."""


@dataclass
class Fault:
    """What goes wrong with the next requests for files whose path holds `path`."""

    kind: str
    """`status`, `cut`, `stall` (until `going_on` is set), `short`, `long`, `changed`, `garbled`, `whole`
    (parts are not sent)."""
    path: str = ""
    times: int = 1
    number: int = 0
    """The status, or the bytes after which the connection is cut, or that are missing or too many."""
    wait: str = ""
    """Seconds that a refusal says in Retry-After and in RateLimit, as the hub does."""


@dataclass
class StandInHub:
    """The hub; `requests` and `sent` say what it was asked for, and how many bytes of which file it sent."""

    store: Path
    commit: str = "a" * 40
    page: int = 1000
    faults: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)
    address: str = ""
    tokens: set[tuple[str, str]] = field(default_factory=set)
    """Hosts, and the authorization that each was given."""
    waits: list[float] = field(default_factory=list)
    """How long the library would have waited between its tries."""
    stalled: threading.Event = field(default_factory=threading.Event)
    going_on: threading.Event = field(default_factory=threading.Event)
    mutex: Any = field(default_factory=threading.Lock)

    @property
    def elsewhere(self) -> str:
        """The address that large files are sent from, another one for a client."""
        return self.address.replace("127.0.0.1", "localhost")

    def fault(self, path: str, kinds: tuple[str, ...]) -> Fault | None:
        """Take the next fault of these kinds for a path."""
        with self.mutex:
            for fault in self.faults:
                if fault.kind in kinds and fault.times and fault.path in path:
                    fault.times -= 1
                    return fault
        return None

    def log(self, what: str) -> None:
        with self.mutex:
            self.requests.append(what)

    def count(self, path: str, number: int) -> None:
        with self.mutex:
            self.sent[path] = self.sent.get(path, 0) + number

    @property
    def listed(self) -> list[str]:
        """The folders that were listed, in order; "" is the top."""
        trees = (line.partition("/tree/")[2] for line in self.requests if "/tree/" in line)
        return [unquote(tree.partition("?")[0].partition("/")[2]) for tree in trees if "cursor=" not in tree]

    @property
    def fetched(self) -> set[str]:
        """The files of which bytes were sent."""
        return set(self.sent)


def entry(path: str, content: bytes) -> dict[str, Any]:
    """Return a file as a listing states it."""
    listed: dict[str, Any] = {"type": "file", "path": path, "size": len(content), "oid": blob(content)}
    if len(content) >= LARGE:
        large = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
        listed |= {"lfs": large, "oid": blob(b"pointer of " + content[:9])}
    return listed


def blob(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    hub: ClassVar[StandInHub]

    def setup(self) -> None:
        # What lies in a buffer counts as sent, whether it is read or not.
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _PIECE)
        super().setup()

    def log_message(self, *_: Any) -> None:
        """Print nothing."""

    def do_GET(self) -> None:
        self.hub.log(self.path)
        self.hub.tokens.add((self.headers["Host"].partition(":")[0], self.headers.get("Authorization", "")))
        parts = urlsplit(self.path)
        words = unquote(parts.path).strip("/").split("/")
        refusal = self.hub.fault(unquote(self.path), ("status",))
        if refusal is not None:
            limit = {"Retry-After": refusal.wait, "RateLimit": f'"api";r=0;t={refusal.wait}'}
            self._send(refusal.number, b"{}", limit if refusal.wait else {})
        elif words[:2] == ["api", "datasets"] and words[4] == "revision":
            self._send(200, json.dumps({"sha": self.hub.commit}).encode())
        elif words[:2] == ["api", "datasets"] and words[4] == "tree":
            self._tree("/".join(words[6:]), parse_qs(parts.query))
        elif words[0] == "datasets" and words[3] == "resolve":
            self._resolve("/".join(words[5:]))
        elif words[0] == "large":
            self._file("/".join(words[1:]), {"ETag": '"part-of-another-store"'})
        else:
            self._send(404, b"{}")

    do_HEAD = do_GET

    def _tree(self, folder: str, query: dict[str, list[str]]) -> None:
        top = self.hub.store / folder
        if not top.is_dir():
            return self._send(404, b"{}", {"X-Error-Code": "EntryNotFound"})
        recursive = query.get("recursive", ["false"])[0].lower() in ("true", "1")
        listed = []
        for path in sorted(top.rglob("*") if recursive else top.iterdir()):
            name = path.relative_to(self.hub.store).as_posix()
            is_folder = path.is_dir()
            folder_entry = {"type": "directory", "path": name, "size": 0, "oid": "0" * 40}
            listed.append(folder_entry if is_folder else entry(name, path.read_bytes()))
        start = int(query.get("cursor", ["0"])[0])
        page, headers = listed[start : start + self.hub.page], {}
        if start + self.hub.page < len(listed):
            next_page = f"{self.hub.address}{self.path.partition('?')[0]}?recursive={recursive}"
            headers["Link"] = f'<{next_page}&cursor={start + self.hub.page}>; rel="next"'
        return self._send(200, json.dumps(page).encode(), headers)

    def _resolve(self, path: str) -> None:
        place = self.hub.store / path
        if not place.is_file():
            return self._send(404, b"{}", {"X-Error-Code": "EntryNotFound"})
        stated = entry(path, self._content(path))
        headers = {"X-Repo-Commit": self.hub.commit}
        if "lfs" not in stated:
            return self._file(path, {**headers, "ETag": f'"{stated["oid"]}"'})
        headers |= {"X-Linked-Size": str(stated["size"]), "X-Linked-Etag": f'"{stated["lfs"]["oid"]}"'}
        return self._send(302, b"", {**headers, "Location": f"{self.hub.elsewhere}/large/{quote(path)}"})

    def _content(self, path: str) -> bytes:
        content = (self.hub.store / path).read_bytes()
        changed = any(fault.kind == "changed" and fault.path in path for fault in self.hub.faults)
        return bytes(255 - byte for byte in content) if changed else content

    def _file(self, path: str, headers: dict[str, str]) -> None:
        content = self._content(path)
        if self.command == "HEAD":
            return self._send(200, b"", headers, len(content))
        fault = self.hub.fault(path, ("cut", "stall", "short", "long", "garbled", "whole"))
        if fault and fault.kind == "garbled":
            content = content[:-1] + bytes([255 - content[-1]])
        if fault and fault.kind == "short":
            content = content[: -fault.number]
        if fault and fault.kind == "long":
            content += bytes(fault.number)
        start, status = self._start(), 200
        if start and not (fault and fault.kind == "whole"):
            if start >= len(content):
                return self._send(416, b"")
            status = 206
            headers = {**headers, "Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
            content = content[start:]
        is_cut = fault is not None and fault.kind in ("cut", "stall")
        sent = content[: fault.number] if fault and is_cut else content
        self._send(status, b"", headers, len(content))
        try:
            for place in range(0, len(sent), _PIECE):
                self.wfile.write(sent[place : place + _PIECE])
                self.hub.count(path, len(sent[place : place + _PIECE]))
        except ConnectionError:  # the reader has seen enough
            self.close_connection = True
        if fault and fault.kind == "stall":
            self.hub.stalled.set()
            self.hub.going_on.wait(60)
        if len(sent) < len(content):
            self.close_connection = True
        return None

    def _start(self) -> int:
        text = self.headers.get("Range", "")
        return int(text.removeprefix("bytes=").rstrip("-")) if text else 0

    def _send(
        self, status: int, content: bytes, headers: dict[str, str] | None = None, length: int | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print the error, unless the client is gone: some are killed."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serve(hub: StandInHub) -> Iterator[StandInHub]:
    """Serve a hub while the block runs; `hub.address` is where."""
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = _Server(("127.0.0.1", 0), handler)
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def reachable(hub: StandInHub, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInHub]:
    """Serve a hub, and have huggingface_hub take it for the real one; nothing waits between tries."""
    with serve(hub):
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.address)
        # Read from the environment when the library is imported.
        template = f"{hub.address}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
        monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", hub.waits.append)
        monkeypatch.setattr("pytest_generalbench.suite.data.fetch.transfer.FIRST_WAIT_S", 0.0)
        yield hub
