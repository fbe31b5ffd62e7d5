"""Run folders that version 0.1.0 wrote are read, verified and rescored; its own version resumes them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pytest_generalbench as gb
from pytest_generalbench import cli, metrics
from pytest_generalbench.evaluation.moved_scores import metric_changes
from pytest_generalbench.runs.instance_rows import tasks_with_rows
from pytest_generalbench.runs.manifest import write_manifest
from pytest_generalbench.runs.result_file import RunResult, read_result, write_result
from pytest_generalbench.suite import demo
from pytest_generalbench.suite.tasks import load_tasks
from tests.plugin.runs import run

if TYPE_CHECKING:
    from collections.abc import Callable

OLD = Path(__file__).parent / "old_run"
TASKS = 13


@pytest.fixture
def old(tmp_path: Path) -> Callable[[str], Path]:
    """Return what copies a kept run folder to where it may be changed."""
    return lambda name: Path(shutil.copytree(OLD / name, tmp_path / name))


@pytest.fixture(autouse=True)
def _data_of_that_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the demo set that the runs were made with in the place of today's."""
    cache = tmp_path / "cache"
    shutil.unpack_archive(OLD / "demo.zip", cache / demo.folder_name(load_tasks()))
    monkeypatch.setenv("GENERALBENCH_CACHE", str(cache))


def test_it_is_read(old: Callable[[str], Path]) -> None:
    opened = gb.load_run(old("complete"))
    assert len(opened.tasks()) == TASKS
    with pytest.raises(gb.GeneralBenchError, match="rescore --write"):
        list(opened.instances())


def test_it_is_verified(old: Callable[[str], Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["verify", str(old("complete"))]) == 0


def test_it_is_rescored_once_and_then_to_the_same_bytes(
    old: Callable[[str], Path],
) -> None:
    folder = old("complete")
    assert cli.main(["rescore", "--write", str(folder)]) == 1  # metrics have other versions now
    result = read_result(folder).to_dict()
    assert result["definitions"]["metrics"]["micro_f1"] == metrics.get("micro_f1").version > 1
    after = (folder / "result.json").read_bytes()
    assert cli.main(["rescore", "--write", str(folder)]) == 0
    assert (folder / "result.json").read_bytes() == after
    assert len(tasks_with_rows(folder)) == TASKS
    assert cli.main(["verify", str(folder)]) == 0


def test_a_rescored_run_says_which_scores_moved_and_why(
    old: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = old("complete")
    result = read_result(folder).to_dict()
    for entry in result["tasks"]:
        if entry["metric"] in ("micro_f1", "psnr"):
            entry["score"] += 1
    write_result(folder, RunResult.from_dict(result))
    write_manifest(folder)
    assert cli.main(["rescore", str(folder)]) == 1
    lines = capsys.readouterr().out.splitlines()
    why = f"scores that moved, micro_f1 version 1 -> 2: {metrics.get('micro_f1').changes[2]}; protocol "
    (place,) = [place for place, line in enumerate(lines) if line.startswith(why)]
    assert lines[place + 1] == "  nlp/abstract-meaning-representation: 26.0 -> 25.0"
    unknown = "scores that moved, for no change of a metric or protocol that the run tells:"
    assert lines[lines.index(unknown) + 1] == "  image/generation/image-deblurring: 56.6 -> 55.6"


def test_a_run_on_another_demo_set_is_not_scored_against_todays(
    old: Callable[[str], Path],
    shared_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GENERALBENCH_CACHE", str(shared_cache))
    assert cli.main(["rescore", str(old("complete"))]) == 1
    assert "13 tasks: 13 failed" in capsys.readouterr().out


def test_versions_that_are_not_known_are_no_reason() -> None:
    assert metric_changes("micro_f1", None) is None
    assert metric_changes("of a hook", 1) is None
    assert metric_changes("micro_f1", metrics.get("micro_f1").version) is None


def test_it_is_not_resumed_under_another_version_of_a_protocol_but_rescored(
    pytester: pytest.Pytester, old: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = old("interrupted")
    done = run(pytester, f"--generalbench-run={folder}", "--generalbench-resume", "--generalbench-limit=4")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert "protocol of nlp/causal-reasoning was 'multiple_choice/1'" in done.stderr.str()
    assert cli.main(["rescore", str(folder)]) == 1
    assert "10 tasks: " in capsys.readouterr().out
