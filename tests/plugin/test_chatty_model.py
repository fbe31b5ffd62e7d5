"""A model whose answers cannot be read: the terminal says so without being asked for more."""

from __future__ import annotations

import pytest

MODEL = """
import random


class Model:
    words = {words!r}

    def generate(self, requests):
        return [random.Random(request.seed).choice(self.words) for request in requests]
"""
CHATTY = (
    "That is a great question! There are many things to consider here, and I would love to help you.",
    "Sure, let me think about it step by step. First we look at the question, and then at what it means.",
    "Thank you for asking. It depends on the situation, on the people, and on what they want from it.",
)
TASKS = ("nlp/causal-reasoning", "nlp/ethical-reasoning", "nlp/numerical-reasoning")


@pytest.mark.parametrize("args", [(), ("-q",), ("-n", "2")], ids=["plain", "quiet", "workers"])
def test_a_chatty_model_sees_that_nothing_was_read(pytester: pytest.Pytester, args: tuple[str, ...]) -> None:
    pytester.makepyfile(chatty=MODEL.format(words=CHATTY))
    result = pytester.runpytest_subprocess(
        "--generalbench-model=python:chatty.py:Model", "-k", " or ".join(TASKS), *args
    )
    assert result.ret == 0
    lines = result.outlines
    place = lines.index("of 24 answers: unparsable 100.0 %")
    assert lines[place + 1 : place + 4] == [f"  {task}: unparsable 100.0 %" for task in TASKS]
    (note,) = [line for line in lines if "not one answer could be read" in line]
    assert all(task in note for task in TASKS)
    assert not any("SCORED" in line for line in lines)  # nothing here is due to -v


def test_a_terse_model_sees_no_such_line(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(terse=MODEL.format(words=("A", "B")))
    result = pytester.runpytest_subprocess(
        "--generalbench-model=python:terse.py:Model", "-k", " or ".join(TASKS[:2])
    )
    assert result.ret == 0
    assert not any("unparsable" in line or "could be read" in line for line in result.outlines)
