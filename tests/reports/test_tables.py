from __future__ import annotations

import doctest

from pytest_generalbench.reports import tables


def test_a_text_that_a_spreadsheet_would_run_is_defused() -> None:
    result = doctest.testmod(tables)
    assert result.attempted >= 1
    assert result.failed == 0
