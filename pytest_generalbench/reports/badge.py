"""A badge of a run: the JSON that shields.io draws (its endpoint schema, version 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_generalbench.reports.level_words import tier_words
from pytest_generalbench.reports.run_data import load_run

if TYPE_CHECKING:
    from pathlib import Path

_COLOURS: Final = {1: "lightgrey", 2: "yellow", 3: "yellowgreen", 4: "green", 5: "brightgreen"}
_UNKNOWN: Final = "lightgrey"


def badge(run: str | Path) -> dict[str, str | int]:
    """Return the badge of a run, for https://shields.io/badges/endpoint-badge.

    A tier that may not be printed as it is (demo data, a part of the board, a limit) is grey and says why.

    Args:
        run: A run folder.

    Returns:
        `schemaVersion` 1, `label`, `message`, `color`.

    Raises:
        GeneralBenchError: the folder is no finished run.
    """
    level = load_run(run).level()
    tier = level.get("tier")
    colour = _UNKNOWN if level.get("qualified") or not tier else _COLOURS.get(tier, _UNKNOWN)
    return {"schemaVersion": 1, "label": "General-Level", "message": tier_words(level), "color": colour}
