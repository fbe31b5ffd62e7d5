"""How a task is asked and scored, on its first instance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_generalbench import protocols
from pytest_generalbench.core.asking import asking_of, check_prompts, checked_lengths, prompts_from_file
from pytest_generalbench.core.request import Request
from pytest_generalbench.metrics.definition import metric_definition
from pytest_generalbench.models.base import model_errors
from pytest_generalbench.protocols.guard import context_of
from pytest_generalbench.suite.data import open_data
from pytest_generalbench.suite.tasks import find_task, load_tasks

if TYPE_CHECKING:
    from pytest_generalbench.core.asking import Asking
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.models.base import Model
    from pytest_generalbench.suite.data.source import DataSource


@dataclass(frozen=True, slots=True)
class TaskDescription:
    """A task, and the request of its first instance."""

    task: Task
    parser: str
    """How an answer is read."""
    max_new_tokens: int
    """How long the answer to the instance may be; without an instance, to any."""
    metric_definition: str
    """The metric in one line."""
    source: str
    """Where the instance is from."""
    prompt_fields: tuple[str, ...]
    """The fields that a prompt template for it may use."""
    request: Request | None
    """What a model is asked first; None where the data have no instance that can be asked."""
    reference: str | None
    """The instance's reference as the metric gets it, written as Python writes it; None without one."""
    unsupported: str | None = None
    """Why the model cannot take part in the task; None where it can, and without a model."""
    model_input: str | None = None
    """What the model itself is given for the request; None where that is the request as it is."""
    usual_tokens: int = 0
    """How long that answer may be without a length of the user's own."""


def describe_task(
    task_id: str,
    data: str | Path = "demo",
    prompts: str | Path | None = None,
    model: Model | None = None,
    max_new_tokens: str | None = None,
) -> TaskDescription:
    """Describe how a task is asked and scored.

    Args:
        task_id: A task's id or official name.
        data: Where the instance is from: a General-Bench folder, `hub`, or `demo`.
        prompts: A file of the user's own prompts (`--generalbench-prompts`).
        model: A model that is not asked, but says what it is given (`open_model`); None: no model.
        max_new_tokens: The user's lengths of answers (`--generalbench-max-new-tokens`): tokens, a factor such
            as `x2`, or these by task.

    Raises:
        UnknownWordError: there is no such task.
        DataError: the data cannot be read.
        GeneralBenchError: the prompts or the lengths cannot be used.
        ModelError: the model cannot say what it is given.
    """
    tasks = load_tasks()
    task = find_task(tasks, task_id)
    given = prompts_from_file(Path(prompts)) if prompts else {}
    check_prompts(given, tasks, protocols.prompt_fields())
    lengths = None if max_new_tokens is None else checked_lengths(max_new_tokens, "max_new_tokens")
    source = open_data(data if data in ("demo", "hub") else Path(data), "open", tasks)
    return described(task, source, asking_of(task, given, lengths), str(data), model)


def described(
    task: Task, data: DataSource, asking: Asking, source: str = "demo", model: Model | None = None
) -> TaskDescription:
    """Return `describe_task` of a task over data that are open; `source` is how they are called."""
    protocol = protocols.get(task.protocol)
    task = replace(task, prompt=asking.prompt or task.prompt)
    loaded = data.load(task)
    good = [item for item in loaded.instances if item.problem is None] if loaded else []
    usual = Request(task.id, "", (), max_new_tokens=task.max_new_tokens or protocol.max_new_tokens)
    request = reference = None
    if loaded is not None and good:
        context = context_of(protocol, task, loaded.header, loaded.instances)
        usual = protocol.request(good[0], context)
        request = asking.applied(usual)
        if good[0].has_reference:
            reference = repr(protocol.reference(good[0], context))
    unsupported = model_input = None
    if model is not None:
        with model_errors(f"{task.id}, {request.instance_id if request else 'no instance'}"):
            unsupported = model.unsupported(task)
            model_input = model.shown(request) if request is not None and unsupported is None else None
    return TaskDescription(
        task=task,
        parser=task.parser or protocol.parser,
        max_new_tokens=asking.applied(usual).max_new_tokens,
        metric_definition=metric_definition(task),
        source=source,
        prompt_fields=protocol.prompt_fields,
        request=request,
        reference=reference,
        unsupported=unsupported,
        model_input=model_input,
        usual_tokens=usual.max_new_tokens,
    )
