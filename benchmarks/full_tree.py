"""What an instance costs beside its model: a null model over a tree with the real instance counts.

    python benchmarks/full_tree.py make TREE [--only video/comprehension] [--share 1.0]
    python benchmarks/full_tree.py run TREE [--beside CHECKOUT] [-- PYTEST_ARGS]

`make` writes the demo set again and again, under other ids, until each task has as many instances as it
states; every instance has media files of its own, hard links to the demo's. `run` starts a session with a
constant model and prints processor time per instance and the largest memory of a process; `--beside` runs
another checkout over the same tree as well and prints the ratio.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from pytest_generalbench.suite import demo
from pytest_generalbench.suite.data import open_data
from pytest_generalbench.suite.data.source import default_cache
from pytest_generalbench.suite.tasks import load_tasks

_MEASURE = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(code, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


def _links(value: Any, folder: Path, into: Path, number: int) -> Any:
    """Return the entry with every path of a file replaced by a link of the instance's own."""
    if isinstance(value, dict):
        return {key: _links(item, folder, into, number) for key, item in value.items()}
    if isinstance(value, list):
        return [_links(item, folder, into, number) for item in value]
    if not isinstance(value, str) or len(value) > 200 or "\n" in value:
        return value
    source = next(
        (path for path in (folder / value, *folder.glob(f"*/{Path(value).name}")) if path.is_file()), None
    )
    if source is None or not Path(value).suffix:
        return value
    name = f"{source.stem}-{number}{source.suffix}"
    target = into / source.relative_to(folder).parent / name
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        os.link(source, target)
    return f"{Path(value).parent.as_posix()}/{name}".removeprefix("./")


def make(tree: Path, only: str, share: float) -> None:
    """Write the tree."""
    tasks = load_tasks()
    source = open_data("demo", "open", tasks)
    total = 0
    for task in tasks:
        files = source.files(task)
        if files is None or not task.id.startswith(only):
            continue
        content = json.loads(files.annotation.read_bytes())
        entries = content["data"]
        into = tree / files.folder.relative_to(source.root)
        into.mkdir(parents=True, exist_ok=True)
        for path in files.folder.rglob("*"):  # folders of frames stay shared
            target = into / path.relative_to(files.folder)
            if path.is_dir():
                target.mkdir(exist_ok=True)
            elif path != files.annotation and not target.exists():
                os.link(path, target)
        count = max(1, round(task.instances * share))
        data = []
        for number in range(count):
            entry = _links(entries[number % len(entries)], files.folder, into, number // len(entries))
            data.append({**entry, "id": f"i{number}"})
        annotation = into / files.annotation.relative_to(files.folder)
        annotation.parent.mkdir(parents=True, exist_ok=True)
        annotation.write_text(json.dumps({**content, "data": data}), encoding="utf-8")
        total += count
    sys.stdout.write(f"{tree}: {total} instances\n")


def _counted(tree: Path) -> int:
    return sum(len(json.loads(path.read_bytes())["data"]) for path in tree.rglob("annotation*.json"))


def measure(tree: Path, checkout: Path, arguments: list[str]) -> tuple[float, float]:
    """Return seconds of processor time, and MiB of the largest process, of a session over the tree."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q",
            "--generalbench-model=baseline:constant", f"--generalbench-data={tree}",
            f"--generalbench-run={folder}/run", *arguments,
        ]  # fmt: skip
        env = {**os.environ, "PYTHONPATH": str(checkout)}
        done = subprocess.run(  # noqa: S603 - this project's own command
            [sys.executable, "-c", _MEASURE, *command],
            env=env,
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
    code, seconds, memory = done.stdout.split()[-3:]
    sys.stdout.write(
        f"{checkout}: exit code {code}, {float(seconds):.1f} s of processor time, {float(memory):.0f} MiB\n"
    )
    return float(seconds), float(memory)


def main() -> None:
    """Make a tree, or measure over one."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("make", "run"))
    parser.add_argument("tree", type=Path)
    parser.add_argument("--only", default="", help="start of the ids of the tasks that are written")
    parser.add_argument("--share", type=float, default=1.0, help="share of the stated instances")
    parser.add_argument("--beside", type=Path, help="another checkout to measure in the same run")
    end = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    given, for_pytest = parser.parse_args(sys.argv[1:end]), sys.argv[end + 1 :]
    if given.what == "make":
        demo.ensure(default_cache(), load_tasks())
        make(given.tree, given.only, given.share)
        return
    here = Path(__file__).parent.parent
    count = _counted(given.tree)
    seconds, _ = measure(given.tree, here, for_pytest)
    sys.stdout.write(f"{1e6 * seconds / count:.0f} microseconds an instance, {count} instances\n")
    if given.beside:
        other, _ = measure(given.tree, given.beside.resolve(), for_pytest)
        sys.stdout.write(f"{seconds / other:.2f} of the other checkout's processor time\n")


if __name__ == "__main__":
    main()
