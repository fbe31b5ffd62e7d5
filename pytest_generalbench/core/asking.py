r"""How a user wants tasks to be asked: own prompts, a system prompt, the length of answers.

A file of prompts is YAML. Each key is optional; what is nearer to a task goes before what is farther:

    system: You are a careful annotator.
    prompt: "{question}\\n{instruction}"
    protocols: {label: {prompt: "{question}\\n{labels}\\n{instruction}"}}
    skills: {Causal Reasoning: {system: You are a logician.}}
    tasks: {nlp/causal-reasoning: {prompt: "{question}\\n{options}\\nAnswer with one letter."}}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import GeneralBenchError, UnknownWordError
from pytest_generalbench.core.yaml_files import read_yaml

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pytest_generalbench.core.request import Request
    from pytest_generalbench.core.task import Task

_TEXTS: Final = ("prompt", "system")
_GROUPS: Final = ("protocols", "skills", "tasks")

FIELD: Final = re.compile(r"\{([a-z_]+)\}")
"""A field of a prompt template: only names in lower case count, so other braces are safe."""

Prompts = Mapping[str, Any]
"""The content of a file of prompts, checked (`prompts_from_file`)."""

_LENGTH: Final = re.compile(r"x(?P<factor>[0-9]+(\.[0-9]+)?)|(?P<tokens>[0-9]+)")


@dataclass(frozen=True, slots=True)
class Asking:
    """How one task is asked, where that is not the protocol's own way."""

    prompt: str | None = None
    """Replaces the prompt template."""
    system: str = ""
    """The system prompt."""
    factor: Fraction | None = None
    """Multiplies the length of an answer."""
    tokens: int | None = None
    """Replaces the length of an answer."""

    def applied(self, request: Request) -> Request:
        """Return the request with system prompt and answer length."""
        if self.tokens is not None:
            request = replace(request, max_new_tokens=self.tokens)
        elif self.factor is not None:
            request = replace(request, max_new_tokens=max(1, int(request.max_new_tokens * self.factor)))
        return replace(request, system=self.system) if self.system else request

    def notes(self) -> tuple[str, ...]:
        """Return what a reader of the score must know; () where the task is asked in the protocol's way."""
        notes = []
        if self.prompt is not None:
            notes.append("asked with a prompt of the user's own")
        if self.system:
            notes.append("asked with a system prompt")
        if self.tokens is not None:
            notes.append(f"answers of at most {self.tokens} tokens")
        elif self.factor is not None:
            notes.append(f"answers of at most {float(self.factor):g} times the usual tokens")
        return tuple(notes)


def asking_of(task: Task, prompts: Prompts, lengths: str | None) -> Asking:
    """Return how a task is asked.

    Args:
        task: The task.
        prompts: The user's prompts.
        lengths: The user's answer lengths (`checked_lengths`), None where there are none.
    """
    texts: dict[str, str] = {}
    nearest_last = [prompts, *(prompts.get(group, {}).get(_name(task, group), {}) for group in _GROUPS)]
    for entry in nearest_last:
        texts.update({name: entry[name] for name in _TEXTS if name in entry})
    length = _length_of(task.id, lengths) if lengths else None
    return Asking(
        prompt=texts.get("prompt"),
        system=texts.get("system", ""),
        factor=Fraction(length["factor"]) if length and length["factor"] else None,
        tokens=int(length["tokens"]) if length and length["tokens"] else None,
    )


def _name(task: Task, group: str) -> str:
    return {"protocols": task.protocol, "skills": task.skill, "tasks": task.id}[group]


def _length_of(task: str, lengths: str) -> re.Match[str] | None:
    """Return the last length whose pattern a task's id matches; one without a pattern is for all."""
    matched = None
    for part in lengths.split(","):
        pattern, _, length = part.strip().rpartition("=")
        if not pattern or fnmatchcase(task, pattern):
            matched = _LENGTH.fullmatch(length)
    return matched


def checked_lengths(given: str, option: str) -> str:
    """Return answer lengths as they are kept: `x2`, `512`, `nlp/*=x4`, several with commas.

    Raises:
        GeneralBenchError: a part is no factor and no number above 0.
    """
    parts = [part.strip() for part in given.split(",") if part.strip()]
    for part in parts:
        length = _LENGTH.fullmatch(part.rpartition("=")[2])
        if length is None or not float(length["factor"] or length["tokens"]):
            raise GeneralBenchError(
                f"{option} takes a number of tokens (512), a factor (x2), or these by task "
                f"(nlp/causal-reasoning=64,video/*=x4), not {part!r}"
            )
    return ",".join(parts)


def prompts_from_file(path: Path) -> dict[str, Any]:
    """Return the prompts of a YAML file.

    Raises:
        GeneralBenchError: the file cannot be read, or has a key or value that no file of prompts has; the
            message names file and key.
    """
    import yaml

    try:
        content = read_yaml(path)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise GeneralBenchError(f"{path}: {' '.join(str(error).split())}") from error
    entry = _entry(content, str(path), (*_TEXTS, *_GROUPS))
    for group in _GROUPS:
        members = entry.get(group, {})
        if not isinstance(members, Mapping):
            raise GeneralBenchError(f"{path}: {group} maps names to prompts, not {members!r:.60}")
        entry[group] = {
            str(name): _entry(given, f"{path}, {group}, {name}", _TEXTS) for name, given in members.items()
        }
    return {key: value for key, value in entry.items() if value}


def _entry(given: Any, where: str, known: Collection[str]) -> dict[str, Any]:
    """Return one entry of a file of prompts; a bare text is a prompt."""
    if isinstance(given, str):
        given = {"prompt": given}
    if not isinstance(given, Mapping):
        raise GeneralBenchError(
            f"{where}: a prompt is a text, or has {' and '.join(_TEXTS)}, not {given!r:.60}"
        )
    for key, value in given.items():
        if key not in known:
            raise GeneralBenchError(f"{where}: {UnknownWordError('key', key, known)}")
        if key in _TEXTS and not (isinstance(value, str) and value.strip()):
            raise GeneralBenchError(f"{where}: {key} must be a text, not {value!r:.60}")
    return dict(given)


def check_prompts(prompts: Prompts, tasks: Iterable[Task], fields: Mapping[str, Collection[str]]) -> None:
    """Check prompts against the tasks before anything is asked.

    Args:
        prompts: The user's prompts.
        tasks: All tasks.
        fields: By protocol, the fields that its templates may use.

    Raises:
        GeneralBenchError: a protocol, skill or task does not exist, or a template uses a field that the
            protocol of a task that it is for does not have.
    """
    if not prompts:
        return
    known = list(tasks)
    for group in _GROUPS:
        names = {_name(task, group) for task in known}
        for name in prompts.get(group, {}):
            if name not in names:
                near = get_close_matches(str(name), names, n=12, cutoff=0.4) or sorted(names)[:12]
                raise GeneralBenchError(f"prompts: {UnknownWordError(group[:-1], name, near)}")
    for task in known:
        template = asking_of(task, prompts, None).prompt
        for name in FIELD.findall(template or ""):
            if name not in fields[task.protocol]:
                error = UnknownWordError(
                    "field", f"{{{name}}}", [f"{{{one}}}" for one in fields[task.protocol]]
                )
                raise GeneralBenchError(f"prompts: for {task.id} (protocol {task.protocol}): {error}")
