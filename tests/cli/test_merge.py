from __future__ import annotations

import json
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from pytest_generalbench.cli import main

ONE, TWO = "nlp/causal-reasoning", "nlp/ethical-reasoning"


def task(name: str, score: float | None = 50.0, state: str = "scored") -> dict[str, Any]:
    return {"id": name, "state": state, "score": score, "data": "f" * 16, "seconds": 1.0}


def write(folder: Path, *tasks: dict[str, Any], model: str = "hf:x", shard: str | None = None) -> Path:
    folder.mkdir()
    settings = {"limit": None, "scoring": "paper", "sota": "released", "shard": shard, "board": "A"}
    data = {"name": "folder", "split": "open", "is_demo": False, "fingerprint": "0" * 16}
    content = {"schema": "1.0", "seconds": 2.0, "settings": settings, "model": {"spec": model}, "data": data}
    (folder / "result.json").write_text(json.dumps({**content, "tasks": tasks}), encoding="utf-8")
    record = {
        "v": 1,
        "invocation": "/",
        "settings": {"model": "m", **settings},
        "sessions": [{"started": "now"}],
    }
    record |= {
        "shaping": {"shard": shard},
        "selection": [item["id"] for item in tasks],
        "is_finished": True,
        "is_complete": True,
    }
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    (folder / "ledger-main-7.jsonl").write_text(f"{tasks[0]['id']}\n", encoding="utf-8")
    (folder / "media").mkdir()
    (folder / "media" / f"{folder.name}.png").write_bytes(b"x")
    (folder / "media" / "both.png").write_bytes(b"y")
    return folder


def merge(tmp_path: Path, *folders: Path) -> dict[str, Any]:
    assert main(["merge", *map(str, folders), "--into", str(tmp_path / "all")]) == 0
    content: dict[str, Any] = json.loads((tmp_path / "all" / "result.json").read_text(encoding="utf-8"))
    return content


def test_two_runs_become_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = write(tmp_path / "a", task(ONE), shard="1/3")
    content = merge(tmp_path, first, write(tmp_path / "b", task(TWO, 60.0), shard="3/3"))
    assert [(item["id"], item["score"]) for item in content["tasks"]] == [(ONE, 50.0), (TWO, 60.0)]
    assert content["counts"] == {"scored": 2}
    assert content["level"]["qualified"] == "partial: 2 of 699 tasks"
    assert content["settings"]["shard"] is None
    kept = sorted(path.name for path in (tmp_path / "all").glob("ledger-*.jsonl"))
    assert kept == ["ledger-part1-main-7.jsonl", "ledger-part2-main-7.jsonl"]
    assert {path.name for path in (tmp_path / "all" / "media").iterdir()} == {"a.png", "b.png", "both.png"}
    text = capsys.readouterr().out
    assert "2 runs, 2 ledgers, 2 tasks: 2 scored" in text
    assert "shards that are not among the runs: 2/3" in text


