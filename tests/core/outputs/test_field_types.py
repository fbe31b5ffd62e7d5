"""A form whose fields cannot be read is a fault that is seen, never an answer that counts as wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from pytest_generalbench.core.outputs import base


def test_arrays_are_read_whatever_numpy_says_their_type_is(monkeypatch: pytest.MonkeyPatch) -> None:
    array = np.zeros(3)
    hint = npt.NDArray[np.float64]
    assert base._value(hint, {"array": "a"}, {"a": array}) is array
    # numpy 2.5 gives the alias itself as the origin.
    alias = object()
    kinds = base._leaf_types()
    monkeypatch.setattr(base, "_leaf_types", lambda: (*kinds[:2], (np.ndarray, alias)))
    monkeypatch.setattr("typing.get_origin", lambda given: alias)
    assert base._value(hint, {"array": "a"}, {"a": array}) is array


def test_a_field_of_a_type_that_nobody_reads_is_told() -> None:
    with pytest.raises(NotImplementedError, match="cannot be read"):
        base._value(dict[str, Any], {"a": 1}, {})
