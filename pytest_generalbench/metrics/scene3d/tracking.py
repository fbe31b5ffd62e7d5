"""3D tracks: nuScenes' average multi-object tracking accuracy."""

from __future__ import annotations

import math
from bisect import bisect
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from pytest_generalbench.core.outputs.codecs.boxes.boxes3d import Box3d, TrackedBox
from pytest_generalbench.metrics.accumulators import NOTHING, jackknife_value, score_of
from pytest_generalbench.metrics.base import Metric, MetricValue
from pytest_generalbench.metrics.detection.assignment import nearest_pairs
from pytest_generalbench.metrics.validation import PredictionFormatError, bad_reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Frames = tuple[tuple[TrackedBox, ...], ...]

MATCH_METRES: Final = 2.0
"""Centres on the ground must be nearer than this."""

RECALLS: Final = np.linspace(0.1, 1.0, 40).round(12)
"""The recalls over which MOTAR is averaged."""

Totals = npt.NDArray[np.int64]

Pair = tuple[int, int, float]
"""Object, track, and the metres between them in one frame."""


class _Scene(NamedTuple):
    """One class in one sequence."""

    objects: int
    """Boxes of the reference, over all frames."""
    boxes: tuple[int, ...]
    """For each predicted track, the number of its boxes."""
    scores: tuple[float, ...]
    """For each predicted track, the mean score of its boxes."""
    frames: tuple[tuple[Pair, ...], ...]
    """For each frame with any, the pairs that are near enough to match."""


class SequenceOutcome(NamedTuple):
    """The possible matches of one sequence."""

    scenes: tuple[tuple[str, _Scene], ...]
    answered: bool


class Counts(NamedTuple):
    """The outcome of matching at one threshold of the score."""

    found: int
    """Boxes of the reference that a track was matched to, the same as at the object's match before."""
    switches: int
    """Those where it was another."""
    false: int
    """Predicted boxes that were matched to nothing."""


def interpolated(frames: Frames) -> Frames:
    """Return the frames with every track's holes filled, as nuScenes fills those of answer and reference.

    Frames are taken to be equally far apart. Between the boxes before and behind a hole the centre is
    linear in time; as in the benchmark's code, the box behind weighs as much as its distance in time.
    """
    times: dict[str, list[int]] = {}
    boxes: dict[str, list[Box3d]] = {}
    for number, frame in enumerate(frames):
        for one in frame:
            times.setdefault(one.track, []).append(number)
            boxes.setdefault(one.track, []).append(one.box)
    filled = [list(frame) for frame in frames]
    for track, known in times.items():
        for number in range(known[0] + 1, known[-1]):
            behind = bisect(known, number)
            left, right = known[behind - 1], known[behind]
            if left == number:
                continue
            before, after = boxes[track][behind - 1], boxes[track][behind]
            share = (right - number) / (right - left)
            x, y, z = ((1 - share) * a + share * b for a, b in zip(before.centre, after.centre, strict=True))
            filled[number].append(TrackedBox(track, after._replace(centre=(x, y, z))))
    return tuple(tuple(frame) for frame in filled)


def _scene(prediction: Frames | None, reference: Frames, label: str) -> _Scene:
    objects, tracks = dict[str, int](), dict[str, int]()
    scores: list[list[float]] = []
    frames = []
    total = 0
    for number, frame in enumerate(reference):
        truth = [one for one in frame if one.box.label == label]
        predicted = [one for one in (prediction[number] if prediction else ()) if one.box.label == label]
        total += len(truth)
        for one in truth:
            objects.setdefault(one.track, len(objects))
        for one in predicted:
            if one.track not in tracks:
                tracks[one.track] = len(scores)
                scores.append([])
            scores[tracks[one.track]].append(one.box.score)
        if truth and predicted:
            here = np.array([one.box.centre[:2] for one in truth])
            there = np.array([one.box.centre[:2] for one in predicted])
            distances = np.linalg.norm(here[:, None] - there[None], axis=2)
            near = zip(*np.nonzero(distances < MATCH_METRES), strict=True)
            pairs = tuple(
                (objects[truth[row].track], tracks[predicted[column].track], float(distances[row, column]))
                for row, column in near
            )
            if pairs:
                frames.append(pairs)
    if prediction is None and total:
        return _Scene(total, (total,), (math.inf,), ())
    means = tuple(math.fsum(values) / len(values) for values in scores)
    return _Scene(total, tuple(len(values) for values in scores), means, tuple(frames))


