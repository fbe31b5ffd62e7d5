"""Structured output for body motion, frame by frame."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.core.outputs.base import AnswerFormatError, array_from, read_array, read_arrays
from pytest_generalbench.core.outputs.media_output import MediaOutput

MAX_FRAMES: Final = 100_000
MAX_VALUES: Final = 100_000_000
"""A longer or wider motion is refused."""

_NAMES: Final = ("motion", "motions", "joints", "positions", "frames", "poses", "features", "arr_0")
_SHOWN: Final = 6
_TALL, _WIDE = 96, 32


@dataclass(frozen=True, slots=True, eq=False)
class Motion(MediaOutput):
    """Joints in space, or features of a pose, for every frame.

    It is kept as .npz. In a prediction file: the name of a .npz or .npy.
    """

    form: ClassVar[str] = "motion"
    medium: ClassVar[str] = "motion"
    endings: ClassVar[tuple[str, ...]] = (".npz", ".npy")
    frames: NDArray[Any]
    """(frames, joints, 3), or (frames, values) such as the 263 of HumanML3D and the 251 of KIT-ML; any
    numbers are taken, and kept as float32."""

    def __post_init__(self) -> None:
        """Check shape, numbers and length."""
        array = array_from(self.frames, self.form)
        if (
            array.ndim not in (2, 3)
            or (array.ndim == 3 and array.shape[2] != 3)
            or array.dtype.kind not in "fiu"
        ):
            raise AnswerFormatError(
                "motion has the shape (frames, joints, 3) or (frames, values), "
                f"not {array.dtype} {array.shape}"
            )
        if not array.size:
            raise AnswerFormatError(f"motion is empty: its shape is {array.shape}")
        if len(array) > MAX_FRAMES or array.size > MAX_VALUES:
            raise AnswerFormatError(f"motion has {len(array)} frames of {array[0].size} values, too many")
        with np.errstate(over="ignore"):
            narrow = np.ascontiguousarray(array, np.float32)
        if not np.isfinite(narrow).all():
            raise AnswerFormatError("motion has values that are NaN or infinite")
        object.__setattr__(self, "frames", narrow)

    @property
    def rows(self) -> NDArray[np.float32]:
        """The values of every frame in one row, (frames, values)."""
        return self.frames.reshape(len(self.frames), -1)

    def content(self) -> bytes:
        """Return a .npz with one array, `motion`."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, motion=self.frames)
        return buffer.getvalue()

    @classmethod
    def decode(cls, content: bytes, name: str) -> Self:
        """Read the array of a .npz or .npy; nothing is unpickled."""
        return cls(_array(content, name))

    def preview(self) -> NDArray[np.uint8]:
        """Return a few poses from the front, left to right in time; of features a picture of the values."""
        return _poses(self.frames) if self.frames.ndim == 3 else _values(self.frames)

    def summary(self) -> dict[str, Any]:
        """Return frames, joints or values."""
        width = "joints" if self.frames.ndim == 3 else "values"
        return {"frames": len(self.frames), width: self.frames.shape[1]}


def _array(content: bytes, name: str) -> NDArray[Any]:
    if content[:6] == b"\x93NUMPY":
        return read_array(content, name)
    if content[:2] != b"PK":
        raise AnswerFormatError(f"{name}: neither a .npz nor a .npy")
    arrays = read_arrays(content)
    array = next((arrays[key] for key in _NAMES if key in arrays), None)
    if array is None and len(arrays) == 1:
        array = next(iter(arrays.values()))
    if array is None:
        raise AnswerFormatError(f"{name}: no motion in it, but {', '.join(arrays) or 'nothing'}")
    return np.asarray(array)


def _poses(frames: NDArray[np.float32]) -> NDArray[np.uint8]:
    drawn = np.full((_TALL, _WIDE * _SHOWN, 3), 255, np.uint8)
    low, high = frames.reshape(-1, 3).min(axis=0), frames.reshape(-1, 3).max(axis=0)
    size = float((high - low)[:2].max()) or 1.0
    for place, moment in enumerate(np.linspace(0, len(frames) - 1, _SHOWN).astype(int)):
        x = ((frames[moment, :, 0] - low[0]) / size * (_WIDE - 3)).astype(int)
        y = _TALL - 3 - ((frames[moment, :, 1] - low[1]) / size * (_TALL - 3)).astype(int)
        for right in (0, 1):
            for down in (0, 1):
                drawn[np.clip(y + down, 0, _TALL - 1), place * _WIDE + np.clip(x + right, 0, _WIDE - 1)] = (
                    40,
                    80,
                    160,
                )
    return drawn


def _values(frames: NDArray[np.float32]) -> NDArray[np.uint8]:
    wide = frames.astype(np.float64)
    spread = wide.max() - wide.min()
    grey = np.rint(255 * (wide - wide.min()) / (spread or 1.0)).astype(np.uint8).T
    return np.repeat(grey[:, :, None], 3, axis=2)
