"""A model that can be told to die or fail, and a way to run it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

MODEL = """
import hashlib
import os
import signal
import time


class Model:
    input_media = ("text", "image", "video", "audio", "pointcloud", "mesh", "motion", "signal", "map")
    batch_size = 2
    output_media = {"text"}

    def __init__(self):
        self.batches = 0

    def generate(self, requests):
        self.batches += 1
        told = " ".join(self.name(request) for request in requests)
        with open("asked.log", "a") as log:
            log.write(told + "\\n")
        if self.batches == int(os.environ.get("DIE_AT", "0")) or os.environ.get("DEADLY", "none") in told:
            os.kill(os.getpid(), signal.SIGKILL)
        if os.environ.get("SLOW"):
            time.sleep(float(os.environ["SLOW"]))
        if any(self.name(request) in os.environ.get("FAILING", "") for request in requests):
            raise RuntimeError("no luck")
        return [self.one(request) for request in requests]

    def name(self, request):
        return request.task_id.rpartition("/")[2] + ":" + request.instance_id

    def one(self, request):
        digest = hashlib.sha256(self.name(request).encode()).digest()
        return "ABCD"[digest[0] % 4] * int(os.environ.get("LENGTH", "1"))
"""
SPEC = "--generalbench-model=python:mortal.py:Model"
FEW = ("-k", "nlp and reasoning")
"""Ten tasks of eight instances."""


def run(pytester: pytest.Pytester, *args: str) -> pytest.RunResult:
    (pytester.path / "mortal.py").write_text(MODEL, encoding="utf-8")
    return pytester.runpytest_subprocess(SPEC, "-p", "no:cacheprovider", *args)


def asked(pytester: pytest.Pytester) -> list[str]:
    """Return every instance that the model was asked so far, each as often as it was, and forget it."""
    path = pytester.path / "asked.log"
    matched = path.read_text(encoding="utf-8").split() if path.exists() else []
    path.unlink(missing_ok=True)
    return matched


def result(pytester: pytest.Pytester, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(pytester.path / name / "result.json").read_text("utf-8"))
    return content


def only_error(matched: pytest.RunResult) -> str:
    """Return the one line that a refused session ends with."""
    assert matched.ret == pytest.ExitCode.USAGE_ERROR
    assert "Traceback" not in matched.stdout.str() + matched.stderr.str()
    (line,) = [line for line in matched.errlines if line.startswith("ERROR: ")]
    return line
