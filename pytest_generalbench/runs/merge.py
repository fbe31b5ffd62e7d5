"""Several runs, such as shards of one benchmark, as one run folder."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.new_files import whole_folder
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.runs.certainty import evidence_in
from pytest_generalbench.runs.finalize import Setting, data_fingerprint, level_of, level_section
from pytest_generalbench.runs.instance_rows import rows_path
from pytest_generalbench.runs.manifest import write_manifest
from pytest_generalbench.runs.provenance import tasks_fingerprint
from pytest_generalbench.runs.result_file import read_result, write_result
from pytest_generalbench.runs.resume import differences
from pytest_generalbench.runs.run_manifest import read_run, write_run
from pytest_generalbench.suite import tasks as registry

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.runs.result_file import RunResult, TaskEntry
    from pytest_generalbench.runs.result_sections import DefinitionsSection, RunSection
    from pytest_generalbench.runs.run_manifest import RunManifest
    from pytest_generalbench.suite.level import LevelResult

AGREEING: Final = (
    ("model", "spec"), ("data", "name"), ("data", "split"), ("settings", "limit"), ("settings", "scoring"),
    ("settings", "sota"), ("settings", "judge"), ("settings", "mos"), ("settings", "subset"),
    ("settings", "prompts"), ("settings", "max_new_tokens"), ("settings", "repeats"),
    ("settings", "subset_from"),
)  # fmt: skip
"""What all runs must have in common: else the scores are of different things."""

_PLACES: Final = ("device", "base_url")
"""What a model says of where it runs; parts of one run may have run in several places."""

_RANK: Final = ("scored", "answered", "incomplete")
"""Which of a task's results is kept when several runs have one; all other states come last."""


def check_agreement(folders: Sequence[Path], results: Sequence[RunResult]) -> None:
    """Raise GeneralBenchError unless the runs are of the same model, data and scoring."""
    for part, key in AGREEING:
        values = [
            result.setting(key) if part == "settings" else getattr(result, part).get(key)
            for result in results
        ]
        for folder, value in zip(folders, values, strict=True):
            if value != values[0]:
                raise GeneralBenchError(
                    f"{folders[0]} and {folder} are no parts of one run: "
                    f"{part} {key} is {values[0]!r} in one and {value!r} in the other"
                )
    for folder, result in zip(folders, results, strict=True):
        differing = differences(_identity(results[0]), _identity(result))
        if differing:
            raise GeneralBenchError(
                f"{folders[0]} and {folder} are of different models: {'; '.join(differing)}"
            )


def _identity(result: RunResult) -> dict[str, Any]:
    """Return what the model said of itself, without where it ran."""
    return {key: value for key, value in result.model.items() if key not in _PLACES}


def check_versions(folders: Sequence[Path], results: Sequence[RunResult]) -> None:
    """Raise GeneralBenchError where runs have scores of different versions of a metric or protocol."""
    kinds: tuple[Literal["metrics", "protocols"], ...] = ("metrics", "protocols")
    for kind in kinds:
        first: dict[str, tuple[int, Path]] = {}
        for folder, result in zip(folders, results, strict=True):
            for name, version in (result.definitions.get(kind) or {}).items():
                known, where = first.setdefault(name, (version, folder))
                if known != version:
                    raise GeneralBenchError(
                        f"{where} has version {known} of {kind[:-1]} {name}, {folder} version {version}: "
                        "give both the same with `generalbench rescore --write`"
                    )


def _better(one: TaskEntry, other: TaskEntry) -> TaskEntry:
    """Return the entry of a task that counts. Raises GeneralBenchError for two scores that differ."""
    states = [entry.result.state for entry in (one, other)]
    ranks = [_RANK.index(state) if state in _RANK else len(_RANK) for state in states]
    if ranks == [0, 0] and one.result.score != other.result.score:
        raise GeneralBenchError(
            f"{one.id} is scored in two of the runs, {one.result.score} and {other.result.score}: "
            "leave one out"
        )
    return one if ranks[0] <= ranks[1] else other


def merged_tasks(results: Sequence[RunResult]) -> list[TaskEntry]:
    """Return one entry for each task of the runs, sorted by id."""
    best: dict[str, TaskEntry] = {}
    for entry in (entry for result in results for entry in result.tasks):
        best[entry.id] = _better(best[entry.id], entry) if entry.id in best else entry
    return [best[task] for task in sorted(best)]


