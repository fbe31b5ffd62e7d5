"""Metrics of made videos against loops written out, with eyes whose features are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import linalg

from pytest_generalbench import metrics
from pytest_generalbench.core.errors import ReferenceFormatError
from pytest_generalbench.core.outputs import Image, Target, Video
from pytest_generalbench.metrics.backbone_interfaces import Found
from pytest_generalbench.metrics.validation import PredictionFormatError
from pytest_generalbench.metrics.video.consistency import frame_consistency, steadiness
from pytest_generalbench.metrics.video.frames import longer_side_within, looked_at, middle_frames, resized
from pytest_generalbench.metrics.video.motion import flow_speed, is_moving, smoothness
from pytest_generalbench.metrics.video.objects import RELATIONS, best_relation, box_iou, relation_score
from pytest_generalbench.metrics.video.text_alignment import shows_action

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.metrics.backbone_interfaces import Features, Pixels
    from pytest_generalbench.metrics.base import MetricValue
    from pytest_generalbench.metrics.video.objects import Box


def made(seed: int, frames: int = 5, side: int = 12) -> Video:
    return Video(np.random.default_rng(seed).integers(0, 256, (frames, side, side + 2, 3), np.uint8))


def plain(*shades: int) -> Video:
    return Video(np.stack([np.full((8, 8, 3), shade, np.uint8) for shade in shades]))


def scored(name: str, pairs: Sequence[tuple[Any, Any]], **backbones: Any) -> MetricValue:
    accumulator = metrics.make(name, {}, backbones)
    for prediction, reference in pairs:
        accumulator.add(prediction, reference)
    return accumulator.result()


def unit(rows: Features) -> Features:
    rows = rows / np.linalg.norm(rows, axis=-1, keepdims=True)
    return rows


class Eyes:
    """Sees the mean colours, as a vector of length 1; of a text, a vector of its letters."""

    def pictures(self, pictures: Sequence[Pixels]) -> Features:
        return unit(np.stack([picture.mean(axis=(0, 1)) - 110 for picture in pictures]))

    def videos(self, videos: Sequence[Pixels]) -> Features:
        return unit(np.stack([video.mean(axis=(0, 1, 2)) - 110 for video in videos]))

    def texts(self, texts: Sequence[str]) -> Features:
        counts = [[text.count(letter) - 0.3 for letter in "aeo"] for text in texts]
        return unit(np.array(counts, np.float64))

    def scores(self, pictures: Sequence[Pixels]) -> Features:
        return np.array([float(picture.mean()) / 2.55 for picture in pictures])


class Still:
    """A flow field and a frame between that are the difference and the mean."""

    def flow(self, first: Pixels, second: Pixels) -> Any:
        change = (second.astype(np.float32) - first).mean(axis=2)
        return np.stack([change, 0 * change], axis=2)

    def between(self, first: Pixels, second: Pixels) -> Pixels:
        mean: Pixels = ((first.astype(int) + second) // 2).astype(np.uint8)
        return mean


@given(st.integers(0, 999), st.integers(2, 8))
def test_consistency_is_a_mean_of_cosines(seed: int, frames: int) -> None:
    features = np.random.default_rng(seed).normal(size=(frames, 4))
    result = frame_consistency(features)
    for place in range(1, frames):
        cosines = [
            float(features[place] @ other / np.linalg.norm(features[place]) / np.linalg.norm(other))
            for other in (features[place - 1], features[0])
        ]
        assert result[place - 1] == pytest.approx(sum(max(0.0, one) for one in cosines) / 2)


@given(st.integers(0, 999), st.integers(2, 6))
def test_flickering_is_the_mean_change_of_all_values(seed: int, count: int) -> None:
    frames = made(seed, count).frames
    changes = [np.abs(frames[at].astype(float) - frames[at + 1]).mean() for at in range(count - 1)]
    assert steadiness(frames) == pytest.approx((255 - float(np.mean(changes))) / 255)


@pytest.mark.parametrize(
    ("name", "role"), [("subject_consistency", "dino"), ("background_consistency", "clip")]
)
def test_consistency_is_pooled_over_frames_and_a_missing_answer_is_a_long_video_of_zeros(
    name: str, role: str
) -> None:
    eyes, videos = Eyes(), [made(1, 3), made(2, 6)]
    each = [frame_consistency(eyes.pictures(list(video.frames))) for video in videos]
    pairs = [(video, Target()) for video in videos]
    assert scored(name, pairs, **{role: eyes}).score == pytest.approx(100 * np.concatenate(each).mean())
    total = sum(part.sum() for part in each)
    assert scored(name, [*pairs, (None, Target())], **{role: eyes}).score == pytest.approx(
        100 * total / (2 + 5 + 5)
    )
    assert scored(name, [(plain(7), Target())], **{role: eyes}).score == 0.0  # one frame shows nothing of it


def test_flickering_of_a_task_is_the_mean_over_videos() -> None:
    pairs = [(plain(0, 51), Target()), (plain(9, 9, 9), Target()), (None, Target()), (plain(3), Target())]
    assert scored("temporal_flickering", pairs).score == pytest.approx((80 + 100) / 4)


def test_motion_follows_the_fastest_twentieth_of_the_pixels() -> None:
    field = np.zeros((20, 20, 2), np.float32)
    field[:1] = 3, 4  # 20 of 400 pixels
    assert flow_speed(field) == 5.0
    field[0, :10] = 0
    assert flow_speed(field) == 2.5
    frames = np.zeros((16, 256, 256, 3), np.uint8)

    def moves(pairs: int, fps: float = 8.0) -> bool:
        speeds = iter([6.1] * pairs + [5.9] * 20)
        return is_moving(frames, fps, lambda one, other: np.full((9, 9, 2), (next(speeds), 0), np.float32))

    assert [moves(pairs) for pairs in (3, 4)] == [False, True]
    # At 16 frames a second half of them are left, so that two fast pairs are enough.
    assert [moves(pairs, 16.0) for pairs in (1, 2)] == [False, True]
    assert not is_moving(frames[:1], 8, lambda one, other: np.full((9, 9, 2), 99, np.float32))


def test_dynamic_degree_is_a_share_of_videos() -> None:
    pairs = [
        (plain(0, 90, 180), Target()),
        (plain(5, 5, 5), Target()),
        (None, Target()),
        (plain(1), Target()),
    ]
    assert scored("dynamic_degree", pairs, flow=Still()).score == 25.0


def test_quality_of_videos_from_a_picture_is_the_mean_of_four_parts() -> None:
    video, eyes, still = made(5, 5), Eyes(), Still()
    steady = frame_consistency(eyes.pictures(list(video.frames))).mean()
    text = max(0.0, float(eyes.videos([middle_frames(video.frames, 8)])[0] @ eyes.texts(["a toe"])[0]))
    rebuilt = [
        np.abs(
            still.between(video.frames[at - 1], video.frames[at + 1]).astype(int) - video.frames[at]
        ).mean()
        for at in (1, 3)
    ]
    smooth = 1 - float(np.mean(rebuilt)) / 255
    assert smoothness(video.frames, still.between) == pytest.approx(smooth)
    moves = is_moving(video.frames, video.fps, still.flow)
    pairs = [(video, Target(prompt="a toe"))]
    result = scored("i2v_quality", pairs, dino=eyes, video_text=eyes, flow=still, interpolator=still)
    assert result.score == pytest.approx(100 * (steady + text + smooth + moves) / 4)


@pytest.mark.parametrize(
    ("name", "role", "top"), [("aesthetic_quality", "aesthetic", 10), ("imaging_quality", "musiq_spaq", 100)]
)
def test_quality_is_the_mean_over_videos_of_the_mean_over_frames(name: str, role: str, top: int) -> None:
    videos = [plain(2, 4), plain(6, 6, 12)]
    means = [[shade / 2.55 / top for shade in shades] for shades in ((2, 4), (6, 6, 12))]
    expected = 100 * float(np.mean([np.mean(part) for part in means]))
    assert scored(name, [(video, Target()) for video in videos], **{role: Eyes()}).score == pytest.approx(
        expected
    )


def test_musiq_is_pooled_over_frames() -> None:
    pairs = [(plain(255, 255), Target()), (plain(0, 0, 0, 0), Target())]
    assert scored("musiq", pairs, musiq=Eyes()).score == pytest.approx(100 / 3)


@pytest.mark.parametrize(
    ("old", "new"), [((1080, 1920), (288, 512)), ((33, 50), (20, 31)), ((7, 5), (9, 11))]
)
def test_frames_are_made_smaller_as_torch_does_without_antialiasing(
    old: tuple[int, int], new: tuple[int, int]
) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    frame = rng.integers(0, 256, (*old, 3)).astype(np.uint8)
    tensor = torch.from_numpy(frame).permute(2, 0, 1)[None].float()
    wanted = torch.nn.functional.interpolate(
        tensor, new, mode="bilinear", align_corners=False, antialias=False
    )
    result = resized(frame, *new).astype(int)
    away = np.abs(result - wanted.round()[0].permute(1, 2, 0).numpy())
    assert away.max() <= 1  # where the sum lies on a half but for its last bit
    assert (away > 0).mean() < 1e-3


def test_a_board_of_single_pixels_keeps_its_contrast() -> None:
    board = np.repeat((np.indices((1080, 1920)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None], 3, axis=2)
    small = longer_side_within(board, 512)
    assert small.shape == (288, 512, 3)
    assert small.std() > 30  # averaged over areas it would be grey all over
    assert longer_side_within(board[:1000, :1001], 512).shape == (511, 512, 3)


def test_what_is_looked_at_is_sixteen_middle_frames_made_smaller() -> None:
    large = Video(np.zeros((3, 800, 1000, 3), np.uint8))
    assert looked_at(large).shape == (3, 720, 900, 3)
    assert middle_frames(np.arange(100, dtype=np.uint8)).tolist() == [
        (first + last) // 2
        for first, last in ((at * 100 // 16, (at + 1) * 100 // 16 - 1) for at in range(16))
    ]


BOXES = st.tuples(*[st.integers(0, 40)] * 4).map(
    lambda c: (float(c[0]), float(c[1]), float(c[0] + c[2] + 1), float(c[1] + c[3] + 1))
)


def iou_by_cells(one: Box, other: Box) -> float:
    y, x = np.mgrid[:90, :90]
    masks = [(x >= b[0]) & (x < b[2]) & (y >= b[1]) & (y < b[3]) for b in (one, other)]
    return float((masks[0] & masks[1]).sum() / (masks[0] | masks[1]).sum())


@given(BOXES, BOXES)
def test_overlap_equals_cells_counted_and_at_most_one_relation_holds(one: Box, other: Box) -> None:
    assert box_iou(one, other) == pytest.approx(iou_by_cells(one, other))
    scores = {relation: relation_score(relation, one, other) for relation in RELATIONS}
    assert sum(score > 0 for score in scores.values()) <= 1
    mirrored = {"left": "right", "right": "left", "above": "below", "below": "above"}
    for relation, score in scores.items():
        assert relation_score(mirrored[relation], other, one) == pytest.approx(score)
        assert score in (0.0, 1.0) or score == pytest.approx(0.1 / box_iou(one, other))


class Detector:
    """Finds what a picture's shade stands for."""

    def __init__(self, shown: dict[int, tuple[Found, ...]]) -> None:
        self._shown = shown

    def find(self, picture: Pixels, labels: Sequence[str]) -> tuple[Found, ...]:
        return tuple(one for one in self._shown[int(picture[0, 0, 0])] if one.label in labels)


