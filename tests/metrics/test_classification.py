"""Accuracy and the means over classes, against scikit-learn and against leaving instances out."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, recall_score

from pytest_generalbench import metrics
from pytest_generalbench.metrics.accumulators import score_of
from pytest_generalbench.metrics.text.classification import accuracy, macro_accuracy, macro_f1, weighted_f1

Pair = tuple[str | None, tuple[str, ...]]
LABELS = ("cat", "dog", "bird", "fish")
PAIRS = st.lists(
    st.tuples(
        st.sampled_from([*LABELS, "foreign", None]), st.sampled_from(LABELS).map(lambda label: (label,))
    ),
    min_size=1,
    max_size=40,
)


@given(PAIRS)
def test_scores_equal_scikit_learn(pairs: list[Pair]) -> None:
    truth = [reference[0] for _, reference in pairs]
    predicted = [prediction or "none" for prediction, _ in pairs]
    pairs = [(prediction or "none", reference) for prediction, reference in pairs]
    classes = sorted(set(truth))
    shared = {"labels": classes, "zero_division": 0}
    assert macro_accuracy(pairs) == pytest.approx(
        100 * recall_score(truth, predicted, average="macro", **shared)
    )
    assert macro_f1(pairs) == pytest.approx(100 * f1_score(truth, predicted, average="macro", **shared))
    assert weighted_f1(pairs) == pytest.approx(100 * f1_score(truth, predicted, average="weighted", **shared))
    assert score_of(metrics.make("accuracy"), pairs) == pytest.approx(100 * accuracy_score(truth, predicted))


@pytest.mark.parametrize("name", ["macro_accuracy", "macro_f1", "weighted_f1"])
@given(pairs=PAIRS.filter(lambda pairs: len(pairs) > 1))
def test_standard_error_is_the_jackknife_done_by_hand(name: str, pairs: list[Pair]) -> None:
    n = len(pairs)
    left = [score_of(metrics.make(name), pairs[:skip] + pairs[skip + 1 :]) for skip in range(n)]
    mean = sum(left) / n
    expected = math.sqrt((n - 1) / n * sum((score - mean) ** 2 for score in left))
    accumulator = metrics.make(name)
    for pair in pairs:
        accumulator.add(*pair)
    assert accumulator.result().stderr == pytest.approx(expected, abs=1e-9)


def test_any_accepted_form_stands_for_its_class() -> None:
    pairs: list[Pair] = [
        ("hound", ("dog", "hound")),
        ("HOUND.", ("dog",)),
        ("dog", ("cat",)),
        ("cat", ("cat", "kitty")),
    ]
    assert macro_accuracy(pairs) == 75.0
    hound_for_cat: list[Pair] = [("hound", ("cat",)), ("dog", ("dog", "hound"))]
    assert macro_f1(hound_for_cat) == pytest.approx(100 * (2 / 3) / 2)


def test_a_foreign_answer_makes_no_class() -> None:
    assert macro_f1([("zebra", ("cat",)), ("cat", ("cat",))]) == pytest.approx(100 * 2 / 3)


def test_silence_is_no_better_than_a_wrong_label() -> None:
    assert macro_f1([(None, ("cat",)), ("cat", ("cat",))]) == pytest.approx(100 * 2 / 4)
    rest: list[Pair] = [("cat", ("cat",)), ("dog", ("dog",))] * 3
    wrong: list[Pair] = [("dog", ("cat",)), ("cat", ("dog",))]
    silent: list[Pair] = [(None, ("cat",)), (None, ("dog",))]
    assert macro_f1([*rest, *silent]) == pytest.approx(macro_f1([*rest, *wrong]))
    assert weighted_f1([*rest, *silent]) == pytest.approx(weighted_f1([*rest, *wrong]))


def test_a_part_of_an_answer_is_not_the_answer() -> None:
    assert accuracy("10", ("1",)) == 0.0
    assert accuracy("", ("1",)) == 0.0
    assert accuracy("the answer is B", ("B",)) == 0.0
    assert accuracy("FEMALE.", ("female",)) == 1.0
    assert accuracy("", ("",)) == 1.0