def _board(results: Sequence[RunResult]) -> str:
    """Return the board that all runs have, else the one of all tasks."""
    boards = {str(result.settings["board"]) for result in results}
    return boards.pop() if len(boards) == 1 else "A"


def merged_level(results: Sequence[RunResult], tasks: Sequence[TaskEntry], rows: Path) -> LevelResult:
    """Return the level over the tasks of all runs, whose rows lie in the run folder `rows`."""
    from pytest_generalbench.suite.level import sota_table

    first, shipped = results[0], registry.load_tasks()
    settings = Settings(
        first.model["spec"],
        scoring=first.settings["scoring"],
        board=_board(results),
        limit=first.settings["limit"],
        subset=first.settings.get("subset"),
        repeats=first.setting("repeats"),
    )
    sota = sota_table(shipped, first.settings["sota"])
    given = Setting(settings, shipped, {task.id: task for task in shipped}, sota, None)
    is_demo = bool(first.data["is_demo"])
    entries = [entry.result for entry in tasks]
    return level_of(given, entries, {entry.id for entry in tasks}, is_demo, evidence_in(rows))


def merge_results(results: Sequence[RunResult]) -> RunResult:
    """Return the merged result without levels; what a run says of itself is the first one's."""
    first, tasks = results[0], merged_tasks(results)
    known = {entry.id for entry in tasks}
    fingerprint = data_fingerprint((entry.id, entry.result.data) for entry in tasks)
    return replace(
        first,
        settings={**first.settings, "shard": None, "board": _board(results)},
        data={**first.data, "fingerprint": fingerprint},
        definitions=_definitions(results, known),
        level={},
        tasks=tuple(tasks),
        run=_aside([result.run for result in results]),
    )


def _definitions(results: Sequence[RunResult], known: Collection[str]) -> DefinitionsSection:
    """Return the versions that the runs state, and a fingerprint where their task files are those of now."""
    shipped = registry.load_tasks()
    is_todays = all(
        result.definitions.get("tasks") == tasks_fingerprint(_of(shipped, {one.id for one in result.tasks}))
        for result in results
    )
    versions: dict[str, dict[str, int]] = {"metrics": {}, "protocols": {}}
    for result in results:
        versions["metrics"] |= result.definitions.get("metrics") or {}
        versions["protocols"] |= result.definitions.get("protocols") or {}
    return {
        "tasks": tasks_fingerprint(_of(shipped, known)) if is_todays else None,
        "metrics": dict(sorted(versions["metrics"].items())),
        "protocols": dict(sorted(versions["protocols"].items())),
    }


def _of(tasks: Iterable[Task], names: Collection[str]) -> list[Task]:
    chosen = set(names)
    return [task for task in tasks if task.id in chosen]


def _aside(runs: Sequence[RunSection]) -> RunSection:
    """Return what comparisons set aside, of all runs: times add up, ledgers have the names they now bear."""
    torn = [
        [_renamed(name, number), place]
        for number, one in enumerate(runs, 1)
        for name, place in one.get("torn_lines", ())
    ]
    cached: list[Mapping[str, Any]] = [one.get("cached", {}) for one in runs]
    aside: RunSection = {
        **runs[0],
        "seconds": round(sum(one["seconds"] or 0.0 for one in runs), 3),
        "tasks": {key: value for one in runs for key, value in one["tasks"].items()},
        "torn_lines": torn,
        "cached": {
            "hits": sum(one.get("hits", 0) for one in cached),
            "asked": sum(one.get("asked", 0) for one in cached),
        },
        "sessions": [session for one in runs for session in one["sessions"]],
    }
    probes = [one["probe"] for one in runs if "probe" in one]
    sizes = {key: count for one in runs for key, count in one.get("sizes", {}).items()}
    asking = {key: value for one in runs for key, value in one.get("asking", {}).items()}
    if asking:
        aside["asking"] = dict(sorted(asking.items()))
    if sizes:
        aside["sizes"] = dict(sorted(sizes.items()))
    if probes:
        aside["probe"] = {
            "compared": sum(one["compared"] for one in probes),
            "different": sum(one["different"] for one in probes),
            "tasks": {key: count for one in probes for key, count in one["tasks"].items()},
        }
    return aside


