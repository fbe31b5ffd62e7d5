"""Protocols of the tasks that make shapes and motions."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from pytest_generalbench.core.errors import DataError, ReferenceFormatError
from pytest_generalbench.core.outputs import (
    AnswerFormatError,
    Image,
    MediaOutput,
    Mesh,
    Motion,
    PointCloud,
    Target,
)
from pytest_generalbench.core.outputs.rendering import TOLD
from pytest_generalbench.metrics.scene3d.chamfer import surface_points
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols.generation.base import GenerationProtocol
from pytest_generalbench.protocols.generation.shapes.baselines import (
    ball_cloud,
    ball_mesh,
    specks,
    still_motion,
)
from pytest_generalbench.protocols.generation.targets import first_word, medium_of, paths_of, text_fields

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_generalbench.core.outputs import Opener, StructuredOutput
    from pytest_generalbench.core.request import Instance, Request
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.protocols.base import Protocol, TaskContext

_FORMS: Final[dict[str, type[MediaOutput]]] = {"pointcloud": PointCloud, "mesh": Mesh, "motion": Motion}
_SAID: Final = ("caption", "description", "text_prompt", "prompt", "text")
"""Fields that hold what a shape is of, without their names."""

_SAMPLED: Final = 16_384
"""Points that stand for a mesh where a cloud is due: the oracle's answer."""

_WORDS: Final = {
    "pointcloud": "Answer with a point cloud: x, y, z of each point, and colours if there are any.",
    "mesh": "Answer with a mesh: vertices and triangles, and colours of the vertices if there are any.",
    "motion": "Answer with a motion: the coordinates of all joints in each frame, or features of the pose.",
}
_UP: Final = "The y axis points up, and the front faces +z."
_SAME: Final = "The answer is in the coordinates of the input."


class ShapeGeneration(GenerationProtocol):
    """A protocol whose answer is a point cloud, a mesh or a motion: what the task's `output` says.

    Prompt fields as for all protocols of made media. Every medium that the task takes must be there.
    """

    form: ClassVar[str] = "pointcloud"
    made: ClassVar[type[MediaOutput]] = PointCloud
    answers: ClassVar = (PointCloud, Mesh, Motion)
    output_medium: ClassVar[str] = "pointcloud"
    needs_media: ClassVar[bool] = False
    own_keys: ClassVar[frozenset[str]] = frozenset({"caption", "description", "text_prompt"})

    def asked_form(self, context: TaskContext) -> str:
        """Return the form that the task's output is."""
        return _form(context).form

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Add the note on how shapes are rendered, where the metric uses renderings."""
        context = super().context(task, header, instances)
        notes = (*context.notes, TOLD) if task.metric.name.startswith("clip_") else context.notes
        return replace(context, notes=notes)

    def request(self, instance: Instance, context: TaskContext) -> Request:
        """Put the media first, then the text. Raises DataError for an instance that lacks what is needed."""
        result = {medium.medium for medium in instance.media}
        due = context.task.input_media
        lacks = [medium for medium in due if medium not in (*result, "text", "map")]
        if "map" in due and "map" not in result:
            lacks.append("depth")
        if "text" in due and not self.content(instance):
            lacks.append("text that says what to make")
        if "map" in due and lacks == ["video"] and _is_stream(instance):
            lacks = []  # a .sens file holds the colours too
        if lacks:
            keys = ", ".join(map(str, instance.fields)) or "none"
            raise DataError(f"{fields.place(instance)}: no {' and no '.join(lacks)}; keys found: {keys}")
        return replace(super().request(instance, context), output_medium=context.task.output_medium)

    def question(self, instance: Instance) -> str:
        """Return all that the instance says in text, a caption without the name of its key."""
        answer = (fields.find(instance.fields, key) for key in self.own_keys)
        captions = sorted(fields.as_text(text) for text in answer if text is not None)
        return "\n".join(dict.fromkeys(filter(None, (super().question(instance), *captions))))

    def content(self, instance: Instance) -> str:
        """Return the prompt as the data set has it."""
        return self.question(instance)

    def source_prompt(self, instance: Instance) -> str:
        """Return a caption of the shape from input or reference, else all text of the instance."""
        given_words = text_fields(instance.changed(reference=None))
        for words in (given_words, text_fields(instance.changed(fields={}))):
            result = first_word(words, *_SAID, fits=_is_words)
            if result:
                return result
        return self.question(instance)

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Say what the answer must be."""
        return f"{_WORDS[context.task.output_medium]} {self.placed}".strip()

    placed: ClassVar[str] = _UP
    """How the answer lies in space, in a sentence."""

    def target(self, instance: Instance, context: TaskContext) -> Target:
        """Return the true shape and the words."""
        target = super().target(instance.changed(reference=None), context)
        medium = _shape_of(instance, _form(context))
        return replace(
            target, medium=medium, words=self.words(instance, text_fields(instance)), prompt=target.prompt
        )

    def reference(self, instance: Instance, context: TaskContext) -> Target:
        """Return the target; one whose file cannot be read is a ReferenceFormatError."""
        target = super().reference(instance, context)
        if target.medium is not None:
            try:
                target.medium()
            except DataError as error:
                raise ReferenceFormatError(f"{fields.place(instance)}: the reference: {error}") from error
        return target

    def prediction(self, answer: Any, instance: Instance, context: TaskContext) -> Any:
        """Return the shape; one of another form is an AnswerFormatError."""
        due = _form(context)
        if not isinstance(answer, due):
            raise AnswerFormatError(f"a {answer.form} where a {due.form} is due")
        return answer

    def ideal(self, reference: Target, instance: Instance, context: TaskContext) -> str | StructuredOutput:
        """Return the ground truth, brought to the form that is due; without one, a ball."""
        shape = self.plain(reference, context) if reference.medium is None else reference.medium()
        due = _form(context)
        if due is PointCloud and isinstance(shape, Mesh):
            return PointCloud(_surface(shape, _SAMPLED))
        return specks(shape) if due is Mesh and isinstance(shape, PointCloud) else shape

    def plain(self, target: Target, context: TaskContext) -> StructuredOutput:
        """Return a ball, or a body that stands still."""
        kind = _form(context)
        return ball_cloud() if kind is PointCloud else ball_mesh() if kind is Mesh else still_motion()


