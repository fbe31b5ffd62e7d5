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
