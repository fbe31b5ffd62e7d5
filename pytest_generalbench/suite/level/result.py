"""What a level computation returns: frozen values that print and turn into JSON."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, TypedDict, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEVELS: Final = ("S2", "S3", "S4", "S5")

_NAMED: Final = 5


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
    def wins_text(self) -> str:
        """The wins that the tier rests on; empty where there is no tier.

        A level above 2 has points of won tasks alone, so a few of them decide it.
        """
        if self.tier is None:
            return ""
        if not self.wins:
            return "it rests on no win"
        more = f" and {len(self.wins) - _NAMED} more" if len(self.wins) > _NAMED else ""
        count = "1 win" if len(self.wins) == 1 else f"{len(self.wins)} wins"
        return f"it rests on {count}: {', '.join(self.wins[:_NAMED])}{more}"

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
        }
        return cast("LevelDict", {key: _finite(value) for key, value in plain.items()})


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
