"""On the demo set, classical methods beat blind answers for point clouds, shapes and sounds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import pytest

from pytest_generalbench import metrics
from pytest_generalbench.core.outputs import Audio
from pytest_generalbench.core.outputs.codecs.points.tables import read_table
from pytest_generalbench.evaluation.scoring.backbones.demo_weights import DemoWeights
from pytest_generalbench.suite.demo.media.tone_speech import RATE, heard, spoken
from tests.data.demo_bench import Answer, Bench, bench
from tests.data.test_demo_scenes import IDS, blind, gain
from tests.data.trees import all_tasks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Points = NDArray[np.float64]


def cloud(path: Path) -> Points:
    if path.suffix == ".bin":
        return np.fromfile(path, "<f4").reshape(-1, 4)[:, :3].astype(np.float64)
    table = read_table(path.read_bytes(), path.name)
    if table.rows is not None:
        return np.asarray(table.rows[:, :3], np.float64)
    points = table.columns.get("points")
    return np.asarray(
        np.stack([table.columns[axis] for axis in "xyz"], axis=1) if points is None else points, float
    )


def clouds(opened: Bench) -> list[list[Points]]:
    return [
        [cloud(path) for path in next(m for m in request.media if m.medium == "pointcloud").paths]
        for request in opened.requests
    ]


def nearest(points: Points, others: Points) -> NDArray[np.int64]:
    away = ((points[:, None] - others[None]) ** 2).sum(axis=2)
    return np.asarray(away.argmin(axis=1))


def clusters(points: Points, gap: float) -> list[NDArray[np.int64]]:
    """Return the places of points that are linked by steps shorter than `gap`."""
    near = ((points[:, None] - points[None]) ** 2).sum(axis=2) < gap**2
    labels = np.arange(len(points))
    while True:
        least = np.where(near, labels[None], len(points)).min(axis=1)
        if (least == labels).all():
            return [np.flatnonzero(labels == label) for label in np.unique(labels)]
        labels = least


def fitted(first: Points, second: Points) -> tuple[Points, Points]:
    """Return rotation and shift that take the first points to the second: Kabsch's method."""
    one, two = first - first.mean(axis=0), second - second.mean(axis=0)
    left, _, right = np.linalg.svd(one.T @ two)
    flip = np.diag([1.0, 1.0, np.sign(np.linalg.det(right.T @ left.T))])
    turn = right.T @ flip @ left.T
    return turn, second.mean(axis=0) - turn @ first.mean(axis=0)


@pytest.mark.parametrize("name", IDS["3d_part_segmentation"])
def test_cuts_by_height_learned_from_two_shapes_beat_one_label_and_noise(
    name: str, shared_cache: Path
) -> None:
    opened = bench(name, shared_cache)
    ideals, given = opened.ideals(), [one[0] for one in clouds(opened)]
    answers: list[Answer] = []
    for place, (ideal, points) in enumerate(zip(ideals, given, strict=True)):
        # The shapes are of two kinds in turn.
        known = given[place % 2]
        labels = ideals[place % 2].labels[nearest(points[:, 2:], known[:, 2:])]
        answers.append(replace(ideal, labels=labels))
    assert gain(opened, answers) > max(blind(opened).values())


@pytest.mark.parametrize("name", IDS["3d_semantic_segmentation"])
def test_the_nearest_point_of_another_scene_beats_one_class_and_noise(name: str, shared_cache: Path) -> None:
    opened = bench(name, shared_cache)
    ideals, given = opened.ideals(), [one[0] for one in clouds(opened)]
    answers: list[Answer] = [
        replace(ideal, labels=ideals[place - 1].labels[nearest(points, given[place - 1])])
        for place, (ideal, points) in enumerate(zip(ideals, given, strict=True))
    ]
    assert gain(opened, answers) > max(blind(opened).values())


def test_clusters_off_the_ground_beat_one_object_and_noise(shared_cache: Path) -> None:
    (name,) = IDS["3d_instance_segmentation"]
    opened = bench(name, shared_cache)
    answers: list[Answer] = []
    kinds = {one.label for ideal in opened.ideals() for one in ideal.instances}
    first, seen = opened.ideals()[0], clouds(opened)[0][0]
    tops = [(float(np.ptp(seen[first.ids == one.id][:, 2])), one.label) for one in first.instances]
    for ideal, (points,) in zip(opened.ideals(), clouds(opened), strict=True):
        free = np.flatnonzero((points[:, 2] > 0.1) & (points[:, 0] > 0.1))
        ids = np.zeros(len(points), np.int64)
        listed: list[Any] = []
        for part in clusters(points[free], 0.55):
            if len(part) >= 15:
                height = float(np.ptp(points[free][part][:, 2]))
                label = min(tops, key=lambda one: abs(one[0] - height))[1]
                listed.append(ideal.instances[0]._replace(id=len(listed) + 1, label=label, score=1.0))
                ids[free[part]] = len(listed)
        answers.append(replace(ideal, ids=ids, instances=tuple(listed)))
    assert len(kinds) == 3
    assert gain(opened, answers) > max(blind(opened).values())


