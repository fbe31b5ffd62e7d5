from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pytest_generalbench.runs.ledger.index import read_ledgers
from pytest_generalbench.runs.lock import LOCK_FILE, RunLock
from pytest_generalbench.runs.result_file import comparable, read_result
from tests.plugin.runs import FEW, MODEL, SPEC, asked, only_error, result, run

RUN = "--generalbench-run=run"
RESUME = "--generalbench-resume"
TOTAL = 80
FAILING = "causal-reasoning:cr0002 analogical-reasoning:ar0001"


@pytest.fixture(scope="module")
def dead(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Path:
    """Return the folder of a run that was killed in its ninth batch."""
    folder = tmp_path_factory.mktemp("dead")
    (folder / "mortal.py").write_text(MODEL, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", SPEC, RUN, *FEW]
    environment = {**os.environ, "DIE_AT": "9", "GENERALBENCH_CACHE": str(shared_cache)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert len((folder / "asked.log").read_text(encoding="utf-8").split()) == 18
    return folder / "run"


@pytest.fixture
def dead_run(pytester: pytest.Pytester, dead: Path) -> Path:
    """Return a copy of it in the test's own folder."""
    return Path(shutil.copytree(dead, pytester.path / "run"))


def test_a_dead_run_asks_one_batch_again_and_ends_the_same(pytester: pytest.Pytester, dead_run: Path) -> None:
    assert not (dead_run / "result.json").exists()
    matched = run(pytester, RESUME, RUN, "-n", "2")
    assert matched.ret == 0
    assert "continues" in matched.stdout.str()
    again = asked(pytester)
    assert len(again) == len(set(again)) == TOTAL - 16
    assert run(pytester, "--generalbench-run=whole", *FEW).ret == 0
    assert comparable(read_result(dead_run)) == comparable(read_result(pytester.path / "whole"))
    assert len(result(pytester, "run")["run"]["sessions"]) == 2


@pytest.mark.parametrize("workers", ["0", "2"])
def test_what_is_finished_is_not_read_again(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    pytester.makeconftest(
        """
        from pytest_generalbench.suite.data import source
        load = source.load

        def noted(files, task, root):
            with open("loads.log", "a") as log:
                log.write(task.id + "\\n")
            return load(files, task, root)

        source.load = noted
        """
    )
    log = pytester.path / "loads.log"
    monkeypatch.setenv("DIE_AT", "9")
    assert run(pytester, RUN, *FEW).ret == -signal.SIGKILL
    monkeypatch.delenv("DIE_AT")
    known = read_ledgers(pytester.path / "run")
    finished = set(known.conclusions)
    assert len(finished) == 2
    assert all(known.conclusions[task].facts["records"] == str(known.tallies[task]) for task in finished)
    log.unlink()
    assert run(pytester, RUN, RESUME, "-n", workers).ret == 0
    loads = log.read_text(encoding="utf-8").split()
    assert len(loads) == len(set(loads)) == 8
    assert finished.isdisjoint(loads)
    assert run(pytester, "--generalbench-run=whole", *FEW).ret == 0
    assert comparable(read_result(pytester.path / "run")) == comparable(read_result(pytester.path / "whole"))
    for table in (pytester.path / "whole" / "instances").rglob("*.csv"):
        again = pytester.path / "run" / table.relative_to(pytester.path / "whole")
        assert again.read_bytes() == table.read_bytes()


def test_a_dead_worker_is_made_good(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEADLY", "analogical-reasoning:ar0005")
    assert run(pytester, *FEW, "-n", "2").ret == pytest.ExitCode.TESTS_FAILED
    monkeypatch.delenv("DEADLY")
    (folder,) = (pytester.path / "generalbench-runs").iterdir()
    assert read_ledgers(folder).deaths  # one, so it is asked again, by itself
    asked(pytester)
    assert run(pytester, RESUME).ret == 0  # finds the run, and its tasks
    lines = (pytester.path / "asked.log").read_text(encoding="utf-8").splitlines()
    assert "analogical-reasoning:ar0005" in lines
    assert result(pytester, str(folder))["counts"] == {"scored": 10}
    assert "no unfinished run" in only_error(run(pytester, RESUME))


def test_what_killed_two_workers_is_not_asked_a_third_time(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEADLY", "causal-reasoning:cr0003")
    for args in ((RUN, *FEW), (RUN, RESUME)):
        assert run(pytester, *args).ret == -signal.SIGKILL
    assert run(pytester, RUN, RESUME).ret == pytest.ExitCode.TESTS_FAILED
    tasks = {task["id"]: task for task in result(pytester, "run")["tasks"]}
    assert tasks["nlp/causal-reasoning"]["states"] == {"ok": 5, "unparsable": 2, "error": 1}
    assert "cr0003: killed its worker twice" in tasks["nlp/causal-reasoning"]["reason"]
    assert [task["state"] for task in tasks.values()].count("scored") == 9


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--generalbench-limit=3"], "limit was None and is 3"),
        (["--generalbench-split=close"], "split was 'open' and is 'close'"),
        (["--generalbench-model=baseline:constant"], "model was 'python:mortal.py:Model' and is 'baseline"),
        (["-k", "nlp"], "selection was 10 tasks and is 115 (with nlp/abstract"),
        (["-k", "nlp", "-n", "2"], "selection was 10 tasks and is 115"),
    ],
)
def test_other_settings_are_refused_each_by_name(
    pytester: pytest.Pytester, dead_run: Path, args: list[str], words: str
) -> None:
    def content() -> dict[Path, bytes]:
        return {p: p.read_bytes() for p in dead_run.rglob("*") if p.is_file() and p.name != LOCK_FILE}

    before = content()
    assert words in only_error(run(pytester, RESUME, RUN, *args))
    assert content() == before


def test_settings_that_no_answer_depends_on_may_change(pytester: pytest.Pytester, dead_run: Path) -> None:
    args = ["--generalbench-batch-size=5", "--generalbench-scoring=released", "--generalbench-max-errors=3"]
    assert run(pytester, RESUME, RUN, *args).ret == 0
    assert result(pytester, "run")["level"]["scoring"] == "released"


def test_other_data_are_refused(pytester: pytest.Pytester, shared_cache: Path) -> None:
    source = next(shared_cache.rglob("Causal-Reasoning/annotation.json")).parent
    folder = pytester.path / "data" / "nlp" / "Causal-Reasoning"
    shutil.copytree(source, folder)
    data = "--generalbench-data=data"
    assert run(pytester, data, RUN, "-k", "causal-reasoning").ret == 0
    content = json.loads((folder / "annotation.json").read_text(encoding="utf-8"))
    content["data"][0]["input"]["question"] += " Really?"
    (folder / "annotation.json").write_text(json.dumps(content), encoding="utf-8")
    line = only_error(run(pytester, data, RUN, RESUME))
    assert "data of nlp/causal-reasoning was" in line
    shutil.move(folder.parent.parent, pytester.path / "moved")
    shutil.copy(source / "annotation.json", pytester.path / "moved" / "nlp" / "Causal-Reasoning")
    assert run(pytester, "--generalbench-data=moved", RUN, RESUME).ret == 0  # the same data elsewhere


def test_a_torn_line_is_told(pytester: pytest.Pytester, dead_run: Path) -> None:
    (ledger,) = dead_run.glob("ledger-*.jsonl")
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join(lines[:-1])[:-30])  # the mark of the last batch, and half the record before
    matched = run(pytester, RESUME, RUN)
    assert matched.ret == 0
    assert (
        f"1 torn line in the ledger, from a write that a death cut off: {ledger.name}" in matched.stdout.str()
    )
    assert [name for name, _ in result(pytester, "run")["run"]["torn_lines"]] == [ledger.name]
    assert result(pytester, "run")["counts"] == {"scored": 10}


def test_a_second_session_is_refused(pytester: pytest.Pytester, dead_run: Path) -> None:
    lock = RunLock(dead_run)
    line = only_error(run(pytester, RESUME, RUN))
    assert f"another session (process {os.getpid()}) is writing" in line
    lock.release()
    value = {"host": "elsewhere", "pid": 17}
    (dead_run / LOCK_FILE).write_text(json.dumps(value), encoding="utf-8")
    line = only_error(run(pytester, RESUME, RUN))
    assert "held by process 17 on host elsewhere" in line
    assert f"remove {dead_run / LOCK_FILE}" in line
    value["host"] = socket.gethostname()
    (dead_run / LOCK_FILE).write_text(json.dumps(value), encoding="utf-8")  # of a process that is dead
    assert run(pytester, RESUME, RUN).ret == 0


def test_a_newer_ledger_is_refused(pytester: pytest.Pytester, dead_run: Path) -> None:
    (dead_run / "ledger-gw0-1.jsonl").write_text('{"v": 99, "kind": "answer"}\n', encoding="utf-8")
    line = only_error(run(pytester, RESUME, RUN))
    assert "ledger-gw0-1.jsonl: ledger version 99 is newer" in line
    assert "pip install --upgrade" in line


def test_retry_asks_only_what_has_no_answer(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAILING", FAILING)
    assert run(pytester, RUN, *FEW).ret == pytest.ExitCode.TESTS_FAILED
    assert result(pytester, "run")["counts"] == {"incomplete": 2, "scored": 8}
    asked(pytester)
    assert run(pytester, RUN, RESUME).ret == pytest.ExitCode.TESTS_FAILED
    assert asked(pytester) == []
    monkeypatch.delenv("FAILING")
    assert "needs --generalbench-resume" in only_error(run(pytester, RUN, "--generalbench-retry-errors"))
    assert run(pytester, RUN, RESUME, "--generalbench-retry-errors", "-n", "2").ret == 0
    assert sorted(asked(pytester)) == sorted(FAILING.split())
    assert result(pytester, "run")["counts"] == {"scored": 10}


@pytest.mark.parametrize(("allowed", "code"), [("2", 0), ("2%", 1)])
def test_so_many_instances_may_fail(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, allowed: str, code: int
) -> None:
    monkeypatch.setenv("FAILING", FAILING)
    matched = run(pytester, RUN, *FEW, f"--generalbench-max-errors={allowed}")
    assert matched.ret == code
    words = "within" if code == 0 else "more than"
    assert f"2 of 80 instances without an answer: {words} --generalbench" in matched.stdout.str()


def test_no_share_is_refused(pytester: pytest.Pytester) -> None:
    line = only_error(run(pytester, RUN, "--generalbench-max-errors=some"))
    assert "a number of instances or a share as in 1%, not 'some'" in line


def test_a_crash_is_not_within_any_number_of_errors(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEADLY", "causal-reasoning:cr0002")
    matched = run(pytester, RUN, *FEW, "-n", "2", "--generalbench-max-errors=100%")
    assert matched.ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize("workers", ["0", "2"])
def test_an_interrupt_loses_nothing(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    monkeypatch.setenv("SLOW", "0.1")
    (pytester.path / "mortal.py").write_text(MODEL, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", SPEC, RUN, *FEW, "-n", workers]
    # Started in the background of a shell, this suite ignores interrupts, and so would what it starts.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(command, cwd=pytester.path, stdout=subprocess.PIPE, text=True)
    signal.signal(signal.SIGINT, handler)
    while not (pytester.path / "asked.log").exists():
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    answer, _ = process.communicate(timeout=60)
    assert process.returncode == pytest.ExitCode.INTERRUPTED, answer
    monkeypatch.delenv("SLOW")
    assert result(pytester, "run")["counts"]["not_run"] > 0
    before = asked(pytester)
    assert run(pytester, RUN, RESUME).ret == 0
    assert len(before) + len(asked(pytester)) <= TOTAL + 2 * max(1, int(workers))
    assert not read_ledgers(pytester.path / "run").deaths
    assert result(pytester, "run")["counts"] == {"scored": 10}


def test_a_clock_that_goes_back_confuses_nothing(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import time
        now = [2_000_000_000.0]

        def back():
            now[0] -= 1000.0
            return now[0]

        time.time = back
        """
    )
    for limit in ("2", "3"):
        matched = run(
            pytester, "-k", "causal-reasoning", f"--generalbench-limit={limit}", "-p", "no:terminal"
        )
        assert matched.ret == 0
    runs = (pytester.path / "generalbench-runs").iterdir()
    numbers = {json.loads((path / "run.json").read_text(encoding="utf-8"))["number"]: path for path in runs}
    assert sorted(numbers) == [1, 2]
    content = result(pytester, str(numbers[2]))
    assert content["settings"]["limit"] == 3
    assert content["run"]["seconds"] >= 0
    assert all(seconds >= 0 for seconds in content["run"]["tasks"].values())
