"""What a finished run measured of its tasks, as a text that settings can hold.

A subset that is made by measured spreads and seconds must be the same on every machine and when the run is
continued or scored again. So the figures themselves are kept in the settings, not the place they came from.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Final, NamedTuple

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.json_files import parse_json
from pytest_generalbench.core.plain_types import MISFIT
from pytest_generalbench.core.regular_files import read_regular_text

_FILE: Final = "result.json"
_DIGITS: Final = 4
"""Significant digits that are kept: more would only make the text longer."""


class MeasuredTask(NamedTuple):
    """What a run measured of one task."""

    score: float
    """In the metric's unit."""
    sigma: float
    """Standard deviation of what the instances add to the score, in the same unit: stderr · √n."""
    n: int
    """Instances that the score is over."""
    seconds: float
    """Of one answer; 0 where they are not known."""


class MeasuredTasks(NamedTuple):
    """What a run measured of its tasks."""

    model: str
    """The specification of the model that the run was of."""
    tasks: dict[str, MeasuredTask]


def measured_text(path: Path) -> str:
    """Return what a finished run measured, as one line of JSON.

    Args:
        path: A run folder, or its `result.json`.

    Raises:
        GeneralBenchError: there is no such file, it is no result, or none of its tasks has a standard error.
    """
    file = path
    try:
        file = path / _FILE if path.is_dir() else path
        content = parse_json(read_regular_text(file))
        model = str(content["model"]["spec"])
        seconds = content["run"].get("tasks", {})
        tasks = {entry["id"]: _measured(entry, seconds) for entry in content["tasks"]}
    except (OSError, *MISFIT) as error:
        reason = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
        raise GeneralBenchError(f"{file} is no result of a run: {reason}") from error
    known = {name: given for name, given in sorted(tasks.items()) if given is not None}
    if not known:
        raise GeneralBenchError(f"{file} has no task with a standard error: nothing can be learned from it")
    return json.dumps({"model": model, "tasks": known}, separators=(",", ":"))


def _measured(entry: dict[str, Any], seconds: dict[str, float]) -> list[float] | None:
    score, stderr, n = entry["score"], entry["stderr"], int(entry["n"])
    if score is None or stderr is None or n < 2 or entry["state"] != "scored":
        return None
    answers = sum(entry["states"].values())
    each = float(seconds.get(entry["id"]) or 0.0) / answers if answers else 0.0
    return [_rounded(score), _rounded(stderr * math.sqrt(n)), n, _rounded(each)]


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def measured_tasks(text: str) -> MeasuredTasks:
    """Return what `measured_text` wrote.

    >>> measured_tasks('{"model":"hf:x","tasks":{"nlp/a":[60.0,49.0,24,0.5]}}').tasks["nlp/a"].sigma
    49.0
    """
    plain = json.loads(text)
    tasks = {
        name: MeasuredTask(float(score), float(sigma), int(n), float(seconds))
        for name, (score, sigma, n, seconds) in plain["tasks"].items()
    }
    return MeasuredTasks(plain["model"], tasks)
