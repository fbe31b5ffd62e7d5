"""`generalbench tasks`: the tasks, and how each is asked and scored."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_generalbench import protocols
from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.metrics.definition import metric_definition
from pytest_generalbench.suite import tasks as registry

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from pytest_generalbench.core.task import Task


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `tasks` and `tasks show`."""
    parser = commands.add_parser(
        "tasks",
        help="list the tasks, or show one",
        description="List the tasks: `generalbench tasks -k 'image and not generation'`. "
        "Show one with the prompt of its first instance: `generalbench tasks show nlp/causal-reasoning`.",
    )
    parser.add_argument("action", nargs="?", choices=["list", "show"], default="list")
    parser.add_argument("id", nargs="?", help="task id or official name, for `show`")
    parser.add_argument(
        "-k", dest="expression", metavar="EXPR", help="as pytest's -k, matched on the task id"
    )
    parser.add_argument(
        "--data", default="demo", metavar="DIR|demo", help="where `show` takes the instance from"
    )
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Print the list of tasks, or one task."""
    tasks = registry.load_tasks()
    if options.action == "show":
        if not options.id:
            raise GeneralBenchError("generalbench tasks show needs a task id: generalbench tasks lists them")
        lines = describe(registry.find_task(tasks, options.id), options.data, tasks)
    else:
        lines = listing(task for task in tasks if matches(task.id, options.expression))
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


def matches(task_id: str, expression: str | None) -> bool:
    """Return whether an id matches an expression of pytest's `-k`: words with and, or, not and brackets."""
    if not expression:
        return True
    from _pytest.mark.expression import Expression

    def occurs(name: str, /, **_: object) -> bool:
        return name.lower() in task_id  # the facets, which pytest knows as markers, are parts of the id

    try:
        return Expression.compile(expression).evaluate(occurs)
    except SyntaxError as error:
        raise GeneralBenchError(f"-k {expression!r}: {error}") from error


def listing(tasks: Iterable[Task]) -> Iterator[str]:
    """Return one line per task: id, metric, SoTA, and stated instances."""
    count = 0
    for task in tasks:
        count += 1
        sota = "-" if task.sota.released is None else f"{task.sota.released:g}"
        yield f"{task.id:<88} {task.metric.name:<20} {sota:>8} {task.instances:>6}"
    yield f"{count} tasks"


def _facts(task: Task) -> Iterator[str]:
    facts = {
        "id": task.id,
        "official name": task.official_name,
        "skill": f"{task.skill} ({task.skill_code})",
        "input → output": f"{task.inputs} → {task.output}",
        "instances stated": task.instances,
        "protocol": task.protocol,
        "metric": f"{task.metric.name} ({task.metric.official!r} in the workbook), {task.metric.unit}, "
        f"{task.metric.direction} is better, mapping {task.metric.mapping}",
        "SoTA": f"{task.sota.released} (released), {task.sota.paper} (paper)"
        + (", printed as points" if task.sota.mapped else ""),
        "folders seen": ", ".join(task.folders) or "none",
        "notes": task.notes or "none",
    }
    for name, value in facts.items():
        yield f"{name + ':':<18}{value}"


def describe(task: Task, source: str, tasks: tuple[Task, ...]) -> Iterator[str]:
    """Yield a task's fields, the full prompt of its first instance, its parser and its metric."""
    from pytest_generalbench.suite.data import open_data

    yield from _facts(task)
    protocol = protocols.get(task.protocol)
    yield f"{'parser:':<18}{task.parser or protocol.parser}"
    yield f"{'answer length:':<18}{task.max_new_tokens or protocol.max_new_tokens} tokens"
    yield f"{'metric is:':<18}{metric_definition(task)}"
    loaded = open_data(source if source in ("demo", "hub") else Path(source), "open", tasks).load(task)
    good = [item for item in loaded.instances if item.problem is None] if loaded else []
    if loaded is None or not good:
        yield f"no instance of it in {source}"
        return
    context = protocol.context(task, loaded.header, loaded.instances)
    request = protocol.request(good[0], context)
    yield f"{'instance:':<18}{good[0].id} ({source})"
    for medium in request.media:
        yield f"{'medium:':<18}{medium.medium}, {len(medium.paths)} file(s), first {medium.path.name}"
    yield "prompt:"
    yield from (f"  | {line}" for line in request.text.splitlines())
    if good[0].has_reference:
        yield f"{'reference:':<18}{protocol.reference(good[0], context)!r}"
