"""Writes the reference pages of the documentation from the code: `python docs/make_reference.py`.

A page for each of the 699 tasks, one for all metrics, one for all protocols, one for all options, and one of
states. They go into `docs/reference/`, which is not kept in the repository.
"""

from __future__ import annotations

import html
import inspect
import re
import shutil
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest_generalbench as gb
from pytest_generalbench import metrics, protocols
from pytest_generalbench.core.asking import Asking
from pytest_generalbench.core.request import INSTANCE_STATES
from pytest_generalbench.core.result import TASK_STATES
from pytest_generalbench.evaluation.task_description import described
from pytest_generalbench.suite.data import DataSource, open_data

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

FOLDER = Path(__file__).parent / "reference"
MADE = "<!-- Made by docs/make_reference.py. -->\n"


def text(value: object) -> str:
    """Return a value as text that Markdown leaves as it is."""
    escaped = html.escape(str(value), quote=False)
    return re.sub(r"([\\`*_\[\]|{}])", r"\\\1", escaped).replace("\n", " ")


def anchor(name: str) -> str:
    """Return the anchor of a metric or a protocol on its page."""
    return name.lower().replace("_", "-")


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; cells are Markdown already."""
    lines = [f"| {' | '.join(head)} |", f"|{'|'.join('---' for _ in head)}|"]
    return "\n".join([*lines, *(f"| {' | '.join(map(str, row))} |" for row in rows)]) + "\n"


def block(value: str) -> str:
    """Return a text as a block that shows it as it is."""
    fence = "`" * (max((len(run) for run in re.findall("`+", value)), default=0) + 3)
    return f"{fence}text\n{value}\n{fence}\n"


def task_page(task: gb.Task, demo: DataSource) -> str:
    """Return the page of a task: facts, the prompt of its first demo instance, how it is read and scored."""
    shown = described(task, demo, Asking())
    depth = "../" * (task.id.count("/") + 1)
    metric = f"[{text(task.metric.name)}]({depth}metrics.md#{anchor(task.metric.name)})"
    protocol = f"[{text(task.protocol)}]({depth}protocols.md#{anchor(task.protocol)})"
    official = f"{text(task.metric.official)} in the workbook, {text(task.metric.unit)}"
    facts = [
        ("id", f"`{task.id}`"),
        ("official name", text(task.official_name)),
        ("skill", f"{text(task.skill)} ({text(task.skill_code)})"),
        ("input, output", f"{text(task.inputs)}, {text(task.output)}"),
        ("instances stated", task.instances),
        ("protocol", protocol),
        ("answer is read by", text(shown.parser)),
        ("answer length", f"{shown.max_new_tokens} tokens"),
        ("metric", f"{metric} ({official}; {task.metric.direction} is better)"),
        ("metric is", text(shown.metric_definition)),
        ("specialist", f"{text(task.sota.released)} (released table), {text(task.sota.paper)} (paper)"),
        ("folders seen", text(", ".join(task.folders) or "none")),
        ("notes", text(task.notes or "none")),
    ]
    parts = [MADE, f"# {text(task.name)}\n", table(("", ""), facts)]
    if shown.request is not None:
        media = [f"{one.medium}" for one in shown.request.media]
        parts.append("## The first instance of the demo set\n")
        parts.append(f"Media: {', '.join(media) or 'none'}. The prompt:\n\n{block(shown.request.text)}")
        if shown.reference is not None:
            parts.append(f"The reference, as the metric gets it:\n\n{block(shown.reference[:2000])}")
    return "\n".join(parts)


def task_lists(tasks: Sequence[gb.Task]) -> Iterator[tuple[str, str]]:
    """Yield the path and the page of each side's list of tasks."""
    sides: dict[str, list[gb.Task]] = defaultdict(list)
    for task in tasks:
        sides[task.id.rpartition("/")[0]].append(task)
    overview = []
    for side, members in sorted(sides.items()):
        rows = []
        for task in members:
            name = task.id.rpartition("/")[2]
            sota = "-" if task.sota.released is None else f"{task.sota.released:g}"
            rows.append((f"[{text(task.name)}]({name}.md)", text(task.skill), text(task.metric.name), sota))
        page = f"{MADE}# Tasks: {side}\n\n{table(('task', 'skill', 'metric', 'specialist'), rows)}"
        yield f"tasks/{side}/index.md", page
        overview.append((f"[{side}]({side}/index.md)", len(members), sum(task.instances for task in members)))
    yield "tasks/index.md", f"{MADE}# All tasks\n\n{table(('side', 'tasks', 'instances stated'), overview)}"


