"""Requirements on the states of a run: shares of tasks and answers that it must or may have."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import GeneralBenchError, UnknownWordError
from pytest_generalbench.core.request import INSTANCE_STATES
from pytest_generalbench.core.result import DEFECTS, TASK_STATES
from pytest_generalbench.core.score_format import format_share

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_generalbench.core.result import TaskResult

AT_LEAST: Final = frozenset({"scored", "answered", "ok"})
"""States of which a run must have at least so many; of every other it may have at most so many."""

_WORDS: Final = (*TASK_STATES, *INSTANCE_STATES, *DEFECTS)
_AMOUNT: Final = re.compile(r"(?P<share>[0-9]+(\.[0-9]+)?)%|(?P<count>[0-9]+)")


def checked_requirements(given: str, option: str) -> str:
    """Return requirements as they are kept: `scored:95%,no_data:0,unparsable:5%`.

    Raises:
        GeneralBenchError: a part is no `state:number` or `state:share%`, or names no state.
    """
    parts = [part.strip() for part in given.split(",") if part.strip()]
    for part in parts:
        word, _, amount = part.partition(":")
        if word not in _WORDS:
            raise UnknownWordError(f"state in {option}", word, _WORDS)
        matched = _AMOUNT.fullmatch(amount)
        if matched is None or float(matched["share"] or 0) > 100:
            raise GeneralBenchError(
                f"{option} takes states with a number or a share, as in scored:95%,no_data:0, not {part!r}"
            )
    return ",".join(parts)


def unmet(requirements: str, results: Iterable[TaskResult]) -> list[str]:
    """Return a line for each requirement that the results do not meet.

    States of tasks are counted over tasks, states and defects of answers over instances.

    Args:
        requirements: As `checked_requirements` returns them.
        results: The results of all selected tasks.
    """
    tasks: Counter[str] = Counter()
    instances: Counter[str] = Counter()
    total = 0
    for result in results:
        tasks[result.state] += 1
        total += sum(result.states.values())
        instances.update({**result.states, **result.defects})
    lines = []
    for part in requirements.split(","):
        word, _, amount = part.partition(":")
        is_of_tasks = word in TASK_STATES
        count, whole = (tasks[word], tasks.total()) if is_of_tasks else (instances[word], total)
        share = float(amount[:-1]) / 100 if amount.endswith("%") else None
        limit = share * whole if share is not None else int(amount)
        if count < limit if word in AT_LEAST else count > limit:
            of = f"{count} of {whole} {'tasks' if is_of_tasks else 'answers'}"
            value = f" ({format_share(count / whole)})" if whole else ""
            bound = "at least" if word in AT_LEAST else "at most"
            lines.append(f"{word}: {of}{value}, required {bound} {amount}")
    return lines
