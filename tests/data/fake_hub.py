"""A hub that is a folder on disk."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class FakeFolder:
    path: str


@dataclass
class FakeFile:
    path: str
    size: int


@dataclass
class FakeHub:
    """Answers the two calls out of `store`, and remembers what it was asked."""

    store: Path
    listed: list[str | None] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)
    repositories: set[str] = field(default_factory=set)
    broken: Exception | None = None

    def list_repo_tree(
        self, repo_id: str, path_in_repo: str | None = None, *, repo_type: str | None = None
    ) -> Iterator[FakeFolder | FakeFile]:
        assert repo_type == "dataset"
        if self.broken:
            raise self.broken
        self.repositories.add(repo_id)
        self.listed.append(path_in_repo)
        for path in sorted((self.store / (path_in_repo or "")).iterdir()):
            name = path.relative_to(self.store).as_posix()
            yield FakeFolder(name) if path.is_dir() else FakeFile(name, path.stat().st_size)

    def snapshot_download(
        self, repo_id: str, *, repo_type: str | None, local_dir: str, allow_patterns: list[str]
    ) -> str:
        assert repo_type == "dataset"
        self.patterns.extend(allow_patterns)
        for path in sorted(self.store.rglob("*")):
            name = path.relative_to(self.store).as_posix()
            if path.is_file() and any(fnmatchcase(name, pattern) for pattern in allow_patterns):
                target = Path(local_dir, name)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
        return local_dir
