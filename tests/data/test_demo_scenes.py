"""On the demo set, classical methods beat blind answers where places and pixels are asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest

from pytest_generalbench.core.outputs.codecs.images.rle import encode
from tests.data import classical
from tests.data.blind_answers import trivial
from tests.data.demo_bench import Answer, Bench, bench
from tests.data.test_demo_pictures import frames_of, given_frames, given_pictures, picture_of
from tests.data.trees import all_tasks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Change = Callable[[Any, NDArray[Any]], Answer]

IDS: Final = {
    kind: sorted(task.id for task in all_tasks() if task.archetype == kind)
    for kind in {task.archetype for task in all_tasks()}
}


def gain(opened: Bench, answers: list[Answer]) -> float:
    return opened.gain(opened.score(answers))


def blind(opened: Bench) -> dict[str, float]:
    """Return the gains of the answers that need no look."""
    made = [trivial(ideal, np.random.default_rng(place)) for place, ideal in enumerate(opened.ideals())]
    return {name: gain(opened, [answers[name] for answers in made]) for name in made[0]}


def beats_blind(opened: Bench, change: Change, given: list[NDArray[Any]]) -> None:
    """Assert that what `change` makes of an answer's frame and the medium beats all blind answers."""
    made = [change(ideal, medium) for ideal, medium in zip(opened.ideals(), given, strict=True)]
    found = gain(opened, made)
    assert found > max(blind(opened).values()), (found, blind(opened))


# ------------------------------------------------------------------------------------------ one picture


def learned_colours(opened: Bench, given: list[NDArray[Any]], classes: NDArray[Any]) -> NDArray[np.float64]:
    """Return the mean colour of each class in the first four pictures, by their true maps."""
    ids = np.stack([np.asarray(ideal.classes) for ideal in opened.ideals()[:4]])
    return np.stack([np.stack(given[:4])[ids == one].mean(axis=0) for one in classes])


MULTI = [
    task.id
    for task in all_tasks()
    if task.archetype == "semantic_segmentation" and task.metric.options.get("mode") != "binary"
]


@pytest.mark.parametrize("name", MULTI)
def test_the_nearest_of_the_colours_of_classes_beats_one_class_and_noise(
    name: str, shared_cache: Path
) -> None:
    opened = bench(name, shared_cache)
    given = given_pictures(opened)
    ids = np.stack([np.asarray(ideal.classes) for ideal in opened.ideals()[:4]])
    known = np.array([one for one in np.unique(ids) if one != 255])
    colours = learned_colours(opened, given, known)
    beats_blind(
        opened,
        lambda ideal, picture: replace(ideal, classes=known[classical.nearest_colour(picture, colours)]),
        given,
    )


@pytest.mark.parametrize("name", [name for name in IDS["semantic_segmentation"] if name not in MULTI])
def test_a_threshold_beats_a_full_mask_and_noise(name: str, shared_cache: Path) -> None:
    opened = bench(name, shared_cache)
    beats_blind(
        opened,
        lambda ideal, picture: replace(ideal, mask=encode(classical.thing(picture))),
        given_pictures(opened),
    )


@pytest.mark.parametrize("name", IDS["image_anomaly_segmentation"])
def test_the_distance_from_the_ground_beats_grey_and_noise(name: str, shared_cache: Path) -> None:
    opened = bench(name, shared_cache)
    beats_blind(
        opened,
        lambda ideal, picture: replace(
            ideal, scores=classical.distance_from_ground(picture).astype(np.float32)
        ),
        given_pictures(opened),
    )


@pytest.mark.parametrize("name", IDS["matting"])
def test_how_far_the_colour_is_from_the_ground_beats_grey_and_noise(name: str, shared_cache: Path) -> None:
    opened = bench(name, shared_cache)
    beats_blind(
        opened,
        lambda ideal, picture: replace(ideal, alpha=classical.soft_matte(picture)),
        given_pictures(opened),
    )