CAT, DOG = Found("cat", 0.9, (0, 0, 3, 3)), Found("dog", 0.8, (5, 0, 8, 3))
RED, BLUE = Found("red car", 0.9, (0, 0, 4, 4)), Found("blue car", 0.95, (0, 0, 4, 4))
SHOWN = Detector({1: (CAT, DOG), 2: (CAT,), 3: (), 4: (RED,), 5: (RED, BLUE)})


@pytest.mark.parametrize(
    ("name", "words", "video", "score"),
    [
        ("object_class", {"label": "cat"}, (1, 2, 3, 3), 50.0),
        ("multiple_objects", {"object_a": "cat", "object_b": "dog"}, (1, 2, 3, 3), 25.0),
        ("spatial_relationship", {"object_a": "cat", "object_b": "dog", "relation": "left"}, (1, 2), 50.0),
        ("spatial_relationship", {"object_a": "cat", "object_b": "dog", "relation": "right"}, (1, 2), 0.0),
        ("color_binding", {"colour": "red", "object": "car"}, (4, 5, 3, 4), 200 / 3),
        ("color_binding", {"colour": "pink", "object": "car"}, (4, 5), 0.0),
        ("color_binding", {"colour": "red", "object": "car"}, (3, 3), 0.0),
    ],
)
def test_objects_are_counted_by_frame(
    name: str, words: dict[str, str], video: tuple[int, ...], score: float
) -> None:
    pair = (plain(*video), Target(words=words))
    assert scored(name, [pair], detector=SHOWN).score == pytest.approx(score)
    assert scored(name, [pair, (None, pair[1])], detector=SHOWN).score == pytest.approx(score / 2)
    with pytest.raises(ReferenceFormatError):
        scored(name, [(pair[0], Target())], detector=SHOWN)


