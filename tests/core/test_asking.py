"""The user's own prompts and answer lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench import protocols
from pytest_generalbench.core.asking import (
    Asking,
    asking_of,
    check_prompts,
    checked_lengths,
    prompts_from_file,
)
from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.request import Request
from pytest_generalbench.suite.tasks import load_tasks

if TYPE_CHECKING:
    from pathlib import Path

BY_ID = {task.id: task for task in load_tasks()}
CAUSAL = BY_ID["nlp/causal-reasoning"]
PROMPTS: dict[str, Any] = {
    "system": "S",
    "prompt": "all {question}",
    "protocols": {"multiple_choice": {"prompt": "choice {options}"}},
    "skills": {CAUSAL.skill: {"system": "skill"}},
    "tasks": {"nlp/ethical-reasoning": {"prompt": "task"}},
}


def file_of(folder: Path, text: str) -> Path:
    path = folder / "prompts.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_nearer_to_the_task_counts() -> None:
    assert asking_of(CAUSAL, PROMPTS, None) == Asking("choice {options}", "skill")
    assert asking_of(BY_ID["nlp/ethical-reasoning"], PROMPTS, None).prompt == "task"
    other = asking_of(BY_ID["nlp/natural-language-inference"], PROMPTS, None)
    assert (other.prompt, other.system) == ("all {question}", "S")
    assert asking_of(CAUSAL, {}, None) == Asking()


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ("x2", 32),
        ("512", 512),
        ("x0.5", 8),
        ("x0.001", 1),
        ("x2,nlp/*=64", 64),
        ("nlp/*=64,nlp/c*=x3", 48),
        ("video/*=9", 16),
    ],
)
def test_the_last_length_that_fits_counts(lengths: str, expected: int) -> None:
    request = Request(CAUSAL.id, "1", ("q",), max_new_tokens=16)
    asking = asking_of(CAUSAL, {}, checked_lengths(lengths, "--x"))
    assert asking.applied(request).max_new_tokens == expected
    assert bool(asking.notes()) is (expected != 16)


@pytest.mark.parametrize("given", ["x", "2x", "-1", "0", "x0", "nlp/*=", "a=b"])
def test_a_length_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(GeneralBenchError, match=r"takes a number of tokens \(512\), a factor \(x2\)"):
        checked_lengths(given, "--generalbench-max-new-tokens")


def test_a_system_prompt_changes_the_request_and_none_does_not() -> None:
    request = Request(CAUSAL.id, "1", ("q",))
    assert Asking().applied(request).digest() == request.digest()
    assert Asking(system="S").applied(request).digest() != request.digest()


def test_a_file_is_read_and_a_bare_text_is_a_prompt(tmp_path: Path) -> None:
    path = file_of(tmp_path, 'system: S\ntasks: {nlp/causal-reasoning: "{question}"}\n')
    assert prompts_from_file(path) == {"system": "S", "tasks": {CAUSAL.id: {"prompt": "{question}"}}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[1]", "a prompt is a text"),
        ("sytem: x", "unknown key 'sytem'"),
        ("system: [x]", "system must be a text"),
        ("tasks: [x]", "tasks maps names to prompts"),
        ("tasks: {x: {promt: y}}", "tasks, x: unknown key 'promt'"),
        ("a: [", "prompts.yaml"),
    ],
)
def test_a_file_that_is_none_names_the_key(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(GeneralBenchError, match=words):
        prompts_from_file(file_of(tmp_path, text))


@pytest.mark.parametrize(
    ("prompts", "words"),
    [
        ({"protocols": {"multiple_choise": {}}}, "unknown protocol 'multiple_choise'.*multiple_choice"),
        ({"tasks": {"nlp/causal": {}}}, "unknown task 'nlp/causal'.*nlp/causal-reasoning"),
        ({"skills": {"Knitting": {}}}, "unknown skill 'Knitting'"),
        ({"prompt": "{question} {labels}"}, r"for \S+ \(protocol \S+\): unknown field '{labels}'"),
    ],
)
def test_prompts_are_checked_against_the_tasks(prompts: dict[str, Any], words: str) -> None:
    with pytest.raises(GeneralBenchError, match=words):
        check_prompts(prompts, BY_ID.values(), protocols.prompt_fields())


def test_braces_that_are_no_fields_are_let_be() -> None:
    prompts = {"prompt": '{question} Answer as {"answer": "A"} or {X}.'}
    check_prompts(prompts, BY_ID.values(), protocols.prompt_fields())


@pytest.mark.parametrize("name", protocols.names())
def test_every_protocol_names_the_fields_of_its_own_prompt(name: str) -> None:
    from pytest_generalbench.core.asking import FIELD

    protocol = protocols.get(name)
    assert set(FIELD.findall(protocol.prompt)) <= set(protocol.prompt_fields)
