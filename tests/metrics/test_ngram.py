"""BLEU and ROUGE against nltk, sacrebleu, pycocoevalcap and rouge-score."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.stem.porter import PorterStemmer
from nltk.translate.bleu_score import corpus_bleu as nltk_corpus_bleu
from nltk.translate.bleu_score import sentence_bleu as nltk_sentence_bleu
from pycocoevalcap.bleu.bleu import Bleu
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics.bleu import BLEU

from pytest_generalbench import metrics
from pytest_generalbench.core.errors import UnknownWordError
from pytest_generalbench.metrics.accumulators import score_of
from pytest_generalbench.metrics.text.bleu_rouge import (
    _stem,
    common_subsequence,
    corpus_bleu,
    rouge1,
    rouge_l,
    sentence_bleu,
)
from pytest_generalbench.metrics.text.normalization import tokenise
from pytest_generalbench.metrics.text.porter import porter_stem

VOCABULARY = ["a", "the", "red", "bird", "birds", "sits", "sitting", "on", "tree", "我", "爱"]
TEXT = st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=12).map(" ".join)
LONG = st.lists(st.sampled_from(VOCABULARY), min_size=4, max_size=12).map(" ".join)
PAIRS = st.lists(st.tuples(TEXT, st.lists(LONG, min_size=1, max_size=3).map(tuple)), min_size=1, max_size=6)


@given(TEXT, TEXT)
def test_sentence_bleu1_equals_nltk(answer: str, reference: str) -> None:
    expected = nltk_sentence_bleu([tokenise(reference)], tokenise(answer), weights=(1,))
    assert sentence_bleu(answer, (reference,), order=1) == pytest.approx(expected)


@given(TEXT, st.lists(TEXT, min_size=2, max_size=3))
def test_sentence_bleu_takes_the_best_reference(answer: str, references: list[str]) -> None:
    singles = [sentence_bleu(answer, (reference,), order=1) for reference in references]
    assert sentence_bleu(answer, tuple(references), order=1) == max(singles)


@given(PAIRS)
def test_corpus_bleu1_equals_pycocoevalcap(pairs: list[tuple[str, tuple[str, ...]]]) -> None:
    given_ = {i: [answer] for i, (answer, _) in enumerate(pairs)}
    wanted = {i: list(references) for i, (_, references) in enumerate(pairs)}
    scores, _ = Bleu(1).compute_score(wanted, given_, verbose=0)
    if len(pairs) > 1:  # its single pair uses the average length of the references
        assert corpus_bleu(pairs, order=1) == pytest.approx(100 * scores[0], abs=1e-4)


@given(PAIRS)
def test_corpus_bleu4_equals_sacrebleu(pairs: list[tuple[str, tuple[str, ...]]]) -> None:
    width = max(len(references) for _, references in pairs)
    streams = [[refs[k] if k < len(refs) else refs[0] for _, refs in pairs] for k in range(width)]
    scorer = BLEU(tokenize="none", smooth_method="none", force=True)
    expected = scorer.corpus_score([answer for answer, _ in pairs], streams).score
    if expected:  # where an order has no match, coco-caption's constants leave a trace
        assert corpus_bleu(pairs, order=4) == pytest.approx(expected)


SHORT_PAIRS = st.lists(
    st.tuples(TEXT, st.lists(TEXT, min_size=1, max_size=3).map(tuple)), min_size=2, max_size=6
)


@given(SHORT_PAIRS)
def test_corpus_bleu4_equals_coco_caption_with_references_of_any_length(
    pairs: list[tuple[str, tuple[str, ...]]],
) -> None:
    given_ = {i: [" ".join(tokenise(answer))] for i, (answer, _) in enumerate(pairs)}
    wanted = {i: [" ".join(tokenise(one)) for one in references] for i, (_, references) in enumerate(pairs)}
    scores, _ = Bleu(4).compute_score(wanted, given_, verbose=0)
    assert corpus_bleu(pairs, order=4) == pytest.approx(100 * scores[3], abs=1e-6)


def test_corpus_bleu4_equals_nltk() -> None:
    rng = random.Random(1)  # noqa: S311
    references = [rng.choices(VOCABULARY, k=12) for _ in range(30)]
    answers = [
        [w if rng.random() < 0.8 else "x" for w in words[: rng.randint(8, 12)]] for words in references
    ]
    expected = nltk_corpus_bleu([[words] for words in references], answers)
    pairs = [(" ".join(a), (" ".join(r),)) for a, r in zip(answers, references, strict=True)]
    assert corpus_bleu(pairs) == pytest.approx(100 * expected)
    assert score_of(metrics.make("bleu4"), pairs) == corpus_bleu(pairs)


def test_options_choose_the_aggregate() -> None:
    pairs = [("a red bird sits", ("a red bird sits on",)), ("tree", ("the tree",))]
    sentence = 100 * (math.exp(1 - 5 / 4) + math.exp(1 - 2)) / 2
    assert score_of(metrics.make("bleu1"), pairs) == pytest.approx(sentence)
    corpus = 100 * math.exp(1 - 7 / 5)
    assert score_of(metrics.make("bleu1", {"aggregate": "corpus"}), pairs) == pytest.approx(corpus)
    assert metrics.make("bleu4", {"aggregate": "sentence"}).result().n == 0
    with pytest.raises(UnknownWordError, match="choose from: corpus, sentence"):
        metrics.make("bleu1", {"aggregate": "document"})


@pytest.mark.parametrize("text", ["yes", "two cats", "我爱北京", "Paris, France.", "?", ""])
@pytest.mark.parametrize("order", [1, 4])
def test_identical_texts_are_perfect_however_short(text: str, order: int) -> None:
    assert sentence_bleu(text, (text,), order=order) == 1.0
    assert corpus_bleu([(text, (text,)), (text, ("another one", text))], order=1) == pytest.approx(100.0)
    assert rouge1(text, (text,)) == 1.0
    assert rouge_l(text, (text,)) == 1.0


def test_all_orders_count_however_short_a_reference_is() -> None:
    assert corpus_bleu([("bird", ("a red bird sits on a tree",))]) < 0.1
    assert corpus_bleu([("bird", ("bird",)), ("tree", ("tree",))]) < 0.1
    # One short reference beside another must not turn BLEU-4 into BLEU-2.
    pairs = [(f"{first} sits", (f"{first} sits on a tree", "bird")) for first in ("bird", "red bird")]
    assert corpus_bleu(pairs) < 5


def test_none_in_a_corpus_is_ten_wrong_words_for_each_of_the_reference() -> None:
    right = ("a red bird sits", ("a red bird sits",))
    assert corpus_bleu([right, ("x " * 20, ("a bird",))], order=1) == pytest.approx(100 * 4 / 24)
    too_short = math.exp(1 - 6 / 4)  # 4 words where 6 are wanted: its words have no length
    assert corpus_bleu([right, (None, ("a bird",))], order=1) == pytest.approx(too_short * 100 * 4 / 24)
    assert corpus_bleu([(None, ("a bird",))]) == 0.0
    assert corpus_bleu([("", ("",)), (None, ("",))]) == 0.0


def test_an_unreadable_answer_does_not_lengthen_answers_that_are_too_short() -> None:
    short = ("A", ("A A A A A A",))
    readable = corpus_bleu([("A", ("A",)), short], order=1)
    assert corpus_bleu([(None, ("A",)), short], order=1) < readable


class _OwnTokens:
    """rouge-score's tokeniser interface over the project's tokeniser."""

    def __init__(self, *, stem: bool) -> None:
        self._stem = stem

    def tokenize(self, text: str) -> list[str]:
        return [_stem(token) if self._stem else token for token in tokenise(text)]


@given(TEXT, st.lists(TEXT, min_size=1, max_size=3))
def test_rouge_equals_rouge_score(answer: str, references: list[str]) -> None:
    stemmed = RougeScorer(["rouge1"], tokenizer=_OwnTokens(stem=True)).score_multi(references, answer)
    assert rouge1(answer, tuple(references)) == pytest.approx(stemmed["rouge1"].fmeasure)
    plain = RougeScorer(["rougeL"], tokenizer=_OwnTokens(stem=False)).score_multi(references, answer)
    assert rouge_l(answer, tuple(references)) == pytest.approx(plain["rougeL"].fmeasure)


ENGLISH = st.lists(
    st.sampled_from(
        ["dying", "died", "sky", "skies", "possibly", "possible", "success", "successfully", "news", "the",
         "new", "enjoying", "enjoyment", "rationally", "geology", "flies", "tied", "sat_on", "it's", "3,5"]
    ),
    min_size=1,
    max_size=8,
).map(" ".join)  # fmt: skip


@given(ENGLISH, ENGLISH)
def test_rouge_equals_the_released_scorer_on_plain_english(answer: str, reference: str) -> None:
    released = RougeScorer(["rouge1", "rougeL"], use_stemmer=True).score(reference, answer)
    assert rouge1(answer, (reference,)) == pytest.approx(released["rouge1"].fmeasure)
    plain = RougeScorer(["rougeL"]).score(reference, answer)
    assert rouge_l(answer, (reference,)) == pytest.approx(plain["rougeL"].fmeasure)


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [("dying", "died", 1), ("successfully", "success", 1), ("possibly", "possible", 1), ("skies", "sky", 1),
     ("news", "the new", 0)],
)  # fmt: skip
def test_rouge1_of_words_that_plain_porter_stems_otherwise(
    answer: str, reference: str, expected: int
) -> None:
    assert rouge1(answer, (reference,)) == expected


STEMMER = PorterStemmer()
ENDINGS = (
    "", "s", "ies", "ied", "eed", "ed", "ing", "y", "ational", "tional", "enci", "anci", "izer", "bli",
    "alli", "aliti", "entli", "eli", "ousli", "ization", "ation", "ator", "alism", "iveness", "fulness",
    "ousness", "iviti",
    "biliti", "fulli", "logi", "icate", "ative", "alize", "iciti", "ical", "ful", "ness", "al",
    "er", "ic", "able", "ant", "ement", "ment", "ent", "sion", "tion", "ion", "ou", "ism", "ate", "ive", "e",
    "ll", "ance",
)  # fmt: skip


@given(st.text("abcdefghilmnostuvwxyz", max_size=6), st.sampled_from(ENDINGS), st.sampled_from(ENDINGS))
@settings(max_examples=2000)
def test_stems_equal_those_of_nltk(start: str, middle: str, end: str) -> None:
    word = start + middle + end
    assert porter_stem(word) == STEMMER.stem(word)


def test_stems_are_for_ascii_words_of_more_than_three_letters() -> None:
    assert [_stem(token) for token in ("was", "cats", "überall", "running")] == [
        "was",
        "cat",
        "überall",
        "run",
    ]


@given(st.lists(st.sampled_from("abc"), max_size=12), st.lists(st.sampled_from("abc"), max_size=12))
def test_common_subsequence_equals_the_table(first: list[str], second: list[str]) -> None:
    row = [0] * (len(second) + 1)
    for token in first:
        diagonal = 0
        for place, other in enumerate(second, start=1):
            diagonal, row[place] = (
                row[place],
                diagonal + 1 if token == other else max(row[place], row[place - 1]),
            )
    assert common_subsequence(first, second) == row[-1]
