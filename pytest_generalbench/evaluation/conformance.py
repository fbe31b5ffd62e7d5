"""Checks of an adapter on tiny requests: every medium it declares, order, count, repeatability."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench import protocols
from pytest_generalbench.core import vocabulary
from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.outputs import Audio, answer_key, form_names
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.evaluation.inference.batching import ask
from pytest_generalbench.evaluation.inference.timeouts import Timeouts
from pytest_generalbench.evaluation.preparation import answer_sheet, prepare
from pytest_generalbench.evaluation.scoring.score_task import ScoringInput, read_answer
from pytest_generalbench.models.base import Failed, Model, model_errors
from pytest_generalbench.models.python import PythonModel
from pytest_generalbench.protocols.guard import context_of
from pytest_generalbench.runs.ledger.records import Record
from pytest_generalbench.suite import tasks as registry
from pytest_generalbench.suite.data import open_data
from pytest_generalbench.suite.selection import limited

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_generalbench.core.media.media import Media
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.evaluation.preparation import PreparedTask

TOKENS: Final = 4096
"""What a tried answer may be long at most; no task asks for more, so that it is read as in a run."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check and its outcome."""

    name: str
    ok: bool | None
    """None: it could not be tried, or tells nothing about the adapter."""
    message: str
    """What was seen, in a line."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class _Sample:
    """One or two requests, and how they were answered."""

    where: str
    """The task they are of."""
    requests: tuple[Request, ...]
    alone: tuple[Output | Failed, ...]
    again: Output | Failed
    """The first request's answer when it was asked once more."""
    together: tuple[Output | Failed, ...]
    """Both requests' answers when they were asked at once; empty where there is one only."""
    count: int | None
    """How many answers came back for both; None when the model raised."""
    seconds: float
    """Of one request alone."""
    text_will_do: bool
    read: tuple[str | None, ...] = ()
    """For each answer why the task's parser reads nothing in it, or None; empty for a made-up request."""

    @property
    def gives(self) -> str:
        """The medium that was asked for."""
        return self.requests[0].output_medium


