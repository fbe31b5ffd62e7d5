from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import pytest_generalbench as gb
from pytest_generalbench.evaluation.scoring.majority import majority_score
from tests.plugin.runs import run


def test_it_is_the_share_of_the_most_frequent_right_answer() -> None:
    references = [(letter,) for letter in "AABAACDAAB"]
    assert majority_score("accuracy", {}, references, [str(n) for n in range(10)]) == 60.0


@pytest.mark.parametrize(
    ("metric", "references"),
    [
        ("accuracy", []),
        ("accuracy", [("a",), ("b",), ("c",), ("d",), ("e",), ("f",)]),
        ("accuracy", [("a",), None]),
        ("mae", [1.0, 1.0, 1.0]),
        ("cider", ["a", "a", "a"]),
    ],
)
def test_where_no_answer_is_frequent_or_the_metric_does_not_tell_it_is_none(
    metric: str, references: list[object]
) -> None:
    assert majority_score(metric, {}, references, [str(n) for n in range(len(references))]) is None


def test_it_is_what_the_majority_baseline_scores(pytester: pytest.Pytester, shared_cache: Path) -> None:
    names = ("-k", "causal-reasoning or ethical or object-hallucination or commonsense")
    for model in ("majority", "random"):
        args = (f"--generalbench-model=baseline:{model}", "--generalbench-data=demo", *names)
        assert run(pytester, *args, f"--generalbench-run={model}").ret == 0
    kinds: Counter[str] = Counter()
    random = {entry.id: entry.result for entry in gb.load_run("random").result.tasks}
    for entry in gb.load_run("majority").result.tasks:
        if random[entry.id].majority is not None:
            assert random[entry.id].majority == entry.result.score == entry.result.majority
            kinds[entry.result.metric] += 1
    assert kinds["accuracy"] >= 2
    level = gb.load_run("majority").level()
    assert level["certified"] == [] and set(level["degenerate"]) == set(level["wins"])
