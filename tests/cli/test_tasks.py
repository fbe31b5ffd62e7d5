from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import pytest_generalbench as gb
from pytest_generalbench.cli import main

if TYPE_CHECKING:
    from pathlib import Path


def test_the_list_has_every_task(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tasks"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 700
    assert lines[-1] == "699 tasks"
    assert lines[0].split() == ["3d/comprehension/3d-accessory-classification", "accuracy", "91.18", "340"]


@pytest.mark.parametrize(
    ("expression", "count"), [("image", 316), ("image and not generation", 271), ("3d or audio", 96)]
)
def test_k_selects_as_pytest_does(expression: str, count: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tasks", "-k", expression]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"{count} tasks"


def test_show_prints_facts_prompt_parser_and_metric(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tasks", "show", "nlp/causal-reasoning"]) == 0
    text = capsys.readouterr().out
    for words in (
        "Cognitive QA (L-1)",
        "65.0 (released), 95.0 (paper)",
        "parser:",
        "metric is:",
        "prompt:",
        "  | ",
    ):
        assert words in text
    assert "reference:" in text


def test_show_takes_an_official_name_and_counts_media(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tasks", "show", "Crowd Counting"]) == 0
    assert "image, 1 file(s)" in capsys.readouterr().out


def test_show_prints_what_a_model_is_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.yaml").write_text("system: Be brief.\n", encoding="utf-8")
    command = ["tasks", "show", "nlp/causal-reasoning", "--prompts", "p.yaml"]
    assert main([*command, "--model=openai:name"]) == 0
    text = capsys.readouterr().out
    given = text.partition("the model is given:\n")[2]
    assert '  |   "role": "system",\n  |   "content": "Be brief."\n' in given
    assert main([*command, "--model=baseline:constant"]) == 0
    assert "the model is given:" not in capsys.readouterr().out
    assert main(["tasks", "show", "Crowd Counting", "--model=openai:m", "--input-media=text"]) == 0
    assert f"{'unsupported:':<18}the model does not take image\n" in capsys.readouterr().out
    assert main([*command, "--model=openai:name", "--base-url=nonsense"]) == 2
    assert "http" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ([], "256 tokens"),
        (["--max-new-tokens=x2"], "512 tokens (usually 256)"),
        (["--max-new-tokens=64"], "64 tokens (usually 256)"),
        (["--generalbench-max-new-tokens=video/*=64,nlp/*=x0.5"], "128 tokens (usually 256)"),
        (["--max-new-tokens=video/*=64"], "256 tokens"),
    ],
)
def test_show_prints_the_length_of_an_answer(
    given: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tasks", "show", "nlp/causal-reasoning", *given]) == 0
    assert f"{'answer length:':<18}{line}\n" in capsys.readouterr().out


def test_show_prints_the_length_that_the_instance_needs(capsys: pytest.CaptureFixture[str]) -> None:
    name = next(task.id for task in gb.load_tasks() if task.protocol == "video_object_tracking")
    request = gb.describe_task(name).request
    assert request is not None
    assert main(["tasks", "show", name, "--max-new-tokens=x3"]) == 0
    tokens = request.max_new_tokens
    assert f"{3 * tokens} tokens (usually {tokens})\n" in capsys.readouterr().out


@pytest.mark.slow
def test_show_prints_the_prompt_through_the_chat_template(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("transformers")
    from tests.models.tiny import save_text_model

    folder = save_text_model(tmp_path / "model")
    template = "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}{% endfor %}<assistant>"
    (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    capsys.readouterr()
    assert main(["tasks", "show", "nlp/causal-reasoning", f"--model=hf:{folder}", "--offline"]) == 0
    lines = capsys.readouterr().out.splitlines()
    given = lines[lines.index("the model is given:") + 1 :]
    asked = lines[lines.index("prompt:") + 1 : lines.index("the model is given:")]
    assert given[: len(asked)] == [
        asked[0].replace("| ", "| <user>"),
        *asked[1:-1],
        asked[-1] + "<assistant>",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["tasks", "show"], "needs a task id"),
        (["tasks", "show", "bird"], "unknown task 'bird'"),
        (["tasks", "show", "nlp/causal-reasoning", "--max-new-tokens=long"], "a factor (x2)"),
        (["tasks", "show", "nlp/causal-reasoning", "--max-new-tokens=0"], "max_new_tokens takes"),
        (["tasks", "-k", "and and"], "-k 'and and'"),
        (["level", "nowhere.xlsx"], "nowhere.xlsx"),
    ],
)
def test_a_slip_is_one_line_and_exit_code_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    value = capsys.readouterr().err
    assert value.startswith("generalbench: ")
    assert words in value
    assert value.count("\n") == 1


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert all(command in text for command in ("tasks", "doctor", "download", "level"))
