from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.plugin.kept import answers

if TYPE_CHECKING:
    from tests.conftest import ReadResult

ORACLE = "--generalbench-model=baseline:oracle"
CAUSAL = "nlp/causal-reasoning"
FOUR = "causal-reasoning or mall-crowd or pets-video-recognition"


def scores(result: dict[str, Any]) -> list[dict[str, Any]]:
    return list(result["tasks"])


def model(pytester: pytest.Pytester, body: str) -> str:
    """Write a model whose generate has `body`, and return its specification."""
    source = "import os\n\ndef make():\n    def generate(requests):\n"
    source += "".join(f"        {line}\n" for line in body.splitlines())
    (pytester.path / "own_model.py").write_text(source + "    return generate\n", encoding="utf-8")
    return "--generalbench-model=python:own_model.py:make"


def run(pytester: pytest.Pytester, *args: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess("--generalbench-run=run", *args)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_an_item_is_shown_as_its_score(
    pytester: pytest.Pytester, workers: str, read_result: ReadResult
) -> None:
    result = run(pytester, ORACLE, "-v", "-n", workers, "-k", FOUR)
    assert result.ret == 0
    text = result.stdout.str()
    assert re.search(r"SCORED 100\.0 accuracy \(SoTA 65\.0\) n=8", text)
    assert re.search(r"SCORED 0\.0 mae \(SoTA [\d.]+\) n=8", text)
    assert "DEMO DATA" in text
    result.stdout.fnmatch_lines(["*4 scored*"])
    assert not re.search(r"\d+ passed", text)
    content = read_result("run")
    assert content["counts"] == {"scored": 4}
    assert content["data"]["is_demo"] is True
    assert "demo data" in content["level"]["qualified"]


def test_scores_are_the_same_for_every_number_of_workers(
    pytester: pytest.Pytester, read_result: ReadResult
) -> None:
    for workers in ("0", "1", "3"):
        args = ["-n", workers, "-k", "3d and not generation", f"--generalbench-run=run{workers}"]
        assert run(pytester, "--generalbench-model=baseline:random", *args).ret == 0
    first = read_result("run0")
    assert len([task for task in first["tasks"] if task["state"] == "scored"]) == 30
    for other in ("run1", "run3"):
        again = read_result(other)
        assert scores(again) == scores(first)
        assert again["level"] == first["level"]


def test_every_answer_is_in_the_ledger(pytester: pytest.Pytester) -> None:
    run(pytester, ORACLE, "-k", CAUSAL, "-n", "2")
    mine = [record for record in answers(pytester.path / "run") if record["task"] == CAUSAL]
    assert len(mine) == 8
    assert all(record["state"] == "ok" and record["output"]["text"] for record in mine)
    assert all(re.fullmatch(r"[0-9a-f]{16}", record["digest"]) for record in mine)


def test_a_limit_asks_fewer_and_says_so(pytester: pytest.Pytester, read_result: ReadResult) -> None:
    run(pytester, ORACLE, "-k", CAUSAL, "--generalbench-limit=3")
    content = read_result("run")
    assert content["tasks"][0]["n"] == 3
    assert "limited: 3" in content["level"]["qualified"]
    # How large the data are is known to a plan of the whole run.
    assert content["run"]["sizes"] == {CAUSAL: 8}


def test_ini_keys_set_what_options_do_not(pytester: pytest.Pytester, read_result: ReadResult) -> None:
    pytester.makeini("[pytest]\ngeneralbench_limit = 2\ngeneralbench_sota = paper\n")
    run(pytester, ORACLE, "-k", CAUSAL)
    content = read_result("run")
    assert (content["settings"]["limit"], content["settings"]["sota"]) == (2, "paper")
    assert {task["id"]: task["sota"] for task in content["tasks"]}[CAUSAL] == 95.0


def test_a_medium_that_a_model_does_not_take_is_unsupported(
    pytester: pytest.Pytester, read_result: ReadResult
) -> None:
    (pytester.path / "text_only.py").write_text(
        "class Text:\n    input_media = {'text'}\n    def generate(self, requests):\n"
        "        return ['A'] * len(requests)\n",
        encoding="utf-8",
    )
    result = run(
        pytester, "--generalbench-model=python:text_only.py:Text", "-k", "mall-crowd or causal", "-v"
    )
    assert result.ret == 0
    assert "UNSUPPORTED the model does not take image" in result.stdout.str()
    states = {task["id"]: task["state"] for task in read_result("run")["tasks"]}
    assert states["image/comprehension/mall-crowd-counting"] == "unsupported"
    assert states[CAUSAL] == "scored"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("raise RuntimeError('no luck')", "RuntimeError: no luck"),
        ("return ['A'] * (len(requests) - 1)", "returned 0 outputs for 1 requests"),
        ("return [object()] * len(requests)", "object"),
        ("return None", "the model returned None"),
    ],
)
def test_a_model_that_misbehaves_makes_its_task_incomplete(
    pytester: pytest.Pytester, read_result: ReadResult, body: str, words: str
) -> None:
    result = run(pytester, model(pytester, body), "-k", CAUSAL)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    task = {item["id"]: item for item in read_result("run")["tasks"]}[CAUSAL]
    assert task["state"] == "incomplete"
    assert task["states"] == {"error": 8}
    assert (task["score"], task["coverage"]) == (None, 0.0)
    assert words in task["reason"]
    assert "Traceback" not in result.stdout.str()


