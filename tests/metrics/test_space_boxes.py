"""nuScenes mAP and AMOTA against plain loops and hand cases."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from pytest_generalbench import metrics
from pytest_generalbench.core.errors import ReferenceFormatError
from pytest_generalbench.core.outputs.codecs.boxes.boxes3d import Box3d, TrackedBox
from pytest_generalbench.metrics.detection.assignment import hungarian, nearest_pairs
from pytest_generalbench.metrics.scene3d.detection import detection3d_map
from pytest_generalbench.metrics.scene3d.tracking import RECALLS, amota
from pytest_generalbench.metrics.validation import PredictionFormatError

Frames = tuple[tuple[TrackedBox, ...], ...]


def box(x: float, y: float = 0.0, score: float = 1.0, label: str = "car") -> Box3d:
    return Box3d((x, y, 0.0), (4.0, 2.0, 1.5), 0.0, label, score, None)


SPOTS = st.tuples(st.integers(0, 12), st.integers(0, 12)).map(lambda one: (one[0] / 2, one[1] / 2))


@st.composite
def samples(draw: st.DrawFn) -> list[tuple[tuple[Box3d, ...], tuple[Box3d, ...]]]:
    """Samples whose predicted boxes have scores of their own."""
    count = draw(st.integers(1, 4))
    scores = iter(draw(st.permutations([number / 40 for number in range(40)])))
    result = []
    for _ in range(count):
        truth = draw(st.lists(st.tuples(SPOTS, st.sampled_from("ab")), max_size=5))
        predicted = draw(st.lists(st.tuples(SPOTS, st.sampled_from("abc")), max_size=6))
        boxes = tuple(box(*spot, score=next(scores), label=label) for spot, label in predicted)
        result.append((boxes, tuple(box(*spot, label=label) for spot, label in truth)))
    return result


def plain_map(result: list[tuple[tuple[Box3d, ...], tuple[Box3d, ...]]]) -> float:
    """Go through all boxes of a class by falling score, as the benchmark's own evaluation does."""
    values = []
    for label in sorted({one.label for _, truth in result for one in truth}):
        for limit in (0.5, 1.0, 2.0, 4.0):
            left = [[one for one in truth if one.label == label] for _, truth in result]
            total = sum(map(len, left))
            listed = [(one, number) for number, (predicted, _) in enumerate(result) for one in predicted]
            listed = sorted((pair for pair in listed if pair[0].label == label), key=lambda p: -p[0].score)
            right, curve = 0, []
            for place, (one, number) in enumerate(listed, 1):
                near = sorted(left[number], key=lambda two: math.dist(one.centre[:2], two.centre[:2]))
                if near and math.dist(one.centre[:2], near[0].centre[:2]) < limit:
                    left[number].remove(near[0])
                    right += 1
                curve.append((right / total, right / place))
            if not curve:
                values.append(0.0)
                continue
            recall, precision = zip(*curve, strict=True)
            at = np.interp(np.linspace(0, 1, 101), recall, precision, right=0)[11:]
            values.append(float(np.clip(at - 0.1, 0, None).mean() / 0.9))
    return 100 * sum(values) / len(values)


@given(samples())
@settings(deadline=None)
def test_map_is_the_plain_evaluation(result: list[tuple[tuple[Box3d, ...], tuple[Box3d, ...]]]) -> None:
    if any(truth for _, truth in result):
        assert detection3d_map(result) == pytest.approx(plain_map(result))


def test_height_size_and_yaw_do_not_count_and_distance_does() -> None:
    truth = (box(0.0), box(20.0))
    other = tuple(Box3d((one.centre[0], 0.0, 9.0), (1, 1, 1), 2.0, "car", 0.5, None) for one in truth)
    assert detection3d_map([(other, truth)]) == 100.0
    assert detection3d_map([((box(0.6), box(20.6)), truth)]) == pytest.approx(75.0)
    assert detection3d_map([((box(3.9), box(23.9)), truth)]) == pytest.approx(25.0)
    assert detection3d_map([((box(4.0), box(24.0)), truth)]) == 0.0


