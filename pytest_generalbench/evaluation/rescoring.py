"""Rescoring: scores and levels from a run's ledger alone, without the model."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_generalbench import metrics
from pytest_generalbench.core.errors import ChangedFileError, GeneralBenchError
from pytest_generalbench.core.new_files import atomic_write, temporary_name, whole_folder
from pytest_generalbench.core.result import REASON_CHARS, InstanceRow, TaskResult, digest_of, result_from_dict
from pytest_generalbench.evaluation.moved_scores import (
    MovedScore,
    metric_changes,
    moved_scores,
    result_differences,
)
from pytest_generalbench.evaluation.preparation import TaskScoring, answer_basis
from pytest_generalbench.evaluation.resources import open_resources
from pytest_generalbench.evaluation.subset import limit_of
from pytest_generalbench.runs.certainty import Evidence, evidence_of
from pytest_generalbench.runs.finalize import Setting, data_fingerprint, level_of, run_result, run_section
from pytest_generalbench.runs.folder import shaping
from pytest_generalbench.runs.instance_rows import read_rows, write_rows
from pytest_generalbench.runs.ledger.index import Ledgers, read_ledgers, resolve_records
from pytest_generalbench.runs.ledger.records import Record
from pytest_generalbench.runs.lock import RunLock
from pytest_generalbench.runs.manifest import MANIFEST_FILE, write_manifest
from pytest_generalbench.runs.merge import keep_files
from pytest_generalbench.runs.provenance import environment
from pytest_generalbench.runs.result_file import (
    RESULT_FILE,
    SCHEMA_VERSION,
    RunResult,
    encode,
    read_result,
    write_result,
)
from pytest_generalbench.runs.resume import PreviousSessions
from pytest_generalbench.runs.run_manifest import RunManifest, read_run, write_run
from pytest_generalbench.suite import tasks as registry
from pytest_generalbench.suite.level import sota_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_generalbench.core.settings import Settings
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.runs.result_sections import DataSection, ModelSection
    from pytest_generalbench.suite.level import LevelResult

_NOT_FROM_ANSWERS = ("unsupported", "failed", "not_run")
"""States that the ledger's answers do not tell: they stay as they were."""


@dataclass(slots=True)
class Rescored:
    """The new result of a rescored run."""

    result: RunResult
    level: LevelResult
    kept: dict[str, list[str]] = field(default_factory=dict)
    """Why a score was taken over as it was, and the tasks: measured with weights, not of the benchmark."""
    moved: list[MovedScore] = field(default_factory=list)
    """The scores that are others than in the result that was there."""
    differences: list[str] = field(default_factory=list)
    """A line for everything that differs from `result.json`; [] when it is the same, byte for byte."""

    def save(self, path: Path) -> None:
        """Write the new result into a file."""
        atomic_write(path, encode(self.result))


@dataclass(slots=True)
class _Run:
    """A run folder opened for reading."""

    folder: Path
    manifest: RunManifest
    ledgers: Ledgers
    before: RunResult | None
    """Its result, None when it has none."""

    def entry(self, task: str) -> TaskResult | None:
        """Return the task's entry in the run's own result."""
        entry = self.before.entry(task) if self.before else None
        if entry is not None:
            return entry.result
        concluded = self.ledgers.conclusions.get(task)
        return concluded.result if concluded else None


_NOT_ASKED: Final = "not asked yet, or asked otherwise than this version asks"


class _Rescoring(TaskScoring):
    def rescore(self, task: Task, ledgers: Ledgers) -> TaskResult:
        """Score the task from its records. An instance without one was not asked yet, or asked otherwise."""
        loaded = self.load(task)
        if isinstance(loaded, TaskResult):
            return loaded
        prepared = self.prepare(loaded)
        # Whether an instance was asked the same is told by its request's digest: the version of the protocol
        # may be another, since it is raised as well where the same answers are read otherwise.
        basis = {key: value for key, value in answer_basis(prepared.scoring).items() if key != "protocol"}
        PreviousSessions(ledgers).check(task.id, basis)
        kept = []
        for repeat in range(self.repeats_of(prepared.scoring.task)):
            digests = prepared.repeated(repeat).digests()
            answers, verdicts = resolve_records(ledgers.records(task.id), digests, ledgers.folder)
            for instance in prepared.scoring.instances:
                if instance.id not in answers:
                    answers[instance.id] = Record(task.id, instance.id, state="error", message=_NOT_ASKED)
            kept.append((answers, verdicts))
        return self.score_repeats(prepared.scoring, kept, 0.0)


