"""Launches through submitit: a job killed at its time limit goes on with what it has."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

import pytest_generalbench as gb
from pytest_generalbench.cli import main
from pytest_generalbench.launch.record import read_launch
from pytest_generalbench.launch.shards import ShardJob
from pytest_generalbench.runs.result_file import comparable, read_result
from pytest_generalbench.runs.run_manifest import read_run
from tests.launch.launches import BATCH, asked_again, planned, when_answering, whole

pytest.importorskip("submitit", reason="submitit is not installed (extra slurm)")

LOCAL = {"cluster": "local"}


def children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize("how", ["at its time limit", "by SIGKILL"])
@pytest.mark.parametrize("is_stored", [False, True])
def test_a_job_that_is_killed_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, is_stored: bool
) -> None:
    from submitit.local.local import LocalJobEnvironment

    expected = whole(tmp_path)
    monkeypatch.setenv("SLOW", "0.2")

    def end(job_id: str) -> None:
        (task,) = children(int(job_id))
        # What submitit, and SLURM with --signal, send some time before the limit.
        os.kill(task, LocalJobEnvironment._usr_sig() if how == "at its time limit" else signal.SIGKILL)

    (tmp_path / "node").mkdir()
    # Only what is stored at the time limit counts: no checkpoint is due before.
    storage = gb.storage_at(f"file://{tmp_path}/store", scratch=str(tmp_path / "node")) if is_stored else None
    killer = when_answering(tmp_path / "out", 1, end, node=tmp_path / "node" if is_stored else None)
    lines: list[str] = []
    plan = planned(tmp_path, "slurm", shards=2, options=LOCAL, storage=storage)
    outcome = gb.run_launch(plan, lines.append)
    killer.join()
    assert outcome.exit_code == 0, lines
    assert comparable(read_result(tmp_path / "out" / "merged")) == expected
    assert len(read_run(tmp_path / "out" / "shard-1-of-2").sessions) == 2
    assert asked_again(tmp_path) <= BATCH
    # At the time limit the job queues itself again; one that was killed is submitted again.
    attempts = [job.attempts for job in read_launch(tmp_path / "out").jobs]
    assert attempts == ([1, 1] if how == "at its time limit" else [2, 1])


def test_a_dry_run_prints_the_script_with_what_is_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["launch", "--on", "slurm", "--into", "out", "--dry-run", "--nodes", "2", "--parallel", "3"]
    words += [
        "--partition",
        "gpu",
        "--account",
        "lab",
        "--constraint",
        "a100|h100",
        "--time",
        "90",
        "--gpus",
        "8",
    ]
    assert main([*words, "--", "--generalbench-model=baseline:random", "-k", "nlp and reasoning"]) == 0
    text = capsys.readouterr().out
    assert "8 shards on slurm" in text
    for line in (
        "--partition=gpu", "--account=lab", "--constraint='a100|h100'", "--time=90", "--gpus-per-node=8",
        "--signal=USR2@90", "--array=0-7%3", "--open-mode=append",
    ):  # fmt: skip
        assert f"#SBATCH {line}\n" in text
    assert not (tmp_path / "out").exists()


def test_a_checkpoint_is_the_same_shard_again(tmp_path: Path) -> None:
    from pytest_generalbench.launch.slurm import ShardTask

    job = ShardJob(2, 3, tmp_path, tmp_path, ("-q",))
    assert ShardTask(job).checkpoint().function.job == job


def test_without_slurm_it_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole(tmp_path)
    plan = planned(tmp_path, "slurm", shards=2)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(gb.GeneralBenchError, match='SLURM: Could not detect "srun"'):
        gb.run_launch(plan)
