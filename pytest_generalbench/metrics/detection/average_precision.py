"""COCO's average precision at one overlap threshold, over images that come one by one.

Kept are, per class, a score, a verdict and the image of each detection, and the image of each object:
memory grows by 13 bytes per detection and four per object, whatever the images hold.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from pytest_generalbench.metrics.accumulators import NOTHING, jackknife_value
from pytest_generalbench.metrics.standard_errors import draw_groups, keys_of
from pytest_generalbench.metrics.validation import SUREST

if TYPE_CHECKING:
    from pytest_generalbench.metrics.base import MetricValue

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

RECALLS: Final = np.linspace(0.0, 1.0, 101)
"""The recall levels at which precision is read."""

_HIT, _MISS, _UNCOUNTED = 1, 0, -1


def average_precision(scores: Floats, hits: Bools, objects: int) -> float:
    """Return the mean over 101 recall levels of the highest precision at that recall or above.

    Detections are ranked by score, those of equal score in the order given. `hits` says which of
    them found an object; `objects` is how many there are, at least one. In 0..1.

    >>> round(average_precision(np.array([0.9, 0.8, 0.7]), np.array([True, False, True]), 2), 4)
    0.835
    """
    if len(scores) == 0:
        return 0.0
    ranked = hits[np.argsort(-scores, kind="stable")]
    result = np.cumsum(ranked)
    precision = result / np.arange(1, len(ranked) + 1)
    highest = np.maximum.accumulate(precision[::-1])[::-1]
    places = np.searchsorted(result / objects, RECALLS, side="left")
    read = np.append(highest, 0.0)[np.minimum(places, len(highest))]
    return float(read.mean())


def verdicts(
    overlaps: Floats, allowed: Bools, ignored: Sequence[bool], crowd: Sequence[bool], threshold: float
) -> list[int]:
    """Return for each detection whether it hits (1), misses (0) or does not count (-1), as COCO matches.

    `overlaps` and `allowed` are (detections, objects); detections are the highest score first, the
    objects that are ignored last. Each detection takes the free object it overlaps most, of equal
    ones the last, with an overlap of `threshold` at least; one that takes an ignored object does
    not count. Only a crowd is taken more than once.
    """
    least = min(threshold, 1 - 1e-10)
    rows, columns = np.nonzero((overlaps >= least) & allowed)
    result = [_MISS] * len(overlaps)
    taken: set[int] = set()
    best, most, current = -1, least, -1
    near = zip(rows.tolist(), columns.tolist(), overlaps[rows, columns].tolist(), strict=True)
    for row, column, overlap in near:
        if row != current:
            _take(result, taken, current, best, ignored)
            current, best, most = row, -1, least
        if (column in taken and not crowd[column]) or overlap < most:
            continue
        if best >= 0 and not ignored[best] and ignored[column]:
            continue
        best, most = column, overlap
    _take(result, taken, current, best, ignored)
    return result


def _take(result: list[int], taken: set[int], row: int, best: int, ignored: Sequence[bool]) -> None:
    if best >= 0:
        taken.add(best)
        result[row] = _UNCOUNTED if ignored[best] else _HIT


class _Class:
    """The detections and objects of one class."""

    def __init__(self) -> None:
        self.scores = array("d")
        self.hits = array("b")
        self.images = array("i")
        """The number of the image of each detection."""
        self.objects = array("i")
        """The number of the image of each object that counts."""


class _Grouped(NamedTuple):
    """The same, once the groups of the images are known."""

    scores: Floats
    hits: Bools
    groups: npt.NDArray[np.int64]
    """Of the detections."""
    objects: npt.NDArray[np.int64]
    """How many there are in each group."""


class Detected(NamedTuple):
    """One image, ready to be matched."""

    overlaps: Floats
    """(detections, objects), in 0..1."""
    scores: Sequence[float]
    labels: Sequence[str | None]
    """Of the detections."""
    classes: Sequence[str | None]
    """Of the objects."""
    ignored: Sequence[bool]
    crowd: Sequence[bool]


class PrecisionTally:
    """Matches images as they come, and gives AP as the mean over classes that have an object."""

    def __init__(self, threshold: float, most: int) -> None:
        """Take the overlap from which an object is found, and how many detections of a class count."""
        self._threshold = threshold
        self._most = most
        self._classes: dict[str | None, _Class] = {}
        self._images = 0
        self._unanswered = array("i")
        """The numbers of the images without an answer."""
        self._blank = array("i")
        """Those of them without an object."""

    def skip(self, classes: Sequence[str | None], ignored: Sequence[bool]) -> None:
        """Take an image without an answer: its objects are missed, and as many false ones are surest of all.

        Where there is no object, there is a false one of every class.
        """
        self._count_objects(classes, ignored)
        missed = [label for label, out in zip(classes, ignored, strict=True) if not out]
        for label in missed:
            self._false(self._class(label))
        (self._unanswered if missed else self._blank).append(self._images)
        self._images += 1

    def _false(self, one: _Class) -> None:
        one.scores.append(SUREST)
        one.hits.append(_MISS)
        one.images.append(self._images)

    def add(self, image: Detected) -> None:
        """Take one image."""
        self._count_objects(image.classes, image.ignored)
        order = self._ranked(image)
        last = sorted(range(len(image.classes)), key=image.ignored.__getitem__)
        ignored, crowd = [image.ignored[place] for place in last], [image.crowd[place] for place in last]
        labels = [image.labels[place] for place in order]
        if last and order:
            overlaps = image.overlaps[order][:, last]
            result = verdicts(
                overlaps, _same(labels, [image.classes[p] for p in last]), ignored, crowd, self._threshold
            )
        else:
            result = [_MISS] * len(order)
        for place, label, verdict in zip(order, labels, result, strict=True):
            if verdict != _UNCOUNTED:
                own = self._class(label)
                own.scores.append(image.scores[place])
                own.hits.append(verdict)
                own.images.append(self._images)
        self._images += 1

    def _ranked(self, image: Detected) -> list[int]:
        """Return the places of the detections that count, the highest score first."""
        scores = image.scores
        order = sorted(range(len(scores)), key=lambda place: -scores[place])
        if len(order) <= self._most:
            return order
        # No fewer than there are objects: a perfect answer must be able to name them all.
        objects, counts = Counter(image.classes), Counter[str | None]()
        kept = []
        for place in order:
            label = image.labels[place]
            counts[label] += 1
            if counts[label] <= max(self._most, objects[label]):
                kept.append(place)
        return kept

    def _class(self, label: str | None) -> _Class:
        if label not in self._classes:
            self._classes[label] = _Class()
        return self._classes[label]

    def _count_objects(self, classes: Sequence[str | None], ignored: Sequence[bool]) -> None:
        for label, out in zip(classes, ignored, strict=True):
            own = self._class(label)
            if not out:
                own.objects.append(self._images)

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return AP in percent over everything added so far, with a jackknife over groups of images.

        Where no image has an object, AP is 100 if nothing was detected and every image answered,
        else 0. The groups are drawn from the ids of the images, `instances`; without, from their numbers.
        """
        if not self._images:
            return NOTHING
        groups = draw_groups(keys_of(instances, self._images))
        of = np.array(groups.of)
        classes = [self._grouped(label, of, groups.count) for label in sorted(self._classes, key=str)]
        unanswered = self._unanswered + self._blank
        noise = np.bincount(_numbers(unanswered, of), minlength=groups.count)
        for one in classes:
            noise += np.bincount(one.groups, minlength=groups.count)
        score = _score(classes, noise, None)
        without = [_score(classes, noise, group) for group in range(groups.count)]
        return jackknife_value(score, groups.by_instance(without), groups.shared)

    def _grouped(self, label: str | None, of: npt.NDArray[np.int64], count: int) -> _Grouped:
        one, blank = self._classes[label], len(self._blank)
        return _Grouped(
            np.append(np.array(one.scores, dtype=np.float64), [SUREST] * blank),
            np.append(np.array(one.hits, dtype=np.int8) > 0, [False] * blank),
            np.append(_numbers(one.images, of), _numbers(self._blank, of)),
            np.bincount(_numbers(one.objects, of), minlength=count),
        )


