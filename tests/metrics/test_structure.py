"""Micro F1 of items against scikit-learn; empty answers; scene graph recall by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score
from sklearn.preprocessing import MultiLabelBinarizer

from pytest_generalbench import metrics
from pytest_generalbench.metrics.accumulators import score_of
from pytest_generalbench.metrics.text.sets import extraction_f1, micro_f1, triplet_recall50

LABELS = ("joy", "fear", "anger", "trust")
ITEMS = st.lists(st.sampled_from(LABELS), max_size=4).map(tuple)


@given(st.lists(st.tuples(ITEMS, ITEMS), min_size=1, max_size=20))
def test_extraction_f1_equals_scikit_learn(pairs: list[tuple[tuple[str, ...], tuple[str, ...]]]) -> None:
    sets = MultiLabelBinarizer(classes=LABELS)
    predicted, truth = (sets.fit_transform([pair[side] for pair in pairs]) for side in (0, 1))
    expected = 100 * f1_score(truth, predicted, average="micro", zero_division=1.0)
    assert extraction_f1(pairs) == pytest.approx(expected)


@given(
    st.lists(st.tuples(st.sampled_from([*LABELS, None]), st.sampled_from(LABELS)), min_size=1, max_size=20)
)
def test_micro_f1_of_single_labels_is_accuracy(pairs: list[tuple[str | None, str]]) -> None:
    right = sum(predicted == truth for predicted, truth in pairs)
    items = [(predicted, (truth,)) for predicted, truth in pairs]
    assert micro_f1(items) == pytest.approx(100 * right / len(pairs))
    assert micro_f1(items) == pytest.approx(score_of(metrics.make("accuracy"), items))


def test_items_are_sets_after_normalisation() -> None:
    assert micro_f1([(("Joy.", "joy", "FEAR"), ("fear", "joy"))]) == 100.0
    assert micro_f1([(("joy", " "), ("joy",))]) == 100.0
    assert score_of(metrics.make("micro_f1"), [({"joy"}, ["joy"])]) == 100.0


def test_a_string_is_one_item_and_not_its_letters() -> None:
    assert micro_f1([("ab", ("a", "b"))]) == 0.0
    assert micro_f1([("ab", ("ab",))]) == 100.0


def test_nothing_found_where_nothing_is_wanted() -> None:
    assert micro_f1([((), ())]) == 100.0
    assert micro_f1([((), ()), (("joy",), ("fear",))]) == 50.0
    assert extraction_f1([((), ()), ((), ())]) == 100.0
    assert extraction_f1([((), ()), (("joy",), ("fear",))]) == 0.0


@pytest.mark.parametrize("score", [micro_f1, extraction_f1])
def test_an_unreadable_answer_is_wrong_even_where_nothing_is_wanted(score: object) -> None:
    assert callable(score)
    assert score([(None, ())]) == 0.0
    assert score([(None, ("joy",))]) == 0.0
    assert score([(None, ()), (("joy",), ("joy",))]) == pytest.approx(
        50 if score is micro_f1 else 100 * 2 / 3
    )
    guess = score([(("x", "y"), ("joy", "fear")), (("joy",), ("joy",))])
    assert score([(None, ("joy", "fear")), (("joy",), ("joy",))]) == guess


def test_an_empty_answer_is_a_wrong_item_in_micro_f1_as_in_the_released_scorer() -> None:
    right = [(("joy",), ("joy",))] * 5
    assert micro_f1([*right, *[((), ("fear",))] * 5]) == 50.0
    assert micro_f1([*right, *[(("anger",), ("fear",))] * 5]) == 50.0
    assert extraction_f1([*right, *[((), ("fear",))] * 5]) == pytest.approx(100 * 2 / 3)


RELEASED = st.lists(st.tuples(ITEMS, ITEMS), min_size=1, max_size=20)


@given(RELEASED)
def test_micro_f1_equals_the_released_scorer(pairs: list[tuple[tuple[str, ...], tuple[str, ...]]]) -> None:
    hits = false = missed = 0
    for predicted, truth in pairs:
        given_, wanted = (
            {part.strip() for part in "<p>".join(one).split("<p>")} for one in (predicted, truth)
        )
        hits, false, missed = (
            hits + len(given_ & wanted),
            false + len(given_ - wanted),
            missed + len(wanted - given_),
        )
    assert micro_f1(pairs) == pytest.approx(100 * 2 * hits / (2 * hits + false + missed), abs=1e-6)


def test_triplets_by_hand() -> None:
    wanted = (("man", "rides", "horse"), ("horse", "on", "grass"), ("man", "rides", "horse"))
    assert triplet_recall50((("Man", "rides", "horse"),), wanted) == 0.5
    assert triplet_recall50((("horse", "rides", "man"),), wanted) == 0.0
    noise = tuple(("thing", "near", str(number)) for number in range(49))
    assert triplet_recall50((*noise, ("man", "rides", "horse")), wanted) == 0.5
    assert triplet_recall50((*noise, *noise[:1], ("man", "rides", "horse")), wanted) == 0.0


def test_an_image_without_triplets_is_right_only_unanswered() -> None:
    assert triplet_recall50((), ()) == 1.0
    assert triplet_recall50((("a", "b", "c"),), ()) == 0.0
    assert score_of(metrics.make("triplet_recall50"), [(None, ()), ((), ())]) == 50.0


def test_nothing_added_is_nan() -> None:
    assert math.isnan(micro_f1([]))
