"""Boards of made-up scores for the tests of this folder."""

from __future__ import annotations

import random

from pytest_generalbench.statistics.intervals import Spread
from pytest_generalbench.statistics.standings import BoardSides, Scored
from pytest_generalbench.suite.level import points_slope, ratio_value, sota_table
from pytest_generalbench.suite.selection import board_tasks
from pytest_generalbench.suite.tasks import load_tasks

TASKS = load_tasks()
SOTA = sota_table(TASKS, "released")


def board(name: str = "A") -> BoardSides:
    return BoardSides.of(name, board_tasks(TASKS, name))


def scored(name: str = "A", seed: int = 1, stderr: float = 2.0, shift: float = 5.0) -> list[Scored]:
    """Return a score a little worse than the specialist's for most tasks, in the tasks' own units."""
    draw = random.Random(seed)  # noqa: S311 - made-up scores
    items = []
    for task in board_tasks(TASKS, name):
        specialist = SOTA.values[task.id]
        if specialist is None or draw.random() < 0.2:
            continue
        move = draw.gauss(-shift, 2 * shift)
        if task.metric.mapping.startswith("ratio:"):
            scale = float(task.metric.mapping.partition(":")[2])
            score = ratio_value(scale, draw.uniform(5, 95)) if draw.random() < 0.5 else specialist
        elif task.metric.mapping == "identity":
            score = min(100.0, max(0.0, specialist + move))
        else:
            score = specialist
        slope = abs(points_slope(task.metric.mapping, score))
        error = stderr / slope if slope > 1e-9 else 0.0
        items.append(Scored(task, score, Spread(error, 99, "normal", 100), specialist))
    return items
