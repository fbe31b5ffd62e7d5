from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.data.hub_faults import CASES, Case, run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fault_ends_in_complete_data_or_in_a_line_that_goes_on(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = run(case, tmp_path, monkeypatch)
    for message in outcome.messages:
        assert "\n" not in message
        assert "the same command" in message or "goes on where it stopped" in message
    if case.is_for_good:
        (path,) = outcome.differing
        assert all(path in message for message in outcome.messages)
        return
    assert not outcome.differing
    assert outcome.fetched >= outcome.needed + case.refetched
    assert outcome.twice <= outcome.needed / 100
    if "Retry-After: 3" in case.name:
        assert outcome.waits
        assert min(outcome.waits) >= 3