class _Watched(Model):
    """Forwards requests to the model, and counts the answers."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.counts: dict[int, int] = {}

    def generate(self, requests: Sequence[Request]) -> Sequence[Any]:
        outputs = list(self.model.generate(requests))
        self.counts[len(requests)] = len(outputs)
        return outputs


def check_model(given: object, max_new_tokens: int = TOKENS) -> Iterator[Check]:
    """Check a model, or any object that a `python:` factory may return; yields each check when it is done.

    The requests are those of the demo set, which is made on the spot: for every medium that the model
    declares, of a task that it supports; where there is none, a made-up one. The model is not closed.
    """
    model = given if isinstance(given, Model) else PythonModel(given, type(given).__name__)
    trial = _Trial(model, max_new_tokens)
    declared = [("takes", medium) for medium in vocabulary.MEDIA if medium in model.input_media]
    declared += [("gives", medium) for medium in vocabulary.MEDIA if medium in model.output_media]
    for way, medium in declared:
        name = f"{way} {medium}"
        try:
            with model_errors("the model"):
                sample = trial.sample(way, medium)
        except GeneralBenchError as error:
            yield Check(name, False, str(error))
        else:
            yield (
                _judged(name, sample)
                if sample
                else Check(name, None, "the demo set has nothing to try it on")
            )
    answered = [one for one in trial.seen.values() if all(isinstance(item, Output) for item in one.alone)]
    if any(one.read for one in answered):
        yield _readable(answered)
    if answered:
        yield _repeated(answered)
    pairs = [one for one in answered if one.together]
    if pairs:
        yield from _in_batches(pairs)


class _Trial:
    """Finds a request for each medium, and sends it alone, again, and in a batch with another."""

    def __init__(self, model: Model, max_new_tokens: int) -> None:
        self.model = model
        self._generate = partial(Timeouts().call, model.generate)
        self.max_new_tokens = max_new_tokens
        self.seen: dict[str, _Sample] = {}
        tasks = registry.load_tasks()
        self.tasks = [task for task in tasks if _is_asked(task)]
        self.data = open_data("demo", "open", tasks)

    def sample(self, way: str, medium: str) -> _Sample | None:
        """Return the sample for a medium: from a task that the model supports, else a made-up one."""
        fit = [task for task in self.tasks if medium in _media(task, way)]
        fit.sort(key=_plainness)
        for task in fit:
            if self.model.unsupported(task) is None:
                result = self.seen.get(task.id) or self._of_task(task)
                if result is not None:
                    self.seen[task.id] = result
                    return result
        if way == "gives":
            for seen in self.seen.values():
                if seen.gives == medium or (medium == "text" and seen.text_will_do):
                    return seen  # answers in this medium have been had with the inputs
        made = self._made_up(way, medium, fit)
        if made is not None:
            self.seen[made.where] = made
        return made

    def _of_task(self, task: Task) -> _Sample | None:
        prepared = self._prepared(task)
        if prepared is None:
            return None
        self.model.begin(task, answer_sheet(prepared) if self.model.wants_answers else None)
        sample = self._asked(task.id, prepared.requests, task.output in vocabulary.TEXT_ALSO_OUTPUTS)
        return replace(sample, read=_unread(sample, prepared.scoring))

    def _prepared(self, task: Task) -> PreparedTask | None:
        loaded = self.data.load(task)
        if loaded is None:
            return None
        protocol = protocols.get(task.protocol)
        scoring = ScoringInput(
            task=task,
            protocol=protocol,
            context=context_of(protocol, task, loaded.header, loaded.instances),
            instances=limited(loaded.instances, 2),
            fingerprint=loaded.fingerprint,
        )
        prepared = prepare(scoring)
        return prepared if prepared.requests else None

    def _made_up(self, way: str, medium: str, fit: Sequence[Task]) -> _Sample | None:
        """Return a request for the medium in plain words, or one that shows such a medium of the demo set."""
        shown: list[tuple[Media, ...]]
        if self.model.wants_answers:
            return None  # it answers what has a reference, and nothing else
        if (
            way == "gives"
            and "text" in self.model.input_media
            and medium in ("text", "image", "video", "audio")
        ):
            wanted, shown = medium, [(), ()]
        elif way == "takes":
            wanted = (
                "text" if "text" in self.model.output_media else min(self.model.output_media, default="text")
            )
            prepared = next((one for task in fit if (one := self._prepared(task))), None)
            if prepared is None:
                return None
            shown = [request.media if medium != "text" else () for request in prepared.requests]
        else:
            return None
        where = f"made up ({way} {medium})"
        words = ("a small bird sings", "two dogs run")
        requests = [
            Request(
                where, str(number), (*media, words[number]), wanted, words[number], wanted, seed=number + 1
            )
            for number, media in enumerate(shown)
        ]
        return self._asked(where, requests, False)

    def _asked(self, where: str, given: Sequence[Request], text_will_do: bool) -> _Sample:
        most = self.max_new_tokens
        requests = [replace(one, max_new_tokens=min(one.max_new_tokens, most)) for one in given]
        started = time.perf_counter()
        alone = [ask(self._generate, [request])[0] for request in requests]
        seconds = (time.perf_counter() - started) / len(requests)
        again = ask(self._generate, requests[:1])[0]
        watched = _Watched(self.model)
        together = ask(partial(Timeouts().call, watched.generate), requests) if len(requests) == 2 else []
        will_do = text_will_do or requests[0].output_medium == "text"
        count = watched.counts.get(2)
        return _Sample(where, tuple(requests), tuple(alone), again, tuple(together), count, seconds, will_do)


def _is_asked(task: Task) -> bool:
    lacking = protocols.get(task.protocol).requires
    return not lacking or find_spec(lacking[0]) is not None


def _plainness(task: Task) -> tuple[bool, int, bool]:
    """Order tasks: those answered in text first, then those with few inputs, then those with words alone."""
    return task.output not in vocabulary.TEXT_OUTPUTS, len(task.input_media), task.input_media != ("text",)


def _media(task: Task, way: str) -> tuple[str, ...]:
    return task.input_media if way == "takes" else (task.output_medium,)


def _judged(name: str, sample: _Sample) -> Check:
    """Return whether the answers have the form that was asked for."""
    for answer in sample.alone:
        text = f"{sample.where}: {_shown(answer)}"
        if isinstance(answer, Failed):
            return Check(name, False, text, sample.seconds)
        wanted = sample.requests[0].output_medium
        if answer.answer is None and not sample.text_will_do and not answer.refused:
            return Check(name, False, f"{text} where {wanted} was asked for", sample.seconds)
        wrong = _wrong(answer, wanted, sample.requests[0].form)
        if wrong is not None:
            return Check(name, False, f"{text}, {wrong}", sample.seconds)
    return Check(name, True, f"{sample.where}: {_shown(sample.alone[0])}", sample.seconds)


def _wrong(answer: Output, wanted: str, form: str) -> str | None:
    """Return what is wrong with an answer as such: another medium or form, nothing, or silence."""
    read = answer.read()
    if read is None:
        return None if answer.refused or (answer.text or "").strip() else "an empty answer"
    if read.medium != wanted:
        return f"{read.medium} where {wanted} was asked for"
    if form not in ("text", read.form) and form in form_names() and wanted == "map":
        return f"the form {read.form} where {form} was asked for"
    return "which is silent" if isinstance(read, Audio) and read.is_silent else None


def _unread(sample: _Sample, scoring: ScoringInput) -> tuple[str | None, ...]:
    """Return for each answer why the task's protocol reads nothing in it, None where it does."""
    instances = {instance.id: instance for instance in scoring.instances}
    outputs = [
        (instances[request.instance_id], answer)
        for request, answer in zip(sample.requests, sample.alone, strict=True)
        if isinstance(answer, Output)
    ]
    context = scoring.protocol.infer_conventions(outputs, scoring.context)
    scoring = replace(scoring, context=context)
    reasons: list[str | None] = []
    for instance, answer in outputs:
        state = "refused" if answer.refused else "ok"
        record = Record(scoring.task.id, instance.id, state=state, output=answer)
        result = read_answer(record, instance, scoring)
        reasons.append(None if result.prediction is not None else result.message or result.state)
    return tuple(reasons)


