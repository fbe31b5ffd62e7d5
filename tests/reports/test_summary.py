"""The summary in Markdown: what it says, that nothing in it acts, and that it stays inside its limits."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pytest_generalbench as gb
from pytest_generalbench.cli import main
from pytest_generalbench.core.result import TaskResult
from pytest_generalbench.reports.bounded_text import Block, Limit, bounded_text, bytes_of, utf16_units
from pytest_generalbench.runs.result_file import RunResult, TaskEntry, TaskFacets, write_result
from tests.reports.made_runs import BIRDS, CAPTIONS, CAUSAL, TASKS, made_run, scored_rows

RIGHT, LOST = [100.0] * 30 + [0.0] * 10, [0.0] * 12 + [100.0] * 18 + [0.0] * 10
LEVEL = {
    "tier": 3, "certified_tier": 2, "S2": 12.345, "S3": 4.0, "S4": 0.0, "S5": None, "scoring": "paper",
    "sota": "released", "board": "A", "qualified": "partial: 2 of 699 tasks", "wins": [CAUSAL],
    "intervals": {"S2": [11.0, 13.5]}, "flips": [CAUSAL], "hangs_on": [CAUSAL], "notes": ["a note"],
}  # fmt: skip
EVIL = "</details><script>x</script>| @all #1 `a` *b* [c](http://d.e) \x1b[2J\u202e"


def test_a_run_alone(tmp_path: Path) -> None:
    run = made_run(tmp_path / "run", {CAUSAL: scored_rows(RIGHT), BIRDS: "no_data"}, level=LEVEL)
    lines = gb.summary_markdown(run).splitlines()
    assert lines[0] == "## General-Bench: Level-3 (at 95 % at least 2), partial: 2 of 699 tasks"
    assert "| S2 | 12.35 (11.00 to 13.50) |" in lines
    assert "| S5 | - |" in lines
    assert "### Tasks that the tier hangs on: 1" in lines
    assert "### Tasks within 1.96 standard errors of their specialist: 1" in lines
    assert "<summary>nlp: 1 of 1 tasks scored, 0 wins</summary>" in lines
    assert any(line.startswith(f"| <code>{CAUSAL}</code> | scored | 75.0 ") for line in lines)
    assert any("is no_data" in line.replace("&#95;", "_") for line in lines)
    assert not any("Gate" in line or "Left out" in line for line in lines)


def test_a_regression_names_what_got_worse(tmp_path: Path) -> None:
    before = made_run(tmp_path / "before", {CAUSAL: scored_rows(RIGHT)}, level=LEVEL)
    now = made_run(tmp_path / "now", {CAUSAL: scored_rows(LOST)}, level={**LEVEL, "wins": []})
    text = gb.summary_markdown(now, before)
    for words in (
        "### Gate: REGRESSION",
        "### Regressions: 1",
        "### Wins lost: 1",
        "Instances that got worse: 5",
    ):
        assert words in text
    assert f"| <code>{CAUSAL}</code> | 75 | 45 | -30 |" in text
    places = [text.index(words) for words in ("S2", "### Gate", "### Regr", "### Wins", "<details>")]
    assert places == sorted(places)
    same = gb.summary_markdown(before, before)
    assert "### Gate: no regression" in same
    assert "Regressions" not in same
    better = gb.summary_markdown(before, now)
    assert "### Improvements: 1" in better
    assert "### Wins gained: 1" in better


def test_runs_that_cannot_be_compared_say_why(tmp_path: Path) -> None:
    one = made_run(tmp_path / "one", {CAUSAL: scored_rows(RIGHT)})
    other = made_run(tmp_path / "other", {CAUSAL: scored_rows(RIGHT)}, entries={CAUSAL: {"data": "e" * 16}})
    text = gb.summary_markdown(other, one)
    assert "### Gate: cannot be compared with the baseline" in text
    assert CAUSAL in text.split("### Gate")[1].split("<details>")[0]
    with pytest.raises(gb.MissingRunError):
        gb.summary_markdown(one, tmp_path / "none")


def test_nothing_from_outside_acts(tmp_path: Path) -> None:
    rows = [row._replace(instance=f"{EVIL}{place}") for place, row in enumerate(scored_rows(RIGHT))]
    worse = [row._replace(score=0.0, prediction=EVIL) for row in rows]
    level = {**LEVEL, "qualified": EVIL, "notes": [EVIL], "reason": EVIL, "hangs_on": [EVIL], "flips": [EVIL]}
    runs = [
        made_run(
            tmp_path / name, {CAUSAL: items, BIRDS: "failed"}, level=level, model={"spec": EVIL},
            entries={CAUSAL: {"reason": EVIL, "state": "incomplete"}},
        )
        for name, items in (("one", rows), ("two", worse))
    ]  # fmt: skip
    text = gb.summary_markdown(runs[1], runs[0])
    assert text.count("&#60;script&#62;") > 8
    tags = set(re.findall(r"<[^>]*>", text))
    assert tags == {"<code>", "</code>", "<details>", "</details>", "<summary>", "</summary>", "<!-- -->"}
    assert not re.search(r"@|\x1b|\u202e|://|\*|`|\[", text)
    assert text.count("<details>") == text.count("</details>")


def synthetic_run(folder: Path, names: list[str], reason: str) -> Path:
    """Write a run over tasks of any names."""
    facets = TaskFacets("image", "comprehension", "a skill", "higher", 50.0, False)
    entries = tuple(
        TaskEntry(
            TaskResult(name, "incomplete", "accuracy", "%", score=50.0, n=9, coverage=0.5, reason=reason),
            40.0, facets,
        )
        for name in names
    )  # fmt: skip
    settings = {"scoring": "paper", "limit": None}
    data = {"name": "made", "split": "open", "is_demo": False}
    result: Any = {"model": {"spec": names[0]}, "data": data, "settings": settings, "run": {}, "level": LEVEL}
    folder.mkdir(parents=True, exist_ok=True)
    write_result(folder, RunResult(**result, tasks=entries))
    return folder


@pytest.mark.parametrize("count", [699, 20_000])
def test_many_tasks_stay_inside_the_limits(tmp_path: Path, count: int) -> None:
    names = [f"{one}" for one in TASKS][:count]
    names += [f"image/comprehension/mine-{place}" for place in range(count - len(names))]
    run = synthetic_run(tmp_path / "run", names, "the reason is " + "long " * 30)
    summary, comment = gb.summary_markdown(run), gb.summary_markdown(run, comment=True)
    assert len(summary.encode()) <= 900_000
    assert len(comment) <= 60_000
    for text in (summary, comment):
        assert text.startswith("## General-Bench: Level-3")
        assert text.count("<details>") == text.count("</details>")
    last = summary.splitlines()[-1]
    assert last.startswith("Left out, to stay within 900,000 bytes: ") == (count == 20_000)
    shown = comment.count("<code>image/")
    lost = re.search(r"characters: (\d+) of (\d+) rows of image", comment)
    assert lost is not None
    assert int(lost[2]) - int(lost[1]) == shown > 50


NAMES = st.lists(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), min_size=1, max_size=400)
    | st.text("@<|`\U0001f600\u202e", min_size=1, max_size=400),
    min_size=1,
    max_size=400,
    unique=True,
)


@settings(max_examples=12, deadline=None)
@given(NAMES, st.text(max_size=3000), st.booleans())
def test_any_names_stay_inside_the_limits(names: list[str], reason: str, comment: bool) -> None:
    with TemporaryDirectory() as folder:
        run = synthetic_run(Path(folder) / "run", names, reason.encode("utf-8", "ignore").decode())
        text = gb.summary_markdown(run, comment=comment)
    assert utf16_units(text) <= 60_000 if comment else bytes_of(text) <= 900_000
    assert text.count("<details>") == text.count("</details>")


BLOCKS = st.lists(
    st.builds(
        Block,
        st.text(max_size=60),
        st.lists(st.text(max_size=700), max_size=3).map(tuple),
        st.lists(st.text(max_size=300), max_size=30).map(tuple),
        st.just(("</details>",)),
    ),
    max_size=8,
)


@given(BLOCKS, st.integers(1000, 6000), st.sampled_from([bytes_of, utf16_units]))
def test_blocks_stay_inside_any_limit_and_what_is_lost_is_counted(
    blocks: list[Block], most: int, size: Any
) -> None:
    text = bounded_text(blocks, Limit(most, "bytes", size))
    assert size(text) <= most
    whole = "".join(f"{line}\n" for block in blocks for line in (*block.opening, *block.rows, *block.closing))
    if size(whole) <= most - 800:
        assert text == whole
    if text != whole:
        kept, _, rest = text.rpartition("\nLeft out, to stay within ")
        assert whole.startswith(kept.removesuffix("</details>\n"))
        assert rest


def test_a_limit_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="less than 1,000"):
        bounded_text([], Limit(999, "bytes", bytes_of))


def test_the_command_prints_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tasks = {CAUSAL: scored_rows(RIGHT), CAPTIONS: scored_rows([0.2, 0.3])}
    run = made_run(tmp_path / "run", tasks, level=LEVEL)
    assert main(["summary", str(run), "--baseline", str(run), "--comment"]) == 0
    assert capsys.readouterr().out == gb.summary_markdown(run, run, comment=True)
    assert main(["summary", str(tmp_path)]) == 2
    assert "is no finished run" in capsys.readouterr().err
