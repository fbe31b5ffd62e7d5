"""A run whose ids and answers try to act."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ANSWERS = (
    "<script>document.title = 'acted'</script>",
    "</script><img src=x onerror=\"document.title = 'acted'\">",
    "\x1b[31mred\x1b[0m\x00\x07",
    "\u202etxt.exe\u2028line",
    "A" * 1_000_000,
    "' onmouseover='acts",
    "<!-- --> ]]> &amp; &#60;",
    "]);generalbenchTask({})//",
)
IDS = (
    "<img src=x onerror=acts>",
    "a\"b'c",
    "\x1b[2Jx",
    "../../etc/passwd",
    "</script>",
    "q6",
    "q7",
    "\u202eq",
)

MODEL = f"""
ANSWERS = {ANSWERS!r}

class Hostile:
    def identity(self):
        return {{"name": "<b>bold</b>"}}

    def generate(self, requests):
        return [ANSWERS[int(request.text.split("#")[1][0])] for request in requests]
"""


def hostile_run(folder: Path) -> Path:
    """Write data and model into `folder`, run the one task, and return the run folder."""
    options = ["<i>one</i>", "two"]
    right = {"answer": "A"}
    entries = [
        {"id": name, "input": {"question": f"Is <b>#{number}</b>?", "options": options}, "output": right}
        for number, name in enumerate(IDS)
    ]
    path = folder / "data" / "nlp" / "Causal-Reasoning" / "annotation.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"data": entries}), encoding="utf-8")
    (folder / "hostile.py").write_text(MODEL, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "causal-reasoning"]
    options = ["--generalbench-model=python:hostile.py:Hostile", "--generalbench-data=data"]
    command += [*options, "--generalbench-run=run"]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "run"