def match_sequence(prediction: Frames | None, reference: Frames) -> SequenceOutcome:
    """Find, class by class, what could match in every frame of one sequence.

    No answer is one false track of each class of the reference, surer than all others and with as many boxes.
    """
    reference = interpolated(reference)
    prediction = None if prediction is None else interpolated(prediction)
    both = (*reference, *(prediction or ()))
    labels = sorted({tracked.box.label for frame in both for tracked in frame})
    scenes = tuple((label, _scene(prediction, reference, label)) for label in labels)
    return SequenceOutcome(scenes, prediction is not None)


def count_matches(scene: _Scene, threshold: float) -> tuple[Counts, list[float]]:
    """Follow the tracks whose score reaches `threshold`; return the counts and the scores of the matches.

    In a frame an object keeps the track it was matched to last, while that is near enough; the
    others are matched so that as many as possible are, and then at the least sum of distances.
    """
    kept = [score >= threshold for score in scene.scores]
    last: dict[int, int] = {}
    switches = 0
    matched: list[float] = []  # without switches, which reach no recall
    for frame in scene.frames:
        pairs = [pair for pair in frame if kept[pair[1]]]
        stay = {(thing, track) for thing, track, _ in pairs if last.get(thing) == track}
        # An object's last track may be another's as well; the nearer object of the two keeps it.
        links = _unique([pair for pair in pairs if pair[:2] in stay])
        things, tracks = set(links), set(links.values())
        rest = [pair for pair in pairs if pair[0] not in things and pair[1] not in tracks]
        links.update(nearest_pairs(rest))
        for thing, track in links.items():
            if last.get(thing, track) == track:
                matched.append(scene.scores[track])
            else:
                switches += 1
            last[thing] = track
    predicted = sum(boxes for boxes, good in zip(scene.boxes, kept, strict=True) if good)
    return Counts(len(matched), switches, predicted - len(matched) - switches), matched


def _unique(pairs: Sequence[Pair]) -> dict[int, int]:
    links: dict[int, int] = {}
    taken: set[int] = set()
    for thing, track, _ in sorted(pairs, key=lambda pair: (pair[2], pair[0])):
        if track not in taken:
            links[thing] = track
            taken.add(track)
    return links


def motar(counts: Totals) -> npt.NDArray[np.float64]:
    """Return max(0, 1 - (IDS + FP + FN - (1 - r) P) / (r P)) at the recall r = found / P that was reached.

    `counts` has shape (..., 4): found, IDS, FP and P; FN = P - found - IDS. Without any found the value is 0.

    >>> motar(np.array([8, 1, 1, 10])).item()
    0.875
    """
    result, switches, false, objects = np.moveaxis(counts.astype(np.float64), -1, 0)
    recall = result / np.maximum(objects, 1)
    missed = objects - result - switches
    wrong = switches + false + missed - (1 - recall) * objects
    values: npt.NDArray[np.float64] = 1 - wrong / np.maximum(recall * objects, 1e-9)
    return np.where(result > 0, np.clip(values, 0.0, 1.0), 0.0)


def class_counts(scenes: Sequence[_Scene]) -> Totals:
    """Return found, IDS, FP and P of each sequence at each recall, (S, 40, 4).

    At a recall that is not reached nothing is found.
    """
    counts = np.zeros((len(scenes), len(RECALLS), 4), np.int64)
    counts[:, :, 3] = np.array([scene.objects for scene in scenes])[:, None]
    objects = int(counts[:, 0, 3].sum())
    scores = np.sort([score for scene in scenes for score in count_matches(scene, -math.inf)[1]])[::-1]
    if not objects or not len(scores):
        return counts
    # The threshold for a recall: the score of the match that reaches it, linear in between.
    reached = np.arange(1, len(scores) + 1) / objects
    thresholds = np.interp(RECALLS, reached, scores)
    for threshold in np.unique(thresholds).tolist():
        at = (thresholds == threshold) & (reached[-1] + 1e-12 >= RECALLS)
        for place, scene in enumerate(scenes):
            counts[place, at, :3] = count_matches(scene, threshold)[0]
    return counts


def _mean_of_classes(counts: Sequence[Totals]) -> npt.NDArray[np.float64]:
    """Return the mean of MOTAR over recalls and classes; a class without objects has no part in it."""
    values = np.array([motar(one).mean(axis=-1) for one in counts])
    there = np.array([one[..., 0, 3] > 0 for one in counts])
    means: npt.NDArray[np.float64] = np.where(there, values, 0.0).sum(axis=0) / np.maximum(
        there.sum(axis=0), 1
    )
    return means


