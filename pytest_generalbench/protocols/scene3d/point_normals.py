"""The protocol for the normals of points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from pytest_generalbench.core.outputs.base import AnswerFormatError, StructuredOutput
from pytest_generalbench.core.outputs.codecs.points.columns import normals_in, three_columns, usable
from pytest_generalbench.core.outputs.codecs.points.tables import PointTable, read_table
from pytest_generalbench.core.outputs.forms.scenes3d import Normals
from pytest_generalbench.protocols.scene3d.base import SpaceProtocol, same_count
from pytest_generalbench.protocols.scene3d.points import columns_of
from pytest_generalbench.protocols.scene3d.references import found, look, opened, read_as, reader, unreadable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.protocols.base import TaskContext

_NORMAL_KEYS: Final = ("normals", "normal", "normal_file", "normals_file", "normal_path", "normals_path")
_PICK_KEYS: Final = ("pidx", "indices", "index", "point_indices", "eval_indices", "pidx_file")


class NormalEstimation(SpaceProtocol):
    """The normal of every point.

    Prompt fields: `{question}`, `{instruction}`. No parser: a text is no answer.
    Answer: `normals`, as many as the reference has; another number is wrong, and so is one that
    is zero or not finite. Prediction and reference: (N, 3), of length 1; in the reference zero where a
    point has none or is not among those that are evaluated (PCPNet's `pidx`). The raw reference is a
    list, or a file: PCPNet's .normals, a cloud with the normals behind x, y, z, .npz, .ply, .npy. Behind x,
    y, z normals are the three columns of length 1; values of 0..255 and 0..1 are taken where what they stand
    for has length 1.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Normals
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example(
    ...     "3d_normal_estimation", {}, [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]], media=["pointcloud"]
    ... )
    >>> example.reference
    array([[0., 0., 1.],
           [0., 1., 0.]], dtype=float32)
    >>> example.read(Normals(np.array([[0.0, 0.0, 2.0], [0.0, 1.0, 0.0]])))
    array([[0., 0., 1.],
           [0., 1., 0.]], dtype=float32)
    """

    name: ClassVar[str] = "3d_normal_estimation"
    form: ClassVar[str] = Normals.form
    answers: ClassVar[tuple[type[StructuredOutput], ...]] = (Normals,)

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for a direction for each point."""
        return (
            "Give the unit normal (x, y, z) of the surface at each point, in the order of the points; "
            "to which side it points does not matter."
        )

    def reference(self, instance: Instance, context: TaskContext) -> NDArray[np.float32]:
        """Return the normals, zero where there is none."""
        vectors = read_as(instance, lambda: _vectors(instance, context))
        if not usable(vectors).any():
            raise unreadable(instance, "no normal in it")
        good = usable(vectors)
        unit = np.zeros(vectors.shape, np.float32)
        unit[good] = Normals(vectors[good].astype(np.float32)).vectors
        return unit

    def prediction(self, answer: Normals, instance: Instance, context: TaskContext) -> NDArray[np.float32]:
        """Return the normals."""
        if instance.has_reference:
            same_count(len(answer.vectors), len(self.reference(instance, context)), "normals")
        return answer.vectors

    def ideal(self, reference: NDArray[np.float32], instance: Instance, context: TaskContext) -> Normals:
        """Say the normals; upwards where there is none."""
        vectors = reference.copy()
        vectors[~reference.any(axis=1)] = (0, 0, 1)
        return Normals(vectors)


def _vectors(instance: Instance, context: TaskContext) -> NDArray[np.float64]:
    value = opened(instance, found(instance, _NORMAL_KEYS))
    if isinstance(value, Mapping):
        here = look(value, _NORMAL_KEYS)
        value = None if here is None else here[1]
    if isinstance(value, str):
        vectors = _normals_of(read_table(reader(instance)(value), value), value)
    elif isinstance(value, list):
        try:
            vectors = _decoded(three_columns(value), "the list")
        except ValueError as error:
            raise AnswerFormatError("normals of different length") from error
    else:
        raise AnswerFormatError(f"normals are a list or the name of a file, not {value!r:.60}")
    picked = look(instance.reference, _PICK_KEYS) if isinstance(instance.reference, Mapping) else None
    if picked is not None:
        chosen = columns_of(instance, picked[1], context, _PICK_KEYS).labels
        if len(chosen) and not 0 <= int(chosen.min()) <= int(chosen.max()) < len(vectors):
            raise AnswerFormatError(f"an index of a point beyond the {len(vectors)} there are")
        kept = np.zeros(len(vectors), bool)
        kept[chosen] = True
        vectors = np.where(kept[:, None], vectors, 0.0)
    return vectors


def _normals_of(table: PointTable, name: str) -> NDArray[np.float64]:
    """Return the normals of a file: named ones, or of nameless columns those that have length 1.

    Raises:
        AnswerFormatError: no three columns behind x, y, z have length 1, so that they may be colours.
    """
    if table.rows is None or table.rows.shape[1] < 6:
        return _decoded(normals_in(table, name), name)
    triples = [table.rows[:, at : at + 3] for at in (3, 6) if at + 3 <= table.rows.shape[1]]
    unit = [triple for triple in triples if _is_unit(triple)]
    if len(unit) == 1:
        return three_columns(unit[0])
    decoded = [signed for triple in triples if (signed := _stored(triple)) is not None]
    if not unit and len(decoded) == 1:
        return decoded[0]
    raise AnswerFormatError(
        f"{name}: {len(unit)} of the threes of columns behind x, y, z are normals of length 1; colours or "
        "other vectors are none"
    )


_UNIT: Final = 0.05
"""How far from 1 the length of a normal may be that is written with a few digits, or in 8 bits."""


def _is_unit(vectors: NDArray[Any]) -> bool:
    """Whether nearly all vectors that have a direction have length 1."""
    good = usable(np.asarray(vectors, np.float64))
    lengths = np.linalg.norm(np.asarray(vectors, np.float64)[good], axis=1)
    return bool(len(lengths) and np.mean(np.abs(lengths - 1) < _UNIT) >= 0.95)


def _stored(vectors: NDArray[Any]) -> NDArray[np.float64] | None:
    """Return the normals that 0..255 or 0..1 stand for, None when they stand for none."""
    values = np.asarray(vectors, np.float64)
    if not np.isfinite(values).all() or values.min(initial=0) < 0:
        return None
    full = 1.0 if values.max(initial=0) <= 1 else 255.0
    signed = values / full * 2 - 1
    return signed if values.max(initial=0) <= full and _is_unit(signed) else None


def _decoded(vectors: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """Return normals as they are, or what 0..255 and 0..1 stand for.

    Raises:
        AnswerFormatError: values of 0..255 that are no normals.
    """
    if _is_unit(vectors):
        return vectors
    signed = _stored(vectors)
    if signed is not None:
        return signed
    finite = vectors[np.isfinite(vectors).all(axis=1)]
    if len(finite) and finite.min() >= 0 and finite.max() > 32 and (finite == np.rint(finite)).all():
        raise AnswerFormatError(f"{name}: whole numbers of 0 to {finite.max():g} are colours, no normals")
    return vectors


PROTOCOLS: Final = (NormalEstimation(),)
