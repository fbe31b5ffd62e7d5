"""Every example in the docstrings of the models runs, and every adapter has one."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil

import pytest

from pytest_generalbench import models
from pytest_generalbench.models.base import Model

MODULES = sorted(module.name for module in pkgutil.walk_packages(models.__path__, f"{models.__name__}."))


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    module = importlib.import_module(name)
    assert doctest.testmod(module).failed == 0
    for item in vars(module).values():
        if inspect.isclass(item) and item.__module__ == name and issubclass(item, Model):
            assert ">>>" in (item.__doc__ or ""), item
