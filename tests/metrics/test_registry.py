"""The registry of metrics: names, options, plugins, and a light import."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench import metrics
from pytest_generalbench.core import vocabulary
from pytest_generalbench.core.errors import GeneralBenchError, UnknownWordError
from pytest_generalbench.metrics.registry import REGISTRY
from pytest_generalbench.metrics.text.judge import judge_score

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT_METRICS = (
    "accuracy", "macro_accuracy", "exact_match", "micro_f1", "macro_f1", "weighted_f1", "token_f1",
    "extraction_f1", "bleu1", "bleu4", "rouge1", "rougeL", "cider", "codebleu", "anls", "mae", "rmse",
    "triplet_recall50", "judge_score",
)  # fmt: skip


@pytest.fixture
def plugin_metric() -> Iterator[metrics.Metric]:
    metric = metrics.Metric(
        name="verdict_of_mine",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition="a metric of a plugin",
        factory=lambda: metrics.make("judge_score"),
    )
    yield metric
    REGISTRY.remove_added()


def test_every_text_metric_is_there_and_says_what_it_is() -> None:
    assert set(TEXT_METRICS) <= set(metrics.names())
    assert list(metrics.names()) == sorted(metrics.names())
    for name in metrics.names():
        metric = metrics.get(name)
        assert metric.name == name
        assert metric.unit in vocabulary.UNITS
        assert metric.definition
        assert "\n" not in metric.definition
        assert list(metric.changes) == list(range(2, metric.version + 1))
        assert all(why and "\n" not in why for why in metric.changes.values())


def test_direction_and_best_of_the_errors() -> None:
    for name in TEXT_METRICS:
        metric = metrics.get(name)
        lower = name in {"mae", "rmse"}
        assert metric.higher_is_better is not lower
        assert metric.best == (0.0 if lower else 1000.0 if name == "cider" else 100.0)
    assert metrics.get("codebleu").requires == "code"


def test_unknown_words_answer_with_the_good_ones() -> None:
    with pytest.raises(UnknownWordError, match="did you mean 'rougeL'"):
        metrics.get("rougel")
    with pytest.raises(UnknownWordError, match=r"option of metric 'bleu1'.*choose from: aggregate"):
        metrics.make("bleu1", {"agregate": "corpus"})
    with pytest.raises(UnknownWordError, match="it takes none"):
        metrics.make("accuracy", {"normalise": False})


def test_a_plugin_adds_a_metric_once(plugin_metric: metrics.Metric) -> None:
    metrics.register(plugin_metric)
    assert plugin_metric.name in metrics.names()
    accumulator = metrics.make(plugin_metric.name)
    accumulator.add(judge_score(1.0), None)
    assert accumulator.result().score == 100.0
    with pytest.raises(GeneralBenchError, match="registered already"):
        metrics.register(replace(plugin_metric, unit="points"))
    metrics.register(plugin_metric)  # the same one again changes nothing


def test_importing_the_metrics_brings_in_nothing_heavy() -> None:
    heavy = ["pandas", "torch", "transformers", "scipy", "sklearn", "PIL", "codebleu", "tree_sitter"]
    heavy += ["rapidfuzz", "pytest", "nltk"]
    script = f"import sys, pytest_generalbench.metrics\nprint([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-S", "-c", _with_path(script)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def _with_path(script: str) -> str:
    """Put the import path in by hand: `-S` keeps `.pth` files from importing things on their own."""
    paths = [str(Path(__file__).parents[2]), *sys.path]
    return f"import sys; sys.path[:0] = {paths!r}\n{script}"
