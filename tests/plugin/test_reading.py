"""References that can be read in several ways: the task is refused, and a line settles it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_generalbench.suite.demo.media.files import avi, npz
from tests.plugin.runs import result

if TYPE_CHECKING:
    from pathlib import Path

TASK = "video/comprehension/indoor-static-video-depth-estimation"
DEPTH = f"{TASK}: depth=depth"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data folder whose depth files do not say what their values are."""
    folder = tmp_path / "data" / TASK
    clip = np.linspace(1, 10, 2 * 4 * 5, dtype=np.float32).reshape(2, 1, 4, 5)
    for number in (1, 2):
        frames = list(np.full((2, 4, 5), 40 * number, np.uint8))
        for name, content in (
            (f"video/v{number}.avi", avi(frames)),
            (f"depth/{number}.npz", npz("arr_0", clip)),
        ):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
    entries = [{"id": number, "input": f"v{number}.avi", "output": f"{number}.npz"} for number in (1, 2)]
    (folder / "annotation.json").write_text(json.dumps({"data": entries}), encoding="utf-8")
    return tmp_path / "data"


def evaluate(pytester: pytest.Pytester, data: Path, *args: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess(
        "--generalbench-model=baseline:oracle", f"--generalbench-data={data}", "-p", "no:cacheprovider",
        "--generalbench-run=run", "-k", "indoor-static-video-depth", *args,
    )  # fmt: skip


def entry(pytester: pytest.Pytester) -> dict[str, Any]:
    matched: dict[str, Any] = result(pytester, "run")["tasks"][0]
    return matched


def test_refused_then_settled_then_held_to_it(pytester: pytest.Pytester, data: Path) -> None:
    assert evaluate(pytester, data).ret == pytest.ExitCode.TESTS_FAILED
    refused = entry(pytester)
    assert (refused["state"], refused["score"]) == ("failed", None)
    assert all(
        answer in refused["reason"] for answer in ("disparity (", "depth (", f"`{TASK}: depth=disparity`")
    )

    (pytester.path / "readings.yaml").write_text(f"{TASK}: {{depth: depth}}", encoding="utf-8")
    settled = ("--generalbench-resume", "--generalbench-reading=readings.yaml", "-n", "1")
    assert evaluate(pytester, data, *settled).ret == 0
    assert entry(pytester)["state"] == "scored"
    assert "reading: depth=depth" in entry(pytester)["definition"]

    pytester.makeini(f"[pytest]\ngeneralbench_reading =\n  {DEPTH.replace('=depth', '=disparity')}")
    other = evaluate(pytester, data, "--generalbench-resume")
    assert other.ret == pytest.ExitCode.USAGE_ERROR
    assert "reading" in other.stderr.str() and "'depth=depth' and is 'depth=disparity'" in other.stderr.str()


def test_lines_of_the_ini_key(pytester: pytest.Pytester, data: Path) -> None:
    pytester.makeini(f"[pytest]\ngeneralbench_reading =\n  {DEPTH}")
    assert evaluate(pytester, data).ret == 0
    assert "reading: depth=depth" in entry(pytester)["definition"]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (f"{TASK}: dept=depth", "did you mean 'depth'"),
        ("video/comprehension/x: depth=depth", "unknown task"),
        (f"{TASK}: depth=near", "known: depth, disparity"),
    ],
)
def test_a_slip_ends_in_one_line(pytester: pytest.Pytester, data: Path, line: str, answer: str) -> None:
    done = evaluate(pytester, data, f"--generalbench-reading={line}")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert answer in done.stderr.str()


def test_a_word_of_another_protocol_fails_the_task(pytester: pytest.Pytester, data: Path) -> None:
    done = evaluate(pytester, data, f"--generalbench-reading={TASK}: index_base=1")
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    assert "choose from: depth" in entry(pytester)["reason"]
