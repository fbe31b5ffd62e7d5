"""Loading of the model, timed, so that it counts for no task."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_generalbench.models.base import Model


class ModelLoading:
    """Returns the model, which the first call loads.

    Attributes:
        seconds: What loading took so far.
    """

    def __init__(self, model: Callable[[], Model]) -> None:
        """Take what loads the model, or returns the loaded one."""
        self._model = model
        self.seconds = 0.0

    def __call__(self) -> Model:
        """Return the model; raises what loading raises."""
        began = time.perf_counter()
        try:
            return self._model()
        finally:
            self.seconds += time.perf_counter() - began
