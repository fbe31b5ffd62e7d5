"""Results of earlier sessions that hold as they are: all that they follow from is the same.

The conclusion of a task in the ledger names its facts: the files of its data, its answers, the task itself,
protocol, metric, settings, this program, and the table of its instances. Where a later session comes to the
same facts, the result is taken over, and no data are read. Anything else is no error: the task is then
prepared and compared request by request.
"""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest_generalbench
from pytest_generalbench import metrics, protocols
from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.reading import shown
from pytest_generalbench.core.settings import Affects, settings_that_affect
from pytest_generalbench.protocols.reading import with_reading
from pytest_generalbench.runs.instance_rows import rows_digest
from pytest_generalbench.runs.provenance import tasks_fingerprint
from pytest_generalbench.suite.data.read.folder_stamp import count_in, stamp_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_generalbench.core.settings import Settings
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.evaluation.preparation import PreparedTask
    from pytest_generalbench.runs.ledger.records import Tally
    from pytest_generalbench.runs.resume import PreviousSessions
    from pytest_generalbench.suite.data import DataSource

Facts = dict[str, str]
"""What a result follows from, by name; empty where that cannot be told without reading the data."""

_SETTINGS: Final = settings_that_affect(Affects.ANSWERS, Affects.RUN, Affects.SCORES) - {"data"}
"""A data folder counts by its files, wherever it is."""

_CLOCK_NS: Final = 20_000_000
"""How much a file's time may be behind the clock: a file that changed later than the data were opened, less
this, may have changed after it was read."""

_FILES_EACH: Final = 8
_FILES_MORE: Final = 1000
"""How many files of a task's folder are looked at, beside those that its requests name: so many for each
instance, and so many more."""


class KeptResults:
    """Comes to the facts of tasks, and compares them with those of earlier sessions."""

    def __init__(self, settings: Settings, data: DataSource, folder: Path, earlier: PreviousSessions) -> None:
        """Take what facts are of; `folder` is the run folder."""
        self._data = data
        self._folder = folder
        self._earlier = earlier
        self._settings = settings
        self._held: dict[str, bool] = {}

    @cached_property
    def _common(self) -> Facts:
        """What is the same for all tasks of a session; empty where the program has no folder."""
        package = Path(pytest_generalbench.__file__).parent
        program = stamp_of(package, most=1 << 16, skipped=("__pycache__",))
        plain = self._settings.to_dict()
        content = json.dumps({name: plain[name] for name in sorted(_SETTINGS)}, default=str)
        settings = hashlib.sha256(content.encode()).hexdigest()[:16]
        return {} if program is None else {"program": program.text, "settings": settings}

    def _of_task(self, task: Task, tally: Tally, rows: str) -> Facts:
        """Return all facts but the files of the data."""
        is_ours = protocols.is_built_in(task.protocol) and metrics.is_built_in(task.metric.name)
        if not self._common or not is_ours:  # a hook's code may be anywhere
            return {}
        protocol, metric = protocols.get(task.protocol), metrics.get(task.metric.name)
        return {
            **self._common,
            "task": tasks_fingerprint([task]),
            "protocol": f"{protocol.name}/{protocol.version}",
            "metric": f"{metric.name}/{metric.version}",
            "reading": shown(with_reading(task, protocol, self._settings.reading).reading),
            "records": str(tally),
            "rows": rows,
        }

    def facts(self, task: Task, prepared: PreparedTask, tally: Tally) -> Facts:
        """Return the facts of a result that was just made.

        Args:
            task: The task, as it was given.
            prepared: Its data as they were read.
            tally: Of all its records, those of earlier sessions included.
        """
        opened = prepared.scoring.opened
        try:
            files = self._data.files(task)
        except GeneralBenchError:
            return {}
        if files is None or not opened:
            return {}
        named = sum(len(medium.paths) for request in prepared.requests for medium in request.media)
        most = named + _FILES_EACH * len(prepared.scoring.instances) + _FILES_MORE
        stamp = stamp_of(files.folder, most)
        if stamp is None or stamp.latest_ns >= opened - _CLOCK_NS:
            return {}
        facts = self._of_task(task, tally, rows_digest(self._folder, task.id))
        return {**facts, "files": stamp.text} if facts else {}

    def hold(self, task: Task) -> bool:
        """Return whether all that the task's result followed from is the same now; no data are read."""
        if task.id not in self._held:
            self._held[task.id] = self._compare(task, self._earlier.facts(task.id))
        return self._held[task.id]

    def _compare(self, task: Task, before: Mapping[str, str]) -> bool:
        if not before:
            return False
        now = self._of_task(task, self._earlier.tally(task.id), rows_digest(self._folder, task.id))
        if not now or now != {name: value for name, value in before.items() if name != "files"}:
            return False
        try:
            files = self._data.files(task)
            stamp = None if files is None else stamp_of(files.folder, count_in(before["files"]))
        except (GeneralBenchError, ValueError, KeyError):
            return False
        return stamp is not None and stamp.text == before["files"]

    def has_rows(self, task: str) -> bool:
        """Return whether the table of the task's instances is as it was written, as far as that is known."""
        before = self._earlier.facts(task).get("rows")
        return before is None or before == rows_digest(self._folder, task)
