"""The examples in the docstrings of boxes and their notations are true."""

from __future__ import annotations

import doctest
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.outputs.codecs.boxes import conventions as coordinates
from pytest_generalbench.core.outputs.codecs.boxes import json_values as box_values
from pytest_generalbench.core.outputs.codecs.boxes import keypoints as keypoint_values
from pytest_generalbench.core.outputs.codecs.boxes import text as box_text
from pytest_generalbench.protocols.localization import tracking as tracks

if TYPE_CHECKING:
    from types import ModuleType


@pytest.mark.parametrize("module", [box_text, box_values, coordinates, keypoint_values, tracks])
def test_examples(module: ModuleType) -> None:
    done = doctest.testmod(module)
    assert done.attempted > 0
    assert done.failed == 0
