"""Every example in the metrics' docstrings runs, and every public function has one."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil

import pytest

from pytest_generalbench import metrics

MODULES = sorted(
    {metrics.__name__}
    | {module.name for module in pkgutil.walk_packages(metrics.__path__, f"{metrics.__name__}.")}
)


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
        "token_overlap.exact_match",
        "token_overlap.token_f1",
        "token_overlap.anls",
        "bleu_rouge.sentence_bleu",
        "bleu_rouge.corpus_bleu",
        "bleu_rouge.rouge1",
        "bleu_rouge.rouge_l",
        "cider.cider",
        "codebleu.codebleu",
        "regression.mae",
        "regression.rmse",
        "sets.micro_f1",
        "sets.extraction_f1",
        "sets.triplet_recall50",
        "judge.judge_score",
    ],
)
def test_every_metric_function_documents_itself(function: str) -> None:
    module, _, name = function.partition(".")
    text = inspect.getdoc(
        getattr(importlib.import_module(f"pytest_generalbench.metrics.text.{module}"), name)
    )
    assert text is not None
    assert ">>>" in text
    assert "Raises:" in text
    assert "Source:" in text
    assert "is better" in " ".join(text.split())