def rescore(folder: str | Path, *, write: bool = False) -> Rescored:
    """Score every answer of a run again with this version's metrics, from its ledger and its data.

    No model is loaded and nothing is asked. Scores that were measured with pretrained models are kept.

    Args:
        folder: The run folder.
        write: Whether the run's `result.json`, its instance tables and its manifest are replaced.

    Raises:
        GeneralBenchError: the folder is no run, or its data are gone or others than they were.
    """
    run = Path(folder)
    path = run / RESULT_FILE
    old, why = _result_before(run)
    bytes_before = path.read_bytes() if path.is_file() else b""
    try:
        with _rewriting(run) if write else nullcontext():
            rescored = _rescored(run, run if write else None, old)
            if write:
                write_result(run, rescored.result)
                write_manifest(run)
    except OSError as error:
        raise GeneralBenchError(f"{run} cannot be written: {error.strerror or error}") from error
    if old is None:
        rescored.differences.append(why)
    elif encode(rescored.result) != bytes_before:
        lines = list(result_differences(old, rescored.result))
        rescored.differences.extend(lines or ["the bytes: the same content, written otherwise"])
    return rescored


def _result_before(folder: Path) -> tuple[RunResult | None, str]:
    """Return the run's result, or None and why there is none; one that has changed since counts as none."""
    if not (folder / RESULT_FILE).is_file():
        return None, f"there is no {RESULT_FILE}"
    try:
        return read_result(folder), ""
    except ChangedFileError:
        return None, f"{RESULT_FILE} has changed since the run ended"


@contextmanager
def _rewriting(folder: Path) -> Iterator[None]:
    """Hold the run, and take its manifest away while files that it tells of are replaced.

    Raises:
        GeneralBenchError: a session writes into the run, or the disk cannot be written.
    """
    lock = RunLock(folder)
    manifest = folder / MANIFEST_FILE
    aside = temporary_name(manifest)
    try:
        for path in folder.rglob("*.tmp"):
            path.unlink()  # half written by a process that died
        if manifest.is_file():
            manifest.rename(aside)
        yield
        aside.unlink(missing_ok=True)
    except BaseException:
        if aside.is_file() and not manifest.is_file():
            aside.rename(manifest)
        raise
    finally:
        lock.release()


_WHICH: Final = ("subset", "subset_from", "limit")
"""The settings that say which instances of a task are asked."""


def rescore_like(run: str | Path, like: str | Path, into: str | Path) -> Rescored:
    """Score a run over the instances of another one, such as a full run over those of a subset.

    Corpus scores (BLEU, average precision, FID, …) can be compared over the same instances alone. No model is
    loaded and nothing is asked.

    Args:
        run: The run folder; what it was not asked is missing, and makes its tasks incomplete.
        like: The run whose subset and limit say which instances count.
        into: The new run folder; it must be empty or not exist. It gets the answers as well.

    Returns:
        The new result. Scores that were measured with real pretrained models are not taken over: they are of
        other instances.

    Raises:
        GeneralBenchError: a folder is no run, `into` is not empty, or the runs are of other splits or ask
            otherwise (prompts, answer lengths).
    """
    source, target = Path(run), Path(into)
    manifest, other = read_run(source), read_run(Path(like))
    for name in ("split", "board", "prompts", "max_new_tokens"):
        own, theirs = getattr(manifest.settings, name), getattr(other.settings, name)
        if own != theirs:
            raise GeneralBenchError(f"{run} and {like} differ: {name} is {own!r:.80} and {theirs!r:.80}")
    chosen = {name: getattr(other.settings, name) for name in _WHICH}
    settings = replace(manifest.settings, **chosen, run=None)
    with whole_folder(target, is_private=True):
        rescored = _rescored(source, target, _result_before(source)[0], settings)
        keep_files([source], [rescored.result], (), target)
        selection = [entry.id for entry in rescored.result.tasks]
        write_run(
            target, replace(manifest, settings=settings, shaping=shaping(settings), selection=selection)
        )
        write_result(target, rescored.result)
        write_manifest(target)
    return rescored


