"""Files that answers keep beside the ledger, named by their content."""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING, Final

from pytest_generalbench.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

_NAME: Final = re.compile(r"[0-9a-f]{64}\.[a-z0-9]{1,8}")


class MediaStore:
    """A folder of files named `<sha256><ending>`; the same bytes are kept once."""

    def __init__(self, folder: Path) -> None:
        """Keep the folder's name; it is made when the first file comes."""
        self.folder = folder

    def put(self, content: bytes, ending: str) -> str:
        """Keep `content` and return its name; when this returns, the disk has it."""
        name = hashlib.sha256(content).hexdigest() + ending
        path = self.folder / name
        if not path.is_file():
            self.folder.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f"{name}.{os.getpid()}")
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        return name

    def get(self, name: str) -> bytes:
        """Return the content kept under `name`. Raises DataError when it is gone or has changed."""
        if not _NAME.fullmatch(name):
            raise DataError(f"{name!r:.80} is no name of a kept file")
        try:
            content = (self.folder / name).read_bytes()
        except OSError as error:
            raise DataError(f"the kept file {name} cannot be read: {error.strerror or error}") from error
        if hashlib.sha256(content).hexdigest() != name.split(".")[0]:
            raise DataError(f"the kept file {name} has changed since it was written")
        return content
