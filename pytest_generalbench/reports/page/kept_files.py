"""Files of a page, each written once under a name made from its content, or put into the page itself."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

FOLDER: Final = "media"

TYPES: Final = {
    ".png": "image/png", ".jpg": "image/jpeg", ".wav": "audio/wav", ".mp3": "audio/mpeg",
    ".flac": "audio/flac", ".ogg": "audio/ogg", ".opus": "audio/ogg",
}  # fmt: skip


class KeptFiles:
    """Writes media beside the page; with `inside` their content becomes a part of the page."""

    def __init__(self, folder: Path, *, inside: bool = False) -> None:
        """Keep the page's folder."""
        self._folder = folder / FOLDER
        self._inside = inside

    def put(self, content: bytes, ending: str) -> str:
        """Keep content and return its address, as the page names it.

        Args:
            content: The bytes of the file.
            ending: One of `TYPES`, with its dot.
        """
        if self._inside:
            return f"data:{TYPES[ending]};base64,{base64.b64encode(content).decode('ascii')}"
        name = hashlib.sha256(content).hexdigest()[:20] + ending
        path = self._folder / name
        if not path.is_file():
            self._folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return f"{FOLDER}/{name}"
