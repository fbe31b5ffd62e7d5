"""`generalbench rescore`: every score and the levels from a run's ledger, without the model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_generalbench.reports.terminal import number

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    from pytest_generalbench.evaluation.moved_scores import MovedScore
    from pytest_generalbench.runs.result_file import RunResult

_SHOWN = 20


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "rescore",
        help="scores and levels of a run from its ledger, without the model",
        description="Scores every answer of a run again, with this version's metrics, from its ledger and "
        "the data; no model is loaded and nothing is asked. Scores that were measured with pretrained models "
        "are taken over and named. Says which scores moved and why, and what else differs from the run's "
        "result.json. Exit status: 0 the same, 1 something differs.",
    )
    parser.add_argument("run", metavar="RUN", type=Path, help="the run folder")
    parser.add_argument("--out", metavar="FILE", type=Path, help="write the result there")
    parser.add_argument(
        "--write",
        action="store_true",
        help="replace the run's result.json, its instance table and its manifest",
    )
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Rescore the run and print what changed; a run that cannot be read is a GeneralBenchError."""
    from pytest_generalbench.evaluation.rescoring import rescore
    from pytest_generalbench.runs.files import atomic_write
    from pytest_generalbench.runs.folder import run_files
    from pytest_generalbench.runs.manifest import write_manifest
    from pytest_generalbench.runs.result_file import RESULT_FILE, encode, read_result, write_result
    from pytest_generalbench.suite.level import LEVELS, tier_words, wins_words

    write: Callable[[str], Any] = sys.stdout.write
    result = rescore(options.run, options.run if options.write else None)
    path = options.run / RESULT_FILE
    old = read_result(path) if path.is_file() else None
    differing = list(_differences(old, result.result)) if old else [f"there is no {RESULT_FILE}"]
    counts = ", ".join(f"{count} {state}" for state, count in result.result.counts.items())
    write(f"{len(result.result.tasks)} tasks: {counts}\n")
    levels = [(name, getattr(result.level, name)) for name in LEVELS]
    write("  ".join(f"{name} {value:.2f}" for name, value in levels if value is not None) + "\n")
    write(f"General-Level: {tier_words(result.level)}\n")
    if wins_words(result.level):
        write(f"  {wins_words(result.level)}\n")
    for why, tasks in result.kept.items():
        write(f"not scored again, {why}: {len(tasks)} tasks, {', '.join(tasks[:3])}\n")
    for line in _moved(result.moved):
        write(f"{line}\n")
    same = old is not None and encode(result.result) == path.read_bytes()
    write("the same as result.json, byte for byte\n" if same else "differs from result.json:\n")
    for line in differing[:_SHOWN] if not same else ():
        write(f"  {line}\n")
    if len(differing) > _SHOWN:
        write(f"  and {len(differing) - _SHOWN} more\n")
    if options.out:
        atomic_write(options.out, encode(result.result))
    if options.write:
        write_result(options.run, result.result)
        write_manifest(options.run, run_files(options.run))
    return 0 if same else 1


def _moved(scores: Sequence[MovedScore]) -> Iterator[str]:
    """Yield the scores that changed, grouped by the reason."""
    by_reason: dict[tuple[str, ...], list[MovedScore]] = {}
    for score in scores:
        by_reason.setdefault(score.reasons, []).append(score)
    for reasons, group in by_reason.items():
        why = "; ".join(reasons) or "for no change of a metric or protocol that the run tells"
        yield f"scores that moved, {why}:"
        for score in group[:_SHOWN]:
            yield f"  {score.task}: {number(score.before)} -> {number(score.after)}"
        if len(group) > _SHOWN:
            yield f"  and {len(group) - _SHOWN} more"


def _differences(old_result: RunResult, new_result: RunResult) -> Iterator[str]:
    """Yield a line for every task and every other key of the file that differs."""
    old, new = old_result.to_dict(), new_result.to_dict()
    before = {entry["id"]: entry for entry in old["tasks"]}
    for entry in new["tasks"]:
        other = before.pop(entry["id"], None)
        if other is None:
            yield f"{entry['id']}: new"
            continue
        keys = [key for key in entry if entry[key] != other.get(key)]
        if keys:
            text = "; ".join(f"{key} {other.get(key)!r:.60} -> {entry[key]!r:.60}" for key in keys[:3])
            yield f"{entry['id']}: {text}"
    yield from (f"{name}: gone" for name in before)
    yield from (key for key in new if key != "tasks" and new[key] != old.get(key))
