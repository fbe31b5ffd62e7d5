"""An example instance, and the examples in the docstrings of the protocols."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil

import numpy as np
import pytest

from pytest_generalbench import protocols
from pytest_generalbench.core.errors import ReferenceFormatError, UnknownWordError
from pytest_generalbench.protocols.example import Example

MODULES = sorted(
    module.name for module in pkgutil.walk_packages(protocols.__path__, f"{protocols.__name__}.")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    results = doctest.testmod(importlib.import_module(name))
    assert results.failed == 0


@pytest.mark.parametrize("name", protocols.names())
def test_every_protocol_documents_itself(name: str) -> None:
    text = type(protocols.get(name)).__doc__
    assert text is not None
    assert f'Example("{name}"' in " ".join(text.split()).replace("Example( ... ", "Example(")
    assert "{question}" in text
    assert "eference" in text
    assert "rediction" in text
    assert inspect.cleandoc(text).splitlines()[0].endswith((".", "?"))


def test_an_example_is_a_task_of_one_instance() -> None:
    example = Example("optical_flow", {}, "f.npy", media=["image"], files={"f.npy": np.ones((1, 2, 2))})
    assert (example.task.inputs, example.task.output) == ("image", "mask")
    assert [media.medium for media in example.instance.media] == ["image"]
    assert example.reference.tolist() == [[[1.0, 1.0], [1.0, 1.0]]]


def test_files_of_an_example_are_those_that_are_given() -> None:
    example = Example("text_to_image", {"prompt": "a bird"}, "other.png", metric="psnr")
    with pytest.raises(ReferenceFormatError, match=r"'other.png' is not there"):
        _ = example.reference


def test_an_unknown_protocol_is_refused() -> None:
    with pytest.raises(UnknownWordError, match="multiple_choice"):
        Example("multiple_choise", {})
