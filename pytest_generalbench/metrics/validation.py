"""Type checks of the predictions and references that metrics are given."""

from __future__ import annotations

import math
import sys
from collections.abc import Collection
from numbers import Real
from typing import Any, Final, NoReturn

from pytest_generalbench.core.errors import GeneralBenchError, ReferenceFormatError

SUREST: Final = sys.float_info.max
"""The score of a false detection that an unreadable answer counts as: above those of all answers."""

FALSE_ALARMS: Final = (
    "an unreadable answer counts as false detections above all others, as many as there are objects"
)
"""For definitions of metrics that rank detections."""


class PredictionFormatError(GeneralBenchError):
    """A protocol's prediction is not of the type that the task's metric takes."""


def _bad_prediction(metric: str, wanted: str, prediction: object) -> NoReturn:
    raise PredictionFormatError(
        f"metric {metric!r} takes {wanted} (or None) as prediction, not {_shown(prediction)}; "
        "let the protocol parse the answer to that type"
    )


def bad_reference(metric: str, wanted: str, reference: object) -> NoReturn:
    """Raise the ReferenceFormatError that says what `metric` wanted and what it was given."""
    raise ReferenceFormatError(
        f"metric {metric!r} takes {wanted} as reference, not {_shown(reference)}; "
        "let the protocol read the reference to that type"
    )


def _shown(value: object) -> str:
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:57] + '...'}"


def _is_texts(value: object) -> bool:
    return isinstance(value, tuple | list) and all(isinstance(item, str) for item in value)


def text_prediction(metric: str, prediction: Any) -> str:
    """Return a text prediction; anything else is a PredictionFormatError."""
    if not isinstance(prediction, str):
        _bad_prediction(metric, "a string", prediction)
    return prediction


def text_references(metric: str, reference: Any) -> tuple[str, ...]:
    """Return the accepted texts; a bare string or an empty tuple is a ReferenceFormatError."""
    if not _is_texts(reference) or not reference:
        bad_reference(metric, "a tuple of at least one accepted string", reference)
    return tuple(reference)


def text_pair(metric: str, prediction: Any, references: Any) -> tuple[str, tuple[str, ...]]:
    """Return a text prediction and its accepted texts, both checked."""
    return text_prediction(metric, prediction), text_references(metric, references)


def _is_items(value: object) -> bool:
    if isinstance(value, str) or not isinstance(value, Collection):
        return False
    return all(isinstance(item, str) for item in value)


def items_prediction(metric: str, prediction: Any) -> tuple[str, ...]:
    """Return predicted items; a string is one item, a set or list is taken as it is."""
    if isinstance(prediction, str):
        return (prediction,)
    if not _is_items(prediction):
        _bad_prediction(metric, "a tuple of strings or one string", prediction)
    return tuple(prediction)


def items_reference(metric: str, reference: Any) -> tuple[str, ...]:
    """Return the reference's items, perhaps none; a bare string is a ReferenceFormatError."""
    if not _is_items(reference):
        bad_reference(metric, "a tuple of strings", reference)
    return tuple(reference)


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def number_prediction(metric: str, prediction: Any) -> float | None:
    """Return a predicted number, None when it is not finite."""
    if not _is_number(prediction):
        _bad_prediction(metric, "a number", prediction)
    number = float(prediction)
    return number if math.isfinite(number) else None


def number_reference(metric: str, reference: Any) -> float:
    """Return a reference number; one that is not finite is a ReferenceFormatError."""
    if not _is_number(reference) or not math.isfinite(reference):
        bad_reference(metric, "a finite number", reference)
    return float(reference)


def _is_triplets(value: object) -> bool:
    if isinstance(value, str) or not isinstance(value, tuple | list):
        return False
    return all(_is_texts(item) and len(item) == 3 for item in value)


def triplets_prediction(metric: str, prediction: Any) -> tuple[tuple[str, str, str], ...]:
    """Return predicted (subject, predicate, object) triplets in the order given."""
    if not _is_triplets(prediction):
        _bad_prediction(metric, "a tuple of (subject, predicate, object) string triplets", prediction)
    return tuple((first, second, third) for first, second, third in prediction)


def triplets_reference(metric: str, reference: Any) -> tuple[tuple[str, str, str], ...]:
    """Return the reference's (subject, predicate, object) triplets."""
    if not _is_triplets(reference):
        bad_reference(metric, "a tuple of (subject, predicate, object) string triplets", reference)
    return tuple((first, second, third) for first, second, third in reference)
