"""A model may do anything to its process: it costs the task at most, and the session ends in order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import ReadResult

ACTS = {
    "causal-reasoning": "os.fork()",
    "ethical-reasoning": "if os.fork() == 0: raise ValueError('in the child')",
    "analogical-reasoning": "child = os.fork()\nif child == 0: sys.exit(3)\n"
    "assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3",
    "numerical-reasoning": "os._exit(0)",
    "commonsense-reasoning": "pytest.skip('not today')",
    "spatial-reasoning": "raise GeneratorExit",
    "intent-detection": "sys.stdout.close(); sys.stderr.close(); os.close(1); os.close(2)",
    "humor-detection": "sys.stdout = sys.stderr = None",
    "sarcasm-detection": "os.chdir(tempfile.mkdtemp()); os.rmdir(os.getcwd())",
    "stance-detection": "if not hasattr(self, 'child'):\n"
    " self.child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1000)'])\n"
    " open('left.txt', 'a').write(f'{self.child.pid}\\n')",
    "spam-detection": "threading.Thread(target=time.sleep, args=(1000,)).start()",
}
FAILING = {"numerical-reasoning", "commonsense-reasoning", "spatial-reasoning"}

MODEL = """
import os, subprocess, sys, tempfile, threading, time
import pytest

ACTS = {acts!r}

class Model:
    batch_size = 4

    def __init__(self):
        os.fork()

    def generate(self, requests):
        exec(ACTS[requests[0].task_id.split("/")[-1]])
        return ["A"] * len(requests)
"""


@pytest.mark.parametrize("workers", ["0", "2"])
def test_what_a_model_does_to_the_process_costs_its_task_at_most(
    pytester: pytest.Pytester, read_result: ReadResult, workers: str
) -> None:
    (pytester.path / "wild.py").write_text(MODEL.format(acts=ACTS), encoding="utf-8")
    words = " or ".join(f"/{name}]" for name in ACTS)
    result = pytester.runpytest_subprocess(
        "--generalbench-model=python:wild.py:Model",
        "--generalbench-run=run",
        "-k",
        words,
        "-n",
        workers,
        timeout=120,
    )
    tasks = {task["id"].split("/")[-1]: task for task in read_result("run")["tasks"]}
    assert set(tasks) == set(ACTS)
    assert {name for name, task in tasks.items() if task["state"] == "incomplete"} == FAILING
    assert {task["state"] for name, task in tasks.items() if name not in FAILING} == {"scored"}
    assert "the model called os._exit(0)" in tasks["numerical-reasoning"]["reason"]
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    shown = result.stdout.str()
    assert "INTERNALERROR" not in shown
    assert shown.count("test session starts") == 1
    assert "left a process running, which was ended: " in shown + result.stderr.str()
    for number in (pytester.path / "left.txt").read_text(encoding="utf-8").split():
        assert not Path(f"/proc/{number}").exists() or _is_ended(int(number))
    assert len(list((pytester.path / "run").glob("ledger-*.jsonl"))) == max(1, int(workers))


def _is_ended(number: int) -> bool:
    return Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"


def test_a_model_that_needs_its_own_folder_has_it_at_each_call(
    pytester: pytest.Pytester, read_result: ReadResult
) -> None:
    (pytester.path / "own").mkdir()
    (pytester.path / "own" / "answer.txt").write_text("A", encoding="utf-8")
    pytester.makepyfile(
        settled="""
        import os

        class Model:
            def __init__(self):
                os.chdir("own")

            def generate(self, requests):
                return [open("answer.txt").read()] * len(requests)
        """
    )
    result = pytester.runpytest_subprocess(
        "--generalbench-model=python:settled.py:Model", "--generalbench-run=run", "-k", "causal-reasoning"
    )
    assert result.ret == 0
    assert {task["state"] for task in read_result("run")["tasks"]} == {"scored"}
