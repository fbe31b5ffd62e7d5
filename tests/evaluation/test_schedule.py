"""The simulated schedule beside a second one that advances in ticks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.settings import Settings
from pytest_generalbench.evaluation.cost_priors import prior
from pytest_generalbench.evaluation.dividing import divisions, work_of
from pytest_generalbench.evaluation.durations import Estimate
from pytest_generalbench.evaluation.schedule import Work, bound, simulate
from pytest_generalbench.suite.tasks import load_tasks
from tests.builders import make_task


class TickWorker:
    """A worker that holds items by number, and works on the first of them tick by tick."""

    def __init__(self) -> None:
        self.queue: list[int] = []
        self.is_told_the_end = False
        self.is_running = False
        self.ticks_left = 0
        self.is_waiting = False


def next_of(pending: list[int], expected: list[float], last: int | None) -> int:
    """Return what follows the item `last`, from the rule in words: the shortest behind a long one."""
    longest, *others = (expected[item] for item in pending)
    if last is None or not others:
        return pending.pop(0)
    alike = max(expected[last], longest) <= 3 * sum(others) / len(others)
    is_short = expected[last] - others[-1] <= longest - expected[last]
    return pending.pop(0 if alike or is_short else -1)


def ticks(batches: list[int], length: list[int], parts: list[int], count: int) -> int:
    """Return the tick at which the last item ends; a task has so many batches of so many ticks each."""
    items = [(task, True) for task in range(len(batches))]
    items += [(task, False) for task in range(len(batches)) for _ in range(parts[task] - 1)]
    expected = [batches[task] * length[task] / parts[task] for task, _ in items]
    pending = sorted(range(len(items)), key=lambda item: (-expected[item], item))
    workers = [TickWorker() for _ in range(count)]
    unclaimed = list(batches)

    def hand_out(worker: TickWorker) -> None:
        while pending and len(worker.queue) < 2:
            worker.queue.append(next_of(pending, expected, worker.queue[-1] if worker.queue else None))
        worker.is_told_the_end |= not pending

    def busy_with(task: int) -> int:
        return sum(
            one.is_running and not one.is_waiting and items[one.queue[0]][0] == task for one in workers
        )

    def advance(worker: TickWorker) -> bool:
        """Do what takes no time; return whether anything happened."""
        if not worker.is_running:
            if not worker.queue or (len(worker.queue) < 2 and not worker.is_told_the_end):
                return False
            worker.is_running, worker.ticks_left = True, 0
        elif worker.ticks_left:
            return False
        task, is_own = items[worker.queue[0]]
        if unclaimed[task]:
            unclaimed[task] -= 1 if parts[task] > 1 else unclaimed[task]
            worker.ticks_left = length[task] * (1 if parts[task] > 1 else batches[task])
            return True
        worker.is_waiting = True
        if is_own and busy_with(task):
            return False
        worker.is_running = worker.is_waiting = False
        worker.queue.pop(0)
        hand_out(worker)
        return True

    for worker in workers:
        if pending:
            worker.queue.append(pending.pop(0))
    for worker in workers:
        hand_out(worker)
    clock = 0
    while True:
        for worker in workers:
            # Where two are free in one tick the first comes first, and then who waited for it.
            for one in (worker, *(other for other in workers if other.is_waiting)):
                while advance(one):
                    pass
        if not any(worker.queue for worker in workers):
            return clock
        clock += 1
        for worker in workers:
            worker.ticks_left = max(0, worker.ticks_left - 1)


@given(
    tasks=st.lists(
        st.tuples(st.integers(1, 6), st.sampled_from([1, 3, 7, 10]), st.integers(1, 4)),
        min_size=1,
        max_size=9,
    ),
    workers=st.integers(1, 4),
)
def test_the_end_is_that_of_a_schedule_made_tick_by_tick(
    tasks: list[tuple[int, int, int]], workers: int
) -> None:
    batches = [count for count, _, _ in tasks]
    length = [100 * size + 7 * number for number, (_, size, _) in enumerate(tasks)]
    parts = [min(count, share) for count, _, share in tasks]
    work = {f"t{n}": Work(float(batches[n] * length[n]), batches[n]) for n in range(len(tasks))}
    divided = {f"t{n}": parts[n] for n in range(len(tasks)) if parts[n] > 1}
    simulated = simulate(work, divided, workers).makespan
    assert abs(simulated - ticks(batches, length, parts, workers)) <= 1e-6


@given(
    seconds=st.lists(st.floats(0.0, 100.0), max_size=12),
    batches=st.lists(st.integers(1, 9), min_size=12, max_size=12),
    workers=st.integers(1, 6),
)
def test_every_item_is_run_once_and_no_bound_is_beaten(
    seconds: list[float], batches: list[int], workers: int
) -> None:
    work = {f"t{n}": Work(one, batches[n], batches[n]) for n, one in enumerate(seconds)}
    parts = divisions(work, workers)
    table = simulate(work, parts, workers)
    items = {(name, place) for name in work for place in range(parts.get(name, 1))}
    for listed in (table.begun, table.ended):
        assert len(listed) == len(items)
        assert {(name, place) for _, name, place in listed} == items
    assert bound(work, workers) <= table.makespan * (1 + 1e-9)
    assert table.makespan <= sum(seconds) + 1e-6


ALL = {task.id: task for task in load_tasks()}


@pytest.mark.parametrize("workers", [8, 64, 512])
@pytest.mark.parametrize("batch_size", [None, 8])
def test_all_tasks_at_full_scale_end_within_five_percent_of_the_bound(
    workers: int, batch_size: int | None
) -> None:
    """With the counts of the task files; the longest task is 19 times a worker's share of 512."""
    settings = Settings("hf:x", data="folder", batch_size=batch_size)
    work = {
        name: work_of(task, Estimate(prior(task), task.instances, None), settings)
        for name, task in ALL.items()
    }
    makespan = simulate(work, divisions(work, workers), workers).makespan
    assert makespan <= (1.01 if workers == 8 else 1.05) * bound(work, workers)
    if workers == 512:
        undivided = simulate(work, {}, workers).makespan
        assert undivided > 10 * makespan


