"""Provenance of a run: versions, machine, command line, git state, task files, definitions."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench import __version__, metrics, protocols
from pytest_generalbench.core.settings import IDLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_generalbench.core.settings import Settings
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.runs.result_sections import DefinitionsSection, EnvironmentSection

_PACKAGES: Final = (
    "pytest", "pytest-xdist", "numpy", "pandas", "scipy", "torch", "transformers", "diffusers", "tokenizers",
    "codebleu", "pillow", "soundfile", "soxr", "av", "trimesh", "pycocotools", "vllm",
)  # fmt: skip
_OTHERS: Final = frozenset({"pytest", "pytest-xdist", "pandas", "codebleu", "pycocotools"})
"""Libraries that no model answers with."""

_PATIENCE_S: Final = 10.0
HIDDEN: Final = "***"
_SECRET_NAME: Final = re.compile(r"(key|token|secret|passw|credential|auth)", re.IGNORECASE)
_SECRET_VALUE: Final = re.compile(
    r"\b(?:sk|hf|ghp|gho|glpat|xox[abp])[-_][A-Za-z0-9_-]{8,}|\bBearer\s+\S+|(?<=://)[^/@\s]+(?=@)"
)


def environment() -> EnvironmentSection:
    """Return what the scores may depend on: interpreter, platform, machine, versions of libraries."""
    versions = {"pytest-generalbench": __version__}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "python": platform.python_version(),
        "implementation": sys.implementation.name,
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "processor": _processor(),
        "memory_mib": _memory(),
        "gpus": _gpus(),
        "versions": versions,
    }


def _processor() -> str | None:
    try:
        processor = re.search(
            r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text("utf-8"), re.MULTILINE
        )
    except OSError:
        processor = None
    return processor[1] if processor else platform.processor() or None


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    except (ValueError, OSError, AttributeError):
        return None


def _gpus() -> list[str]:
    """Return name, memory and driver of every GPU that the driver's own tool lists."""
    query = ["--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    value = program_output(["nvidia-smi", *query], Path.cwd())
    return [line.strip() for line in (value or "").splitlines() if line.strip()]


def program_output(command: Sequence[str], folder: Path) -> str | None:
    """Return what a program prints, None when it is not there, fails or takes too long."""
    program = shutil.which(command[0])
    if program is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command, no shell
            [program, *command[1:]],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout if done.returncode == 0 else None


def backend(settings: Settings) -> dict[str, Any]:
    """Return what answers depend on beside the model's weights and the request."""
    facts = environment()
    plain = settings.to_dict()
    return {
        "python": facts["python"],
        "versions": {key: facts["versions"][key] for key in facts["versions"] if key not in _OTHERS},
        "gpus": [gpu.rpartition(",")[0] for gpu in facts["gpus"]],
        "settings": {key: plain[key] for key in sorted(plain.keys() - IDLE)},
        "spec": settings.model,
    }


def git_state(folder: Path) -> dict[str, Any] | None:
    """Return commit and cleanness of the repository that `folder` lies in, None outside of one."""
    commit = program_output(["git", "rev-parse", "HEAD"], folder)
    if commit is None:
        return None
    changed = program_output(["git", "status", "--porcelain", "--untracked-files=no"], folder)
    return {"commit": commit.strip(), "is_clean": None if changed is None else not changed.strip()}


def without_secrets(arguments: Iterable[str]) -> list[str]:
    """Return the command line with keys, tokens and passwords hidden."""
    parts: list[str] = []
    hide_next = False
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if hide_next:
            parts.append(HIDDEN)
        elif argument.startswith("-") and equals and _SECRET_NAME.search(name):
            parts.append(f"{name}={HIDDEN}" if value else argument)
        else:
            parts.append(_SECRET_VALUE.sub(HIDDEN, argument))
        hide_next = argument.startswith("--") and not equals and bool(_SECRET_NAME.search(name))
    return parts


def tasks_fingerprint(tasks: Iterable[Task]) -> str:
    """Return 16 hex digits over everything that the task files say of `tasks`."""
    digest = hashlib.sha256()
    for task in sorted(tasks, key=lambda task: task.id):
        digest.update(json.dumps(task.to_dict(), sort_keys=True, default=str).encode() + b"\n")
    return digest.hexdigest()[:16]


def definitions(tasks: Iterable[Task]) -> DefinitionsSection:
    """Return a fingerprint of the task files, and the versions of the metrics and protocols they use."""
    tasks = list(tasks)
    names = {task.metric.name for task in tasks} & set(metrics.names())
    asked = {task.protocol for task in tasks} & set(protocols.names())
    return {
        "tasks": tasks_fingerprint(tasks),
        "metrics": {name: metrics.get(name).version for name in sorted(names)},
        "protocols": {name: protocols.get(name).version for name in sorted(asked)},
    }
