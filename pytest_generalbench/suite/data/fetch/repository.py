"""A repository of the hub, through huggingface_hub: its commits, its listings, and the bytes of its files."""

from __future__ import annotations

import re
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from pytest_generalbench.core.errors import DataError, MissingDependencyError, UnknownWordError
from pytest_generalbench.suite.data.locate.layout import SPLITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPOSITORIES: Final = {
    "open": "General-Level/General-Bench-Openset",
    "close": "General-Level/General-Bench-Closeset",
}
"""The repository of each split."""

_PATIENCE_S: Final = 30.0
"""How long a reply, or the next bytes of one, are waited for."""

_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_NO_LIBRARY: Final = "huggingface_hub", "hub", "downloading General-Bench"


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file as a listing of the repository states it."""

    path: str
    size: int
    sha256: str | None
    """Of a large file (LFS)."""
    blob: str | None
    """Of a small one: git's SHA-1 over `blob`, the size and the content."""

    @property
    def digest(self) -> str:
        """The digest that the content must have."""
        return self.sha256 or self.blob or ""


@dataclass(frozen=True, slots=True)
class Reply:
    """The hub's reply to a request for the bytes of a file."""

    start: int
    """The place of the first byte; 0 where the hub does not send parts of files."""
    total: int | None
    """Bytes of the whole file, where the reply says it."""
    digest: str | None
    """The content's digest, where the reply says it."""
    chunks: Iterator[bytes]
    """Its bytes as they come."""


class HubError(DataError):
    """The hub cannot be reached, or refuses: no other file can be had either."""


class Repository:
    """The repository of a split."""

    def __init__(self, split: str, endpoint: str | None = None) -> None:
        """Take the split, and the address of the hub; None is that of huggingface_hub (HF_ENDPOINT).

        Raises:
            UnknownWordError: there is no such split.
            MissingDependencyError: huggingface_hub is not installed.
        """
        if split not in SPLITS:
            raise UnknownWordError("split", split, SPLITS)
        try:
            from huggingface_hub import HfApi
        except ImportError as error:
            raise MissingDependencyError(*_NO_LIBRARY) from error
        self.name = REPOSITORIES[split]
        self._api = HfApi(endpoint=endpoint)

    def commit(self, revision: str) -> str:
        """Return the commit that a branch, a tag or a commit stands for now. Raises HubError."""
        library = _library()
        url = f"{self._api.endpoint}/api/datasets/{self.name}/revision/{quote(revision, safe='')}"

        def ask() -> str:
            # Not `dataset_info`: it does not ask again at a failure that passes.
            response = library.http_backoff(
                "GET", url, params={"expand": "sha"}, timeout=_PATIENCE_S,
                headers=library.build_hf_headers(token=self._api.token),
            )  # fmt: skip
            library.hf_raise_for_status(response)
            sha = response.json().get("sha")
            if not isinstance(sha, str) or not _COMMIT.fullmatch(sha):
                raise ValueError(f"no commit in the reply for revision {revision!r}")
            return sha

        return str(self._asked(ask))

    def children(self, commit: str, folder: str | None) -> list[tuple[str, RemoteFile | None]]:
        """Return the paths in a folder of the repository, None the top, each with its file or None."""
        entries = self._asked(lambda: list(self._tree(commit, folder, recursive=False)))
        return [(entry.path, _remote(entry) if hasattr(entry, "size") else None) for entry in entries]

    def files(self, commit: str, folder: str) -> list[RemoteFile]:
        """Return all files below a folder of the repository."""
        entries = self._asked(lambda: list(self._tree(commit, folder, recursive=True)))
        return [_remote(entry) for entry in entries if hasattr(entry, "size")]

    def _tree(self, commit: str, folder: str | None, *, recursive: bool) -> Any:
        return self._api.list_repo_tree(
            self.name, folder, revision=commit, recursive=recursive, repo_type="dataset"
        )

    @contextmanager
    def opened(self, commit: str, path: str, start: int) -> Iterator[Reply]:
        """Ask for the bytes of a file from a place on.

        Raises:
            HubError: nothing may be asked, as with HF_HUB_OFFLINE. What the library's transport raises at
                connections and refusals is let through.
        """
        from huggingface_hub import hf_hub_url

        library = _library()
        url = hf_hub_url(self.name, path, repo_type="dataset", revision=commit, endpoint=self._api.endpoint)
        # Compressed on the way, a file would have neither its own length nor parts.
        headers = {**library.build_hf_headers(token=self._api.token), "Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
        asked = library.http_stream_backoff(
            "GET", url, headers=headers, timeout=_PATIENCE_S, follow_redirects=True, retry_on_exceptions=()
        )
        with ExitStack() as stack:
            try:
                response = stack.enter_context(asked)
                library.hf_raise_for_status(response)
            except transport_errors():
                raise
            except hub_errors() as error:
                raise self.failure(error) from error
            yield _reply(response)

    def _asked(self, ask: Callable[[], Any]) -> Any:
        """Return the hub's reply; its errors become a HubError of one line."""
        try:
            return ask()
        except hub_errors() as error:
            raise self.failure(error) from error

    def failure(self, error: BaseException) -> HubError:
        """Return the error of one line for what the library raised."""
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        return HubError(
            f"the hub repository {self.name}: {reason}; try again (a download goes on where it stopped) "
            "or give a folder with --generalbench-data"
        )


def hub_errors() -> tuple[type[Exception], ...]:
    """Return what the hub library raises: its own errors derive from these, those of its transport do not."""
    return (OSError, ValueError, RuntimeError, *transport_errors())


def transport_errors() -> tuple[type[Exception], ...]:
    """Return the base of what the library's transport raises at connections that fail or are cut."""
    transports = (sys.modules.get(name) for name in ("httpx", "httpx2"))
    theirs = (getattr(module, "HTTPError", None) for module in transports)
    return tuple(error for error in theirs if isinstance(error, type))


def status_of(error: BaseException) -> int | None:
    """Return the HTTP status with which the hub refused, None for another error."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) else None


def _library() -> Any:
    """Return the tools of huggingface_hub; its types do not export them."""
    from huggingface_hub import utils

    return utils


def _remote(entry: Any) -> RemoteFile:
    if entry.lfs is not None:
        return RemoteFile(entry.path, entry.lfs.size, entry.lfs.sha256, None)
    return RemoteFile(entry.path, entry.size, None, entry.blob_id)


def _reply(response: Any) -> Reply:
    start, total = 0, _number(response.headers.get("Content-Length"))
    if response.status_code == 206:
        unit, _, span = response.headers.get("Content-Range", "").partition(" ")
        first, _, whole = span.partition("/")
        start, total = _number(first.partition("-")[0] if unit == "bytes" else None) or 0, _number(whole)
    # A large file is sent from elsewhere, whose own ETag is of another kind.
    linked = [one.headers.get("X-Linked-Etag") for one in (*response.history, response)]
    digest = next(filter(None, linked), None if response.history else response.headers.get("ETag"))
    digest = digest and digest.removeprefix("W/").strip('"')
    if response.headers.get("Content-Encoding", "identity") != "identity":
        return Reply(start, None, digest, response.iter_bytes())
    return Reply(start, total, digest, response.iter_raw())


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None
