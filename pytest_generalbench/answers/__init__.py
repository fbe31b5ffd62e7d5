"""Answers that are not text: boxes, masks, tracks, maps, poses, and their one form in files.

`Answer` is the base, `rle` the mask code; each domain has its forms in a module of its own.
"""

from pytest_generalbench.answers.base import (
    Answer,
    AnswerFormatError,
    Get,
    Put,
    answer_from_plain,
    answer_key,
    answer_to_plain,
    form_names,
    form_of,
)
from pytest_generalbench.answers.rle import Rle

__all__ = [
    "Answer",
    "AnswerFormatError",
    "Get",
    "Put",
    "Rle",
    "answer_from_plain",
    "answer_key",
    "answer_to_plain",
    "form_names",
    "form_of",
]
