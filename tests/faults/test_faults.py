"""What a kill or a failing disk leaves half done is never taken for whole by the next command."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.faults.driver import Bench
from tests.faults.injection import Fault, build_shim
from tests.faults.scenarios import SCENARIOS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.scenarios import Scenario

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    place: Path = tmp_path_factory.mktemp("faults")
    shim = build_shim(place)
    if shim is None:
        pytest.skip("needs Linux and a C compiler")
    return Bench(place, shim)


@pytest.mark.parametrize("kind", ["kill", "error"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_an_interrupted_command_can_be_given_again(bench: Bench, scenario: Scenario, kind: str) -> None:
    if kind == "error" and scenario.asks and scenario.name != "run":
        pytest.skip("`python -m tests.faults` tries it")
    _, calls = bench.clean(scenario)
    dice = random.Random(f"{scenario.name} {kind}")  # noqa: S311
    fault = Fault(dice.choice(("eio", "enospc")) if kind == "error" else kind, dice.randint(1, calls))
    assert bench.problems(scenario, fault) == [], fault
