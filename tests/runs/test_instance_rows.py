from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pytest_generalbench as gb
from pytest_generalbench.core.result import InstanceRow
from pytest_generalbench.runs.instance_rows import (
    encode_rows,
    read_rows,
    rows_path,
    tasks_with_rows,
    write_rows,
)

if TYPE_CHECKING:
    from pathlib import Path

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ROWS = st.lists(
    st.builds(
        InstanceRow,
        TEXT,
        st.sampled_from(["ok", "unparsable", "error"]),
        st.none() | st.floats(allow_nan=False),
        st.none() | st.integers(0, 19),
        TEXT,
        TEXT,
    ),
    unique_by=lambda row: row.instance,
    max_size=5,
)


@given(rows=ROWS)
def test_what_is_written_is_read(rows: list[InstanceRow], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("run")
    write_rows(folder, "image/comprehension/some-task", rows)
    result = read_rows(folder, "image/comprehension/some-task")
    assert result == sorted(rows, key=lambda row: row.instance)
    assert tasks_with_rows(folder) == ("image/comprehension/some-task",)


@given(rows=ROWS)
def test_the_order_of_the_rows_changes_no_byte(rows: list[InstanceRow]) -> None:
    assert encode_rows(rows) == encode_rows(reversed(rows))


def test_a_score_that_is_no_number_is_left_empty() -> None:
    assert encode_rows([InstanceRow("a", "ok", math.nan)]).splitlines()[1] == b"a,ok,,,,"


def test_what_is_no_table_is_refused_by_name(tmp_path: Path) -> None:
    path = rows_path(tmp_path, "nlp/some")
    path.parent.mkdir(parents=True)
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(gb.GeneralBenchError, match=r"some\.csv is no table of instances"):
        read_rows(tmp_path, "nlp/some")
    assert read_rows(tmp_path, "nlp/other") == []
