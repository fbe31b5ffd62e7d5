"""The result of one task: small enough for a pytest report, complete enough to trace the score."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NotRequired, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_generalbench.core.task import Task

TASK_STATES: Final = (
    "scored",
    "incomplete",
    "answered",
    "unsupported",
    "no_data",
    "unavailable",
    "human",
    "failed",
    "not_run",
)
"""What can become of a task.

scored: every instance was asked and counted. incomplete: scored, but some instances
ended as error, timeout, oom or missing_media (they count as wrong in the level).
answered: the close set, answers kept, nothing to score against. unsupported: the model
does not take or give the medium. no_data: not in the data folder. unavailable: the
metric needs something absent (weights, a library, a judge). human: only people can
score it. failed: the evaluation itself broke. not_run: selected, but never reported.
"""


class InstanceRow(NamedTuple):
    """The outcome of one instance: state, score and prediction.

    Attributes:
        instance: Its id.
        state: Its state, such as `ok` or `unparsable`.
        score: In the metric's unit. Of a metric that is a mean over instances, the instance's own score, so
            that the mean of all rows is the task's score. Of a corpus metric, the jackknife pseudo-value,
            so that the standard error of the rows (of one row a group, where there are groups) is the task's.
            None where the instance was not scored.
        group: The jackknife group that it was left out with, of a corpus metric with many instances.
        cluster: Instances that share an input file have the same; else the instance's own id.
        prediction: What was read from the answer, cut short; empty when nothing could be read.
    """

    instance: str
    state: str
    score: float | None = None
    group: int | None = None
    cluster: str = ""
    prediction: str = ""


DEFECTS: Final = ("cut_off", "empty")
"""What an answer may be beside its state (`Output.is_cut_off`, `Output.is_empty`)."""


class RepeatSpread(TypedDict):
    """What asking every instance several times showed."""

    count: int
    """How often each instance was asked."""
    same: int
    """Instances with the same answer each time."""
    between_instances: NotRequired[float]
    """Standard deviation of the instances' true means, in the unit of the score; absent where there are
    fewer than two instances with a score in each repeat, as are the next two."""
    between_repeats: NotRequired[float]
    """Standard deviation of one instance's repeats, in the unit of the score."""
    share: NotRequired[float]
    """Share of the squared standard error that is from the repeats, 0..1."""


@dataclass(frozen=True, slots=True)
class TaskResult:
    """The result of one task."""

    id: str
    state: str
    metric: str
    unit: str
    score: float | None = None
    """In `unit`; None unless scored or incomplete. An instance without answer counts as wrong in it."""
    stderr: float | None = None
    n: int = 0
    """Instances the score is over."""
    coverage: float = 0.0
    """Share of instances that reached an answer (1.0: none is error, timeout, oom or missing media)."""
    seconds: float = 0.0
    asking: float = 0.0
    """Seconds that the model took for the answers, of all processes together."""
    size: int = 0
    """Instances that the task's data have, where a limit or subset left some out; else 0."""
    reason: str | None = None
    """Why the state is what it is; of a scored task, why some answers hold nothing, where that is known."""
    definition: str | None = None
    """The metric's definition in one line, with the choices that were open."""
    states: Mapping[str, int] = field(default_factory=dict)
    """Instances by state."""
    data: str | None = None
    """Digest of the annotation file the instances came from."""
    notes: tuple[str, ...] = ()
    """What a reader of the score must know, e.g. the coordinates that the answers were found to be in."""
    warnings: tuple[str, ...] = ()
    """What cannot be right in the task's data, a line each."""
    backbones: Mapping[str, str] = field(default_factory=dict)
    """The pretrained models that the score was measured with: role to name, revision and digest."""
    probe: Mapping[str, int] = field(default_factory=dict)
    """Instances that were asked again in batches of another size: `compared`, and `different` ones."""
    top_answer: str | None = None
    """The most frequent prediction, cut to 40 characters: a constant answer shows here."""
    top_share: float | None = None
    """The share of instances with that prediction."""
    majority: float | None = None
    """What the most frequent right answer scores when it is given always, in `unit`; None where no answer is
    so frequent, or the metric does not tell."""
    defects: Mapping[str, int] = field(default_factory=dict)
    """Answers that are `empty`, and those that are `cut_off` where the allowed length was used up, whatever
    their state is."""
    repeats: RepeatSpread | None = None
    """How answers to the same instance vary; None where each was asked once."""
    rows: tuple[InstanceRow, ...] = field(default=(), compare=False, repr=False)
    """A row for every instance, where the task was just scored; they are kept in the instance table alone."""

    @property
    def counted(self) -> float | None:
        """The score that counts in the levels (`counted_score`)."""
        return counted_score(self.score, self.states)

    @property
    def no_win(self) -> str | None:
        """Why it does not count as a win whatever the score is (`no_win`); None where it may."""
        return no_win(self.states, self.backbones)

    @classmethod
    def unscored(cls, task: Task, state: str, reason: str) -> TaskResult:
        """Return the result of a task that has no score.

        Args:
            task: The task.
            state: One of TASK_STATES, none that has a score.
            reason: Why it has none, for the reader of the result.
        """
        return cls(task.id, state, task.metric.name, task.metric.unit, reason=reason)

    def to_dict(self) -> dict[str, Any]:
        """Return plain builtins only; a score that is not finite becomes None with a reason."""
        plain = asdict(replace(self, rows=()))
        del plain["rows"]
        if self.repeats is None:
            del plain["repeats"]
        if not self.size:
            del plain["size"]
        plain["states"] = dict(self.states)
        plain["probe"], plain["defects"] = dict(self.probe), dict(self.defects)
        plain["notes"], plain["warnings"] = list(self.notes), list(self.warnings)
        plain["backbones"] = dict(self.backbones)
        for key in ("score", "stderr", "majority"):
            value = plain[key]
            if value is not None:
                plain[key] = float(value) if math.isfinite(value) else None
                if plain[key] is None:
                    plain["reason"] = plain["reason"] or f"{key} is {value}"
        return plain