def test_one_bad_instance_costs_itself_only(pytester: pytest.Pytester, read_result: ReadResult) -> None:
    body = """\
ids = [request.instance_id for request in requests]
if min(ids) == ids[0] and os.environ.get("NEVER") or any(i.endswith("3") for i in ids):
    raise ValueError("three")
return ["A"] * len(requests)"""
    run(pytester, model(pytester, body), "-k", CAUSAL)
    task = {item["id"]: item for item in read_result("run")["tasks"]}[CAUSAL]
    assert task["states"] == {"ok": 7, "error": 1}
    assert (task["n"], task["coverage"]) == (8, 0.875)


def test_lf_runs_only_the_incomplete_again(pytester: pytest.Pytester) -> None:
    body = (
        "if any('causal' in r.task_id for r in requests): raise ValueError('x')\nreturn ['A'] * len(requests)"
    )
    spec = model(pytester, body)
    run(pytester, spec, "-k", "causal-reasoning or analogical")
    again = pytester.runpytest_subprocess(spec, "--lf", "-v", "-n", "2")
    text = again.stdout.str()
    assert "analogical" not in text
    assert len(set(re.findall(r"test_task\[nlp/([a-z-]*causal-reasoning)\]", text))) == 2


def test_x_stops_with_a_result(pytester: pytest.Pytester, read_result: ReadResult) -> None:
    result = run(pytester, model(pytester, "raise ValueError('x')"), "-x", "-k", "question-answering and nlp")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    counts = read_result("run")["counts"]
    assert counts["incomplete"] == 1
    assert counts["not_run"] > 10


def test_a_lost_worker_is_seen(pytester: pytest.Pytester, read_result: ReadResult) -> None:
    body = """\
if requests[0].task_id == "nlp/causal-reasoning":
    os.kill(os.getpid(), 9)
return ["A"] * len(requests)"""
    result = run(pytester, model(pytester, body), "-n", "2", "-k", "nlp and reasoning")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    tasks = {task["id"]: task for task in read_result("run")["tasks"]}
    assert tasks[CAUSAL]["state"] == "failed"
    assert "crashed" in tasks[CAUSAL]["reason"]
    assert tasks["nlp/ethical-reasoning"]["state"] == "scored"


def test_a_task_that_never_reported_is_not_run(pytester: pytest.Pytester, read_result: ReadResult) -> None:
    spec = model(pytester, "os.kill(os.getpid(), 9)")
    result = run(pytester, spec, "-n", "2", "--max-worker-restart=0", "-k", "nlp and reasoning")
    assert result.ret != 0
    counts = read_result("run")["counts"]
    assert counts["not_run"] > 0
    assert counts.get("scored", 0) == 0


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_model_that_cannot_be_made_ends_the_session_in_one_line(
    pytester: pytest.Pytester, read_result: ReadResult, workers: str
) -> None:
    source = "def make():\n    raise RuntimeError('no\\nweights')\n"
    (pytester.path / "own_model.py").write_text(source, encoding="utf-8")
    result = run(pytester, "--generalbench-model=python:own_model.py:make", "-k", "nlp", "-n", workers)
    assert result.ret in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)
    content = read_result("run")
    assert content["counts"]["not_run"] > 100
    assert content["level"]["tier"] is None
    parts = [task["reason"] for task in content["tasks"] if task["state"] == "failed"]
    assert parts
    assert all("RuntimeError: no weights" in reason for reason in parts)
    assert "Traceback" not in result.stdout.str()
    assert "INTERNALERROR" not in result.stdout.str()


