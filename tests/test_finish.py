from __future__ import annotations

import pytest

from pytest_generalbench.core.result import TaskResult
from pytest_generalbench.runs.finalize import open_instances, within


@pytest.mark.parametrize(
    ("allowed", "missed", "is_within"),
    [
        (None, 0, True), (None, 1, False), ("0", 0, True), ("0", 1, False), ("2", 2, True), ("2", 3, False),
        ("2%", 2, True), ("2%", 3, False), ("2.5%", 2, True), ("0%", 1, False), ("100%", 100, True),
    ],
)  # fmt: skip
def test_so_many_of_a_hundred_may_fail(allowed: str | None, missed: int, is_within: bool) -> None:
    assert within(allowed, missed, 100) is is_within


def test_what_has_no_answer_or_no_verdict_is_counted() -> None:
    states = {"ok": 5, "unparsable": 1, "refused": 1, "error": 1, "timeout": 1, "oom": 1, "missing_media": 1}
    results = [TaskResult("nlp/a", "incomplete", "m", "u", states={**states, "unjudged": 2})]
    assert open_instances(results) == (6, 13)
