"""What the plugin costs over a bare generate loop and over bare pytest, each in one run.

Run it by name: `pytest benchmarks/test_overhead.py -s`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.sessions import CAUSAL, ROOT, pytest_command, run_module, run_session, write_questions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

INSTANCES, ROUNDS = 2000, 3
MOST_AT_START = 1.5
"""With the extras of development; beside fewer plugins the bare session is cheaper, and the ratio larger."""
BARE_TESTS = """
import pytest

@pytest.mark.parametrize("number", range({count}))
def test_nothing(number):
    pass
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with one task of 2,000 instances."""
    return write_questions(tmp_path_factory.mktemp("data"), INSTANCES)


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
    loop = float(run_module(tmp_path, "benchmarks.bare_loop", str(data)).out)
    wall, result = run_session(tmp_path, "run0", spec, f"--generalbench-data={data}", "-k", CAUSAL)
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
    _, result = run_session(tmp_path, "run0", spec, f"--generalbench-data={data}", "-k", CAUSAL)
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
        _, result = run_session(tmp_path, f"run{number}", spec, f"--generalbench-data={data}", "-k", CAUSAL)
        return float(_seconds(result))

    def small_tasks(number: int, words: str) -> tuple[float, int]:
        wall, result = run_session(tmp_path, f"run{number}", spec, "-k", words, "--generalbench-limit=1")
        return wall, len(result["tasks"])

    instance = _least(one_large_task) / INSTANCES
    many = min(small_tasks(10 + number, "nlp") for number in range(ROUNDS))
    few = min(small_tasks(20 + number, CAUSAL) for number in range(ROUNDS))
    task = (many[0] - few[0]) / (many[1] - few[1])
    _tell(capsys, f"null model: {1000 * instance:.2f} ms per instance, {1000 * task:.1f} ms per task of one")


def test_collection_beside_bare_pytest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "test_bare.py").write_text(BARE_TESTS.format(count=699), encoding="utf-8")
    common = ("pytest", "--co", "-q", "-p", "no:cacheprovider")
    bare = _least(lambda number: run_module(tmp_path, *common, "test_bare.py").wall)
    own = _least(lambda number: run_module(tmp_path, *common, "--generalbench-model=baseline:constant").wall)
    _tell(
        capsys,
        f"collecting 699: {own:.2f} s, bare pytest {bare:.2f} s, {own - bare:+.2f} s, {own / bare:.2f}",
    )


def test_start_up_with_eight_workers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "test_bare.py").write_text(BARE_TESTS.format(count=10), encoding="utf-8")
    few = ("-k", "nlp and reasoning", "--generalbench-limit=1")  # ten tasks
    model = "--generalbench-model=baseline:constant"

    def bare(number: int) -> float:
        return run_module(tmp_path, "pytest", "-q", "-p", "no:cacheprovider", "-n", "8", "test_bare.py").cpu

    def own(number: int) -> float:
        command = (*pytest_command(), f"--generalbench-run=run{number}", model, *few, "-n", "8")
        return run_module(tmp_path, *command).cpu

    own(ROUNDS)  # writes the demo set, and bytecode where that is kept
    ratio = _least(own) / _least(bare)
    _tell(capsys, f"-n 8, ten items: {ratio:.2f} of bare pytest-xdist's processor time")
    assert ratio <= MOST_AT_START
