"""The lock of tested versions fits what the project asks for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
LOCKS = sorted((ROOT / "packaging").glob("constraints-*.txt"))

pytestmark = pytest.mark.skipif(not (ROOT / "packaging").is_dir(), reason="a wheel has no lock")


def required() -> list[Requirement]:
    """Return what the project and its extras ask for, without what needs CUDA and without themselves."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    lines = [*project["dependencies"], *(line for extra in extras for line in extra)]
    given = [Requirement(line) for line in lines]
    return [one for one in given if one.name not in ("vllm", project["name"])]


def locked(path: Path) -> dict[str, Version]:
    """Return the versions of a lock by the normal form of their names."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    pairs = [line.split("==") for line in lines]
    assert len({name for name, _ in pairs}) == len(pairs)
    return {name: Version(version) for name, version in pairs}


def test_there_is_a_lock() -> None:
    assert [path.name for path in LOCKS] == ["constraints-3.11.txt"]


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_every_requirement_has_a_version_in_its_range(path: Path) -> None:
    versions = locked(path)
    wrong = [
        str(one)
        for one in required()
        if (version := versions.get(re.sub(r"[-_.]+", "-", one.name).lower())) is None
        or not one.specifier.contains(version, prereleases=True)
    ]
    assert wrong == []


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_a_lock_brings_no_cuda(path: Path) -> None:
    assert [name for name in locked(path) if re.match(r"nvidia-|cuda|triton$|vllm$", name)] == []
