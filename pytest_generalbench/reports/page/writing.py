"""Writes the page of runs: one `index.html`, a script for each task, media beside them."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.new_files import whole_folder
from pytest_generalbench.reports.page.frame import html_page, static_text
from pytest_generalbench.reports.page.kept_files import KeptFiles
from pytest_generalbench.reports.page.level_section import level_section, next_section
from pytest_generalbench.reports.page.markup import Markup, joined, tag
from pytest_generalbench.reports.page.other_sections import compare_section, provenance_section
from pytest_generalbench.reports.page.shown_run import ShownRun, shown_run
from pytest_generalbench.reports.page.task_data import Shares, task_object
from pytest_generalbench.reports.page.tasks_section import map_section, tasks_section
from pytest_generalbench.reports.run_data import Run, load_run
from pytest_generalbench.runs.instance_rows import tasks_with_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_generalbench.core.answered import Answers

INDEX: Final = "index.html"
_PLAIN_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*")
_CALL: Final = "generalbenchTask"


def write_page(
    runs: Sequence[str | Path],
    out: str | Path,
    *,
    answers: Callable[[Path], Answers] | None = None,
    one_file: bool = False,
    instances: int = 24,
    texts: int = 5000,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write a page that shows runs and opens from disk without network.

    Args:
        runs: Finished run folders; with several, the first is the baseline that others are compared with.
        out: A new or empty folder, or one that holds such a page, which is written anew.
        answers: Opens the answers of a run folder (`answers_of`); without it, and for a run whose data are
            gone, instances have state, score and reading, but no question, media and reference.
        one_file: Put everything into `index.html`, media too.
        instances: Instances of each task whose media are shown, the most telling first.
        texts: Instances of each task answered in text that have question and reference.
        progress: Called with the tasks done and all tasks.

    Returns:
        The path of `index.html`.

    Raises:
        GeneralBenchError: a folder is no finished run, or the page cannot be written.
    """
    if not runs:
        raise GeneralBenchError("a page needs a run folder")
    folder = Path(out)
    shown = list(_shown([load_run(run) for run in runs], answers))
    with whole_folder(folder, may_replace=lambda there: (there / INDEX).is_file()):
        page = _Page(folder, shown, Shares(instances, texts), one_file=one_file)
        page.write_tasks(progress or (lambda done, total: None))
        return page.write_index()


def _shown(runs: Sequence[Run], answers: Callable[[Path], Answers] | None) -> Iterator[ShownRun]:
    specs = [str(run.result.model.get("spec", run.folder.name)) for run in runs]
    for run, spec in zip(runs, specs, strict=True):
        opened, why = None, None
        if answers is not None:
            try:
                opened = answers(run.folder)
            except GeneralBenchError as error:
                why = str(error)  # its data are gone: rows are shown
        name = spec if specs.count(spec) == 1 else f"{spec} ({run.folder.name})"
        yield shown_run(name, run, opened, why)


class _Page:
    """The page that is being written."""

    def __init__(self, folder: Path, runs: list[ShownRun], shares: Shares, *, one_file: bool) -> None:
        self._folder, self._runs, self._shares, self._one_file = folder, runs, shares, one_file
        self._files = KeptFiles(folder, inside=one_file)
        self._inside: list[Markup] = []
        self._scripts: dict[str, str] = {}

    def write_tasks(self, progress: Callable[[int, int], None]) -> None:
        """Write the instances of every task that has rows."""
        names = sorted(set().union(*(tasks_with_rows(run.run.folder) for run in self._runs)))
        for number, name in enumerate(names):
            progress(number, len(names))
            self._write_task(name, task_object(name, self._runs, self._files, self._shares))
        progress(len(names), len(names))

    def _write_task(self, name: str, content: dict[str, Any]) -> None:
        # "<" could end a script element; the two separators end lines in older scripts.
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        for char in "<\u2028\u2029":
            text = text.replace(char, f"\\u{ord(char):04x}")
        plain = _PLAIN_NAME.fullmatch(name)
        file = f"data/{name if plain else hashlib.sha256(name.encode()).hexdigest()[:20]}.js"
        self._scripts[name] = file
        if self._one_file:
            self._inside.append(tag("script", Markup(text), type="application/json", data_task=file))
            return
        path = self._folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{_CALL}({text});\n", encoding="utf-8")

    def write_index(self) -> Path:
        """Write the page itself."""
        sections = [
            level_section(self._runs),
            next_section(self._runs),
            map_section(self._runs),
            tasks_section(self._runs, self._scripts),
            tag("section", tag("h2", "Task"), tag("div", id="task-view"), id="task", class_="script-only"),
            compare_section(self._runs),
            provenance_section(self._runs),
        ]
        title = f"General-Bench: {', '.join(run.name for run in self._runs)}"
        names = {"runs": [run.name for run in self._runs]}
        facts = json.dumps(names, ensure_ascii=False).replace("<", "\\u003c")
        body = joined(
            tag("a", "to the content", href="#main", class_="skip"),
            tag("header", tag("h1", title), _navigation(sections)),
            tag("main", *sections, id="main"),
            tag("script", Markup(facts), type="application/json", id="facts"),
            *self._inside,
        )
        path = self._folder / INDEX
        path.write_text(html_page(title, body, static_text("page.js")), encoding="utf-8")
        return path


def _navigation(sections: Sequence[Markup | None]) -> Markup:
    named = {"level": "Level", "next": "Next level", "map": "Map", "tasks": "Tasks", "compare": "Compare"}
    named["provenance"] = "Provenance"
    there = [key for key in named if any(one and f'id="{key}"' in one for one in sections)]
    return tag("nav", *(tag("a", named[key], href=f"#{key}") for key in there), aria_label="sections")
