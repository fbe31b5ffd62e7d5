"""The settings of a run: what the options, ini keys and environment come to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that shapes a run; the same values reach every worker."""

    model: str
    data: str = "demo"
    split: str = "open"
    board: str = "A"
    limit: int | None = None
    scoring: str = "paper"
    sota: str = "released"
    run: str | None = None
    batch_size: int | None = None
    """None: the model's own preference."""
    base_url: str | None = None
    judge: str | None = None
    weights: str | None = None
    """Folder of the pretrained models that metrics measure with."""
    human_scores: str | None = None
    """CSV file of people's ratings."""
    mos: str | None = None
    """`auto`: a predictor stands in for people."""
    offline: bool = False
    trust_remote_code: bool = False
    resume: bool = False
    max_errors: str | None = None
    """`N` instances or `P%` of them may end without an answer before the exit code is 1; None: none."""
    retry_errors: bool = False
    cache: str | None = None
    """Folder of the answer cache that runs share."""
    cache_all: bool = False
    """Whether answers that may differ each time are cached too."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain builtins for the result file."""
        return asdict(self)


MAY_CHANGE: Final = frozenset({
    "scoring", "sota", "run", "resume", "batch_size", "base_url", "offline", "weights", "human_scores",
    "trust_remote_code", "max_errors", "retry_errors", "cache", "cache_all", "instance_timeout",
    "task_timeout", "probe", "gpus_per_worker", "share_gpus", "concurrency", "request_timeout", "retries",
})  # fmt: skip
"""Settings that no answer of a run depends on: a resumed session may have others, of these only."""

IDLE: Final = (MAY_CHANGE - {"base_url", "trust_remote_code"}) | {
    "model", "data", "split", "board", "limit", "judge", "mos", "shard",
}  # fmt: skip
"""Settings that the answer to a request does not depend on; of any other one, cached answers do."""
