"""What happens on GPUs: memory that runs out, models that hang, workers that die. The run always ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import ReadResult

BAD, GOOD = "nlp/causal-reasoning", "nlp/ethical-reasoning"
TASKS = "causal-reasoning or ethical-reasoning or analogical-reasoning"

MODEL = """
import os, signal, time

class OutOfMemoryError(RuntimeError):
    pass

class Model:
    input_media = ("text", "image", "video", "audio", "pointcloud", "mesh", "motion", "signal", "map")
    batch_size = 4
    def generate(self, requests):
        bad = requests[0].task_id == "nlp/causal-reasoning"
        number = sorted(item.instance_id for item in requests)[0]
        {body}
        return ["A"] * len(requests)
"""


def run(pytester: pytest.Pytester, body: str, *args: str) -> pytest.RunResult:
    (pytester.path / "faulty.py").write_text(MODEL.format(body=body), encoding="utf-8")
    return pytester.runpytest_subprocess(
        "--generalbench-model=python:faulty.py:Model",
        "--generalbench-run=run",
        "-k",
        TASKS,
        *args,
        timeout=120,
    )


def check(result: pytest.RunResult, content: dict[str, object], states: dict[str, int] | str) -> None:
    """Assert that one task came to `states`, that all others were scored, and that the run is red."""
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    tasks = {task["id"]: task for task in content["tasks"]}  # type: ignore[attr-defined]
    others = {task["state"] for name, task in tasks.items() if name != BAD}
    assert others == {"scored"}
    assert GOOD in tasks
    if isinstance(states, str):
        assert tasks[BAD]["state"] == states
    else:
        assert (tasks[BAD]["state"], tasks[BAD]["states"]) == ("incomplete", states)
    assert "INTERNALERROR" not in result.stdout.str()


@pytest.mark.parametrize(
    ("body", "states"),
    [
        ("if bad and any(i.instance_id.endswith('3') for i in requests): raise OutOfMemoryError('full')",
         {"ok": 7, "oom": 1}),
        ("if bad and len(requests) > 1: raise OutOfMemoryError('full')", None),
        ("if bad: raise OutOfMemoryError('full')", {"oom": 8}),
    ],
    ids=["one instance", "every batch", "all"],
)  # fmt: skip
def test_memory_that_runs_out(
    pytester: pytest.Pytester, read_result: ReadResult, body: str, states: dict[str, int] | None
) -> None:
    result = run(pytester, body)
    if states is not None:
        check(result, read_result("run"), states)
        return
    assert result.ret == 0
    assert {task["state"] for task in read_result("run")["tasks"]} == {"scored"}


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_model_that_sleeps_forever_is_a_timeout(
    pytester: pytest.Pytester, read_result: ReadResult, workers: str
) -> None:
    body = "if bad: time.sleep(10 ** 6)"
    result = run(pytester, body, "-n", workers, "--generalbench-instance-timeout=1")
    check(result, read_result("run"), {"timeout": 8})
    assert "TimeoutError" not in result.stdout.str()


def test_one_instance_that_hangs_costs_itself_only(
    pytester: pytest.Pytester, read_result: ReadResult
) -> None:
    body = "if bad and any(i.instance_id.endswith('3') for i in requests): time.sleep(10 ** 6)"
    result = run(pytester, body, "--generalbench-instance-timeout=1")
    check(result, read_result("run"), {"ok": 7, "timeout": 1})


def test_a_task_that_is_too_slow_ends_with_what_it_has(
    pytester: pytest.Pytester, read_result: ReadResult
) -> None:
    body = "if bad and getattr(self, 'seen', 0): time.sleep(10 ** 6)\n        self.seen = bad"
    result = run(pytester, body, "--generalbench-task-timeout=4")
    check(result, read_result("run"), {"ok": 4, "timeout": 4})


def test_a_killed_worker_costs_the_task_it_ran(pytester: pytest.Pytester, read_result: ReadResult) -> None:
    body = "if bad: os.kill(os.getpid(), signal.SIGKILL)"
    check(run(pytester, body, "-n", "2"), read_result("run"), "failed")


def test_a_time_that_is_none_is_refused(pytester: pytest.Pytester) -> None:
    given = ("--generalbench-model=baseline:constant", "--generalbench-task-timeout=soon")
    result = pytester.runpytest_subprocess(*given)
    result.stderr.fnmatch_lines(["ERROR: --generalbench-task-timeout takes seconds above 0, *'soon'"])
