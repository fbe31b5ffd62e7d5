"""One long task on four workers, answered by all of them together over by one of them.

Run it by name: `pytest benchmarks/test_dividing.py -s`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

WORKERS, INSTANCES = 4, 480
TASK = "nlp/causal-reasoning"
MODEL = """
import time

class Model:
    batch_size = 8

    def generate(self, requests):
        time.sleep(0.4)  # as a GPU does: the processor is free meanwhile
        return ["A"] * len(requests)
"""


def _data(folder: Path) -> None:
    entries = [
        {
            "id": f"q{number}",
            "input": {"question": f"Which is {number}?", "options": ["one", "two"]},
            "output": {"answer": "AB"[number % 2]},
        }
        for number in range(INSTANCES)
    ]
    path = folder / "data" / "nlp" / "Causal-Reasoning" / "annotation.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"data": entries}), encoding="utf-8")


def _run(folder: Path, how: str) -> dict[str, Any]:
    settings = {"model": "python:model.py:Model", "data": "data", "divide": how, "run": how}
    args = [f"--generalbench-{name}={value}" for name, value in settings.items()]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", str(WORKERS), "-k", TASK]
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, *args], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    result: dict[str, Any] = json.loads((folder / how / "result.json").read_text(encoding="utf-8"))
    return result


def test_a_long_task(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _data(tmp_path)
    (tmp_path / "model.py").write_text(MODEL, encoding="utf-8")
    whole, divided = _run(tmp_path, "never"), _run(tmp_path, "auto")
    own, other = (result.pop("run")["seconds"] for result in (divided, whole))
    assert divided == whole
    with capsys.disabled():
        text = f"one task on {WORKERS} workers: {own:.1f} s together, {other:.1f} s by one of them"
        print(f"\n{text}, ratio {own / other:.2f}")  # noqa: T201 - the figure is what this is for
    assert own < 0.7 * other
