"""One run of a few tasks of every kind, taken through every way out of it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pytest_generalbench.cli import main
from pytest_generalbench.reports.official import task_folders
from pytest_generalbench.runs.ledger.records import sealed
from pytest_generalbench.runs.result_file import SCHEMA_FILE, comparable, encode, read_result
from pytest_generalbench.suite import tasks as registry
from pytest_generalbench.suite.level import compute_level, sota_table
from pytest_generalbench.suite.level.score_file import level_of_file

CHOSEN = (
    "causal-reasoning or bird-detection or layout-to-face or mall-crowd or time-series or depth "
    "or single-caption or optical-flow or text-to-3d-motion"
)
"""Texts, boxes, pictures, numbers, maps, sounds, motions."""


def run(folder: Path, name: str, model: str, *more: str) -> Path:
    command = [sys.executable, "-m", "pytest", "-q", f"--generalbench-model={model}", "-k", CHOSEN]
    command += [f"--generalbench-run={name}", "-p", "no:cacheprovider", *more]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / f"{name}.log").write_text(done.stdout, encoding="utf-8")
    return folder / name


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Path:
    """Return a folder with a finished run in `one`."""
    folder = tmp_path_factory.mktemp("exchange")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENERALBENCH_CACHE", str(shared_cache))
        run(folder, "one", "baseline:random")
    return folder


def test_a_result_is_valid_under_the_published_schema(place: Path) -> None:
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(read_result(place / "one").to_dict(), schema)
    wrong = {**read_result(place / "one").to_dict(), "counts": {"perhaps": 1}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema)


def test_rescored_without_model_and_torch_it_is_the_same_to_the_byte(place: Path, tmp_path: Path) -> None:
    program = (
        "import sys\nfrom pytest_generalbench.cli import main\n"
        "code = main(['rescore', sys.argv[1], '--out', sys.argv[2]])\n"
        "assert not {'torch', 'transformers'} & sys.modules.keys()\nsys.exit(code)\n"
    )
    out = tmp_path / "again.json"
    command = [sys.executable, "-c", program, str(place / "one"), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the same as result.json, byte for byte" in done.stdout
    assert out.read_bytes() == (place / "one" / "result.json").read_bytes()


def test_rescoring_tells_what_a_changed_answer_changes(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(place / "one", folder)
    (ledger,) = folder.glob("ledger-*.jsonl")
    lines = ledger.read_text(encoding="utf-8").splitlines()
    for position, line in enumerate(lines):
        plain = json.loads(line)
        if plain["kind"] == "answer" and plain["task"] == "nlp/causal-reasoning":
            plain["output"]["text"] = "no letter at all, of no use"
            plain.pop("crc")
            lines[position] = sealed(json.dumps(plain))
    ledger.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert main(["verify", str(folder)]) == 1
    assert f"{ledger.name}: bytes 0-" in capsys.readouterr().out
    assert main(["rescore", str(folder)]) == 1
    answer = capsys.readouterr().out
    assert "differs from result.json" in answer
    assert "nlp/causal-reasoning: score" in answer
    assert main(["diff", str(place / "one"), str(folder)]) == 1
    answer = capsys.readouterr().out
    assert answer.count("nlp/causal-reasoning cr") == 8
    assert answer.endswith("8 instances differ\n")
    assert main(["rescore", str(folder), "--write"]) == 1
    assert main(["verify", str(folder)]) == 0
    assert main(["rescore", str(folder)]) == 0


def test_a_run_that_died_is_rescored_as_far_as_it_came(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(place / "one", folder)
    (folder / "result.json").unlink()
    (ledger,) = folder.glob("ledger-*.jsonl")
    lines = ledger.read_text(encoding="utf-8").splitlines(keepends=True)
    ledger.write_text("".join(lines[: len(lines) // 2]), encoding="utf-8")
    assert main(["rescore", str(folder)]) == 1
    answer = capsys.readouterr().out
    assert "not_run" in answer
    assert "scored" in answer


def exported(place: Path, kind: str, tmp_path: Path) -> Path:
    out = tmp_path / kind
    assert main(["export", str(place / "one"), "--format", kind, "--out", str(out)]) == 0
    return out


def test_exported_predictions_replayed_are_the_run_again(place: Path, tmp_path: Path) -> None:
    out = exported(place, "official", tmp_path)
    again = run(tmp_path, "again", f"predictions:{out}")
    ours, theirs = read_result(place / "one"), read_result(again)
    assert theirs.tasks == ours.tasks
    assert main(["diff", str(place / "one"), str(again)]) == 0
    assert comparable(replace(ours, model={}, settings={})) == comparable(
        replace(theirs, model={}, settings={})
    )


def test_prediction_files_have_the_authors_forms(place: Path, tmp_path: Path) -> None:
    out = exported(place, "official", tmp_path)
    folder = out / task_folders(registry.load_tasks())["nlp/causal-reasoning"]
    bare: list[dict[str, Any]] = json.loads((folder / "prediction.json").read_text(encoding="utf-8"))
    assert [sorted(record) for record in bare] == [["id", "prediction"]] * 8
    value = json.loads((folder / "submission.json").read_text(encoding="utf-8"))
    assert value["data"] == bare
    assert {key: value[key] for key in ("task", "skill", "type")} == {
        "task": "Causal Reasoning", "skill": "Cognitive QA", "type": "MultipleChoiceQA",
    }  # fmt: skip


def test_every_task_has_a_folder_of_its_own() -> None:
    folders = task_folders(registry.load_tasks())
    assert len({str(path).lower() for path in folders.values()}) == len(folders) == 699


def test_the_exported_workbook_gives_the_runs_released_levels(place: Path, tmp_path: Path) -> None:
    out = exported(place, "official", tmp_path)
    tasks = registry.load_tasks()
    scores = {entry.id: entry.result.score for entry in read_result(place / "one").tasks}
    ours = compute_level(tasks, scores, scoring="released", sota=sota_table(tasks, "released"))
    _, theirs = level_of_file(out / "random_result.xlsx", "released")
    assert ours.S2 != 0
    for name in ("S2", "S3", "S4", "S5"):
        assert getattr(theirs, name) == pytest.approx(getattr(ours, name), abs=1e-9)


def test_tables_have_a_row_for_every_answer_and_task(place: Path, tmp_path: Path) -> None:
    import pandas

    out = exported(place, "csv", tmp_path)
    answers, tasks = pandas.read_csv(out / "answers.csv"), pandas.read_csv(out / "tasks.csv")
    content = read_result(place / "one").to_dict()
    assert list(tasks["id"]) == [entry["id"] for entry in content["tasks"]]
    assert len(answers) == sum(sum(entry["states"].values()) for entry in content["tasks"])
    score = {entry["id"]: entry["score"] for entry in content["tasks"]}["nlp/causal-reasoning"]
    assert tasks.set_index("id").loc["nlp/causal-reasoning", "score"] == score


def test_parquet_needs_its_library_or_holds_the_same(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        out = str(tmp_path / "out")
        assert main(["export", str(place / "one"), "--format", "parquet", "--out", out]) == 2
        assert "pip install 'pytest-generalbench[parquet]'" in capsys.readouterr().err
        return
    import pandas

    out_folder = exported(place, "parquet", tmp_path)
    assert len(pandas.read_parquet(out_folder / "tasks.parquet")) == len(read_result(place / "one").tasks)


def test_pytest_benchmark_compares_the_timings(place: Path, tmp_path: Path) -> None:
    out = exported(place, "pytest-benchmark", tmp_path)
    command = [sys.executable, "-m", "pytest_benchmark", "compare", str(out / "benchmark.json")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "test_task[nlp/causal-reasoning]" in done.stdout


def test_a_folder_with_something_in_it_is_no_place_to_export_to(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(place / "one"), "--out", str(place)]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert main(["export", str(place), "--out", str(place / "new")]) == 2
    assert "is no run folder" in capsys.readouterr().err


def test_a_close_set_run_ends_with_predictions_and_no_score(place: Path, shared_cache: Path) -> None:
    source = next(shared_cache.rglob("Causal-Reasoning/annotation.json"))
    target = place / "closed" / "nlp" / "Causal-Reasoning" / "annotation.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    content = json.loads(source.read_text(encoding="utf-8"))
    for entry in content["data"]:
        del entry["output"]
    target.write_text(json.dumps(content), encoding="utf-8")
    more = ["--generalbench-split=close", "--generalbench-data=closed"]
    folder = run(place, "close", "baseline:constant", *more)
    entry = {entry["id"]: entry for entry in read_result(folder).to_dict()["tasks"]}["nlp/causal-reasoning"]
    assert (entry["state"], entry["score"]) == ("answered", None)
    assert "close set: nothing is scored; the predictions are in" in (place / "close.log").read_text("utf-8")
    (predictions,) = (folder / "predictions").rglob("prediction.json")
    assert len(json.loads(predictions.read_text(encoding="utf-8"))) == 8
    assert encode(read_result(folder)) == (folder / "result.json").read_bytes()
    assert main(["verify", str(folder)]) == 0