def test_normals_of_the_nearest_points_beat_up_and_noise(shared_cache: Path) -> None:
    (name,) = IDS["3d_normal_estimation"]
    opened = bench(name, shared_cache)
    answers: list[Answer] = []
    for ideal, (points,) in zip(opened.ideals(), clouds(opened), strict=True):
        vectors = []
        for point in points:
            near = points[np.argsort(((points - point) ** 2).sum(axis=1))[:10]]
            vector = np.linalg.svd(near - near.mean(axis=0))[2][2]
            vectors.append(vector * (1 if vector @ (point - points.mean(axis=0)) > 0 else -1))
        answers.append(replace(ideal, vectors=np.array(vectors, np.float32)))
    assert gain(opened, answers) > max(blind(opened).values()) / 2


def test_scans_laid_over_each_other_beat_standing_still(shared_cache: Path) -> None:
    (name,) = IDS["3d_odometry"]
    opened = bench(name, shared_cache)
    answers: list[Answer] = []
    for ideal, scans in zip(opened.ideals(), clouds(opened), strict=True):
        matrices = np.tile(np.eye(4)[: ideal.matrices.shape[1]], (len(scans), 1, 1))
        for place, scan in enumerate(scans):
            matrices[place, :3, :3], matrices[place, :3, 3] = fitted(scan, scans[0])
        answers.append(replace(ideal, matrices=matrices))
    assert gain(opened, answers) > max(blind(opened).values()) / 10


def _found_boxes(points: Points, like: Any, labels: dict[str, float]) -> list[Any]:
    boxes = []
    for part in clusters(points, 2.2):
        own = points[part]
        middle = (own.min(axis=0) + own.max(axis=0)) / 2
        reach = float(np.linalg.norm(np.ptp(own[:, :2], axis=0)))
        label = min(labels, key=lambda one: abs(labels[one] - reach))
        boxes.append(like._replace(centre=tuple(middle.tolist()), label=label, score=1.0))
    return boxes


SIZES = {"car": 4.2, "pedestrian": 0.9, "truck": 6.5}
"""How far the points of an object reach on the ground, in metres."""


def test_clusters_of_points_beat_boxes_anywhere(shared_cache: Path) -> None:
    (name,) = IDS["3d_detection"]
    opened = bench(name, shared_cache)
    answers: list[Answer] = [
        replace(ideal, boxes=tuple(_found_boxes(points, ideal.boxes[0], SIZES)))
        for ideal, (points,) in zip(opened.ideals(), clouds(opened), strict=True)
    ]
    assert gain(opened, answers) > max(blind(opened).values()) + 20


def test_clusters_followed_from_scan_to_scan_beat_tracks_anywhere(shared_cache: Path) -> None:
    (name,) = IDS["3d_tracking"]
    opened = bench(name, shared_cache)
    answers: list[Answer] = []
    for ideal, scans in zip(opened.ideals(), clouds(opened), strict=True):
        like = next(frame[0] for frame in ideal.frames if frame)
        tracks: list[Any] = []
        frames = []
        for points in scans:
            frame = []
            for box in _found_boxes(points, like.box, {"car": 4.2, "pedestrian": 0.9}):
                far = [float(np.linalg.norm(np.subtract(box.centre, one))) for one in tracks]
                place = int(np.argmin(far)) if far and min(far) < 2.5 else len(tracks)
                tracks[place : place + 1] = [box.centre]
                frame.append(like._replace(track=str(place), box=box))
            frames.append(tuple(frame))
        answers.append(replace(ideal, frames=tuple(frames)))
    assert gain(opened, answers) > max(blind(opened).values()) + 20


def test_a_mirrored_part_beats_the_part_and_that_beats_noise(shared_cache: Path) -> None:
    opened = bench("3d/generation/3d-point-cloud-completion", shared_cache)
    given = [one[0] for one in clouds(opened)]
    ideals = opened.ideals()
    mirrored = [np.concatenate([points, points * [-1, 1, 1]]) for points in given]
    part, whole = (
        gain(opened, [replace(i, points=p) for i, p in zip(ideals, made, strict=True)])
        for made in (given, mirrored)
    )
    assert whole > part > max(blind(opened).values())


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["object", "scene"])
def test_the_given_points_joined_beat_noise(kind: str, shared_cache: Path) -> None:
    opened = bench(f"3d/generation/point-cloud-to-mesh-{kind}-reconstruction", shared_cache)
    answers = [
        _joined(ideal, points) for ideal, (points,) in zip(opened.ideals(), clouds(opened), strict=True)
    ]
    assert gain(opened, answers) > max(blind(opened).values())


