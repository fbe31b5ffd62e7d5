"""Base class of generated media: each is stored as one file that people can open.

A medium goes into the ledger as the name of its file, which keeps every value exactly (PNG, lossless
video, float WAV, PLY), and of a small picture that a report can show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.outputs.base import AnswerFormatError, Get, Put, StructuredOutput, is_plain
from pytest_generalbench.core.outputs.codecs.images.png import png, thumbnail
from pytest_generalbench.core.regular_files import read_regular

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

PREVIEW_SIDE: Final = 192
"""The longer side of a preview, in pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class MediaOutput(StructuredOutput):
    """Base class of generated media.

    A subclass turns itself into one file (`content`) and back (`decode`). In a prediction file a medium is
    the name of its file, or the plain form.
    """

    endings: ClassVar[tuple[str, ...]] = ()
    """What the files end with that `decode` reads; the first is its own."""

    def content(self) -> bytes:
        """Return the file that holds the medium exactly, of the kind that `endings[0]` names."""
        raise NotImplementedError

    @classmethod
    def decode(cls, content: bytes, name: str) -> Self:
        """Read a file's content; `name` tells its kind and names it in messages.

        Raises AnswerFormatError when it cannot be read as this medium.
        """
        raise NotImplementedError

    @classmethod
    def open(cls, paths: Sequence[Path]) -> Self:
        """Read a medium of the data set: one file, unless the form says otherwise."""
        if len(paths) != 1:
            raise AnswerFormatError(f"{len(paths)} files where one {cls.form} is due")
        return cls.decode(read_file(paths[0]), paths[0].name)

    def preview(self) -> NDArray[np.uint8] | None:
        """Return a picture (height, width, 3) that shows the medium, of any size, or None."""
        return None

    def summary(self) -> dict[str, Any]:
        """Return a summary for readers of the ledger: size, length, rate."""
        return {}

    def keep(self, put: Put) -> dict[str, Any]:
        """Return the plain form: summary, the file's name, the preview's name."""
        value = {"form": self.form, "values": self.summary(), "file": put(self.content(), self.endings[0])}
        shown = self.preview()
        if shown is not None:
            value["preview"] = put(png(thumbnail(shown, PREVIEW_SIDE)), ".png")
        return value

    @classmethod
    def restore(cls, plain: Mapping[str, Any], get: Get) -> Self:
        """Read the kept file."""
        if not isinstance(plain.get("file"), str):
            raise AnswerFormatError(f"no {cls.form}: the plain form names no file")
        return cls.decode(get(plain["file"]), plain["file"])

    @classmethod
    def from_prediction(cls, value: Any, read: Get) -> Self:
        """Read the file that the prediction names, or the plain form."""
        if is_plain(value):
            if value["form"] != cls.form:
                raise AnswerFormatError(f"a {value['form']} where a {cls.form} is due")
            return cls.restore(value, read)
        if isinstance(value, str) and value.lower().endswith(cls.endings):
            return cls.decode(read(value), value)
        raise AnswerFormatError(
            f"no {cls.form}: {value!r:.80}; it is the name of a file ({', '.join(cls.endings)})"
        )


def read_file(path: Path) -> bytes:
    """Return a file's content. Raises DataError when it cannot be read."""
    try:
        return read_regular(path)
    except OSError as error:
        raise DataError(f"{path.name}: {error.strerror or error}") from error