@pytest.mark.parametrize("name", IDS["instance_segmentation"])
def test_connected_parts_beat_full_masks_and_noise(name: str, shared_cache: Path) -> None:
    opened = bench(name, shared_cache)
    given = given_pictures(opened)
    labels = sorted({mask.label for ideal in opened.ideals() for mask in ideal.masks})
    pairs = [
        (label, picture[mask.mask.decode()].mean(axis=0))
        for ideal, picture in zip(opened.ideals()[:2], given, strict=False)
        for mask in ideal.masks
        for label in [mask.label]
    ]
    colours = np.stack(
        [np.mean([colour for name, colour in pairs if name == label], axis=0) for label in labels]
    )

    def found(ideal: Any, picture: NDArray[Any]) -> Any:
        # What is none of the labelled things is ground.
        away = np.abs(picture[:, :, None].astype(float) - colours[None, None]).max(axis=3)
        masks = []
        for place, label in enumerate(labels):
            own = (away.argmin(axis=2) == place) & (away.min(axis=2) < 60)
            masks += [
                ideal.masks[0]._replace(mask=encode(part), label=label, score=1.0)
                for part in classical.components(own)
            ]
        return replace(ideal, masks=tuple(masks))

    beats_blind(opened, found, given)


def test_colours_of_segments_beat_one_segment_and_noise(shared_cache: Path) -> None:
    (name,) = IDS["panoptic_segmentation"]
    opened = bench(name, shared_cache)
    given = given_pictures(opened)
    seen: dict[str, list[Any]] = {}
    for ideal, picture in zip(opened.ideals()[:3], given, strict=False):
        for segment in ideal.segments:
            seen.setdefault(segment.category, []).append(picture[ideal.ids == segment.id].mean(axis=0))
    names = sorted(seen)
    colours = np.stack([np.mean(seen[name], axis=0) for name in names])

    def found(ideal: Any, picture: NDArray[Any]) -> Any:
        nearest = classical.nearest_colour(picture, colours)
        ids = np.zeros(ideal.ids.shape, np.int64)
        segments: list[Any] = []
        for place, name in enumerate(names):
            things = name in ("car", "person")
            whole = nearest == place
            for part in classical.components(whole) if things else [whole] * bool(whole.any()):
                segments.append(ideal.segments[0]._replace(id=len(segments) + 1, category=name))
                ids[part] = len(segments)
        return replace(ideal, ids=ids, segments=tuple(segments))

    beats_blind(opened, found, given)


def test_depth_follows_from_the_place_in_the_picture_and_not_from_brightness(shared_cache: Path) -> None:
    (name,) = IDS["depth_estimation"]
    opened = bench(name, shared_cache)
    given = given_pictures(opened)
    true = np.stack([np.asarray(ideal.depth) for ideal in opened.ideals()])
    by_row = np.median(true[:3], axis=(0, 2))
    rows = gain(
        opened,
        [replace(i, depth=np.repeat(by_row[:, None], i.depth.shape[1], axis=1)) for i in opened.ideals()],
    )
    # The best straight line from brightness to depth, fitted to the true depth of all pictures together.
    light = np.stack([picture.mean(axis=2) for picture in given])
    slope, start = np.polyfit(light.ravel(), true.ravel(), 1)
    bright = gain(
        opened,
        [
            replace(i, depth=np.maximum(slope * one + start, 0.1))
            for i, one in zip(opened.ideals(), light, strict=True)
        ],
    )
    mean = gain(opened, [replace(i, depth=np.full_like(i.depth, true.mean())) for i in opened.ideals()])
    assert rows > max(*blind(opened).values(), bright, mean)
    assert bright - mean < (rows - mean) / 5


@pytest.mark.parametrize("name", IDS["object_detection"])
def test_boxes_around_connected_parts_beat_the_whole_picture_and_noise(name: str, shared_cache: Path) -> None:
    opened = bench(name, shared_cache)
    given = given_pictures(opened)
    seen: dict[Any, list[Any]] = {}
    for ideal, picture in zip(opened.ideals()[:3], given, strict=False):
        for box in ideal.boxes:
            middle = picture[int(box.y + box.height / 2), int(box.x + box.width / 2)]
            seen.setdefault(box.label, []).append(middle.astype(float))

    def found(ideal: Any, picture: NDArray[Any]) -> Any:
        boxes = []
        for part in classical.components(classical.thing(picture)):
            colour = picture[part].mean(axis=0)
            label = min(seen, key=lambda one: float(np.abs(np.mean(seen[one], axis=0) - colour).sum()))
            x, y, width, height = classical.box_of(part)
            boxes.append(
                ideal.boxes[0]._replace(x=x, y=y, width=width, height=height, label=label, score=1.0)
            )
        return replace(ideal, boxes=tuple(boxes))

    beats_blind(opened, found, given)


