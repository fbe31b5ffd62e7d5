"""A protocol's methods, called so that what one instance's data make them raise costs that instance alone.

Protocols check what they read, and say what is wrong with it (`DataError`). What gets past their checks, such
as a number too large for a library, is told here in the same way instead of ending the task.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import AmbiguousReferenceError, DataError, ReferenceFormatError
from pytest_generalbench.core.plain_types import MISFIT
from pytest_generalbench.protocols.instance_fields import place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.protocols.base import Protocol, TaskContext

Look = Callable[[Sequence["Instance"]], "TaskContext"]
"""Returns what a protocol knows of a task from some of its instances."""


def fault_text(error: BaseException) -> str:
    """Return an error's kind and first words, in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"


@contextmanager
def one_instance(instance: Instance) -> Iterator[None]:
    """Turn a fault while `instance` is read into a ReferenceFormatError that names it."""
    try:
        yield
    except MISFIT as error:
        raise ReferenceFormatError(f"{place(instance)}: cannot be read ({fault_text(error)})") from error


def reference_of(protocol: Protocol, instance: Instance, context: TaskContext) -> Any:
    """Return the reference of an instance. Raises ReferenceFormatError when it cannot be read."""
    if instance.id in context.strays:
        raise ReferenceFormatError(context.strays[instance.id])
    with one_instance(instance):
        return protocol.reference(instance, context)


def context_of(
    protocol: Protocol, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]
) -> TaskContext:
    """Return the protocol's context of a task; what one instance has does not change it for all.

    Instances that make it fail are left out of it. Where the references leave their reading open, and are
    certain without one instance of eight or more, that one is a stray: it is left out and cannot be read.

    Raises:
        AmbiguousReferenceError: as of `Protocol.context`, and no single instance is the cause.
        DataError: it fails, and no single instance is the cause.
    """

    def look(some: Sequence[Instance]) -> TaskContext:
        return protocol.context(task, header, some)

    try:
        return _of_sound(look, task, instances)
    except AmbiguousReferenceError as error:
        place_of_stray = _stray(look, instances)
        if place_of_stray is None:
            raise
        stray = instances[place_of_stray]
        context = look([*instances[:place_of_stray], *instances[place_of_stray + 1 :]])
        why = f"{place(stray)}: its reference fits nothing that all others agree on ({error})"
        return replace(context, strays={stray.id: why})


def _of_sound(look: Look, task: Task, instances: Sequence[Instance]) -> TaskContext:
    """Return the context of the instances that do not make it fail."""
    try:
        return look(instances)
    except MISFIT as error:
        good = [instance for instance in instances if _is_sound(look, instance)]
        if len(good) == len(instances):
            raise DataError(f"{task.id}: its references cannot be read ({fault_text(error)})") from error
        try:
            return look(good)
        except MISFIT as second:
            raise DataError(f"{task.id}: its references cannot be read ({fault_text(second)})") from second


def _is_sound(look: Look, instance: Instance) -> bool:
    try:
        look([instance])
    except DataError:
        return True  # one instance alone may say too little
    except MISFIT:
        return False
    return True


_SEVERAL: Final = 8
_BLOCKS: Final = 8


def _stray(look: Look, instances: Sequence[Instance]) -> int | None:
    """Return the place of the only instance without which the references are certain, or None.

    It is looked for in blocks, each an eighth of the last: a long file is looked at a few dozen times.
    """
    start, stop = 0, len(instances)
    if stop < _SEVERAL:
        return None
    while stop - start > 1:
        step = -(-(stop - start) // _BLOCKS)
        blocks = [(first, min(first + step, stop)) for first in range(start, stop, step)]
        certain = [
            block for block in blocks if _is_certain(look, [*instances[: block[0]], *instances[block[1] :]])
        ]
        if len(certain) != 1:
            return None
        start, stop = certain[0]
    return start


def _is_certain(look: Look, instances: Sequence[Instance]) -> bool:
    try:
        look(instances)
    except (DataError, *MISFIT):
        return False
    return True
