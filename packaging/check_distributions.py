"""Builds wheel and sdist into a folder and checks them: `python packaging/check_distributions.py OUT`.

It needs build, twine and git. Both files hold what the repository keeps and nothing else, their metadata are
valid, and the sdist builds the wheel that the checkout builds, byte for byte.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = "pytest_generalbench"
TASKS = "benchmark_tasks"
ALWAYS_IN_SDIST = {"PKG-INFO", "pyproject.toml", ".gitignore"}


def kept() -> set[str]:
    """Return the files that the repository keeps."""
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S607
    return set(done.stdout.splitlines())


def wanted_in_wheel(files: set[str], version: str) -> set[str]:
    """Return what a wheel has to hold: the package, the task files with their index, and the metadata."""
    of_tasks = (name for name in files if name.startswith(f"{TASKS}/"))
    tasks = {f"{PACKAGE}/{name}" for name in of_tasks if name.endswith((".yaml", ".py"))}
    metadata = ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")
    return {
        *(name for name in files if name.startswith(f"{PACKAGE}/")),
        *tasks,
        f"{PACKAGE}/{TASKS}/index.json",
        *(f"{PACKAGE}-{version}.dist-info/{name}" for name in metadata),
    }


def wanted_in_sdist(files: set[str]) -> set[str]:
    """Return what an sdist has to hold: the kept files of what `pyproject.toml` includes."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    roots = [entry.strip("/") for entry in project["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]]
    inside = {name for name in files for root in roots if name == root or name.startswith(f"{root}/")}
    return inside | ALWAYS_IN_SDIST


def in_wheel(wheel: Path) -> dict[str, bytes]:
    """Return the files of a wheel with their content."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def in_sdist(sdist: Path) -> set[str]:
    """Return the files of an sdist, without its top folder."""
    with tarfile.open(sdist) as archive:
        return {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}


def differences(what: str, there: set[str], wanted: set[str]) -> list[str]:
    """Return a line for each file that is missing or too many."""
    return [
        *(f"{what}: lacks {name}" for name in sorted(wanted - there)),
        *(f"{what}: has {name}, which the repository does not keep" for name in sorted(there - wanted)),
    ]


def build(out: Path, *options: str) -> None:
    """Build into a folder; without options the wheel is built from the sdist."""
    command = [sys.executable, "-m", "build", "--quiet", *options, "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603


def main(out: Path) -> int:
    """Build into `out`, check, and print what is wrong."""
    build(out)
    (wheel,), (sdist,) = out.glob("*.whl"), out.glob("*.tar.gz")
    command = [sys.executable, "-m", "twine", "check", "--strict", str(wheel), str(sdist)]
    code = subprocess.run(command, check=False).returncode  # noqa: S603
    files, content = kept(), in_wheel(wheel)
    version = wheel.name.split("-")[1]
    wrong = differences("wheel", set(content), wanted_in_wheel(files, version))
    wrong += differences("sdist", in_sdist(sdist), wanted_in_sdist(files))
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder), "--wheel")
        direct = in_wheel(Path(folder) / wheel.name)
    wrong += [
        f"wheel: {name} is another when it is built from the checkout"
        for name in sorted(content.keys() | direct.keys())
        if content.get(name) != direct.get(name)
    ]
    print(*wrong, f"{len(content)} files in the wheel, {len(in_sdist(sdist))} in the sdist", sep="\n")  # noqa: T201
    return code or int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
