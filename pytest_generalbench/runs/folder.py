"""The run folder: creation, continuation, and the record of its sessions."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.new_files import atomic_write, private_folder
from pytest_generalbench.core.regular_files import user_path
from pytest_generalbench.core.settings import MAY_CHANGE, Settings
from pytest_generalbench.runs.batch_claims import forget
from pytest_generalbench.runs.heartbeat import HEARTBEAT_FILE
from pytest_generalbench.runs.ledger.index import LEDGER_GLOB
from pytest_generalbench.runs.listing import DEFAULT_PARENT, newest_open, siblings
from pytest_generalbench.runs.lock import LOCK_FILE, RunLock, wait_for_workers
from pytest_generalbench.runs.manifest import IGNORE_FILE, MANIFEST_FILE
from pytest_generalbench.runs.resume import ResumeError, differences
from pytest_generalbench.runs.run_manifest import RUN_FILE, RunManifest, SessionEntry, read_run, write_run

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PREDICTIONS_FOLDER: Final = "predictions"
"""Where the exported predictions of a close-set run lie."""

_REPLACED: Final = (RUN_FILE, MANIFEST_FILE, HEARTBEAT_FILE)


def ledger_path(folder: Path, worker: str) -> Path:
    """Return the ledger file of one worker process; a replaced worker writes a file of its own."""
    return folder / f"ledger-{worker}-{os.getpid()}.jsonl"


def shaping(settings: Settings) -> dict[str, Any]:
    """Return the settings that answers depend on; a data folder counts by its content, not its name."""
    lasting = {key: value for key, value in settings.to_dict().items() if key not in MAY_CHANGE}
    plain: dict[str, Any] = json.loads(json.dumps(lasting))  # as `run.json` gives it back
    if plain["data"] not in ("demo", "hub"):
        plain["data"] = "folder"
    return plain


@dataclass(slots=True)
class RunFolder:
    """The folder of one run, locked by this session."""

    path: Path
    session: int
    """1 for the session that made it, one more for each that continues it."""
    lock: RunLock
    manifest: RunManifest
    """Content of `run.json`."""
    before: dict[str, bytes] = field(default_factory=dict)
    """What this session replaced when it took the run up, by file name."""
    files: frozenset[Path] = frozenset()
    """The files that were there when this session took the run up."""

    @property
    def selection(self) -> frozenset[str] | None:
        """The tasks of the run; None before they were collected."""
        return None if self.manifest.selection is None else frozenset(self.manifest.selection)

    def select(self, tasks: Iterable[str], *, some: bool = False) -> None:
        """Write the run's tasks to `run.json`.

        Args:
            tasks: Ids of the tasks that are selected.
            some: Whether a part of the run's tasks is selected on purpose (`--lf`).

        Raises:
            ResumeError: an earlier session had others.
            GeneralBenchError: the file cannot be written.
        """
        now = sorted(tasks)
        before = self.manifest.selection
        if some and before is not None and set(now) <= set(before):
            return
        if before is not None and before != now:
            missing, more = sorted(set(before) - set(now)), sorted(set(now) - set(before))
            first = f"without {missing[0]}" if missing else f"with {more[0]}"
            raise ResumeError(
                f"the run {self.path} cannot be continued: selection was {len(before)} tasks and is "
                f"{len(now)} ({first}); give the same -k, -m and paths, or none"
            )
        if before is None:
            self.manifest.selection = now
            try:
                self.save()
            except OSError as error:
                reason = error.strerror or error
                raise GeneralBenchError(f"the run folder {self.path} cannot be written: {reason}") from error

    def finish(self, is_finished: bool, is_complete: bool, seconds: float) -> None:
        """Write how the session ended: whether every task has a result, and every instance an answer."""
        self.manifest.is_finished, self.manifest.is_complete = is_finished, is_complete
        self.manifest.sessions[-1].seconds = seconds
        self.save()

    def save(self) -> None:
        """Write `run.json`."""
        write_run(self.path, self.manifest)

    @property
    def is_untouched(self) -> bool:
        """Whether this session made the run, and no process opened a ledger in it."""
        return self.session == 1 and not any(self.path.glob(LEDGER_GLOB))

    def give_back(self) -> None:
        """Restore the run as it was before this session, which was refused before any inference."""
        for path in set(_files(self.path)) - self.files - {self.lock.path}:
            path.unlink(missing_ok=True)
        for name, content in self.before.items():
            atomic_write(self.path / name, content)
        self.lock.release()

    def discard(self) -> None:
        """Remove the folder of a session that ran no task; one that holds anything stays."""
        self.lock.release()
        if self.session == 1:
            with contextlib.suppress(OSError):
                (self.path / RUN_FILE).unlink()
                (self.path / IGNORE_FILE).unlink(missing_ok=True)
                self.path.rmdir()
                if self.path.parent.name == DEFAULT_PARENT:
                    self.path.parent.rmdir()


def _is_left_over(path: Path) -> bool:
    """Whether a session that died before it had a run left this file; `RunLock` asks whether it lives."""
    return path.name in (LOCK_FILE, IGNORE_FILE) or path.suffix == ".tmp"


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def create_run(settings: Settings, invocation: Path, session: SessionEntry) -> RunFolder:
    """Create the run folder.

    Without a name it is `generalbench-runs/<time>-<pid>` in the folder pytest was started in.
    Raises GeneralBenchError when the named one already holds something, or cannot be written.
    """
    number = 1
    if settings.run is None:
        parent = invocation / DEFAULT_PARENT
        folder = parent / f"{datetime.now(UTC).strftime('%Y%m%dT%H%M%SZ')}-{os.getpid()}"
        # Counted, not timed: a clock that goes back must not make an older run the newest.
        number += max((manifest.number for _, manifest in siblings(parent)), default=0)
    else:
        folder = user_path(settings.run, invocation)
    try:
        private_folder(folder)
        if any(not _is_left_over(path) for path in folder.iterdir()):
            way = f", or continue it with --generalbench-resume --generalbench-run={settings.run}"
            held = (folder / RUN_FILE).is_file() and settings.run is not None
            raise GeneralBenchError(
                f"the run folder {folder} is not empty: name a new one, or remove it{way if held else ''}"
            )
        manifest = RunManifest(str(invocation), settings, shaping(settings), number, sessions=[session])
        run = RunFolder(folder, 1, RunLock(folder), manifest)
        for path in folder.glob("*.tmp"):
            path.unlink()
        # As pytest's own cache folder does it; whoever wants a run in git removes the file.
        (folder / IGNORE_FILE).write_text("*\n", encoding="utf-8")
        run.save()
    except OSError as error:
        reason = error.strerror or error
        raise GeneralBenchError(f"the run folder {folder} cannot be made: {reason}") from error
    return run


def continue_run(settings: Settings, invocation: Path, session: SessionEntry) -> RunFolder:
    """Continue the named run, or the newest unfinished one in `generalbench-runs`.

    Raises GeneralBenchError when there is none, when another session has it, and, naming every
    difference, when a setting that answers depend on is not what it was.
    """
    folder = user_path(settings.run, invocation) if settings.run else newest_open(settings, invocation)
    manifest = read_run(folder)
    default = shaping(Settings(model=""))  # a setting that did not exist yet had its default
    files = frozenset(_files(folder))
    differing = differences({**default, **manifest.shaping}, shaping(settings))
    if differing:
        raise ResumeError(f"the run {folder} cannot be continued with other settings: {'; '.join(differing)}")
    lock = RunLock(folder)
    try:
        wait_for_workers(folder)
        # Read again: between reading and holding it, another session may have gone through.
        manifest = read_run(folder)
        kept = {name: (folder / name).read_bytes() for name in _REPLACED if (folder / name).is_file()}
        for path in folder.rglob("*.tmp"):
            path.unlink()  # half written by a session that died
        forget(folder)
        manifest.sessions.append(session)
        manifest.is_finished, manifest.settings, manifest.invocation = False, settings, str(invocation)
        run = RunFolder(folder, len(manifest.sessions), lock, manifest, kept, files)
        run.save()
        (folder / MANIFEST_FILE).unlink(missing_ok=True)  # it tells of a finished run, which this is no more
    except OSError as error:
        lock.release()
        raise GeneralBenchError(
            f"the run folder {folder} cannot be written: {error.strerror or error}"
        ) from error
    except GeneralBenchError:
        lock.release()
        raise
    return run