def _readable(samples: Sequence[_Sample]) -> Check:
    """Return whether every task's parser reads an answer, as in a run."""
    name = "answers are read"
    for one in samples:
        if one.read and all(reason is not None for reason in one.read):
            text = f"{one.where}: {one.read[0]}, {_shown(one.alone[0])}; the prompt says what is wanted"
            return Check(name, False, text)
    return Check(name, True, f"on {sum(bool(one.read) for one in samples)} tasks")


def _shown(answer: Output | Failed) -> str:
    if isinstance(answer, Failed):
        return f"{answer.state}: {answer.message}"
    if answer.refused:
        return "refused"
    read = answer.read()
    return repr((answer.text or "")[:40]) if read is None else type(read).__name__


def _key(answer: Output | Failed) -> str:
    """Return a key that is equal for equal answers."""
    if isinstance(answer, Failed):
        return f"failed {answer.state} {answer.message}"
    read = answer.read()
    return f"text {answer.text}" if read is None else answer_key(read)


def _repeated(samples: Sequence[_Sample]) -> Check:
    name = "same answer twice"
    for one in samples:
        if _key(one.again) != _key(one.alone[0]):
            text = f"{one.where}: first {_shown(one.alone[0])}, then {_shown(one.again)}; obey request.seed"
            return Check(name, False, text)
    return Check(name, True, f"on {len(samples)} tasks")


def _in_batches(samples: Sequence[_Sample]) -> Iterator[Check]:
    """Return whether two requests in a batch get two answers, in order, and the same as alone."""
    for one in samples:
        if one.count != 2:
            came = (
                f"{one.count} came back"
                if one.count is not None
                else f"it failed ({_shown(one.together[0])})"
            )
            yield Check("answers to two", False, f"{one.where}: {came}, though each alone is answered")
            return
    yield Check("answers to two", True, f"on {len(samples)} tasks")
    apart = [one for one in samples if _key(one.alone[0]) != _key(one.alone[1])]
    swapped = [one.where for one in apart if _keys(one.together) == _keys(one.alone)[::-1]]
    kept = [one for one in apart if _keys(one.together) == _keys(one.alone)]
    if swapped:
        yield Check("order of two", False, f"{swapped[0]}: the answers came back swapped")
    elif kept:
        yield Check("order of two", True, f"on {len(kept)} tasks")
    else:
        yield Check("order of two", None, "no two answers that could be told apart")
    drifted = [one for one in samples if _keys(one.together) != _keys(one.alone)]
    count = f"{len(drifted)} of {len(samples)} tasks drift from the answers given alone"
    yield Check("same in a batch", None if drifted else True, count)


def _keys(answers: Sequence[Output | Failed]) -> list[str]:
    return [_key(answer) for answer in answers]
