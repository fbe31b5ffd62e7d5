"""Makers of instances and contexts for tests of protocols, one line each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_generalbench import protocols
from pytest_generalbench.core.request import Instance, Output
from tests.builders import make_task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_generalbench.protocols import TaskContext

MISSING: Any = object()


def an_instance(fields: Mapping[str, Any], raw: Any = MISSING, name: str = "i1") -> Instance:
    """Return an instance with a raw `output`, or one of the close set."""
    if raw is MISSING:
        return Instance(name, "nlp/tiny", fields)
    return Instance(name, "nlp/tiny", fields, reference=raw, reference_key="output")


def a_context(
    protocol: str,
    *instances: Instance,
    header: Mapping[str, Any] | None = None,
    metric: str = "accuracy",
    **changes: Any,
) -> TaskContext:
    """Return what the protocol finds out about a file of these instances."""
    task = make_task(**{"id": "nlp/tiny", "protocol": protocol, **changes})
    task = replace(task, metric=replace(task.metric, name=metric))
    return protocols.get(protocol).context(task, header or {}, instances)


def prompt_of(protocol: str, fields: Mapping[str, Any], raw: Any = MISSING, **facts: Any) -> str:
    """Return the text that a model is asked."""
    instance = an_instance(fields, raw)
    return protocols.get(protocol).request(instance, a_context(protocol, instance, **facts)).text


def reference_of(protocol: str, raw: Any, fields: Mapping[str, Any] | None = None, **facts: Any) -> Any:
    """Return the typed reference of an instance that stands alone in its file."""
    instance = an_instance(fields if fields is not None else {"question": "What?"}, raw)
    return protocols.get(protocol).reference(instance, a_context(protocol, instance, **facts))


def said_back(protocol: str, instance: Instance, context: TaskContext) -> tuple[Any, Any]:
    """Return (what is read from the ideal answer, the reference)."""
    result = protocols.get(protocol)
    reference = result.reference(instance, context)
    ideal = result.ideal(reference, instance, context)
    answer = Output(ideal) if isinstance(ideal, str) else Output(medium="map", answer=ideal)
    return result.parse(answer, instance, context), reference
