"""People's ratings beside the state of the answers that they are of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.result import no_win
from pytest_generalbench.core.task import MetricSpec
from pytest_generalbench.evaluation.scoring.human_ratings import Ratings
from pytest_generalbench.models.base import Failed
from tests.builders import make_instance, make_task
from tests.fakes import FakeModel, evaluation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_generalbench.core.request import Output, Request
    from pytest_generalbench.core.result import TaskResult

RATED = make_task(metric=MetricSpec("MOS", "mos", "higher", "1..5", "affine:1..5"))


def scored(
    folder: Path, answers: Sequence[str | Failed], ratings: dict[int, tuple[float, ...]]
) -> TaskResult:
    """Score a task whose instances are answered in order, with the ratings of some."""
    folder.mkdir(exist_ok=True)
    instances = [make_instance(number) for number in range(len(answers))]
    by_id = dict(zip((item.id for item in instances), answers, strict=True))

    def answer(requests: Sequence[Request]) -> list[Output | Failed | str]:
        return [by_id[request.instance_id] for request in requests]

    made = evaluation(folder, FakeModel(answer), instances)
    entry = {instances[number].id: given for number, given in ratings.items()}
    made.ratings = Ratings({RATED.id: entry}, {RATED.id: 2}, "said.csv")
    return made.run(RATED)


def test_all_rated_is_scored(tmp_path: Path) -> None:
    result = scored(tmp_path, ["A", "B"], {0: (4.0, 5.0), 1: (2.0,)})
    assert (result.state, result.score, result.coverage) == ("scored", (4.5 + 2) / 2, 1.0)
    assert result.reason is None


def test_what_nobody_rated_is_missing_and_shown(tmp_path: Path) -> None:
    result = scored(tmp_path, ["A"] * 8, {3: (5.0,)})
    assert (result.state, result.score, result.n) == ("incomplete", 5.0, 1)
    assert result.states == {"ok": 1, "unrated": 7}
    assert result.coverage == pytest.approx(1 / 8)
    assert result.reason is not None
    assert result.reason.startswith("7 unrated; first ")
    assert "1 of 8 instances rated by 2 people" in result.notes[0]
    assert no_win(result.states, {}) is not None
    assert [row.score for row in result.rows] == [5.0 if number == 3 else None for number in range(8)]


@pytest.mark.parametrize(
    "answer", ["I cannot help with that.", "", Failed("error", "broke"), Failed("oom", "x")]
)
def test_a_rating_of_what_is_no_answer_counts_as_wrong_and_makes_the_task_incomplete(
    tmp_path: Path, answer: str | Failed
) -> None:
    result = scored(tmp_path, ["A", answer], {0: (5.0,), 1: (5.0,)})
    assert (result.state, result.score, result.n) == ("incomplete", 3.0, 2)
    assert result.reason
    assert result.states["ok"] == 1
    assert [row.score for row in result.rows] == [5.0, 1.0]


def test_an_answer_that_cannot_be_read_is_wrong_without_any_rating(tmp_path: Path) -> None:
    result = scored(tmp_path, ["A", ""], {0: (5.0,)})
    assert (result.state, result.score) == ("scored", 3.0)  # every answer that can be rated is
    failed = scored(tmp_path / "failed", ["A", Failed("timeout", "slow")], {0: (5.0,)})
    assert (failed.state, failed.score) == ("incomplete", 3.0)
