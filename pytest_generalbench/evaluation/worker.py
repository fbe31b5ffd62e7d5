"""EvaluationWorker: data, model and ledger of one process, without pytest."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_generalbench.core.errors import GeneralBenchError, ModelUnavailableError
from pytest_generalbench.core.regular_files import user_path
from pytest_generalbench.core.result import REASON_CHARS, TaskResult
from pytest_generalbench.evaluation.leftovers import Leftovers, exit_despite
from pytest_generalbench.evaluation.resources import open_resources
from pytest_generalbench.evaluation.scoring.background_scorer import BackgroundScorer, can_fork
from pytest_generalbench.evaluation.scoring.human_ratings import HUMAN_METRICS
from pytest_generalbench.evaluation.task_evaluator import TaskEvaluator
from pytest_generalbench.models import kind_of, make_model
from pytest_generalbench.models.base import model_errors
from pytest_generalbench.runs.folder import ledger_path
from pytest_generalbench.runs.ledger.files import LedgerWriter
from pytest_generalbench.runs.ledger.index import Ledgers, read_ledgers
from pytest_generalbench.runs.ledger.records import LedgerError
from pytest_generalbench.runs.model_identity import identify, sources
from pytest_generalbench.runs.resume import PreviousSessions, ResumeError, differences

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_generalbench.core.settings import Settings
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.models import Model, ModelKind


class RunPlace(NamedTuple):
    """Where a process writes its answers."""

    folder: Path
    """The run folder."""
    session: int
    """Number of the session in the run."""
    worker: str
    """The process's name, for its ledger."""
    earlier: Ledgers | None = None
    """What earlier sessions kept, where this process has read it."""


