"""Point instances read from prediction files."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.outputs.base import AnswerFormatError, Get, read_arrays
from pytest_generalbench.core.outputs.codecs.points.columns import labels_in, whole_numbers
from pytest_generalbench.core.outputs.codecs.points.tables import read_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

ObjectEntry = tuple[int, str, float]
"""Id, label and score of one object."""

MAX_INSTANCES: Final = 100_000


def read_instances(value: Any, read: Get) -> tuple[NDArray[np.int64], list[ObjectEntry]]:
    """Return the object of every point, and what each object is.

    An object with `ids` and `instances`, a .npz, or the name of ScanNet's index file.
    """
    if isinstance(value, str) and value.lower().endswith(".npz"):
        return _from_arrays(read_arrays(read(value)), value)
    if isinstance(value, str) and value.lower().endswith(".txt"):
        return _from_index(value, read)
    if isinstance(value, Mapping) and isinstance(value.get("ids"), list):
        return whole_numbers(value["ids"], "ids"), [
            _object_entry(one) for one in _listed(value.get("instances"))
        ]
    raise AnswerFormatError(f"no point_instances: {value!r:.80}")


def _listed(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise AnswerFormatError(f"'instances' is a list of id, label and score, not {value!r:.60}")
    return value


def label_text(value: Any) -> str:
    """Return a label, a text or a whole number, as text."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise AnswerFormatError(f"a label is a text or a whole number, not {value!r:.60}")
    return str(value).strip()


def _score(value: Any) -> float:
    if value is None:
        return 1.0
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise AnswerFormatError(f"a score is a finite number, not {value!r:.60}")
    return float(value)


def _object_entry(one: Any) -> ObjectEntry:
    if isinstance(one, list) and len(one) in (2, 3):
        one = dict(zip(("id", "label", "score"), one, strict=False))
    if not isinstance(one, Mapping) or not isinstance(one.get("id"), int):
        raise AnswerFormatError(f"an instance has id, label and score, not {one!r:.60}")
    return int(one["id"]), label_text(one.get("label")), _score(one.get("score"))


def _from_arrays(
    arrays: Mapping[str, NDArray[Any]], name: str
) -> tuple[NDArray[np.int64], list[ObjectEntry]]:
    if "ids" not in arrays or "labels" not in arrays:
        raise AnswerFormatError(f"{name}: needs the arrays ids and labels, has {', '.join(arrays)}")
    ids = whole_numbers(arrays["ids"], "ids")
    labels = arrays["labels"].reshape(-1).tolist()
    # Without `instance_ids` the labels are those of the ids in rising order.
    names = arrays.get("instance_ids", np.unique(ids[ids > 0])).reshape(-1)
    scores = arrays["scores"].reshape(-1).tolist() if "scores" in arrays else [None] * len(labels)
    if not len(names) == len(labels) == len(scores) <= MAX_INSTANCES:
        raise AnswerFormatError(
            f"{name}: {len(names)} instances, {len(labels)} labels and {len(scores)} scores"
        )
    numbers = whole_numbers(names, "instance_ids").tolist()
    rows = zip(numbers, labels, scores, strict=True)
    return ids, [(number, label_text(label), _score(score)) for number, label, score in rows]


def _from_index(name: str, read: Get) -> tuple[NDArray[np.int64], list[ObjectEntry]]:
    """Read ScanNet's index: a mask file, a label and a score in each row."""
    rows = []
    for line in read(name).decode("utf-8", "replace").splitlines():
        words = line.split()
        if not words:
            continue
        try:
            rows.append((words[0], words[1], float(words[2])))
        except (IndexError, ValueError) as error:
            raise AnswerFormatError(f"{name}: a row is mask file, label, score, not {line!r:.60}") from error
    if not rows or len(rows) > MAX_INSTANCES:
        raise AnswerFormatError(f"{name}: {len(rows)} instances")
    ids: NDArray[np.int64] | None = None
    # The best comes last, and so keeps the points that it shares with others.
    order = sorted(range(len(rows)), key=lambda number: (_score(rows[number][2]), -number))
    for number in order:
        mask_file = (PurePosixPath(name).parent / rows[number][0]).as_posix()
        mask = labels_in(read_table(read(mask_file), mask_file), mask_file) != 0
        ids = np.zeros(len(mask), np.int64) if ids is None else ids
        if len(mask) != len(ids):
            raise AnswerFormatError(f"{mask_file}: {len(mask)} points where another mask has {len(ids)}")
        ids[mask] = number + 1
    if ids is None:
        raise AnswerFormatError(f"{name}: no mask in it")
    return ids, [(number + 1, label_text(row[1]), row[2]) for number, row in enumerate(rows)]
