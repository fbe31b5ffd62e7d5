"""Task: one of the 699 benchmark tasks, immutable, every field validated."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from pytest_generalbench.core import reading, vocabulary
from pytest_generalbench.core.errors import GeneralBenchError, TaskFileError, UnknownWordError

SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def slug(text: str) -> str:
    """Turn a title into the lower-case, hyphenated form used in ids and board names."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """The metric of a task: name, scale and mapping to 0..100 points."""

    official: str
    """The workbook's spelling, exact to the blank; `released` scoring looks it up."""
    name: str
    """Canonical name, as the registry of metrics has it."""
    direction: str
    """`higher` or `lower`: which scores are better."""
    unit: str
    mapping: str
    """How a score in `unit` becomes points, one of `vocabulary.MAPPINGS`."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Keyword arguments for the metric where its definition differs by family of tasks."""

    @property
    def higher_is_better(self) -> bool:
        """Whether a larger score is a better one."""
        return self.direction == "higher"


@dataclass(frozen=True, slots=True)
class SotaScores:
    """The specialist's score in each published table, as printed there."""

    released: float | None
    paper: float | None
    mapped: bool = False
    """The printed value is already points (three optical-flow tasks): map it back for raw comparison."""


@dataclass(frozen=True, slots=True)
class Task:
    """One benchmark task: what is asked, in which media, and how the answers are scored."""

    id: str
    """`image/comprehension/bird-detection`, or `nlp/causal-reasoning` (language has no paradigm)."""
    modality: str
    paradigm: str | None
    sheet: str
    """The workbook sheet the task is a row of."""
    number: int
    """The row's `No` in that sheet; neither unique nor the order of the rows."""
    skill: str
    skill_code: str
    official_name: str
    """Exact spelling of the workbook, slips and stray blanks included."""
    name: str
    short_name: str
    archetype: str
    protocol: str
    inputs: str
    output: str
    instances: int
    """Stated number of instances, open and close set together."""
    metric: MetricSpec
    sota: SotaScores
    folders: tuple[str, ...] = ()
    """Folder names seen on disk; they follow no rule."""
    row: int | None = None
    """The row's place in that sheet of the authors' workbooks, from 1; None for a task that they lack."""
    prompt: str | None = None
    """Replaces the protocol's prompt template."""
    max_new_tokens: int | None = None
    """Replaces the protocol's answer length."""
    parser: str | None = None
    """Replaces the protocol's answer parser, by name."""
    reading: Mapping[str, str] = field(default_factory=dict)
    """How references are read where their files do not say it; the words are in `core.reading`."""
    notes: str | None = None
    """What is doubtful about the task, and what was decided."""

    @property
    def input_media(self) -> tuple[str, ...]:
        """The media a model must take."""
        return vocabulary.INPUT_MEDIA[self.inputs]

    @property
    def output_medium(self) -> str:
        """The medium a model must give."""
        return vocabulary.OUTPUT_MEDIUM[self.output]

    @property
    def answers_in_text(self) -> bool:
        """Whether the answer is text or numbers."""
        return self.output in vocabulary.TEXT_OUTPUTS

    @property
    def paradigm_or_language(self) -> str:
        """The paradigm, or `language` for the tasks that have none."""
        return self.paradigm or "language"

    def sota_value(self, table: str) -> float | None:
        """Return the specialist's printed score in `table` (`released` or `paper`)."""
        if table not in vocabulary.SOTA_TABLES:
            raise UnknownWordError("SoTA table", table, vocabulary.SOTA_TABLES)
        return self.sota.released if table == "released" else self.sota.paper

    def to_dict(self) -> dict[str, Any]:
        """Return the plain form that the JSON index stores."""
        plain = asdict(self)
        if not self.reading:
            del plain["reading"]
        return plain


def _check_word(task_id: str, what: str, word: object, good: Collection[str]) -> None:
    if word not in good:
        raise TaskFileError(f"task {task_id!r}: {UnknownWordError(what, word, good)}")


