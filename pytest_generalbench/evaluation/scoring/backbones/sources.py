"""Sources of weights: the user's folder, and the cache of the Hugging Face hub."""

from __future__ import annotations

import hashlib
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.evaluation.scoring.backbones.roles import ROLE_SPECS

MODULE_ENDINGS: Final = (".pt", ".pt2", ".ts", ".torchscript")
_WEIGHTS: Final = (".safetensors", ".bin", ".pt", ".pt2", ".pth", ".ts", ".torchscript", ".onnx")
_INSTALL: Final = "pip install 'pytest-generalbench[hf]'"


def _libraries() -> bool:
    return find_spec("torch") is not None and find_spec("transformers") is not None


def digest_of(path: Path) -> str:
    """Return 12 hex digits over the weight files at `path`, a file or a saved model's folder."""
    total = hashlib.sha256()
    files = [path] if path.is_file() else sorted(path.iterdir())
    for file in files:
        if file.suffix not in _WEIGHTS:
            continue
        real = file.resolve()
        # The hub's cache names a large file by its own SHA-256.
        known = real.name if real != file.absolute() and len(real.name) == 64 else None
        if known is None:
            with real.open("rb") as content:
                known = hashlib.file_digest(content, "sha256").hexdigest()
        total.update(known.encode())
    return total.hexdigest()[:12]


class WeightsFolder:
    """The folder of `--generalbench-weights`: for each role a saved model, or a module in one file."""

    def __init__(self, folder: Path) -> None:
        """Keep the folder. Raises GeneralBenchError when it is not there."""
        if not folder.is_dir():
            raise GeneralBenchError(f"--generalbench-weights={folder}: there is no such folder")
        self.folder = folder

    def entry(self, role: str) -> Path | None:
        """Return the role's folder or file, or None."""
        files = [self.folder / f"{role}{ending}" for ending in MODULE_ENDINGS]
        own = self.folder / role
        return next((path for path in (own, *files) if path.exists()), None)

    def has(self, role: str) -> bool:
        """Whether the role has an entry, and what is needed to load it is installed."""
        return self.entry(role) is not None and _libraries()

    def open(self, role: str) -> Any:
        """Load the entry. Raises BackboneError when it cannot be loaded."""
        from pytest_generalbench.evaluation.scoring.backbones.loading import load

        path = self.entry(role)
        return None if path is None else load(role, path)

    def identity(self, role: str) -> str:
        """Return the model's own name where it has one, else the file's, and a digest of the weights."""
        path = self.entry(role)
        return "none" if path is None else f"{path.name} sha256:{digest_of(path)}"

    def lacking(self, role: str) -> str:
        """Return which file to put where."""
        if self.entry(role) is not None:
            return _INSTALL
        kind = f"{role}.pt (module: {ROLE_SPECS[role].module})" if ROLE_SPECS[role].module else f"{role}/"
        return f"put {ROLE_SPECS[role].what} into {self.folder.name}/{kind}"


def _cached_folder(repository: str) -> Path:
    """Return where the cache of the Hugging Face hub keeps a repository, without importing its library."""
    constants = sys.modules.get("huggingface_hub.constants")
    root = getattr(constants, "HF_HUB_CACHE", None) or os.environ.get("HF_HUB_CACHE")
    root = root or os.environ.get("HUGGINGFACE_HUB_CACHE")
    if root is None:
        caches = os.environ.get("XDG_CACHE_HOME", "~/.cache")
        root = f"{os.environ.get('HF_HOME', f'{caches}/huggingface')}/hub"
    return Path(os.path.expandvars(root)).expanduser() / f"models--{repository.replace('/', '--')}"


class HubCache:
    """The local cache of the Hugging Face hub; the network is never used."""

    def snapshot(self, repository: str) -> Path | None:
        """Return the folder of a repository in the cache, or None when it, or its weights, are not there."""
        # The library takes 15 MB and half a second: it is imported where there is something to find.
        if not _cached_folder(repository).is_dir() or find_spec("huggingface_hub") is None:
            return None
        from huggingface_hub import try_to_load_from_cache

        config = try_to_load_from_cache(repository, "config.json")
        if not isinstance(config, str):
            return None
        folder = Path(config).parent
        return folder if any(path.suffix in _WEIGHTS for path in folder.iterdir()) else None

    def _place(self, role: str) -> tuple[Path, str] | None:
        """Return the cached folder and the repository of a role."""
        spec = ROLE_SPECS[role]
        repository = spec.repository
        place = self.snapshot(repository) if repository else None
        if place and repository:
            return place, repository
        if spec.stand_in:
            other = ROLE_SPECS[spec.stand_in].repository
            place = self.snapshot(other) if other else None
            return (place, f"STAND-IN {other}") if place else None
        return None

    def has(self, role: str) -> bool:
        """Whether the role's repository is in the cache, and what is needed to load it is installed."""
        return _libraries() and self._place(role) is not None

    def open(self, role: str) -> Any:
        """Load the repository. Raises BackboneError when it cannot be loaded."""
        from pytest_generalbench.evaluation.scoring.backbones.loading import load

        place = self._place(role)
        return None if place is None else load(role, place[0])

    def identity(self, role: str) -> str:
        """Return repository, revision and a digest of the weights."""
        place = self._place(role)
        if place is None:
            return "none"
        folder, name = place
        return f"{name}@{folder.name[:8]} sha256:{digest_of(folder)}"

    def lacking(self, role: str) -> str:
        """Return what to download."""
        if not _libraries():
            return _INSTALL
        repository = ROLE_SPECS[role].repository
        if repository:
            return f"hf download {repository}"
        if ROLE_SPECS[role].extra:
            return ""
        return f"give {ROLE_SPECS[role].what} with --generalbench-weights=DIR"
