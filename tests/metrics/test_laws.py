"""What holds for every metric: perfect is best, order does not count, None never pays, and the range."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pytest_generalbench import metrics
from pytest_generalbench.metrics.text.codebleu import CodeReference

if TYPE_CHECKING:
    import random

WORDS = [
    "A",
    "the",
    "red",
    "bird",
    "birds,",
    "sits",
    "3.5",
    "trees?",
    "我",
    "爱",
    "北京",
    "C++",
    "“so”",
    "-7",
]
NOUNS = ["a", "red", "bird", "sits", "on", "two", "old", "trees"]
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join)
CAPTIONS = st.lists(st.sampled_from(NOUNS), min_size=4, max_size=9)
LABELS = st.sampled_from(["cat", "Dog", "鸟"])
ITEMS = st.lists(st.sampled_from(WORDS), max_size=4).map(tuple)
TRIPLETS = st.lists(st.tuples(LABELS, LABELS, LABELS), max_size=4).map(tuple)
PROGRAMS = st.sampled_from(
    ["x = 1", "print(a)", "def f(a):\n    b = a + 1\n    return b", "for i in y: print(i)", "“"]
)
NUMBERS = st.floats(-1e4, 1e4)

Case = tuple[Any, Any, Any]
"""(any prediction, the right one, its reference)."""


def _cases(predictions: st.SearchStrategy[Any], accepted: st.SearchStrategy[Any]) -> st.SearchStrategy[Case]:
    references = st.lists(accepted, min_size=1, max_size=3)
    return st.tuples(predictions, references).map(lambda one: (one[0], one[1][-1], tuple(one[1])))


def _labels() -> st.SearchStrategy[Case]:
    return st.tuples(LABELS, LABELS).map(lambda one: (one[0], one[1], (one[1],)))


def _same(predictions: st.SearchStrategy[Any], references: st.SearchStrategy[Any]) -> st.SearchStrategy[Case]:
    return st.tuples(predictions, references).map(lambda one: (one[0], one[1], one[1]))


CASES: dict[str, st.SearchStrategy[Case]] = {
    **{
        name: _cases(TEXTS, TEXTS)
        for name in ("accuracy", "exact_match", "token_f1", "bleu1", "bleu4", "rouge1", "rougeL", "anls")
    },
    **{name: _labels() for name in ("macro_accuracy", "macro_f1", "weighted_f1")},
    "cider": st.tuples(TEXTS, CAPTIONS).map(lambda one: (one[0], " ".join(one[1]), (" ".join(one[1]),))),
    "micro_f1": _same(ITEMS, ITEMS),
    "extraction_f1": _same(ITEMS, ITEMS),
    "triplet_recall50": _same(TRIPLETS, TRIPLETS),
    "codebleu": st.tuples(PROGRAMS, PROGRAMS).map(
        lambda one: (one[0], one[1], CodeReference((one[1],), "python"))
    ),
    "mae": _same(NUMBERS, NUMBERS),
    "rmse": _same(NUMBERS, NUMBERS),
    "judge_score": st.floats(0, 1).map(lambda verdict: (verdict, 1.0, None)),
}
VARIANTS = [
    *((name, {}) for name in sorted(CASES)),
    ("bleu1", {"aggregate": "corpus"}),
    ("bleu4", {"aggregate": "sentence"}),
]
every_metric = pytest.mark.parametrize(
    ("name", "options"), VARIANTS, ids=[" ".join([name, *options.values()]) for name, options in VARIANTS]
)


def _value(name: str, options: dict[str, str], pairs: list[tuple[Any, Any]]) -> metrics.MetricValue:
    accumulator = metrics.make(name, options)
    for prediction, reference in pairs:
        accumulator.add(prediction, reference)
    return accumulator.result()


def _draw(data: st.DataObject, name: str) -> list[Case]:
    return data.draw(st.lists(CASES[name], min_size=1, max_size=6))


def test_every_text_metric_has_cases() -> None:
    assert len(CASES) == 19


@every_metric
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_perfect_answers_have_the_best_score(name: str, options: dict[str, str], data: st.DataObject) -> None:
    cases = _draw(data, name)
    if name == "bleu4" and not options:
        # All four orders count: perfect is best where the references have n-grams of each.
        cases = [case for case in cases if len(case[1].split()) >= 4]
        assume(cases)
    if name == "cider":
        # Perfect is best where every caption has an n-gram of each length of its own.
        tokens = [right.split() for _, right, _ in cases]
        fours = [{tuple(words[i : i + n]) for i in range(10)} for words in tokens for n in (1,)]
        own = [one - set().union(*fours[:i], *fours[i + 1 :]) for i, one in enumerate(fours)]
        assume(all(own))
    value = _value(name, options, [(right, reference) for _, right, reference in cases])
    assert value.score == pytest.approx(metrics.get(name).best)
    assert value.n == len(cases)
    assert value.stderr is None if len(cases) == 1 else value.stderr == pytest.approx(0.0, abs=1e-9)


@every_metric
@given(data=st.data(), rng=st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_order_changes_nothing(
    name: str, options: dict[str, str], data: st.DataObject, rng: random.Random
) -> None:
    pairs = [
        (rng.choice([predicted, right, None]), reference) for predicted, right, reference in _draw(data, name)
    ]
    assert _value(name, options, rng.sample(pairs, len(pairs))) == _value(name, options, pairs)


@every_metric
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_no_answer_never_pays(name: str, options: dict[str, str], data: st.DataObject) -> None:
    cases = _draw(data, name)
    pairs = [(predicted, reference) for predicted, _, reference in cases]
    _, right, reference = cases[0]
    with_none = _value(name, options, [(None, reference), *pairs[1:]])
    with_right = _value(name, options, [(right, reference), *pairs[1:]])
    gain = with_right.score - with_none.score
    assert (gain if metrics.get(name).higher_is_better else -gain) >= -1e-9
    assert with_none.n == with_right.n == len(cases)


@every_metric
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_scores_stay_in_their_range(name: str, options: dict[str, str], data: st.DataObject) -> None:
    pairs = [(predicted, reference) for predicted, _, reference in _draw(data, name)]
    metric, value = metrics.get(name), _value(name, options, pairs)
    top = metric.best if metric.higher_is_better else math.inf
    assert 0.0 <= value.score <= top + 1e-9
    assert value.stderr is None or value.stderr >= 0.0


@every_metric
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_only_unreadable_answers_have_no_points(
    name: str, options: dict[str, str], data: st.DataObject
) -> None:
    cases = _draw(data, name)
    value = _value(name, options, [(None, reference) for _, _, reference in cases])
    assert value.n == len(cases)
    if metrics.get(name).higher_is_better:
        assert value.score == 0.0
    else:
        assert value.score > 0.0
