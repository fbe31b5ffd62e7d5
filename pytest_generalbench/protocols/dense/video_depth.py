"""The protocol for the disparity of videos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from pytest_generalbench.core.errors import DataError, ReferenceFormatError
from pytest_generalbench.core.outputs.forms.map_sequences import DepthSequence
from pytest_generalbench.metrics.dense.depth import DISPARITY
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols.base import TaskContext
from pytest_generalbench.protocols.dense import references as map_references
from pytest_generalbench.protocols.dense.base import MapProtocol, check_size
from pytest_generalbench.protocols.dense.depth_units import (
    DISPARITY_NAMES,
    DepthSurvey,
    decide_depth,
    is_disparity,
)
from pytest_generalbench.protocols.dense.depth_units import WORDS as DEPTH_WORDS
from pytest_generalbench.protocols.dense.survey import sampled
from pytest_generalbench.protocols.reading import decide

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_generalbench.core.outputs.base import StructuredOutput
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task

_MOST_CLIPS: Final = 16
_MOST_FRAMES: Final = 4
"""Clips of distance, and frames of each, that are looked at to learn their unit."""


class VideoDepthEstimation(MapProtocol):
    """Ask for the disparity of every pixel of every frame, up to one scale and shift for the clip.

    Answer: `depth_sequence` of the reference's shape; another shape is wrong. Prediction and reference:
    float32 (frames, height, width), the inverse of the distance. The raw reference names a .npz with
    `disparity`, (frames, 1, height, width). An array called `depth` is distance, of which the disparity is
    1 / distance in metres; one of another name is refused unless `reading:` has `depth`.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import io
    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import DepthSequence
    >>> from pytest_generalbench.protocols.example import Example
    >>> content = io.BytesIO()
    >>> np.savez(content, disparity=np.full((1, 1, 1, 2), 0.5))
    >>> files = {"clip.npz": content.getvalue()}
    >>> example = Example("video_depth_estimation", {}, "clip.npz", files=files, media=["video"])
    >>> example.reference
    array([[[0.5, 0.5]]], dtype=float32)
    >>> example.read(DepthSequence(np.ones((1, 1, 2)))).shape
    (1, 1, 2)
    """

    name: ClassVar[str] = "video_depth_estimation"
    form: ClassVar[str] = "depth_sequence"
    answers: ClassVar = (DepthSequence,)
    requires: ClassVar = None
    reading_words: ClassVar = DEPTH_WORDS
    version: ClassVar = 2
    _keys: ClassVar = ("disparity", "depth", "depth_file", "npz", *map_references.MASK_KEYS)

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Decide from the names of all arrays whether they hold disparity or distance."""
        readings: dict[str, str] = {}
        where = ""
        for instance in instances:
            with suppress(DataError):  # the instance says so itself when it is read
                names = self._arrays(instance) if instance.has_reference else ()
                for value, why in _depth_readings(names).items():
                    if value not in readings:
                        readings[value], where = why, instance.id
        if not readings:
            return TaskContext(task=task, header=header, facts={"depth": "disparity"})
        value, note = decide(task, "depth", readings, f"instance {where!r}")
        facts: dict[str, Any] = {"depth": value}
        notes = [note]
        if value == "depth":
            facts["unit"] = decide_depth(task, header, self._survey(instances))
            notes += facts["unit"].notes
        return TaskContext(task=task, header=header, facts=facts, notes=tuple(filter(None, notes)))

    def _survey(self, instances: Sequence[Instance]) -> DepthSurvey:
        """Return the statistics of some frames of some clips, evenly spread."""
        seen = DepthSurvey()
        for instance in sampled([one for one in instances if one.has_reference], _MOST_CLIPS):
            with suppress(DataError):
                for frame in sampled(list(self._stored(instance)), _MOST_FRAMES):
                    seen.add(frame, "", f"instance {instance.id!r}")
        return seen

    def _arrays(self, instance: Instance) -> tuple[str, ...]:
        value = map_references.value_of(instance, self._keys)
        return map_references.array_names(instance, value) if map_references.is_array_file(value) else ()

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for disparity."""
        return (
            "Answer with the disparity (inverse depth, up to one scale and one shift for the whole clip) of "
            "every pixel of every frame."
        )

    def reference(self, instance: Instance, context: TaskContext) -> NDArray[np.float32]:
        """Return disparity, float32, (frames, height, width); NaN and what is not valid is 0."""
        with map_references.of(instance):
            stored = self._stored(instance)
            disparity = stored.astype(np.float32)
            if context.facts["depth"] == "depth":
                depth = np.stack([context.facts["unit"].metres(frame) for frame in stored])
                with np.errstate(divide="ignore"):
                    disparity = np.where(depth > 0, 1 / depth, np.float32(0))
            disparity = np.where(np.isfinite(disparity), disparity, np.float32(0))
            if not ((disparity > DISPARITY[0]) & (disparity < DISPARITY[1])).any():
                raise ReferenceFormatError(f"{fields.place(instance)}: the reference has no valid pixel")
            return disparity

    def _stored(self, instance: Instance) -> NDArray[Any]:
        value = map_references.value_of(instance, self._keys)
        if not map_references.is_array_file(value):
            raise ReferenceFormatError(f"{fields.place(instance)}: no .npz of disparity: {value!r:.80}")
        array = map_references.array_of(instance, value, *DISPARITY_NAMES, "depth")
        axis = next((one for one in (1, 3, 0) if array.ndim == 4 and array.shape[one] == 1), None)
        array = array if axis is None else array.squeeze(axis)
        if array.ndim != 3 or not array.size:
            raise ReferenceFormatError(
                f"{fields.place(instance)}: {value}: {array.shape} is no clip of disparity"
            )
        return array

    def prediction(self, answer: Any, instance: Instance, context: TaskContext) -> NDArray[np.float32]:
        """Return disparity."""
        if instance.has_reference:
            check_size(answer.disparity.shape, self._stored(instance).shape)
        disparity: NDArray[np.float32] = answer.disparity
        return disparity

    def ideal(self, reference: Any, instance: Instance, context: TaskContext) -> StructuredOutput:
        """Return the reference as an answer."""
        return DepthSequence(reference)


def _depth_readings(names: Sequence[str]) -> dict[str, str]:
    """Return the possible meanings of a file's arrays, by their names."""
    if not names:
        return {}
    if any(map(is_disparity, names)):
        return {"disparity": "the arrays are called disparity"}
    if "depth" in names:
        return {"depth": "the arrays are called depth"}
    answer = f"an array called {names[0]!r:.20}"
    return {"disparity": f"the task asks for it, and {answer} may be it", "depth": f"{answer} may be it"}


PROTOCOLS: Final = (VideoDepthEstimation(),)