def _is_words(text: str) -> bool:
    """Whether a text is no file's name."""
    return " " in text.strip() or not re.search(r"\.\w{2,5}$", text.strip())


def _form(context: TaskContext) -> type[MediaOutput]:
    return _FORMS[context.task.output_medium]


def _is_stream(instance: Instance) -> bool:
    return any(path.suffix.lower() == ".sens" for media in instance.media for path in media.paths)


def _surface(mesh: Mesh, count: int) -> np.ndarray[Any, Any]:
    return surface_points(mesh, count).astype(np.float32)


def _shape_of(instance: Instance, form: type[MediaOutput]) -> Opener | None:
    """Return a function that opens the target shape: in the expected form, or else the other form."""
    if form is Motion:
        return medium_of(instance, Motion)
    for kind in (form, PointCloud if form is Mesh else Mesh):
        paths = paths_of(medium_of(instance, kind))
        if paths:
            return partial(_open_shape, form, paths)
    return None


def _open_shape(form: type[MediaOutput], paths: Sequence[Path]) -> MediaOutput:
    """Open a shape's file. A PLY may hold either kind: a mesh task's may lack faces, and is then a cloud."""
    ending = paths[0].suffix.lower()
    kinds = [kind for kind in (form, PointCloud, Mesh) if ending in kind.endings]
    problem: AnswerFormatError | None = None
    for kind in dict.fromkeys(kinds):
        try:
            return kind.open(paths)
        except AnswerFormatError as error:
            problem = problem or error
    raise problem or AnswerFormatError(f"{paths[0].name}: no file of a shape")


class TextTo3d(ShapeGeneration):
    """Ask for a shape from words.

    Answer and prediction: what the task's `output` says, `PointCloud` (points (n, 3)), `Mesh` or `Motion`.
    The raw reference names the target's file; the reference is a `Target` with what the task's metric
    compares with.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import PointCloud
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("text_to_3d", {"text": "A round table."})
    >>> print(example.prompt)  # doctest: +NORMALIZE_WHITESPACE
    A round table.
    Answer with a point cloud: x, y, z of each point, and colours if there are any. The y axis points
    up, and the front faces +z.
    >>> example.read(PointCloud(np.arange(12.0).reshape(4, 3))).points.shape
    (4, 3)
    """

    name: ClassVar[str] = "text_to_3d"


