"""The closed set of answers that a request names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.evaluation.task_description import describe_task

if TYPE_CHECKING:
    from pytest_generalbench.core.request import Request


def request_of(task: str) -> Request:
    request = describe_task(task).request
    assert request is not None
    return request


@pytest.mark.parametrize("task", ["nlp/causal-reasoning", "audio/comprehension/audio-question-answering"])
def test_a_choice_has_the_letters_of_its_options(task: str) -> None:
    request = request_of(task)
    listed = tuple(line[0] for line in request.text.splitlines() if line[1:3] == ". ")
    assert request.labels == listed
    assert len(listed) >= 2


def test_a_label_task_has_the_labels_that_its_prompt_lists() -> None:
    request = request_of("audio/comprehension/accent-classification")
    assert len(request.labels) >= 2
    assert all(label in request.text for label in request.labels)


def test_an_open_question_has_none_and_labels_change_no_digest() -> None:
    assert request_of("nlp/document-level-causal-reasoning").labels == ()
