"""Two runs compared from their folders: figures, what is left out, and what is refused."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pytest_generalbench as gb
from pytest_generalbench.metrics.accumulators import jackknife_value
from pytest_generalbench.reports.remote_runs import local_run
from tests.reports.made_runs import BIRDS, CAPTIONS, CAUSAL, TASKS, made_run, scored_rows

stats = pytest.importorskip("scipy.stats")

RIGHT = [100.0] * 30 + [0.0] * 10
LOST = [0.0] * 12 + [100.0] * 18 + [0.0] * 10


IDENTITY = [
    task.id for task in TASKS.values() if task.metric.mapping == "identity" and task.modality != "nlp"
]


def two_runs(
    tmp_path: Path, first: dict[str, Any], second: dict[str, Any], **changes: Any
) -> tuple[Path, Path]:
    return made_run(tmp_path / "one", first), made_run(tmp_path / "two", second, **changes)


def mean_of(rows: Any) -> float:
    return float(np.mean([row.score for row in rows]))


def test_a_task_that_lost_answers_is_worse(tmp_path: Path) -> None:
    one, two = two_runs(tmp_path, {CAUSAL: scored_rows(RIGHT)}, {CAUSAL: scored_rows(LOST)})
    compared = gb.compare_runs(one, two)
    (task,) = compared.tasks
    assert (task.task, task.first, task.second, task.difference) == (CAUSAL, 75.0, 45.0, -30.0)
    assert (task.points, task.n, task.verdict) == (-30.0, 40, "worse")
    assert task.p == task.p_adjusted == pytest.approx(stats.binomtest(0, 12).pvalue)
    assert compared.s2 is None  # language has no part in S2
    assert [(side.name, side.tasks, side.verdict) for side in compared.sides] == [("nlp", 1, "worse")]
    assert len(compared.instances) == 5
    first = compared.instances[0]
    assert (first.first_score, first.second_score, first.loss) == (100.0, 0.0, 1.0)
    assert (first.first_prediction, first.second_prediction) == ("says 100.0", "says 0.0")
    assert compared.left_out == ()


def test_a_run_against_itself_shows_nothing(tmp_path: Path) -> None:
    one = made_run(tmp_path / "one", {CAUSAL: scored_rows(RIGHT), CAPTIONS: scored_rows([1.5, 2.5, 9.0])})
    compared = gb.compare_runs(one, one)
    assert all(task.p == 1.0 and task.difference == 0 and not task.verdict for task in compared.tasks)
    assert compared.s2 is not None
    assert (compared.s2.difference, compared.s2.p) == (0.0, 1.0)
    assert compared.instances == ()
    assert compared.gate().verdict == "passed"


def test_s2_is_the_difference_of_the_levels(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    names = [
        task.id for task in TASKS.values() if task.metric.mapping == "identity" and task.modality != "nlp"
    ][::9]
    runs = [{name: scored_rows(list(rng.uniform(10, 90, 12))) for name in names} for _ in range(2)]
    compared = gb.compare_runs(*two_runs(tmp_path, *runs))
    levels = [
        gb.level({name: float(np.mean([row.score for row in rows])) for name, rows in run.items()})
        for run in runs
    ]
    assert compared.s2 is not None
    assert levels[0].S2 is not None
    assert levels[1].S2 is not None
    assert compared.s2.difference == pytest.approx(levels[1].S2 - levels[0].S2)
    assert sum(side.tasks for side in compared.sides) == compared.s2.tasks == len(names)


def test_s2_is_the_difference_of_the_levels_where_a_model_takes_less(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    names = [
        task.id for task in TASKS.values() if task.metric.mapping == "identity" and task.modality != "nlp"
    ][::20]
    first: dict[str, Any] = {name: scored_rows(list(rng.uniform(10, 90, 12))) for name in names}
    second: dict[str, Any] = {name: scored_rows(list(rng.uniform(10, 90, 12))) for name in names}
    second |= dict.fromkeys(names[:3], "unsupported")
    first[names[-1]] = "unsupported"
    compared = gb.compare_runs(*two_runs(tmp_path, first, second))
    levels = [
        gb.level(
            {
                name: float(np.mean([row.score for row in rows]))
                for name, rows in run.items()
                if rows != "unsupported"
            }
        )
        for run in (first, second)
    ]
    assert compared.s2 is not None
    assert levels[0].S2 is not None
    assert levels[1].S2 is not None
    assert compared.s2.difference == pytest.approx(levels[1].S2 - levels[0].S2)
    assert compared.s2.tasks == len(names)
    assert len(compared.tasks) == len(names) - 4
    assert {item.task for item in compared.left_out} == {*names[:3], names[-1]}


def test_points_of_an_error_go_the_other_way(tmp_path: Path) -> None:
    name = next(
        task.id for task in TASKS.values() if task.metric.direction == "lower" and task.metric.name == "mae"
    )
    rng = np.random.default_rng(1)
    scores = rng.uniform(10, 30, 50)
    grown = scores + rng.uniform(1, 3, 50)
    one, two = two_runs(tmp_path, {name: scored_rows(list(scores))}, {name: scored_rows(list(grown))})
    (task,) = gb.compare_runs(one, two).tasks
    assert task.difference > 0
    assert task.points is not None
    assert task.points < 0
    assert task.verdict == "worse"
    assert task.p == pytest.approx(stats.ttest_rel(grown, scores).pvalue)


def test_what_one_run_lacks_is_listed(tmp_path: Path) -> None:
    first = {
        CAUSAL: scored_rows(RIGHT),
        CAPTIONS: scored_rows([1.0, 2.0]),
        BIRDS: "no_data",
        "nlp/bias-detection": scored_rows([0.0, 100]),
    }
    second = {CAUSAL: scored_rows(RIGHT[:25]), CAPTIONS: "failed", BIRDS: scored_rows([1.0, 2.0])}
    compared = gb.compare_runs(*two_runs(tmp_path, first, second))
    reasons = {item.task: (item.first, item.second, item.reason) for item in compared.left_out}
    assert reasons == {
        CAPTIONS: ("scored", "failed", "second: failed (is failed)"),
        BIRDS: ("no_data", "scored", "first: no_data (is no_data)"),
        "nlp/bias-detection": ("scored", None, "only the first run selected it"),
    }
    (task,) = compared.tasks
    assert (task.n, task.only_first, task.only_second) == (25, 15, 0)
    assert any("15 the first, 0 the second" in note for note in compared.notes)


def corpus_rows(scores: list[float]) -> tuple[list[gb.InstanceRow], float]:
    """Return pseudo-values of the square of the mean."""
    whole = float(np.mean(scores)) ** 2
    without = [float(np.mean(scores[:place] + scores[place + 1 :])) ** 2 for place in range(len(scores))]
    return scored_rows(list(jackknife_value(whole, without).scores)), whole


def test_a_corpus_score_is_compared_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    left, right = corpus_rows([3.0, 5, 6, 8]), corpus_rows([3.0, 6, 7, 9])
    one = made_run(tmp_path / "one", {BIRDS: left[0]}, entries={BIRDS: {"score": left[1]}})
    two = made_run(tmp_path / "two", {BIRDS: right[0]}, entries={BIRDS: {"score": right[1]}})
    (task,) = gb.compare_runs(one, two).tasks
    assert (task.method, task.difference) == ("jackknife of the difference", right[1] - left[1])
    part = corpus_rows([3.0, 6, 7])
    three = made_run(
        tmp_path / "three", {BIRDS: part[0], CAUSAL: scored_rows(RIGHT)}, entries={BIRDS: {"score": part[1]}}
    )
    with pytest.raises(gb.GeneralBenchError, match="no task in common"):
        gb.compare_runs(one, three)
    four = made_run(
        tmp_path / "four", {BIRDS: left[0], CAUSAL: scored_rows(RIGHT)}, entries={BIRDS: {"score": left[1]}}
    )
    (item,) = gb.compare_runs(four, three).left_out
    assert "score of all instances together" in item.reason


def test_rows_that_are_not_those_of_the_result_are_refused(tmp_path: Path) -> None:
    one = made_run(tmp_path / "one", {CAUSAL: scored_rows(RIGHT)})
    two = made_run(tmp_path / "two", {CAUSAL: scored_rows(RIGHT)}, entries={CAUSAL: {"score": 50.0}})
    with pytest.raises(gb.GeneralBenchError, match="rescore --write"):
        gb.compare_runs(one, two)
    (two / "instances" / f"{CAUSAL}.csv").unlink()
    with pytest.raises(gb.GeneralBenchError, match="has no instances of 'nlp/causal-reasoning'"):
        gb.compare_runs(one, two)


DIFFERING: list[tuple[dict[str, Any], str]] = [
    ({"entries": {CAUSAL: {"data": "e" * 16}}}, "data d+ and e+.*same data"),
    (
        {"definitions": {"metrics": {"accuracy": 99}, "protocols": {"multiple_choice": 1}}},
        "metric accuracy version",
    ),
    (
        {"definitions": {"metrics": {"accuracy": 1}, "protocols": {"multiple_choice": 99}}},
        "protocol multiple_choice",
    ),
    ({"entries": {CAUSAL: {"backbones": {"clip": "another"}}}}, "other networks"),
]


@pytest.mark.parametrize(("changes", "message"), DIFFERING)
def test_runs_that_rest_on_other_things_are_refused(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    rows = {CAUSAL: scored_rows(RIGHT), CAPTIONS: scored_rows([1.0, 4.0])}
    one, two = two_runs(tmp_path, rows, rows, **changes)
    if "definitions" in changes:
        rest = {kind: {**changes["definitions"][kind]} for kind in ("metrics", "protocols")}
        content = json.loads((one / "result.json").read_text("utf-8"))
        for kind, versions in rest.items():
            changed = {name: versions.get(name) for name in versions if versions[name] == 99}
            content["definitions"][kind] = {**content["definitions"][kind], **changed}
        (two / "result.json").write_text(json.dumps({**content, "run": {}}), "utf-8")
    with pytest.raises(gb.NotComparableError, match=message) as caught:
        gb.compare_runs(one, two)
    assert "--comparable-only" in str(caught.value)
    assert "\n" not in str(caught.value)
    compared = gb.compare_runs(one, two, comparable_only=True)
    assert [task.task for task in compared.tasks] == [CAPTIONS]
    assert [item.task for item in compared.left_out] == [CAUSAL]


def test_other_scorings_are_refused(tmp_path: Path) -> None:
    rows = {CAUSAL: scored_rows(RIGHT)}
    one, two = two_runs(tmp_path, rows, rows, settings={"scoring": "released"})
    with pytest.raises(gb.NotComparableError, match=r"'paper'.*'released'.*--generalbench-scoring"):
        gb.compare_runs(one, two)


def test_forms_of_a_comparison_say_the_same(tmp_path: Path) -> None:
    one, two = two_runs(tmp_path, {CAUSAL: scored_rows(RIGHT)}, {CAUSAL: scored_rows(LOST)})
    compared = gb.compare_runs(one, two)
    assert json.loads(json.dumps(compared.to_dict()))["tasks"][0]["difference"] == -30.0
    frame = compared.to_pandas()
    assert list(frame.task) == [CAUSAL]
    assert frame.p[0] == compared.tasks[0].p
    assert list(compared.to_pandas("sides").name) == ["nlp"]
    assert list(compared.to_pandas("instances").columns)[:2] == ["task", "instance"]
    assert compared.to_pandas("left_out").empty
    with pytest.raises(gb.UnknownWordError):
        compared.to_pandas("tiers")  # type: ignore[arg-type]
    assert f"| {CAUSAL} | 75 | 45 | -30 |" in compared.markdown()
    assert "tasks compared: 1, better: 0, worse: 1" in compared.text()
    assert any(line.startswith("exact McNemar") for line in compared.explanation())
    assert not any(line.startswith("paired t") for line in compared.explanation())


def test_a_result_beside_its_rows_and_an_address_are_runs(tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    one, two = two_runs(tmp_path, {CAUSAL: scored_rows(RIGHT)}, {CAUSAL: scored_rows(LOST)})
    expected = gb.compare_runs(one, two).tasks
    assert gb.compare_runs(one / "result.json", two).tasks == expected
    files = fsspec.filesystem("memory")
    files.put(str(one), "/kept/one", recursive=True)
    for address in ("memory://kept/one", "memory://kept/one/result.json"):
        assert gb.compare_runs(address, two).tasks == expected
    assert gb.compare_runs(two, f"file://{one}").tasks[0].difference == 30.0
    for nowhere in ("memory://kept/none", str(tmp_path / "none"), f"file://{tmp_path}/none"):
        with pytest.raises(gb.MissingRunError, match="no finished run"):
            gb.compare_runs(nowhere, two)
    with pytest.raises(gb.GeneralBenchError, match="is no address of a store"):
        gb.compare_runs("nosuchprotocol://x/y", two)


def test_an_address_cannot_write_outside(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    one = made_run(tmp_path / "one", {CAUSAL: scored_rows(RIGHT)})
    content = (one / "result.json").read_text("utf-8").replace(CAUSAL, "../../../outside")
    (one / "result.json").write_text(content, "utf-8")
    with pytest.raises(gb.GeneralBenchError, match="no id"), local_run(f"file://{one}"):
        pass


F1 = next(
    task.id for task in TASKS.values() if task.metric.name == "extraction_f1" and task.modality == "image"
)


def test_s2_of_all_instances_is_estimated_from_a_part(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    full, part = list(rng.uniform(10, 90, 40)), list(rng.uniform(10, 90, 10))
    ratios = [list(rng.uniform(10, 90, size)) for size in (40, 10)]
    other = next(name for name in IDENTITY if name not in (BIRDS, F1))
    level = {"S2": 41.0, "scoring": "paper", "board": "A"}
    one, two = (
        {other: scored_rows(scores), F1: scored_rows(ratio), BIRDS: scored_rows(scores)}
        for scores, ratio in ((full, ratios[0]), (part, ratios[1]))
    )
    corpus = {BIRDS: {"score": 33.0}, F1: {"score": 34.0}}  # not the means of their pseudo-values
    first = made_run(tmp_path / "one", one, entries=corpus, level=level)
    second = made_run(
        tmp_path / "two", two, entries=corpus, settings={"scoring": "paper", "limit": None, "subset": "5%"}
    )
    compared = gb.compare_runs(first, second)
    assert [item.task for item in compared.left_out] == [BIRDS]  # a corpus score that is no ratio
    methods = {item.task: item.method for item in compared.tasks}
    assert methods == {other: "paired t", F1: "pseudo-values over the instances in common"}
    whole = compared.whole
    assert whole is not None
    weights = gb_weights()
    d = {other: np.array(part) - full[:10], F1: np.array(ratios[1]) - ratios[0][:10]}
    assert whole.value == pytest.approx(41.0 + sum(weights[name] * d[name].mean() for name in d))
    shrunk = {other: 0.75, F1: 1.0}
    parts = [weights[name] ** 2 * d[name].var(ddof=1) / 10 * shrunk[name] for name in d]
    degrees = sum(parts) ** 2 / sum(part**2 / 9 for part in parts)
    half = stats.t.ppf(0.975, degrees) * sum(parts) ** 0.5
    assert whole.high - whole.value == pytest.approx(half)
    assert whole.unknown_tasks == 1
    assert whole.unknown == pytest.approx(weights[BIRDS])
    text = compared.text()
    assert f"S2 of the second run over all instances, estimated: {whole.value:.2f}" in text
    assert "as if nothing changed in 1 task with" in text
    assert gb.compare_runs(second, first).whole is None
    assert gb.compare_runs(first, first).whole is None


def gb_weights() -> dict[str, float]:
    """Return what a point of each task is in S2: an eighth of a task of its side."""
    counts = Counter((task.modality, task.paradigm) for task in TASKS.values())
    return {
        task.id: 1 / (8 * counts[task.modality, task.paradigm])
        for task in TASKS.values()
        if task.modality != "nlp"
    }
