"""Answer cache: answers that runs share, keyed by everything that can change an answer."""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.file_locks import is_free
from pytest_generalbench.core.new_files import APPEND, MODE, atomic_write, private_folder
from pytest_generalbench.core.plain_types import MISFIT
from pytest_generalbench.runs.files import MediaStore
from pytest_generalbench.runs.ledger.records import MEDIA_FOLDER, Record, record_from_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pytest_generalbench.core.request import Output, Request

COMPONENTS: Final = ("model", "request", "generation", "protocol")
"""What a key is made of, in the order in which a miss is explained."""

SCRATCH_FOLDER: Final = "scratch"
"""Where entries are written before they have their name."""

_BLOCK: Final = 1 << 20
_OLD_S: Final = 1.0
"""After so long a file is locked by the process that writes it."""


def digest(value: Any) -> str:
    """Return the digest of plain builtins, whatever the order of their keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Return the digest of a file's content."""
    result = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            result.update(block)
    return result.hexdigest()


@dataclass(frozen=True, slots=True)
class CacheKey:
    """The key of a cached answer: everything that the answer depends on."""

    model: str
    """Digest of the model's identity; the cache's `models` folder has what it stands for."""
    request: Mapping[str, Any]
    """Task, instance, and the digest of every part: of a text its own, of a medium that of its bytes."""
    generation: Mapping[str, Any]
    protocol: str

    @property
    def name(self) -> str:
        """The digest of all components."""
        return digest(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Return plain builtins, by component."""
        return {
            "model": self.model,
            "request": dict(self.request),
            "generation": dict(self.generation),
            "protocol": self.protocol,
        }


class AnswerCache:
    """A folder of answers that any number of runs read and write at the same time."""

    def __init__(self, folder: Path) -> None:
        """Open the folder, making it. Raises GeneralBenchError when it cannot be made."""
        self.folder = folder
        self.media = MediaStore(folder / MEDIA_FOLDER, folder / SCRATCH_FOLDER)
        self._digests: dict[tuple[str, int, int], str] = {}
        self._scratch = folder / SCRATCH_FOLDER
        try:
            private_folder(folder)
            self._scratch.mkdir(exist_ok=True)
            _remove_old(self._scratch)
        except OSError as error:
            reason = error.strerror or error
            raise GeneralBenchError(f"the answer cache {folder} cannot be made: {reason}") from error

    def key(self, request: Request, model: str, protocol: str) -> CacheKey:
        """Return the key of an answer to `request`. Raises OSError when one of its media cannot be read."""
        parts = [
            {"text": digest(part)}
            if isinstance(part, str)
            else {"medium": part.medium, "files": [self.content(path) for path in part.paths]}
            for part in request.parts
        ]
        entry = {"task": request.task_id, "instance": request.instance_id, "parts": parts}
        entry |= {"form": request.form, "output": request.output_medium, "content": digest(request.content)}
        generation = {"max_new_tokens": request.max_new_tokens, "seed": request.seed}
        return CacheKey(model, entry, generation, protocol)

    def content(self, path: Path) -> str:
        """Return the digest of a file's bytes; an unchanged file is read once in a process."""
        facts = path.stat()
        known = (str(path), facts.st_size, facts.st_mtime_ns)
        if known not in self._digests:
            self._digests[known] = file_digest(path)
        return self._digests[known]

    def get(self, key: CacheKey) -> Output | None:
        """Return the answer stored under `key`; None where it is damaged or missing."""
        try:
            line = self._place("answers", key.name).read_bytes()
            record = record_from_json(line, self.media.get)
            if record.digest != key.name:
                return None  # an entry that lies in another's place
            output = record.output
            if output is not None:
                output.read()  # a file of it that is gone or damaged is a miss as well
        except (OSError, *MISFIT, GeneralBenchError):
            return None
        return output

    def put(self, key: CacheKey, output: Output) -> None:
        """Keep an answer. Raises OSError when it cannot be written."""
        task, instance = key.request["task"], key.request["instance"]
        state = "refused" if output.refused else "ok"
        record = Record(task, instance, state=state, digest=key.name, output=output)
        path = self._place("answers", key.name)
        line = record.to_json(self.media.put)
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, line.encode("utf-8", "backslashreplace"), self._scratch)
        listed = self._place("instances", digest([task, instance]))
        listed.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(listed, APPEND, MODE), "ab") as file:
            file.write(json.dumps(key.to_dict()).encode() + b"\n")

    def keys(self, task: str, instance: str) -> Iterator[dict[str, Any]]:
        """Yield the keys under which answers of an instance were kept, the oldest first."""
        with suppress(OSError):
            for line in self._place("instances", digest([task, instance])).read_bytes().splitlines():
                with suppress(*MISFIT):
                    yield json.loads(line)

    def describe(self, model: str, facts: Mapping[str, Any]) -> None:
        """Store the description of a model: its identity, and what replaying its answers needs."""
        path = self._place("models", model)
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, json.dumps(facts, sort_keys=True, default=str).encode(), self._scratch)

    def description(self, model: str) -> dict[str, Any] | None:
        """Return the stored description of a model."""
        try:
            value = json.loads(self._place("models", model).read_bytes())
        except (OSError, *MISFIT):
            return None
        return value if isinstance(value, dict) else None

    def _place(self, kind: str, name: str) -> Path:
        return self.folder / kind / name[:2] / f"{name}.json"


def _remove_old(folder: Path) -> None:
    """Remove what processes left half written when they died."""
    for path in folder.iterdir():
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _OLD_S and is_free(path):
                path.unlink()


def folder_digest(folder: Path, cache: AnswerCache) -> str:
    """Return the digest over names and bytes of every file in a folder: a saved model's identity."""
    names = sorted(
        os.path.relpath(os.path.join(place, name), folder)  # noqa: PTH118 - rglob does not follow links
        for place, _, files in os.walk(folder, followlinks=True)
        for name in files
    )
    return digest([[name, cache.content(folder / name)] for name in names])
