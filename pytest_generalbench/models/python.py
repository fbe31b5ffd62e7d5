"""`python:` models: any object with `generate`, or any function from requests to texts."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import inspect
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core import vocabulary
from pytest_generalbench.core.errors import DataError, ModelError, UnknownWordError
from pytest_generalbench.core.outputs import StructuredOutput
from pytest_generalbench.core.outputs.bare import answer_from_bare
from pytest_generalbench.core.outputs.bare.arrays import is_array, is_picture_object
from pytest_generalbench.core.request import Output
from pytest_generalbench.models.base import Failed, Model, ReferenceSheet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from pytest_generalbench.core.request import Request
    from pytest_generalbench.core.task import Task


class PythonModel(Model):
    """Wraps the object that a user's factory returned.

    Args:
        target: the object. It answers through `generate(requests)`, which may be a coroutine, or is itself
            callable with the requests. Its attributes `input_media`, `output_media`, `batch_size`,
            `coordinates` and `deterministic` and its methods `unsupported`, `shown`, `identity` and `close`
            are used where it has them; without them it is asked the tasks that take and give text. What it
            returns may be bare: a number, a picture, an array, a path (`core.outputs.bare`).
        name: the specification, for messages and the result.

    Raises:
        ModelError: the object cannot be called, its batch size is no whole number from 1, or its media are
            none that there are.

    >>> from pytest_generalbench.core.request import Request
    >>> model = PythonModel(lambda requests: ["A"] * len(requests), "mine.py:make")
    >>> model.generate([Request("nlp/some-task", "1", ("Which?",))])
    ['A']
    """

    def __init__(self, target: object, name: str) -> None:
        """Wrap `target`."""
        generate = getattr(target, "generate", None)
        if generate is None and callable(target):
            generate = target
        if not callable(generate):
            kind = type(target).__name__
            raise ModelError(f"{name} returned {kind}: it needs generate(requests), or to be callable")
        self._generate: Callable[[Sequence[Request]], Any] = generate
        self._target = target
        self._name = name
        self._loop = EventLoop()
        self.declares_input = hasattr(target, "input_media")
        self.input_media = _media(name, "input_media", getattr(target, "input_media", ("text",)))
        self.output_media = _media(name, "output_media", getattr(target, "output_media", self.output_media))
        self.coordinates = getattr(target, "coordinates", None)
        self.deterministic = bool(getattr(target, "deterministic", False))
        self.batch_size = getattr(target, "batch_size", self.batch_size)
        if not isinstance(self.batch_size, int) or self.batch_size < 1:
            raise ModelError(f"{name}: batch_size must be a whole number from 1, not {self.batch_size!r}")

    def generate(self, requests: Sequence[Request]) -> Sequence[Any]:
        """Return what the wrapped object answers, bare values as the answers that were asked for."""
        given = self._loop.result(self._generate(requests))
        answers = _listed(given, requests)
        if len(answers) != len(requests):
            return answers
        return [
            _answer(self._loop.result(one), request, self.coordinates)
            for one, request in zip(answers, requests, strict=True)
        ]

    def begin(self, task: Task, sheet: ReferenceSheet | None) -> None:
        """Call `begin` of the wrapped object where it is a Model."""
        if isinstance(self._target, Model):
            self._target.begin(task, None)

    def unsupported(self, task: Task) -> str | None:
        """Compare the media, then ask the wrapped object where it has this method."""
        own = getattr(self._target, "unsupported", None)
        reason = super().unsupported(task)
        if reason is not None and not self.declares_input and task.input_media != ("text",):
            media = ", ".join(repr(medium) for medium in sorted({"text", *task.input_media}))
            return (
                f"{reason}: it declares no input_media, which means text; input_media = {{{media}}} says more"
            )
        return reason or (own(task) if callable(own) else None)

    def shown(self, request: Request) -> str | None:
        """Return what the wrapped object says that it is given, where it has this method."""
        own = getattr(self._target, "shown", None)
        return str(own(request)) if callable(own) else None

    @property
    def notes(self) -> tuple[str, ...]:
        """How to declare the media that it takes, when it declares none."""
        own = getattr(self._target, "notes", ()) if isinstance(self._target, Model) else ()
        if self.declares_input:
            return tuple(own)
        line = "it declares no input_media and was asked tasks in text alone"
        return (*own, f"{line}: say input_media = {{'text', 'image', …}} on the object for more")

    @property
    def knows_itself(self) -> bool:
        """Whether the wrapped object has the method `identity`."""
        return callable(getattr(self._target, "identity", None))

    def identity(self) -> dict[str, Any]:
        """Return the factory's name and the identity of the wrapped object."""
        own = getattr(self._target, "identity", None)
        return {"class": "python", "factory": self._name, **(own() if callable(own) else {})}

    def close(self) -> None:
        """Close the wrapped object where it has this method."""
        own = getattr(self._target, "close", None)
        if callable(own):
            self._loop.result(own())
        self._loop.close()


