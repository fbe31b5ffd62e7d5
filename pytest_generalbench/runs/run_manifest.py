"""`run.json`: settings, tasks and sessions of a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from pytest_generalbench import __version__
from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.json_files import parse_json
from pytest_generalbench.core.new_files import atomic_write
from pytest_generalbench.core.plain_types import MISFIT, check_types
from pytest_generalbench.core.regular_files import read_regular
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.runs.manifest import check_unchanged

RUN_FILE: Final = "run.json"
RUN_VERSION: Final = 1


@dataclass(slots=True)
class SessionEntry:
    """One pytest session that worked on the run."""

    started: str
    """Time in UTC, ISO 8601."""
    program: str = __version__
    """Version of this package."""
    command: list[str] = field(default_factory=list)
    """The command line, without secrets."""
    git: Mapping[str, Any] | None = None
    """State of the git repository that pytest was started in."""
    host: str = ""
    workers: int | str = 0
    """What `-n` was given; 0 without it."""
    seconds: float | None = None
    """How long the session took; None where it did not end in order."""

    @classmethod
    def begin(cls, command: list[str], git: Mapping[str, Any] | None, host: str, workers: int | str) -> Self:
        """Return the entry of a session that starts now."""
        return cls(datetime.now(UTC).isoformat(timespec="seconds"), __version__, command, git, host, workers)

    def to_plain(self) -> dict[str, Any]:
        """Return plain builtins; `seconds` is left out until the session has ended."""
        plain = asdict(self)
        if self.seconds is None:
            del plain["seconds"]
        return plain


@dataclass(slots=True)
class RunManifest:
    """Content of `run.json`."""

    invocation: str
    """The folder pytest was started in; relative paths of the settings are meant from here."""
    settings: Settings
    """Those of the latest session."""
    shaping: Mapping[str, Any]
    """The settings that answers depend on, as the first session had them (`folder.shaping`)."""
    number: int = 0
    """Counts the runs in `generalbench-runs`."""
    selection: list[str] | None = None
    """Ids of the tasks that the run is over, sorted; None before they were collected."""
    sessions: list[SessionEntry] = field(default_factory=list)
    is_finished: bool = False
    """Whether every task has a result."""
    is_complete: bool = False
    """Whether, beside that, every instance has an answer."""

    def to_plain(self) -> dict[str, Any]:
        """Return the content of the file in plain builtins."""
        plain: dict[str, Any] = {
            "v": RUN_VERSION,
            "number": self.number,
            "invocation": self.invocation,
            "settings": self.settings.to_dict(),
            "shaping": dict(self.shaping),
            "sessions": [session.to_plain() for session in self.sessions],
            "is_finished": self.is_finished,
            "is_complete": self.is_complete,
        }
        return plain if self.selection is None else {**plain, "selection": self.selection}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Return the manifest of a file's content; keys that this version lacks are left out.

        Raises one of `MISFIT` when a key is missing or is of another type.
        """
        manifest = cls(
            invocation=plain["invocation"],
            settings=Settings.from_dict(plain["settings"]),
            shaping=plain["shaping"],
            number=int(plain.get("number", 0)),
            selection=plain.get("selection"),
            sessions=[SessionEntry(**_known(SessionEntry, session)) for session in plain["sessions"]],
            is_finished=bool(plain.get("is_finished")),
            is_complete=bool(plain.get("is_complete")),
        )
        check_types(manifest)
        return manifest


def _known(kind: type, plain: Mapping[str, Any]) -> dict[str, Any]:
    return {item.name: plain[item.name] for item in fields(kind) if item.name in plain}


def write_run(folder: Path, manifest: RunManifest) -> None:
    """Write `run.json` in one step."""
    content = json.dumps(manifest.to_plain(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    atomic_write(folder / RUN_FILE, content.encode("utf-8", "backslashreplace"))


def read_run(folder: Path) -> RunManifest:
    """Return the manifest of a run folder.

    Raises:
        GeneralBenchError: there is none, it cannot be read, or a newer version wrote it.
        ChangedFileError: the run has ended, and the file is not as it was then.
    """
    path = folder / RUN_FILE
    try:
        raw = read_regular(path)
        check_unchanged(folder, RUN_FILE, raw)
        content = parse_json(raw.decode("utf-8"))
        version = content["v"]
        if isinstance(version, int) and version > RUN_VERSION:
            raise GeneralBenchError(
                f"{path} is of version {version}, this program reads up to {RUN_VERSION}: "
                "pip install --upgrade pytest-generalbench"
            )
        return RunManifest.from_plain(content)
    except FileNotFoundError:
        raise GeneralBenchError(f"{folder} is no run folder: it has no {RUN_FILE}") from None
    except OSError as error:
        raise GeneralBenchError(f"{path} cannot be read: {error}") from error
    except MISFIT as error:
        raise GeneralBenchError(
            f"{path} is not what a run writes: {type(error).__name__}: {error}"
        ) from error