def _joined(ideal: Any, points: Points) -> Any:
    """Return a mesh with a triangle of each point and the two nearest to it."""
    near = np.argsort(((points[:, None] - points[None]) ** 2).sum(axis=2), axis=1)[:, :3]
    return replace(ideal, vertices=points, faces=near.astype(np.int32), colours=None)


@pytest.mark.slow
@pytest.mark.parametrize("output", ["mesh", "point-cloud"])
def test_depth_pictures_laid_into_space_beat_noise(output: str, shared_cache: Path) -> None:
    opened = bench(f"3d/generation/rgb-d-to-{output}-reconstruction", shared_cache)
    answers: list[Answer] = []
    for ideal, request in zip(opened.ideals(), opened.requests, strict=True):
        _, depths, poses, intrinsic = request.media
        camera = np.loadtxt(intrinsic.paths[0])
        parts = []
        for depth, pose in zip(depths.paths, poses.paths, strict=True):
            metres = np.asarray(PIL.Image.open(depth), np.float64) / 1000
            row, column = np.nonzero(metres)
            far = metres[row, column]
            x, y = (column - camera[0, 2]) / camera[0, 0] * far, (row - camera[1, 2]) / camera[1, 1] * far
            place = np.loadtxt(pose)
            parts.append(np.stack([x, y, far], axis=1) @ place[:3, :3].T + place[:3, 3])
        points = np.concatenate(parts)
        answers.append(_joined(ideal, points) if output == "mesh" else replace(ideal, points=points))
    assert gain(opened, answers) > max(blind(opened).values())


# --------------------------------------------------------------------------------------------- sounds

SPOKEN = [task.id for task in all_tasks() if task.metric.name == "wer"]


@pytest.mark.parametrize("name", SPOKEN)
def test_speech_is_loud_and_says_its_text(name: str, shared_cache: Path) -> None:
    opened = bench(name, shared_cache)

    def score(sounds: list[Any]) -> float:
        accumulator = metrics.make("wer", opened.task.metric.options, {"asr": DemoWeights().open("asr")})
        for sound, reference in zip(sounds, opened.references, strict=True):
            accumulator.add(sound, reference)
        return float(accumulator.result([one.id for one in opened.instances]).score)

    ideals = opened.ideals()
    words = [reference.words["transcript"] for reference in opened.references]
    whole = [Audio(spoken(text), RATE) for text in words]
    half = [Audio(spoken(text[: len(text) // 2]), RATE) for text in words]
    length = len(whole[0].samples)
    silence = [Audio(np.zeros(length, np.float32), RATE)] * len(whole)
    noise = [
        Audio(np.random.default_rng(place).uniform(-0.5, 0.5, length).astype(np.float32), RATE)
        for place in range(len(whole))
    ]
    assert score(whole) == score(ideals) == 0.0
    assert 0.0 < score(half) < score(noise)
    assert score(half) < score(silence)
    for ideal, text in zip(ideals, words, strict=True):
        assert isinstance(ideal, Audio)
        assert heard(ideal.samples[:, 0] if ideal.samples.ndim == 2 else ideal.samples, ideal.rate) == text
        assert float(np.sqrt((ideal.samples**2).mean())) > 0.1


def test_the_tones_of_a_text_beat_those_of_another_and_those_beat_silence(shared_cache: Path) -> None:
    opened = bench("audio/generation/emotional-speech-synthesis", shared_cache)
    texts = [str(instance.fields["text"]) for instance in opened.instances]
    right, wrong, silence = (
        gain(opened, [Audio(level * spoken(text), RATE) for text in texts_said])
        for level, texts_said in ((1.0, texts), (1.0, texts[1:] + texts[:1]), (0.0, texts))
    )
    assert right > wrong > silence


def test_every_sound_of_the_set_is_loud_for_most_of_its_time(shared_cache: Path) -> None:
    bench(SPOKEN[0], shared_cache)
    (root,) = shared_cache.glob("demo-v*")
    sounds = sorted(root.rglob("*.wav"))
    assert len(sounds) > 300
    for path in sounds[:: len(sounds) // 100]:
        samples = np.frombuffer(path.read_bytes()[44:], "<i2").astype(np.float64) / 32768
        assert (np.abs(samples) > 0.02).mean() > 0.8
