"""A folder in which the commands of a page run offline as they are written."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.commands import CONSOLE
from tests.data import stand_in_hub
from tests.data.trees import Tree, question
from tests.docs.pages import ROOT, Block, script
from tests.models import tiny

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FEW = "causal-reasoning"
"""What a command runs that does not choose by itself: two tasks of eight instances."""
PLACEHOLDERS = {
    r"(?<=--generalbench-model=)(X|…|hf:NAME|hf:org/name|hf:\./mine)(?=\s)": "baseline:random",
    r"(?<==)/data/": "{folder}/data/",
    r"(?<= )/data/": "{folder}/data/",
    r"http://localhost:8000": "{server}",
    r"# … killed, .*": "(cd nlp; {death})",
    r"(?m)^(?=generalbench verify full$)": "printf x | {change}\n",
    # The newest run, where none is named.
    r"(?m)^(?=pytest .*--generalbench-resume$)": '(cd "$(ls -td generalbench-runs/* | head -1)"; {death})\n',
}
"""What stands for a reader's own model, folder, server and misfortune, and what is put there."""
UNFINISHED = """sed -i 's/"is_finished": true/"is_finished": false/' run.json"""
DEATH = f"rm result.json manifest.json; sed -i '$d' ledger-*; {UNFINISHED}"
"""What a killed session leaves: no result, an answer that is missing, and a run that is not finished."""
CHANGE = 'dd of="$(ls full/ledger-*)" seek=99 bs=1 conv=notrunc status=none'
"""Writes its input over a byte of a ledger."""
PYTEST = f"""#!/bin/sh
# A run that is continued is over the tasks that it was begun with; one worker is enough to run with workers.
case " $* " in *" --generalbench-resume "*) PYTEST_ADDOPTS=${{PYTEST_ADDOPTS#-k {FEW}}} ;; esac
case " $* " in *" -n "*) set -- "$@" -n 1 ;; esac
exec {sys.executable} -c 'from pytest import main; raise SystemExit(main())' "$@"
"""
PIP = f"""#!{sys.executable}
# Installs nothing: it refuses an extra that the project does not have.
import re, sys, tomllib
from pathlib import Path
project = tomllib.loads(Path({str(ROOT / "pyproject.toml")!r}).read_text(encoding="utf-8"))["project"]
words = sys.argv[2:]
if "-c" in words:
    number = words.index("-c")
    if not (Path({str(ROOT)!r}) / words[number + 1]).is_file():
        sys.exit(f"no such file: {{words[number + 1]}}")
    del words[number : number + 2]
wanted = [word for word in words if not word.startswith("-")]
own = [re.fullmatch(r"(?:pytest-generalbench|[.])(?:\\[(.+)\\])?", word) for word in wanted]
if sys.argv[1] != "install" or not wanted or not all(own):
    sys.exit(f"not an installation of this project: {{sys.argv[1:]}}")
extras = {{extra for match in own for extra in (match[1] or "").split(",") if extra}}
if unknown := extras - set(project["optional-dependencies"]):
    sys.exit(f"no such extra: {{', '.join(sorted(unknown))}}")
"""
COMMANDS = {
    "pytest": PYTEST,
    "pip": PIP,
    "generalbench": f"#!/bin/sh\nexec {sys.executable} -c '{CONSOLE}' \"$@\"\n",
    # The server itself is that of the test.
    "vllm": '#!/bin/sh\n[ "$1" = serve ] && [ -n "$2" ]\n',
}
MODEL = """
class Model:
    deterministic = True

    def generate(self, requests):
        return ["A" for _ in requests]

    def identity(self):
        return {"weights": "1"}
"""