def test_of_two_things_of_one_name_a_pair_is_two() -> None:
    assert best_relation([CAT], "cat", "cat", "left") == 0.0
    assert best_relation([CAT, Found("cat", 0.5, (9, 0, 11, 2))], "cat", "cat", "left") == 1.0


class Actions:
    classes = ("riding a bike", "singing", "rowing", "reading", "cooking", "dancing")

    def __init__(self, *shares: float) -> None:
        self._shares = shares

    def probabilities(self, videos: Sequence[Pixels]) -> Features:
        return np.array([self._shares] * len(videos))


@pytest.mark.parametrize(
    ("action", "result"),
    [("riding bike", True), ("Riding a bike through snow", True), ("singing", False), ("dancing", False),
     ("rid", False)],
)  # fmt: skip
def test_an_action_is_among_the_five_likeliest_and_sure(action: str, result: bool) -> None:
    actions = Actions(0.9, 0.84, 0.95, 0.96, 0.97, 0.1)
    assert shows_action(np.array([0.9, 0.84, 0.95, 0.96, 0.97, 0.1]), actions.classes, action) == result
    target = Target(words={"action": action})
    assert scored("human_action", [(plain(1), target)], action=actions).score == 100.0 * result


def test_a_sixth_class_does_not_count_however_sure() -> None:
    assert not shows_action(np.array([0.9, 0.91, 0.92, 0.93, 0.94, 0.95]), Actions.classes, "riding bike")


