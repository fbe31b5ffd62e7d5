"""`generalbench run`: the options of pytest without their prefix; all else goes to pytest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pytest_generalbench.cli import main, make_parser
from pytest_generalbench.cli.run import pytest_arguments

GB = "--generalbench-"


def arguments(*given: str) -> list[str]:
    options, rest = make_parser().parse_known_args(["run", *given])
    return pytest_arguments(options, rest)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["--model", "m"], ["--generalbench-model=m"]),
        (["--generalbench-model=m"], ["--generalbench-model=m"]),
        (["--model=m", "--limit=3", "--resume"], [f"{GB}model=m", f"{GB}limit=3", f"{GB}resume"]),
        (["--model=m", "-k", "a and not b", "-n", "8"], [f"{GB}model=m", "-k", "a and not b", "-n", "8"]),
        (["--model=m", "tests", "--junitxml=a.xml"], ["--generalbench-model=m", "tests", "--junitxml=a.xml"]),
    ],
)  # fmt: skip
def test_options_lose_their_prefix_and_all_else_goes_on(given: list[str], expected: list[str]) -> None:
    assert arguments(*given) == expected


def test_other_commands_take_no_more_than_they_know(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["tasks", "--none"])
    assert ended.value.code == 2
    assert "unrecognized arguments: --none" in capsys.readouterr().err


def test_the_run_is_that_of_pytest(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "from pytest_generalbench.cli import main; raise SystemExit(main())",
        "run",
    ]
    options = [
        "--model",
        "baseline:constant",
        "-k",
        "causal-reasoning",
        "--run",
        "out",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run([*command, *options], cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 scored" in done.stdout
    assert (tmp_path / "out" / "result.json").is_file()
