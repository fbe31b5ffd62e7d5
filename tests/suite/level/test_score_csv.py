from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.suite import tasks as registry
from pytest_generalbench.suite.level import ScoreFileError, read_csv

if TYPE_CHECKING:
    from pathlib import Path

TASKS = registry.load_tasks()


def written(folder: Path, text: str) -> Path:
    path = folder / "scores.csv"
    path.write_bytes(text.encode("utf-8"))
    return path


@pytest.mark.parametrize(
    "spelling",
    [
        "audio/generation/speech-translation-zh-to-en",
        "SpeechTranslation （zh-to-en）",
        "speechtranslation (ZH-to-en) ",
        "SpeechTranslation  (zh-to-en)",
    ],
)
def test_a_task_goes_by_id_and_by_name_in_any_width_and_case(tmp_path: Path, spelling: str) -> None:
    path = written(tmp_path, f"task,score\n{spelling},7.5\n")
    assert read_csv(TASKS, path) == {"audio/generation/speech-translation-zh-to-en": 7.5}


@pytest.mark.parametrize("task", [task.id for task in TASKS if task.name != task.official_name])
def test_a_task_goes_by_its_official_name_too(tmp_path: Path, task: str) -> None:
    names = {item.id: item for item in TASKS}[task]
    path = written(tmp_path, f'task,score\n"{names.official_name}",1\n')
    assert read_csv(TASKS, path) == {task: 1.0}


@pytest.mark.parametrize("text", ["", "∞", "inf", "NaN", "-", "unsupported", "n/a"])
def test_words_for_no_score(tmp_path: Path, text: str) -> None:
    assert read_csv(TASKS, written(tmp_path, f"task,score\nnlp/causal-reasoning,{text}\n")) == {
        "nlp/causal-reasoning": None
    }


def test_more_columns_another_order_blank_lines_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeffScore,note,Task\r\n\r\n12.5,fine,nlp/causal-reasoning\r\n\r\n")
    assert read_csv(TASKS, path) == {"nlp/causal-reasoning": 12.5}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("nlp/causal-reasoning,5\n", "must name the columns task,score; it has 'nlp/causal-reasoning', '5'"),
        ("task,score,score\n", "must name the columns"),
        ("task,score\nnlp/causal-reasoning,80%\n", "line 2: '80%' is not a number"),
        ("task,score\nnlp/causal-reasoning,-inf\n", "line 2: '-inf' is not a number"),
        ("task,score\nnlp/causal-reasoning\n", "line 2: 1 cells"),
        (
            "task,score\nnlp/causal-reasoning,1\nCausal Reasoning,2\n",
            "line 3: task 'nlp/causal-reasoning' is there twice, first in line 2",
        ),
        ("task,score\nzzz,1\n", "line 2: unknown task 'zzz'"),
        ("task,score\nnlp/causal-reason,1\n", "line 2: unknown task .*did you mean 'nlp/causal-reasoning'"),
    ],
)
def test_what_is_wrong_is_one_line_that_names_the_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ScoreFileError, match=message) as caught:
        read_csv(TASKS, written(tmp_path, text))
    assert "scores.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_bytes(b"task,score\n\xff\xfe,1\n")
    with pytest.raises(ScoreFileError, match="cannot be read as CSV"):
        read_csv(TASKS, path)
    with pytest.raises(ScoreFileError, match="No such file"):
        read_csv(TASKS, tmp_path / "absent.csv")