_SINGLE: Final = (str, bytes, bytearray, Mapping, Output, Failed, StructuredOutput, Path)
"""One answer, not a list of answers."""


def _listed(given: Any, requests: Sequence[Request]) -> list[Any]:
    """Return the answers as a list; one answer alone is the list of a batch of one.

    Raises:
        ModelError: one answer for several requests.
    """
    is_single = isinstance(given, _SINGLE) or is_picture_object(given) or not hasattr(given, "__iter__")
    if not is_single and is_array(given):
        is_single = not given.shape or (len(requests) == 1 and len(given) != 1)
    if not is_single:
        return list(given)
    if len(requests) != 1:
        kind = type(given).__name__
        raise ModelError(f"the model returned one {kind} for {len(requests)} requests: return a list")
    return [given]


def _answer(given: Any, request: Request, coordinates: str | None) -> Output | Failed | str:
    """Return what was given for a request as Output, Failed or text; `coordinates` as the model has them."""
    if given is None:
        return Failed("the model returned None: return a text, an answer, or Failed(message)")
    if isinstance(given, Output | Failed):
        return given
    if not isinstance(given, StructuredOutput):
        try:
            given = answer_from_bare(given, request.form, request.output_medium, coordinates)
        except DataError as error:
            return Failed(str(error))
    return given if isinstance(given, str) else Output(medium=given.medium, answer=given)


def _media(name: str, attribute: str, given: Any) -> frozenset[str]:
    """Return declared media. Raises ModelError for a word that is none."""
    media = frozenset((given,) if isinstance(given, str) else given)
    for medium in media:
        if medium not in vocabulary.MEDIA:
            raise ModelError(
                f"{name}: {UnknownWordError(f'medium in {attribute}', medium, vocabulary.MEDIA)}"
            )
    return media


class EventLoop:
    """An event loop in a thread of its own, started when the first coroutine comes.

    One loop serves all calls, from whatever thread they come: clients of servers are bound to theirs.
    """

    def __init__(self) -> None:
        """Start nothing yet."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def result(self, value: Any) -> Any:
        """Return what a coroutine returns, or an asynchronous generator yields; other values as they are."""
        if inspect.isasyncgen(value):
            value = _collected(value)
        if not inspect.isawaitable(value):
            return value
        future = asyncio.run_coroutine_threadsafe(_awaited(value), self._running())
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(
                    target=_serve, args=(self._loop,), name="generalbench-async", daemon=True
                ).start()
            return self._loop

    def close(self) -> None:
        """Stop the loop's thread."""
        with self._lock:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._loop = None


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    """Run a loop until it is stopped, and close it."""
    try:
        loop.run_forever()
    finally:
        loop.close()


async def _awaited(value: Any) -> Any:
    return await value


async def _collected(value: Any) -> list[Any]:
    return [one async for one in value]


def _module_from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise ModelError(f"python:{path}: there is no such file")
    name = f"generalbench_model_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ModelError(f"python:{path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickling look the module up by name
    spec.loader.exec_module(module)
    return module


def split_target(target: str) -> tuple[str, str]:
    """Split `pkg.mod:factory` or `path.py:factory` at its last colon."""
    module, colon, factory = target.rpartition(":")
    if not colon or not module or not factory.isidentifier():
        raise ModelError(f"python:{target}: write python:package.module:factory or python:path.py:factory")
    return module, factory


def make_python_model(target: str, folder: Path) -> PythonModel:
    """Import the factory and call it; a relative file is looked up from `folder`."""
    where, factory_name = split_target(target)
    if where.endswith(".py"):
        module = _module_from_file(folder / where)
    else:
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
        try:
            module = importlib.import_module(where)
        except ModuleNotFoundError as error:
            raise ModelError(f"python:{target}: {error}") from error
    factory = getattr(module, factory_name, None)
    if not callable(factory):
        public = ", ".join(name for name in vars(module) if not name.startswith("_")) or "nothing"
        raise ModelError(f"python:{target}: no callable {factory_name!r} there; it defines {public}")
    made = factory()
    return made if isinstance(made, PythonModel) else PythonModel(made, target)
