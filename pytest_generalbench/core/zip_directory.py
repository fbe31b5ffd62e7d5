"""The list of members at the end of a ZIP file, looked at before zipfile reads it whole."""

from __future__ import annotations

import io
import struct
from typing import IO, Final

_LARGEST_COMMENT: Final = 1 << 16
_END: Final = 22
_WIDE_END: Final = 56
_UNSTATED: Final = 0xFFFFFFFF


def directory_size(file: IO[bytes]) -> int:
    """Return how many bytes the list of members has as the file states it, 0 where there is none.

    zipfile makes an object for every member: ten times as much memory. The file is left at its beginning.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - _LARGEST_COMMENT - _END - _WIDE_END - 20))
    tail = file.read()
    file.seek(0)
    end = tail.rfind(b"PK\5\6")
    if not 0 <= end <= len(tail) - _END:
        return 0
    stated = int(struct.unpack_from("<I", tail, end + 12)[0])
    wide = tail.rfind(b"PK\6\6", 0, end)
    if 0 <= wide <= len(tail) - _WIDE_END:
        own = int(struct.unpack_from("<Q", tail, wide + 40)[0])
        stated = own if stated == _UNSTATED else max(stated, own)
    return stated
