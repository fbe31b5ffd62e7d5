"""The header of a session: model, data, and how the run is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_generalbench.models.registry import kind_of
from pytest_generalbench.reports import terminal

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_generalbench.core.settings import Settings


def header_lines(settings: Settings, sota: str, folder: Path) -> list[str]:
    """Return the lines that say what is run, with a warning for the demo set.

    Args:
        settings: Those of the session.
        sota: Name of the table of specialists.
        folder: Where pytest was started.
    """
    lines = [f"model {settings.model}, data {settings.data} ({settings.split}), "
             f"board {settings.board}, scoring {settings.scoring}, SoTA {sota}"]  # fmt: skip
    if settings.data == "demo":
        lines.append(terminal.DEMO_NOTE)
    if settings.subset is not None:
        from pytest_generalbench.evaluation.subset import subset_line

        lines.append(subset_line(settings.subset, settings))
    if settings.repeats > 1:
        is_greedy = kind_of(settings.model, folder).is_greedy
        lines.append(terminal.repeats_line(settings.repeats, is_greedy))
    return lines
