"""What a plan says of a run before it is started."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import pytest_generalbench as gb
from pytest_generalbench.cli import main
from pytest_generalbench.evaluation.durations import Estimate, Measured
from pytest_generalbench.evaluation.run_times import ExpectedTask, bounds, shards_makespan
from pytest_generalbench.evaluation.schedule import Work

if TYPE_CHECKING:
    from pathlib import Path

NAMED = ("-k", "nlp and reasoning")
MODEL = ("--model", "hf:org/name", "--data", "folder")

GOLDEN_1 = """\
10 tasks, about 2038 instances, hf:org/name; the model is loaded 4 times, once in each worker
hours: not known, earlier runs in generalbench-runs measured 0 of the tasks
give --seconds-per-answer S, or run once with --generalbench-limit=16
below, shares of the time that one worker needs
workers  expected  bound  over it  divided tasks
      1     100 %  100 %    0.0 %           none
      2    50.5 %   50 %    1.0 %           none
      4    25.5 %   25 %    2.2 %             10
divided on 4 workers, 10 tasks:
  nlp/analogical-reasoning into 4
  nlp/causal-reasoning into 4
  nlp/commonsense-reasoning into 4
  nlp/counterfactual-reasoning into 4
  nlp/document-level-causal-reasoning into 4
  nlp/ethical-reasoning into 4
  nlp/numerical-reasoning into 4
  nlp/spatial-reasoning into 4
  nlp/temporal-event-reasoning into 4
  nlp/temporal-reasoning into 4
--generalbench-subset=5%: 155 instances, 2.01 %, saves 23.5 %
--generalbench-subset=10%: 314 instances, 4.47 %, saves 21.1 %
--generalbench-subset=25%: 956 instances, 12.4 %, saves 13.2 %
a subset tells S2 alone, the less surely the smaller it is
"""

GOLDEN_2 = """\
10 tasks, about 1000 instances, hf:org/name; the model is loaded 4 times, once in each worker
times: 0.5 s a text answer, other media as they are expected to cost
no interval: no earlier run measured enough tasks
without starting workers and loading the model: no earlier run tells how long that takes
workers  expected  bound  over it  divided tasks
      1     8 min  8 min    0.0 %           none
      2     4 min  4 min    0.0 %           none
      4     2 min  2 min   10.8 %             10
divided on 4 workers, 10 tasks:
  nlp/analogical-reasoning into 2
  nlp/causal-reasoning into 2
  nlp/commonsense-reasoning into 2
  nlp/counterfactual-reasoning into 2
  nlp/document-level-causal-reasoning into 2
  nlp/ethical-reasoning into 2
  nlp/numerical-reasoning into 2
  nlp/spatial-reasoning into 2
  nlp/temporal-event-reasoning into 2
  nlp/temporal-reasoning into 2
--generalbench-subset=5%: 155 instances, 20 s, saves 118 s
--generalbench-subset=10%: 314 instances, 46 s, saves 93 s
--generalbench-subset=25%: 808 instances, 113 s, saves 25 s
a subset tells S2 alone, the less surely the smaller it is
"""

GOLDEN_3 = """\
10 tasks, about 500 instances, hf:org/name; the model is loaded 4 times, once in each worker
times: as earlier runs in mine measured 10 tasks, 10% either way
with 60 s for starting workers, loading the model, and ending
workers          expected   bound  over it  divided tasks
      1  16 min to 19 min  18 min    0.0 %           none
      2   8 min to 10 min   9 min    0.0 %           none
      4             6 min   5 min   16.1 %           none
