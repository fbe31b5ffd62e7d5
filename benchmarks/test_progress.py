"""What following a run costs beside a model that takes no time, as a ratio in one run.

Run it by name: `pytest benchmarks/test_progress.py -s`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.sessions import CAUSAL, ROOT, pytest_command, run_module, write_questions

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

INSTANCES = 8_000
PLUGIN = """
import json
import time

STARTED = time.process_time()


def pytest_unconfigure(config):
    progress = config.pluginmanager.get_plugin("generalbench-progress")
    if progress.thread is not None:
        spent = {"thread": progress.thread.spent_s, "process": time.process_time() - STARTED}
        with open("spent.json", "w") as file:
            json.dump(spent, file)
"""


def test_progress_beside_a_model_that_takes_no_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_questions(tmp_path / "data", INSTANCES)
    (tmp_path / "spending.py").write_text(PLUGIN, encoding="utf-8")
    spec = f"--generalbench-model=python:{ROOT / 'benchmarks' / 'tiny_model.py'}:null"
    command = (*pytest_command(), "-p", "spending", spec, f"--generalbench-data={data}", "-k", CAUSAL)
    ended = run_module(tmp_path, *command, "--generalbench-run=run", PYTHONPATH=f"{tmp_path}:{ROOT}")
    spent = json.loads((tmp_path / "spent.json").read_text(encoding="utf-8"))
    share = spent["thread"] / spent["process"]
    with capsys.disabled():
        print(  # noqa: T201 - the figure is what this is for
            f"\n{INSTANCES} instances in {ended.wall:.1f} s: progress {spent['thread']:.3f} s of the "
            f"processor, {share:.2%} of the process"
        )
    assert share <= 0.01
