"""What a level computation returns: frozen values that print and turn into JSON."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypedDict, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEVELS: Final = ("S2", "S3", "S4", "S5")

CERTAINTY: Final = (
    "intervals", "estimates", "outer", "certified_tier", "certified", "hangs_on", "flips", "degenerate",
)  # fmt: skip
"""Keys that say how certain the levels are."""

_NAMED: Final = 5
_LEAST_TIER: Final = 2
_VISIBLE: Final = 0.005
"""Points from which on two decimals differ."""


@dataclass(frozen=True, slots=True)
class Half:
    """One side of a modality (its comprehension or its generation tasks), or the language tasks."""

    S2: float = 0.0
    """Mean points over all tasks of the side; a task without a score has 0."""
    S3: float = 0.0
    """The same mean with only the points of tasks where the specialist is reached."""
    tasks: int = 0
    scored: int = 0
    """Tasks with a score; in `released`, what the released tool prints as "Supporting"."""
    wins: int = 0
    """Tasks where the specialist is reached."""


@dataclass(frozen=True, slots=True)
class ModalityLevel:
    """The scores of one modality; a side without tasks on the board is None."""

    modality: str
    comprehension: Half | None
    generation: Half | None
    S2: float
    S3: float
    S4: float | None
    """None on a board with one side only."""

    def _total(self, name: str) -> int:
        return sum(getattr(half, name) for half in (self.comprehension, self.generation) if half is not None)

    @property
    def tasks(self) -> int:
        """Tasks of both sides."""
        return self._total("tasks")

    @property
    def scored(self) -> int:
        """Tasks with a score."""
        return self._total("scored")

    @property
    def wins(self) -> int:
        """Tasks where the specialist is reached."""
        return self._total("wins")

    def to_dict(self) -> dict[str, Any]:
        """Return plain builtins."""
        return {**asdict(self), "tasks": self.tasks, "scored": self.scored, "wins": self.wins}


@dataclass(frozen=True, slots=True)
class LanguageLevel:
    """The language side, which enters only as the weight of Level-5."""

    half: Half

    @property
    def S_L(self) -> float:
        """Mean points of the language tasks where the specialist is reached."""
        return self.half.S3

    @property
    def w_L(self) -> float:
        """The weight that S4 is multiplied with."""
        return self.half.S3 / 100.0

    def to_dict(self) -> dict[str, Any]:
        """Return plain builtins."""
        counts = {"tasks": self.half.tasks, "scored": self.half.scored, "wins": self.half.wins}
        return {"S_L": self.S_L, "w_L": self.w_L, **counts}


class LevelDict(TypedDict, total=False):
    """The levels in plain builtins, as they stand in a result file."""

    scoring: str
    sota: str
    board: str
    S2: float | None
    S3: float | None
    S4: float | None
    S5: float | None
    tier: int | None
    qualified: str | None
    modalities: Sequence[Mapping[str, Any]]
    language: Mapping[str, Any] | None
    missing: int
    wins: Sequence[str]
    reason: str | None
    notes: Sequence[str]
    intervals: Mapping[str, Sequence[float]] | None
    estimates: Mapping[str, float]
    outer: Mapping[str, Sequence[float]] | None
    certified_tier: int | None
    certified: Sequence[str]
    hangs_on: Sequence[str]
    flips: Sequence[str]
    degenerate: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LevelResult:
    """The General-Level scores of one model under one scoring and one SoTA table."""

    scoring: str
    sota: str
    """Name of the table of specialists."""
    board: str
    """The board the scores are of; another than asked for when the selection is exactly that one."""
    S2: float | None
    S3: float | None
    S4: float | None
    """None where the board has no such level, or nothing was computable."""
    S5: float | None
    tier: int | None
    """1..5; 1 means that no level has a score, so Level-1 at most. None: not computable."""
    qualified: str | None
    """Why the tier is not a leaderboard tier, or None when it may be printed as it is."""
    modalities: tuple[ModalityLevel, ...] = ()
    language: LanguageLevel | None = None
    """None where the board has no language tasks."""
    missing: tuple[str, ...] = ()
    """Ids of the board's tasks without a score; each counts as 0."""
    wins: tuple[str, ...] = ()
    """Ids of the board's tasks where the specialist is reached: what every level above 2 rests on."""
    reason: str | None = None
    """Why nothing is computable."""
    notes: tuple[str, ...] = ()
    """What a reader of the scores must know: scores left out, rows paired by position."""
    intervals: Mapping[str, tuple[float, float]] | None = None
    """By level, the interval that holds the true score with probability .95; None where it is not known how
    sure the scores of the tasks are."""
    estimates: Mapping[str, float] = field(default_factory=dict)
    """By level from S3, the mean of what the true score may be; the printed one is biased by near ties."""
    outer: Mapping[str, tuple[float, float]] | None = None
    """By level from S3, the band from the sure wins alone to all possible wins."""
    certified_tier: int | None = None
    """The tier of the certified wins alone: what the true tier is at least, with probability .95."""
    certified: tuple[str, ...] = ()
    """Ids of the wins that are significant over all tasks of the board together."""
    hangs_on: tuple[str, ...] = ()
    """Ids of the wins each of which alone lowers the tier when it is lost."""
    flips: tuple[str, ...] = ()
    """Ids of the tasks within 1.96 standard errors of their specialist, the nearest first: another sample of
    instances may decide otherwise whether they are wins."""
    degenerate: Mapping[str, str] = field(default_factory=dict)
    """By task id, why its win is none to certify."""

    @property
    def computable(self) -> bool:
        """Whether the scoring gave any score at all."""
        return self.reason is None

    @property
    def tier_text(self) -> str:
        """The tier and, in brackets, why it is no leaderboard tier: demo data, a part of the tasks.

        Without a non-zero level it is Level-1 at most, once everything was measured.
        """
        name = f"not computable: {self.reason}"
        if self.tier is not None and self.tier > 1:
            name = f"Level-{self.tier}"
        elif self.tier is not None:
            name = "no level reached yet" if self.qualified else "Level-1 at most"
        return f"{name}   [{self.qualified}]" if self.qualified else name

    @property
    def tier_line(self) -> str:
        """The tier, what it is at least and what it hangs on; `tier_text` where that is not known.

        `Level-4; at 95 % at least Level-3; hangs on 2 tasks: …`
        """
        if self.certified_tier is None or self.tier is None or self.tier < _LEAST_TIER:
            return self.tier_text
        head, bracket, rest = self.tier_text.partition("   [")
        parts = [head, f"at 95 % at least Level-{self.certified_tier}"]
        if self.hangs_on:
            parts.append(f"hangs on {_counted(self.hangs_on, 'task')}")
        return "; ".join(parts) + bracket + rest

    @property
    def interval_lines(self) -> tuple[str, ...]:
        """A line for each level whose interval is known.

        `S3 12.40 (11.10–13.60 at 95 %; printed value 13.90 is biased by near ties)`
        """
        lines = []
        for name, (low, high) in (self.intervals or {}).items():
            printed = getattr(self, name)
            if printed is None or (printed, low, high) == (0.0, 0.0, 0.0):
                continue
            value = self.estimates.get(name, printed)
            biased = f"; printed value {printed:.2f} is biased by near ties"
            shown = f"{value:.2f} ({low:.2f}–{high:.2f} at 95 %"
            lines.append(f"{name} {shown}{biased if abs(value - printed) >= _VISIBLE else ''})")
        return tuple(lines)

    @property
    def flips_text(self) -> str:
        """The tasks that another sample of instances may turn; empty where there is none."""
        if not self.flips:
            return ""
        what = "1 task lies" if len(self.flips) == 1 else f"{len(self.flips)} tasks lie"
        return f"{what} within 1.96 standard errors of the specialist: {_first(self.flips)}"

    @property
    def wins_text(self) -> str:
        """The wins that the tier rests on; empty where there is no tier.

        A level above 2 has points of won tasks alone, so a few of them decide it.
        """
        if self.tier is None:
            return ""
        if not self.wins:
            return "it rests on no win"
        return f"it rests on {_counted(self.wins, 'win')}"

    def to_dict(self) -> LevelDict:
        """Return what JSON can hold; a score that is not finite (`released` has such) is null."""
        plain = {
            "scoring": self.scoring,
            "sota": self.sota,
            "board": self.board,
            **{name: getattr(self, name) for name in LEVELS},
            "tier": self.tier,
            "qualified": self.qualified,
            "modalities": [modality.to_dict() for modality in self.modalities],
            "language": None if self.language is None else self.language.to_dict(),
            "missing": len(self.missing),
            "wins": list(self.wins),
            "reason": self.reason,
            "notes": list(self.notes),
            "intervals": _bounds(self.intervals),
            "estimates": dict(self.estimates),
            "outer": _bounds(self.outer),
            "certified_tier": self.certified_tier,
            "certified": list(self.certified),
            "hangs_on": list(self.hangs_on),
            "flips": list(self.flips),
            "degenerate": dict(self.degenerate),
        }
        return cast("LevelDict", {key: _finite(value) for key, value in plain.items()})


def _counted(tasks: Sequence[str], what: str) -> str:
    """Return how many there are and the first of them."""
    count = f"1 {what}" if len(tasks) == 1 else f"{len(tasks)} {what}s"
    return f"{count}: {_first(tasks)}"


def _first(tasks: Sequence[str]) -> str:
    more = f" and {len(tasks) - _NAMED} more" if len(tasks) > _NAMED else ""
    return ", ".join(tasks[:_NAMED]) + more


def _bounds(intervals: Mapping[str, tuple[float, float]] | None) -> dict[str, list[float]] | None:
    return None if intervals is None else {name: list(bounds) for name, bounds in intervals.items()}


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def tier(scores: tuple[float | None, ...]) -> int:
    """Return the highest level of (S2, S3, S4, S5) with a score above 0; 1 when there is none."""
    reached = [level for level, score in enumerate(scores, start=2) if score is not None and score > 0]
    return max(reached, default=1)
