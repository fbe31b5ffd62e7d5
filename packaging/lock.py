"""Prints the versions of an environment with every extra: `python packaging/lock.py >constraints.txt`.

Run it with the Python of an environment where the tests passed, after `pip install -e '.[dev,docs,parquet]'`.
`vllm` is left out: it needs CUDA, and brings its own torch.
"""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement

LEFT_OUT = frozenset({"vllm"})


def name_of(text: str) -> str:
    """Return a distribution's name in its normal form."""
    return re.sub(r"[-_.]+", "-", text).lower()


def wanted(name: str, extras: set[str]) -> list[Requirement]:
    """Return what an installed distribution requires with these extras, in this environment."""
    given = [Requirement(line) for line in requires(name) or ()]
    return [
        one
        for one in given
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in ("", *extras))
    ]


def own() -> set[tuple[str, frozenset[str]]]:
    """Return what the project requires with all extras, with the extras of each."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    lines = [
        *project["dependencies"],
        *(line for one in project["optional-dependencies"].values() for line in one),
    ]
    given = (Requirement(line) for line in lines)
    return {
        (name_of(one.name), frozenset(one.extras)) for one in given if name_of(one.name) != project["name"]
    }


def lock() -> tuple[dict[str, str], set[str]]:
    """Return the version of everything that the project needs, and what is not installed."""
    versions: dict[str, str] = {}
    missing: set[str] = set()
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [*own()]
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen or name in LEFT_OUT:
            continue
        seen.add((name, extras))
        try:
            # Without the label of a build, such as +cpu: a package index has the version alone.
            versions[name] = version(name).partition("+")[0]
        except PackageNotFoundError:
            missing.add(name)
            continue
        waiting += [(name_of(one.name), frozenset(one.extras)) for one in wanted(name, set(extras))]
    return versions, missing


def main() -> int:
    """Print the constraints, or what is missing."""
    versions, missing = lock()
    if missing:
        sys.stderr.write(f"not installed: {', '.join(sorted(missing))}\n")
        return 1
    python = ".".join(map(str, sys.version_info[:3]))
    sys.stdout.write(
        f"# Tested together with Python {python}: pip install -c FILE 'pytest-generalbench[EXTRA]'\n"
    )
    sys.stdout.writelines(f"{name}=={versions[name]}\n" for name in sorted(versions))
    return 0


if __name__ == "__main__":
    sys.exit(main())
