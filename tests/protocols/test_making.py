"""All 133 tasks that make media, on the demo set: what a model is shown, and what it is never shown."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench import metrics, protocols
from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.outputs import AnswerFormatError, Audio, Target, Video
from pytest_generalbench.core.request import Output
from pytest_generalbench.suite.data import DataSource, open_data
from tests.data.trees import all_tasks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_generalbench.core.request import Instance, Request
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.protocols import TaskContext

MAKING = [task for task in all_tasks() if task.paradigm == "generation"]
IDS = [task.id.removeprefix(task.modality + "/generation/") for task in MAKING]


@cache
def opened(cache_folder: Path, split: str) -> DataSource:
    return open_data("demo", split, all_tasks(), cache=cache_folder)


@pytest.fixture
def source(shared_cache: Path) -> DataSource:
    return opened(shared_cache, "open")


def loaded(task: Task, source: DataSource) -> tuple[tuple[Instance, ...], TaskContext]:
    data = source.load(task)
    assert data is not None
    return tuple(data.instances), protocols.get(task.protocol).context(task, data.header, data.instances)


def requests_of(task: Task, source: DataSource) -> list[Request]:
    instances, context = loaded(task, source)
    return [protocols.get(task.protocol).request(instance, context) for instance in instances]


def names_in(value: Any) -> Iterator[str]:
    """Yield the last part of every path-like text in a reference."""
    if isinstance(value, dict):
        for item in value.values():
            yield from names_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from names_in(item)
    elif isinstance(value, str) and "." in value and " " not in value:
        yield value.replace("\\", "/")


def test_there_are_133() -> None:
    assert len(MAKING) == 133


@pytest.mark.parametrize("task", MAKING, ids=IDS)
def test_a_request_has_every_input_medium_and_asks_for_the_tasks_own(task: Task, source: DataSource) -> None:
    for request in requests_of(task, source):
        given = {media.medium for media in request.media}
        wanted = set(task.input_media) - {"text"}
        assert given == wanted, task.inputs
        assert request.output_medium == task.output_medium
        assert request.form != "text"
        assert request.text.strip()


def told(request: Request) -> tuple[Any, ...]:
    """Return all that a model is told, but for the size of the answer, which the true one may give."""
    text = re.sub(r"\s*(?:The answer is an image \d+ pixels wide|Return \d+ frames).*", "", request.text)
    return text, request.content, [media.identity() for media in request.media], request.seed


@pytest.mark.parametrize("task", MAKING, ids=IDS)
def test_a_request_is_the_same_without_the_reference_and_never_shows_it(
    task: Task, source: DataSource, shared_cache: Path
) -> None:
    instances, _ = loaded(task, source)
    shown = requests_of(task, source)
    closed = requests_of(task, opened(shared_cache, "close"))
    assert [told(request) for request in shown] == [told(request) for request in closed]
    for instance, request in zip(instances, shown, strict=True):
        paths = [path.as_posix() for media in request.media for path in media.paths]
        for name in names_in(instance.reference):
            if "/" in name or task.modality == "audio":
                assert not any(path.endswith(f"/{name}") for path in paths), (name, paths)


@pytest.mark.parametrize("task", MAKING, ids=IDS)
def test_a_perfect_answer_is_read_as_it_is_and_a_text_is_no_medium(task: Task, source: DataSource) -> None:
    protocol = protocols.get(task.protocol)
    instances, context = loaded(task, source)
    instance = instances[0]
    reference = protocol.reference(instance, context)
    if task.metric.name == "pixel_roc_auc":
        return  # a map, not a Target: tests/protocols/test_image_maps.py
    assert isinstance(reference, Target)
    ideal = protocol.ideal(reference, instance, context)
    assert not isinstance(ideal, str)
    assert protocol.parse(Output(medium=ideal.medium, answer=ideal), instance, context) is not None
    if task.protocol != "speech_to_speech_translation":
        try:
            read = protocol.parse(Output("I cannot make this."), instance, context)
        except AnswerFormatError:
            read = None
        assert read is None


@pytest.mark.parametrize("task", MAKING, ids=IDS)
def test_an_instance_without_its_input_is_an_error_that_names_the_place(
    task: Task, source: DataSource
) -> None:
    if set(task.input_media) == {"text"} or "lyrics" in task.inputs:
        return
    instances, context = loaded(task, source)
    media_keys = {media.field for media in instances[0].media}
    fields = {key: value for key, value in instances[0].fields.items() if key not in media_keys}
    bare = instances[0].changed(media=(), fields=fields)
    with pytest.raises(DataError, match=str(instances[0].id)):
        protocols.get(task.protocol).request(bare, context)


def test_two_captions_are_asked_for_as_one_sound(source: DataSource) -> None:
    task = next(task for task in MAKING if task.id.endswith("two-captions-to-audio"))
    request = requests_of(task, source)[0]
    assert request.content == "a cat cries in the kitchen and a lamp falls down"


def test_of_two_sounds_the_source_comes_first_and_the_voice_second(source: DataSource) -> None:
    task = next(task for task in MAKING if task.id.endswith("voice-conversion"))
    first, second = requests_of(task, source)[0].media
    assert (first.field, second.field) == ("audio_file", "target_voice")


def test_a_video_of_another_size_or_length_does_not_answer(source: DataSource) -> None:
    task = next(task for task in MAKING if task.id.endswith("video-deblurring"))
    protocol = protocols.get(task.protocol)
    (instance, *_), context = loaded(task, source)
    true = protocol.reference(instance, context).medium()
    for frames in (true.frames[:-1], true.frames[:, :-1], true.frames[:, :, :-2]):
        with pytest.raises(AnswerFormatError):
            read = protocol.parse(Output(medium="video", answer=Video(frames)), instance, context)
            if read is None:
                raise AnswerFormatError("unparsable")


def test_silence_does_not_answer(source: DataSource) -> None:
    import numpy as np

    task = next(task for task in MAKING if task.id.endswith("/text-to-speech"))
    protocol = protocols.get(task.protocol)
    (instance, *_), context = loaded(task, source)
    silence = Output(medium="audio", answer=Audio(np.zeros(800, np.float32), 8000))
    try:
        assert protocol.parse(silence, instance, context) is None
    except AnswerFormatError as error:
        assert "silent" in str(error)


def test_every_metric_of_made_media_says_what_it_needs() -> None:
    for task in MAKING:
        if task.metric.name != "pixel_roc_auc":
            assert metrics.get(task.metric.name).needs is not None, task.id
