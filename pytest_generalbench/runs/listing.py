"""The runs in a folder: state, model, tier, and the command that goes on with each."""

from __future__ import annotations

import contextlib
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.runs.lock import is_held
from pytest_generalbench.runs.result_file import RESULT_FILE, read_result
from pytest_generalbench.runs.run_manifest import read_run

if TYPE_CHECKING:
    from pytest_generalbench.core.settings import Settings
    from pytest_generalbench.runs.run_manifest import RunManifest

DEFAULT_PARENT: Final = "generalbench-runs"
"""The folder, where pytest is started, of runs that were given none."""

_OF_RESUMING: Final = (
    "--generalbench-resume",
    "--generalbench-retry-errors",
    "--generalbench-run=",
    "--lf",
    "--last-failed",
)

RunState = Literal["running", "unfinished", "incomplete", "complete"]


@dataclass(frozen=True, slots=True)
class RunEntry:
    """One run of a folder."""

    folder: Path
    model: str
    """Its specification."""
    data: str
    state: RunState
    """`running`: a session writes into it; `unfinished`: tasks lack a result; `incomplete`: instances lack an
    answer; `complete`."""
    started: str
    """Of the first session; UTC, ISO 8601."""
    sessions: int
    tasks: int
    """Selected tasks; 0 before they were collected."""
    scored: int
    """Tasks with a full score."""
    tier: str | None
    """The tier as its terminal prints it; None before a session has ended."""
    command: str | None
    """What goes on with it; None for a complete run, and one that is running."""


def siblings(parent: Path) -> list[tuple[Path, RunManifest]]:
    """Return folder and manifest of the runs in `parent`, the oldest first."""
    runs = []
    for path in sorted(parent.iterdir()) if parent.is_dir() else ():
        with contextlib.suppress(GeneralBenchError):
            runs.append((path, read_run(path)))
    return sorted(runs, key=lambda item: item[1].number)


def list_runs(folder: str | Path = DEFAULT_PARENT) -> list[RunEntry]:
    """Return the runs in a folder, the oldest first.

    Args:
        folder: A folder of run folders, or one run folder.

    Raises:
        GeneralBenchError: there is no such folder.
    """
    parent = Path(folder)
    if not parent.is_dir():
        raise GeneralBenchError(
            f"{parent}: no such folder; runs lie in {DEFAULT_PARENT} where pytest was started"
        )
    with contextlib.suppress(GeneralBenchError):
        return [_entry(parent, read_run(parent))]
    return [_entry(path, manifest) for path, manifest in siblings(parent)]


def _entry(folder: Path, manifest: RunManifest) -> RunEntry:
    state = state_of(folder, manifest)
    result = None
    with contextlib.suppress(GeneralBenchError):
        result = read_result(folder) if (folder / RESULT_FILE).is_file() else None
    tier = None
    if result is not None:
        number, qualified = result.level.get("tier"), result.level.get("qualified")
        name = "-" if number is None else f"Level-{number}"
        tier = f"{name} [{qualified}]" if qualified else name
    goes_on = state in ("unfinished", "incomplete")
    return RunEntry(
        folder=folder,
        model=manifest.settings.model,
        data=manifest.settings.data,
        state=state,
        started=manifest.sessions[0].started if manifest.sessions else "",
        sessions=len(manifest.sessions),
        tasks=len(manifest.selection or ()),
        scored=result.counts.get("scored", 0) if result else 0,
        tier=tier,
        command=continue_command(folder, manifest) if goes_on else None,
    )


def state_of(folder: Path, manifest: RunManifest) -> RunState:
    """Return the state of a run."""
    if is_held(folder):
        return "running"
    if not manifest.is_finished:
        return "unfinished"
    return "complete" if manifest.is_complete else "incomplete"


def continue_command(folder: Path, manifest: RunManifest) -> str:
    """Return the command line that goes on with a run, as its latest session was started.

    A run whose tasks all have a result asks again what ended without an answer.
    """
    session = manifest.sessions[-1] if manifest.sessions else None
    given = session.command if session else ["pytest", f"--generalbench-model={manifest.settings.model}"]
    kept = [word for word in given if not word.startswith(_OF_RESUMING)]
    place = folder
    with contextlib.suppress(ValueError):
        place = folder.absolute().relative_to(Path(manifest.invocation))
    more = ["--generalbench-resume", f"--generalbench-run={place}"]
    if manifest.is_finished:
        more.append("--generalbench-retry-errors")
    return shlex.join([*kept, *more])


def newest_open(settings: Settings, invocation: Path) -> Path:
    """Return the newest run of the settings' model that is not over.

    With `retry_errors` a run that is over but incomplete counts as well.

    Raises:
        GeneralBenchError: there is none; the message lists runs of other models that could be meant.
    """
    parent = invocation / DEFAULT_PARENT
    open_runs = [
        (path, manifest) for path, manifest in siblings(parent) if _is_open(manifest, settings.retry_errors)
    ]
    own = [path for path, manifest in open_runs if manifest.settings.model == settings.model]
    if own:
        return own[-1]
    if open_runs:
        others = "; ".join(f"{path.name} of {manifest.settings.model}" for path, manifest in open_runs[-3:])
        raise GeneralBenchError(
            f"no unfinished run of {settings.model} in {parent}, but of other models: {others}; name the run "
            "with --generalbench-run=DIR, or start a new one without --generalbench-resume"
        )
    raise GeneralBenchError(
        f"no unfinished run in {parent}: start one without --generalbench-resume, or name one with "
        "--generalbench-run=DIR (`generalbench runs` lists all)"
    )


def _is_open(manifest: RunManifest, retry: bool) -> bool:
    return not manifest.is_finished or (retry and not manifest.is_complete)


def last_to_repeat(settings: Settings, invocation: Path) -> Path | None:
    """Return the run that `--lf` goes on with: the named one, or the newest open one of the model."""
    if settings.run is not None:
        named = invocation / settings.run
        with contextlib.suppress(GeneralBenchError):
            read_run(named)
            return named
        return None
    parent = invocation / DEFAULT_PARENT
    own = [item for item in siblings(parent) if item[1].settings.model == settings.model]
    return own[-1][0] if own and _is_open(own[-1][1], retry=True) else None