def test_a_scored_task_counts_wherever_it_was_scored(tmp_path: Path) -> None:
    runs = [write(tmp_path / "a", task(ONE, None, "not_run")), write(tmp_path / "b", task(ONE))]
    assert merge(tmp_path, *runs)["tasks"][0]["state"] == "scored"


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ({"model": "hf:y"}, "no parts of one run: model spec is 'hf:x' in one and 'hf:y' in the other"),
        ({"tasks": [task(ONE, 10.0)]}, f"{ONE} is scored in two of the runs, 50.0 and 10.0: leave one out"),
    ],
)
def test_runs_that_do_not_belong_together_are_refused(
    tmp_path: Path, second: dict[str, Any], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tasks = second.pop("tasks", [task(TWO)])
    runs = [write(tmp_path / "a", task(ONE)), write(tmp_path / "b", *tasks, **second)]
    assert main(["merge", *map(str, runs), "--into", str(tmp_path / "all")]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "all").exists()


def test_no_run_and_a_full_folder_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = write(tmp_path / "a", task(ONE))
    assert main(["merge", str(tmp_path / "none"), "--into", str(tmp_path / "all")]) == 2
    assert "is no result file: No such file" in capsys.readouterr().err
    assert main(["merge", str(run), "--into", str(run)]) == 2
    assert "is not empty: name a new folder" in capsys.readouterr().err


def test_shards_merged_are_the_whole_run(pytester: pytest.Pytester) -> None:
    common = ("--generalbench-model=baseline:random", "-k", "nlp and reasoning")
    assert pytester.runpytest_subprocess(*common, "--generalbench-run=whole").ret == 0
    for part in ("1", "2"):
        shard = (f"--generalbench-shard={part}/2", f"--generalbench-run=part{part}")
        assert pytester.runpytest_subprocess(*common, *shard).ret == 0
    assert main(["merge", "part1", "part2", "--into", "all"]) == 0

    def told(run: str) -> dict[str, Any]:
        content = json.loads((pytester.path / run / "result.json").read_text(encoding="utf-8"))
        content["settings"].pop("shard")
        return {key: content[key] for key in content if key not in ("run", "environment")}

    assert told("all") == told("whole")
    # The merged run is a run like any other.
    assert main(["verify", "all"]) == 0
    before = (pytester.path / "all" / "result.json").read_bytes()
    assert main(["rescore", "all"]) == 0
    assert (pytester.path / "all" / "result.json").read_bytes() == before
    result = pytester.runpytest_subprocess(*common, "--generalbench-run=all", "--generalbench-resume")
    assert result.ret == 0


def test_parts_of_a_subset_are_merged_as_one_and_other_subsets_are_refused(
    pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, subset, shard in (("a", "1500", "1/2"), ("b", "1500", "2/2"), ("c", "1400", "2/2")):
        result = pytester.runpytest_subprocess(
            "--generalbench-model=baseline:constant", f"--generalbench-subset={subset}",
            f"--generalbench-shard={shard}", f"--generalbench-run={name}", "-k", "nlp/c",
        )  # fmt: skip
        assert result.ret == 0
    pytester.chdir()
    assert main(["merge", "a", "b", "--into", "ab"]) == 0
    level = json.loads(Path("ab", "result.json").read_text(encoding="utf-8"))["level"]
    assert (level["S3"], level["tier"]) == (None, None)
    capsys.readouterr()
    assert main(["merge", "a", "c", "--into", "ac"]) == 2
    assert "settings subset is '1500' in one and '1400' in the other" in capsys.readouterr().err


def stated(folder: Path, **sections: Any) -> Path:
    """Change sections of a run's result file."""
    path = folder / "result.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    aside: dict[str, Any] = {
        "started": None,
        "seconds": 2.0,
        "tasks": {},
        "torn_lines": [],
        "settings": {},
        "sessions": [],
    }
    now = {"schema": "2.5", "environment": {}, "run": {**aside, "cached": {"hits": 0, "asked": 0}}}
    path.write_text(json.dumps({**content, **now, **sections}), encoding="utf-8")
    return folder


def versions(**metrics: int) -> dict[str, Any]:
    return {"tasks": "0" * 16, "metrics": metrics, "protocols": {"label": 4}}


def test_the_versions_are_those_of_the_runs_and_not_of_this_program(tmp_path: Path) -> None:
    first = stated(write(tmp_path / "a", task(ONE)), definitions=versions(accuracy=1))
    second = stated(write(tmp_path / "b", task(TWO)), definitions=versions(rouge_l=2))
    content = merge(tmp_path, first, second)
    assert content["definitions"] == {
        "tasks": None,  # the task files were others
        "metrics": {"accuracy": 1, "rouge_l": 2},
        "protocols": {"label": 4},
    }


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"definitions": versions(accuracy=2)}, "version 1 of metric accuracy, *b version 2: give both"),
        (
            {"model": {"spec": "hf:x", "revision": "def"}},
            "of different models: revision was 'abc' and is 'def'",
        ),
    ],
)
def test_parts_of_other_versions_or_weights_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], sections: dict[str, Any], message: str
) -> None:
    own = {
        "definitions": versions(accuracy=1),
        "model": {"spec": "hf:x", "revision": "abc", "device": "cuda:0"},
    }
    first = stated(write(tmp_path / "a", task(ONE)), **own)
    second = stated(write(tmp_path / "b", task(TWO)), **{**own, **sections})
    assert main(["merge", str(first), str(second), "--into", str(tmp_path / "all")]) == 2
    assert fnmatch(capsys.readouterr().err, f"*{message}*")
    assert not (tmp_path / "all").exists()


def test_parts_may_have_run_on_several_devices(tmp_path: Path) -> None:
    model = {"spec": "hf:x", "revision": "abc"}
    first = stated(write(tmp_path / "a", task(ONE)), model={**model, "device": "cuda:0"})
    merge(tmp_path, first, stated(write(tmp_path / "b", task(TWO)), model={**model, "device": "cpu"}))
