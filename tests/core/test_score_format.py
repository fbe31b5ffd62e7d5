from __future__ import annotations

import pytest

from pytest_generalbench.core.score_format import format_score


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "-"), (0.0, "0.0"), (43.24, "43.2"), (0.0337, "0.0337"), (-2.5, "-2.5")]
)
def test_scores_are_short_but_not_lost(value: float | None, shown: str) -> None:
    assert format_score(value) == shown
