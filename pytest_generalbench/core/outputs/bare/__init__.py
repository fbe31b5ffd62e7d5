"""Bare values of models, such as arrays, pictures, numbers and paths, taken as answers."""

from pytest_generalbench.core.outputs.bare.answers import answer_from_bare

__all__ = ["answer_from_bare"]
