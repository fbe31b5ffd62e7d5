"""The answers of a run, with question, reading, reference and score."""

from __future__ import annotations

from pathlib import Path

import pytest

import pytest_generalbench as gb
from tests.reports.page.hostile import ANSWERS, IDS, hostile_run
from tests.reports.page.runs_of_media import run_baseline


def test_every_answer_comes_with_its_question_and_reference(tmp_path: Path) -> None:
    answers = gb.answers_of(hostile_run(tmp_path))
    found = list(answers.of_task("nlp/causal-reasoning"))
    assert [one.instance for one in found] == list(IDS)
    assert [one.answer for one in found] == list(ANSWERS)
    assert {one.reference for one in found} == {"A"}
    assert all(str(one.question[0]).startswith(f"Is <b>#{number}</b>?") for number, one in enumerate(found))
    (chosen,) = answers.of_task("nlp/causal-reasoning", [IDS[3]])
    assert chosen == found[3]
    with pytest.raises(gb.GeneralBenchError, match="nlp/none is no task of the benchmark"):
        next(answers.of_task("nlp/none"))


@pytest.mark.slow
def test_answers_in_other_media_have_the_form_of_their_reference(tmp_path: Path) -> None:
    run = run_baseline(tmp_path, "oracle", "oracle")
    answers = gb.answers_of(run)
    for task in ("image/comprehension/aircraft-detection", "3d/generation/3d-point-cloud-completion"):
        assert not answers.is_text(task)
        for one in answers.of_task(task):
            assert isinstance(one.answer, gb.StructuredOutput)
            assert one.answer == one.reference
            assert one.prediction is None
            assert one.score is not None


BOXES = """
class Talker:
    input_media = {"text", "image"}

    def generate(self, requests):
        return ['Here it is: [{"bbox": [10, 12, 30, 40], "label": "aircraft"}]' for _ in requests]
"""


def test_boxes_in_words_are_drawn_as_they_were_read(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(talker=BOXES)
    done = pytester.runpytest_subprocess(
        "--generalbench-model=python:talker.py:Talker", "--generalbench-run=run", "-k", "aircraft-detection",
        "--generalbench-limit=2",
    )  # fmt: skip
    assert done.ret == 0
    for one in gb.answers_of(pytester.path / "run").of_task("image/comprehension/aircraft-detection"):
        assert isinstance(one.answer, str)
        assert isinstance(one.prediction, gb.Boxes)
        assert [box[:4] for box in one.prediction.boxes] == [(10, 12, 20, 28)]