def test_boxes_of_one_score_are_one_point_whatever_their_order() -> None:
    truth = (box(0.0), box(20.0))
    predicted = (box(0.0), box(20.0), box(50.0), box(60.0))
    forward, backward = detection3d_map([(predicted, truth)]), detection3d_map([(predicted[::-1], truth)])
    assert forward == backward == pytest.approx(100 * (0.5 - 0.1) / 0.9)


def test_a_false_box_below_all_others_costs_less_than_one_above() -> None:
    truth = (box(0.0), box(20.0))
    right = (box(0.0, score=0.8), box(20.0, score=0.7))
    below = detection3d_map([((*right, box(50.0, score=0.1)), truth)])
    above = detection3d_map([((*right, box(50.0, score=0.9)), truth)])
    assert above < below <= 100.0


def test_samples_without_boxes() -> None:
    assert detection3d_map([((), ())]) == 100.0
    assert detection3d_map([(None, ())]) == 0.0
    assert detection3d_map([((box(0.0),), ())]) == 0.0
    assert detection3d_map([(None, (box(0.0),)), ((box(0.0),), (box(0.0),))]) < 60.0


# -------------------------------------------------------------------------------------- tracks


def frames(*rows: dict[str, Box3d]) -> Frames:
    return tuple(tuple(TrackedBox(name, one) for name, one in row.items()) for row in rows)


FOUR = frames(*({"a": box(0.0), "b": box(30.0)} for _ in range(4)))


def share(recall: float) -> float:
    """Percent of the 40 recalls that are reached."""
    return 100 * float((recall + 1e-12 >= RECALLS).mean())


def test_perfect_tracks_and_other_names() -> None:
    assert amota([(FOUR, FOUR)]) == 100.0
    renamed = frames(*({"x": box(0.0), "y": box(30.0)} for _ in range(4)))
    assert amota([(renamed, FOUR)]) == 100.0


def test_misses_leave_the_higher_recalls_at_zero() -> None:
    half = frames(*({"a": box(0.0)} for _ in range(4)))
    assert amota([(half, FOUR)]) == pytest.approx(share(0.5))
    assert amota([(frames({}, {}, {}, {}), FOUR)]) == 0.0
    assert amota([(None, FOUR)]) == 0.0


def test_a_switch_reaches_no_recall() -> None:
    switched = frames(*({"a" if moment < 2 else "c": box(0.0), "b": box(30.0)} for moment in range(4)))
    assert amota([(switched, FOUR)]) == pytest.approx(share(7 / 8))
    alone = frames(*({"a": box(0.0)} for _ in range(4)))
    renamed = frames(*({"x" if moment < 2 else "y": box(0.0)} for moment in range(4)))
    assert amota([(renamed, alone)]) == pytest.approx(72.5)


def test_holes_of_tracks_are_filled_on_both_sides() -> None:
    gone = frames(
        {"a": box(0.0), "b": box(30.0)}, {"b": box(30.0)}, {"a": box(0.0), "b": box(30.0)},
        {"a": box(0.0), "b": box(30.0)},
    )  # fmt: skip
    assert amota([(gone, FOUR)]) == 100.0
    assert amota([(FOUR, gone)]) == 100.0
    late = frames({"b": box(30.0)}, *({"a": box(0.0), "b": box(30.0)} for _ in range(3)))
    assert amota([(late, FOUR)]) == pytest.approx(share(7 / 8))


def test_no_answer_is_as_many_false_boxes_as_there_are_true_ones() -> None:
    wrong = frames(*({"x": box(60.0), "y": box(90.0)} for _ in range(4)))
    assert amota([(None, FOUR), (FOUR, FOUR)]) == pytest.approx(amota([(wrong, FOUR), (FOUR, FOUR)]))
    assert amota([(None, FOUR), (FOUR, FOUR)]) < amota([(frames({}, {}, {}, {}), FOUR), (FOUR, FOUR)])


