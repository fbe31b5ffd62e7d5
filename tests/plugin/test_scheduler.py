from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("xdist")

from pytest_generalbench.evaluation.cost_priors import prior
from pytest_generalbench.suite import tasks as registry
from tests.virtual_workers import Config, Node, bound, load, long_short, makespan, worksteal

if TYPE_CHECKING:
    from collections.abc import Sequence

ALL = [prior(task) for task in registry.load_tasks()]


def misjudged(rng: random.Random, seconds: Sequence[float]) -> list[float]:
    return [item * rng.choice((1.65, 1 / 1.65)) for item in seconds]


@pytest.mark.parametrize("workers", [2, 4, 8, 32])
def test_all_tasks_end_within_three_percent_of_the_bound(workers: int) -> None:
    assert makespan(long_short(ALL), ALL, workers) <= 1.03 * bound(ALL, workers)


@pytest.mark.parametrize("workers", [4, 8])
def test_subsets_end_near_the_bound_though_estimates_are_off(workers: int) -> None:
    ratios = []
    for seed in range(40):
        rng = random.Random(seed)  # noqa: S311 - a simulation
        seconds = rng.sample(ALL, rng.randint(24, 100))
        span = makespan(long_short(misjudged(rng, seconds)), seconds, workers)
        ratios.append(span / bound(seconds, workers))
    assert sorted(ratios)[int(0.95 * len(ratios))] <= 1.10


def test_it_costs_nothing_where_all_items_take_about_as_long() -> None:
    for seed in range(20):
        rng = random.Random(seed)  # noqa: S311 - a simulation
        seconds = [rng.uniform(0.98, 1.02) for _ in range(rng.randint(24, 100))]
        span = makespan(long_short(misjudged(rng, seconds)), seconds, 8)
        assert span <= 1.02 * min(makespan(stock, seconds, 8) for stock in (load, worksteal))


@given(
    seconds=st.lists(st.floats(0.0, 100.0), max_size=30),
    guesses=st.lists(st.floats(0.0, 100.0), min_size=30, max_size=30),
    workers=st.integers(1, 6),
)
def test_every_item_is_run_once_whatever_the_estimates(
    seconds: list[float], guesses: list[float], workers: int
) -> None:
    span = makespan(long_short(guesses), seconds, workers)  # asserts it
    assert span <= sum(seconds) + 1e-6


@given(
    losses=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3)), max_size=8),
    seconds=st.lists(st.floats(0.5, 50.0), min_size=1, max_size=30),
)
def test_lost_workers_cost_the_items_they_ran_and_no_other(
    losses: list[tuple[int, int]], seconds: list[float]
) -> None:
    """Workers are lost at random; the one that replaces a lost one comes at once."""
    items = [f"item{number}" for number in range(len(seconds))]
    scheduler = long_short(seconds)(Config(4))
    nodes = [Node(f"gw{number}") for number in range(4)]
    for node in nodes:
        scheduler.add_node(node)
    for node in nodes:
        scheduler.add_node_collection(node, items)
    scheduler.schedule()
    due = dict(losses)
    reported: list[str] = []
    for turn in range(1000):
        if turn in due:
            lost = nodes.pop(due[turn])
            crashed = scheduler.remove_node(lost)
            reported += [crashed] if crashed else []
            fresh = Node(f"gw{turn + 10}")
            nodes.append(fresh)
            scheduler.add_node(fresh)
            scheduler.add_node_collection(fresh, items)
            scheduler.schedule()
        node = nodes[turn % 4]
        if node.held and (len(node.held) > 1 or node.shutting_down):
            index = node.held.pop(0)
            reported.append(items[index])
            scheduler.mark_test_complete(node, index, 1.0)
    assert sorted(reported) == sorted(items)


def test_an_item_that_is_put_back_is_run_again() -> None:
    scheduler = long_short([1.0, 20.0, 30.0])(Config(1))
    node = Node("gw0")
    scheduler.add_node(node)
    scheduler.add_node_collection(node, ["item0", "item1", "item2"])
    scheduler.schedule()
    assert node.held == [2, 0]
    scheduler.mark_test_pending("item2")
    assert scheduler.pending == [2, 1]  # the longest first again
