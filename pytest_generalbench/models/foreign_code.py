"""Code of a model may fork, exit, close its output or change its folder: the session goes on as it was."""

from __future__ import annotations

import io
import os
import sys
import threading
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from types import TracebackType

_STREAMS: Final = ("stdout", "stderr")
_exit: Final = os._exit


class ForeignCode:
    """Context in which code of a model runs.

    - A process that the code forked ends here: it never goes on as a second session. Its exit code is 0
      after a return, that of a SystemExit, else 1.
    - `os._exit` raises SystemExit in the calling thread: the model failed, not the session.
    - Standard output and error cannot be closed, and are put back where they were replaced.
    - The working folder is put back. The model has its own again when it is called the next time.

    >>> import os
    >>> with ForeignCode():
    ...     os.chdir("/")
    >>> os.getcwd() == "/"
    False
    """

    _lock: Final = threading.Lock()
    _threads: Final[list[int]] = []
    """Threads that run code of a model, each as often as it is nested."""
    _folder: str | None = None
    """The working folder that a model chose."""
    _current: ForeignCode | None = None

    def __enter__(self) -> Self:
        """Remember the process, its streams and its working folder."""
        self._pid = os.getpid()
        self._thread = threading.get_ident()
        with self._lock:
            self._threads.append(self._thread)
            os._exit = _refuse_exit
        self._streams = [getattr(sys, name) for name in _STREAMS]
        self._guarded = [_Unclosable.around(stream) for stream in self._streams]
        for name, stream in zip(_STREAMS, self._guarded, strict=True):
            setattr(sys, name, stream)
        self._files = [_duplicate(number) for number in (1, 2)]
        self._before = _working_folder()
        if ForeignCode._folder is not None:
            _change_folder(ForeignCode._folder)
        ForeignCode._current = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Put back what has changed; end a process that is not the one that entered."""
        if os.getpid() != self._pid:
            _end_child(value)
        with self._lock:
            self._threads.remove(self._thread)
            if not self._threads:
                os._exit = _exit
        for number, kept in zip((1, 2), self._files, strict=True):
            if kept is not None:
                _reopen(number, kept)
        if ForeignCode._current is not self:
            return  # a call that was left behind: others have set streams and folder since
        for name, stream in zip(_STREAMS, self._streams, strict=True):
            setattr(sys, name, stream)
        after = _working_folder()
        if after != self._before and self._before is not None:
            ForeignCode._folder = after
            _change_folder(self._before)
        else:
            ForeignCode._folder = None


def _refuse_exit(status: int) -> Any:
    """Stand for `os._exit` while code of a model runs."""
    if threading.get_ident() not in ForeignCode._threads or _is_forked():
        _exit(status)
    raise SystemExit(f"the model called os._exit({status})")


def _is_forked() -> bool:
    current = ForeignCode._current
    return current is not None and current._pid != os.getpid()


def _end_child(error: BaseException | None) -> None:
    """End a process that a model forked, as Python itself ends: with the code of a SystemExit."""
    status = 0
    if isinstance(error, SystemExit):
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    elif error is not None:
        with suppress(Exception):
            traceback.print_exception(error)
        status = 1
    with suppress(Exception):
        sys.stdout.flush()
    _exit(status)


class _Unclosable:
    """A text stream whose `close` and `detach` do nothing but flush."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    @classmethod
    def around(cls, stream: Any) -> Any:
        return stream if stream is None or isinstance(stream, cls) else cls(stream)

    def close(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()

    def detach(self) -> Any:
        self.close()
        raise io.UnsupportedOperation("detach")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __iter__(self) -> Any:
        return iter(self._stream)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()


def _duplicate(number: int) -> int | None:
    try:
        return os.dup(number)
    except OSError:
        return None


def _reopen(number: int, kept: int) -> None:
    try:
        os.fstat(number)
    except OSError:
        os.dup2(kept, number)
    with suppress(OSError):
        os.close(kept)


def _working_folder() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109 - called for each batch
    except OSError:
        return None  # it was removed


def _change_folder(folder: str) -> None:
    with suppress(OSError):
        os.chdir(folder)