def asked_instances(result: TaskResult) -> int:
    """Return how many instances of a task were asked; each counts once, however often it was repeated.

    >>> asked_instances(TaskResult("t", "scored", "accuracy", "percent", states={"ok": 8}))
    8
    """
    return sum(result.states.values()) // (result.repeats["count"] if result.repeats else 1)


class ProbeCounts(TypedDict):
    """What the batch consistency check compared."""

    compared: int
    different: int
    tasks: Mapping[str, int]
    """Instances that differ, by task."""


def drift(results: Iterable[TaskResult]) -> ProbeCounts:
    """Return a run's batch-consistency check: instances compared and different, and the tasks that differ."""
    probed = [result for result in results if result.probe]
    return {
        "compared": sum(result.probe["compared"] for result in probed),
        "different": sum(result.probe["different"] for result in probed),
        "tasks": {result.id: result.probe["different"] for result in probed if result.probe["different"]},
    }


def answer_shares(results: Iterable[TaskResult]) -> dict[str, float]:
    """Return the shares of answers with something wrong in them, 0..1; kinds that do not occur are left out.

    Args:
        results: Of one or more tasks; the shares are of all their instances.

    Returns:
        By kind, in a fixed order: `unparsable` and `refused`, which are states, then `empty` and `cut off`,
        which an answer may be beside its state.

    >>> one = TaskResult("t", "scored", "accuracy", "percent", states={"ok": 3, "unparsable": 1})
    >>> answer_shares([one]), answer_shares([])
    ({'unparsable': 0.25}, {})
    """
    counts = dict.fromkeys(("unparsable", "refused", "empty", "cut_off"), 0)
    total = 0
    for result in results:
        total += sum(result.states.values())
        for name in counts:
            counts[name] += result.states.get(name, 0) + result.defects.get(name, 0)
    return {name.replace("_", " "): count / total for name, count in counts.items() if count}


REASON_CHARS: Final = 700
"""A longer reason of a task without a score is cut."""


def counted_score(score: float | None, states: Mapping[str, int]) -> float | None:
    """Return the score that counts in the levels; None for a task without a single readable answer.

    What silence costs differs by metric, and some maps would give it points.

    >>> counted_score(4.0, {"unparsable": 8}), counted_score(4.0, {"ok": 1, "refused": 7})
    (None, 4.0)
    """
    return None if states and not states.get("ok") else score


MOST_UNREADABLE: Final = 0.05
"""The share of instances without a counted answer up to which a task may be a win."""


DEMO_NETWORK: Final = "tiny random backbone of the demo set, says nothing about a model"
"""Identity of every network that only the demo set has."""


def no_win(states: Mapping[str, int], backbones: Mapping[str, str]) -> str | None:
    """Return why a task does not count as a win whatever its score; None where it may.

    A task with more than 5 % unreadable, refused or missing answers is none, nor is one measured with the
    networks of the demo set.

    Args:
        states: Its instances by state.
        backbones: The identity of the networks that it was measured with, by role.

    >>> no_win({"ok": 19, "refused": 1}, {}), no_win({"ok": 9, "unparsable": 1}, {})
    (None, 'no win: 1 of 10 answers unreadable, refused or missing, more than 5 %')
    >>> no_win({"ok": 20}, {"clip": DEMO_NETWORK})
    'no win: measured with random networks of the demo set (clip)'
    """
    random = sorted(role for role, identity in backbones.items() if identity == DEMO_NETWORK)
    if random:
        return f"no win: measured with random networks of the demo set ({', '.join(random)})"
    total = sum(states.values())
    lacking = total - states.get("ok", 0)
    if lacking <= MOST_UNREADABLE * total:
        return None
    return f"no win: {lacking} of {total} answers unreadable, refused or missing, more than 5 %"


DIGEST_BYTES: Final = 1000
_WARNINGS: Final = 2
_WARNING_CHARS: Final = 160
"""What of the warnings about a task's data travels; `generalbench doctor` says them in full."""


def digest_of(result: TaskResult) -> dict[str, Any]:
    """Return the digest for the pytest report: plain builtins, at most 1 KB; a long reason is shortened."""
    plain = result.to_dict()
    del plain["definition"]  # the controller knows it from the task
    plain["warnings"] = [warning[:_WARNING_CHARS] for warning in result.warnings[:_WARNINGS]]
    reason = (result.reason or "").encode()
    size = len(json.dumps({**plain, "reason": ""}, ensure_ascii=False).encode())
    if size + len(reason) > DIGEST_BYTES:
        plain["reason"] = reason[: max(0, DIGEST_BYTES - size)].decode(errors="ignore")
    return plain


_KEYS: Final = frozenset(item.name for item in fields(TaskResult)) - {"rows"}


def result_from_dict(plain: Mapping[str, Any]) -> TaskResult:
    """Rebuild a TaskResult from its plain form; keys of another version of this package are left out."""
    known = {key: plain[key] for key in plain if key in _KEYS}
    listed = {key: tuple(plain.get(key, ())) for key in ("notes", "warnings")}
    return TaskResult(**{**known, **listed})
