"""Identity of model weights, found without loading them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.settings import IDLE
from pytest_generalbench.models.registry import model_kinds, split_spec
from pytest_generalbench.runs.answer_cache import folder_digest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pytest_generalbench.core.settings import Settings
    from pytest_generalbench.runs.answer_cache import AnswerCache


def identify(settings: Settings, folder: Path, cache: AnswerCache) -> dict[str, Any] | None:
    """Return the identity of the settings' model without loading it, None when it must be loaded."""
    kind, target = split_spec(settings.model, folder)
    if kind not in _WITHOUT_WEIGHTS and (folder / target).is_dir():
        stated: dict[str, Any] | None = {"files": folder_digest(folder / target, cache)}
    else:
        stated = model_kinds()[kind].identify(target, settings)
    if stated is None:
        return None
    # A setting may name weights as well (an adapter's folder).
    named = {key: value for key, value in settings.to_dict().items() if isinstance(value, str) and value}
    beside = {
        key: folder_digest(folder / named[key], cache)
        for key in sorted(named.keys() - IDLE)
        if (folder / named[key]).is_dir()
    }
    return {"kind": kind, **stated, **beside}


_WITHOUT_WEIGHTS: Final = ("baseline", "predictions", "python")

_EDGE: Final = 1 << 20


def sources(settings: Settings, folder: Path) -> dict[str, str]:
    """Return digests of what the settings' model is made from on this disk, quickly.

    `files`: names, sizes and both ends of every file of a saved model's folder. `source`: a Python file.
    """
    kind, target = split_spec(settings.model, folder)
    if kind == "python":
        place = folder / target.rpartition(":")[0]
        return {"source": _ends_digest([place], folder)} if place.is_file() else {}
    if kind in _WITHOUT_WEIGHTS or not (folder / target).is_dir():
        return {}
    top = folder / target
    return {"files": _ends_digest(sorted(path for path in top.rglob("*") if path.is_file()), top)}


def _ends_digest(paths: Iterable[Path], top: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        size = path.stat().st_size
        digest.update(f"{path.relative_to(top) if path.is_relative_to(top) else path.name} {size}\n".encode())
        with path.open("rb") as file:
            digest.update(file.read(_EDGE))
            if size > _EDGE:
                file.seek(max(_EDGE, size - _EDGE))
                digest.update(file.read())
    return digest.hexdigest()[:16]
