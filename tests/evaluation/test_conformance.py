from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_generalbench.core.media.media import Media
from pytest_generalbench.core.outputs import Audio, Boxes, Image
from pytest_generalbench.core.request import Request
from pytest_generalbench.evaluation.conformance import Check, check_model
from pytest_generalbench.models.baselines import make_baseline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
    return ["A" if "\nB" in request.text else f"{request.text} {len(request.media)}" for request in requests]


def test_a_model_that_does_what_it_declares_passes_every_check() -> None:
    result = checks(Own(words))
    assert list(result) == [
        "takes text", "takes image", "gives text", "answers are read", "same answer twice", "answers to two",
        "order of two", "same in a batch",
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
        (lambda requests: [object()] * len(requests), "takes text", "returned object"),
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


def test_answers_that_no_parser_reads_are_a_failure() -> None:
    check = checks(Own(lambda requests: ["As a model I like talking."] * len(requests)))["answers are read"]
    assert check.ok is False
    assert "image/comprehension/" in check.message
    assert "unparsable, 'As a model I like talking.'" in check.message


@pytest.mark.parametrize(
    ("answer", "medium", "words"),
    [
        (Image(np.zeros((4, 4, 3), np.uint8)), "audio", "image where audio was asked for"),
        (Audio(np.zeros(800, np.float32), 16000), "audio", "which is silent"),
        ("", "text", "an empty answer"),
        (" \n", "text", "an empty answer"),
        (Boxes(()), "text", "map where text was asked for"),
    ],
)
def test_a_wrong_medium_silence_and_nothing_are_failures(answer: Any, medium: str, words: str) -> None:
    check = checks(Own(lambda requests: [answer] * len(requests), output_media={medium}))[f"gives {medium}"]
    assert check.ok is False
    assert words in check.message


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


def test_the_page_shows_every_field_of_a_request(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    pil = pytest.importorskip("PIL.Image")
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    shown: dict[str, Any] = {}
    exec(next(block for block in blocks if block.startswith("# reader.py")), shown)  # noqa: S102 - our page
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        sound = container.add_stream("aac", rate=16000, layout="mono")
        for _ in range(70):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "rgb24")
            container.mux(stream.encode(frame))
        samples = np.zeros((1, 16000), np.float32)
        track = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        track.sample_rate = 16000
        container.mux(sound.encode(track))
        container.mux(stream.encode())
        container.mux(sound.encode())
    deep = np.linspace(0, 65535, 256).astype(np.uint16)[None].repeat(4, 0)
    pil.fromarray(deep).save(tmp_path / "deep.png")
    video, picture = Media("video", (path,)), Media("image", (tmp_path / "deep.png",))
    request = Request(
        "video/x/y", "7", (video, "Which?\nA. cat\nB. dog"), max_new_tokens=5, seed=3, labels=("A", "B")
    )
    assert shown["name"](request) == "video/x/y 7: text as text, at most 5 tokens, seed 3"
    assert shown["options"](request) == {"A": "cat", "B": "dog"}
    assert shown["target_size"](request) == (64, 48)
    frames, times, rate, duration = shown["all_frames"](video)
    assert (len(frames), rate, duration) == (70, 10.0, 7.0)
    assert times[-1] == pytest.approx(6.9)
    assert len(shown["sound_track"](video)) == pytest.approx(16000, abs=2048)
    assert shown["eight_bits"](picture)[0, [0, 64, 255], 0].tolist() == [0, 64, 255]
    assert (shown["as_stored"](picture) == deep).all()
    for item in fields(Request):
        assert item.name.startswith("_") or f"request.{item.name}" in text


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