class ImageTo3d(ShapeGeneration):
    """Ask for the shape that a picture shows.

    Answer and prediction: what the task's `output` says, `PointCloud` (points (n, 3)), `Mesh` or `Motion`.
    The raw reference names the target's file; the reference is a `Target` with what the task's metric
    compares with.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import PointCloud
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("image_to_3d", {}, media=["image"])
    >>> print(example.prompt)  # doctest: +NORMALIZE_WHITESPACE
    Make the object in the image in three dimensions. Answer with a point cloud: x, y, z of each point,
    and colours if there are any. The y axis points up, and the front faces +z.
    >>> example.read(PointCloud(np.arange(12.0).reshape(4, 3))).points.shape
    (4, 3)
    """

    name: ClassVar[str] = "image_to_3d"
    source_medium: ClassVar[str | None] = "image"
    source_form: ClassVar[type[MediaOutput] | None] = Image

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for what the image shows."""
        return f"Make the object in the image in three dimensions. {super().instruction(instance, context)}"


class CompletionReconstruction(ShapeGeneration):
    """Ask for the whole shape from a part of it, from its points, or from frames with depth.

    Answer and prediction: what the task's `output` says, `PointCloud` (points (n, 3)), `Mesh` or `Motion`.
    The raw reference names the target's file; the reference is a `Target` with what the task's metric
    compares with.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import PointCloud
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("3d_completion_reconstruction", {}, media=["pointcloud"])
    >>> print(example.prompt)  # doctest: +NORMALIZE_WHITESPACE
    The point cloud is a part of an object; complete it. Answer with a point cloud: x, y, z of each
    point, and colours if there are any. The answer is in the coordinates of the input.
    >>> example.read(PointCloud(np.arange(12.0).reshape(4, 3))).points.shape
    (4, 3)
    """

    name: ClassVar[str] = "3d_completion_reconstruction"
    placed: ClassVar[str] = _SAME

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Say what to do with the input."""
        asked = {
            ("pointcloud", "pointcloud"): "The point cloud is a part of an object; complete it.",
            ("pointcloud", "mesh"): "Rebuild the surface that the points were taken from.",
        }.get(
            (context.task.input_media[0], context.task.output_medium),
            "Rebuild the scene from its frames: colours, depths, and where the camera was.",
        )
        value = super().instruction(instance, context)
        if "map" in context.task.input_media:
            value = value.replace(_SAME, "The answer is in the coordinates of the camera poses, in metres.")
        return f"{asked} {value}"


class TextToMotion(ShapeGeneration):
    """Ask for the motion of a body, from words.

    Answer and prediction: what the task's `output` says, `PointCloud` (points (n, 3)), `Mesh` or `Motion`.
    The raw reference names the target's file; the reference is a `Target` with what the task's metric
    compares with.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Motion
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("text_to_motion", {"caption": "A person waves."})
    >>> print(example.prompt)
    A person waves.
    Answer with a motion: the coordinates of all joints in each frame, or features of the pose.
    >>> example.read(Motion(np.zeros((20, 22, 3)))).frames.shape
    (20, 22, 3)
    """

    name: ClassVar[str] = "text_to_motion"
    form: ClassVar[str] = "motion"
    made: ClassVar[type[MediaOutput]] = Motion
    output_medium: ClassVar[str] = "motion"
    placed: ClassVar[str] = ""

    def prediction(self, answer: Any, instance: Instance, context: TaskContext) -> Any:
        """Return the motion; one with other values to a frame than the target's is an AnswerFormatError."""
        motion = super().prediction(answer, instance, context)
        opener = _shape_of(instance, Motion)
        true = opener() if opener else None
        if isinstance(true, Motion) and true.rows.shape[1] != motion.rows.shape[1]:
            raise AnswerFormatError(
                f"a motion of {motion.rows.shape[1]} values a frame where the target has {true.rows.shape[1]}"
            )
        return motion


PROTOCOLS: Final[tuple[Protocol, ...]] = (
    TextTo3d(),
    ImageTo3d(),
    CompletionReconstruction(),
    TextToMotion(),
)
