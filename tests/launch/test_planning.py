"""What a launch says before it starts, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import pytest_generalbench as gb
from pytest_generalbench.cli import main
from pytest_generalbench.evaluation.durations import Estimate, Measured
from pytest_generalbench.evaluation.schedule import Work
from pytest_generalbench.launch.selection import select
from tests.launch.launches import ARGUMENTS, planned

RANDOM = "--generalbench-model=baseline:random"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give --generalbench-model=SPEC"),
        ((RANDOM, "--generalbench-run=mine"), "--generalbench-run cannot be given to a launch"),
        ((RANDOM, "--generalbench-shard=1/2"), "--generalbench-shard cannot be given to a launch"),
        ((RANDOM, "--generalbench-require=scored:95%"), "it judges a whole run"),
        ((RANDOM, "--generalbench-max-errors=3"), "it judges a whole run"),
        ((RANDOM, "-k", "nosuchtask"), "select no task of the benchmark"),
        ((RANDOM, "--nosuchoption"), "unrecognized arguments: --nosuchoption"),
        (("--generalbench-model=nosuch:thing",), "exit code 4"),
        ((RANDOM, "--api-key=sk-123456"), "launch.json would keep it"),
    ],
)
def test_arguments_that_cannot_be_those_of_a_launch_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main(["launch", "--on", "local", "--into", "out", "--", *arguments]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_something_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").touch()
    assert main(["launch", "--on", "local", "--into", str(tmp_path), "--", RANDOM]) == 2
    assert "is not empty: name a new folder" in capsys.readouterr().err
    for what in ("--status", "--cancel", "--retry"):
        assert main(["launch", what, str(tmp_path)]) == 2
        assert "is no folder of a launch" in capsys.readouterr().err


def test_a_dry_run_shows_the_commands_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["launch", "--on", "local", "--into", "out", "--shards", "64", "--parallel", "3", "--dry-run"]
    assert main([*words, "--", RANDOM, "-k", "nlp and reasoning", "-n", "4"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "10 shards on local, 3 at a time" in lines[0]  # no shard without a task
    assert "the model is loaded 40 times" in lines[2]
    commands = [line for line in lines if " -m pytest " in line]
    assert len(commands) == 10
    assert f"--generalbench-shard=10/10 --generalbench-run={tmp_path}/out/shard-10-of-10" in commands[-1]
    assert not (tmp_path / "out").exists()


def test_gpus_are_divided_among_the_shards_that_run_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,3,5,7")

    def slots(*more: str, **options: int) -> tuple[int, list[str]]:
        arguments = ("--generalbench-model=hf:org/name", "-k", "nlp and reasoning", *more)
        plan = gb.plan_launch("local", arguments, tmp_path / "out", directory=tmp_path, **options)  # type: ignore[arg-type]
        return plan.gpus, [slot.get("CUDA_VISIBLE_DEVICES", "-") for slot in plan.record.slots]

    assert slots() == (4, ["2", "3", "5", "7"])
    assert slots("--generalbench-gpus-per-worker=2") == (4, ["2,3", "5,7"])
    assert slots(parallel=2, shards=4) == (4, ["2,5", "3,7"])
    assert slots("--generalbench-gpus-per-worker=0") == (0, ["-", "-"])
    with pytest.raises(gb.GeneralBenchError, match="at most 4 shards at a time"):
        slots(parallel=5, shards=8)
    with pytest.raises(gb.GeneralBenchError, match="at most 0 shards at a time"):
        slots("--generalbench-gpus-per-worker=8")


def test_hours_are_told_from_earlier_runs_and_else_not(tmp_path: Path) -> None:
    (tmp_path / "mortal.py").write_text("", encoding="utf-8")
    assert planned(tmp_path).expected is None
    selection = select(ARGUMENTS, tmp_path)
    estimate = Estimate(50.0, 100, Measured(50.0, 50.0, 100, 100, 100))
    tasks = {name: one._replace(estimate=estimate, work=Work(50.0)) for name, one in selection.tasks.items()}
    measured = replace(selection, tasks=tasks, overhead_s=30.0)
    # Ten tasks of 50 s on two workers, 10 % either way, and what starting takes.
    assert measured.shards_seconds(2, 2) == pytest.approx((255.0, 305.0))
    assert measured.shards_seconds(2, 1) == pytest.approx((510.0, 610.0))


def test_costs_are_those_of_the_limit_and_the_repeats(tmp_path: Path) -> None:
    (tmp_path / "mortal.py").write_text("", encoding="utf-8")
    chosen = select((*ARGUMENTS, "--generalbench-limit=3", "--generalbench-repeats=2"), tmp_path)
    assert {one.estimate.instances for one in chosen.tasks.values()} == {6}
    assert all(one.estimate.measured is None and one.cost == 3 * one.unit for one in chosen.tasks.values())
