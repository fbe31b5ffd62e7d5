"""Every example in the metrics' docstrings runs, and every public function has one."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil

import pytest

from pytest_generalbench import metrics

MODULES = ("pytest_generalbench.metrics", *sorted(
    f"pytest_generalbench.metrics.{module.name}" for module in pkgutil.iter_modules(metrics.__path__)
))  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    results = doctest.testmod(importlib.import_module(name))
    assert results.failed == 0


@pytest.mark.parametrize(
    "function",
    [
        "classification.accuracy",
        "classification.macro_accuracy",
        "classification.macro_f1",
        "classification.weighted_f1",
        "overlap.exact_match",
        "overlap.token_f1",
        "overlap.anls",
        "ngram.sentence_bleu",
        "ngram.corpus_bleu",
        "ngram.rouge1",
        "ngram.rouge_l",
        "cider.cider",
        "code.codebleu",
        "numeric.mae",
        "numeric.rmse",
        "structure.micro_f1",
        "structure.extraction_f1",
        "structure.triplet_recall50",
        "judge.judge_score",
    ],
)
def test_every_metric_function_documents_itself(function: str) -> None:
    module, _, name = function.partition(".")
    text = inspect.getdoc(getattr(importlib.import_module(f"pytest_generalbench.metrics.{module}"), name))
    assert text is not None
    assert ">>>" in text
    assert "Raises:" in text
    assert "Source:" in text
    assert "is better" in " ".join(text.split())
