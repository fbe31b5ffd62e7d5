"""A run over a subset."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from pytest_generalbench.cli import main
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.evaluation.rescoring import rescore_like
from pytest_generalbench.evaluation.subset import limit_of
from pytest_generalbench.reports.run_comparison import compare_runs
from pytest_generalbench.runs.result_file import comparable, read_result
from pytest_generalbench.suite.tasks import load_tasks

MODEL = "--generalbench-model=baseline:constant"


def result_of(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return content


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_subset_tells_s2_alone(pytester: pytest.Pytester, workers: str) -> None:
    args = (MODEL, "--generalbench-subset=1500", "-k", "nlp/c", "-n", workers, "--generalbench-run=run")
    result = pytester.runpytest_subprocess(*args)
    assert result.ret == 0
    content = result_of(pytester.path / "run")
    assert content["settings"]["subset"] == "1500"
    level = content["level"]
    assert [level[name] for name in ("S3", "S4", "S5", "tier")] == [None] * 4
    assert level["S2"] is not None
    assert "subset: 1500" in level["qualified"]
    assert {sum(task["states"].values()) for task in content["tasks"]} <= {2, 3, 4, 5, 6, 7, 8}
    assert min(sum(task["states"].values()) for task in content["tasks"]) < 8
    result.stdout.fnmatch_lines(
        ["General-Level: not computable: S3 to S5 and the tier are not told from a subset*"]
    )


def test_a_smoke_run_has_tasks_of_nearly_every_side(pytester: pytest.Pytester) -> None:
    settings = Settings("baseline:constant", subset="smoke")
    chosen = [task for task in load_tasks() if limit_of(task, settings)]
    assert 10 <= len(chosen) < 200
    assert len({(task.modality, task.paradigm) for task in chosen}) >= 8  # a video costs more than the minute
    listed = pytester.runpytest_subprocess(MODEL, "--generalbench-subset=smoke", "--collect-only", "-q")
    listed.stdout.fnmatch_lines([f"*{len(chosen)}/699 tests collected*"])


def test_larger_subsets_contain_smaller_ones() -> None:
    limits = [
        [limit_of(task, Settings("m", subset=subset)) or 0 for task in load_tasks()]
        for subset in ("1400", "2%", "5%", "20%", "100%")
    ]
    for small, large in itertools.pairwise(limits):
        assert all(a <= b for a, b in zip(small, large, strict=True))
    assert sum(limits[2]) <= 0.05 * sum(limits[-1]) + 1


def test_a_subset_that_is_none_is_refused(pytester: pytest.Pytester) -> None:
    for given in ("0", "101%", "fast", "5 %", "min"):
        result = pytester.runpytest_subprocess(MODEL, f"--generalbench-subset={given}")
        assert result.ret == 4
        assert "takes a share (5%)" in result.stderr.str()


def test_a_subset_against_a_full_baseline_estimates_the_whole(pytester: pytest.Pytester) -> None:
    chosen = ("-k", "image/comprehension/a", "-p", "no:cacheprovider")
    full = pytester.runpytest_subprocess(
        "--generalbench-model=baseline:random", "--generalbench-run=full", *chosen
    )
    assert full.ret == 0
    part = pytester.runpytest_subprocess(
        "--generalbench-model=baseline:random",
        "--generalbench-run=part",
        "--generalbench-subset=2000",
        "--generalbench-baseline=full",
        *chosen,
    )
    part.stdout.fnmatch_lines(["S2 of the second run over all instances, estimated: *"])
    whole = compare_runs(pytester.path / "full", pytester.path / "part").whole
    assert whole is not None
    assert whole.baseline == result_of(pytester.path / "full")["level"]["S2"]
    assert whole.low <= whole.baseline <= whole.high  # the answers are the same


def test_a_subset_is_made_by_an_earlier_run(pytester: pytest.Pytester) -> None:
    chosen = ("-k", "image/comprehension/a", "-p", "no:cacheprovider", "--generalbench-model=baseline:random")
    assert pytester.runpytest_subprocess("--generalbench-run=full", *chosen).ret == 0
    subset = ("--generalbench-subset=3000", "--generalbench-subset-from=full", *chosen)
    part = pytester.runpytest_subprocess("--generalbench-run=part", *subset)
    assert part.ret == 0
    part.stdout.fnmatch_lines(
        ["generalbench: subset 3000: spreads of * tasks from a run of baseline:random, *"]
    )
    (pytester.path / "full").rename(pytester.path / "moved")
    assert main(["rescore", str(pytester.path / "part")]) == 0  # the figures are the run's own
    again = ("--generalbench-resume", "--generalbench-run=part")
    refused = pytester.runpytest_subprocess("--generalbench-subset=3000", *again, *chosen)
    assert "subset_from was" in refused.stderr.str()
    lone = pytester.runpytest_subprocess("--generalbench-subset-from=moved", *chosen)
    assert (
        "--generalbench-subset-from makes a subset: give --generalbench-subset=5% as well"
        in lone.stderr.str()
    )


def test_a_full_run_is_scored_over_the_instances_of_a_subset(pytester: pytest.Pytester) -> None:
    chosen = ("-k", "image/comprehension/a", "-p", "no:cacheprovider", "--generalbench-model=baseline:random")
    for name, more in (
        ("full", ()),
        ("part", ("--generalbench-subset=2000",)),
        ("few", ("--generalbench-limit=3",)),
    ):
        assert pytester.runpytest_subprocess(f"--generalbench-run={name}", *more, *chosen).ret == 0
    assert compare_runs(pytester.path / "full", pytester.path / "part").left_out
    for name in ("part", "few"):
        full, other, into = (str(pytester.path / place) for place in ("full", name, f"like-{name}"))
        assert main(["rescore", full, "--like", other, "--into", into]) == 0
        compared = compare_runs(into, other)
        assert compared.left_out == ()
        assert len(compared.tasks) == len(read_result(Path(other)).tasks)
        assert [task.n for task in compared.tasks] == [
            entry.result.n for entry in read_result(Path(other)).tasks
        ]
        assert main(["rescore", into]) == 0
        assert main(["verify", into]) == 0


def test_the_answers_of_a_model_that_knows_no_file_give_the_run_itself(pytester: pytest.Pytester) -> None:
    chosen = ("-k", "nlp/c", "-p", "no:cacheprovider", MODEL)
    for name, more in (("full", ()), ("few", ("--generalbench-limit=3",))):
        assert pytester.runpytest_subprocess(f"--generalbench-run={name}", *more, *chosen).ret == 0
    full, few, into = (pytester.path / name for name in ("full", "few", "into"))
    rescore_like(full, few, into)
    assert comparable(read_result(into)) == comparable(read_result(few))


def test_what_cannot_be_scored_like_another_run_is_refused(
    pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = ("-k", "nlp/causal", "-p", "no:cacheprovider", MODEL)
    for name, more in (
        ("full", ()),
        ("long", ("--generalbench-max-new-tokens=x2", "--generalbench-limit=3")),
    ):
        assert pytester.runpytest_subprocess(f"--generalbench-run={name}", *more, *chosen).ret == 0
    full, longer = str(pytester.path / "full"), str(pytester.path / "long")
    assert main(["rescore", full, "--like", longer, "--into", str(pytester.path / "new")]) == 2
    assert "max_new_tokens is None and 'x2'" in capsys.readouterr().err
    assert main(["rescore", full, "--like", full, "--into", longer]) == 2
    assert "is not empty: name a new folder" in capsys.readouterr().err
    assert main(["rescore", full, "--like", longer]) == 2
    assert "go together" in capsys.readouterr().err
    assert not (pytester.path / "new").exists()
