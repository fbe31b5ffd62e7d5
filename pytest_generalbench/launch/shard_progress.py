"""How far shards are, at the cost of what has changed since it was asked last."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.json_files import parse_json
from pytest_generalbench.core.new_files import atomic_write
from pytest_generalbench.core.plain_types import MISFIT, check_types
from pytest_generalbench.core.regular_files import read_regular_text
from pytest_generalbench.evaluation.progress import STALLED_S, RunProgress, WorkerProgress, progress_of
from pytest_generalbench.runs.heartbeat import HEARTBEAT_FILE, read_heartbeat
from pytest_generalbench.runs.ledger.index import LEDGER_GLOB
from pytest_generalbench.runs.manifest import MANIFEST_FILE
from pytest_generalbench.runs.run_manifest import RUN_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

STATUS_FILE: Final = "status.json"
"""In the folder of a launch: how far its shards were, and by which sizes of their files that was seen."""

_VERSION: Final = 1


class ShardsProgress:
    """How far the shards of a launch are.

    Of a running session, its heartbeat says it, at most 10 s old. Of any other, the ledgers do, and they are
    read again only when a file has another size or time than when they were read last, by any process.
    """

    def __init__(self, launch: Path) -> None:
        """Read what was kept when the launch was looked at last."""
        self._path = launch / STATUS_FILE
        self._kept: dict[str, Any] = {}
        self._is_new = False
        with suppress(OSError, *MISFIT):
            plain = parse_json(read_regular_text(self._path))
            self._kept = dict(plain["shards"]) if plain["v"] == _VERSION else {}

    def of(self, folder: Path, *, is_running: bool) -> RunProgress | None:
        """Return how far a shard is; None before its run has begun.

        Args:
            folder: Its run folder.
            is_running: Whether a session writes into it, or into what the folder is a copy of.
        """
        if is_running and (beat := _of_heartbeat(folder)) is not None:
            return beat
        signature = _signature(folder)
        kept = self._kept.get(folder.name)
        with suppress(*MISFIT):
            if kept is not None and kept["signature"] == signature:
                return _progress(kept["progress"])
        try:
            progress = progress_of(folder)
        except GeneralBenchError:
            return None
        if not is_running and progress.state != "running":
            self._kept[folder.name] = {"signature": signature, "progress": progress.to_dict()}
            self._is_new = True
        return progress

    def keep(self) -> None:
        """Keep what was read for whoever looks next; a folder that cannot be written is no error."""
        if self._is_new:
            content = json.dumps({"v": _VERSION, "shards": self._kept}) + "\n"
            with suppress(OSError):
                atomic_write(self._path, content.encode())


def _signature(folder: Path) -> list[list[Any]]:
    """Return name, size and time of each file that the progress is read from."""
    paths = [folder / RUN_FILE, folder / MANIFEST_FILE, *sorted(folder.glob(LEDGER_GLOB))]
    facts = [(path.name, path.stat()) for path in paths if path.is_file()]
    return [[name, stat.st_size, stat.st_mtime_ns] for name, stat in facts]


def _of_heartbeat(folder: Path) -> RunProgress | None:
    """Return what a session said of its progress last; None where it said nothing, or in an older form."""
    beat = read_heartbeat(folder)
    if beat is None:
        return None
    with suppress(OSError, *MISFIT):
        progress = _progress(parse_json(read_regular_text(folder / HEARTBEAT_FILE)))
        progress.heartbeat_s, progress.host = beat.age_s, beat.host
        progress.is_stalled = beat.age_s > STALLED_S
        return progress
    return None


def _progress(plain: Mapping[str, Any]) -> RunProgress:
    """Return progress of plain builtins. Raises one of `MISFIT` where they are of another form."""
    left = plain["remaining_s"]
    values = {
        **{item.name: plain[item.name] for item in fields(RunProgress) if item.name in plain},
        "workers": [WorkerProgress(**one) for one in plain["workers"]],
        "remaining_s": None if left is None else (float(left[0]), float(left[1])),
        "gpus": [],
    }
    progress = RunProgress(**values)
    check_types(progress)
    return progress