def validate(
    task: Task, metrics: Collection[str] | None = None, protocols: Collection[str] | None = None
) -> Task:
    """Check every field of a task against the words that are allowed, and return the task.

    Args:
        task: The task.
        metrics: The names of metrics, those of plugins included; None leaves the name unchecked.
        protocols: The same of protocols.

    Raises:
        TaskFileError: it names the task, the word, and the good words.
    """
    parts = task.id.split("/")
    if not all(SLUG.fullmatch(part) for part in parts):
        raise TaskFileError(f"task {task.id!r}: an id is lower-case slugs joined by '/'")
    expected = [task.modality, *([task.paradigm] if task.paradigm else [])]
    if parts[:-1] != expected:
        raise TaskFileError(f"task {task.id!r}: its id must start with {'/'.join(expected)!r}")
    _check_word(task.id, "modality", task.modality, vocabulary.MODALITIES)
    if (task.modality == "nlp") != (task.paradigm is None):
        raise TaskFileError(f"task {task.id!r}: every modality but nlp has a paradigm, nlp has none")
    if task.paradigm is not None:
        _check_word(task.id, "paradigm", task.paradigm, vocabulary.PARADIGMS)
    _check_word(task.id, "inputs", task.inputs, vocabulary.INPUT_MEDIA)
    _check_word(task.id, "output", task.output, vocabulary.OUTPUT_MEDIUM)
    if protocols is not None:
        _check_word(task.id, "protocol", task.protocol, protocols)
    if metrics is not None:
        _check_word(task.id, "metric", task.metric.name, metrics)
    _check_word(task.id, "direction", task.metric.direction, vocabulary.DIRECTIONS)
    _check_word(task.id, "unit", task.metric.unit, vocabulary.UNITS)
    _check_word(task.id, "mapping", task.metric.mapping, vocabulary.MAPPINGS)
    return task


_TASK_FIELDS: Final = {item.name for item in fields(Task)}
_METRIC_FIELDS: Final = {item.name for item in fields(MetricSpec)}
_SOTA_FIELDS: Final = {item.name for item in fields(SotaScores)}
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "id": (str,), "modality": (str,), "paradigm": (str, type(None)), "sheet": (str,), "number": (int,),
    "row": (int, type(None)),
    "skill": (str,), "skill_code": (str,), "official_name": (str,), "name": (str,), "short_name": (str,),
    "archetype": (str,), "protocol": (str,), "inputs": (str,), "output": (str,), "instances": (int,),
    "folders": (list, tuple), "prompt": (str, type(None)), "max_new_tokens": (int, type(None)),
    "parser": (str, type(None)), "notes": (str, type(None)),
}  # fmt: skip


def _checked(where: str, given: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    for key in given:
        if key not in known:
            raise TaskFileError(f"{where}: {UnknownWordError('key', key, known)}")
    return dict(given)


def _sota(where: str, given: Mapping[str, Any]) -> SotaScores:
    values = _checked(where, given, _SOTA_FIELDS)
    for table in ("released", "paper"):
        score = values.get(table)
        if score is not None and (isinstance(score, bool) or not isinstance(score, int | float)):
            raise TaskFileError(f"{where}: {table!r} must be a number, not {score!r}")
        values[table] = None if score is None else float(score)
    return SotaScores(**values)


def task_from_dict(given: Mapping[str, Any]) -> Task:
    """Build a Task from its plain form; a missing or unknown key or a wrong type is a TaskFileError."""
    where = f"task {given.get('id', '(without id)')!r}"
    values = _checked(where, given, _TASK_FIELDS)
    for key, types in _TYPES.items():
        if key in values and (not isinstance(values[key], types) or isinstance(values[key], bool)):
            wanted = " or ".join(item.__name__ for item in types)
            raise TaskFileError(f"{where}: {key!r} must be {wanted}, not {values[key]!r}")
    for key, known in (("metric", _METRIC_FIELDS), ("sota", _SOTA_FIELDS)):
        if not isinstance(values.get(key), Mapping):
            raise TaskFileError(f"{where}: {key!r} must be a mapping with {', '.join(sorted(known))}")
    try:
        return Task(
            **{
                **values,
                "metric": MetricSpec(**_checked(f"{where}, metric", values["metric"], _METRIC_FIELDS)),
                "sota": _sota(f"{where}, sota", values["sota"]),
                "folders": tuple(values.get("folders", ())),
                "reading": reading.checked(values.get("reading", {}), f"{where}, reading"),
            }
        )
    except TaskFileError:
        raise
    except (TypeError, GeneralBenchError) as error:
        answer = str(error)
        raise TaskFileError(answer if answer.startswith(where) else f"{where}: {answer}") from error