def _numbers(images: array[int], of: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the groups of images."""
    groups: npt.NDArray[np.int64] = of[np.array(images, dtype=np.int64)]
    return groups


def _score(classes: Sequence[_Grouped], noise: npt.NDArray[np.int64], left_out: int | None) -> float:
    """Return AP in percent without one group of images.

    `noise` has for each group how many detections and unanswered images it has.
    """
    values = []
    for one in classes:
        objects = int(one.objects.sum() - (0 if left_out is None else one.objects[left_out]))
        if not objects:
            continue
        scores, hits = one.scores, one.hits
        if left_out is not None and len(scores):
            kept = one.groups != left_out
            scores, hits = scores[kept], hits[kept]
        values.append(average_precision(scores, hits, objects))
    if values:
        return 100.0 * float(np.mean(values))
    return 100.0 if noise.sum() == (0 if left_out is None else noise[left_out]) else 0.0


def _same(labels: Sequence[str | None], classes: Sequence[str | None]) -> Bools:
    """Return (detections, objects): whether their classes are the same."""
    if len({*labels, *classes}) == 1:
        return np.ones((len(labels), len(classes)), dtype=np.bool_)
    numbers: dict[str | None, int] = {}
    first = np.array([numbers.setdefault(label, len(numbers)) for label in labels])
    second = np.array([numbers.setdefault(label, len(numbers)) for label in classes])
    same: Bools = first[:, None] == second[None, :]
    return same
