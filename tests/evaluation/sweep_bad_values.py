"""Try bad values in every task of the demo set: `python -m tests.evaluation.sweep_bad_values [SEED] [COUNT]`.

Prints what should not have happened, how many mutations of a reference or input named their instance, moved
its score, changed nothing or refused the task, and how many bad answers were tried.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

from pytest_generalbench.suite.data import FolderSource, default_cache, open_data
from tests.data.bad_values import VALUES, Bench, answers_of, draw
from tests.data.trees import all_tasks


def sweep(seed: int, count: int) -> Counter[str]:
    """Return how many mutations had which outcome."""
    source = open_data("demo", "open", all_tasks(), cache=default_cache())
    assert isinstance(source, FolderSource)
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        for task in all_tasks():
            bench = Bench(task, source, Path(scratch))
            dice = random.Random(f"{seed} {task.id}")  # noqa: S311
            for _ in range(count):
                mutation = draw(bench.entries, dice)
                outcome = bench.outcome(mutation)
                outcomes[outcome.kind] += 1
                value = dice.choice(VALUES)
                place = dice.randrange(len(bench.ids))
                wrong = [*outcome.wrong]
                for output in answers_of(value, bench.form, bench.medium):
                    wrong += bench.wrong_answer(place, output)
                    outcomes["answers"] += 1
                outcomes["wrong"] += bool(wrong)
                for line in wrong:
                    sys.stdout.write(f"{task.id}: {mutation}: {line}\n")
    return outcomes


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    sys.stdout.write(f"{dict(sweep(*(given + [1, 5][len(given) :])))}\n")
