"""The result of a task whose instances were asked several times: the results of the repeats as one."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_generalbench import metrics
from pytest_generalbench.core.request import OPEN_STATES
from pytest_generalbench.evaluation.scoring.rows import PREDICTION_LENGTH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_generalbench.core.result import InstanceRow, RepeatSpread, TaskResult
    from pytest_generalbench.runs.ledger.records import Record
    from pytest_generalbench.statistics.repeats import RepeatVariance

    Rows = Sequence[Sequence[InstanceRow]]


def folded(results: Sequence[TaskResult], answers: Sequence[Mapping[str, Record]]) -> TaskResult:
    """Return the result of a task from the results of its repeats.

    An instance's score is the mean of its repeats. The task's score is the mean of the instances' scores; of
    a corpus metric, the mean of the corpus scores of the repeats, and the instances' pseudo-values are means
    as well, which are the pseudo-values of that mean. Its standard error is that of the rows, which holds how
    instances and how repeats vary.

    Args:
        results: One of each repeat, over the same instances.
        answers: The answers of each repeat by instance.

    Returns:
        States and defects are counted over all answers, `n` over the instances. A row has the first state
        that is not ok, where there is one, and the predictions of all repeats where they differ.
    """
    first, count = results[0], len(results)
    metric = metrics.get(first.metric)
    is_mean = metric.aggregation == "mean"
    passes = [result.rows for result in results]
    rows = _rows(passes, is_mean=is_mean)
    scores = [row.score for row in rows if row.score is not None]
    score = _score([result.score for result in results], scores if is_mean else ())
    variance = _variance(passes, rows) if score is not None else None
    states = sum((Counter(result.states) for result in results), Counter[str]())
    top, share = _top(results)
    return replace(
        first,
        state="incomplete" if any(result.state == "incomplete" for result in results) else first.state,
        score=score,
        stderr=None if variance is None else variance.stderr,
        n=len(scores) if is_mean and scores and score is not None else max(result.n for result in results),
        coverage=math.fsum(result.coverage for result in results) / count,
        reason=_reason(results, states),
        states=dict(states),
        asking=math.fsum(result.asking for result in results),
        notes=(*first.notes, f"each instance asked {count} times, the score is the mean"),
        top_answer=top,
        top_share=share,
        majority=next((result.majority for result in results if result.majority is not None), None),
        defects=dict(sum((Counter(result.defects) for result in results), Counter[str]())),
        repeats=_spread(answers, variance),
        rows=rows,
    )


def _rows(passes: Rows, *, is_mean: bool) -> tuple[InstanceRow, ...]:
    """Return a row for each instance; of a corpus metric without scores where the repeats do not match."""
    scores: dict[str, list[float]] = defaultdict(list)
    groups: dict[str, set[int | None]] = defaultdict(set)
    predictions: dict[str, list[str]] = defaultdict(list)
    for row in (row for rows in passes for row in rows):
        predictions[row.instance].append(row.prediction)
        groups[row.instance].add(row.group)
        if row.score is not None:
            scores[row.instance].append(row.score)
    # Pseudo-values of another set of instances, or of other groups, are numbers of another kind.
    matches = is_mean or (
        all(len(found) == len(passes) for found in scores.values())
        and all(len(found) == 1 for found in groups.values())
    )
    bad: dict[str, str] = {}
    for row in (row for rows in passes for row in rows if row.state != "ok"):
        bad.setdefault(row.instance, row.state)
    return tuple(
        row._replace(
            state=bad.get(row.instance, row.state),
            score=math.fsum(found) / len(found) if matches and (found := scores[row.instance]) else None,
            prediction=_joined(predictions[row.instance]),
        )
        for row in passes[0]
    )


def _joined(predictions: Sequence[str]) -> str:
    """Return the prediction of all repeats, or those of each where they differ."""
    if len(set(predictions)) == 1:
        return predictions[0]
    return " | ".join(predictions)[:PREDICTION_LENGTH]


def _score(repeats: Sequence[float | None], instances: Sequence[float]) -> float | None:
    """Return the task's score: the mean over instances where those are given, else over repeats."""
    if all(score is None for score in repeats):
        return None
    if instances:
        return math.fsum(instances) / len(instances)
    known = [score for score in repeats if score is not None]
    return math.fsum(known) / len(known) if len(known) == len(repeats) else None


def _variance(passes: Rows, rows: Sequence[InstanceRow]) -> RepeatVariance | None:
    """Return the parts of the score's variance, from instances or jackknife groups scored in every repeat."""
    kept = {row.instance for row in rows if row.score is not None}
    units: dict[str, list[float]] = {}
    for found in zip(*passes, strict=True):
        values = [row.score for row in found if row.score is not None]
        if found[0].instance in kept and len(values) == len(passes):
            # All instances of a group have the same number: the group is one unit.
            name = found[0].instance if found[0].group is None else f"group {found[0].group}"
            units[name] = values
    if len(units) < 2:
        return None
    import numpy as np

    from pytest_generalbench.statistics.repeats import repeat_variance

    return repeat_variance(np.array(list(units.values())))


def _spread(answers: Sequence[Mapping[str, Record]], variance: RepeatVariance | None) -> RepeatSpread:
    """Return what the result says of its repeats."""
    same = sum(
        all(_shown(found[instance]) == _shown(answers[0][instance]) for found in answers[1:])
        for instance in answers[0]
    )
    known: RepeatSpread = {"count": len(answers), "same": same}
    if variance is not None:
        known["between_instances"] = variance.between_instances
        known["between_repeats"] = variance.between_repeats
        known["share"] = variance.share
    return known


def _shown(record: Record) -> tuple[str | None, ...]:
    output = record.output
    return (record.state,) if output is None else (record.state, output.text, output.key)


def _reason(results: Sequence[TaskResult], states: Counter[str]) -> str | None:
    """Return the first reason, with the counts of all repeats."""
    lacking = [result for result in results if result.state == "incomplete"]
    given = next((result.reason for result in lacking or results if result.reason), None)
    if given is None or not lacking:
        return given
    _, middle, rest = given.partition("; first ")
    counts = ", ".join(f"{states[state]} {state}" for state in OPEN_STATES if states[state])
    return f"{counts}{middle}{rest}"


def _top(results: Sequence[TaskResult]) -> tuple[str | None, float | None]:
    """Return the most frequent prediction and its share, at least; exact where it leads in each repeat."""
    shares: Counter[str] = Counter()
    for result in results:
        if result.top_answer is not None and result.top_share is not None:
            shares[result.top_answer] += result.top_share / len(results)  # type: ignore[assignment]
    return shares.most_common(1)[0] if shares else (None, None)
