"""Runs that ask every instance several times: killed, shared, cached, merged, shown."""

from __future__ import annotations

import csv
import json
import signal
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.cli import main
from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.evaluation.progress import progress_of
from pytest_generalbench.reports.run_comparison import compare_runs
from pytest_generalbench.runs.merge import merge_runs
from pytest_generalbench.runs.result_file import comparable, read_result
from tests.plugin.kept import answers
from tests.plugin.runs import FEW, SPEC, asked, only_error, result, run

if TYPE_CHECKING:
    from pathlib import Path

TASK = "nlp/causal-reasoning"
ONE = ("-k", "nlp and causal-reasoning and not document")
SAMPLER = """
import hashlib
class Model:
    input_media = ("text", "image", "video", "audio", "pointcloud", "mesh", "motion", "signal", "map")
    batch_size = 2
    deterministic = True
    def identity(self):
        return {"name": "sampler"}
    def generate(self, requests):
        with open("asked.log", "a") as log:
            log.write("".join(f"{one.instance_id}+{one.repeat} " for one in requests))
        drawn = [hashlib.sha256(f"{one.task_id}|{one.seed}".encode()).digest()[0] for one in requests]
        return ["ABCD"[number % 4] for number in drawn]
"""


def sample(pytester: pytest.Pytester, name: str, *args: str, repeats: int = 3) -> pytest.RunResult:
    (pytester.path / "sampler.py").write_text(SAMPLER, encoding="utf-8")
    return pytester.runpytest_subprocess(
        "--generalbench-model=python:sampler.py:Model",
        "-p",
        "no:cacheprovider",
        f"--generalbench-run={name}",
        f"--generalbench-repeats={repeats}",
        *args,
    )


