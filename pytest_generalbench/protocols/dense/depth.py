"""The protocol for the depth of an image."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pytest_generalbench.core.errors import DataError, ReferenceFormatError
from pytest_generalbench.core.outputs.codecs.images.files import is_picture, palette_of
from pytest_generalbench.core.outputs.forms.maps import DepthMap
from pytest_generalbench.metrics.dense.depth import FARTHEST
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols.base import TaskContext
from pytest_generalbench.protocols.dense import references as map_references
from pytest_generalbench.protocols.dense.base import MapProtocol, check_size
from pytest_generalbench.protocols.dense.depth_units import WORDS as DEPTH_WORDS
from pytest_generalbench.protocols.dense.depth_units import (
    DepthReading,
    DepthSurvey,
    decide_depth,
    is_disparity,
)
from pytest_generalbench.protocols.dense.survey import MOST, sampled
from pytest_generalbench.protocols.reading import ambiguous

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pytest_generalbench.core.outputs.base import StructuredOutput
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task


_DISPARITY_FILE: Final = re.compile(r"(?i)(?:^|[/_.-])disp(?:arity|arities|s)?(?:[/_.0-9-]|$)")
"""A name of a file that says that it holds disparity."""


class DepthEstimation(MapProtocol):
    """Ask for the distance of every pixel in metres.

    Answer: `depth_map` of the reference's size; another size is wrong. Prediction and reference: float32
    (height, width), in metres; in the reference 0 where nothing is known. The raw reference names a picture
    or an array file. What unit the references have is decided over the whole file
    (`depth_units.decide_depth`). Values that are not above 0, NaN, and what `reading:` calls
    `depth_missing` are not valid. Disparity is no depth.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import DepthMap
    >>> from pytest_generalbench.protocols.example import Example
    >>> files = {"depth.npy": np.array([[1.5, 0.0]])}
    >>> example = Example(
    ...     "depth_estimation", {}, "depth.npy", files=files, reading={"depth_unit": "m"}, media=["image"]
    ... )
    >>> example.reference
    array([[1.5, 0. ]], dtype=float32)
    >>> example.read(DepthMap(np.array([[1.0, 2.0]])))
    array([[1., 2.]], dtype=float32)
    """

    name: ClassVar[str] = "depth_estimation"
    form: ClassVar[str] = "depth_map"
    answers: ClassVar = (DepthMap,)
    reading_words: ClassVar = DEPTH_WORDS
    version: ClassVar[int] = 2
    _keys: ClassVar = ("depth", "depth_file", "depth_path", "depth_map", *map_references.MASK_KEYS)

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Learn the unit from the header and all references."""
        listed = list(map_references.maps_of(instances, self._value))
        chosen = list(sampled(listed, MOST))
        result = DepthSurvey()
        for instance, value in chosen:
            self._refuse_disparity(task, instance, value)
            with suppress(DataError):  # the instance says so itself when it is read
                if _is_drawn(instance, value):
                    result.kinds.add("colours")
                result.add(map_references.numbers_of(instance, value), value, f"instance {instance.id!r}")
        result.is_whole = len(chosen) == len(listed)
        reading = decide_depth(task, header, result)
        return TaskContext(task, header=header, facts={"reading": reading}, notes=reading.notes)

    def _value(self, instance: Instance) -> Any:
        return map_references.value_of(instance, self._keys)

    def _refuse_disparity(self, task: Task, instance: Instance, value: Any) -> None:
        """Raise AmbiguousReferenceError for files whose names say disparity."""
        names: tuple[str, ...] = ()
        if map_references.is_array_file(value):
            with suppress(DataError):
                names = map_references.array_names(instance, value)
        match = _DISPARITY_FILE.search(str(value)) or (names and all(is_disparity(name) for name in names))
        if match and "depth" not in task.reading:
            readings = {"depth": "the task asks for metres", "disparity": f"{value} is called so"}
            raise ambiguous(task, "depth", readings, f"instance {instance.id!r}")

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for metres."""
        return "Answer with a map of the image's size that holds the depth of every pixel in metres."

    def reference(self, instance: Instance, context: TaskContext) -> NDArray[np.float32]:
        """Return metres, float32, (height, width), 0 where there is none."""
        with map_references.of(instance):
            value = self._value(instance)
            if context.reading.get("depth") == "disparity":
                raise ReferenceFormatError(
                    f"{fields.place(instance)}: {value!r:.80}: disparity, from which no metres follow"
                )
            stored = map_references.numbers_of(instance, value)
            depth = self._reading(instance, value, stored, context).metres(stored)
            if not ((depth > 0) & (depth <= FARTHEST)).any():
                raise ReferenceFormatError(
                    f"{fields.place(instance)}: no pixel with a depth of up to {FARTHEST} m"
                )
            return depth

    def _reading(
        self, instance: Instance, value: Any, stored: NDArray[Any], context: TaskContext
    ) -> DepthReading:
        """Return how the task's depth is read. Raises AmbiguousReferenceError where this contradicts it."""
        reading: DepthReading = context.facts["reading"]
        if reading.found.is_whole:
            return reading
        more = DepthSurvey()
        more.add(stored, value, f"instance {instance.id!r}")
        again = decide_depth(context.task, context.header, reading.found.merged(more))
        if again.unit != reading.unit and reading.found.tops:
            readings = {reading.unit: "the files before it", again.unit: f"{value} beside them"}
            raise ambiguous(context.task, "depth_unit", readings, f"instance {instance.id!r}")
        return again

    def prediction(self, answer: Any, instance: Instance, context: TaskContext) -> NDArray[np.float32]:
        """Return metres."""
        if instance.has_reference:
            value = map_references.value_of(instance, self._keys)
            check_size(answer.depth.shape, map_references.size_of(instance, value))
        depth: NDArray[np.float32] = answer.depth
        return depth

    def ideal(self, reference: Any, instance: Instance, context: TaskContext) -> StructuredOutput:
        """Return the reference as an answer."""
        return DepthMap(reference)


def _is_drawn(instance: Instance, value: Any) -> bool:
    """Whether a picture has a palette of colours, so that its indices are no depth."""
    if not is_picture(value):
        return False
    palette = palette_of(map_references.path_of(instance, value), value)
    return palette is not None and any(
        colour != index * 0x010101 for index, colour in enumerate(palette) if colour
    )


PROTOCOLS: Final = (DepthEstimation(),)
