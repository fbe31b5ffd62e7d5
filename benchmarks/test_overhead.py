"""What the plugin costs over a bare generate loop and over bare pytest, each in one run.

Run it by name: `pytest benchmarks/test_overhead.py -s`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
INSTANCES, ROUNDS = 2000, 3
CAUSAL = "nlp/causal-reasoning"
BARE_TESTS = """
import pytest

@pytest.mark.parametrize("number", range({count}))
def test_nothing(number):
    pass
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with one task of 2,000 instances."""
    folder = tmp_path_factory.mktemp("data")
    entries = [
        {
            "id": f"q{number}",
            "input": {
                "question": f"Which is {number}?" + " Why?" * (number % 7),
                "options": ["one", "two", "six"],
            },
            "output": {"answer": "ABC"[number % 3]},
        }
        for number in range(INSTANCES)
    ]
    path = folder / "nlp" / "Causal-Reasoning" / "annotation.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"data": entries}), encoding="utf-8")
    return folder


def _run(folder: Path, *command: str) -> tuple[float, str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    started = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - our own commands
        [sys.executable, "-m", *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return time.perf_counter() - started, done.stdout


def _session(folder: Path, number: int, *args: str) -> tuple[float, dict[str, Any]]:
    """Return the wall time of a benchmark session, and its result."""
    name = f"run{number}"
    wall, _ = _run(folder, "pytest", "-q", "-p", "no:cacheprovider", f"--generalbench-run={name}", *args)
    result: dict[str, Any] = json.loads((folder / name / "result.json").read_text(encoding="utf-8"))
    return wall, result


def _least(work: Callable[[int], float]) -> float:
    return min(work(number) for number in range(ROUNDS))


def _tell(capsys: pytest.CaptureFixture[str], text: str) -> None:
    with capsys.disabled():
        print(f"\n{text}")  # noqa: T201 - the figure is what this is for


def _seconds(result: dict[str, Any]) -> float:
    """Return the large task's time; some results keep times apart from the tasks."""
    (task,) = (item for item in result["tasks"] if item["id"] == CAUSAL)
    assert task["n"] == INSTANCES
    apart = result.get("run", {}).get("tasks", {})
    return float(apart.get(CAUSAL) or task["seconds"])


def test_a_tiny_model_beside_a_bare_loop(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = f"--generalbench-model=python:{ROOT / 'benchmarks' / 'tiny_model.py'}:TinyModel"
    loop = float(_run(tmp_path, "benchmarks.bare_loop", str(data))[1])
    wall, result = _session(tmp_path, 0, spec, f"--generalbench-data={data}", "-k", CAUSAL)
    # A bare loop starts with a loaded model.
    seconds, inside = _seconds(result) - result["model"]["loading"], result["model"]["seconds"]
    text = f"{INSTANCES} instances: the task {seconds:.2f} s, of that in the model {inside:.2f} s, "
    text += f"ratio {seconds / inside:.3f}; a bare loop in another process {loop:.2f} s, ratio "
    _tell(capsys, f"{text}{seconds / loop:.3f}; the whole session {wall:.2f} s")
    # Between two processes other load on the machine counts; within one it meets both alike.
    assert seconds / inside <= 1.05


def test_a_large_model_on_a_gpu(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available() and not os.environ.get("GENERALBENCH_TRY_WITHOUT_GPU"):
        pytest.skip("needs a GPU; with GENERALBENCH_TRY_WITHOUT_GPU=1 a small model tries the code")
    spec = f"--generalbench-model=python:{ROOT / 'benchmarks' / 'large_model.py'}:LargeModel"
    _, result = _session(tmp_path, 0, spec, f"--generalbench-data={data}", "-k", CAUSAL)
    model = result["model"]
    seconds, inside = _seconds(result) - model["loading"], model["seconds"]
    text = (
        f"on {model['device']}: {model['tokens'] / seconds:.0f} tokens/s, {model['tokens'] / inside:.0f} in "
    )
    text += f"the loop alone, ratio {inside / seconds:.3f}; without work for {1 - inside / seconds:.1%}"
    _tell(capsys, text)
    assert seconds / inside <= 1.05


def test_a_model_that_takes_no_time(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = f"--generalbench-model=python:{ROOT / 'benchmarks' / 'tiny_model.py'}:null"

    def one_large_task(number: int) -> float:
        _, result = _session(tmp_path, number, spec, f"--generalbench-data={data}", "-k", CAUSAL)
        return float(_seconds(result))

    def small_tasks(number: int, words: str) -> tuple[float, int]:
        wall, result = _session(tmp_path, number, spec, "-k", words, "--generalbench-limit=1")
        return wall, len(result["tasks"])

    instance = _least(one_large_task) / INSTANCES
    many = min(small_tasks(10 + number, "nlp") for number in range(ROUNDS))
    few = min(small_tasks(20 + number, CAUSAL) for number in range(ROUNDS))
    task = (many[0] - few[0]) / (many[1] - few[1])
    _tell(capsys, f"null model: {1000 * instance:.2f} ms per instance, {1000 * task:.1f} ms per task of one")


def test_collection_beside_bare_pytest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "test_bare.py").write_text(BARE_TESTS.format(count=699), encoding="utf-8")
    common = ("pytest", "--co", "-q", "-p", "no:cacheprovider")
    bare = _least(lambda number: _run(tmp_path, *common, "test_bare.py")[0])
    own = _least(lambda number: _run(tmp_path, *common, "--generalbench-model=baseline:constant")[0])
    _tell(
        capsys,
        f"collecting 699: {own:.2f} s, bare pytest {bare:.2f} s, {own - bare:+.2f} s, {own / bare:.2f}",
    )


def test_start_up_with_eight_workers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "test_bare.py").write_text(BARE_TESTS.format(count=16), encoding="utf-8")
    common = ("pytest", "-q", "-p", "no:cacheprovider", "-n", "8")
    bare = _least(lambda number: _run(tmp_path, *common, "test_bare.py")[0])
    few = (
        "--generalbench-model=baseline:constant",
        "-n",
        "8",
        "-k",
        "nlp and reasoning",
        "--generalbench-limit=1",
    )
    own = _least(lambda number: _session(tmp_path, number, *few)[0])
    _tell(capsys, f"-n 8, few items: {own:.2f} s, bare pytest-xdist {bare:.2f} s, ratio {own / bare:.2f}")