def test_styles_and_prompts_are_cosines() -> None:
    eyes, videos = Eyes(), [made(3, 2), made(4, 4)]
    frames = [eyes.pictures(list(video.frames)) for video in videos]
    style = eyes.texts(["oo"])[0]
    target = Target(words={"style": "oo"}, prompt="a toe", styles=(lambda: Image(made(9).frames[0]),))
    pairs = [(video, target) for video in videos]
    alike = np.clip(np.concatenate(frames) @ style, 0, 1)
    assert scored("appearance_style", pairs, clip=eyes).score == pytest.approx(100 * alike.mean())
    reference = eyes.pictures([made(9).frames[0]])[0]
    each = [np.clip(part @ reference, 0, 1).mean() for part in frames]
    assert scored("clip_style", pairs, clip=eyes).score == pytest.approx(100 * float(np.mean(each)))
    text = eyes.texts(["a toe"])[0]
    each = [max(0.0, float(eyes.videos([video.frames])[0] @ text)) for video in videos]
    for name in ("overall_consistency", "temporal_style"):
        assert scored(name, pairs, video_text=eyes).score == pytest.approx(100 * float(np.mean(each)))


def test_frame_accuracy_counts_frames_nearer_to_the_new_prompt() -> None:
    eyes, video = Eyes(), made(8, 6)
    words = {"target_prompt": "a toe", "source_prompt": "an eel"}
    new, old = eyes.texts([words["target_prompt"], words["source_prompt"]])
    frames = eyes.pictures(list(video.frames))
    expected = 100 * float(np.mean([one @ new > one @ old for one in frames]))
    assert scored("frame_accuracy", [(video, Target(words=words))], clip=eyes).score == pytest.approx(
        expected
    )


def test_fvd_is_the_frechet_distance_of_the_features() -> None:
    eyes = Eyes()
    predicted, true = [made(seed) for seed in range(20)], [made(seed) for seed in range(50, 70)]
    pairs = [(one, Target(medium=_opener(other))) for one, other in zip(predicted, true, strict=True)]
    rows = [np.stack([eyes.videos([_sixteen(video)])[0] for video in videos]) for videos in (predicted, true)]
    first, second = (np.cov(one, rowvar=False) for one in rows)
    apart = rows[0].mean(axis=0) - rows[1].mean(axis=0)
    root = linalg.sqrtm(first @ second).real
    expected = float(apart @ apart + np.trace(first + second - 2 * root))
    assert scored("fvd", pairs, video_features=eyes).score == pytest.approx(expected, abs=1e-6)
    same = [(one, Target(medium=_opener(one))) for one in predicted]
    assert scored("fvd", same, video_features=eyes).score == pytest.approx(0, abs=1e-9)
    with pytest.raises(PredictionFormatError):
        scored("fvd", [(Image(predicted[0].frames[0]), pairs[0][1])], video_features=eyes)


def _sixteen(video: Video) -> Pixels:
    return np.concatenate([video.frames, *[video.frames[-1:]] * (16 - len(video.frames))])


def _opener(video: Video) -> Any:
    return lambda: video