--generalbench-subset=5%: 155 instances, 2 min to 3 min, saves 4 min
--generalbench-subset=10%: 314 instances, 4 min, saves 118 s
--generalbench-subset=25%: 482 instances, 5 min to 6 min, saves 14 s
a subset tells S2 alone, the less surely the smaller it is
"""


def finished_run(
    folder: Path, seconds: dict[str, float], count: int, workers: int, took: float, **more: Any
) -> None:
    """Write the result of a run of one session in `folder`."""
    folder.mkdir(parents=True)
    tasks = [{"id": name, "state": "scored", "score": 1.0, "states": {"ok": count}} for name in seconds]
    content = {
        "schema": "2.5", "model": {"spec": "hf:org/name"}, "data": {"name": "folder"}, "tasks": tasks,
        "settings": {"model": "hf:org/name", "data": "folder", "limit": None, **more},
        "run": {
            "tasks": seconds, "started": "", "seconds": took, "torn_lines": [], "settings": {},
            "cached": {"hits": 0, "asked": 0},
            "sessions": [{"started": "", "workers": workers, "seconds": took}],
        },
    }  # fmt: skip
    (folder / "result.json").write_text(json.dumps(content), encoding="utf-8")


def selected() -> list[str]:
    """Return the ids of the tasks that `NAMED` selects."""
    return [task.id for task in gb.load_tasks() if "reasoning" in task.id and task.modality == "nlp"]


def test_without_an_earlier_run_there_are_shares_and_the_way_to_hours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["plan", "--gpus", "4", *MODEL, *NAMED]) == 0
    assert capsys.readouterr().out == GOLDEN_1
    assert main(["plan", "-n", "4", *MODEL, *NAMED, "--seconds-per-answer", "0.5", "--limit", "100"]) == 0
    assert capsys.readouterr().out == GOLDEN_2
    assert not (tmp_path / "generalbench-runs").exists()


def test_an_earlier_run_tells_hours_with_an_interval_and_what_starting_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names = selected()
    # Ten tasks of 100 s, one worker: 1000 s, and 60 s beside them.
    finished_run(tmp_path / "mine" / "one", dict.fromkeys(names, 100.0), 50, 0, 1060.0)
    assert main(["plan", "--gpus", "16", "--gpus-per-worker", "4", "--runs", "mine", *MODEL, *NAMED]) == 0
    assert capsys.readouterr().out == GOLDEN_3
    assert main(["plan", "--gpus", "4", "--runs", "mine/one", "--json", *MODEL, *NAMED]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert [end["workers"] for end in plan["ends"]] == [1, 2, 4]
    assert plan["ends"][0]["makespan"] == pytest.approx(1060.0)
    assert (plan["ends"][0]["low"], plan["ends"][0]["high"]) == pytest.approx((960.0, 1160.0))
    assert plan["overhead_s"] == pytest.approx(60.0)
    assert plan["instances"] == 500
    assert plan["is_relative"] is False


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--gpus", "0", *MODEL), "0 GPUs: give 1 or more"),
        (("--gpus", "2", *MODEL, "--gpus-per-worker", "4"), "2 GPUs are too few for a worker with 4"),
        (("--gpus", "2", *MODEL, "-n", "4"), "give GPUs or -n, not both"),
        (("--gpus", "2", "--model", "baseline:oracle"), "say how many there are with -n N"),
        (("--gpus", "2", *MODEL, "-k", "nosuchtask"), "select no task of the benchmark"),
        (("--gpus", "2", "--model", "nosuch:thing"), "exit code 4"),
        (("--gpus", "2", *MODEL, "--runs", "nowhere"), "nowhere: no such folder of runs"),
        (("--gpus", "2", *MODEL, "--seconds-per-answer", "0"), "give a number above 0"),
        (("--gpus", "2", *MODEL, "--seconds-per-answer", "nan"), "give a number above 0"),
    ],
)
def test_what_cannot_be_planned_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main(["plan", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert words in err


def expected(
    seconds: float, instances: int, measured: Measured | None = None, kind: str = "text"
) -> ExpectedTask:
    estimate = Estimate(seconds, instances, measured)
    return ExpectedTask(kind, 1.0, float(instances), estimate, Work(seconds))


def test_what_a_run_measured_differs_by_a_tenth_and_the_rest_by_what_the_measured_tasks_vary() -> None:
    known = [expected(value, 50, Measured(value, value, 50, 50, 50)) for value in (50.0, 80.0, 120.0, 150.0)]
    assert bounds(known) == pytest.approx((0.9, 1.1))
    assert bounds([expected(100.0, 50)]) is None
    low, high = bounds([*known, *(expected(100.0, 50) for _ in range(4))]) or (1.0, 1.0)
    assert low < 0.9
    assert high > 1.1
    # Two tasks are too few to tell how tasks vary.
    assert bounds([*known[:2], expected(100.0, 50)]) is None
    # Fifty instances of five that were measured are no more than another task.
    assert bounds([expected(100.0, 50, Measured(10.0, 10.0, 5, 5, None)) for _ in range(2)]) is None


def test_shards_run_one_after_another_where_there_are_more_than_run_at_a_time() -> None:
    work = {f"t{n}": Work(10.0) for n in range(8)}
    costs = dict.fromkeys(work, 1.0)
    assert shards_makespan(work, costs, shards=4, at_a_time=4, workers=1) == 20.0
    assert shards_makespan(work, costs, shards=4, at_a_time=2, workers=1) == 40.0
    assert shards_makespan(work, costs, shards=4, at_a_time=4, workers=2) == 10.0
    assert shards_makespan(work, costs, shards=3, at_a_time=2, workers=1) == 50.0