def _renamed(ledger: str, number: int) -> str:
    """Return a name for a ledger of its own: sessions on two machines may have had the same process ids."""
    return ledger.replace("ledger-", f"ledger-part{number}-", 1)


def merged_manifest(manifests: Sequence[RunManifest]) -> RunManifest:
    """Return the manifest of the merged run: one run over the tasks of all."""
    first = manifests[0]
    return replace(
        first,
        settings=replace(first.settings, shard=None, run=None),
        shaping={**first.shaping, "shard": None},
        selection=sorted({task for manifest in manifests for task in manifest.selection or ()}),
        sessions=[session for manifest in manifests for session in manifest.sessions],
        is_finished=all(manifest.is_finished for manifest in manifests),
        is_complete=all(manifest.is_complete for manifest in manifests),
    )


def _keep(source: Path, target: Path) -> None:
    """Put a file into the merged run: a second name for it where the disk allows, else a copy."""
    if target.exists():
        return  # kept files are named by their content
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _keep_rows(folder: Path, result: RunResult, kept: Sequence[TaskEntry], into: Path) -> None:
    """Copy the instance rows of the tasks whose result this run gives."""
    own = {id(entry) for entry in result.tasks}
    for entry in kept:
        path = rows_path(folder, entry.id)
        if id(entry) in own and path.is_file():
            target = rows_path(into, entry.id)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)


def keep_files(
    folders: Sequence[Path],
    results: Sequence[RunResult],
    kept: Sequence[TaskEntry],
    into: Path,
) -> int:
    """Put ledgers, kept media and instance rows of all runs into one folder; return how many ledgers.

    Args:
        folders: The runs.
        results: Their results.
        kept: The task entries of the merged result, each an entry of one of `results`.
        into: The new run folder.
    """
    ledgers = 0
    for number, folder in enumerate(folders, 1):
        for path in sorted(folder.glob("ledger-*.jsonl")):
            # Copied, never linked: whoever continues one of the runs must not write into the other.
            shutil.copy2(path, into / _renamed(path.name, number))
            ledgers += 1
        _keep_rows(folder, results[number - 1], kept, into)
        media = folder / "media"
        if media.is_dir():
            (into / "media").mkdir(exist_ok=True)
            for path in sorted(media.iterdir()):
                _keep(path, into / "media" / path.name)
    return ledgers


def missing_shards(results: Sequence[RunResult]) -> list[str]:
    """Return the shards, as `i/n`, that are not among the runs."""
    shards = {str(shard) for result in results if (shard := result.settings.get("shard"))}
    counts = {int(shard.split("/")[1]) for shard in shards}
    if len(counts) != 1:
        return []
    (count,) = counts
    return [f"{part}/{count}" for part in range(1, count + 1) if f"{part}/{count}" not in shards]


@dataclass(frozen=True, slots=True)
class MergedRun:
    """What merging several runs gave."""

    folder: Path
    result: RunResult
    level: LevelResult
    ledgers: int
    """Ledgers that were taken over."""
    missing_shards: tuple[str, ...]
    """Shards, as `i/n`, that are not among the runs."""


def merge_runs(runs: Sequence[str | Path], into: str | Path) -> MergedRun:
    """Make one run folder of several, such as the shards of one benchmark.

    Every ledger and every kept file is taken over. Where two runs have the same task, a scored result counts.

    Args:
        runs: Run folders with a `result.json`.
        into: The new run folder; it must be empty or not exist.

    Raises:
        GeneralBenchError: runs of different models, data or scorings; a folder that is no finished run or
            not empty; a task that two of them score differently.
    """
    folders, target = [Path(run) for run in runs], Path(into)
    results = [read_result(folder) for folder in folders]
    check_agreement(folders, results)
    check_versions(folders, results)
    merged = merge_results(results)
    with whole_folder(target, is_private=True):
        ledgers = keep_files(folders, results, merged.tasks, target)
        level = merged_level(results, merged.tasks, target)
        merged = replace(merged, level=level_section(level, merged.schema))
        write_run(target, merged_manifest([read_run(folder) for folder in folders]))
        write_result(target, merged)
        write_manifest(target)
    return MergedRun(target, merged, level, ledgers, tuple(missing_shards(results)))
