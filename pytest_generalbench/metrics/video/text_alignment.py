"""Alignment of a video with texts or pictures: prompt, action, style, target prompt."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

from pytest_generalbench.core.outputs import Image
from pytest_generalbench.metrics.base import Metric
from pytest_generalbench.metrics.validation import bad_reference
from pytest_generalbench.metrics.video.frames import (
    LONGEST,
    SMALLER,
    FramePool,
    VideoMean,
    in_chunks,
    looked_at,
    word,
)
from pytest_generalbench.metrics.video.motion import video_prompt_cosine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.core.outputs import Target, Video
    from pytest_generalbench.metrics.backbone_interfaces import Features, PictureText, VideoClasses, VideoText

_BEST: Final = 5
_SURE: Final = 0.85
_ARTICLES: Final = frozenset(("a", "an", "the"))


def action_key(text: str) -> str:
    """Return the form in which names of actions are compared: lower case, without articles and punctuation.

    >>> action_key("Riding a bike."), action_key("golf_putting (on grass)")
    ('riding bike', 'golf putting on grass')
    """
    words = re.findall(r"[^\W_]+", text.lower().replace("'", ""))
    return " ".join(one for one in words if one not in _ARTICLES)


def shows_action(shares: Features, classes: Sequence[str], action: str) -> bool:
    """Return whether `action` is among the five likeliest classes, with a sigmoid of at least 0.85.

    Args:
        shares: (classes,), each 0..1 on its own.
        classes: Their names, in that order.
        action: What is looked for; its words, compared by `action_key`, begin with the class's. One that
            is no class is never found.

    Returns:
        Whether it is; for a set of videos, more is better.

    Raises:
        ValueError: `shares` and `classes` differ in length.

    Source: human action of VBench (Huang et al. 2024).

    >>> shows_action(np.array([0.9, 0.2, 0.8]), ("riding a bike", "rowing", "singing"), "Riding bike")
    True
    >>> shows_action(np.array([0.9, 0.2, 0.8]), ("riding a bike", "rowing", "singing"), "singing")
    False
    """
    wanted = action_key(action)
    ranked = sorted(zip(shares.tolist(), classes, strict=True), key=lambda pair: -pair[0])[:_BEST]
    return any(share >= _SURE and f"{wanted} ".startswith(f"{action_key(name)} ") for share, name in ranked)


def nearer(features: Features, target: Features, source: Features) -> Features:
    """Return 1 for each frame that is nearer to the target prompt than to the source prompt, else 0.

    Args:
        features: (frames, d), unit vectors.
        target: (d,), unit vector of the target prompt.
        source: (d,), unit vector of the source prompt.

    Returns:
        (frames,), higher is better; a tie is 0.

    Raises:
        ValueError: The vectors differ in length.

    Source: frame accuracy of video editing (Qi et al. 2023, FateZero).

    >>> nearer(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([1.0, 0.0]), np.array([0.0, 1.0])).tolist()
    [1.0, 0.0]
    """
    closer: Features = (features @ target > features @ source).astype(np.float64)
    return closer


def _human_action(action: VideoClasses) -> VideoMean:
    def score(video: Video, target: Target) -> float:
        shares = action.probabilities([looked_at(video)])[0]
        return float(shows_action(shares, action.classes, word("human_action", target, "action")))

    return VideoMean("human_action", score)


def _prompt(name: str, video_text: VideoText) -> VideoMean:
    return VideoMean(name, lambda video, target: video_prompt_cosine(name, video_text, video, target))


def _appearance_style(clip: PictureText) -> FramePool:
    def scores(video: Video, target: Target) -> Features:
        style = clip.texts([word("appearance_style", target, "style")])[0]
        alike: Features = np.clip(_seen(clip, video) @ style, 0, 1)
        return alike

    return FramePool("appearance_style", scores)


def _clip_style(clip: PictureText) -> VideoMean:
    def score(video: Video, target: Target) -> float:
        styles = [opener() for opener in target.styles]
        pictures = [style.pixels for style in styles if isinstance(style, Image)]
        if not pictures:
            bad_reference("clip_style", "a Target with pictures as styles", target)
        alike = _seen(clip, video) @ clip.pictures(pictures).T
        return float(np.clip(alike, 0, 1).mean())

    return VideoMean("clip_style", score)


def _frame_accuracy(clip: PictureText) -> FramePool:
    def scores(video: Video, target: Target) -> Features:
        keys = ("target_prompt", "source_prompt")
        wanted, old = clip.texts([word("frame_accuracy", target, key) for key in keys])
        return nearer(_seen(clip, video), wanted, old)

    return FramePool("frame_accuracy", scores)


def _seen(clip: PictureText, video: Video) -> Features:
    return in_chunks(clip.pictures, video.frames)


_WRONG: Final = "an answer that cannot be read counts 0"
_COSINE: Final = (
    "cosine of video and prompt by a video-text model, 8 middle frames, negative ones 0, times 100; mean "
    f"over videos; {_WRONG}; one video per instance"
)

METRICS: Final = (
    Metric(
        name="human_action",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "share of videos with the prompt's action among the five likeliest of the Kinetics classes, its "
            "sigmoid at least 0.85, 16 middle frames, percent; the prompt's words must begin with the "
            f"class's, but for case, articles and punctuation; {_WRONG}; one video per instance"
        ),
        factory=_human_action,
        backbones=("action",),
        needs=("action",),
        version=2,
        changes={2: SMALLER},
    ),
    Metric(
        name="overall_consistency",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=f"overall consistency: {_COSINE}",
        factory=lambda video_text: _prompt("overall_consistency", video_text),
        backbones=("video_text",),
        needs=("prompt",),
    ),
    Metric(
        name="temporal_style",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=f"temporal style: {_COSINE}",
        factory=lambda video_text: _prompt("temporal_style", video_text),
        backbones=("video_text",),
        needs=("prompt",),
    ),
    Metric(
        name="appearance_style",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "CLIP cosine of each frame and the words of the style, negative ones 0, times 100; pooled over "
            f"all frames of all videos; {LONGEST}; one video per instance"
        ),
        factory=_appearance_style,
        backbones=("clip",),
        needs=("style",),
        aggregation="corpus",
        version=2,
        changes={2: LONGEST},
    ),
    Metric(
        name="clip_style",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "CLIP cosine of each frame and each style reference, negative ones 0, times 100; mean over "
            f"frames and references, then over videos; {_WRONG}; one video per instance"
        ),
        factory=_clip_style,
        backbones=("clip",),
        needs=("styles",),
    ),
    Metric(
        name="frame_accuracy",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "share of frames whose CLIP cosine with the target prompt is above that with the source prompt, "
            f"percent; pooled over all frames of all videos; {LONGEST}"
        ),
        factory=_frame_accuracy,
        backbones=("clip",),
        needs=("target_prompt", "source_prompt"),
        aggregation="corpus",
        version=2,
        changes={2: LONGEST},
    ),
)
