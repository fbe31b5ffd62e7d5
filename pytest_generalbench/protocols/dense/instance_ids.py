"""Inference of the meaning of instance ids in reference pictures, from all pictures of a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.errors import ReferenceFormatError
from pytest_generalbench.protocols.dense.channels import (
    COLOURS,
    VOC_BORDER,
    channel_of,
    numbers_of,
    one_value,
)
from pytest_generalbench.protocols.dense.classes import INSTANCE_OF
from pytest_generalbench.protocols.instance_fields import place
from pytest_generalbench.protocols.reading import decide

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.protocols.dense.survey import Survey

WORDS: Final = ("ids", "void", "channel")
"""The words that pictures of instances take."""

_MOST: Final = 1000
"""Values of one picture after which it is no picture of instances."""

_IGNORED_MOTS: Final = 10000
"""The id of regions that KITTI MOTS leaves out."""

_FACTORS: Final = {"class_1000": INSTANCE_OF, "class_256": 256}


@dataclass(frozen=True, slots=True)
class IdReading:
    """How the pictures of instances of a task are read."""

    channel: str = "grey"
    ids: str = "plain"
    void: frozenset[int] = frozenset()
    """Ids that are no instance, beside 0."""
    notes: tuple[str, ...] = ()

    def things(
        self, values: NDArray[Any], instance: Instance, name: str
    ) -> Iterator[tuple[NDArray[np.bool_], str]]:
        """Yield the mask of each instance in a picture, and the number of its class or ''.

        Raises:
            ReferenceFormatError: the picture has more values than things.
        """
        plain = one_value(values, self.channel).astype(np.int64)
        numbers = [one for one in np.unique(plain).tolist() if one > 0 and one not in self.void]
        if len(numbers) > _MOST:
            raise ReferenceFormatError(
                f"{place(instance)}: {name}: {len(numbers)} values are no ids of instances"
            )
        factor = _FACTORS.get(self.ids)
        for number in numbers:
            if factor is None:
                yield plain == number, ""
            elif number >= factor and not (factor == 256 and number % factor == 0):
                yield plain == number, str(number // factor)


def decide_ids(task: Task, seen: Survey, names: Mapping[str, str]) -> IdReading:
    """Return how the pictures of instances of a file are read.

    Args:
        task: The task; what its `reading` says goes first.
        seen: The values of its pictures.
        names: Class names by id, from the header of the file.

    Raises:
        AmbiguousReferenceError: two readings fit.
    """
    if not seen.count:
        return IdReading()
    channel = channel_of(task, seen)
    hist = seen.values(None if channel == COLOURS else channel)
    values = sorted(value for value in hist if value > 0)
    notes = (
        [] if channel in ("grey", COLOURS) or "channel" in task.reading else [f"ids in the {channel} channel"]
    )
    ids, note = decide(task, "ids", _id_readings(seen, channel, values, names), seen.place)
    notes += [note] if note and ids != "plain" else []
    void = frozenset[int]()
    if "void" in task.reading or (255 in values and ids == "plain" and channel != COLOURS):
        chosen, note = decide(task, "void", _void_readings(seen, values), seen.place)
        void = numbers_of(chosen)
        notes += [note] if note and void else []
    if channel == COLOURS:
        notes.append("each colour but black is an instance")
        void |= {VOC_BORDER} if VOC_BORDER in hist else frozenset()
    if ids == "class_1000" and _IGNORED_MOTS in values and values[-1] == _IGNORED_MOTS:
        void |= {_IGNORED_MOTS}
        notes.append("10000 is left out, as in KITTI MOTS")
    return IdReading(channel, ids, void, tuple(notes))


def _id_readings(seen: Survey, channel: str, values: list[int], names: Mapping[str, str]) -> dict[str, str]:
    """Return the possible readings of the ids, with their evidence."""
    if seen.names & {"labelids", "labeltrainids"}:
        return {
            "plain": "every value is an instance",
            "class_1000": "the files are called labelIds: ids of classes, in which no instance is told",
        }
    if seen.is_lossy:
        return {"plain": f"{len(values)} values, though JPEG changes values", "class_1000": ""}
    if channel == COLOURS or not values or values[-1] < 256:
        single = len(values) == 1 and values[0] > 1 and channel != COLOURS
        if single:
            return {
                "plain": f"{values[0]} is the one instance",
                "class_1000": f"{values[0]} is all there is of a class, and no instance is told",
            }
        return {"plain": "numbers of instances"}
    fitting = {
        name: f"values to {values[-1]}, a class x {factor} + number"
        for name, factor in _FACTORS.items()
        if _fits(values, factor)
    }
    if "instanceids" in seen.names and "class_1000" in fitting:
        return {"class_1000": "the files are called instanceIds"}
    if len(values) == values[-1] - values[0] + 1 and values[0] <= 1:
        return {"plain": "consecutive numbers"}
    certain = [name for name in fitting if _is_certain(values, _FACTORS[name], names)]
    if len(certain) == 1:
        return {certain[0]: fitting[certain[0]]}
    return {**fitting, "plain": f"{len(values)} numbers of instances"}


def _fits(values: list[int], factor: int) -> bool:
    """Whether ids may be class x factor + number: classes to 255, no number beyond 99, few low ids."""
    coded = [value for value in values if value >= factor]
    low = [value for value in values if value < factor]
    return (
        bool(coded)
        and coded[-1] // factor <= 255
        and all(value % factor < 100 for value in coded)
        and (not low or low[-1] <= 255)
    )


def _is_certain(values: list[int], factor: int, names: Mapping[str, str]) -> bool:
    """Whether classes are what ids must hold: listed ones, Cityscapes' things, or nothing but coded ids."""
    coded = {value // factor for value in values if value >= factor}
    low = [value for value in values if value < factor]
    if names:
        return all(str(one) in names for one in coded)
    return factor == INSTANCE_OF and (not low or (coded <= set(range(24, 34)) and low[-1] <= 33))


def _void_readings(seen: Survey, values: list[int]) -> dict[str, str]:
    """Return the possible readings of 255, with their evidence."""
    rest = [value for value in values if value != 255]
    if seen.palette.get(255) == VOC_BORDER:
        return {"255": "255 has the colour of VOC's border"}
    if not rest or rest[-1] >= 254:
        return {"none": "255 is an id like others"}
    return {"255": f"255 beside the ids {rest[0]} to {rest[-1]}", "none": "255 is an instance"}