class EvaluationWorker:
    """Evaluates tasks in this process; data, ledger and model are opened when the first task needs them.

    Attributes:
        model_error: Why the model cannot be had, once it is known: every other task would fail alike.
        ledger_error: Why no answer can be kept, or none would be of this run.
        probes: How many instances of a task the consistency check asks again, by task id.
    """

    def __init__(
        self,
        settings: Settings,
        tasks: Sequence[Task],
        folder: Path,
        place: Callable[[], RunPlace],
        warn: Callable[[str], None],
    ) -> None:
        """Keep the settings; nothing is opened yet.

        Args:
            settings: The run's settings.
            tasks: Every task there is, for matching data folders.
            folder: Where the run was started; relative paths of settings are meant from here.
            place: Says where answers are kept; called when the first task is evaluated.
            warn: Is given what the user should know and no task's result says.
        """
        self.settings = settings
        self.tasks = tasks
        self.folder = folder
        self.model_error: str | None = None
        self.ledger_error: str | None = None
        self.refusal: str | None = None
        """Why the run cannot be continued by this session."""
        self.probes: Mapping[str, int] = {}
        self._place = place
        self._warn = warn
        self._evaluation: TaskEvaluator | None = None
        self._model: Model | None = None
        self._leftovers: Leftovers | None = None

    def run(self, task: Task, parts: int = 1, following: Task | None = None) -> TaskResult:
        """Evaluate a task; an error becomes its result.

        Args:
            task: The task.
            parts: How many items share its batches.
            following: The task that comes next, so that its data can be prepared meanwhile.
        """
        try:
            return self._ready(following).run(task, parts)
        except GeneralBenchError as error:
            self._note(error)
            return TaskResult.unscored(task, "failed", str(error)[:REASON_CHARS])

    def help(self, task: Task, place: int, parts: int, following: Task | None = None) -> int:
        """Answer batches of a task that no other process has claimed; return the number of instances.

        Raises:
            GeneralBenchError: data, ledger or model cannot be had.
        """
        try:
            return self._ready(following).help(task, place, parts)
        except GeneralBenchError as error:
            self._note(error)
            raise

    def _ready(self, following: Task | None) -> TaskEvaluator:
        evaluation = self._opened()
        # Beside a model that answers at once no time is left to use: two threads would share one interpreter.
        evaluation.expect(None if self._kind.is_instant else following)
        return evaluation

    def _note(self, error: GeneralBenchError) -> None:
        """Remember an error that makes every later task fail."""
        if isinstance(error, LedgerError | ResumeError):
            self.ledger_error = str(error)
        if isinstance(error, ResumeError):
            self.refusal = str(error)

    def _opened(self) -> TaskEvaluator:
        """Return this process's TaskEvaluator, created with the first task."""
        if self._evaluation is None:
            settings, place = self.settings, self._place()
            resources = open_resources(settings, self.tasks, self.folder)
            earlier = self._earlier(place)  # before this process opens a ledger of its own
            writer = LedgerWriter(ledger_path(place.folder, place.worker), place.worker, place.session)
            self._evaluation = TaskEvaluator(
                settings, resources.data, writer, self.model, resources.judge, resources.backbones,
                resources.ratings, earlier,
            )  # fmt: skip
            self._evaluation.probes = self.probes
            if can_fork() and not self._kind.is_instant:
                self._evaluation.scorer = BackgroundScorer(self._evaluation.score_in_background)
        return self._evaluation

    def _earlier(self, place: RunPlace) -> PreviousSessions:
        """Return the records of earlier sessions of the run."""
        if place.session == 1:
            return PreviousSessions()
        return PreviousSessions(
            place.earlier or read_ledgers(place.folder), self.settings.retry_errors, frozenset(HUMAN_METRICS)
        )

    def model(self) -> Model:
        """Return the model, loaded once; raise the same error again when that failed.

        Raises:
            ModelUnavailableError: it cannot be made.
        """
        if self.model_error is not None:
            raise ModelUnavailableError(self.model_error)
        if self._model is None:
            if self._leftovers is None:
                self._leftovers = Leftovers()
            if self.settings.cache and self._kind.is_cacheable:
                self._model = self._make_cached(self.settings.cache)
            else:
                self._model = self._make_model()
            self._introduce()
        return self._model

    @property
    def _kind(self) -> ModelKind:
        return kind_of(self.settings.model, self.folder)

    def _make_model(self) -> Model:
        try:
            with model_errors(self.settings.model):
                return make_model(self.settings, self.folder)
        except GeneralBenchError as error:
            self.model_error = str(error)
            raise ModelUnavailableError(self.model_error) from error

    def _make_cached(self, given: str) -> Model:
        """Return the model behind the answer cache, which loads it when an answer is missing."""
        from pytest_generalbench.evaluation.inference.cached_model import CachedModel
        from pytest_generalbench.runs.answer_cache import AnswerCache
        from pytest_generalbench.runs.provenance import backend

        settings, folder = self.settings, self.folder
        cache = AnswerCache(user_path(given, folder))
        return CachedModel(
            self._make_model,
            lambda: identify(settings, folder, cache),
            {**backend(settings), **sources(settings, folder)},
            cache,
            settings.cache_all,
        )

    def _introduce(self) -> None:
        """Write the model's identity to the ledger. Raises ResumeError when the earlier one differs."""
        identity = self.model_identity()
        if self._evaluation is None or identity is None:
            return
        ledgers = self._evaluation.earlier.ledgers
        if ledgers is not None and ledgers.model is not None:
            before = {key: value for key, value in ledgers.model.identity.items() if key != "device"}
            differing = differences(before, identity)
            if differing and not self.settings.accept_changed_model:
                raise ResumeError(
                    f"the run cannot be continued with another model: {'; '.join(differing)}; where the "
                    "answers so far shall count, add --generalbench-accept-changed-model"
                )
            if differing:
                self._warn(f"the run goes on with a changed model: {'; '.join(differing)}")
        self._evaluation.ledger.introduce(identity)

    def model_identity(self) -> dict[str, Any] | None:
        """Return the model's identity in plain builtins; None when no task needed it here."""
        if self._model is None:
            return None
        try:
            with model_errors("identity"):
                # A user's object may say anything of itself; only plain builtins travel and are written.
                entry = {**self._model.identity(), **sources(self.settings, self.folder)}
                plain = json.dumps(entry, default=str, allow_nan=False)
        except GeneralBenchError as error:
            return {"identity_error": str(error)}
        result: dict[str, Any] = json.loads(plain)
        return result

    def close_ledger(self) -> None:
        """End background scoring and close the ledger, before it is read."""
        if self._evaluation is None:
            return
        self._count_cached(self._evaluation)
        self._pass_on_notes(self._evaluation)
        scorer = self._evaluation.scorer
        if scorer is not None:
            scorer.close()
            if scorer.lost is not None:
                self._warn(scorer.lost)
        self._evaluation.ledger.close()

    def _pass_on_notes(self, evaluation: TaskEvaluator) -> None:
        """Warn of what model and judge have to say about how they were asked."""
        notes = [f"{self.settings.model}: {note}" for note in (self._model.notes if self._model else ())]
        notes += [f"judge {self.settings.judge}: {note}" for note in getattr(evaluation.judge, "notes", ())]
        for note in notes:
            with suppress(Warning):  # a repository that turns warnings into errors means its own code
                self._warn(note)

    def _count_cached(self, evaluation: TaskEvaluator) -> None:
        """Write the counts of the answer cache to the ledger, and warn when it could not be used."""
        counts = getattr(self._model, "cache_counts", None)
        if counts is None:
            return
        with suppress(GeneralBenchError):
            evaluation.ledger.count_cached(*counts)
        off = getattr(self._model, "off", None)
        if off:
            self._warn(off)

    def close_model(self) -> None:
        """Close the model, unless a call was abandoned: closing might wait for it forever."""
        if self._model is None or (self._evaluation and self._evaluation.deadlines.has_hung):
            return
        try:
            with model_errors("the model's close"):
                self._model.close()
        except GeneralBenchError as error:
            self._warn(str(error))

    def end_leftovers(self, status: Callable[[], int]) -> None:
        """End the processes that the model left; its threads do not keep this process from ending.

        Args:
            status: Returns the exit status of the session.
        """
        if self._leftovers is None:
            return
        for command in self._leftovers.end_processes():
            # A worker of pytest-xdist has sent its last warning; all processes share this stream.
            sys.stderr.write(f"generalbench: the model left a process running, which was ended: {command}\n")
        threads = self._leftovers.threads()
        if threads:
            exit_despite(threads, status)