WORDS: Final = {
    "red": (200, 40, 45), "green": (40, 130, 60), "blue": (40, 80, 190), "yellow": (235, 190, 50),
    "purple": (150, 80, 170),
}  # fmt: skip


@pytest.mark.parametrize("name", IDS["visual_grounding"])
def test_the_thing_of_the_named_colour_beats_the_whole_picture_and_noise(
    name: str, shared_cache: Path
) -> None:
    opened = bench(name, shared_cache)
    answers: list[Answer] = []
    for request, ideal in zip(opened.requests, opened.ideals(), strict=True):
        picture = picture_of(request.media[0])
        wanted = next(colour for word, colour in WORDS.items() if f"the {word} " in request.text)
        parts = classical.components(classical.thing(picture))
        part = min(parts, key=lambda one: float(np.abs(picture[one].mean(axis=0) - wanted).sum()))
        x, y, width, height = classical.box_of(part)
        answers.append(replace(ideal, box=ideal.box._replace(x=x, y=y, width=width, height=height)))
    assert gain(opened, answers) > max(blind(opened).values())


def test_a_mean_body_in_the_found_box_beats_the_middle_and_noise(shared_cache: Path) -> None:
    (name,) = IDS["keypoint_detection"]
    opened = bench(name, shared_cache)
    given = given_pictures(opened)
    first = opened.ideals()[0].people[0]
    x, y, width, height = classical.box_of(classical.thing(given[0]))
    body = [((p.x - x) / width, (p.y - y) / height) for p in first.points]

    def found(ideal: Any, picture: NDArray[Any]) -> Any:
        people = []
        for part in classical.components(classical.thing(picture)):
            x, y, width, height = classical.box_of(part)
            points = tuple(
                p._replace(x=x + right * width, y=y + down * height)
                for p, (right, down) in zip(first.points, body, strict=True)
            )
            people.append(first._replace(points=points, score=1.0))
        return replace(ideal, people=tuple(people))

    beats_blind(opened, found, given)


# --------------------------------------------------------------------------------------------- videos


@pytest.mark.parametrize("name", IDS["video_object_tracking"])
def test_template_matching_beats_a_box_that_stands_still(name: str, shared_cache: Path) -> None:
    opened = bench(name, shared_cache)
    found = []
    for video, ideal in zip(given_frames(opened), opened.ideals(), strict=True):
        first = next(box for box in ideal.boxes if box)
        x, y, width, height = (round(value) for value in first)
        template = video[0][y : y + height, x : x + width]
        places = [classical.matched(template, frame) for frame in video]
        boxes = tuple(first._replace(x=float(right), y=float(down)) for right, down in places)
        found.append(replace(ideal, boxes=boxes))
    assert gain(opened, found) > max(blind(opened).values()) + 20


@pytest.mark.parametrize("name", IDS["video_spatiotemporal_grounding"])
def test_boxes_around_what_is_seen_beat_a_box_that_stands_still(name: str, shared_cache: Path) -> None:
    opened = bench(name, shared_cache)
    found = []
    for video, ideal in zip(given_frames(opened), opened.ideals(), strict=True):
        boxes = {}
        for place, frame in enumerate(video):
            parts = classical.components(classical.thing(frame))
            if parts:
                x, y, width, height = classical.box_of(max(parts, key=np.sum))
                boxes[place] = next(box for box in ideal.boxes if box)._replace(
                    x=x, y=y, width=width, height=height
                )
        found.append(type(ideal).of_frames(boxes))
    assert gain(opened, found) > max(blind(opened).values()) + 20


@pytest.mark.parametrize("name", IDS["video_object_segmentation"])
def test_copying_the_first_mask_beats_a_full_one_and_following_the_colour_beats_that(
    name: str, shared_cache: Path
) -> None:
    opened = bench(name, shared_cache)
    ideals = opened.ideals()
    copied = gain(opened, [replace(i, masks=(i.masks[0],) * len(i.masks)) for i in ideals])
    followed = gain(
        opened, [masked(ideal, video) for ideal, video in zip(ideals, given_frames(opened), strict=True)]
    )
    assert followed > copied > max(blind(opened).values())


