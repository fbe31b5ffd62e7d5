"""On the demo set, a worse answer has a worse score, in every metric that measures without networks.

`python -m tests.data.test_demo_order` prints the table.
"""

from __future__ import annotations

import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest

from pytest_generalbench import metrics
from pytest_generalbench.core.outputs import StructuredOutput
from tests.data.blind_answers import trivial
from tests.data.damage import damaged
from tests.data.demo_bench import Answer, Bench, bench
from tests.data.trees import all_tasks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_generalbench.core.task import Task

PEOPLE_OR_JUDGE: Final = ("mos", "user_preference", "judge_score")
STRENGTHS: Final = (1, 2, 3)


@cache
def _chosen() -> dict[str, Task]:
    """Return a task for each metric, protocol and kind of task, by its id."""
    kinds: dict[tuple[str, ...], Task] = {}
    for task in all_tasks():
        name = task.metric.name
        if name not in PEOPLE_OR_JUDGE and not metrics.get(name).backbones:
            kinds.setdefault((name, task.protocol, task.archetype, task.output), task)
    return {task.id: task for task in kinds.values()}


def _worse_texts(ideals: list[Answer], strength: int) -> list[Answer]:
    """Give a quarter, half or three quarters of the instances the answer of one whose answer is another."""
    order = np.random.default_rng(5).permutation(len(ideals)).tolist()
    made = list(ideals)
    for place in order[: 2 * strength]:
        others = [other for other in ideals if other != ideals[place]]
        made[place] = others[place % len(others)]
    return made


def worse(ideals: list[Answer], strength: int) -> list[Answer]:
    """Return the answers, damaged."""
    if isinstance(ideals[0], str):
        return _worse_texts(ideals, strength)
    return [
        damaged(ideal, strength, np.random.default_rng(place))
        if isinstance(ideal, StructuredOutput)
        else ideal
        for place, ideal in enumerate(ideals)
    ]


def cheap(ideals: list[Any]) -> Mapping[str, list[Answer]]:
    """Return answers that need no look at the instance, by name."""
    constant = [ideals[0]] * len(ideals)
    if isinstance(ideals[0], str):
        return {"blank": [" "] * len(ideals), "constant": constant}
    made = [trivial(ideal, np.random.default_rng(place)) for place, ideal in enumerate(ideals)]
    return {**{name: [answers[name] for answers in made] for name in made[0]}, "constant": constant}


def scores(bench: Bench) -> dict[str, float]:
    """Return the scores of all answers, by name, perfect ones first."""
    ideals = bench.ideals()
    return {
        "perfect": bench.score(ideals),
        **{f"damaged {strength}": bench.score(worse(ideals, strength)) for strength in STRENGTHS},
        **{name: bench.score(answers) for name, answers in cheap(ideals).items()},
        "unreadable": bench.score([None] * len(ideals)),
    }


@pytest.mark.parametrize("name", sorted(_chosen()))
def test_a_worse_answer_has_a_worse_score(name: str, shared_cache: Path) -> None:
    opened = bench(name, shared_cache)
    values = scores(opened)
    gains = {key: opened.gain(value) for key, value in values.items()}
    assert values["perfect"] == pytest.approx(metrics.get(opened.task.metric.name).best, abs=1e-6)
    kept = [gains["perfect"], *(gains[f"damaged {strength}"] for strength in STRENGTHS)]
    assert kept == sorted(kept, reverse=True), values
    assert kept[0] > kept[2] > kept[3], values
    for key in gains.keys() - {"perfect", "damaged 1", "damaged 2", "damaged 3", "unreadable"}:
        assert gains[key] >= gains["unreadable"] - 1e-9, (key, values)
        # A video that stands still flickers least, whatever it shows.
        assert kept[1] > gains[key] or (
            opened.task.metric.name == "temporal_flickering" and key != "noise"
        ), values


def main() -> None:
    """Print the scores of all kinds of answers."""
    with tempfile.TemporaryDirectory() as folder:
        for name in sorted(_chosen()):
            opened = bench(name, Path(folder))
            arrow = "↑" if opened.task.metric.higher_is_better else "↓"
            row = "  ".join(f"{key} {value:.4g}" for key, value in scores(opened).items())
            sys.stdout.write(f"{opened.task.metric.name} {arrow} ({name}): {row}\n")


if __name__ == "__main__":
    main()
