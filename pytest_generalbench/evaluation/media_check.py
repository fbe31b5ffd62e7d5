"""Check that a medium can be opened as a model would open it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import MediaError
from pytest_generalbench.core.media.media import open_frames, open_image
from pytest_generalbench.core.media.sounds import read_samples
from pytest_generalbench.core.outputs import AnswerFormatError, Mesh, Motion, PointCloud, SymbolicMusic
from pytest_generalbench.core.regular_files import read_regular

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_generalbench.core.media.media import Media
    from pytest_generalbench.core.outputs import MediaOutput

_FRAMES: Final = 2
"""Frames that are kept of a video that is opened; a video in one file is decoded whole for them."""

_FORMS: Final[dict[str, type[MediaOutput]]] = {"pointcloud": PointCloud, "mesh": Mesh, "motion": Motion}
_NOTES: Final = (".mid", ".midi")


def open_medium(medium: Media) -> None:
    """Decode a medium and discard the content.

    Raises:
        MediaError: it cannot be decoded.
        MissingDependencyError: the library that decodes it is not installed.
    """
    if medium.medium == "image":
        for path in medium.paths:
            open_image(path)
    elif medium.medium == "video":
        open_frames(medium, _FRAMES)
    elif medium.medium == "audio":
        for path in medium.paths:
            if path.suffix.lower() in _NOTES:
                _decode(SymbolicMusic, path)
            else:
                read_samples(path, path.name)
    elif medium.medium in _FORMS:
        for path in medium.paths:
            if path.suffix.lower() in _FORMS[medium.medium].endings:
                _decode(_FORMS[medium.medium], path)


def _decode(form: type[MediaOutput], path: Path) -> None:
    try:
        form.decode(read_regular(path), path.name)
    except AnswerFormatError as error:
        raise MediaError(str(error)) from error
    except OSError as error:
        raise MediaError(f"{path.name}: {error.strerror or error}") from error
