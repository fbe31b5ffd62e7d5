"""Shared parts of metrics of generated videos: sampled frames, their size, and mean scores."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.outputs import Target, Video
from pytest_generalbench.metrics.accumulators import mean_value, pooled_value
from pytest_generalbench.metrics.validation import PredictionFormatError, bad_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from pytest_generalbench.metrics.backbone_interfaces import Features, Pixels
    from pytest_generalbench.metrics.base import MetricValue

LONGEST: Final = "an answer that cannot be read counts 0 with as many frames as the longest video"
"""For definitions of scores that are pooled over frames."""

SMALLER: Final = (
    "frames are made smaller without antialiasing, their sizes cut to whole pixels, as VBench does"
)

SAMPLES: Final = 16
"""Frames that the metrics look at which look at a few."""

_CHUNK: Final = 32
"""Frames that go through a backbone at a time, so that a long video needs no more memory than a short one."""

_LARGE_SIDE, _REDUCED_SIDE = 768, 720


def middle_frames(frames: Pixels, count: int = SAMPLES) -> Pixels:
    """Return the middle frame of each of `count` equal intervals; of a shorter video, every frame.

    >>> middle_frames(np.arange(10), 5).tolist()
    [0, 2, 4, 6, 8]
    >>> middle_frames(np.arange(64), 4).tolist()
    [7, 23, 39, 55]
    """
    count = min(count, len(frames))
    edges = np.arange(count + 1) * len(frames) // count
    taken: Pixels = frames[(edges[:-1] + edges[1:] - 1) // 2]
    return taken


def _between(old: int, new: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """Return for each of `new` places the two of `old` around its middle, and the weight of the second."""
    ratio = np.float32(old) / np.float32(new)
    middle = np.maximum((np.arange(new, dtype=np.float32) + np.float32(0.5)) * ratio - np.float32(0.5), 0)
    first = np.minimum(middle.astype(np.intp), old - 1)
    return first, np.minimum(first + 1, old - 1), np.clip(middle - first, 0, 1, dtype=np.float32)


def resized(picture: Pixels, height: int, width: int) -> Pixels:
    """Return the picture in another size: bilinear between the four pixels around, without antialiasing.

    As torchvision resizes tensors where antialiasing is off, which the authors of VBench and the released
    toolkit do.

    >>> board = np.repeat((np.indices((4, 4)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None], 3, axis=2)
    >>> resized(board[:3, :3], 1, 1)[0, 0].tolist(), resized(board, 4, 4) is board
    ([0, 0, 0], True)
    """
    if picture.shape[:2] == (height, width):
        return picture
    top, bottom, low = _between(picture.shape[0], height)
    left, right, far = _between(picture.shape[1], width)
    low, far = low[:, None, None], far[:, None]
    rows = ((1 - far) * picture[row][:, left] + far * picture[row][:, right] for row in (top, bottom))
    above, below = rows
    changed: Pixels = np.rint((1 - low) * above + low * below).astype(picture.dtype)
    return changed


def longer_side_within(picture: Pixels, limit: int) -> Pixels:
    """Return the picture with its longer side at most `limit`, its shape kept."""
    height, width = picture.shape[:2]
    scale = limit / max(height, width)
    return (
        picture if scale >= 1 else resized(picture, max(1, int(height * scale)), max(1, int(width * scale)))
    )


def looked_at(video: Video) -> Pixels:
    """Return the 16 middle frames; frames whose shorter side is above 768 are made smaller, to 720."""
    frames = middle_frames(video.frames)
    height, width = frames.shape[1:3]
    if min(height, width) <= _LARGE_SIDE:
        return frames
    scale = _REDUCED_SIDE / min(height, width)
    return np.stack([resized(frame, int(height * scale), int(width * scale)) for frame in frames])


def in_chunks(measure: Callable[[Sequence[Pixels]], Features], frames: Pixels) -> Features:
    """Return what a backbone says of each frame, a few frames at a time.

    Raises:
        PredictionFormatError: It says something that is no number, or not of every frame.
    """
    starts = range(0, len(frames), _CHUNK)
    text = np.concatenate([measure(list(frames[start : start + _CHUNK])) for start in starts])
    if len(text) != len(frames) or not np.isfinite(text).all():
        raise PredictionFormatError(f"a backbone gave {text.shape} for {len(frames)} frames, or not numbers")
    return text.astype(np.float64, copy=False)


def cosines(one: Features, other: Features) -> Features:
    """Return the cosine of each row of `one` with the same row of `other`; of an empty vector it is 0.

    >>> cosines(np.array([[3.0, 4.0], [0.0, 0.0]]), np.array([[6.0, 8.0], [1.0, 1.0]])).tolist()
    [1.0, 0.0]
    """
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    products = (one * other).sum(axis=1)
    result: Features = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
    return np.clip(result, -1, 1)


def video_and_target(name: str, prediction: Any, reference: Any) -> tuple[Video | None, Target]:
    """Return both, checked: an answer is a Video, or None; a reference is a Target."""
    if not isinstance(reference, Target):
        bad_reference(name, "a Target", reference)
    if prediction is not None and not isinstance(prediction, Video):
        raise PredictionFormatError(f"{name} takes a Video, not {type(prediction).__name__}")
    return prediction, reference


def word(name: str, target: Target, key: str) -> str:
    """Return a word of the target that the metric cannot do without, or its prompt."""
    result = target.prompt if key == "prompt" else target.words.get(key, "")
    if not result:
        bad_reference(name, f"a Target that has {key!r}", target)
    return result


class VideoMean:
    """Mean over videos of a score per video in 0..1, times 100; an answer that counts as wrong scores 0."""

    def __init__(self, name: str, score: Callable[[Video, Target], float], scale: float = 100.0) -> None:
        """Take the score of one video."""
        self._name = name
        self._score = score
        self._scale = scale
        self._values: list[float] = []

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one instance: a Video or None, and a Target."""
        video, target = video_and_target(self._name, prediction, reference)
        self._values.append(0.0 if video is None else self._score(video, target))

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the mean."""
        return mean_value(self._values, self._scale)


class FramePool:
    """Mean over all frames of all videos of a score in 0..1, times 100.

    An answer that counts as wrong enters as a video as long as the longest one, whose frames all score 0.
    """

    def __init__(self, name: str, scores: Callable[[Video, Target], Features], scale: float = 100.0) -> None:
        """Take the scores of one video's frames; a video without any counts as wrong."""
        self._name = name
        self._scores = scores
        self._scale = scale
        self._rows: list[tuple[float, int] | None] = []
        """Sum and number of each video's frames; None for an answer that counts as wrong."""

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one instance: a Video or None, and a Target."""
        video, target = video_and_target(self._name, prediction, reference)
        scores = None if video is None else self._scores(video, target)
        counted = None if scores is None or not len(scores) else (math.fsum(scores), len(scores))
        self._rows.append(counted)

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the mean over frames; its standard error is a jackknife over videos.

        The jackknife takes the length of the longest video as given.
        """
        longest = max((row[1] for row in self._rows if row is not None), default=1)
        return pooled_value([row or (0.0, longest) for row in self._rows], self._scale)
