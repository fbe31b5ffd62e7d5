"""`generalbench tasks`: the tasks, and how each is asked and scored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest_generalbench as gb
from pytest_generalbench.cli.model_options import add_model_options, model_options
from pytest_generalbench.cli.output import put_lines

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator


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
    parser.add_argument(
        "--prompts", metavar="FILE", help="as for pytest --generalbench-prompts: show the prompt it gives"
    )
    parser.add_argument(
        "--generalbench-max-new-tokens",
        "--max-new-tokens",
        dest="max_new_tokens",
        metavar="N|xF",
        help="as for pytest: tokens of an answer (512), a factor (x2), or these by task (nlp/*=x4)",
    )
    parser.add_argument(
        "--model",
        metavar="SPEC",
        help="as for pytest --generalbench-model: load it, and show what it is given by its chat template",
    )
    parser.add_argument("--explain", action="store_true", help="say how every figure comes about")
    add_model_options(parser)
    parser.set_defaults(func=run)


_EXPLANATION = (
    "SoTA: the specialist's score; released is the table of the authors' tool, paper that of the paper, in "
    "the metric's unit; `printed as points` are mapped scores that were turned back into it",
    "instances stated: those of the data set's own list, open and close set together; a run counts its own",
    "mapping: how the score becomes 0..100 points for S2 to S5 (`generalbench level --explain`)",
    "answer length: the most tokens that an answer may have, of the task file, else of the protocol",
)


def run(options: argparse.Namespace) -> int:
    """Print the list of tasks, or one task."""
    if options.action == "show":
        if not options.id:
            raise gb.GeneralBenchError(
                "generalbench tasks show needs a task id: generalbench tasks lists them"
            )
        lines = describe(_description(options))
    else:
        lines = listing(task for task in gb.load_tasks() if matches(task.id, options.expression))
    put_lines(lines)
    put_lines(_EXPLANATION if options.explain else ())
    return 0


def _description(options: argparse.Namespace) -> gb.TaskDescription:
    """Return the description of a task; the model that is named is loaded for it."""
    given = (options.id, options.data, options.prompts)
    if options.model is None:
        return gb.describe_task(*given, max_new_tokens=options.max_new_tokens)
    with gb.open_model(options.model, **model_options(options)) as model:
        return gb.describe_task(*given, model, options.max_new_tokens)


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
        raise gb.GeneralBenchError(f"-k {expression!r}: {error}") from error


def listing(tasks: Iterable[gb.Task]) -> Iterator[str]:
    """Return one line per task: id, metric, SoTA, and stated instances."""
    count = 0
    for task in tasks:
        count += 1
        sota = "-" if task.sota.released is None else f"{task.sota.released:g}"
        yield f"{task.id:<88} {task.metric.name:<20} {sota:>8} {task.instances:>6}"
    yield f"{count} tasks"


def _facts(task: gb.Task) -> Iterator[str]:
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


def describe(shown: gb.TaskDescription) -> Iterator[str]:
    """Yield a task's fields, the full prompt of its first instance, its parser and its metric."""
    yield from _facts(shown.task)
    yield f"{'parser:':<18}{shown.parser}"
    usual = "" if shown.max_new_tokens == shown.usual_tokens else f" (usually {shown.usual_tokens})"
    yield f"{'answer length:':<18}{shown.max_new_tokens} tokens{usual}"
    yield f"{'metric is:':<18}{shown.metric_definition}"
    yield f"{'prompt fields:':<18}{' '.join(f'{{{name}}}' for name in shown.prompt_fields)}"
    if shown.request is None:
        yield f"no instance of it in {shown.source}"
        return
    yield f"{'instance:':<18}{shown.request.instance_id} ({shown.source})"
    for medium in shown.request.media:
        yield f"{'medium:':<18}{medium.medium}, {len(medium.paths)} file(s), first {medium.path.name}"
    if shown.request.system:
        yield "system prompt:"
        yield from (f"  | {line}" for line in shown.request.system.splitlines())
    yield "prompt:"
    yield from (f"  | {line}" for line in shown.request.text.splitlines())
    if shown.unsupported is not None:
        yield f"{'unsupported:':<18}{shown.unsupported}"
    if shown.model_input is not None:
        yield "the model is given:"
        yield from (f"  | {line}" for line in shown.model_input.splitlines())
    if shown.reference is not None:
        yield f"{'reference:':<18}{shown.reference}"
