"""Failures of shards that would come again in the same way, so that another attempt is no use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.evaluation.progress import progress_of
from pytest_generalbench.launch.shards import ended_in_order
from pytest_generalbench.runs.lock import is_held
from pytest_generalbench.runs.result_file import read_result

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_generalbench.launch.shards import ShardJob

_USAGE_ERROR: Final = 4
"""The exit code of pytest for arguments that it refuses."""
_LOG_END: Final = 8192
"""Bytes of a log in which its last message is looked for."""


@dataclass(frozen=True, slots=True)
class _Failure:
    """How a session failed that ended in order."""

    reasons: frozenset[str]
    """What its failed tasks say."""
    answered: int
    """Instances that the shard had answered by then."""


@dataclass(slots=True)
class LastingFailures:
    """What the shards of a launch failed with, to know it again."""

    _by_shard: dict[int, _Failure] = field(default_factory=dict)
    _at_once: set[frozenset[str]] = field(default_factory=set)
    """What shards failed with that had answered nothing, as where the model cannot be loaded."""

    def reason(self, job: ShardJob, exit_code: int | None) -> str | None:
        """Return why a shard would fail again in the same way; None where it may not.

        A usage error is one. A session that ended in order and failed is one once another has failed with the
        same words: one of the same shard that answered no more, or of any shard if both answered nothing.
        """
        if exit_code == _USAGE_ERROR and not is_held(job.folder):
            return f"pytest refuses its arguments: {_last_error(job.log)}"
        failure = _failure(job.folder)
        if failure is None:
            return None
        is_known = self._by_shard.get(job.number) == failure or (
            failure.answered == 0 and failure.reasons in self._at_once
        )
        self._by_shard[job.number] = failure
        if failure.answered == 0:
            self._at_once.add(failure.reasons)
        return f"it fails again with {min(failure.reasons)!r:.300}" if is_known else None


def _failure(folder: Path) -> _Failure | None:
    """Return how a shard's latest session failed; None where it did not, or did not end in order."""
    if not ended_in_order(folder):
        return None
    try:
        entries = read_result(folder).tasks
        reasons = {entry.result.reason or "" for entry in entries if entry.result.state == "failed"}
        return _Failure(frozenset(reasons), progress_of(folder).answered) if reasons else None
    except GeneralBenchError:
        return None


def _last_error(log: Path) -> str:
    """Return the last line of a log that says what is wrong."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _LOG_END))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return "its log cannot be read"
    written = [line for line in lines if line.strip()]
    errors = [line for line in written if "error: " in line.lower()]
    return (errors or written or ["its log is empty"])[-1]
