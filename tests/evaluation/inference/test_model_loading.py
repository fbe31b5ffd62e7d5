"""What loading takes is counted once, for no task."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.evaluation.inference.model_loading import ModelLoading
from pytest_generalbench.models.baselines import make_baseline

if TYPE_CHECKING:
    from pytest_generalbench.models.base import Model


def test_the_seconds_are_those_of_every_call_also_of_one_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: clock[0])
    loaded: list[Model] = []

    def load() -> Model:
        if not loaded:
            clock[0] += 30.0
            loaded.append(make_baseline("constant"))
        return loaded[0]

    def refuse() -> Model:
        clock[0] += 5.0
        raise RuntimeError("no memory")

    loading = ModelLoading(load)
    assert loading() is loading()
    assert loading.seconds == 30.0
    failing = ModelLoading(refuse)
    with pytest.raises(RuntimeError, match="no memory"):
        failing()
    assert failing.seconds == 5.0
