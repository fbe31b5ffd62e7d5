"""CIDEr-D against pycocoevalcap, and the corpora on which that is always 0."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocoevalcap.cider.cider import Cider

from pytest_generalbench import metrics, protocols
from pytest_generalbench.metrics.accumulators import jackknife
from pytest_generalbench.metrics.text.cider import cider
from tests.builders import make_instance, make_task

VOCABULARY = ["a", "the", "red", "bird", "sits", "on", "tree", "house", "two", "dogs", "play"]
TEXT = st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=14).map(" ".join)
PAIRS = st.lists(st.tuples(TEXT, st.lists(TEXT, min_size=1, max_size=3).map(tuple)), min_size=2, max_size=8)


def _grams(texts: tuple[str, ...]) -> set[str]:
    """Return every run of one to four words that a document of references has."""
    words = [text.split() for text in texts]
    return {
        " ".join(row[at : at + n]) for row in words for n in range(1, 5) for at in range(len(row) - n + 1)
    }


@given(PAIRS)
def test_cider_equals_pycocoevalcap(pairs: list[tuple[str, tuple[str, ...]]]) -> None:
    wanted = {i: list(references) for i, (_, references) in enumerate(pairs)}
    mean, _ = Cider().compute_score(wanted, {i: [answer] for i, (answer, _) in enumerate(pairs)})
    documents = [_grams(references) for _, references in pairs]
    if any(document != documents[0] for document in documents):  # else all its weights are 0
        accumulator = metrics.make("cider")
        for pair in pairs:
            accumulator.add(*pair)
        value = accumulator.result()
        assert value.score == pytest.approx(100 * mean, abs=1e-9)
        rests = [{i: texts for i, texts in wanted.items() if i != left} for left in wanted]
        alike = [
            all(_grams(tuple(one)) == _grams(tuple(next(iter(rest.values())))) for one in rest.values())
            for rest in rests
        ]
        if not any(alike):
            without = [Cider().compute_score(rest, {i: [pairs[i][0]] for i in rest})[0] for rest in rests]
            assert value.stderr == pytest.approx(
                100 * (jackknife(without, [1] * len(pairs)) or 0.0), abs=1e-9
            )


def test_one_instance_is_scored_with_equal_weights() -> None:
    text = "a red bird sits on the tree"
    assert cider([(text, (text,))]) == pytest.approx(1000.0)
    assert cider([(None, (text,))]) == 0.0
    assert 0.0 < cider([("a red bird", (text,))]) < 1000.0
    assert cider([(text, (text,)), (text, (text,))]) == pytest.approx(1000.0)


def test_chinese_captions_are_compared_by_character() -> None:
    assert cider([("一只红色的鸟", ("一只红色的鸟",)), ("两条狗在玩", ("两条狗在玩",))]) == pytest.approx(
        1000.0
    )


def test_an_unreadable_answer_is_zero_and_counts() -> None:
    pairs = [("two dogs play on a tree", ("two dogs play on a tree",)), (None, ("the red bird sits",))]
    assert cider(pairs) == pytest.approx(500.0)


def test_the_oracle_is_best_where_the_first_reference_is_empty() -> None:
    texts = [("", "a man rides a brown horse"), ("two dogs play in the snow", ""), ("a bird sits on a tree",)]
    instances = [replace(make_instance(number), reference=list(one)) for number, one in enumerate(texts)]
    protocol = protocols.get("caption")
    context = protocol.context(make_task(protocol="caption"), {}, instances)
    references = [protocol.reference(one, context) for one in instances]
    predicted = [
        str(protocol.ideal(ref, one, context)) for ref, one in zip(references, instances, strict=True)
    ]
    assert predicted == ["a man rides a brown horse", "two dogs play in the snow", "a bird sits on a tree"]
    oracle = cider(zip(predicted, references, strict=True))
    for other in ("", "a man rides a horse", "two dogs"):
        assert cider(zip([other, *predicted[1:]], references, strict=True)) < oracle
