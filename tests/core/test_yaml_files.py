"""YAML files that stand for more than they have, and files that are none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
import yaml

from pytest_generalbench.core.asking import prompts_from_file
from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.reading import from_file
from pytest_generalbench.core.yaml_files import read_yaml
from pytest_generalbench.suite.tasks import read_task_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

READERS = [from_file, prompts_from_file, read_task_file]

LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    "text", [LAUGHS, "a: &a [*a]\n", "&a [*a, *a]\n", "- " * 3000 + "x\n", "a: [1, 2\n", "[" * 100_000]
)
def test_what_no_reader_can_take_is_one_line(
    tmp_path: Path, read: Callable[[Path], object], text: str
) -> None:
    path = tmp_path / "file.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(GeneralBenchError, match=r"file\.yaml") as caught:
        read(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("read", READERS)
def test_a_pipe_is_no_file(tmp_path: Path, read: Callable[[Path], object]) -> None:
    os.mkfifo(tmp_path / "file.yaml")
    with pytest.raises(GeneralBenchError, match="a named pipe, not a regular file"):
        read(tmp_path / "file.yaml")


def test_aliases_that_stand_for_little_are_read(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text("a: &a [1, 2]\nb: {x: *a, y: *a}\n", encoding="utf-8")
    assert read_yaml(path) == {"a": [1, 2], "b": {"x": [1, 2], "y": [1, 2]}}
    path.write_text(LAUGHS, encoding="utf-8")
    with pytest.raises(yaml.YAMLError, match=r"\d+ values, with all that aliases repeat, more than"):
        read_yaml(path)