def amota_of(sequences: Sequence[SequenceOutcome]) -> tuple[float, list[float]]:
    """Return the mean over the labels of the references, 0..1, and what it is without each sequence.

    Without a sequence, the thresholds are still those of all sequences together. Without any
    object in the references: 1 when nothing was found and every sequence was answered, else 0.
    """
    labels = {label for sequence in sequences for label, scene in sequence.scenes if scene.objects}
    if not labels:
        wrong = [not one.answered or bool(one.scenes) for one in sequences]
        return float(not any(wrong)), [float(sum(wrong) == one) for one in wrong]
    places = sorted(range(len(sequences)), key=sequences.__getitem__)
    ordered = [sequences[place] for place in places]
    empty = _Scene(0, (), (), ())
    counts = [
        class_counts([dict(sequence.scenes).get(label, empty) for sequence in ordered])
        for label in sorted(labels)
    ]
    score = float(_mean_of_classes([one.sum(axis=0) for one in counts]))
    without = np.empty(len(ordered))
    without[places] = _mean_of_classes([one.sum(axis=0) - one for one in counts])
    return score, without.tolist()


class TrackingAccumulator:
    """AMOTA; of each sequence it keeps the scores of the tracks and the pairs of boxes that may match."""

    def __init__(self) -> None:
        """Start without sequences."""
        self._sequences: list[SequenceOutcome] = []

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one sequence. Raises when an argument is not of the metric's type."""
        if not _are_frames(reference):
            bad_reference("amota", "a tuple of frames of TrackedBox", reference)
        if prediction is not None and not (_are_frames(prediction) and len(prediction) == len(reference)):
            raise PredictionFormatError(
                f"metric 'amota' takes {len(reference)} frames of TrackedBox (or None) as prediction, "
                f"not {type(prediction).__name__}"
            )
        self._sequences.append(match_sequence(prediction, reference))

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the score over everything added so far."""
        if not self._sequences:
            return NOTHING
        score, without = amota_of(self._sequences)
        return jackknife_value(100 * score, [100 * value for value in without])


def _are_frames(value: Any) -> bool:
    return isinstance(value, tuple) and all(
        isinstance(frame, tuple) and all(isinstance(one, TrackedBox) for one in frame) for frame in value
    )


def amota(pairs: Iterable[tuple[Frames | None, Frames]]) -> float:
    """Return nuScenes' average multi-object tracking accuracy in percent (0..100, higher is better).

    For each class the mean of `motar` over 40 recalls from 0.1 to 1: for each recall the tracks
    below the score that reaches it are dropped, a recall that is not reached counts 0; then the
    mean over the classes of the references. A track's score is the mean over its boxes; boxes match
    below 2 m between centres on the ground, frame by frame as in `count_matches`, over all
    sequences together. Holes of tracks are filled on both sides before (`interpolated`). An object
    under another track than before is a switch, which reaches no recall. nuScenes' limits of range
    by class are not applied. None finds nothing, and is one false track of each class of the
    reference, surer than all others. NaN without sequences.
    Source: nuScenes tracking benchmark (Caesar et al. 2020, Weng and Kitani 2019); [workbook] `AMOTA`.

    Raises:
        ReferenceFormatError: A reference that is no tuple of frames.
        PredictionFormatError: A prediction that is neither as many frames nor None.

    >>> from pytest_generalbench.core.outputs.codecs.boxes.boxes3d import Box3d
    >>> def frame(name):
    ...     return (TrackedBox(name, Box3d((0.0, 0.0, 0.0), (4.0, 2.0, 1.5), 0.0, "car", 1.0, None)),)
    >>> truth = (frame("a"),) * 4
    >>> amota([(truth, truth)])
    100.0
    >>> amota([((frame("x"), frame("x"), frame("y"), frame("y")), truth)])  # one switch among four
    72.5
    >>> amota([((frame("x"), (), frame("x"), frame("x")), truth)])  # a hole
    100.0
    """
    return score_of(TrackingAccumulator(), pairs)


_TRACKING: Final = Metric(
    name="amota",
    unit="percent",
    higher_is_better=True,
    best=100.0,
    definition=(
        "nuScenes AMOTA: mean over the references' classes and 40 recalls of MOTAR at the recall reached, "
        "boxes matched below 2 m between centres, pooled over sequences; holes of tracks are filled, a "
        "switch reaches no recall; no limit of range; no answer: as many false boxes as there are true ones"
    ),
    factory=TrackingAccumulator,
    aggregation="corpus",
    version=2,
    changes={
        2: "holes of tracks are filled before matching and switches reach no recall, as in nuScenes' own "
        "code; an unreadable answer counts as false boxes"
    },
)

METRICS: Final = (_TRACKING,)
