from __future__ import annotations

from pytest_generalbench.suite.level import PUBLISHED


def test_the_published_scores_keep_the_order_of_levels() -> None:
    assert len(PUBLISHED) == 17
    assert len({row.model for row in PUBLISHED}) == 17
    for row in PUBLISHED:
        assert 100 >= row.S2 >= row.S3 >= row.S4 >= row.S5 >= 0


def test_they_come_best_first() -> None:
    seconds = [row.S2 for row in PUBLISHED]
    assert seconds == sorted(seconds, reverse=True)
