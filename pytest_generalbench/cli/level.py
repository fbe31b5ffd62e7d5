"""`generalbench level`: the General-Level scores of a workbook or a CSV of scores."""

from __future__ import annotations

import dataclasses
import json
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.suite.level import LevelResult, ModalityLevel, Workbook

_SHOWN_MISSING: Final = 3


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "level",
        help="the General-Level scores of a workbook or CSV",
        description="Computes S2..S5 and the tier from a workbook in the authors' layout or a CSV with the "
        "columns task,score (raw scores in each task's own unit), under both scorings: `paper` as the paper "
        "defines them, `released` as the authors' released tool prints them.",
    )
    parser.add_argument("file", metavar="FILE", help="an .xlsx workbook or a CSV file")
    parser.add_argument(
        "--sota",
        default="released",
        metavar="released|paper|FILE",
        help="the table of specialists (default: released)",
    )
    parser.add_argument("--model", metavar="NAME", help="the model's column, where a workbook has several")
    parser.add_argument(
        "--fractions",
        action="store_true",
        help="read the percentages of FILE as fractions: 0.745 is 74.5 %%",
    )
    parser.add_argument("--json", action="store_true", help="print a JSON list, one object per scoring")
    parser.set_defaults(func=run)


@dataclass(frozen=True, slots=True)
class _ScoreFile:
    """The content of FILE: raw scores by task id, and the sheets when it is a workbook."""

    name: str
    scores: Mapping[str, float | None]
    notes: tuple[str, ...]
    workbook: Workbook | None
    warnings: tuple[str, ...] = ()
    """What both scorings are to be read with."""


def _read(tasks: Sequence[Task], path: Path, model: str | None, fractions: bool) -> _ScoreFile:
    from pytest_generalbench.suite import level

    if not path.is_file():
        raise level.ScoreFileError(f"{path}: no such file; give an .xlsx workbook or a CSV with task,score")
    if level.is_workbook(path):
        workbook = level.read_workbook(tasks, path, model=model)
        if fractions:
            workbook = level.workbook_from_fractions(tasks, workbook)
        scores, notes = level.in_task_units(tasks, workbook.scores)
        warnings = level.fraction_notes(tasks, scores)
        return _ScoreFile(workbook.column, scores, (*workbook.notes, *notes), workbook, warnings)
    if model is not None:
        raise level.ScoreFileError(f"{path}: --model names a workbook's column; a CSV has one model only")
    given = level.read_csv(tasks, path)
    scores, notes = level.in_task_units(tasks, level.from_fractions(tasks, given) if fractions else given)
    return _ScoreFile(path.stem, scores, notes, None, level.fraction_notes(tasks, scores))


def results(
    tasks: Sequence[Task], path: Path, sota: str, model: str | None = None, fractions: bool = False
) -> list[LevelResult]:
    """Return the levels of a file of scores under `paper` and `released` scoring.

    A task that the file does not list counts as 0, and the tiers are then qualified. With `fractions` the
    file's percentages are fractions. Raises ScoreFileError when the file cannot be read.
    """
    from pytest_generalbench.suite import level
    from pytest_generalbench.suite.level.aggregation import qualifier

    given = _read(tasks, path, model, fractions)
    table = level.sota_table(tasks, sota)
    paper = level.compute_level(tasks, given.scores, scoring="paper", sota=table)
    if given.workbook is None:
        released = level.compute_level(tasks, given.scores, scoring="released", sota=table)
    else:
        released = level.released_workbook(tasks, given.workbook, table)
    qualified = qualifier(len(tasks), len(given.scores), limit=None, demo=False)
    return [
        dataclasses.replace(paper, qualified=qualified, notes=(*given.warnings, *given.notes, *paper.notes)),
        dataclasses.replace(released, qualified=qualified, notes=(*given.warnings, *released.notes)),
    ]


def run(args: argparse.Namespace) -> int:
    """Compute and print the levels; a file that cannot be read is a GeneralBenchError."""
    from pytest_generalbench.suite import tasks as registry

    write: Callable[[str], Any] = sys.stdout.write
    tasks = registry.load_tasks()
    path = Path(args.file)
    matched = results(tasks, path, args.sota, args.model, args.fractions)
    if args.json:
        write(json.dumps([as_json(result) for result in matched], indent=1, allow_nan=False) + "\n")
    else:
        write(f"{path.name}, specialists: {matched[0].sota}\n")
        for result in matched:
            write("\n" + "\n".join(table_lines(result)) + "\n")
    return 0


def as_json(result: LevelResult) -> dict[str, Any]:
    """Return the JSON object of one scoring: the levels under `overall`, the missing ids in full."""
    plain = result.to_dict()
    overall = {name: plain.pop(name) for name in ("S2", "S3", "S4", "S5")}
    head = {"scoring": plain.pop("scoring"), "overall": overall}
    return {**head, **plain, "missing_tasks": list(result.missing)}


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _row(name: str, levels: Sequence[float | None], counts: Sequence[object]) -> str:
    figures = "".join(f"{_number(value):>9}" for value in levels)
    return f"  {name:<10}{figures}{counts[0]:>6}{counts[1]:>8}{counts[2]:>7}"


def _modality_row(level: ModalityLevel) -> str:
    levels = (level.S2, level.S3, level.S4)
    return _row(level.modality, (*levels, None), (level.wins, level.scored, level.tasks))


def table_lines(result: LevelResult) -> Iterator[str]:
    """Yield one scoring's table: modalities, language, overall, tier and its wins, what is missing."""
    from pytest_generalbench.suite.level import tier_words, wins_words

    yield f"{result.scoring} scoring"
    if result.reason is not None:
        yield f"  not computable: {result.reason}"
    else:
        titles = "".join(f"{name:>9}" for name in ("S2", "S3", "S4", "S5"))
        yield f"  {'':<10}{titles}{'wins':>6}{'scored':>8}{'tasks':>7}"
        yield from (_modality_row(level) for level in result.modalities)
        yield from _totals(result)
        yield f"  tier: {tier_words(result)}"
        yield from _wrapped(wins_words(result))
    if result.missing:
        yield f"  no score: {_missing(result.missing)}"
    for note in result.notes:
        yield from _wrapped(f"note: {note}")


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 80, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)


def _totals(result: LevelResult) -> Iterator[str]:
    counted: list[Any] = list(result.modalities)
    if result.language is not None:
        half = result.language.half
        counted.append(half)
        yield _row("language", (None,) * 4, (half.wins, half.scored, half.tasks)) + (
            f"  S_L {result.language.S_L:.2f}"
        )
    counts = [sum(getattr(item, name) for item in counted) for name in ("wins", "scored", "tasks")]
    yield _row("overall", (result.S2, result.S3, result.S4, result.S5), counts)


def _missing(ids: Sequence[str]) -> str:
    shown = ", ".join(ids[:_SHOWN_MISSING])
    more = f" and {len(ids) - _SHOWN_MISSING} more" if len(ids) > _SHOWN_MISSING else ""
    return f"{len(ids)} tasks, each counts as 0: {shown}{more}"
