"""The number that every metric gives for each instance: means, pseudo-values, groups, and any order."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_generalbench import metrics
from pytest_generalbench.core.outputs import Audio, Image, Target
from pytest_generalbench.core.outputs.forms.boxes import Detection
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.evaluation.scoring.backbones import make_backbones
from pytest_generalbench.evaluation.scoring.backbones.demo_weights import DemoWeights
from pytest_generalbench.evaluation.scoring.human_ratings import HUMAN_METRICS
from pytest_generalbench.evaluation.scoring.judge import make_judge
from pytest_generalbench.evaluation.task_evaluator import TaskEvaluator
from pytest_generalbench.metrics.accumulators import jackknife_value, pooled_value
from pytest_generalbench.metrics.dense.pixel_ranking import ImageCounts, RankingAccumulator
from pytest_generalbench.metrics.detection.boxes import TrueBox
from pytest_generalbench.metrics.standard_errors import GROUPS, draw_groups
from pytest_generalbench.metrics.text.codebleu import CodeReference
from pytest_generalbench.models import make_model
from pytest_generalbench.runs.ledger.files import LedgerWriter
from pytest_generalbench.suite import tasks as registry
from pytest_generalbench.suite.data import open_data
from tests.data.demo_bench import coarse
from tests.metrics import test_boxes, test_dense_laws, test_laws, test_space_laws
from tests.metrics.test_video_generation import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pytest_generalbench.core.outputs import MediaOutput
    from pytest_generalbench.metrics.base import Accumulator, MetricValue

Pair = tuple[Any, Any]

VARIANTS: list[tuple[str, dict[str, Any]]] = [
    *test_laws.VARIANTS,
    *((name, {"mode": mode} if mode else {}) for name, mode in test_dense_laws.CASES),
    *((name, {}) for name in test_space_laws.MAKERS),
    *((name, {}) for name in ("box_ap50", "box_dice", "mos", "user_preference")),
]
MEANS = [("bleu1", {}), ("bleu4", {"aggregate": "sentence"}), ("miou", {"mode": "sequence"})]
"""Means over instances, of metrics that are corpus scores with other options."""

every_metric = pytest.mark.parametrize(
    ("name", "options"), VARIANTS, ids=[" ".join([name, *options.values()]) for name, options in VARIANTS]
)


def valued(make: Callable[[], Accumulator], pairs: Sequence[Pair], ids: Sequence[str]) -> MetricValue:
    accumulator = make()
    for prediction, reference in pairs:
        accumulator.add(prediction, reference)
    return accumulator.result(ids)


def named(count: int) -> list[str]:
    return [f"task/{number:04}" for number in range(count)]


def group_scores(value: MetricValue) -> list[float]:
    """Return the independent numbers: one for each instance, or for each group."""
    if not value.groups:
        return list(value.scores)
    result: dict[int, set[float]] = defaultdict(set)
    for group, score in zip(value.groups, value.scores, strict=True):
        result[group].add(score)
    assert sorted(result) == list(range(len(result)))
    assert all(len(scores) == 1 for scores in result.values())
    return [scores.pop() for scores in result.values()]


def check_laws(
    name: str, make: Callable[[], Accumulator], pairs: Sequence[Pair], rng: random.Random
) -> MetricValue:
    """Check all that holds for the numbers of the instances, and return the value."""
    metric, n, ids = metrics.get(name), len(pairs), named(len(pairs))
    value = valued(make, pairs, ids)
    assert (len(value.scores), value.n) == (n, n)
    assert len(value.groups) in (0, n)
    own = group_scores(value)
    if metric.aggregation == "mean":
        assert not value.groups
        assert math.fsum(value.scores) / n == pytest.approx(value.score, rel=1e-9, abs=1e-9)
    if n == 1:
        assert value.scores == (value.score,)
        assert value.stderr is None
    elif value.stderr is None:
        assert all(map(math.isnan, value.scores))
    else:
        expected = float(np.std(own, ddof=1)) / len(own) ** 0.5
        assert value.stderr == pytest.approx(expected, rel=1e-9, abs=1e-9)
    order = rng.sample(range(n), n)
    if not metric.in_order:
        other = valued(make, [pairs[place] for place in order], [ids[place] for place in order])
        assert other.score == pytest.approx(value.score, rel=1e-9, abs=1e-9)
        there = [value.scores[place] for place in order]
        assert list(other.scores) == pytest.approx(there, rel=1e-6, abs=1e-6, nan_ok=True)
        assert list(other.groups) == [value.groups[place] for place in order if value.groups]
    return value


def gain(name: str, one: float, other: float) -> float:
    """Return by how much `one` is a better score than `other`."""
    return one - other if metrics.get(name).higher_is_better else other - one


def check_silence(
    name: str, make: Callable[[], Accumulator], pairs: Sequence[Pair], silent: set[int]
) -> tuple[float, float, float]:
    """Check that silent answers score no better than the others of the same task.

    Returns the score of all answers, of those with the silent ones, and of silence alone.
    """
    ids = named(len(pairs))
    mixed = [(None if place in silent else predicted, ref) for place, (predicted, ref) in enumerate(pairs)]
    whole, with_silence = valued(make, pairs, ids).score, valued(make, mixed, ids).score
    rest = [place for place in range(len(pairs)) if place not in silent and mixed[place][0] is not None]
    nothing = valued(make, [(None, ref) for _, ref in pairs], ids).score
    if rest:
        readable = valued(make, [mixed[place] for place in rest], [ids[place] for place in rest]).score
        assert gain(name, with_silence, readable) <= 1e-9, (name, sorted(silent))
    return whole, with_silence, nothing


def check_by_leaving_out(make: Callable[[], Accumulator], pairs: Sequence[Pair]) -> None:
    """Hold the pseudo-values against scores of the accumulator without each instance or group."""
    n = len(pairs)
    value = valued(make, pairs, named(n))
    groups = list(value.groups) or list(range(n))
    count = max(groups) + 1
    for group in range(count):
        rest = [pair for pair, one in zip(pairs, groups, strict=True) if one != group]
        without = valued(make, rest, ()).score
        expected = count * value.score - (count - 1) * without
        result = {value.scores[place] for place in range(n) if groups[place] == group}
        assert result.pop() == pytest.approx(expected, rel=1e-9, abs=1e-6)
        assert not result


def _boxes(rng: random.Random, count: int) -> list[Pair]:
    pairs = [test_boxes._scene(rng, whole=False) for _ in range(count)]
    return [
        (tuple(box._replace(score=rng.random()) for box in predicted), truth) for predicted, truth in pairs
    ]


def _text_case(name: str, rng: random.Random) -> tuple[Any, Any, Any]:
    """Return any prediction, the right one, and its reference."""
    words = [" ".join(rng.choices(test_laws.NOUNS, k=rng.randrange(3, 9))) for _ in range(4)]
    labels = rng.choices(["cat", "Dog", "bird"], k=6)
    items = [tuple(rng.choices(test_laws.NOUNS, k=rng.randrange(3))) for _ in range(2)]
    match name:
        case "macro_accuracy" | "macro_f1" | "weighted_f1":
            return labels[0], labels[1], (labels[1],)
        case "micro_f1" | "extraction_f1":
            return items[0], items[1], items[1]
        case "triplet_recall50":
            return (tuple(labels[:3]),), (tuple(labels[3:]),), (tuple(labels[3:]),)
        case "codebleu":
            return words[0], words[1], CodeReference((words[1],), "python")
        case "mae" | "rmse":
            number = rng.uniform(-9, 9)
            return number + rng.gauss(0, 3), number, number
        case "judge_score":
            return rng.random(), 1.0, None
    return words[0], words[1], tuple(words[1 : rng.randrange(2, 4)])


def draw_pairs(name: str, options: dict[str, Any], count: int, seed: int, holes: bool = True) -> list[Pair]:
    """Return pairs for a metric as its laws have them, some right, some wrong and, with holes, some None."""
    rng = random.Random(seed)  # noqa: S311 - cases, not secrets
    numbers = np.random.default_rng(seed)
    if name in HUMAN_METRICS:
        return [(tuple(rng.choices([1.0, 1, 0 if name != "mos" else 3], k=3)), None) for _ in range(count)]
    if name.startswith("box_"):
        return [
            (None if holes and rng.random() < 0.1 else predicted, truth)
            for predicted, truth in _boxes(rng, count)
        ]
    if name in test_laws.CASES:
        cases = [_text_case(name, rng) for _ in range(count)]
    elif name in test_space_laws.MAKERS:
        cases = test_space_laws.cases(name, seed, count)
    else:
        case = test_dense_laws.CASES[name, options.get("mode", "")]
        cases = [case(numbers) for _ in range(count)]
    choices = 3 if holes else 2
    pairs = []
    for predicted, right, reference in cases:
        answer = [predicted, right, None][rng.randrange(choices)]
        if name == "mask_ap50" and answer:
            answer = tuple(one._replace(score=rng.random()) for one in answer)
        pairs.append((answer, reference))
    return pairs


@every_metric
@pytest.mark.parametrize("count", [1, 2, 7, 45])
def test_every_instance_has_its_number(name: str, options: dict[str, Any], count: int) -> None:
    rng = random.Random(count)  # noqa: S311
    make = partial(metrics.make, name, options)
    check_laws(name, make, draw_pairs(name, options, count, count), rng)
    assert make().result([]).scores == ()


LEFT_OUT = [
    (name, options)
    for name, options in VARIANTS
    if metrics.get(name).aggregation == "corpus"
    and name not in ("amota", "rmse")
    and (name, options) not in MEANS
]
"""Corpus metrics; the errors of AMOTA and RMSE take something of the whole task as given."""


@pytest.mark.parametrize(
    ("name", "options"), LEFT_OUT, ids=[" ".join([name, *options.values()]) for name, options in LEFT_OUT]
)
@pytest.mark.parametrize("count", [2, 9, 47])
def test_pseudo_values_are_those_of_the_score_without_the_instances(
    name: str, options: dict[str, Any], count: int
) -> None:
    check_by_leaving_out(partial(metrics.make, name, options), draw_pairs(name, options, count, count))


def test_pseudo_values_of_rmse_and_wer() -> None:
    check_by_leaving_out(partial(metrics.make, "rmse"), draw_pairs("rmse", {}, 30, 1, holes=False))
    rng = random.Random(3)  # noqa: S311
    texts = [_text_case("wer", rng)[:2] for _ in range(30)]
    asr = {"asr": DemoWeights().open("asr")}
    pairs = [(predicted, Target(words={"transcript": true})) for predicted, true in texts]
    check_by_leaving_out(partial(metrics.make, "wer", {}, asr), [*pairs, (None, pairs[0][1])])


def test_frames_of_a_video_are_no_sample_of_their_own() -> None:
    videos = [plain(*[shade] * frames) for shade, frames in ((0, 9), (80, 3), (160, 1), (255, 4))]
    pairs: list[Pair] = [(video, Target()) for video in [*videos, *videos]]
    pairs[2] = (None, Target())
    eyes = DemoWeights().open("musiq")
    check_by_leaving_out(partial(metrics.make, "musiq", {}, {"musiq": eyes}), pairs)
    references = [Target(medium=partial(_same, video)) for video in videos]
    answers = [videos[0], None, plain(7), plain(0, 0, 255, 255)]
    check_by_leaving_out(partial(metrics.make, "psnr"), list(zip(answers, references, strict=True)))


def _same(medium: MediaOutput) -> MediaOutput:
    return medium


def test_a_frechet_distance_is_left_out_in_groups() -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (2, 45, 8, 8, 3), np.uint8)
    pairs = [
        (Image(one), Target(medium=partial(_same, Image(two)))) for one, two in zip(*pixels, strict=True)
    ]
    check_by_leaving_out(
        partial(metrics.make, "fid", {}, {"inception": DemoWeights().open("inception")}), pairs
    )


def _every_second() -> list[Pair]:
    """Return 400 images of which every second is right."""
    rng = random.Random(0)  # noqa: S311
    truth = (TrueBox(0, 0, 10, 10, "a"),)
    return [((Detection(50 * (number % 2), 0, 10, 10, "a", rng.random()),), truth) for number in range(400)]


def test_a_rhythm_of_the_file_does_not_change_the_standard_error() -> None:
    pairs, ids = _every_second(), named(400)
    make = partial(metrics.make, "box_ap50")
    order = random.Random(1).sample(range(400), 400)  # noqa: S311
    first = valued(make, pairs, ids)
    shuffled = valued(make, [pairs[place] for place in order], [ids[place] for place in order])
    assert first.stderr is not None
    assert shuffled.stderr == pytest.approx(first.stderr, rel=0.1)
    # Of independent images a bootstrap tells the same; groups by number were all right or all wrong.
    rng = random.Random(2)  # noqa: S311
    scores = [valued(make, rng.choices(pairs, k=400), ()).score for _ in range(60)]
    assert first.stderr == pytest.approx(float(np.std(scores, ddof=1)), rel=0.4)


def test_groups_follow_the_ids_and_are_even() -> None:
    ids = named(130)
    groups = draw_groups(ids)
    assert groups.count == GROUPS
    assert {groups.of.count(group) for group in range(GROUPS)} == {6, 7}
    turned = draw_groups(ids[::-1])
    assert turned.of == groups.of[::-1]
    assert draw_groups(ids[:20]).shared == ()
    with pytest.raises(ValueError, match="3 ids for 1 instances"):
        accumulator = metrics.make("box_ap50")
        accumulator.add((), ())
        accumulator.result(["a", "b", "c"])


def test_an_estimate_that_is_not_known_makes_all_numbers_unknown() -> None:
    value = jackknife_value(1.0, [1.0, math.nan])
    assert value.stderr is None
    assert all(map(math.isnan, value.scores))
    lone = pooled_value([(1.0, 2), (0.0, 0)])  # without the first there is no part at all
    assert (lone.score, lone.stderr, lone.n) == (0.5, None, 2)
    assert all(map(math.isnan, lone.scores))
    assert pooled_value([(1.0, 2)]).scores == (0.5,)


def test_scores_of_pixels_are_rounded_for_the_standard_error_when_images_are_many() -> None:
    rng = np.random.default_rng(0)
    masks = rng.random((30, 40, 40)) < 0.2
    maps = (masks * 0.3 + rng.random(masks.shape)).astype(np.float32)
    exact, rounded = RankingAccumulator("pixel_ap"), RankingAccumulator("pixel_ap")
    rounded._images = ImageCounts(limit=20_000)
    for shown, mask in zip(maps, masks, strict=True):
        exact.add(shown, mask)
        rounded.add(shown, mask)
    one, other = exact.result(named(30)), rounded.result(named(30))
    assert one.score == other.score
    assert rounded._images._shift
    assert other.stderr == pytest.approx(one.stderr, rel=0.05)


@pytest.mark.slow
def test_the_numbers_of_every_metric_on_the_demo_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = registry.load_tasks()
    tasks = {
        (task.metric.name, repr(sorted(task.metric.options.items()))): task
        for task in everything
        if task.metric.name not in HUMAN_METRICS
    }
    original, given = metrics.make, list[Any]()

    class Kept:
        def __init__(self, name: str, options: Any = None, backbones: Any = None) -> None:
            self._pairs: list[Pair] = []
            self._inner = original(name, options, backbones)
            given.append((name, partial(original, name, options, backbones), self._pairs))

        def add(self, prediction: Any, reference: Any) -> None:
            self._inner.add(prediction, reference)
            self._pairs.append((prediction, reference))

        def result(self, instances: Sequence[str] = ()) -> MetricValue:
            return self._inner.result()

    monkeypatch.setattr(metrics, "make", Kept)
    settings = Settings(model="baseline:random")
    model = make_model(settings, tmp_path)
    with LedgerWriter(tmp_path / "ledger-main-1.jsonl") as ledger:
        judge, backbones = make_judge(settings, True), make_backbones(settings, True, tmp_path)
        evaluation = TaskEvaluator(
            settings, open_data("demo", "open", everything), ledger, lambda: model, judge, backbones
        )
        for task in tasks.values():
            evaluation.run(coarse(task))
    given = [one for one in given if one[2]]
    assert len(given) > 60
    rng = random.Random(5)  # noqa: S311
    for name, make, pairs in given:
        check_laws(name, make, pairs, rng)
        whole, _, nothing = check_silence(
            name, make, pairs, set(rng.sample(range(len(pairs)), len(pairs) // 2))
        )
        assert gain(name, nothing, whole) <= 1e-9, (name, nothing, whole)
    mos = {"mos": DemoWeights().open("mos")}
    sounds = [Audio(np.full(4000, loud, np.float32), 16_000) for loud in (0.1, 0.5, 0.9)]
    check_laws(
        "mos_auto", partial(original, "mos_auto", {}, mos), [(one, None) for one in [*sounds, None]], rng
    )
    text = {"mos_auto"} | {name for name, _, _ in given} | {name for name, _ in VARIANTS}
    assert set(metrics.names()) - text == set()
