"""A wrong type is an error with one line, never a silently wrong score."""

from __future__ import annotations

import math
from typing import Any

import pytest

from pytest_generalbench import metrics
from pytest_generalbench.core.errors import GeneralBenchError, ReferenceFormatError
from pytest_generalbench.metrics.text.codebleu import CodeReference
from pytest_generalbench.metrics.validation import PredictionFormatError

TEXT_METRICS = (
    "accuracy", "macro_accuracy", "exact_match", "macro_f1", "weighted_f1", "token_f1", "bleu1", "bleu4",
    "rouge1", "rougeL", "cider", "anls",
)  # fmt: skip


@pytest.mark.parametrize("name", TEXT_METRICS)
@pytest.mark.parametrize("reference", ["Paris", (), (1,), None, ("a", None), {"a"}])
@pytest.mark.parametrize("prediction", ["Paris", None])
def test_text_references_are_a_tuple_of_accepted_strings(
    name: str, reference: Any, prediction: str | None
) -> None:
    with pytest.raises(ReferenceFormatError, match=name):
        metrics.make(name).add(prediction, reference)


@pytest.mark.parametrize("name", TEXT_METRICS)
@pytest.mark.parametrize("prediction", [1, ("a",), True, float("nan")])
def test_text_predictions_are_strings(name: str, prediction: Any) -> None:
    with pytest.raises(PredictionFormatError, match=name):
        metrics.make(name).add(prediction, ("a",))


@pytest.mark.parametrize(
    ("name", "prediction", "reference", "error"),
    [
        ("micro_f1", ("a",), "a", ReferenceFormatError),
        ("micro_f1", None, "a", ReferenceFormatError),
        ("micro_f1", (1,), ("a",), PredictionFormatError),
        ("extraction_f1", 3, ("a",), PredictionFormatError),
        ("mae", "3", 3.0, PredictionFormatError),
        ("mae", True, 3.0, PredictionFormatError),
        ("mae", 3.0, [3.0], ReferenceFormatError),
        ("rmse", 3.0, math.nan, ReferenceFormatError),
        ("rmse", None, "3", ReferenceFormatError),
        ("triplet_recall50", ("abc",), (("a", "b", "c"),), PredictionFormatError),
        ("triplet_recall50", (("a", "b"),), (("a", "b", "c"),), PredictionFormatError),
        ("triplet_recall50", None, ("abc",), ReferenceFormatError),
        ("codebleu", "x = 1", ("x = 1",), ReferenceFormatError),
        ("codebleu", None, CodeReference((), "python"), ReferenceFormatError),
        ("codebleu", None, CodeReference("x = 1", "python"), ReferenceFormatError),  # type: ignore[arg-type]
        ("codebleu", 1, CodeReference(("x = 1",), "python"), PredictionFormatError),
        ("judge_score", 2.0, None, PredictionFormatError),
        ("judge_score", math.nan, None, PredictionFormatError),
        ("judge_score", "1", None, PredictionFormatError),
    ],
)
def test_other_types(name: str, prediction: Any, reference: Any, error: type[GeneralBenchError]) -> None:
    with pytest.raises(error, match=name) as caught:
        metrics.make(name).add(prediction, reference)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300
