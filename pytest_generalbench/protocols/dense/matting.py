"""The protocol for alpha mattes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from pytest_generalbench.core.errors import ReferenceFormatError
from pytest_generalbench.core.outputs.codecs.images.files import is_picture, one_channel
from pytest_generalbench.core.outputs.forms.maps import Alpha, Mask
from pytest_generalbench.metrics.dense.matting import Matte
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols.base import TaskContext
from pytest_generalbench.protocols.dense import references as map_references
from pytest_generalbench.protocols.dense.base import MapProtocol, check_size
from pytest_generalbench.protocols.dense.channels import COLOURS, channel_of, one_value, without_opaque_alpha
from pytest_generalbench.protocols.dense.survey import survey
from pytest_generalbench.protocols.reading import ambiguous, decide

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_generalbench.core.outputs.base import StructuredOutput
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.protocols.dense.survey import Survey


class Matting(MapProtocol):
    """Ask for an alpha matte.

    Answer: `alpha` of the reference's size; another size is wrong. Prediction: float32 (height, width), 0
    (background) to 1 (foreground). Reference: `Matte`, the same with the pixels that are scored: a trimap in
    the input or beside the reference limits them to its unknown region. The raw reference names a picture.
    Which channel of pictures is alpha, and which value is opaque, is decided over the whole file: an alpha
    channel that is opaque everywhere says nothing, and pictures of three values are trimaps.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Alpha
    >>> from pytest_generalbench.protocols.example import Example
    >>> files = {"alpha.png": np.repeat(np.array([[[0], [255], [51]]], dtype=np.uint8), 3, axis=2)}
    >>> example = Example("matting", {}, "alpha.png", files=files, media=["image"])
    >>> example.reference
    Matte(alpha=array([[0. , 1. , 0.2]], dtype=float32), unknown=None)
    >>> example.read(Alpha(np.array([[0.0, 1.0, 0.5]])))
    array([[0. , 1. , 0.5]], dtype=float32)
    """

    name: ClassVar[str] = "matting"
    form: ClassVar[str] = "alpha"
    answers: ClassVar = (Alpha, Mask)
    _keys: ClassVar = ("alpha", "alpha_file", "alpha_path", "matte", "matte_file", *map_references.MASK_KEYS)
    _trimaps: ClassVar = ("trimap", "trimap_file", "trimap_path")
    reading_words: ClassVar = ("alpha", "channel")
    version: ClassVar[int] = 2

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Learn which channel is alpha, and which value is opaque."""
        listed = map_references.maps_of(instances, self._value)
        seen = survey([(instance, value) for instance, value in listed if is_picture(value)])
        if not seen.count:
            return TaskContext(task, header=header, facts={"channel": "grey", "top": 1})
        channel = channel_of(task, seen)
        if seen.is_recoloured and channel == "grey" and "channel" not in task.reading:
            readings = {"red": "the palette's indices are alpha", "alpha": "its colours say something else"}
            raise ambiguous(task, "channel", readings, seen.place)
        place = seen.place
        if channel == COLOURS:
            raise ambiguous(
                task, "channel", {"red": "a picture in colours", "alpha": "no alpha channel"}, place
            )
        value, note = decide(task, "alpha", _tops(seen, channel), place)
        answers = [
            note if value not in _FULL else "",
            "" if channel == "grey" else f"the {channel} channel is alpha",
        ]
        facts = {"channel": channel, "top": value}
        return TaskContext(task, header=header, facts=facts, notes=tuple(filter(None, answers)))

    def _value(self, instance: Instance) -> Any:
        return map_references.value_of(instance, self._keys)

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for alpha values."""
        return "Answer with an alpha matte of the image's size: 0 is background, 1 foreground."

    def reference(self, instance: Instance, context: TaskContext) -> Matte:
        """Return alpha, float32 in 0..1, and where the trimap leaves it open."""
        with map_references.of(instance):
            value = self._value(instance)
            if is_picture(value):
                stored = one_value(map_references.picture_of(instance, value), context.facts["channel"])
                alpha = _opacity(instance, value, stored, context)
            else:
                alpha = map_references.numbers_of(instance, value).astype(np.float32)
            if alpha.ndim != 2 or not np.isfinite(alpha).all() or alpha.min() < 0 or alpha.max() > 1:
                raise ReferenceFormatError(f"{fields.place(instance)}: no alpha of (height, width) in 0..1")
            return Matte(alpha, self._unknown(instance, alpha.shape))

    def _unknown(self, instance: Instance, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
        beside = instance.reference if isinstance(instance.reference, Mapping) else {}
        given = (holder.get(key) for holder in (beside, instance.fields) for key in self._trimaps)
        name = next((one for one in given if is_picture(one)), None)
        if name is None:
            return None
        trimap = one_channel(without_opaque_alpha(map_references.picture_of(instance, name)), name)
        if trimap.shape != shape:
            raise ReferenceFormatError(f"{fields.place(instance)}: {name}: the trimap has another size")
        # 0, 128, 255 by custom, JPEG fringes around them included; or 0, 1, 2.
        unknown = trimap == 1 if int(trimap.max()) <= 2 else (trimap >= 32) & (trimap < 224)
        if not unknown.any():
            raise ReferenceFormatError(f"{fields.place(instance)}: {name}: no unknown pixel in the trimap")
        return np.asarray(unknown)

    def prediction(self, answer: Any, instance: Instance, context: TaskContext) -> NDArray[np.float32]:
        """Return alpha; of a mask 0 and 1."""
        output = answer.mask.decode().astype(np.float32) if isinstance(answer, Mask) else answer.alpha
        if instance.has_reference:
            value = map_references.value_of(instance, self._keys)
            check_size(output.shape, map_references.size_of(instance, value))
        alpha: NDArray[np.float32] = output
        return alpha

    def ideal(self, reference: Any, instance: Instance, context: TaskContext) -> StructuredOutput:
        """Return the reference as an answer."""
        return Alpha(reference.alpha)


_FULL: Final = ("1", "255", "65535")
"""Values that are opaque in pictures of 1, 8 and 16 bits."""


def _tops(seen: Survey, channel: str) -> dict[str, str]:
    """Return the possible opaque values, or the reading as trimaps, with their evidence."""
    values = sorted(seen.values(channel))
    top = values[-1]
    if not seen.is_lossy and (values in ([0, 128, 255], [0, 127, 255], [0, 1, 2])):
        shown = " ".join(map(str, values))
        return {"trimap": f"the values are {shown} alone", str(top): f"{values[1]} is half opaque"}
    if top <= 1:
        return {"1": ""}
    full = "255" if top <= 255 else "65535"
    if (top > 200 and full == "255") or top > 60000:
        return {full: ""}
    return {full: f"the largest value is {top}, so nothing is opaque", str(top): f"{top} is opaque"}


def _opacity(
    instance: Instance, name: str, stored: NDArray[Any], context: TaskContext
) -> NDArray[np.float32]:
    top = context.facts["top"]
    if top == "trimap":
        raise ReferenceFormatError(f"{fields.place(instance)}: {name}: a trimap, no alpha matte")
    if stored.dtype.kind == "f":
        return stored.astype(np.float32)
    if int(stored.max(initial=0)) > int(top):
        readings = {
            top: "the largest value of the pictures before it",
            str(int(stored.max())): f"that of {name}",
        }
        raise ambiguous(context.task, "alpha", readings, f"instance {instance.id!r}")
    return (stored / np.float32(top)).astype(np.float32)


PROTOCOLS: Final = (Matting(),)
