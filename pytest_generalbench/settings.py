"""The settings of a run: what the options, ini keys and environment come to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


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
    instance_timeout: float | None = None
    """Seconds; None: no limit."""
    task_timeout: float | None = None
    probe: int | None = None
    """Instances of the run that are asked again in batches of another size."""
    shard: str | None = None
    """`i/n`: this session runs the i-th of n parts."""
    base_url: str | None = None
    judge: str | None = None
    weights: str | None = None
    """Folder of the pretrained models that metrics measure with."""
    human_scores: str | None = None
    """CSV file of people's ratings."""
    mos: str | None = None
    """`auto`: a predictor stands in for people."""
    gpus_per_worker: int = 1
    share_gpus: bool = False
    offline: bool = False
    trust_remote_code: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return plain builtins for the result file."""
        return asdict(self)
