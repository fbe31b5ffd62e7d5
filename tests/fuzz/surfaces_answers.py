"""Surfaces that read answers: of every protocol in words, of every form, of servers and judges."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.option_values import value_of
from pytest_generalbench.core.options import RUN_OPTIONS
from pytest_generalbench.core.outputs import form_names
from pytest_generalbench.core.outputs.base import answer_from_plain, form_of
from pytest_generalbench.core.request import Output
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.evaluation.preparation import Loaded, TaskScoring, answer_sheet
from pytest_generalbench.evaluation.scoring.backbones import Backbones
from pytest_generalbench.evaluation.scoring.backbones.demo_weights import DemoWeights
from pytest_generalbench.evaluation.scoring.human_ratings import NO_RATINGS
from pytest_generalbench.evaluation.scoring.judge_replies import read_verdict
from pytest_generalbench.models.openai.http import decoded_reply
from pytest_generalbench.models.openai.replies import is_overloaded, outcome_of
from tests.data.trees import all_tasks, task_of
from tests.fuzz.demo_files import demo
from tests.fuzz.mutation import mutated_bytes, mutated_document, mutated_text
from tests.fuzz.surface import Surface

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from pytest_generalbench.core.outputs import StructuredOutput
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.evaluation.preparation import PreparedTask

REPLIES = ("Rating: [[1]]", '{"score": 0.5}', "Yes, it is right.", "4/5", "**Verdict:** 0", "1 of 1")
MESSAGE = {"role": "assistant", "content": "A", "refusal": None, "reasoning_content": "because"}
COMPLETION = {
    "id": "x",
    "object": "chat.completion",
    "model": "m",
    "usage": {"completion_tokens": 3, "prompt_tokens": 9},
    "choices": [{"index": 0, "finish_reason": "stop", "message": MESSAGE}],
}
ERROR = {
    "error": {"message": "context length", "type": "invalid_request_error", "code": "context_length_exceeded"}
}


def one_of_each() -> list[Task]:
    """Return a task of each protocol and parser."""
    tasks = {(task.protocol, task.metric.name): task for task in reversed(all_tasks())}
    return sorted(tasks.values(), key=lambda task: task.id)


@cache
def prepared(name: str) -> PreparedTask:
    """Return a demo task as it is asked."""
    source, task = demo(), task_of(name)
    scoring = TaskScoring(
        Settings("baseline:oracle", mos="auto"), source, None, Backbones([DemoWeights()]), NO_RATINGS
    )
    data = source.load(task)
    assert data is not None, name
    return scoring.prepare(Loaded(scoring.measured(task), data))


@cache
def answers(name: str) -> list[str | StructuredOutput]:
    """Return the right answers of a few instances."""
    sheet = answer_sheet(prepared(name))
    return [sheet.ideal(name) for name in sheet.ids[:4]]


def _text_seeds() -> list[bytes]:
    seeds = []
    for task in one_of_each():
        words = [answer for answer in answers(task.id) if isinstance(answer, str)]
        seeds += [
            f"{task.id}\n{word}".encode("utf-8", "surrogatepass") for word in words[:2] or ["[[1, 2, 3, 4]]"]
        ]
    return seeds


def _mutated_answer(seed: bytes, other: bytes, dice: random.Random) -> bytes:
    name, _, text = seed.decode("utf-8", "surrogatepass").partition("\n")
    more = other.decode("utf-8", "surrogatepass").partition("\n")[2]
    return f"{name}\n{mutated_text(text, more, dice)}".encode("utf-8", "surrogatepass")


def _read_answer(content: bytes, folder: Path) -> None:
    name, _, text = content.decode("utf-8", "surrogatepass").partition("\n")
    given = prepared(name).scoring
    for instance in given.instances[:3]:
        given.protocol.parse(Output(text), instance, given.context)


def _forms() -> list[bytes]:
    seeds: dict[str, list[bytes]] = {}
    for task in one_of_each():
        for answer in answers(task.id)[:1]:
            if isinstance(answer, str):
                continue
            store: dict[str, bytes] = {}
            plain = _plain(answer, store)
            line = {
                "task": task.id,
                "plain": plain,
                "files": {name: kept.hex() for name, kept in store.items()},
            }
            text = json.dumps(line).encode()
            if len(text) < 300_000:
                seeds.setdefault(answer.form, []).append(text)
    missing = {name for name in form_names() if name not in seeds}
    assert len(missing) < 12, missing
    return [one for many in seeds.values() for one in many[:2]]


def _plain(answer: StructuredOutput, store: dict[str, bytes]) -> Any:
    def put(content: bytes, ending: str) -> str:
        name = f"{len(store)}{ending}"
        store[name] = content
        return name

    return {"form": answer.form, **answer.keep(put)}


def _mutated_form(seed: bytes, other: bytes, dice: random.Random) -> bytes:
    line = json.loads(seed)
    line["files"] = {
        name: mutated_bytes(bytes.fromhex(kept), b"", dice).hex() if dice.random() < 0.4 else kept
        for name, kept in line["files"].items()
    }
    if dice.random() < 0.7:
        try:
            line["plain"] = json.loads(mutated_document(json.dumps(line["plain"]).encode(), b"", dice))
        except (ValueError, RecursionError):
            line["plain"] = None
    return json.dumps(line).encode()


def _read_form(content: bytes, folder: Path) -> None:
    line = json.loads(content)
    kept = {name: bytes.fromhex(value) for name, value in line["files"].items()}

    def get(name: Any) -> bytes:
        if name not in kept:
            raise DataError(f"no file {name!r:.40}")
        return kept[name]

    plain = line["plain"]
    form = plain.get("form") if isinstance(plain, dict) else None
    errors = []
    for read in (answer_from_plain, form_of(str(form)).from_prediction):
        try:
            answer = read(plain, get)
        except DataError as error:
            errors.append(error)
            continue
        given = prepared(line["task"]).scoring
        output = Output(medium=answer.medium, answer=answer, key="k")
        given.protocol.parse(output, given.instances[0], given.context)
    if errors:
        raise errors[0]


def _read_reply(content: bytes, folder: Path) -> None:
    for status in (200, 400, 429, 500):
        reply = decoded_reply(status, {"retry-after": "1"}, content)
        outcome_of(reply)
        is_overloaded(reply)


def _read_options(content: bytes, folder: Path) -> None:
    name, _, text = content.decode("utf-8", "replace").partition("\n")
    option = next((one for one in RUN_OPTIONS if one.name == name), None)
    if option is not None:
        value_of(option, text, folder)


def _options() -> list[bytes]:
    return [
        f"{one.name}\n{value}".encode() for one in RUN_OPTIONS for value in ("1", "0.5", "a,b", "1/4", "half")
    ]


def _mutated_option(seed: bytes, other: bytes, dice: random.Random) -> bytes:
    name, _, text = seed.decode().partition("\n")
    return f"{name}\n{mutated_text(text, other.decode().partition(chr(10))[2], dice)}".encode(
        "utf-8", "replace"
    )


def _judge_seeds() -> list[bytes]:
    return [reply.encode() for reply in REPLIES]


def _read_judge(content: bytes, folder: Path) -> None:
    read_verdict(content.decode("utf-8", "replace"))


def _replies() -> list[bytes]:
    return [json.dumps(one).encode() for one in (COMPLETION, ERROR)]


ANSWER_SURFACES = (
    Surface("answer in words", _text_seeds, _read_answer, _mutated_answer, errors=(DataError,), weight=8),
    Surface("answer of a form", _forms, _read_form, _mutated_form, weight=5),
    Surface("server reply", _replies, _read_reply, mutated_document, errors=(), weight=2),
    Surface("judge reply", _judge_seeds, _read_judge, errors=()),
    Surface("option", _options, _read_options, _mutated_option),
)