@pytest.mark.parametrize("workers", ["0", "2"])
def test_what_a_model_says_of_itself_cannot_lose_the_result(
    pytester: pytest.Pytester, read_result: ReadResult, workers: str
) -> None:
    (pytester.path / "odd.py").write_text(
        """
class Odd:
    def generate(self, requests):
        return ["A"] * len(requests)

    def identity(self):
        return {"weight": float("nan"), "object": object()}

    def close(self):
        raise RuntimeError("stuck")
""",
        encoding="utf-8",
    )
    result = run(pytester, "--generalbench-model=python:odd.py:Odd", "-k", CAUSAL, "-n", workers)
    assert result.ret == 0
    assert "identity_error" in read_result("run")["model"]


def test_predictions_are_scored_like_answers(pytester: pytest.Pytester, read_result: ReadResult) -> None:
    run(pytester, ORACLE, "-k", CAUSAL)
    outputs = [
        {"id": record["instance"], "prediction": record["output"]["text"]}
        for record in answers(pytester.path / "run")
        if record["task"] == CAUSAL
    ]
    folder = pytester.path / "said" / "nlp" / "Causal-Reasoning"
    folder.mkdir(parents=True)
    (folder / "prediction.json").write_text(json.dumps(outputs), encoding="utf-8")
    result = run(pytester, "--generalbench-model=predictions:said", "--generalbench-run=again", "-k", FOUR)
    assert result.ret == 0
    tasks = {task["id"]: task for task in read_result("again")["tasks"]}
    assert tasks[CAUSAL]["score"] == 100.0
    assert tasks["nlp/document-level-causal-reasoning"]["state"] == "unsupported"


def test_collect_only_writes_nothing(pytester: pytest.Pytester) -> None:
    run(pytester, ORACLE, "--co", "-q", "-k", CAUSAL, "-p", "no:cacheprovider")
    assert not (pytester.path / "run").exists()


@pytest.mark.parametrize(
    "args", [("-q",), ("--color=no", "-v"), ("-p", "no:xdist"), ("-rA",), ("--tb=long",)]
)
def test_it_lives_with_other_flags(pytester: pytest.Pytester, args: tuple[str, ...]) -> None:
    result = run(pytester, ORACLE, "-k", CAUSAL, *args)
    assert result.ret == 0
    assert "General-Level" in result.stdout.str()
    if "--color=no" in args:
        assert "\x1b" not in result.stdout.str()


def test_junit_sees_what_is_incomplete(pytester: pytest.Pytester) -> None:
    run(pytester, model(pytester, "raise ValueError('x')"), "-k", CAUSAL, "--junitxml=out.xml")
    text = (pytester.path / "out.xml").read_text(encoding="utf-8")
    assert 'failures="1"' in text


def test_a_digest_is_small_and_plain(pytester: pytest.Pytester) -> None:
    (pytester.path / "watching.py").write_text(
        """
import json

def pytest_runtest_logreport(report):
    for name, value in report.user_properties:
        if name == "generalbench":
            items = json.loads(value).values()
            print("DIGEST", len(value.encode()), sorted({type(item).__name__ for item in items}))
""",
        encoding="utf-8",
    )
    args = ["-k", CAUSAL, "-s", "-p", "watching"]
    result = run(pytester, model(pytester, "raise ValueError('ü' * 5000)"), *args)
    (line,) = {line for line in result.outlines if line.startswith("DIGEST") and not line.endswith("[]")}
    assert int(line.split()[1]) <= 1024
    assert set(re.findall(r"'(\w+)'", line)) <= {"NoneType", "dict", "float", "int", "list", "str"}
