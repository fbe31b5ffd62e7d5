"""Panoptic references: the file with the segments, and the order in which its colours form an id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.core.errors import DataError, ReferenceFormatError
from pytest_generalbench.core.outputs.codecs.images.files import is_picture
from pytest_generalbench.core.outputs.forms.segments import listed_segments, segment_ids
from pytest_generalbench.protocols.dense import references as map_references
from pytest_generalbench.protocols.dense.survey import MOST, sampled
from pytest_generalbench.protocols.instance_fields import place
from pytest_generalbench.protocols.reading import Decision, decide

if TYPE_CHECKING:
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task


class Segments(NamedTuple):
    """The segments of a reference."""

    name: str
    """The file that holds them."""
    ids: NDArray[np.int64]
    info: Any
    """COCO's `segments_info`, None where the file has none."""


def _swapped(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return ids whose lowest and highest byte are exchanged: red and blue."""
    return (ids & 0xFF) << 16 | ids & 0xFF00 | ids >> 16 & 0xFF


def at_any_depth(raw: Any, key: str) -> Any:
    """Return the value of `key` in an object or an object in it, or None."""
    if not isinstance(raw, Mapping):
        return None
    if key in raw:
        return raw[key]
    return next((result for one in raw.values() if (result := at_any_depth(one, key)) is not None), None)


def _files(raw: Any, keys: Sequence[str]) -> list[Any]:
    """Return the names that a reference gives, best first."""
    given = [value for key in keys if isinstance(value := at_any_depth(raw, key), str)]
    return list(dict.fromkeys(given)) or [raw]


def _read(instance: Instance, name: Any) -> NDArray[np.int64]:
    return segment_ids(name, lambda one: map_references.bytes_of(instance, one))


def decide_order(task: Task, instances: Sequence[Instance], keys: Sequence[str]) -> Decision:
    """Return whether red or blue is the lowest byte of an id: `rgb` or `bgr`.

    The order is the one in which all listed segments have pixels; where both fit, it is COCO's.

    Raises:
        AmbiguousReferenceError: some files fit one order alone, and some the other.
    """
    fitting: dict[str, str] = {}
    listed = [one for one in instances if one.has_reference and one.problem is None]
    for instance in sampled(listed, MOST):
        try:
            orders = {order for _, _, result in _fitting(instance, keys) for order in result}
        except DataError:
            continue  # the instance says so itself when it is read
        if len(orders) == 1:
            order = orders.pop()
            fitting.setdefault(order, f"all segments of instance {instance.id!r} have pixels so")
    if not fitting or fitting.keys() == {"rgb"}:
        return Decision(task.reading.get("colours", "rgb"), "")
    return decide(task, "colours", fitting)


def _wanted(instance: Instance) -> set[int] | None:
    """Return the ids that `segments_info` lists, None without one."""
    info = at_any_depth(instance.reference, "segments_info")
    return None if info is None else {one.id for one in listed_segments(info)}


def _fitting(
    instance: Instance, keys: Sequence[str]
) -> Iterator[tuple[Any, NDArray[np.int64], tuple[str, ...]]]:
    """Yield each file, its ids, and the orders of bytes in which every listed segment has a pixel."""
    wanted = _wanted(instance)
    if wanted is None:
        return
    for name in _files(instance.reference, keys):
        try:
            ids = _read(instance, name)
        except DataError:
            continue
        there = np.unique(ids)
        fitting = [order for order, values in (("rgb", there), ("bgr", _swapped(there)))
                 if wanted <= set(values.tolist())]  # fmt: skip
        yield name, ids, tuple(fitting)


def file_of(instance: Instance, keys: Sequence[str], order: str) -> Any:
    """Return the file that holds the segments; one that is named alone is not read for it."""
    names = _files(instance.reference, keys)
    return names[0] if len(names) == 1 else read_segments(instance, keys, order).name


def read_segments(instance: Instance, keys: Sequence[str], order: str) -> Segments:
    """Return the segments of a reference, from the first file that it names in which all of them have pixels.

    Raises:
        ReferenceFormatError: a listed segment has no pixel, or a map in colours comes without a list.
    """
    info = at_any_depth(instance.reference, "segments_info")
    names = _files(instance.reference, keys)
    if info is None:
        ids = _read(instance, names[0])
        if is_picture(names[0]) and map_references.picture_of(instance, names[0]).ndim == 3:
            raise ReferenceFormatError(
                f"{place(instance)}: {names[0]}: a panoptic map in colours without segments_info"
            )
        return Segments(names[0], ids, None)
    for name, ids, orders in _fitting(instance, keys):
        if order in orders:
            return Segments(name, _swapped(ids) if order == "bgr" else ids, info)
    ids = _read(instance, names[0])
    there = set(np.unique(_swapped(ids) if order == "bgr" else ids).tolist())
    lost = [one.id for one in listed_segments(info) if one.id not in there]
    raise ReferenceFormatError(
        f"{place(instance)}: {names[0]}: {len(lost)} segments of segments_info have no pixel in it, "
        f"as {lost[:1]}"
    )
