"""The simulated schedule beside a second one that advances in ticks."""

from __future__ import annotations

import importlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.settings import Settings
from pytest_generalbench.evaluation.cost_priors import prior
from pytest_generalbench.evaluation.dividing import divided, work_of
from pytest_generalbench.evaluation.durations import Estimate
from pytest_generalbench.evaluation.schedule import Division, Work, bound, simulate
from pytest_generalbench.models.registry import BUILT_IN_KINDS
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


def ticks(batches: list[int], length: list[int], parts: list[int], count: int, is_late: bool) -> int:
    """Return the tick at which the last item ends; a task has so many batches of so many ticks each."""
    items = [(task, True) for task in range(len(batches))]
    items += [(task, False) for task in range(len(batches)) for _ in range(parts[task] - 1)]
    expected = [batches[task] * length[task] / parts[task] for task, _ in items]
    late = [item for item, (task, _) in enumerate(items) if is_late and parts[task] > 1]
    pending = sorted(set(range(len(items))) - set(late), key=lambda item: (-expected[item], item))
    afterwards = sorted(late, key=lambda item: (-expected[item], item))
    if not pending:
        pending, afterwards = afterwards, []
    workers = [TickWorker() for _ in range(count)]
    unclaimed = list(batches)

    def move_up() -> None:
        if not pending:
            pending.extend(afterwards)
            afterwards.clear()

    def hand_out(worker: TickWorker) -> None:
        while pending and len(worker.queue) < 2:
            worker.queue.append(next_of(pending, expected, worker.queue[-1] if worker.queue else None))
            move_up()
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
            move_up()
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
    is_late=st.booleans(),
)
def test_the_end_is_that_of_a_schedule_made_tick_by_tick(
    tasks: list[tuple[int, int, int]], workers: int, is_late: bool
) -> None:
    batches = [count for count, _, _ in tasks]
    length = [100 * size + 7 * number for number, (_, size, _) in enumerate(tasks)]
    parts = [min(count, share) for count, _, share in tasks]
    work = {f"t{n}": Work(float(batches[n] * length[n]), batches[n]) for n in range(len(tasks))}
    division = Division({f"t{n}": parts[n] for n in range(len(tasks)) if parts[n] > 1}, is_late)
    simulated = simulate(work, division, workers).makespan
    assert abs(simulated - ticks(batches, length, parts, workers, is_late)) <= 1e-6


@given(
    seconds=st.lists(st.floats(0.0, 100.0), max_size=12),
    batches=st.lists(st.integers(1, 9), min_size=12, max_size=12),
    workers=st.integers(1, 6),
)
def test_every_item_is_run_once_and_no_bound_is_beaten(
    seconds: list[float], batches: list[int], workers: int
) -> None:
    work = {f"t{n}": Work(one, batches[n], batches[n]) for n, one in enumerate(seconds)}
    division = divided(work, workers)
    table = simulate(work, division, workers)
    items = {(name, place) for name in work for place in range(division.parts.get(name, 1))}
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
        name: work_of(task, Estimate(prior(task), task.instances, None), settings, None)
        for name, task in ALL.items()
    }
    makespan = simulate(work, divided(work, workers), workers).makespan
    assert makespan <= (1.01 if workers == 8 else 1.05) * bound(work, workers)
    if workers == 512:
        undivided = simulate(work, Division({}), workers).makespan
        assert undivided > 10 * makespan


def test_tasks_are_divided_no_finer_than_it_takes_for_workers_to_end_together() -> None:
    short = {f"short {n}": Work(10.0, 10, 10) for n in range(40)}
    assert divided(short, 8).parts == {}
    with_long = {"long": Work(400.0, 400, 400), **short}
    division = divided(with_long, 8)
    assert set(division.parts) == {"long"}
    assert simulate(with_long, division, 8).makespan <= 1.02 * bound(with_long, 8)
    # Three tasks of two thirds of a share each would leave a worker idle for a third of the time.
    three = {f"task {n}": Work(100.0, 100, 100) for n in range(3)}
    assert divided(three, 2).parts == dict.fromkeys(three, 2)
    assert divided({"long": Work(400.0, 400, 3), **short}, 8).parts["long"] == 3
    assert divided({"one": Work(0.0, 5, 5)}, 4).parts == {}
    assert divided({}, 4).parts == {}


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
    assert work_of(task, Estimate(1.0, 100, None), settings, None).most == most


def test_answers_that_are_no_texts_are_asked_one_by_one() -> None:
    settings = Settings("hf:x", data="folder")
    assert work_of(make_task(output="video"), Estimate(1.0, 100, None), settings, None).batches == 100
    assert work_of(make_task(), Estimate(1.0, 100, None), settings, None).batches == 13
    assert work_of(make_task(), Estimate(0.0, 0, None), settings, None).batches == 1


@pytest.mark.parametrize(
    ("kind", "adapter"),
    [
        ("baseline", "baselines:Baseline"),
        ("diffusers", "diffusers:DiffusersModel"),
        ("predictions", "predictions:Predictions"),
        ("vllm", "vllm:VLLMModel"),
    ],
)
def test_kinds_say_the_batches_that_their_adapters_have(kind: str, adapter: str) -> None:
    module, _, name = adapter.partition(":")
    own = getattr(importlib.import_module(f"pytest_generalbench.models.{module}"), name)
    assert BUILT_IN_KINDS[kind].batch_size == own.batch_size


def test_a_task_of_one_batch_is_not_divided_where_batches_are_known() -> None:
    settings = Settings("vllm:x", data="folder")
    estimate = Estimate(1000.0, 200, None)
    assert work_of(make_task(), estimate, settings, BUILT_IN_KINDS["vllm"]) == Work(1000.0, 1, 1)
    assert work_of(make_task(), estimate, settings, BUILT_IN_KINDS["hf"]) == Work(1000.0, 25, 4)