def test_tasks_are_divided_no_finer_than_it_takes_for_workers_to_end_together() -> None:
    short = {f"short {n}": Work(10.0, 10, 10) for n in range(40)}
    assert divisions(short, 8) == {}
    with_long = {"long": Work(400.0, 400, 400), **short}
    parts = divisions(with_long, 8)
    assert set(parts) == {"long"}
    assert simulate(with_long, parts, 8).makespan <= 1.02 * bound(with_long, 8)
    # Three tasks of two thirds of a share each would leave a worker idle for a third of the time.
    three = {f"task {n}": Work(100.0, 100, 100) for n in range(3)}
    assert divisions(three, 2) == dict.fromkeys(three, 2)
    assert divisions({"long": Work(400.0, 400, 3), **short}, 8)["long"] == 3
    assert divisions({"one": Work(0.0, 5, 5)}, 4) == {}
    assert divisions({}, 4) == {}


@pytest.mark.parametrize(
    ("settings", "most"),
    [
        (Settings("hf:x", data="folder"), 8),  # 100 answers of four texts each: 400 texts, 50 an item
        (Settings("hf:x", data="folder", divide="always"), 100),
        (Settings("hf:x", data="folder", divide="always", batch_size=10), 10),
        (Settings("hf:x", data="folder", divide="always", batch_size=10, repeats=2), 10),
        (Settings("hf:x", data="folder", divide="never"), 1),
        (Settings("hf:x", data="demo"), 1),
        (Settings("hf:x", data="folder", probe=4), 1),
    ],
)
def test_an_item_is_worth_what_it_costs(settings: Settings, most: int) -> None:
    task = make_task(instances=100, max_new_tokens=1024)
    assert work_of(task, Estimate(1.0, 100, None), settings).most == most


def test_answers_that_are_no_texts_are_asked_one_by_one() -> None:
    settings = Settings("hf:x", data="folder")
    assert work_of(make_task(output="video"), Estimate(1.0, 100, None), settings).batches == 100
    assert work_of(make_task(), Estimate(1.0, 100, None), settings).batches == 13
    assert work_of(make_task(), Estimate(0.0, 0, None), settings).batches == 1
