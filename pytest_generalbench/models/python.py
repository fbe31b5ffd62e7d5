"""`python:` models: any object with `generate`, or any function from requests to texts."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import TYPE_CHECKING, Any

from pytest_generalbench.core.errors import ModelError
from pytest_generalbench.models.base import Failed, Model

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import ModuleType

    from pytest_generalbench.core.request import Output, Request
    from pytest_generalbench.core.task import Task


class PythonModel(Model):
    """Wraps the object that a user's factory returned.

    Args:
        target: the object. It answers through `generate(requests)`, or is itself callable with the requests.
            Its attributes `input_media`, `output_media`, `batch_size`, `coordinates` and `deterministic` and
            its methods `unsupported`, `identity` and `close` are used where it has them; without them it is
            asked every task that is answered in text.
        name: the specification, for messages and the result.

    Raises:
        ModelError: the object cannot be called, or its batch size is no whole number from 1.

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
        self._generate: Callable[[Sequence[Request]], Sequence[Output | Failed | str]] = generate
        self._target = target
        self._name = name
        self.input_media = frozenset(getattr(target, "input_media", self.input_media))
        self.output_media = frozenset(getattr(target, "output_media", self.output_media))
        self.coordinates = getattr(target, "coordinates", None)
        self.deterministic = bool(getattr(target, "deterministic", False))
        self.batch_size = getattr(target, "batch_size", self.batch_size)
        if not isinstance(self.batch_size, int) or self.batch_size < 1:
            raise ModelError(f"{name}: batch_size must be a whole number from 1, not {self.batch_size!r}")

    def generate(self, requests: Sequence[Request]) -> Sequence[Output | Failed | str]:
        """Return what the wrapped object answers."""
        return self._generate(requests)

    def unsupported(self, task: Task) -> str | None:
        """Compare the media, then ask the wrapped object where it has this method."""
        own = getattr(self._target, "unsupported", None)
        return super().unsupported(task) or (own(task) if callable(own) else None)

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
            own()


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
