"""On the demo set, classical methods beat what needs no look at the picture, by the tasks' own metrics."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest

from pytest_generalbench.core.media.media import open_frames, open_image
from pytest_generalbench.core.outputs import Image, Video
from tests.data import classical
from tests.data.demo_bench import Bench, bench
from tests.data.trees import all_tasks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Method = Callable[[NDArray[Any]], NDArray[Any]]

IMAGE_METHODS: Final[dict[str, Method]] = {
    "image-deraining": classical.without_bright_spots,
    "image-desnowing": classical.without_bright_spots,
    "image-deblurring": classical.sharpened,
    "image-detail-enhancement": classical.sharpened,
    "image-dehazing": classical.stretched,
    "remote-sensing-image-dehazing": classical.stretched,
    "low-light-image-enhancement": classical.stretched,
    "underwater-image-restoration": classical.grey_world,
    "image-shadow-removal": classical.unshaded,
    "image-flare-removal": classical.without_glare,
    "image-raindrop-removal": classical.without_glare,
    "document-image-unwarping": classical.straightened,
    "text-based-style-transfer": lambda picture: picture // 64 * 64 + 24,
}
VIDEO_METHODS: Final[dict[str, Method]] = {
    "video-denoising": classical.framewise(classical.box_mean),
    "video-object-demoireing": classical.framewise(lambda frame: classical.box_mean(frame, 2)),
    "video-deblurring": classical.framewise(classical.sharpened),
    "video-dehazing": classical.stretched,
    "video-desnowing": classical.framewise(classical.without_bright_spots),
    "video-deraining": classical.framewise(classical.without_bright_spots),
}


def picture_of(media: Any) -> NDArray[np.uint8]:
    return np.asarray(open_image(media.path).convert("RGB"))


def frames_of(media: Any) -> NDArray[np.uint8]:
    return np.stack([np.asarray(frame.convert("RGB")) for frame in open_frames(media)])


def given_pictures(opened: Bench, medium: str = "image") -> list[NDArray[np.uint8]]:
    return [
        picture_of(next(media for media in request.media if media.medium == medium))
        for request in opened.requests
    ]


def given_frames(opened: Bench) -> list[NDArray[np.uint8]]:
    return [
        frames_of(next(media for media in request.media if media.medium == "video"))
        for request in opened.requests
    ]


def score_pictures(opened: Bench, pictures: list[NDArray[Any]]) -> float:
    ideals = opened.ideals()
    answers = [
        replace(ideal, pixels=classical.as_picture(picture))
        for ideal, picture in zip(ideals, pictures, strict=True)
        if isinstance(ideal, Image)
    ]
    return opened.gain(opened.score(answers))


def score_frames(opened: Bench, videos: list[NDArray[Any]]) -> float:
    ideals = opened.ideals()
    answers = [
        replace(ideal, frames=classical.as_picture(video))
        for ideal, video in zip(ideals, videos, strict=True)
        if isinstance(ideal, Video)
    ]
    return opened.gain(opened.score(answers))


@pytest.mark.parametrize("slug", sorted(IMAGE_METHODS))
def test_a_filter_beats_the_picture_as_it_is_and_that_beats_grey(slug: str, shared_cache: Path) -> None:
    opened = bench(f"image/generation/{slug}", shared_cache)
    given = given_pictures(opened)
    made = score_pictures(opened, [IMAGE_METHODS[slug](picture) for picture in given])
    same = score_pictures(opened, list(given))
    grey = score_pictures(opened, [np.full_like(picture, 128) for picture in given])
    assert made > same
    assert made > grey
    # What is nearly black or half in the dark is further from the truth than grey.
    assert same > grey or slug in (
        "low-light-image-enhancement",
        "image-shadow-removal",
        "underwater-image-restoration",
    )


def test_every_restoration_scored_without_networks_is_tried() -> None:
    kinds = {"image_restoration": IMAGE_METHODS, "video_restoration": VIDEO_METHODS}
    for task in all_tasks():
        if task.archetype in kinds and task.metric.name != "fid":
            assert task.id.rsplit("/", 1)[-1] in kinds[task.archetype]


@pytest.mark.parametrize("slug", sorted(VIDEO_METHODS))
def test_a_filter_beats_the_video_as_it_is_and_that_beats_grey(slug: str, shared_cache: Path) -> None:
    opened = bench(f"video/generation/{slug}", shared_cache)
    given = given_frames(opened)
    made = score_frames(opened, [VIDEO_METHODS[slug](video) for video in given])
    same = score_frames(opened, list(given))
    grey = score_frames(opened, [np.full_like(video, 128) for video in given])
    assert made > same > grey


def test_the_mean_of_two_frames_beats_one_of_them_and_that_beats_grey(shared_cache: Path) -> None:
    opened = bench("video/generation/video-frame-interpolation", shared_cache)

    def between(video: NDArray[np.uint8], share: float) -> NDArray[Any]:
        frames = [video[0].astype(np.float64)]
        for first, second in pairwise(video):
            frames += [(1 - share) * first + share * second.astype(np.float64), second.astype(np.float64)]
        return np.stack(frames)

    given = given_frames(opened)
    mean, last, grey = (
        score_frames(opened, [between(video, share) for video in videos])
        for videos, share in (
            (given, 0.5),
            (given, 0.0),
            ([np.full_like(video, 128) for video in given], 0.5),
        )
    )
    assert mean > last > grey


@pytest.mark.parametrize("slug", ["video-animal-inpainting", "video-non-animal-inpainting"])
def test_a_hole_filled_from_its_edge_beats_the_hole_and_grey(slug: str, shared_cache: Path) -> None:
    opened = bench(f"video/generation/{slug}", shared_cache)
    given, holes = [], []
    for request in opened.requests:
        video, mask = (media for media in request.media if media.medium in ("video", "map", "image"))
        given.append(frames_of(video))
        holes.append(np.stack([np.asarray(frame.convert("L")) > 0 for frame in open_frames(mask)]))
    made = [
        np.stack([classical.filled(frame, hole) for frame, hole in zip(video, masks, strict=True)])
        for video, masks in zip(given, holes, strict=True)
    ]
    grey = score_frames(opened, [np.full_like(video, 128) for video in given])
    assert score_frames(opened, made) > score_frames(opened, list(given)) > grey


def test_a_grey_video_beats_a_plain_grey_where_colours_are_asked_for(shared_cache: Path) -> None:
    opened = bench("video/generation/video-colorization", shared_cache)
    given = given_frames(opened)
    assert score_frames(opened, list(given)) > score_frames(opened, [np.full_like(v, 128) for v in given])


def test_regions_painted_in_their_lightness_beat_grey(shared_cache: Path) -> None:
    opened = bench("image/generation/mask-to-image-face-gen", shared_cache)
    regions = [picture_of(request.media[0])[..., :1].astype(np.float64) / 60 for request in opened.requests]
    made = [np.repeat(region * 64 + 32, 3, axis=2) for region in regions]
    grey = score_pictures(opened, [np.full_like(picture, 128) for picture in made])
    assert score_pictures(opened, made) > grey
