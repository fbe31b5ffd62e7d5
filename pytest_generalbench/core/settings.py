"""The settings of a run: what the options, ini keys and environment come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

DTYPES: Final = ("auto", "bfloat16", "float16", "float32")
ATTENTIONS: Final = ("sdpa", "eager", "flash_attention_2")
GIVEN_MEDIA: Final = ("text", "image", "video", "audio")
"""What `input_media` may name."""
VIDEO_FORMS: Final = ("frames", "url")


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
    divide: str = "auto"
    """Whether workers share a task longer than all tasks divided by them: `auto`, `always`, `never`."""
    shard: str | None = None
    """`i/n`: this session runs the i-th of n parts."""
    base_url: str | None = None
    judge: str | None = None
    weights: str | None = None
    """Folder of the pretrained models that metrics measure with."""
    reading: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """How the references of tasks are read, by task id; goes before what the task files say."""
    human_scores: str | None = None
    """CSV file of people's ratings."""
    mos: str | None = None
    """`auto`: a predictor stands in for people."""
    gpus_per_worker: int = 1
    share_gpus: bool = False
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
    dtype: str = "auto"
    """Of the weights of a model that is loaded here; `auto`: as they were saved."""
    device_map: str | None = None
    """How a loaded model is laid over devices; None: the whole on one."""
    attention: str | None = None
    """Attention implementation of a loaded model; None: the library's choice."""
    revision: str | None = None
    """Commit, tag or branch of the model's repository."""
    adapter: str | None = None
    """Folder of a LoRA or another PEFT adapter."""
    model_frames: int = 8
    """Frames of a video that a model is shown."""
    input_media: tuple[str, ...] | None = None
    """The media a model is given; None: what it declares."""
    video_as: str = "frames"
    """How a server is given a video: `frames` or `url`."""
    concurrency: int = 16
    """Requests in flight to a server at once, at most, from each process."""
    request_timeout: float = 600.0
    """Seconds until an unanswered request to a server is given up."""
    retries: int = 5
    """How often a request that a server could not answer is asked again."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain builtins for the result file."""
        return asdict(self)


MAY_CHANGE: Final = frozenset({
    "scoring", "sota", "run", "resume", "batch_size", "base_url", "offline", "weights", "human_scores",
    "trust_remote_code", "max_errors", "retry_errors", "cache", "cache_all", "instance_timeout",
    "task_timeout", "probe", "divide", "gpus_per_worker", "share_gpus", "concurrency", "request_timeout",
    "retries", "reading",
})  # fmt: skip
"""Settings that no answer of a run depends on: a resumed session may have others, of these only.

A reading is kept with each task (`facts_of`): one that has answers is continued with its own alone."""

IDLE: Final = (MAY_CHANGE - {"base_url", "trust_remote_code"}) | {
    "model", "data", "split", "board", "limit", "judge", "mos", "shard",
}  # fmt: skip
"""Settings that the answer to a request does not depend on; of any other one, cached answers do."""
