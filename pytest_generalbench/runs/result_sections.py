"""The sections of a result file: the keys of each, and their types (docs/result.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

if TYPE_CHECKING:
    from pytest_generalbench.core.result import ProbeCounts

ModelSection = Mapping[str, Any]
"""`spec`, and what the loaded model says of itself: keys of its own choice."""


class DataSection(TypedDict):
    """Where the instances come from."""

    name: str
    split: str
    is_demo: bool
    note: NotRequired[str]
    """Goes with demo data."""
    revision: NotRequired[str]
    """The commit of the hub's repository that they were downloaded at; absent where that is not one."""
    fingerprint: NotRequired[str | None]
    """Over the data of all tasks; None or absent where none was read."""


class SettingsSection(TypedDict, total=False):
    """The settings that answers, scores or levels depend on; a file has those that its version knew."""

    model: str
    data: str
    split: str
    board: str
    limit: int | None
    subset: str | None
    scoring: str
    sota: str
    shard: str | None
    judge: str | None
    mos: str | None


class EnvironmentSection(TypedDict, total=False):
    """What the scores may depend on beside the program."""

    python: str
    implementation: str
    platform: str
    processors: int | None
    processor: str | None
    memory_mib: int | None
    gpus: Sequence[str]
    versions: Mapping[str, str]


class DefinitionsSection(TypedDict, total=False):
    """Fingerprint of the task files, and versions of the metrics and protocols that they use."""

    tasks: str | None
    metrics: Mapping[str, int]
    protocols: Mapping[str, int]


class CacheCounts(TypedDict):
    """How many answers came from the answer cache, and how many instances were asked."""

    hits: int
    asked: int


class RunSection(TypedDict):
    """What comparisons of two results set aside."""

    started: str | None
    seconds: float | None
    tasks: Mapping[str, float]
    """Seconds by task."""
    torn_lines: Sequence[Sequence[Any]]
    """Ledger and byte of each line that a death cut off."""
    cached: CacheCounts
    settings: Mapping[str, Any]
    """Those that no number depends on."""
    sessions: Sequence[Mapping[str, Any]]
    asking: NotRequired[Mapping[str, float]]
    """Of the seconds by task, those that the model took."""
    sizes: NotRequired[Mapping[str, int]]
    """Instances of the data by task, where a limit or subset left some out."""
    probe: NotRequired[ProbeCounts]
