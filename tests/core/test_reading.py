from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_generalbench.core import reading
from pytest_generalbench.core.errors import AmbiguousReferenceError, GeneralBenchError, TaskFileError
from pytest_generalbench.core.reading import WORDS
from pytest_generalbench.core.task import task_from_dict
from pytest_generalbench.protocols import get, names
from pytest_generalbench.protocols.reading import decide, reading_note, with_reading
from tests.builders import make_task


def test_values_become_text() -> None:
    given = {"void": [0, 255], "index_base": 1, "depth_unit": " 1/256 "}
    assert reading.checked(given, "x") == {"void": "0 255", "index_base": "1", "depth_unit": "1/256"}


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({"dept_unit": "cm"}, "did you mean 'depth_unit'"),
        ({"depth_unit": "feet"}, "known: m, cm, mm"),
        ({"void": "a"}, "known: none, numbers"),
        ({"index_base": 2}, "known: 0, 1"),
        (["depth_unit"], "maps words to values"),
    ],
)
def test_what_no_reading_can_say(given: Any, answer: str) -> None:
    with pytest.raises(GeneralBenchError, match=answer) as caught:
        reading.checked(given, "the place")
    assert "the place" in str(caught.value)


def test_lines_and_a_file_say_the_same(tmp_path: Path) -> None:
    lines = "\n image/a: depth_unit=cm, void=0 255\nimage/b: index_base=0\n"
    path = tmp_path / "readings.yaml"
    path.write_text("image/a: {depth_unit: cm, void: [0, 255]}\nimage/b: {index_base: 0}\n", encoding="utf-8")
    answer = reading.from_lines(lines, "ini")
    assert answer == reading.from_file(path)
    assert answer == {"image/a": {"depth_unit": "cm", "void": "0 255"}, "image/b": {"index_base": "0"}}


@pytest.mark.parametrize("content", ["- a", "a: [", "a: cm", "\x00"])
def test_a_file_that_is_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "readings.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(GeneralBenchError, match=r"readings\.yaml"):
        reading.from_file(path)


@pytest.mark.parametrize("line", ["image/a depth_unit=cm", "image/a: depth_unit", "image/a: depth_unit=ell"])
def test_a_line_that_is_none(line: str) -> None:
    with pytest.raises(GeneralBenchError, match="ini"):
        reading.from_lines(line, "ini")


def test_a_task_that_there_is_not() -> None:
    with pytest.raises(GeneralBenchError, match="image/depth"):
        reading.check_tasks({"image/depht": {}}, ["image/depth"])


def test_the_task_file_takes_a_reading() -> None:
    plain = make_task().to_dict()
    assert "reading" not in plain  # so that fingerprints of tasks without one stay
    task = task_from_dict({**plain, "reading": {"depth_unit": "cm"}})
    assert task.reading == {"depth_unit": "cm"}
    assert task_from_dict(task.to_dict()) == task
    with pytest.raises(TaskFileError, match="depth_unit"):
        task_from_dict({**plain, "reading": {"depth_unit": "ell"}})


def test_one_certain_reading_is_taken_and_said() -> None:
    decided = decide(make_task(), "depth_unit", {"mm": "values to 4000"})
    assert decided == ("mm", "read with depth_unit=mm: values to 4000")


def test_what_is_given_goes_before_what_files_show() -> None:
    task = make_task(reading={"depth_unit": "cm"})
    assert decide(task, "depth_unit", {"mm": "", "m": ""}).value == "cm"
    assert reading_note(task) == ("reading: depth_unit=cm",)


@pytest.mark.parametrize("readings", [{"mm": "values to 4000", "cm": "no value above 9999"}, {}])
def test_two_readings_or_none_refuse_the_task(readings: dict[str, str]) -> None:
    with pytest.raises(AmbiguousReferenceError) as caught:
        decide(make_task(), "depth_unit", readings, "d/1.png")
    answer = str(caught.value)
    assert "nlp/tiny-choice: d/1.png" in answer
    assert all(f"{value} ({why})" in answer for value, why in readings.items())
    line = answer.rpartition("or the line `")[2].partition("`")[0]
    if readings:
        assert reading.from_lines(line, "ini") == {"nlp/tiny-choice": {"depth_unit": "mm"}}


def test_the_run_goes_before_the_task_file() -> None:
    task = make_task(protocol="video_depth_estimation", reading={"depth": "depth"})
    protocol = get("video_depth_estimation")
    assert with_reading(task, protocol, {task.id: {"depth": "disparity"}}).reading == {"depth": "disparity"}
    assert with_reading(task, protocol, {"other": {"depth": "disparity"}}).reading == {"depth": "depth"}


def test_a_word_that_the_protocol_does_not_take() -> None:
    with pytest.raises(GeneralBenchError, match="choose from: depth"):
        with_reading(make_task(reading={"index_base": "1"}), get("video_depth_estimation"), {})
    with pytest.raises(GeneralBenchError, match="no reading"):
        with_reading(make_task(reading={"depth": "depth"}), get("free_text"), {})


@pytest.mark.parametrize("name", names())
def test_protocols_take_known_words(name: str) -> None:
    assert set(get(name).reading_words) <= set(WORDS)


def test_the_guide_lists_every_word() -> None:
    page = (Path(__file__).parents[2] / "docs/reading.md").read_text(encoding="utf-8")
    assert [word for word in WORDS if f"| `{word}` |" not in page] == []
