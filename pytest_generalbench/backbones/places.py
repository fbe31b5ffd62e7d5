"""Where weights lie: the user's folder, and the cache of the Hugging Face hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_generalbench.errors import GeneralBenchError

if TYPE_CHECKING:
    from pathlib import Path


class WeightsFolder:
    """The folder of `--generalbench-weights`: an entry for each role."""

    def __init__(self, folder: Path) -> None:
        """Keep the folder. Raises GeneralBenchError when it is not there."""
        if not folder.is_dir():
            raise GeneralBenchError(f"--generalbench-weights={folder}: there is no such folder")
        self.folder = folder

    def has(self, role: str) -> bool:
        """Whether the role has an entry."""
        return False

    def open(self, role: str) -> Any:
        """Load the entry."""
        raise NotImplementedError

    def identity(self, role: str) -> str:
        """Return name and digest."""
        raise NotImplementedError

    def lacking(self, role: str) -> str:
        """Say what to put where."""
        return f"put them into {self.folder}/{role}"


class HubCache:
    """What was downloaded from the hub before."""

    def has(self, role: str) -> bool:
        """Whether the role's repository is in the cache."""
        return False

    def open(self, role: str) -> Any:
        """Load it, without the network."""
        raise NotImplementedError

    def identity(self, role: str) -> str:
        """Return repository and revision."""
        raise NotImplementedError

    def lacking(self, role: str) -> str:
        """Say what to download."""
        return f"give a folder that has {role} with --generalbench-weights=DIR"
