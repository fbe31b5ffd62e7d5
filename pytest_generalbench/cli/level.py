"""`generalbench level`: the General-Level scores of a workbook or a CSV of scores."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest_generalbench as gb
from pytest_generalbench.cli.output import put_json, put_line, put_lines

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

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
    parser.add_argument("--explain", action="store_true", help="say how every figure comes about")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Compute and print the levels; a file that cannot be read is a GeneralBenchError."""
    path = Path(args.file)
    matched = gb.level_of_file(path, args.sota, model=args.model, fractions=args.fractions)
    if args.json:
        plain = [as_json(result) for result in matched]
        for entry, result in zip(plain, matched if args.explain else (), strict=False):
            entry["explanation"] = gb.explain_level(result)
        put_json(plain, 1)
    else:
        put_line(f"{path.name}, specialists: {matched[0].sota}")
        for result in matched:
            put_lines(["", *table_lines(result)])
            put_lines(f"  {line}" for line in (gb.explain_level(result) if args.explain else ()))
    return 0


def as_json(result: gb.LevelResult) -> dict[str, Any]:
    """Return the JSON object of one scoring: the levels under `overall`, the missing ids in full."""
    plain: dict[str, Any] = {**result.to_dict()}
    overall = {name: plain.pop(name) for name in ("S2", "S3", "S4", "S5")}
    head = {"scoring": plain.pop("scoring"), "overall": overall}
    return {**head, **plain, "missing_tasks": list(result.missing)}


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _row(name: str, levels: Sequence[float | None], counts: Sequence[object]) -> str:
    figures = "".join(f"{_number(value):>9}" for value in levels)
    return f"  {name:<10}{figures}{counts[0]:>6}{counts[1]:>8}{counts[2]:>7}"


def _modality_row(level: gb.ModalityLevel) -> str:
    levels = (level.S2, level.S3, level.S4)
    return _row(level.modality, (*levels, None), (level.wins, level.scored, level.tasks))


def table_lines(result: gb.LevelResult) -> Iterator[str]:
    """Yield one scoring's table: modalities, language, overall, tier and its wins, what is missing."""
    yield f"{result.scoring} scoring"
    if result.reason is not None:
        yield f"  not computable: {result.reason}"
    else:
        titles = "".join(f"{name:>9}" for name in ("S2", "S3", "S4", "S5"))
        yield f"  {'':<10}{titles}{'wins':>6}{'scored':>8}{'tasks':>7}"
        yield from (_modality_row(level) for level in result.modalities)
        yield from _totals(result)
        yield f"  tier: {result.tier_text}"
        yield from _wrapped(result.wins_text)
    if result.missing:
        yield f"  no score: {_missing(result.missing)}"
    for note in result.notes:
        yield from _wrapped(f"note: {note}")


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 80, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)


def _totals(result: gb.LevelResult) -> Iterator[str]:
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