def masked(ideal: Any, video: NDArray[Any]) -> Any:
    return replace(ideal, masks=tuple(encode(classical.thing(frame)) for frame in video))


@pytest.mark.parametrize("name", [*IDS["video_reasoning_segmentation"], *IDS["video_referring_segmentation"]])
def test_a_threshold_in_every_frame_beats_full_masks_and_noise(name: str, shared_cache: Path) -> None:
    opened = bench(name, shared_cache)
    beats_blind(opened, masked, given_frames(opened))


@pytest.mark.parametrize("name", IDS["video_salient_object_detection"])
def test_the_distance_from_the_ground_shows_what_is_salient(name: str, shared_cache: Path) -> None:
    opened = bench(name, shared_cache)
    beats_blind(
        opened,
        lambda ideal, video: replace(
            ideal, maps=np.stack([classical.thing(frame) for frame in video]).astype(np.uint8) * np.uint8(255)
        ),
        given_frames(opened),
    )


@pytest.mark.parametrize("name", IDS["video_camouflaged_object_detection"])
def test_the_change_from_frame_to_frame_shows_what_is_camouflaged_and_colour_does_not(
    name: str, shared_cache: Path
) -> None:
    opened = bench(name, shared_cache)
    given = given_frames(opened)

    def changed(ideal: Any, video: NDArray[Any]) -> Any:
        away = np.abs(video - np.median(video, axis=0)).max(axis=3)
        spread = np.stack([classical.box_mean(frame, 2) for frame in away])
        return replace(ideal, maps=np.where(spread > 3, 255, 0).astype(np.uint8))

    def coloured(ideal: Any, video: NDArray[Any]) -> Any:
        maps = np.stack([classical.thing(frame) for frame in video]).astype(np.uint8) * np.uint8(255)
        return replace(ideal, maps=maps)

    beats_blind(opened, changed, given)
    by_change, by_colour = (
        gain(opened, [method(i, v) for i, v in zip(opened.ideals(), given, strict=True)])
        for method in (changed, coloured)
    )
    assert by_change > by_colour


@pytest.mark.parametrize("name", IDS["optical_flow"])
def test_block_matching_beats_zero_flow(name: str, shared_cache: Path) -> None:
    opened = bench(name, shared_cache)
    found = [
        replace(ideal, flow=classical.block_flow(video[0], video[1]))
        for ideal, video in zip(opened.ideals(), given_frames(opened), strict=True)
    ]
    others = blind(opened)
    assert gain(opened, found) > others["zero"] / 2 > others["zero"] > others["noise"]


@pytest.mark.parametrize("name", IDS["video_depth_estimation"])
def test_what_moves_farther_is_nearer_and_brightness_says_nothing(name: str, shared_cache: Path) -> None:
    opened = bench(name, shared_cache)
    moved, bright = [], []
    for request, ideal in zip(opened.requests, opened.ideals(), strict=True):
        video = frames_of(request.media[0])
        pairs = zip(video, [*video[1:], video[-2]], strict=True)
        flows = [np.abs(classical.block_flow(one, two, 6, 1)[..., 0]) for one, two in pairs]
        moved.append(replace(ideal, disparity=np.stack(flows) + np.float32(0.1)))
        bright.append(replace(ideal, disparity=video.mean(axis=3).astype(np.float32) + np.float32(0.1)))
    by_motion, by_light, grey = gain(opened, moved), gain(opened, bright), blind(opened)["grey"]
    assert by_motion > grey
    assert by_motion > by_light
    assert by_light - grey < (by_motion - grey) / 4


def test_every_kind_of_task_with_pixels_or_places_is_tried() -> None:
    tried = {
        "semantic_segmentation", "image_anomaly_segmentation", "matting", "instance_segmentation",
        "panoptic_segmentation", "depth_estimation", "object_detection", "visual_grounding",
        "keypoint_detection", "video_object_tracking", "video_spatiotemporal_grounding",
        "video_object_segmentation", "video_reasoning_segmentation", "video_referring_segmentation",
        "video_salient_object_detection", "video_camouflaged_object_detection", "optical_flow",
        "video_depth_estimation",
    }  # fmt: skip
    kinds = {
        task.archetype
        for task in all_tasks()
        if task.paradigm == "comprehension"
        and task.modality in ("image", "video")
        and not task.answers_in_text
    }
    assert kinds == tried
