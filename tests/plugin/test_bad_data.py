"""What is wrong with the data is one line that names the culprit, and nothing else is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import ReadResult

CAUSAL = "nlp/causal-reasoning"


def question(number: int, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "id": f"q{number}",
        "input": {"question": f"Which {number}?", "options": ["one", "two"]},
        "output": {"answer": "A"},
    }
    return {**given, **changes}


def write(pytester: pytest.Pytester, content: object) -> None:
    folder = pytester.path / "data" / "nlp" / "Causal-Reasoning"
    folder.mkdir(parents=True)
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / "annotation.json").write_text(text, encoding="utf-8")
    good = pytester.path / "data" / "nlp" / "Ethical-Reasoning"
    good.mkdir()
    good_file = {"task": "Ethical Reasoning", "data": [question(1), question(2)]}
    (good / "annotation.json").write_text(json.dumps(good_file), encoding="utf-8")


def outcome(pytester: pytest.Pytester, read_result: ReadResult) -> dict[str, Any]:
    """Run both tasks, check that the good one is whole, and return the other's entry."""
    result = pytester.runpytest_subprocess(
        "--generalbench-model=baseline:constant", "--generalbench-data=data", "--generalbench-run=run",
        "-k", "causal-reasoning and not document or ethical",
    )  # fmt: skip
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "Traceback" not in result.stdout.str() + result.stderr.str()
    tasks = {task["id"]: task for task in read_result("run")["tasks"]}
    good = tasks["nlp/ethical-reasoning"]
    assert (good["state"], good["score"]) == ("scored", 100.0)
    return dict(tasks[CAUSAL])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{not json", "not JSON"),
        ('"text"', "annotation.json"),
        ({"task": "Causal Reasoning"}, "no 'data'"),
        ({"data": {"a": 1}}, "'data'"),
        ({"data": []}, "annotation.json"),
    ],
)
def test_a_file_that_cannot_be_read_fails_its_task_alone(
    pytester: pytest.Pytester, read_result: ReadResult, content: object, words: str
) -> None:
    write(pytester, content)
    task = outcome(pytester, read_result)
    assert task["state"] == "failed"
    assert words in task["reason"]
    assert "\n" not in task["reason"]


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (question(2, id="q1"), "q1"),
        ({"input": {"question": "?"}, "output": {"answer": "A"}}, "id"),
        (question(2, output={"answer": {"nested": 1}}), "q2"),
        (question(2, output={"answer": None}), "q2"),
        ("a string", "instance"),
    ],
)
def test_a_bad_instance_is_an_error_of_its_own(
    pytester: pytest.Pytester, read_result: ReadResult, bad: object, words: str
) -> None:
    write(pytester, {"task": "Causal Reasoning", "data": [question(1), bad, question(3), question(4)]})
    task = outcome(pytester, read_result)
    assert task["state"] == "incomplete"
    assert task["states"] == {"ok": 3, "error": 1}
    assert words in task["reason"]


@pytest.mark.parametrize("path", ["../../../../etc/passwd", "/etc/passwd", "gone.png", "corrupt.png"])
def test_a_bad_picture_is_missing_media(
    pytester: pytest.Pytester, read_result: ReadResult, path: str
) -> None:
    folder = pytester.path / "data" / "image" / "comprehension" / "Crowd-Counting"
    (folder / "images").mkdir(parents=True)
    (folder / "images" / "corrupt.png").write_bytes(b"this is no picture")
    (folder / "images" / "good.png").write_bytes(Path(__file__).parent.joinpath("pixel.png").read_bytes())
    data = [
        {"id": name, "input": {"image_file": file, "prompt": "How many?"}, "output": {"text": 3}}
        for name, file in (("a", "good.png"), ("b", path))
    ]
    (folder / "annotation.json").write_text(
        json.dumps({"task": "Crowd Counting", "data": data}), encoding="utf-8"
    )
    result = pytester.runpytest_subprocess(
        "--generalbench-model=baseline:oracle", "--generalbench-data=data", "--generalbench-run=run",
        "-k", "image and /crowd-counting",
    )  # fmt: skip
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    (task,) = read_result("run")["tasks"]
    assert task["states"] == {"ok": 1, "missing_media": 1}
    assert "b:" in task["reason"]
    assert "root:" not in (pytester.path / "run" / "result.json").read_text(encoding="utf-8")


def test_a_run_prints_what_cannot_be_right_and_names_strays(
    pytester: pytest.Pytester, read_result: ReadResult
) -> None:
    write(pytester, {"data": [question(number) for number in range(6)]})
    (pytester.path / "data" / "nlp" / "Strange").mkdir()
    (pytester.path / "data" / "nlp" / "Strange" / "annotation.json").write_text("{}", encoding="utf-8")
    for workers in ("0", "2"):
        done = pytester.runpytest_subprocess(
            "--generalbench-model=baseline:constant", "--generalbench-data=data", "-n", workers,
            f"--generalbench-run=run{workers}", "-k", "nlp/causal-reasoning",
        )  # fmt: skip
        done.stdout.fnmatch_lines(
            [
                "look at these references, which cannot be right:",
                "  nlp/causal-reasoning: all 6 references are alike: ('A',)",
                "1 folder matches no task: nlp/Strange (`generalbench doctor * says more)",
            ]
        )
        (task,) = read_result(f"run{workers}")["tasks"]
        assert task["warnings"] == ["all 6 references are alike: ('A',)"]
