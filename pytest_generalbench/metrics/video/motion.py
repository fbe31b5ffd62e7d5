"""Motion metrics of videos: dynamic degree, smoothness, and the mean score of image-to-video."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

import numpy as np

from pytest_generalbench.metrics.base import Metric
from pytest_generalbench.metrics.video.consistency import video_consistency
from pytest_generalbench.metrics.video.frames import VideoMean, cosines, middle_frames, word

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from pytest_generalbench.core.outputs import Target, Video
    from pytest_generalbench.metrics.backbone_interfaces import (
        Flow,
        Interpolator,
        PictureFeatures,
        Pixels,
        VideoText,
    )

_FPS: Final = 8
_FASTEST: Final = 0.05
"""Share of a frame's pixels, the fastest, that its motion is taken from."""

TEXT_FRAMES: Final = 8
"""Frames that a video-text model is shown."""


def flow_speed(flow: NDArray[np.float32]) -> float:
    """Return the mean length of the longest 5 % of a flow field's vectors, at least of one, in pixels.

    Args:
        flow: (height, width, 2).

    Returns:
        Pixels, 0 or more; more is faster, neither is better.

    Raises:
        ValueError: `flow` has another shape.

    Source: dynamic degree of VBench (Huang et al. 2024).

    >>> field = np.zeros((10, 10, 2), np.float32)
    >>> field[0, :5] = 3, 4
    >>> flow_speed(field)
    5.0
    """
    lengths = np.sort(np.hypot(flow[..., 0], flow[..., 1]), axis=None)
    return float(lengths[-max(1, int(lengths.size * _FASTEST)) :].mean())


def is_moving(frames: Pixels, fps: float, flow: Callable[[Pixels, Pixels], NDArray[np.float32]]) -> bool:
    """Return whether enough of a video's frame pairs move fast enough.

    Every round(fps / 8)-th frame is taken, so that about 8 a second are left. Of n frames at least
    round(4 n / 16) pairs, and at least one, must have a `flow_speed` above 6 min(height, width) / 256.

    Args:
        frames: (frames, height, width, 3), uint8.
        fps: Frames a second.
        flow: Gives the flow field between two frames.

    Returns:
        Whether it moves; a single frame does not. For a set of videos, more is better.

    Raises:
        ValueError: A flow field is not (height, width, 2).

    Source: dynamic degree of VBench (Huang et al. 2024); at least one pair, and a step of at least one frame,
    where the original fails or counts two frames as moving.

    >>> frames = np.zeros((4, 256, 256, 3), np.uint8)
    >>> still, fast = np.zeros((256, 256, 2), np.float32), np.full((256, 256, 2), 5, np.float32)
    >>> is_moving(frames, 8, lambda one, other: still), is_moving(frames, 8, lambda one, other: fast)
    (False, True)
    """
    taken = frames[:: max(1, round(fps / _FPS))]
    least = 6 * min(frames.shape[1:3]) / 256
    wanted = max(1, round(4 * len(taken) / 16))
    fast = (flow_speed(flow(one, other)) > least for one, other in itertools.pairwise(taken))
    return any(count >= wanted for count in itertools.accumulate(fast))


def smoothness(frames: Pixels, between: Callable[[Pixels, Pixels], Pixels]) -> float:
    """Return how well frames 1, 3, 5, … are rebuilt from those before and behind: (255 - mean |d|) / 255.

    Args:
        frames: (frames, height, width, 3), uint8.
        between: Gives the frame between two.

    Returns:
        0..1, higher is better; 0 for fewer than three frames.

    Raises:
        ValueError: A rebuilt frame has another size.

    Source: motion smoothness of VBench (Huang et al. 2024).

    >>> frames = np.stack([np.full((2, 2, 3), value, np.uint8) for value in (0, 10, 20)])
    >>> mean = lambda one, other: (one + other) // 2
    >>> smoothness(frames, mean), smoothness(frames[:2], mean)
    (1.0, 0.0)
    """
    places = range(1, len(frames) - 1, 2)
    if not places:
        return 0.0
    errors = [
        float(np.abs(between(frames[at - 1], frames[at + 1]).astype(np.int16) - frames[at]).mean())
        for at in places
    ]
    return 1 - sum(errors) / len(errors) / 255


def video_prompt_cosine(name: str, video_text: VideoText, video: Video, target: Target) -> float:
    """Return the cosine of a video's 8 middle frames and its prompt, a negative one as 0."""
    seen = video_text.videos([middle_frames(video.frames, TEXT_FRAMES)])
    return max(0.0, float(cosines(seen, video_text.texts([word(name, target, "prompt")]))[0]))


def _dynamic(flow: Flow) -> VideoMean:
    return VideoMean(
        "dynamic_degree", lambda video, target: float(is_moving(video.frames, video.fps, flow.flow))
    )


def _of_picture(
    dino: PictureFeatures, video_text: VideoText, flow: Flow, interpolator: Interpolator
) -> VideoMean:
    def score(video: Video, target: Target) -> float:
        steady = video_consistency(dino, video)
        parts = (
            float(steady.mean()) if len(steady) else 0.0,
            video_prompt_cosine("i2v_quality", video_text, video, target),
            smoothness(video.frames, interpolator.between),
            float(is_moving(video.frames, video.fps, flow.flow)),
        )
        return sum(parts) / len(parts)

    return VideoMean("i2v_quality", score)


METRICS: Final = (
    Metric(
        name="dynamic_degree",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "share of videos that move, percent: of n frames at about 8 a second, at least round(4n/16) "
            "pairs (and one) whose fastest 5 % of flow vectors are longer on average than 6 min(h,w)/256 "
            "pixels; an answer that cannot be read does not move; one video per instance"
        ),
        factory=_dynamic,
        backbones=("flow",),
        needs=(),
    ),
    Metric(
        name="i2v_quality",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "mean of four dimensions of VBench, each 0..1, times 100: subject consistency (DINO, mean over "
            "the video's frames), cosine of video and prompt (8 middle frames, negative ones 0), motion "
            "smoothness (odd frames rebuilt by interpolation), and whether the video moves (0 or 1); mean "
            "over videos, where the released code has the sum of the four; an answer that cannot be read "
            "counts 0; one video per instance"
        ),
        factory=_of_picture,
        backbones=("dino", "video_text", "flow", "interpolator"),
        needs=("prompt",),
    ),
)
