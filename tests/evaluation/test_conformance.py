from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_generalbench.core.outputs import Image
from pytest_generalbench.evaluation.conformance import Check, check_model
from pytest_generalbench.models.baselines import make_baseline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_generalbench.core.request import Request
    from tests.conftest import ReadResult

PAGE = Path(__file__).parents[2] / "docs" / "models.md"


class Own:
    """Answers with a function of the whole batch."""

    input_media = frozenset({"text", "image"})
    output_media = frozenset({"text"})

    def __init__(self, answer: Callable[[Sequence[Request]], Any], **changes: Any) -> None:
        self.generate = answer
        vars(self).update(changes)


def checks(model: object) -> dict[str, Check]:
    return {check.name: check for check in check_model(model)}


def words(requests: Sequence[Request]) -> list[str]:
    return [f"{request.text} {len(request.media)}" for request in requests]


def test_a_model_that_does_what_it_declares_passes_every_check() -> None:
    result = checks(Own(words))
    assert list(result) == [
        "takes text", "takes image", "gives text", "same answer twice", "answers to two", "order of two",
        "same in a batch",
    ]  # fmt: skip
    assert {check.ok for check in result.values()} == {True}
    assert "nlp/" in result["takes text"].message
    assert "image/comprehension/" in result["takes image"].message


def test_the_oracle_takes_and_gives_every_medium_that_the_demo_set_has() -> None:
    result = checks(make_baseline("oracle"))
    assert not [check for check in result.values() if check.ok is False]
    tried = {name for name, check in result.items() if check.ok}
    assert {
        "takes signal",
        "takes map",
        "takes pointcloud",
        "gives mesh",
        "gives video",
        "gives map",
    } <= tried


def fails(requests: Sequence[Request]) -> list[str]:
    if any(request.media for request in requests):
        raise RuntimeError("no eyes")
    return words(requests)


def once(requests: Sequence[Request], text: list[int] = []) -> list[str]:  # noqa: B006 - it is to remember
    text.append(1)
    return [f"{len(text)}"] * len(requests)


@pytest.mark.parametrize(
    ("answer", "name", "text"),
    [
        (fails, "takes image", "error: RuntimeError: no eyes"),
        (once, "same answer twice", "obey request.seed"),
        (lambda requests: words(requests)[::-1], "order of two", "swapped"),
        (
            lambda requests: words(requests)[:1],
            "answers to two",
            "1 came back, though each alone is answered",
        ),
        (lambda requests: [7] * len(requests), "takes text", "returned int"),
    ],
)
def test_what_an_adapter_does_wrong_is_told(
    answer: Callable[[Sequence[Request]], Any], name: str, text: str
) -> None:
    check = checks(Own(answer))[name]
    assert check.ok is False
    assert text in check.message


def test_a_batch_that_raises_is_told() -> None:
    def answer(requests: Sequence[Request]) -> list[str]:
        if len(requests) > 1:
            raise ValueError("one at a time")
        return words(requests)

    assert checks(Own(answer))["answers to two"].ok is False


def test_drift_in_a_batch_is_reported_and_no_failure() -> None:
    result = checks(Own(lambda requests: [f"{text} {len(requests)}" for text in words(requests)]))
    assert result["same in a batch"].ok is None
    assert "2 of 2 tasks drift" in result["same in a batch"].message
    assert not [check for check in result.values() if check.ok is False]


def test_equal_answers_tell_nothing_about_order() -> None:
    assert checks(Own(lambda requests: ["A"] * len(requests)))["order of two"].ok is None


def test_a_text_in_place_of_a_picture_is_a_failure_and_a_picture_is_none() -> None:
    texts = checks(Own(words, output_media={"text", "image"}))["gives image"]
    assert texts.ok is False
    assert "where image was asked for" in texts.message
    black = Own(
        lambda requests: [Image(np.zeros((4, 4, 3), np.uint8))] * len(requests), output_media={"image"}
    )
    assert checks(black)["gives image"].ok is True


def test_a_medium_that_no_supported_task_has_is_tried_on_a_made_up_request() -> None:
    seen: list[Request] = []

    def answer(requests: Sequence[Request]) -> list[str]:
        seen.extend(requests)
        return words(requests)

    result = checks(Own(answer, input_media={"audio"}, unsupported=lambda task: "not for me"))
    assert "made up (takes audio)" in result["takes audio"].message
    assert {medium.medium for request in seen for medium in request.media} == {"audio"}


def page_code() -> tuple[str, str]:
    """Return the adapter and the test that the page shows."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    adapter = next(block for block in blocks if block.startswith("# doodler.py"))
    test = next(block for block in blocks if "def test_doodler" in block)
    return adapter, test


@pytest.mark.slow
def test_the_adapter_of_the_page_is_short_and_runs(
    pytester: pytest.Pytester, read_result: ReadResult
) -> None:
    adapter, test = page_code()
    assert len(adapter.splitlines()) <= 50
    (pytester.path / "doodler.py").write_text(adapter, encoding="utf-8")
    args = [
        "--generalbench-model=python:doodler.py:Doodler",
        "--generalbench-run=run",
        "--generalbench-limit=2",
    ]
    subset = "mall-crowd or causal-reasoning or handwriting-text-gen or pets-video-recognition"
    assert pytester.runpytest_subprocess(*args, "-n", "2", "-k", subset).ret == 0
    content = read_result("run")
    assert content["counts"] == {"scored": 4, "unsupported": 1}
    assert content["model"]["name"] == "doodler"
    pytester.makepyfile(test_own=f"from doodler import Doodler\n{test}")
    pytester.runpytest_subprocess(
        "-p", "no:cacheprovider", "--import-mode=prepend", "test_own.py"
    ).assert_outcomes(passed=1)
