"""The protocol for optical flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from pytest_generalbench.core.errors import DataError, ReferenceFormatError
from pytest_generalbench.core.outputs.codecs.images.files import is_picture
from pytest_generalbench.core.outputs.codecs.images.flow import flo_size, kitti_flow, read_flo
from pytest_generalbench.core.outputs.forms.maps import FlowField
from pytest_generalbench.core.regular_files import open_regular
from pytest_generalbench.metrics.dense.optical_flow import UNKNOWN
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols.base import TaskContext
from pytest_generalbench.protocols.dense import references as map_references
from pytest_generalbench.protocols.dense.base import MapProtocol, check_size
from pytest_generalbench.protocols.dense.survey import sampled
from pytest_generalbench.protocols.reading import decide

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_generalbench.core.outputs.base import StructuredOutput
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task

_MOST: Final = 64
"""Pictures that are looked at to learn what their third channel is."""

_NOT_COMPARED: Final = "pixels that KITTI's third channel calls invalid are not compared"


class OpticalFlow(MapProtocol):
    """Ask for the motion of every pixel from the first frame to the second.

    Answer: `flow_field` of the reference's size; another size is wrong. Prediction and reference: float32
    (height, width, 2), pixels to the right and down; NaN in the reference where nothing is known. The raw
    reference names a .flo file, KITTI's 16-bit PNG, or an array file of (height, width, 2) or (2, height,
    width). Pixels that a file calls invalid are not compared, as in the benchmarks of the data sets; the
    released scorer compares them with what stands in their place.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import FlowField
    >>> from pytest_generalbench.protocols.example import Example
    >>> files = {"flow.npy": np.array([[[0.5, 0.0], [0.5, -1.0]]])}
    >>> example = Example("optical_flow", {}, "flow.npy", files=files, media=["image", "image"])
    >>> example.reference
    array([[[ 0.5,  0. ],
            [ 0.5, -1. ]]], dtype=float32)
    >>> example.read(FlowField(np.zeros((1, 2, 2)))).shape
    (1, 2, 2)
    """

    name: ClassVar[str] = "optical_flow"
    form: ClassVar[str] = "flow_field"
    answers: ClassVar = (FlowField,)
    requires: ClassVar = None
    reading_words: ClassVar = ("flow_valid",)
    version: ClassVar[int] = 2
    _keys: ClassVar = ("flow", "flow_file", "flow_path", "flo", *map_references.MASK_KEYS)

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Learn from KITTI's pictures which channel says what is valid."""
        listed = [
            (instance, value)
            for instance, value in map_references.maps_of(instances, self._value)
            if is_picture(value)
        ]
        ends: list[set[int]] = [set(), set()]
        place = ""
        for instance, value in sampled(listed, _MOST):
            with suppress(DataError):  # the instance says so itself when it is read
                values = map_references.picture_of(instance, value)
                kitti_flow(values, value)
                for end, result in zip((0, 2), ends, strict=True):
                    result.update(np.unique(values[:, :, end])[:9].tolist())
                place = place or f"instance {instance.id!r}"
        if not place:
            return TaskContext(task=task, header=header, facts={"valid": "third"})
        value, note = decide(task, "flow_valid", _valid_readings(*ends), place)
        notes = [_NOT_COMPARED] if value != "all" and 0 in ends[0 if value == "first" else 1] else [note]
        facts = {"valid": value}
        return TaskContext(task=task, header=header, facts=facts, notes=tuple(filter(None, notes)))

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for pixels right and down."""
        return (
            "Answer with the optical flow from the first frame to the second: how many pixels every "
            "pixel moves to the right and how many down."
        )

    def reference(self, instance: Instance, context: TaskContext) -> NDArray[np.float32]:
        """Return pixels right and down, float32, (height, width, 2), NaN where there is none."""
        with map_references.of(instance):
            value = self._value(instance)
            if value.lower().endswith(".flo"):
                flow = read_flo(map_references.bytes_of(instance, value), value)
            elif is_picture(value):
                valid = context.facts["valid"]
                flow = kitti_flow(map_references.picture_of(instance, value), value, valid)
            else:
                flow = self._array(instance, value)
            known = (np.abs(flow) <= UNKNOWN).all(axis=2, keepdims=True)
            if not known.any():
                raise ReferenceFormatError(f"{fields.place(instance)}: {value}: no pixel with a flow")
            far = np.abs(np.where(known, flow, 0)).max(axis=2) > 2 * max(flow.shape[:2]) + 64
            if 2 * int(far.sum()) > int(known.sum()):
                raise ReferenceFormatError(
                    f"{fields.place(instance)}: {value}: most pixels move by more than twice the image, so "
                    "these are no pixels of flow"
                )
            return np.where(known, flow, np.float32(np.nan))

    def _array(self, instance: Instance, value: str) -> NDArray[np.float32]:
        """Return the flow of an array file, NaN where a third channel of 0 and 1 says that there is none."""
        array = map_references.array_of(instance, value, "flow")
        array = array[0] if array.ndim == 4 and len(array) == 1 else array
        last = array.ndim == 3 and array.shape[2] in (2, 3)
        if array.ndim == 3 and array.shape[0] in (2, 3) and not last:
            array = np.moveaxis(array, 0, 2)
        if array.ndim != 3 or array.shape[2] not in (2, 3) or array.dtype.kind == "u":
            raise ReferenceFormatError(
                f"{fields.place(instance)}: {value}: {array.dtype} {array.shape} is no flow field"
            )
        flow = array[:, :, :2].astype(np.float32)
        if array.shape[2] == 3:
            valid = array[:, :, 2]
            if not np.isin(valid, (0, 1)).all():
                raise ReferenceFormatError(
                    f"{fields.place(instance)}: {value}: the third channel does not say what is valid"
                )
            flow = np.where(valid[:, :, None] > 0, flow, np.float32(np.nan))
        return flow

    def _value(self, instance: Instance) -> str:
        value = map_references.value_of(instance, self._keys)
        if not isinstance(value, str):
            raise ReferenceFormatError(f"{fields.place(instance)}: no file of optical flow: {value!r:.80}")
        return value

    def prediction(self, answer: Any, instance: Instance, context: TaskContext) -> NDArray[np.float32]:
        """Return pixels right and down."""
        if instance.has_reference:
            check_size(answer.flow.shape[:2], self._size(instance, self._value(instance)))
        flow: NDArray[np.float32] = answer.flow
        return flow

    def _size(self, instance: Instance, value: str) -> tuple[int, ...]:
        if value.lower().endswith(".flo"):
            with open_regular(map_references.path_of(instance, value)) as file:
                return flo_size(file.read(12), value)
        if is_picture(value):
            return map_references.size_of(instance, value)
        return self._array(instance, value).shape[:2]

    def ideal(self, reference: Any, instance: Instance, context: TaskContext) -> StructuredOutput:
        """Return the reference as an answer, 0 where it has none."""
        return FlowField(np.where(np.isnan(reference), np.float32(0), reference))


def _valid_readings(first: set[int], third: set[int]) -> dict[str, str]:
    """Return the possible readings of KITTI's pictures with their evidence, from both outer channels."""
    if third == {0} or third == {65535}:
        return {"all": f"the third channel is {max(third)} everywhere"}
    if len(third) <= 2 and third <= {0, 1, 255, 65535}:
        return {"third": "0 and 1 in the third channel"}
    if len(first) <= 2 and first <= {0, 1, 255, 65535}:
        return {"first": "0 and 1 in the first channel: blue is the flow to the right"}
    return {
        "all": "no channel says what is valid",
        "third": f"the third channel has {len(third)} values and more",
    }


PROTOCOLS: Final = (OpticalFlow(),)