def test_false_tracks_cost_by_their_score() -> None:
    low = frames(*({"a": box(0.0), "b": box(30.0), "x": box(60.0, score=0.1)} for _ in range(4)))
    same = frames(*({"a": box(0.0), "b": box(30.0), "x": box(60.0)} for _ in range(4)))
    assert amota([(low, FOUR)]) == 100.0
    assert amota([(same, FOUR)]) == pytest.approx(50.0)


def test_a_track_keeps_its_object_while_it_is_near() -> None:
    truth = frames({"a": box(0.0), "b": box(1.5)}, {"a": box(0.0), "b": box(1.5)})
    predicted = frames({"x": box(0.0), "y": box(1.5)}, {"x": box(1.0), "y": box(0.9)})
    assert amota([(predicted, truth)]) == 100.0


def plainly_filled(given: Frames) -> Frames:
    """Fill holes one by one, from the nearest frames around each that have the track."""
    rows = [{one.track: one.box for one in frame} for frame in given]
    added = [dict[str, Box3d]() for _ in rows]
    for moment, row in enumerate(rows):
        for track in {name for other in rows for name in other} - row.keys():
            before = [place for place in range(moment) if track in rows[place]]
            after = [place for place in range(moment, len(rows)) if track in rows[place]]
            if before and after:
                low, high = before[-1], after[0]
                weight = (high - moment) / (high - low)
                centres = zip(rows[low][track].centre, rows[high][track].centre, strict=True)
                x, y, z = (a + weight * (b - a) for a, b in centres)
                added[moment][track] = rows[high][track]._replace(centre=(x, y, z))
    return tuple(
        (*frame, *(TrackedBox(name, one) for name, one in more.items()))
        for frame, more in zip(given, added, strict=True)
    )


def plain_amota(pairs: list[tuple[Frames, Frames]], label: str) -> float:
    """Follow one class through all frames with scipy's assignment, recall by recall."""

    def run(threshold: float) -> tuple[int, int, int, list[float]]:
        result = switches = said_boxes = 0
        scores = []
        for predicted, truth in pairs:
            listed: dict[str, list[float]] = {}
            for frame in predicted:
                for one in frame:
                    if one.box.label == label:
                        listed.setdefault(one.track, []).append(one.box.score)
            means = {track: math.fsum(values) / len(values) for track, values in listed.items()}
            last: dict[str, str] = {}
            for here, there in zip(truth, predicted, strict=True):
                things = {one.track: one.box.centre[:2] for one in here if one.box.label == label}
                tracks = {one.track: one.box.centre[:2] for one in there if one.box.label == label}
                tracks = {track: at for track, at in tracks.items() if means[track] >= threshold}
                said_boxes += len(tracks)
                gaps = {(a, b): math.dist(things[a], tracks[b]) for a in things for b in tracks}
                links: dict[str, str] = {}
                for gap, thing in sorted(
                    (gaps.get((thing, last.get(thing, "")), 9.0), thing) for thing in things
                ):
                    if gap < 2.0 and last[thing] not in links.values():
                        links[thing] = last[thing]
                rest = [thing for thing in things if thing not in links]
                free = [track for track in tracks if track not in links.values()]
                if rest and free:
                    cost = np.array([[gaps[one, two] for two in free] for one in rest])
                    cost = np.where(cost < 2.0, cost, 1e6)
                    for row, column in zip(*linear_sum_assignment(cost), strict=True):
                        if cost[row, column] < 2.0:
                            links[rest[row]] = free[column]
                for thing, track in links.items():
                    if last.get(thing, track) == track:
                        result += 1
                        scores.append(means[track])
                    else:
                        switches += 1
                    last[thing] = track
        return result, switches, said_boxes - result - switches, scores

    pairs = [(plainly_filled(predicted), plainly_filled(truth)) for predicted, truth in pairs]
    total = sum(one.box.label == label for _, truth in pairs for frame in truth for one in frame)
    scores = sorted(run(-1.0)[3], reverse=True)
    if not scores:
        return 0.0
    values = []
    for recall in np.linspace(0.1, 1, 40).round(12):
        reached = [(number + 1) / total for number in range(len(scores))]
        if recall > reached[-1] + 1e-12:
            values.append(0.0)
            continue
        result, switches, false, _ = run(float(np.interp(recall, reached, scores)))
        r = result / total
        wrong = switches + false + (total - result - switches) - (1 - r) * total
        values.append(max(0.0, 1 - wrong / (r * total)) if result else 0.0)
    return 100 * sum(values) / 40