@dataclass
class Stage:
    """A reader's folder, with the commands of an installation."""

    folder: Path
    finished: Mapping[str, Path]
    """Runs that are there to be copied, by the baseline that answered."""
    server: str = ""
    parts: ExitStack = field(default_factory=ExitStack)
    """What is closed when the page is through."""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        commands = self.folder / ".bin"
        commands.mkdir(exist_ok=True)
        for name, text in COMMANDS.items():
            (commands / name).write_text(text, encoding="utf-8")
            (commands / name).chmod(0o755)
        self.environment = {
            **os.environ,
            "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
            "PYTEST_ADDOPTS": f"-k {FEW} -p no:cacheprovider",
            "PYTEST_XDIST_AUTO_NUM_WORKERS": "1",
            "HF_HOME": str(self.folder / ".huggingface"),
            "HF_HUB_OFFLINE": "1",
            "OPENAI_API_KEY": "",
        }

    def file(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(self, model: str, *names: str) -> None:
        """Put a finished run of a baseline into each of these folders."""
        for name in names:
            shutil.copytree(self.finished[model], self.folder / name)

    def data(self, name: str) -> None:
        """Write a data folder of one task."""
        entries = [question(number) for number in range(4)]
        Tree(self.folder / name).annotation("nlp/Causal-Reasoning/annotation.json", entries)

    def words(self, text: str) -> str:
        """Return commands with what stands here for a reader's own model, folder and server."""
        for pattern, here in PLACEHOLDERS.items():
            text = re.sub(
                pattern, here.format(folder=self.folder, server=self.server, death=DEATH, change=CHANGE), text
            )
        return text

    def shell(self, text: str) -> subprocess.CompletedProcess[str]:
        """Run commands with bash, ending at the first that fails."""
        command = ["bash", "-euo", "pipefail", "-c", text]
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, check=False, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def perform(self, block: Block) -> subprocess.CompletedProcess[str]:
        """Run the commands of a block."""
        return self.shell(self.words(script(block)))


def finished_run(folder: Path, model: str) -> Path:
    """Run a baseline over a few tasks and return its folder."""
    stage = Stage(folder, {})
    done = stage.shell(f"pytest -q --generalbench-model=baseline:{model} -n 1 --generalbench-run=run")
    assert done.returncode == 0, done.stdout
    return folder / "run"


def published(stage: Stage, name: str) -> None:
    """Put a tiny model with random weights where a download of `name` would be."""
    model = stage.folder / ".huggingface" / "hub" / f"models--{name.replace('/', '--')}"
    tiny.save_text_model(model / "snapshots" / "0")
    (model / "refs").mkdir()
    (model / "refs" / "main").write_text("0", encoding="utf-8")


def readme(stage: Stage) -> None:
    stage.data("data/General-Bench-Openset")
    published(stage, "Qwen/Qwen2.5-0.5B-Instruct")
    stage.run("random", "generalbench-runs/20261127T101500Z-4711", "finished")
    export = "generalbench export finished --format official --out sent"
    assert stage.shell(f"{export} && mv sent/*_result.xlsx gpt4v_result.xlsx").returncode == 0


def models(stage: Stage) -> None:
    published(stage, "Qwen/Qwen2.5-0.5B-Instruct")


def ci(stage: Stage) -> None:
    stage.file("model.py", MODEL.replace("Model", "make"))


def download(stage: Stage) -> None:
    Tree(stage.folder / "hub").annotation("nlp/Causal-Reasoning/annotation.json")
    hub = stand_in_hub.StandInHub(stage.folder / "hub")
    stage.parts.enter_context(stand_in_hub.serve(hub))
    stage.environment |= {"HF_ENDPOINT": hub.address, "HF_HUB_OFFLINE": "0"}


def generation(stage: Stage) -> None:
    (stage.folder / "DIR").mkdir()
    stage.environment["PYTEST_ADDOPTS"] += " --generalbench-limit=1"


def leaderboard(stage: Stage) -> None:
    stage.run("random", "generalbench-runs/one", "run-a")
    stage.run("majority", "generalbench-runs/two", "run-b")


def several_machines(stage: Stage) -> None:
    stage.environment |= {
        "SLURM_SUBMIT_DIR": str(stage.folder), "SLURM_ARRAY_TASK_ID": "1", "SLURM_ARRAY_TASK_COUNT": "2",
        "SLURM_ARRAY_JOB_ID": "17", "JOB": "17",
    }  # fmt: skip
    other = "pytest -q --generalbench-model=baseline:random --generalbench-shard=2/2"
    assert stage.shell(f"{other} --generalbench-run=runs/17/2").returncode == 0


def report(stage: Stage) -> None:
    stage.run("random", "generalbench-runs/20261127T101500Z-4711", "before")
    stage.run("majority", "after")


def runs(stage: Stage) -> None:
    stage.file("my_model.py", MODEL)
    stage.run("random", "random", "full")
    stage.run("majority", "majority")
    for number in "12":
        stage.file("cached.py", MODEL.replace('"1"', f'"{number}"'))
        cached = f"--generalbench-cache=answers --generalbench-run=e{number}"
        assert stage.shell(f"pytest -q --generalbench-model=python:cached.py:Model {cached}").returncode == 0
    stage.data("data")
    stage.environment["GENERALBENCH_DATA"] = str(stage.folder / "data")


def statistics(stage: Stage) -> None:
    stage.file("mine.py", MODEL)
    stage.run("random", "RUN", "before", "runs/main")
    stage.run("random", "after")


BEFORE: dict[str, Callable[[Stage], None]] = {
    "README.md": readme,
    "docs/ci.md": ci,
    "docs/download.md": download,
    "docs/generation.md": generation,
    "docs/leaderboard.md": leaderboard,
    "docs/models.md": models,
    "docs/multi-node.md": several_machines,
    "docs/report.md": report,
    "docs/runs.md": runs,
    "docs/statistics.md": statistics,
}
"""What a page takes to be there before its first command."""
