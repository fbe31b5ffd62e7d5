"""The public interface: every name is there, documented, and imported when it is used."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import pytest_generalbench as gb

DOCS = Path(__file__).parent.parent / "docs" / "api.md"


@pytest.mark.parametrize("name", gb.__all__)
def test_every_name_is_there_and_documented(name: str) -> None:
    assert getattr(gb, name).__doc__
    assert re.search(rf"`[^`]*\b{name}\b[^`]*`", DOCS.read_text(encoding="utf-8"))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        gb.nothing  # noqa: B018
    assert set(gb.__all__) <= set(dir(gb))


def test_importing_the_package_imports_nothing_else() -> None:
    program = (
        "import sys; before = set(sys.modules); import pytest_generalbench; "
        "print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['__future__', 'pytest_generalbench']"


def test_levels_from_plain_scores() -> None:
    result = gb.level({"image/comprehension/bird-detection": 100.0})
    assert result.tier is not None
    assert result.qualified is not None
    with pytest.raises(gb.UnknownWordError):
        gb.level({}, sota="nobody's")


def test_levels_of_a_run_are_one_row() -> None:
    old = Path(__file__).parent / "runs" / "old_run" / "complete"
    frame = gb.load_run(old).to_pandas("levels")
    assert list(frame.columns)[:5] == ["tier", "S2", "S3", "S4", "S5"]
    assert len(frame) == 1
    row = gb.load_run(old).to_pandas("tasks").set_index("task").loc["image/comprehension/bird-detection"]
    assert (row.modality, row.paradigm, row.direction) == ("image", "comprehension", "higher")
    assert row.points == row.score


def test_whatever_a_command_does_a_program_can_do(tmp_path: Path) -> None:
    old = Path(__file__).parent / "runs" / "old_run" / "complete"
    assert gb.verify_run(old).changes == ()
    merged = gb.merge_runs([old], tmp_path / "merged")
    assert merged.result.counts == gb.load_run(old).result.counts
    assert gb.verify_run(merged.folder).files > 0
    assert list(gb.diff_runs(old, merged.folder)) == []
    assert gb.export_run(old, tmp_path / "tables", "csv")
    with pytest.raises(gb.UnknownWordError, match="export format 'xml'"):
        gb.export_run(old, tmp_path / "other", "xml")
    assert gb.describe_task("nlp/causal-reasoning").request is not None
    assert gb.result_schema().is_file()


def test_a_model_is_opened_with_its_options_and_closed() -> None:
    with gb.open_model("baseline:constant:B") as model:
        assert next(iter(gb.check_model(model))).ok is not False
    with (
        pytest.raises(gb.UnknownWordError, match="model option 'devise'"),
        gb.open_model("hf:x", devise="cpu"),
    ):
        pass


def test_the_examples_of_adding_run() -> None:
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", (DOCS.parent / "adding.md").read_text("utf-8"), re.S):
        exec(compile(block, "adding.md", "exec", dont_inherit=True), names)  # noqa: S102 - our own page
    accumulator = names["METRIC"].factory()
    accumulator.add("ab", "abcd")
    accumulator.add(None, "x")
    assert accumulator.result(["1", "2"]).scores == [50.0, 0.0]
    assert names["Chord"]((1, 2)).form == "chord"
