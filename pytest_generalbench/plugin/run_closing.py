"""The end of a session: reports of hooks, predictions of the close set, and what the ledgers tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest


def call_reports(config: pytest.Config, folder: Path) -> Iterator[str]:
    """Call the report hooks; yield a line for one that fails, which changes nothing else."""
    if not config.pluginmanager.hook.pytest_generalbench_reports.get_hookimpls():
        return
    from pytest_generalbench.reports.run_data import load_run

    try:
        config.hook.pytest_generalbench_reports(config=config, run=load_run(folder))
    except Exception as error:  # noqa: BLE001 - whatever a report of somebody else raises
        yield f"a report failed: {type(error).__name__}: {error}"


def export_predictions(folder: Path) -> str:
    """Write the predictions of a close-set run, which is what it is made for; return a line about them."""
    from pytest_generalbench.reports.official import export_official, open_run
    from pytest_generalbench.runs.folder import PREDICTIONS_FOLDER

    out = folder / PREDICTIONS_FOLDER
    value = export_official(open_run(folder), out)
    return f"close set: nothing is scored; the predictions are in {out} ({value[0]})"


class LedgerFacts(NamedTuple):
    """What the ledgers of a run tell beside answers."""

    torn: list[list[object]]
    """Ledger and byte of each line that a death cut off."""
    cached: tuple[int, int]
    """Answers that came from the answer cache, and instances that were asked."""

    @classmethod
    def read(cls, folder: Path) -> LedgerFacts:
        """Read the ledgers of a run folder."""
        from pytest_generalbench.runs.ledger.index import read_ledgers

        ledgers = read_ledgers(folder)
        return cls([list(place) for place in ledgers.torn], ledgers.cached)

    def notes(self) -> Iterator[str]:
        """Yield a line for each of them that there is."""
        if any(self.cached):
            yield f"answer cache: {self.cached[0]} answers from it, {self.cached[1]} instances asked"
        if self.torn:
            words = "1 torn line" if len(self.torn) == 1 else f"{len(self.torn)} torn lines"
            first = f"{self.torn[0][0]} at byte {self.torn[0][1]}"
            yield f"{words} in the ledger, from a write that a death cut off: {first}"
