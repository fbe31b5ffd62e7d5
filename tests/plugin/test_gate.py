"""A session that is compared with a baseline, and the exit code that follows."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.runs.manifest import write_manifest
from tests.plugin.runs import only_error

if TYPE_CHECKING:
    from pathlib import Path

REASONING = ("-k", "nlp and reasoning")
"""Ten tasks of eight instances."""
RUN = "--generalbench-model=baseline:"


def session(pytester: pytest.Pytester, model: str, name: str, *args: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess(
        f"{RUN}{model}", "-p", "no:cacheprovider", f"--generalbench-run={name}", *args
    )


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Path:
    """Return a finished run in which every answer is right."""
    place = tmp_path_factory.mktemp("right")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"{RUN}oracle", *REASONING]
    environment = {**os.environ, "GENERALBENCH_CACHE": str(shared_cache)}
    subprocess.run([*command, "--generalbench-run=base"], cwd=place, env=environment, check=True)
    return place / "base"


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_regression_fails_the_session_and_an_equal_run_does_not(
    pytester: pytest.Pytester, right: Path, workers: str
) -> None:
    shutil.copytree(right, pytester.path / "base")
    gate = ("-n", workers, "--generalbench-baseline=base", "--generalbench-gate")
    again = session(pytester, "oracle", "again", *REASONING, *gate)
    assert again.ret == 0
    again.stdout.fnmatch_lines(["generalbench: gate against base", "gate: no regression over 1? tasks"])
    worse = session(pytester, "constant:nothing", "worse", *REASONING, *gate)
    assert worse.ret == 1
    worse.stdout.fnmatch_lines(
        ["gate: REGRESSION", "nlp -*points*", "all differences: generalbench compare base *worse"]
    )
    assert (pytester.path / "worse" / "manifest.json").is_file()


def test_a_regression_is_shown_where_no_gate_is(pytester: pytest.Pytester, right: Path) -> None:
    shown = session(pytester, "constant:nothing", "shown", *REASONING, f"--generalbench-baseline={right}")
    assert shown.ret == 0
    shown.stdout.fnmatch_lines(["gate: REGRESSION"])
    assert (pytester.path / "shown" / "manifest.json").is_file()


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_first_run_becomes_the_baseline(pytester: pytest.Pytester, workers: str) -> None:
    gate = ("--generalbench-baseline=base", "--generalbench-gate", "--generalbench-baseline-optional")
    few = ("-n", workers, "-k", "nlp and causal-reasoning")
    first = session(pytester, "oracle", "base", *few, *gate)
    assert first.ret == 0
    first.stdout.fnmatch_lines(["*no baseline yet, nothing is compared: base"])


def test_a_part_and_a_shard_are_compared_over_what_they_have(pytester: pytest.Pytester, right: Path) -> None:
    gate = (f"--generalbench-baseline={right}/result.json", "--generalbench-gate")
    parts = {"part": ("-k", "nlp and causal-reasoning"), "shard": (*REASONING, "--generalbench-shard=1/3")}
    for name, some in parts.items():
        result = session(pytester, "oracle", name, *some, *gate)
        assert result.ret == 0
        result.stdout.fnmatch_lines(["* of the baseline not selected and not judged"])


def test_a_baseline_at_an_address_is_compared_with(pytester: pytest.Pytester, right: Path) -> None:
    pytest.importorskip("fsspec")
    kept = pytester.path / "kept"
    kept.mkdir()
    shutil.copy(right / "result.json", kept)
    shutil.copytree(right / "instances", kept / "instances")
    address = f"--generalbench-baseline=file://{kept}"
    result = session(pytester, "constant:nothing", "far", *REASONING, address, "--generalbench-gate")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["gate: REGRESSION"])


def test_what_cannot_be_compared_does_not_pass(pytester: pytest.Pytester) -> None:
    few = ("-k", "nlp and causal-reasoning")
    assert session(pytester, "oracle", "base", *few).ret == 0
    path = pytester.path / "base" / "result.json"
    content = json.loads(path.read_text("utf-8"))
    content["tasks"][0]["data"] = "0" * 16
    path.write_text(json.dumps(content), "utf-8")
    write_manifest(pytester.path / "base")  # a run over other data, not one that was changed
    result = session(pytester, "oracle", "other", *few, "--generalbench-baseline=base", "--generalbench-gate")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["gate: CANNOT BE COMPARED: *data 0000000000000000 and *"])


def test_non_inferiority_says_the_chance_beforehand(pytester: pytest.Pytester) -> None:
    some = ("-k", "audio and comprehension")
    assert session(pytester, "random", "base", *some).ret == 0
    gate = ("--generalbench-baseline=base", "--generalbench-gate")
    result = session(pytester, "random", "again", *some, *gate, "--generalbench-non-inferior=S2:0.5")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "generalbench: non-inferiority by S2:0.5: * passes at least * of 100 times *",
            "gate: no regression*",
            "S2 is shown to have lost less than 0.5 points: *",
        ]
    )


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--generalbench-gate"], "--generalbench-gate needs --generalbench-baseline=RUN"),
        (["--generalbench-baseline=none", "--generalbench-gate"], "--generalbench-baseline-optional"),
        (
            ["--generalbench-baseline=x", "--generalbench-non-inferior=S2:1"],
            "--generalbench-gate as well",
        ),
        (
            ["--generalbench-baseline=x", "--generalbench-non-inferior=S3:1"],
            "-non-inferior takes S2",
        ),
        (["--generalbench-baseline=https://me:secret@host/run"], "takes no password in an address"),
        (["--generalbench-baseline=x", "--generalbench-split=close"], "the close set has none"),
    ],
)
def test_a_gate_that_cannot_be_is_refused_before_anything_is_asked(
    pytester: pytest.Pytester, args: list[str], message: str
) -> None:
    result = session(pytester, "oracle", "run", "-k", "nlp and causal-reasoning", *args)
    assert message in only_error(result)
    assert not (pytester.path / "run").exists()