def a_drive(rng: np.random.Generator) -> tuple[Frames, Frames]:
    """Return objects about a small place, and tracks near them that come, go and swap."""
    things = int(rng.integers(1, 5))
    truth, predicted = [], []
    scores = rng.choice([0.2, 0.5, 0.9], 5)
    for moment in range(int(rng.integers(1, 6))):
        spots = [(1.7 * number + 0.2 * moment, rng.normal()) for number in range(things)]
        truth.append({f"t{number}": box(*spot) for number, spot in enumerate(spots) if rng.random() < 0.8})
        order = rng.permutation(5)
        row = {}
        for number, (x, y) in enumerate(spots):
            if rng.random() < 0.8:
                track = order[number] if rng.random() < 0.3 else number
                row[f"p{track}"] = box(x + rng.normal(), y + rng.normal(), score=float(scores[track]))
        predicted.append(row)
    return frames(*predicted), frames(*truth)


@given(st.integers(0, 10**6), st.integers(1, 3))
@settings(deadline=None, max_examples=150)
def test_amota_is_the_plain_evaluation(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = [a_drive(rng) for _ in range(count)]
    if any(frame for _, truth in pairs for frame in truth):
        assert amota(pairs) == pytest.approx(plain_amota(pairs, "car"), abs=1e-6)


def test_classes_count_alike_and_foreign_ones_not_at_all() -> None:
    truth = frames({"a": box(0.0), "b": box(9.0, label="bus")})
    predicted = frames({"a": box(0.0), "c": box(40.0, label="tram")})
    assert amota([(predicted, truth)]) == 50.0


def test_sequences_without_objects() -> None:
    empty = frames({}, {})
    assert amota([(empty, empty)]) == 100.0
    assert amota([(None, empty)]) == 0.0
    assert amota([(frames({"a": box(0.0)}, {}), empty)]) == 0.0


@given(st.integers(1, 5), st.integers(1, 7), st.integers(0, 10_000))
def test_the_assignment_is_that_of_scipy(rows: int, columns: int, seed: int) -> None:
    cost = np.random.default_rng(seed).integers(0, 20, (min(rows, columns), max(rows, columns))).astype(float)
    predicted = hungarian(cost.tolist())
    assert len(set(predicted)) == len(predicted)
    assert cost[np.arange(len(predicted)), predicted].sum() == cost[linear_sum_assignment(cost)].sum()


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), unique=True), st.data())
def test_as_many_pairs_as_possible_at_the_least_cost(
    allowed: list[tuple[int, int]], data: st.DataObject
) -> None:
    pairs = [(left, right, data.draw(st.integers(0, 9)) / 4) for left, right in allowed]
    table = np.full((5, 5), 1000.0)
    for left, right, cost in pairs:
        table[left, right] = cost
    best = table[linear_sum_assignment(table)]
    links = nearest_pairs(pairs)
    assert len(links) == int((best < 1000).sum())
    assert sum(table[link] for link in links.items()) == pytest.approx(best[best < 1000].sum())


@pytest.mark.parametrize(("name", "good"), [("detection3d_map", (box(0.0),)), ("amota", FOUR)])
def test_wrong_types_are_told(name: str, good: Any) -> None:
    accumulator = metrics.make(name)
    references: list[Any] = [None, [], ((1,),), "boxes"]
    predictions: list[Any] = [[], "boxes", (1,), FOUR[:1]]
    for reference in references:
        with pytest.raises(ReferenceFormatError):
            accumulator.add(None, reference)
    for prediction in predictions:
        with pytest.raises(PredictionFormatError):
            accumulator.add(prediction, good)
