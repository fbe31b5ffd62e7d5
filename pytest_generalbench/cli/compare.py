"""`generalbench compare`: what changed between runs, and how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest_generalbench as gb
from pytest_generalbench.cli.output import put_error, put_json, put_line, put_lines, put_text

if TYPE_CHECKING:
    import argparse

_MISSING = 3


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "compare",
        help="what changed between runs, and how sure it is; --gate for CI",
        description="Compares runs with the first one, the baseline: by task, side and S2, paired by "
        "instance, with intervals and p values. With --gate the exit status is 0: no regression, 1: "
        "regression, 2: cannot be compared, 3: the baseline is missing.",
    )
    parser.add_argument(
        "baseline", metavar="RUN", help="a run folder, a result.json beside its instances/, or a URL"
    )
    parser.add_argument("others", metavar="RUN", nargs="+", help="the runs that are compared with it")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print a JSON object for each run, a line each")
    form.add_argument("--markdown", action="store_true", help="print Markdown")
    parser.add_argument("--rows", type=int, default=20, metavar="N", help="tasks and instances shown (20)")
    parser.add_argument("--explain", action="store_true", help="say how every figure comes about")
    parser.add_argument(
        "--comparable-only",
        action="store_true",
        help="leave out and list the tasks whose data or definitions differ, instead of refusing",
    )
    parser.add_argument("--gate", action="store_true", help="make the exit status say whether a run is worse")
    parser.add_argument(
        "--non-inferior",
        metavar="S2:POINTS",
        help="with --gate: S2 must be shown to have lost less than so many points, as in S2:0.5",
    )
    parser.add_argument(
        "--baseline-optional",
        action="store_true",
        help="exit status 0 where the baseline is missing, as in the first run",
    )
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Print every comparison; the exit status is the gate's gravest, else 0."""
    if options.non_inferior and not options.gate:
        raise gb.GeneralBenchError("--non-inferior is a gate: give --gate as well")
    codes = [0]
    for place, other in enumerate(options.others):
        try:
            comparison = gb.compare_runs(
                options.baseline,
                other,
                comparable_only=options.comparable_only,
                instances=max(0, options.rows),
            )
        except gb.MissingRunError as error:
            if error.place != options.baseline:
                raise
            return _missing(options, error)
        if place and not options.json:
            put_line()
        codes.append(_show(options, comparison))
    return max(codes, key=(0, 2, 1).index)


def _missing(options: argparse.Namespace, error: gb.MissingRunError) -> int:
    put_error(f"the baseline is missing: {error}")
    return 0 if options.baseline_optional else _MISSING


def _show(options: argparse.Namespace, comparison: gb.RunComparison) -> int:
    result = comparison.gate(options.non_inferior) if options.gate else None
    if options.json:
        plain = comparison.to_dict()
        if result is not None:
            plain["gate"] = result.to_dict()
        if options.explain:
            plain["explanation"] = comparison.explanation()
        put_json(plain)
    else:
        shown = comparison.markdown if options.markdown else comparison.text
        put_text(shown(max(0, options.rows)).rstrip("\n") + "\n", None)
        put_lines(result.lines if result else ())
        put_lines(comparison.explanation() if options.explain else ())
    return result.exit_code if result else 0
