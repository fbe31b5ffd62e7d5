"""Why an answer was, or was not, found in the cache."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.reports.comparison import answers_of
from pytest_generalbench.runs.answer_cache import COMPONENTS, AnswerCache
from pytest_generalbench.runs.ledger.index import read_ledgers
from pytest_generalbench.runs.run_manifest import read_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_generalbench.runs.ledger.records import StoredRecord


def explain_cache_miss(
    run: str | Path, instance: str, cache_folder: str | Path | None = None
) -> Iterator[str]:
    """Say whether an answer of a run came from the answer cache, and else which part of the key differed.

    Args:
        run: The run folder.
        instance: An instance's id, or TASK:ID where several tasks have it.
        cache_folder: The answer cache; None is the one that the run was given.

    Yields:
        Lines.

    Raises:
        GeneralBenchError: the run has no such instance, or had no cache.
    """
    folder = Path(run)
    cache = _cache_of(folder, cache_folder)
    ledgers = read_ledgers(folder)
    wanted, _, name = instance.rpartition(":")
    tasks = [task for task in sorted(ledgers.spans) if not wanted or task == wanted]
    found = [(task, answers[name]) for task in tasks if name in (answers := answers_of(ledgers, task))]
    if not found:
        raise GeneralBenchError(f"the run {folder} has no answer to an instance {instance!r}")
    for task, record in found:
        yield from (f"{task}:{name}: {line}" for line in _lines(task, name, record, cache))


def _cache_of(run: Path, given: str | Path | None) -> AnswerCache:
    manifest = read_run(run)
    named = manifest.settings.cache
    folder = Path(given) if given else Path(manifest.invocation) / named if named else None
    if folder is None or not folder.is_dir():
        raise GeneralBenchError(f"the run {run} had no answer cache: name one with --cache=DIR")
    return AnswerCache(folder)


def _lines(task: str, instance: str, record: StoredRecord, cache: AnswerCache) -> Iterator[str]:
    entry = record.details.get("cache")
    if entry is None:
        yield f"not cached: its state is {record.state}, or the run had no cache that could be used"
        return
    if entry["is_hit"]:
        yield "answered from the cache"
        return
    mine = {key: entry.get(key) for key in COMPONENTS}
    if mine["model"] is None:
        yield "not looked for: nothing of this model is cached"
        return
    older = []
    for key in cache.keys(task, instance):
        if key == mine:
            break  # kept by this run
        older.append(key)
    if not older:
        yield "asked: the cache had no answer of any model to this instance"
        return
    nearest = min(older, key=lambda key: sum(key.get(name) != mine[name] for name in COMPONENTS))
    yield "asked: the nearest answer in the cache is to something else"
    for name in COMPONENTS:
        if nearest.get(name) != mine[name]:
            yield from (f"  {name}: {line}" for line in _differences(name, nearest[name], mine[name], cache))


def _differences(name: str, old: Any, new: Any, cache: AnswerCache) -> Iterator[str]:
    if name == "model":
        old, new = (
            {**(told.get("backend") or {}), "weights": told.get("weights"), "identity": told.get("identity")}
            for told in (cache.description(old) or {}, cache.description(new) or {})
        )
    yield from _walk("", old, new)


def _walk(path: str, old: Any, new: Any) -> Iterator[str]:
    """Yield each leaf in which two plain values differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            if old.get(key) != new.get(key):
                yield from _walk(f"{path}.{key}" if path else key, old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for position, (left, right) in enumerate(zip(old, new, strict=True)):
            if left != right:
                yield from _walk(f"{path}[{position}]", left, right)
    else:
        yield f"{path or 'it'} was {old!r:.80} and is {new!r:.80}"
