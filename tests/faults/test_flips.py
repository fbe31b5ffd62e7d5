"""A flipped bit in a finished run is found, and never becomes another score."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.faults.flips import Flips, make_run

if TYPE_CHECKING:
    from pathlib import Path

FLIPS = 40


@pytest.mark.slow
def test_a_flipped_bit_is_found_and_costs_no_other_score(tmp_path: Path) -> None:
    flips = Flips(make_run(tmp_path, tasks=12))
    for number in range(FLIPS):
        flips.one(random.Random(number), resume=number == 0)  # noqa: S311
    assert flips.bad == []
    assert flips.counts["verify: found"] == FLIPS
    assert flips.counts["rescore: equal"] > 0
    assert flips.counts["rescore: named loss"] + flips.counts["rescore: refused"] > 0