def test_a_killed_run_goes_on_and_ends_as_one_that_was_not(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = (*FEW, "--generalbench-repeats=3")
    monkeypatch.setenv("DIE_AT", "31")  # in the second repeat of the third task
    assert run(pytester, "--generalbench-run=run", *few).ret == -signal.SIGKILL
    monkeypatch.delenv("DIE_AT")
    assert len(asked(pytester)) == 62
    assert progress_of(pytester.path / "run").answered == 60
    done = run(
        pytester, "--generalbench-run=run", "--generalbench-resume", "--generalbench-repeats=3", "-n", "2"
    )
    assert done.ret == 0
    assert len(asked(pytester)) == 240 - 60
    assert run(pytester, "--generalbench-run=whole", *few).ret == 0
    assert comparable(read_result(pytester.path / "run")) == comparable(read_result(pytester.path / "whole"))
    assert progress_of(pytester.path / "run").answered == 240
    assert main(["rescore", str(pytester.path / "run")]) == 0
    assert main(["verify", str(pytester.path / "run")]) == 0


def test_workers_share_the_repeats_of_a_task(pytester: pytest.Pytester) -> None:
    assert sample(pytester, "alone", *ONE).ret == 0
    alone = asked(pytester)
    assert len(alone) == len(set(alone)) == 24
    assert sample(pytester, "shared", *ONE, "-n", "2", "--generalbench-divide=always").ret == 0
    assert sorted(asked(pytester)) == sorted(alone)
    one, other = (read_result(pytester.path / name) for name in ("alone", "shared"))
    assert comparable(one) == comparable(other)


def test_the_run_says_how_answers_vary(pytester: pytest.Pytester) -> None:
    done = sample(pytester, "run", *ONE, "-v")
    text = done.stdout.str()
    assert "each instance is asked 3 times, with other seeds" in text
    assert "between repeats (" in text
    assert "share of the scores' variance from repeats: " in text
    content = result(pytester, "run")
    assert content["settings"]["repeats"] == 3
    assert "mean of 3 repeats" in content["level"]["qualified"]
    (task,) = content["tasks"]
    assert task["repeats"]["count"] == 3
    assert 0.0 <= task["repeats"]["share"] <= 1.0
    assert sum(task["states"].values()) == 24
    assert task["n"] == 8
    kept = answers(pytester.path / "run")
    assert [record.get("repeat", 0) for record in kept] == [0] * 8 + [1] * 8 + [2] * 8


def test_a_model_without_chance_is_told_so(pytester: pytest.Pytester) -> None:
    text = run(pytester, *ONE, "--generalbench-repeats=2").stdout.str()
    assert "8 of 8 got the same answer each time; the model does not sample, repeats change nothing" in text


def test_other_repeats_are_not_continued_and_not_merged(pytester: pytest.Pytester) -> None:
    assert sample(pytester, "three", *ONE).ret == 0
    line = only_error(sample(pytester, "three", "--generalbench-resume", *ONE, repeats=2))
    assert "repeats was 3 and is 2" in line
    assert sample(pytester, "two", "-k", "nlp and ethical", repeats=2).ret == 0
    runs = [pytester.path / name for name in ("three", "two")]
    with pytest.raises(GeneralBenchError, match="settings repeats is 3 in one and 2 in the other"):
        merge_runs(runs, pytester.path / "all")
    assert sample(pytester, "more", "-k", "nlp and ethical").ret == 0
    merged = merge_runs([runs[0], pytester.path / "more"], pytester.path / "all")
    assert "mean of 3 repeats" in (merged.level.qualified or "")
    assert main(["rescore", str(pytester.path / "all")]) == 0


def test_the_cache_has_an_answer_of_each_repeat(pytester: pytest.Pytester) -> None:
    cache = "--generalbench-cache=kept"
    assert sample(pytester, "two", *ONE, cache, repeats=2).ret == 0
    assert len(asked(pytester)) == 16
    assert sample(pytester, "three", *ONE, cache, repeats=3).ret == 0
    assert {name.partition("+")[2] for name in asked(pytester)} == {"2"}
    assert result(pytester, "three")["run"]["cached"] == {"hits": 16, "asked": 8}


def test_runs_of_other_repeats_are_compared_by_their_means(pytester: pytest.Pytester) -> None:
    for name, repeats in (("one", 1), ("five", 5)):
        assert sample(pytester, name, *ONE, repeats=repeats).ret == 0
    compared = compare_runs(pytester.path / "one", pytester.path / "five")
    assert "repeats was 1 and is 5" in compared.notes
    (task,) = compared.tasks
    scores = [result(pytester, name)["tasks"][0]["score"] for name in ("one", "five")]
    assert task.difference == pytest.approx(scores[1] - scores[0])


def test_tables_and_differences_are_of_every_repeat(
    pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, repeats in (("two", 2), ("three", 3)):
        assert sample(pytester, name, *ONE, repeats=repeats).ret == 0
    out = pytester.path / "tables"
    assert main(["export", str(pytester.path / "two"), "--format", "csv", "--out", str(out)]) == 0
    with (out / "answers.csv").open(encoding="utf-8", newline="") as file:
        assert [row["repeat"] for row in csv.DictReader(file)] == ["0", "1"] * 8
    official = pytester.path / "official"
    assert main(["export", str(pytester.path / "two"), "--format", "official", "--out", str(official)]) == 0
    first = {
        record["instance"]: record for record in answers(pytester.path / "two") if "repeat" not in record
    }
    assert predictions(official) == {name: record["output"]["text"] for name, record in first.items()}
    capsys.readouterr()
    assert main(["diff", str(pytester.path / "two"), str(pytester.path / "three")]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 9
    assert all("(repeat 3): not there | ok" in line for line in lines[:8])


def predictions(folder: Path) -> dict[str, str]:
    """Return the exported predictions of the one task."""
    (path,) = folder.rglob("prediction.json")
    return {entry["id"]: entry["prediction"] for entry in json.loads(path.read_text(encoding="utf-8"))}


def test_a_number_below_one_is_refused(pytester: pytest.Pytester) -> None:
    line = only_error(pytester.runpytest_subprocess(SPEC, "--generalbench-repeats=0"))
    assert "--generalbench-repeats takes a whole number from 1, not '0'" in line
