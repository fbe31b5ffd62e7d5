"""A store of objects at an address that fsspec understands, such as a bucket of a cloud."""

from __future__ import annotations

import posixpath
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, Self, TypeVar

from pytest_generalbench.core.errors import GeneralBenchError, MissingDependencyError
from pytest_generalbench.runs.provenance import without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")

_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 30.0
_PASSWORD: Final = re.compile(r"://[^/]*@")
_EXTRAS: Final = {"s3": "s3", "s3a": "s3", "hf": "hub"}
"""The extra of this package that installs what fsspec needs for a protocol."""


class StoreError(GeneralBenchError):
    """A store of objects cannot be read or written."""


class MissingObjectError(StoreError):
    """There is no object of that name."""


class ObjectStore(Protocol):
    """Objects by name; `/` divides a name into folders."""

    @property
    def address(self) -> str:
        """Where the store is, for people."""

    def get(self, name: str) -> bytes:
        """Return an object. Raises MissingObjectError, or StoreError where the store does not answer."""

    def put(self, name: str, content: bytes) -> None:
        """Write an object, in the place of one of that name. Raises StoreError unless it was confirmed."""

    def names(self, folder: str) -> list[str]:
        """Return the last parts of the names right below `folder`, sorted; none where there is no folder.

        Raises StoreError where the store does not answer.
        """

    def remove(self, name: str) -> None:
        """Remove an object; none of that name is no error. Raises StoreError."""

    def below(self, folder: str) -> Self:
        """Return the store of what lies below a folder."""


def is_address(place: object) -> bool:
    """Whether a place is an address such as `s3://bucket/run`, and not a path."""
    return "://" in str(place)


def has_password(address: str) -> bool:
    """Whether an address holds the name of a user, a key or a token, which files would keep."""
    return _PASSWORD.search(address) is not None or without_secrets([address]) != [address]


class FsspecStore:
    """A store over fsspec. Nothing of a listing is remembered: other hosts write into it."""

    def __init__(self, address: str, above: str | None = None) -> None:
        """Open an address; whether anything answers there shows with the first object.

        Args:
            address: As fsspec understands it.
            above: The name of an object: where the address ends in it, what lies beside it is meant.

        Raises:
            MissingDependencyError: fsspec, or what it needs for the protocol, is not installed.
            StoreError: it is no address of a store.
        """
        try:
            import fsspec
        except ImportError as error:
            raise MissingDependencyError("fsspec", "remote", address) from error
        self.address = address
        try:
            self._files: Any
            self._files, top = fsspec.core.url_to_fs(address, use_listings_cache=False)
            self.path: str = top.rstrip("/").removesuffix(f"/{above}" if above else "")
        except ImportError as error:
            protocol = address.partition("://")[0]
            if protocol in _EXTRAS:
                raise MissingDependencyError(f"fsspec[{protocol}]", _EXTRAS[protocol], address) from error
            raise StoreError(f"{address}: {error}") from error
        except Exception as error:  # every file system of fsspec raises its own
            raise StoreError(f"{address} is no address of a store: {error}") from error

    def below(self, folder: str) -> Self:
        """Return the store of what lies below a folder."""
        other = type(self).__new__(type(self))
        other._files = self._files
        other.address = f"{self.address.rstrip('/')}/{folder}"
        other.path = self._at(folder)
        return other

    def _at(self, name: str) -> str:
        return posixpath.join(self.path, name) if name else self.path

    def _asked(self, what: str, name: str, act: Callable[[str], _T]) -> _T:
        try:
            return act(self._at(name))
        except (FileNotFoundError, NotADirectoryError) as error:
            if what == "written":
                raise StoreError(f"{self.address}: {name} cannot be written: {error}") from error
            raise MissingObjectError(f"{self.address}: there is no {name or 'such place'}") from error
        except Exception as error:  # every file system of fsspec raises its own
            why = f"{type(error).__name__}: {error}"
            raise StoreError(f"{self.address}: {name or 'it'} cannot be {what}: {why:.300}") from error

    def get(self, name: str) -> bytes:
        """Return an object. Raises MissingObjectError, or StoreError where the store does not answer."""
        return bytes(self._asked("read", name, self._files.cat_file))

    def put(self, name: str, content: bytes) -> None:
        """Write an object. Raises StoreError unless the store confirmed it."""

        def write(path: str) -> None:
            try:
                self._files.pipe_file(path, content)
            except FileNotFoundError:  # a file system that wants folders to be made; a bucket is never made
                if not self._files.exists(_root(self.path)):
                    raise
                self._files.makedirs(posixpath.dirname(path), exist_ok=True)
                self._files.pipe_file(path, content)

        self._asked("written", name, write)

    def names(self, folder: str) -> list[str]:
        """Return the last parts of the names right below `folder`, sorted."""

        def listed(path: str) -> list[str]:
            self._files.invalidate_cache()
            return list(self._files.ls(path, detail=False))

        with suppress(MissingObjectError):
            paths = self._asked("listed", folder, listed)
            return sorted({posixpath.basename(path.rstrip("/")) for path in paths} - {""})
        return []

    def remove(self, name: str) -> None:
        """Remove an object; none of that name is no error."""
        with suppress(MissingObjectError):
            self._asked("removed", name, self._files.rm_file)


def _root(path: str) -> str:
    """Return the first folder of a path: the bucket."""
    begin = "/" if path.startswith("/") else ""
    return begin + path.lstrip("/").partition("/")[0]


@dataclass(slots=True)
class PatientStore:
    """A store whose failures are tried again, each after a longer pause, as long as its patience lasts."""

    inner: ObjectStore
    patience_s: float
    """Seconds after its first try in which an operation may be tried again."""
    pause: Callable[[float], object] = time.sleep
    clock: Callable[[], float] = time.monotonic

    @property
    def address(self) -> str:
        """Where the store is, for people."""
        return self.inner.address

    def below(self, folder: str) -> Self:
        """Return the store of what lies below a folder, with the same patience."""
        return type(self)(self.inner.below(folder), self.patience_s, self.pause, self.clock)

    def _tried(self, act: Callable[[], _T]) -> _T:
        end, pause = self.clock() + self.patience_s, _FIRST_PAUSE_S
        while True:
            try:
                return act()
            except MissingObjectError:
                raise
            except StoreError:
                left = end - self.clock()
                if left <= 0.0:
                    raise
                self.pause(min(pause, left))
                pause = min(2.0 * pause, _LONGEST_PAUSE_S)

    def get(self, name: str) -> bytes:
        """Return an object. Raises MissingObjectError, or StoreError where patience ended."""
        return self._tried(lambda: self.inner.get(name))

    def put(self, name: str, content: bytes) -> None:
        """Write an object. Raises StoreError where patience ended."""
        self._tried(lambda: self.inner.put(name, content))

    def names(self, folder: str) -> list[str]:
        """Return the names right below `folder`. Raises StoreError where patience ended."""
        return self._tried(lambda: self.inner.names(folder))

    def remove(self, name: str) -> None:
        """Remove an object. Raises StoreError where patience ended."""
        self._tried(lambda: self.inner.remove(name))


def open_store(address: str, patience_s: float) -> PatientStore:
    """Return the store at an address, whose failures are tried again for `patience_s` seconds.

    Raises:
        MissingDependencyError: fsspec, or what it needs for the protocol, is not installed.
        StoreError: it is no address of a store, or it holds a password.
    """
    if has_password(address):
        raise StoreError(
            "the address of a store takes no user and password, since files would keep it: give them to "
            "fsspec by its configuration file or environment"
        )
    return PatientStore(FsspecStore(address), patience_s)
