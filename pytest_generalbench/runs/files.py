"""Files named by their content."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.new_files import atomic_write

if TYPE_CHECKING:
    from pathlib import Path

_NAME: Final = re.compile(r"[0-9a-f]{64}\.[a-z0-9]{1,8}")


class MediaStore:
    """A folder of files named `<sha256><ending>`; the same bytes are kept once."""

    def __init__(self, folder: Path, scratch: Path | None = None) -> None:
        """Keep the folder's path; it is created with the first file. Files are written in `scratch` first."""
        self.folder = folder
        self._scratch = scratch

    def put(self, content: bytes, ending: str) -> str:
        """Store `content` on disk and return its name."""
        name = hashlib.sha256(content).hexdigest() + ending
        path = self.folder / name
        if not path.is_file():
            self.folder.mkdir(parents=True, exist_ok=True)
            atomic_write(path, content, self._scratch)
        return name

    def get(self, name: str) -> bytes:
        """Return the content stored under `name`. Raises DataError when it is missing or has changed."""
        if not _NAME.fullmatch(name):
            raise DataError(f"{name!r:.80} is no name of a kept file")
        try:
            content = (self.folder / name).read_bytes()
        except OSError as error:
            raise DataError(f"the kept file {name} cannot be read: {error.strerror or error}") from error
        if hashlib.sha256(content).hexdigest() != name.split(".")[0]:
            raise DataError(f"the kept file {name} has changed since it was written")
        return content