def _rescored(
    folder: Path, rows_into: Path | None, before: RunResult | None, other: Settings | None = None
) -> Rescored:
    """Compute a run's result again from that `before`; the instance tables go into the folder `rows_into`.

    With `other` settings, of other instances, nothing of the result that was there is taken over.
    """
    manifest = read_run(folder)
    run = _Run(folder, manifest, read_ledgers(folder), before)
    settings = other or manifest.settings
    started_in = Path(manifest.invocation)
    shipped = registry.load_tasks()
    data, judge, backbones, ratings = open_resources(settings, shipped, started_in, offline=True)
    scoring = _Rescoring(settings, data, judge, backbones, ratings)
    sota = settings.sota if settings.sota in ("released", "paper") else str(started_in / settings.sota)
    tasks = {task.id: task for task in shipped}
    kept: dict[str, list[str]] = {}
    results: list[TaskResult] = []
    evidence: dict[str, Evidence] = {}
    selection: list[str] = manifest.selection or run.ledgers.tasks()
    if other is not None:
        selection = [name for name in selection if name in tasks and limit_of(tasks[name], other) != 0]
    for name in selection:
        result = _one(name, tasks.get(name), run, scoring, data.is_demo, kept, other is None)
        if rows_into is not None and result.rows:
            write_rows(rows_into, name, result.rows)
        if name in tasks:
            evidence[name] = evidence_of(tasks[name], result, result.rows or _rows_before(folder, name))
        results.append(replace(result, rows=()))
    known = [result for result in results if result.id in tasks]
    setting = Setting(settings, shipped, tasks, sota_table(shipped, sota), judge.name if judge else None)
    level = level_of(
        setting, results, set(selection), data.is_demo, lambda task, _: evidence.get(task.id, Evidence())
    )
    matched = run_result(
        setting, known, level,
        data=_data(run, data.name, settings.split, data.is_demo),
        model=_model(run),
        environment=before.environment if before else environment(),
        run=before.run if before else run_section(settings, manifest.sessions),
        schema="2.0" if before and before.schema == "2.0" else SCHEMA_VERSION,
    )  # fmt: skip
    if other is not None:
        return Rescored(matched, level)
    whole = _with_strangers(matched, before, tasks)
    moved = moved_scores(before, whole, tasks) if before else []
    return Rescored(_with_older_versions(whole, before, kept), level, kept, moved)


def _rows_before(folder: Path, task: str) -> Sequence[InstanceRow]:
    with suppress(ChangedFileError):
        return read_rows(folder, task)
    return ()


def _with_older_versions(
    result: RunResult, before: RunResult | None, kept: Mapping[str, Sequence[str]]
) -> RunResult:
    """Set the metric version of scores that were kept to the version they were measured with."""
    if before is None:
        return result
    taken = {task for tasks in kept.values() for task in tasks}
    scored = {entry.result.metric for entry in result.tasks if entry.id not in taken}
    names = {entry.result.metric for entry in result.tasks if entry.id in taken} - scored
    known = result.definitions["metrics"]
    older = {name: before.version("metrics", name) for name in sorted(names & known.keys())}
    versions = {**known, **{name: version for name, version in older.items() if version is not None}}
    return replace(result, definitions={**result.definitions, "metrics": versions})


def _with_strangers(result: RunResult, before: RunResult | None, tasks: Mapping[str, Task]) -> RunResult:
    """Keep the old entries of tasks that a hook added: hooks are not called here."""
    strangers = [entry for entry in before.tasks if entry.id not in tasks] if before else []
    if before is None or not strangers:
        return result
    entries = sorted([*result.tasks, *strangers], key=lambda entry: entry.id)
    fingerprint = data_fingerprint((entry.id, entry.result.data) for entry in entries)
    return replace(
        result,
        tasks=tuple(entries),
        definitions=before.definitions,
        data={**result.data, "fingerprint": fingerprint},
    )


def _one(
    name: str,
    task: Task | None,
    run: _Run,
    scoring: _Rescoring,
    is_demo: bool,
    kept: dict[str, list[str]],
    may_keep: bool,
) -> TaskResult:
    before = run.entry(name)
    if task is None:
        kept.setdefault("brought by a hook of the repository", []).append(name)
        return before or TaskResult(name, "not_run", "", "")
    if before is not None and before.state in _NOT_FROM_ANSWERS:
        return before
    if name not in run.ledgers.spans and before is None:
        return TaskResult.unscored(task, "not_run", "selected, but never reported")
    roles = metrics.get(task.metric.name).backbones
    if roles and not is_demo and not may_keep:
        why = f"measured with pretrained models ({', '.join(roles)}) over other instances"
        return TaskResult.unscored(task, "unavailable", why)
    if roles and not is_demo and before is not None:
        why = f"measured with pretrained models ({', '.join(roles)})"
        changes = metric_changes(
            before.metric, run.before.version("metrics", before.metric) if run.before else None
        )
        kept.setdefault(f"{why}; {changes}" if changes else why, []).append(name)
        return before
    try:
        result = scoring.rescore(task, run.ledgers)
    except GeneralBenchError as error:
        result = TaskResult.unscored(task, "failed", str(error)[:REASON_CHARS])
    return replace(result_from_dict(digest_of(result)), rows=result.rows)


def _data(run: _Run, name: str, split: str, is_demo: bool) -> DataSection:
    if run.before is None:
        return {"name": name, "split": split, "is_demo": is_demo}
    before = run.before.data.copy()
    before.pop("fingerprint", None)
    return before


def _model(run: _Run) -> ModelSection:
    if run.before:
        return {key: value for key, value in run.before.model.items() if key != "spec"}
    return dict(run.ledgers.model.identity) if run.ledgers.model else {}
