"""Sessions that go on with a run, are refused, or leave nothing behind."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.cli import main
from pytest_generalbench.runs.listing import list_runs

if TYPE_CHECKING:
    from pathlib import Path

ONE, OTHER = "nlp/causal-reasoning", "nlp/ethical-reasoning"
BOTH = ("-k", "nlp and (causal-reasoning or ethical-reasoning) and not document")
MODEL = '''
from pathlib import Path
from pytest_generalbench import Model, Output

class Flaky(Model):
    def generate(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        with open("asked.txt", "a") as file:
            print(request.task_id, request.instance_id, file=file)
        if request.task_id.endswith("ethical-reasoning") and not Path("mended").exists():
            raise RuntimeError("no luck")
        return Output("A")

def make():
    return Flaky()
'''  # fmt: skip
FLAKY = "--generalbench-model=python:flaky.py:make"


@pytest.fixture
def place(pytester: pytest.Pytester) -> pytest.Pytester:
    (pytester.path / "flaky.py").write_text(MODEL, encoding="utf-8")
    return pytester


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def asked(place: pytest.Pytester) -> list[str]:
    return (place.path / "asked.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_mended_model_is_refused_without_a_trace_and_goes_on_when_accepted(
    place: pytest.Pytester, workers: str
) -> None:
    first = place.runpytest_subprocess(FLAKY, *BOTH, "-n", workers, "--generalbench-run=run")
    assert first.ret == 1
    first.stdout.fnmatch_lines(
        ["to go on: pytest *--generalbench-resume --generalbench-run=run --generalbench-retry-errors"]
    )
    before = content(place.path / "run")
    (place.path / "flaky.py").write_text(MODEL + "# mended\n", encoding="utf-8")
    (place.path / "mended").touch()
    count = len(asked(place))
    again = (
        FLAKY,
        *BOTH,
        "-n",
        workers,
        "--generalbench-run=run",
        "--generalbench-resume",
        "--generalbench-retry-errors",
    )
    refused = place.runpytest_subprocess(*again)
    assert refused.ret == 4
    refused.stdout.fnmatch_lines(
        ["NOT CONTINUED, the run is as it was: *another model*--generalbench-accept-changed-model"]
    )
    assert content(place.path / "run") == before
    assert len(asked(place)) == count
    accepted = place.runpytest_subprocess(*again, "--generalbench-accept-changed-model")
    assert accepted.ret == 0
    assert {line.split()[0] for line in asked(place)[count:]} == {OTHER}
    (entry,) = list_runs(place.path / "run")
    assert (entry.state, entry.scored, entry.sessions, entry.command) == ("complete", 2, 2, None)


@pytest.mark.parametrize(
    "change",
    [
        ("--generalbench-model=baseline:random",),
        ("--generalbench-limit=3",),
        ("-k", "nlp/ethical"),
        ("--generalbench-judge=demo",),
    ],
)
def test_a_refused_resume_of_a_finished_run_changes_nothing(
    place: pytest.Pytester, change: tuple[str, ...]
) -> None:
    base = ("--generalbench-model=baseline:constant", "--generalbench-run=run")
    assert place.runpytest_subprocess(*base, *BOTH).ret == 0
    before = content(place.path / "run")
    refused = place.runpytest_subprocess(*base, "--generalbench-resume", *BOTH, *change)
    assert refused.ret == 4
    assert content(place.path / "run") == before


def test_failed_items_are_repeated_in_the_same_run(place: pytest.Pytester) -> None:
    assert place.runpytest_subprocess(FLAKY, *BOTH).ret == 1
    (place.path / "mended").touch()
    count = len(asked(place))
    second = place.runpytest_subprocess(FLAKY, "--lf")
    assert second.ret == 0
    assert {line.split()[0] for line in asked(place)[count:]} == {OTHER}
    (entry,) = list_runs(place.path / "generalbench-runs")
    assert (entry.state, entry.tasks, entry.scored) == ("complete", 2, 2)


def test_the_newest_run_of_this_model_is_continued_else_the_others_are_named(place: pytest.Pytester) -> None:
    assert place.runpytest_subprocess(FLAKY, *BOTH).ret == 1
    other = ("--generalbench-model=baseline:constant", "--generalbench-resume", "--generalbench-retry-errors")
    result = place.runpytest_subprocess(*other, *BOTH)
    assert result.ret == 4
    assert "no unfinished run of baseline:constant" in result.stderr.str()
    assert "of python:flaky.py:make" in result.stderr.str()


def test_runs_are_listed_with_the_command_that_goes_on(
    place: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    assert place.runpytest_subprocess(FLAKY, *BOTH).ret == 1
    assert place.runpytest_subprocess("--generalbench-model=baseline:constant", *BOTH).ret == 0
    place.chdir()
    capsys.readouterr()
    assert main(["runs"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert " incomplete " in lines[0] and "1/2" in lines[0]
    assert lines[1].startswith("    pytest ")
    assert "--generalbench-retry-errors" in lines[1]
    assert " complete " in lines[2] and "2/2" in lines[2] and "demo data" in lines[2]
    assert main(["runs", "nowhere"]) == 2


def test_a_run_without_any_work_leaves_no_folder_and_a_run_ignores_itself_in_git(
    place: pytest.Pytester,
) -> None:
    assert (
        place.runpytest_subprocess("--generalbench-model=baseline:constant", "-k", "nothing_at_all").ret == 5
    )
    assert not (place.path / "generalbench-runs").exists()
    assert place.runpytest_subprocess("--generalbench-model=baseline:constant", *BOTH).ret == 0
    (folder,) = (place.path / "generalbench-runs").iterdir()
    if shutil.which("git"):
        place.run("git", "init", "-q")
        status = place.run("git", "status", "--porcelain", "--untracked-files=all")
        assert folder.name not in status.stdout.str()
    assert main(["verify", str(folder)]) == 0


@pytest.mark.parametrize(
    ("required", "code", "line"),
    [
        ("scored:100%,unparsable:0", 0, None),
        ("scored:3", 1, "*require not met: scored: 2 of 2 tasks (100.0 %), required at least 3"),
        ("ok:90%", 1, "*require not met: ok: 0 of 16 answers (0.0 %), required at least 90%"),
        ("unparsable:5%", 1, "*require not met: unparsable: 16 of 16 answers (100.0 %), required at most 5%"),
    ],
)
def test_requirements_decide_the_exit_code(
    place: pytest.Pytester, required: str, code: int, line: str | None
) -> None:
    text = "perhaps" if "ok" in required or "5%" in required else "A"
    args = (f"--generalbench-model=baseline:constant:{text}", f"--generalbench-require={required}", *BOTH)
    result = place.runpytest_subprocess(*args)
    assert result.ret == code
    if line:
        result.stdout.fnmatch_lines([line])


def test_a_requirement_that_is_none_is_refused(place: pytest.Pytester) -> None:
    for given, words in (("scord:1", "did you mean 'scored'"), ("scored:all", "not 'scored:all'")):
        result = place.runpytest_subprocess(
            "--generalbench-model=baseline:constant", f"--generalbench-require={given}"
        )
        assert result.ret == 4
        assert words in result.stderr.str()
