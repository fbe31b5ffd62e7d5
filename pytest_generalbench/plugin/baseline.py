"""The run that this session is compared with, opened before anything is asked."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.plugin.exit_status import gated

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_generalbench.core.settings import Settings


class Baseline:
    """The baseline of a session; a copy of one at an address lasts until it is closed.

    Attributes:
        folder: The run folder; None where there is no baseline.
        lines: What the header says of it.
    """

    def __init__(self, settings: Settings, invocation: Path) -> None:
        """Open the baseline that the settings name.

        Args:
            settings: Those of the session.
            invocation: The folder pytest was started in; a path is meant from there.

        Raises:
            GeneralBenchError: there is none though a gate needs it, or it cannot be compared with.
        """
        self.folder: Path | None = None
        self._settings = settings
        self.lines: list[str] = []
        self._held = ExitStack()
        needs = [name for name in ("gate", "non_inferior", "baseline_optional") if getattr(settings, name)]
        if settings.baseline is None:
            if needs:
                name = needs[0].replace("_", "-")
                raise GeneralBenchError(f"--generalbench-{name} needs --generalbench-baseline=RUN")
            return
        if settings.non_inferior and not settings.gate:
            raise GeneralBenchError("--generalbench-non-inferior is a gate: give --generalbench-gate as well")
        if settings.split == "close":
            raise GeneralBenchError(
                "--generalbench-baseline compares scores, and the close set has none: leave it out"
            )
        self._open(settings, settings.baseline, invocation)

    def _open(self, settings: Settings, place: str, invocation: Path) -> None:
        from pytest_generalbench.reports.remote_runs import MissingRunError, local_run
        from pytest_generalbench.reports.run_data import WAY_OUT, load_run
        from pytest_generalbench.runs.instance_rows import tasks_with_rows
        from pytest_generalbench.runs.object_store import has_password, is_address

        if has_password(place):
            raise GeneralBenchError(
                "--generalbench-baseline takes no password in an address, since the run keeps its settings: "
                "give it to fsspec by its configuration file or environment"
            )
        try:
            folder = self._held.enter_context(local_run(place if is_address(place) else invocation / place))
        except MissingRunError as error:
            if not settings.baseline_optional:
                raise GeneralBenchError(
                    f"{error}; the first run goes with --generalbench-baseline-optional"
                ) from error
            self.lines = [f"no baseline yet, nothing is compared: {place}"]
            return
        run = load_run(folder)
        if not tasks_with_rows(folder):
            raise GeneralBenchError(
                f"{place} has no table of instances: copy its instances/ along; {WAY_OUT}"
            )
        self.folder = folder
        self.lines = [f"{'gate against' if settings.gate else 'compared with'} {place}"]
        if settings.non_inferior:
            from pytest_generalbench.core.option_values import margin_of
            from pytest_generalbench.evaluation.subset import limit_of
            from pytest_generalbench.reports.gate import chances_beforehand

            same, other = chances_beforehand(
                run, margin_of(settings.non_inferior), partial(limit_of, settings=settings)
            )
            self.lines.append(
                f"non-inferiority by {settings.non_inferior}: a run as good as the baseline passes at "
                f"least {100 * same:.0f} of 100 times (the same weights) or {100 * other:.0f} (another model)"
            )

    def compare(self, status: int, run: Path) -> tuple[int, list[str]]:
        """Return the exit status after the comparison, and what it says; or that the baseline is missing.

        Args:
            status: Of the session without the comparison.
            run: The folder of this session's run, written.
        """
        if self.folder is None:
            return status, self.lines
        return gated(status, self._settings, self.folder, run)

    def close(self) -> None:
        """Remove the copy, where one was made."""
        self._held.close()
