"""The settings of a run, from options, ini keys and environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import Enum
from typing import Any, Final, Self

_AFFECTS: Final = "affects"


class Affects(Enum):
    """What a change of a setting may affect."""

    ANSWERS = "what the model answers to a request"
    BACKEND = "where or how the model is reached: a run goes on with another, cached answers do not hold"
    RUN = "which requests a run has, or who judges the answers; the answer to a request stays"
    SCORES = "the scores of the answers"
    LEVELS = "the levels that the scores come to"
    NOTHING = "how the work is done, and no number"


def _setting(default: Any, affects: Affects) -> Any:
    return field(default=default, metadata={_AFFECTS: affects})


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that shapes a run; the same values reach every worker."""

    model: str = field(metadata={_AFFECTS: Affects.RUN})
    data: str = _setting("demo", Affects.RUN)
    split: str = _setting("open", Affects.RUN)
    board: str = _setting("A", Affects.RUN)
    limit: int | None = _setting(None, Affects.RUN)
    subset: str | None = _setting(None, Affects.RUN)
    """`5%`, `500`, `20min`, `smoke`, `nightly`: instances that tell most about S2 for their cost."""
    subset_from: str | None = _setting(None, Affects.RUN)
    """What an earlier run measured of the tasks (`core.measured_tasks`): the subset is made by it."""
    repeats: int = _setting(1, Affects.RUN)
    """How often every instance is asked, each time with another seed."""
    scoring: str = _setting("paper", Affects.LEVELS)
    sota: str = _setting("released", Affects.LEVELS)
    run: str | None = _setting(None, Affects.NOTHING)
    batch_size: int | None = _setting(None, Affects.NOTHING)
    """None: the model's own preference."""
    instance_timeout: float | None = _setting(None, Affects.NOTHING)
    """Seconds; None: no limit."""
    task_timeout: float | None = _setting(None, Affects.NOTHING)
    probe: int | None = _setting(None, Affects.NOTHING)
    """Instances of the run that are asked again in batches of another size."""
    divide: str = _setting("auto", Affects.NOTHING)
    """Whether workers share a task longer than all tasks divided by them: `auto`, `always`, `never`."""
    shard: str | None = _setting(None, Affects.RUN)
    """`i/n`: this session runs the i-th of n parts."""
    base_url: str | None = _setting(None, Affects.BACKEND)
    judge: str | None = _setting(None, Affects.RUN)
    weights: str | None = _setting(None, Affects.SCORES)
    """Folder of the pretrained models that metrics measure with."""
    reading: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict, metadata={_AFFECTS: Affects.SCORES}
    )
    """How the references of tasks are read, by task id; goes before what the task files say."""
    prompts: Mapping[str, Any] = field(default_factory=dict, metadata={_AFFECTS: Affects.RUN})
    """The user's own prompts (`core.asking`)."""
    max_new_tokens: str | None = _setting(None, Affects.RUN)
    """The user's own answer lengths: `x2`, `512`, `nlp/*=x4`, several with commas."""
    human_scores: str | None = _setting(None, Affects.SCORES)
    """CSV file of people's ratings."""
    mos: str | None = _setting(None, Affects.RUN)
    """`auto`: a predictor stands in for people."""
    progress: str = _setting("auto", Affects.NOTHING)
    """How a session shows how far it is: `auto`, `line`, `log`, `off`."""
    gpus_per_worker: int = _setting(1, Affects.NOTHING)
    share_gpus: bool = _setting(False, Affects.NOTHING)
    offline: bool = _setting(False, Affects.NOTHING)
    trust_remote_code: bool = _setting(False, Affects.BACKEND)
    resume: bool = _setting(False, Affects.NOTHING)
    max_errors: str | None = _setting(None, Affects.NOTHING)
    """`N` instances or `P%` of them may end without an answer before the exit code is 1; None: none."""
    require: str | None = _setting(None, Affects.NOTHING)
    """`scored:95%,unparsable:5%`: states that the run must have, or may have at most, for exit code 0."""
    baseline: str | None = _setting(None, Affects.NOTHING)
    """The run that this one is compared with: a folder, a `result.json`, or an address."""
    gate: bool = _setting(False, Affects.NOTHING)
    """Whether a regression from the baseline makes the exit code 1."""
    non_inferior: str | None = _setting(None, Affects.NOTHING)
    """`S2:0.5`: what S2 must be shown not to have lost, in points."""
    baseline_optional: bool = _setting(False, Affects.NOTHING)
    """Whether the gate passes where the baseline is missing."""
    accept_changed_model: bool = _setting(False, Affects.NOTHING)
    """Whether a run is continued although the model is not the one that gave its answers."""
    retry_errors: bool = _setting(False, Affects.NOTHING)
    cache: str | None = _setting(None, Affects.NOTHING)
    """Folder of the answer cache that runs share."""
    cache_all: bool = _setting(False, Affects.NOTHING)
    """Whether answers that may differ each time are cached too."""
    dtype: str = _setting("auto", Affects.ANSWERS)
    """Of the weights of a model that is loaded here; `auto`: as they were saved."""
    device_map: str | None = _setting(None, Affects.ANSWERS)
    """How a loaded model is laid over devices; None: the whole on one."""
    attention: str | None = _setting(None, Affects.ANSWERS)
    """Attention implementation of a loaded model; None: the library's choice."""
    revision: str | None = _setting(None, Affects.ANSWERS)
    """Commit, tag or branch of the model's repository."""
    adapter: str | None = _setting(None, Affects.ANSWERS)
    """Folder of a LoRA or another PEFT adapter."""
    model_frames: int = _setting(8, Affects.ANSWERS)
    """Frames of a video that a model is shown."""
    input_media: tuple[str, ...] | None = _setting(None, Affects.ANSWERS)
    """The media a model is given; None: what it declares."""
    video_as: str = _setting("frames", Affects.ANSWERS)
    """How a server is given a video: `frames` or `url`."""
    concurrency: int = _setting(16, Affects.NOTHING)
    """Requests in flight to a server at once, at most, from each process."""
    request_timeout: float = _setting(600.0, Affects.NOTHING)
    """Seconds until an unanswered request to a server is given up."""
    retries: int = _setting(5, Affects.NOTHING)
    """How often a request that a server could not answer is asked again."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain builtins for the result file."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """Return the settings of `to_dict`; those that this version lacks are left out."""
        names = {item.name for item in fields(cls)}
        known: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in plain.items()
            if key in names
        }
        return cls(**known)


def settings_that_affect(*affected: Affects) -> frozenset[str]:
    """Return the names of the settings that affect one of these."""
    return frozenset(item.name for item in fields(Settings) if item.metadata[_AFFECTS] in affected)


MAY_CHANGE: Final = settings_that_affect(Affects.BACKEND, Affects.SCORES, Affects.LEVELS, Affects.NOTHING)
"""Settings that no answer of a run depends on: a resumed session may have others, of these only."""

IDLE: Final = settings_that_affect(Affects.RUN, Affects.SCORES, Affects.LEVELS, Affects.NOTHING)
"""Settings that the answer to a request does not depend on; of any other one, cached answers do."""