def metrics_page() -> str:
    """Return the page of all metrics."""
    parts = [MADE, "# Metrics\n", "Each score carries this line as its definition.\n"]
    for name in metrics.names():
        metric = metrics.get(name)
        options = ", ".join(f"`{key}` = `{value}`" for key, value in metric.options.items()) or "none"
        facts = [
            ("unit", text(metric.unit)),
            ("better", "higher" if metric.higher_is_better else "lower"),
            ("perfect", f"{metric.best:g}"),
            ("over instances", metric.aggregation),
            ("options", options),
            ("networks", text(", ".join(metric.backbones) or "none")),
            ("version", metric.version),
        ]
        facts += [(f"since {version}", text(line)) for version, line in sorted(metric.changes.items())]
        parts.append(f"## {text(name)} {{#{anchor(name)}}}\n\n{text(metric.definition)}\n")
        parts.append(table(("", ""), facts))
    return "\n".join(parts)


def protocols_page() -> str:
    """Return the page of all protocols, with their prompts."""
    parts = [
        MADE,
        "# Protocols\n",
        "How instances of a kind are asked, and how answers and references are read.\n",
    ]
    for name in protocols.names():
        protocol = protocols.get(name)
        words = inspect.getdoc(type(protocol)) or ""
        facts = [
            ("form of the answer", f"`{protocol.form}`"),
            ("parser", text(protocol.parser)),
            ("answer length", f"{protocol.max_new_tokens} tokens"),
            ("fields of a prompt", " ".join(f"`{field}`" for field in protocol.prompt_fields)),
            ("version", protocol.version),
        ]
        parts.append(f"## {text(name)} {{#{anchor(name)}}}\n\n{table(('', ''), facts)}")
        parts.append(f"Prompt:\n\n{block(protocol.prompt)}\n{block(words)}")
    return "\n".join(parts)


def options_page() -> str:
    """Return the page of all options."""
    parts = [MADE, "# Options\n"]
    parts.append(
        "All but the model are ini keys too (`generalbench_batch_size = 8`), and options of "
        "`generalbench run` without the prefix. Write a value with `=`.\n"
    )
    for option in gb.RUN_OPTIONS:
        value = f"={option.metavar}" if option.metavar else ""
        parts.append(f"## `--generalbench-{option.name}{value}`\n\n{text(option.help)}\n")
        if option.choices:
            parts.append(f"One of {', '.join(f'`{word}`' for word in option.choices)}.\n")
        if option.environment:
            parts.append(f"Taken from `${option.environment}` when it is not given.\n")
    return "\n".join(parts)


def states_page() -> str:
    """Return the page of the states of tasks and instances."""
    parts = [MADE, "# States\n", "Of a task:\n", *(f"- `{state}`" for state in TASK_STATES)]
    parts += ["\nOf an instance:\n", *(f"- `{state}`" for state in INSTANCE_STATES), ""]
    parts.append(
        "What each means: [runs](../runs.md#when-instances-fail), [the result file](../result.md).\n"
    )
    return "\n".join(parts)


def pages() -> Iterator[tuple[str, str]]:
    """Yield path and content of every page."""
    tasks = gb.load_tasks()
    yield "metrics.md", metrics_page()
    yield "protocols.md", protocols_page()
    yield "options.md", options_page()
    yield "states.md", states_page()
    yield from task_lists(tasks)
    demo = open_data("demo", "open", tasks)
    for task in tasks:
        yield f"tasks/{task.id}.md", task_page(task, demo)


def main(folder: Path = FOLDER) -> int:
    """Write all pages anew; return how many there are."""
    shutil.rmtree(folder, ignore_errors=True)
    count = 0
    for place, content in pages():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        count += 1
    return count


if __name__ == "__main__":
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    print(f"{main(given)} pages in {given}")  # noqa: T201 - says what was done
