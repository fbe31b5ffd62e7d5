"""`generalbench init`: a workflow, an ini section and a model stub for a model's repository."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest_generalbench as gb
from pytest_generalbench.cli.output import put_line

if TYPE_CHECKING:
    import argparse

FILES: Final = {
    "github": (("github.yml", ".github/workflows/general-bench.yml"),),
    "gitlab": (("gitlab-ci.yml", ".gitlab-ci.generalbench.yml"),),
    "none": (),
}
_MODEL: Final = ("model_stub.py", "generalbench_model.py")
_INI: Final = "pytest.ini"
_SECTION: Final = """[pytest]
# What `pytest --generalbench-model=…` and `generalbench run` take when nothing else is said.
generalbench_data = demo
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "init",
        help="put a workflow, an ini section and a model stub into a model's repository",
        description="Writes generalbench_model.py (a model to fill in, which runs as it is), a section of "
        "pytest.ini where the repository has no pytest settings, and the workflow. Nothing that is there is "
        "overwritten.",
    )
    parser.add_argument("folder", nargs="?", default=".", type=Path, help="the repository (here)")
    parser.add_argument("--ci", choices=tuple(FILES), default="github", help="whose workflow (github)")
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Write the files; say what was written, what was there, and what to do next."""
    folder: Path = options.folder
    if not folder.is_dir():
        raise gb.GeneralBenchError(f"{folder} is no folder")
    templates = resources.files("pytest_generalbench.cli").joinpath("recipes")
    for name, place in (_MODEL, *FILES[options.ci]):
        _write(folder / place, templates.joinpath(name).read_text("utf-8"))
    if not _has_settings(folder):
        _write(folder / _INI, _SECTION)
    put_line("next: generalbench run --model python:generalbench_model.py:Model -k causal-reasoning")
    return 0


def _write(path: Path, text: str) -> None:
    if path.exists():
        put_line(f"{path}: is there, left as it is")
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise gb.GeneralBenchError(f"{path} cannot be written: {error.strerror or error}") from error
    put_line(f"{path}: written")


def _has_settings(folder: Path) -> bool:
    """Whether pytest has settings there already."""
    project = folder / "pyproject.toml"
    if project.is_file() and "[tool.pytest" in project.read_text(encoding="utf-8"):
        return True
    return any((folder / name).is_file() for name in (_INI, ".pytest.ini", "tox.ini"))
