"""Interrupts a scenario's command by one fault, gives it again, and says what is not as it should be."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.faults.injection import Fault, run
from tests.faults.scenarios import BATCH, WORKERS, asked_twice, fresh, leftovers, prepare

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.scenarios import Scenario


@dataclass
class Bench:
    """Prepared runs, and what each scenario gives undisturbed."""

    place: Path
    shim: Path

    def __post_init__(self) -> None:
        """Prepare the runs that commands are given."""
        self._number = 0
        self._clean: dict[str, tuple[object, int]] = {}
        os.environ["ASKED"] = os.devnull

        def call(command: list[str], folder: Path) -> None:
            done = run(command, folder, self.shim)
            assert done.status == 0, done.output

        prepare(self.place / "prepared", call)

    def _fresh(self, scenario: Scenario) -> Path:
        self._number += 1
        folder = self.place / f"{scenario.name.replace(' ', '-')}-{self._number}"
        fresh(scenario, self.place / "prepared", folder)
        os.environ["ASKED"] = str(folder.with_name(f"{folder.name}.asked"))
        return folder

    def clean(self, scenario: Scenario) -> tuple[object, int]:
        """Return what the undisturbed command gives, and how many calls of it change files."""
        if scenario.name not in self._clean:
            folder = self._fresh(scenario)
            done = run(scenario.command(folder), folder, self.shim)
            assert done.status == 0, done.output
            assert leftovers(folder) == [], scenario.name
            self._clean[scenario.name] = (scenario.content(folder), done.calls)
        return self._clean[scenario.name]

    def problems(self, scenario: Scenario, fault: Fault) -> list[str]:
        """Return what is not as it should be after the fault, and after the command was given again."""
        expected, _ = self.clean(scenario)
        folder = self._fresh(scenario)
        first = run(scenario.command(folder), folder, self.shim, fault)
        found = [f"processes left: {first.left}"] if first.left else []
        for word in ("Traceback", "INTERNALERROR"):
            if word in first.output:
                found.append(f"{word} after {fault}: {first.output[-1500:]}")
        # A fault may be passed over: a link that cannot be made becomes a copy.
        again = first if first.status == 0 else run(scenario.command(folder), folder, self.shim)
        if again.status != 0:
            found.append(f"again: status {again.status}: {again.output[-1500:]}")
        else:
            if scenario.content(folder) != expected:
                found.append("again: the content differs from that of an undisturbed command")
            found += [f"left: {name}" for name in leftovers(folder)]
            if scenario.asks and asked_twice(folder) > BATCH * WORKERS:
                found.append(f"asked twice: {asked_twice(folder)}")
        found += [f"processes left: {again.left}"] if again.left else []
        if not found:
            shutil.rmtree(folder)
        return found
