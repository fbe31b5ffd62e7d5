from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.options import BY_NAME, settings_of
from tests.models.served import Said, serve, words

if TYPE_CHECKING:
    from tests.conftest import ReadResult

SECRET = "sk-a-very-secret-key-0123456789"
SUBSET = "causal-reasoning or mall-crowd or bird-detection or code-explanation or sentiment or riddle"


def run(pytester: pytest.Pytester, url: str, *args: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess(
        "--generalbench-model=openai:tiny",
        f"--generalbench-base-url={url}",
        "--generalbench-run=run",
        "--generalbench-request-timeout=60",
        *args,
    )


def everything_written(pytester: pytest.Pytester) -> str:
    files = (path for path in (pytester.path / "run").rglob("*") if path.is_file())
    return "".join(path.read_bytes().decode("utf-8", "replace") for path in files)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GENERALBENCH_API_KEY", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)


@pytest.mark.slow
def test_four_workers_drive_one_server_that_fails_now_and_then(
    pytester: pytest.Pytester, read_result: ReadResult
) -> None:
    faults = [
        Said(status=429, headers={"Retry-After": "0.2"}),
        Said(status=500),
        Said(status=503),
        Said(body="<html>"),
        Said(cut=True),
        Said(delay=0.3),
    ]

    def answer(body: dict[str, Any], number: int) -> Said:
        chance = random.Random(words(body))  # noqa: S311 - the same faults in every run
        return chance.choice(faults) if number == 0 and chance.random() < 0.5 else Said(f"A {SECRET}")

    with serve(answer) as served:
        result = run(pytester, served.url, "-n", "4", "-v", "-k", SUBSET, "--generalbench-limit=4")
    assert result.ret == 0
    content = read_result("run")
    assert set(content["counts"]) == {"scored"}
    assert content["counts"]["scored"] >= 6
    assert content["model"]["base_url"] == served.url
    assert len(served.asked) > sum(task["n"] for task in content["tasks"])  # faults there were
    assert any(isinstance(body["messages"][0]["content"], list) for body in served.asked)  # images too
    assert served.keys == {f"Bearer {SECRET}"}
    assert SECRET not in result.stdout.str() + result.stderr.str() + everything_written(pytester)


LASTING = {
    "code does": (Said(delay=60.0), "nlp/code-explanation", "timeout", "no answer within 3 s"),
    "soccer sentiment": (Said(body="<html>"), "nlp/soccer-sentiment-classification", "error", "'<html>'"),
    "financial sentiment": (Said(cut=True), "nlp/financial-sentiment-analysis", "error", "IncompleteRead"),
    "sentiment quad prediction": (
        Said(status=429),
        "nlp/aspect-sentiment-quad-prediction",
        "error",
        "answered 429",
    ),
    "aspect-category": (
        Said(status=503, headers={"Retry-After": "900"}),
        "nlp/aspect-category-sentiment-detection",
        "error",
        "answered 503",
    ),
}
"""By a task's words: the fault that never ends, the task, the state of its instances, and what is told."""


@pytest.mark.slow
def test_lasting_faults_make_their_tasks_incomplete_and_no_others(
    pytester: pytest.Pytester, read_result: ReadResult
) -> None:
    def answer(body: dict[str, Any], number: int) -> Said:
        if isinstance(body["messages"][0]["content"], list):
            return Said(status=500, body=f'{{"error": {{"message": "broken for {SECRET}"}}}}')
        faults = (fault for word, (fault, *_) in LASTING.items() if word in words(body))
        return next(faults, Said("A"))

    args = ["--generalbench-request-timeout=3", "--generalbench-retries=0", "--generalbench-limit=2"]
    with serve(answer) as served:
        result = run(pytester, served.url, "-n", "4", "-v", "-k", SUBSET, *args)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    tasks = {task["id"]: task for task in read_result("run")["tasks"]}
    expected = {task: (state, value) for _, task, state, value in LASTING.values()}
    pictures = ("image/comprehension/mall-crowd-counting", "image/comprehension/bird-detection")
    expected |= dict.fromkeys(pictures, ("error", "the server answered 500: broken for [key]"))
    for name, (state, value) in expected.items():
        assert (tasks[name]["state"], tasks[name]["states"]) == ("incomplete", {state: 2}), tasks[name]
        assert value in tasks[name]["reason"]
    others = [task["state"] for name, task in tasks.items() if name not in expected]
    assert others == ["scored"] * (len(tasks) - len(expected))
    assert len(others) >= 4
    assert SECRET not in result.stdout.str() + result.stderr.str() + everything_written(pytester)


def test_answers_that_reasoning_used_up_are_named_beside_the_score(
    pytester: pytest.Pytester, read_result: ReadResult
) -> None:
    message = '{"content": "", "reasoning_content": "Let me think"}'
    body = f'{{"choices": [{{"message": {message}, "finish_reason": "length"}}]}}'

    def answer(request: dict[str, Any], number: int) -> Said:
        if "seed" in request:
            return Said(status=422, body='{"detail": [{"loc": ["body", "seed"], "msg": "extra"}]}')
        return Said(body=body)

    with serve(answer) as served:
        result = run(pytester, served.url, "-v", "-k", "causal-reasoning", "--generalbench-limit=2")
    (task,) = (task for task in read_result("run")["tasks"] if task["id"] == "nlp/causal-reasoning")
    assert task["states"] == {"unparsable": 2}
    assert task["defects"] == {"cut_off": 2, "empty": 2}
    text = "2 of 2 answers hold nothing"
    assert text in task["reason"]
    result.stdout.fnmatch_lines([f"*SCORED*{text}*used up on 12 characters of reasoning*"])
    result.stdout.fnmatch_lines(["*openai:tiny: the server takes no seed: it is left out*"])
    assert result.stdout.str().count("the server takes no seed") == 1


@pytest.mark.parametrize("url", ["localhost:1", "http://me:secret@host/v1"])
def test_an_address_that_cannot_be_ends_the_session_in_a_line(pytester: pytest.Pytester, url: str) -> None:
    result = run(pytester, url, "-k", "causal-reasoning")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = result.stdout.str() + result.stderr.str()
    assert "--generalbench-base-url" in text
    assert "me:secret" not in text
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("dtype=half", "unknown --generalbench-dtype 'half'"),
        ("attention=fast", "flash_attention_2"),
        ("model-frames=0", "takes a whole number from 1"),
        ("input-media=text,smell", "unknown --generalbench-input-media 'smell'"),
        ("video-as=gif", "choose from: frames, url"),
        ("concurrency=x", "takes a whole number from 1"),
        ("request-timeout=-1", "takes seconds above 0"),
        ("retries=-1", "takes a whole number from 0"),
    ],
)
def test_an_option_that_cannot_be_is_one_line(option: str, words: str) -> None:
    name, _, value = option.partition("=")
    with pytest.raises(GeneralBenchError) as caught:
        settings_of([BY_NAME[name]], lambda _: value, Path())
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_an_ini_file_sets_is_what_the_options_set(
    pytester: pytest.Pytester, read_result: ReadResult
) -> None:
    pytester.makeini("[pytest]\ngeneralbench_dtype = bfloat16\ngeneralbench_input_media = image, video\n")
    args = ["--generalbench-model=baseline:constant", "--generalbench-run=run", "--generalbench-retries=0"]
    pytester.runpytest_subprocess(*args, "-k", "causal-reasoning")
    content = read_result("run")
    settings = {**content["settings"], **content["run"]["settings"]}
    assert (settings["dtype"], settings["retries"], settings["model_frames"]) == ("bfloat16", 0, 8)
    assert settings["input_media"] == ["image", "text", "video"]
