"""The same answers for every number of workers, every order and every division of the work."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.plugin.kept import answers

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import ReadResult

TASKS = "nlp and (reasoning or question-answering)"
MODEL = """
import hashlib

class Model:
    input_media = ("text", "image", "video", "audio", "pointcloud", "mesh", "motion", "signal", "map")
    batch_size = 3
    def generate(self, requests):
        # The answer tells the batch: another batch is another answer.
        batch = "|".join(item.digest() for item in requests)
        return [hashlib.sha256(f"{batch}|{item.seed}".encode()).hexdigest() for item in requests]
"""
ALONE = """
class Model:
    input_media = ("text", "image", "video", "audio", "pointcloud", "mesh", "motion", "signal", "map")
    batch_size = 4
    def generate(self, requests):
        return ["A" if len(requests) > 1 else "B"] * len(requests)
"""
REVERSED = """
def pytest_collection_modifyitems(items):
    items.reverse()
"""


def run(pytester: pytest.Pytester, name: str, *args: str, model: str = MODEL) -> pytest.RunResult:
    (pytester.path / "fixed.py").write_text(model, encoding="utf-8")
    spec = ("--generalbench-model=python:fixed.py:Model", f"--generalbench-run={name}")
    result = pytester.runpytest_subprocess(*spec, "-k", TASKS, *args)
    assert result.ret == 0
    return result


def kept(pytester: pytest.Pytester, name: str, *args: str) -> list[dict[str, Any]]:
    run(pytester, name, *args)
    return content(pytester.path / name)


def content(*folders: Path) -> list[dict[str, Any]]:
    """Return the records of all ledgers without their times, sorted."""
    records = [record for folder in folders for record in answers(folder)]
    for record in records:
        record.pop("seconds")
        record.pop("crc", None)  # it is over the seconds too
    return sorted(records, key=lambda record: (record["task"], record["instance"]))


@pytest.mark.slow
def test_ledgers_hold_the_same_for_any_workers_order_and_shards(pytester: pytest.Pytester) -> None:
    alone = kept(pytester, "alone", "-n", "0")
    assert len(alone) > 100
    assert kept(pytester, "two", "-n", "2") == alone
    assert all(kept(pytester, f"shard{part}", f"--generalbench-shard={part}/3") for part in (1, 2, 3))
    assert content(*pytester.path.glob("shard*")) == alone
    pytester.makeconftest(REVERSED)
    assert kept(pytester, "reversed", "-n", "1") == alone


def test_shards_need_numbers_that_make_sense(pytester: pytest.Pytester) -> None:
    constant = ("--generalbench-model=baseline:constant",)
    for wrong in ("0/3", "2"):
        result = pytester.runpytest_subprocess(*constant, f"--generalbench-shard={wrong}")
        result.stderr.fnmatch_lines([f"ERROR: --generalbench-shard takes i/n *not {wrong!r}"])


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_probe_reports_how_many_answers_changed(
    pytester: pytest.Pytester, read_result: ReadResult, workers: str
) -> None:
    args = ["-n", workers, "--generalbench-probe=7"]
    output = run(pytester, "run", *args, model=ALONE).stdout.str()
    result = read_result("run")["run"]["probe"]
    assert (result["compared"], result["different"]) == (7, 7)
    assert sum(result["tasks"].values()) == 7
    assert re.search(r"probe: 7 of 7 instances answered differently in batches of another size: nlp/", output)
