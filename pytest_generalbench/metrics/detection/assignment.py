"""Matching of two sets: as many pairs as possible, and those at the least cost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Pair = tuple[int, int, float]


def nearest_pairs(pairs: Sequence[Pair]) -> dict[int, int]:
    """Return which left goes to which right: the most matches, and among these the least sum of costs.

    `pairs` are the allowed ones as (left, right, cost); each occurs once.

    >>> nearest_pairs([(0, 0, 1.0), (0, 1, 1.5), (1, 0, 1.2)])
    {0: 1, 1: 0}
    """
    lefts, rights = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    if len(set(lefts)) == len(lefts) and len(set(rights)) == len(rights):
        return dict(zip(lefts, rights, strict=True))
    links: dict[int, int] = {}
    for group in _groups(pairs):
        links.update(_assign(group))
    return links


def _groups(pairs: Sequence[Pair]) -> list[list[Pair]]:
    """Split pairs into parts that share no member."""
    by_left: dict[int, list[Pair]] = {}
    by_right: dict[int, list[Pair]] = {}
    for pair in pairs:
        by_left.setdefault(pair[0], []).append(pair)
        by_right.setdefault(pair[1], []).append(pair)
    seen: set[int] = set()
    groups = []
    for start in by_left:
        if start in seen:
            continue
        seen.add(start)
        group, waiting = list[Pair](), [start]
        while waiting:
            for pair in by_left[waiting.pop()]:
                group.append(pair)
                for other, _, _ in by_right[pair[1]]:
                    if other not in seen:
                        seen.add(other)
                        waiting.append(other)
        groups.append(group)
    return groups


def _assign(pairs: Sequence[Pair]) -> dict[int, int]:
    lefts, rights = sorted({pair[0] for pair in pairs}), sorted({pair[1] for pair in pairs})
    cost = {(left, right): value for left, right, value in pairs}
    # A pair that is not allowed costs more than all allowed ones together: it is the last resort.
    never = 1.0 + 2 * math.fsum(abs(value) for value in cost.values())
    wide = len(lefts) <= len(rights)
    rows, columns = (lefts, rights) if wide else (rights, lefts)
    table = [
        [cost.get((row, column) if wide else (column, row), never) for column in columns] for row in rows
    ]
    assign = {}
    for row, column in enumerate(hungarian(table)):
        left, right = (rows[row], columns[column]) if wide else (columns[column], rows[row])
        if (left, right) in cost:
            assign[left] = right
    return assign


def hungarian(cost: Sequence[Sequence[float]]) -> list[int]:
    """Return the column of each row of the assignment at the least sum; at most as many rows as columns.

    Shortest augmenting paths with potentials, one row at a time.

    >>> hungarian([[4.0, 1.0, 3.0], [2.0, 0.0, 5.0]])
    [1, 0]
    """
    height, width = len(cost), len(cost[0])
    # Row and column 0 are a start that no row or column of the table has.
    row_potential, column_potential = [0.0] * (height + 1), [0.0] * (width + 1)
    row_of, way = [0] * (width + 1), [0] * (width + 1)
    for row in range(1, height + 1):
        row_of[0], column = row, 0
        least, used = [math.inf] * (width + 1), [False] * (width + 1)
        while row_of[column]:
            used[column] = True
            here, step, following = row_of[column], math.inf, 0
            for other in range(1, width + 1):
                if used[other]:
                    continue
                reduced = cost[here - 1][other - 1] - row_potential[here] - column_potential[other]
                if reduced < least[other]:
                    least[other], way[other] = reduced, column
                if least[other] < step:
                    step, following = least[other], other
            for other in range(width + 1):
                if used[other]:
                    row_potential[row_of[other]] += step
                    column_potential[other] -= step
                else:
                    least[other] -= step
            column = following
        while column:
            row_of[column] = row_of[way[column]]
            column = way[column]
    columns = [0] * height
    for column in range(1, width + 1):
        if row_of[column]:
            columns[row_of[column] - 1] = column - 1
    return columns
