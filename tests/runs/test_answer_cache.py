from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_generalbench import protocols
from pytest_generalbench.core.media.media import Media
from pytest_generalbench.core.outputs import Boxes
from pytest_generalbench.core.outputs.forms.boxes import Detection
from pytest_generalbench.core.outputs.forms.image import Image
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.evaluation.inference.cached_model import CachedModel
from pytest_generalbench.models.base import Failed, Model
from pytest_generalbench.runs.answer_cache import AnswerCache, folder_digest
from pytest_generalbench.runs.model_identity import identify
from tests.builders import TASK

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pytest_generalbench.core.task import Task

WEIGHTS = {"kind": "hf", "files": "abc"}
BACKEND = {"versions": {"torch": "2.13.0"}, "settings": {"dtype": "bfloat16"}, "gpus": ["H100"]}


class Named(Model):
    """Says who it is, and what it was asked."""

    deterministic = True

    def __init__(self, answer: Callable[[Request], Any] = lambda request: request.text[-1]) -> None:
        self.answer = answer

    def generate(self, requests: Sequence[Request]) -> Sequence[Any]:
        return [self.answer(request) for request in requests]

    def unsupported(self, task: Task) -> str | None:
        return "no video" if task.modality == "video" else None

    def identity(self) -> dict[str, Any]:
        return {"name": "named"}


class Nameless(Model):
    deterministic = True

    def generate(self, requests: Sequence[Request]) -> list[str]:
        return ["A"] * len(requests)


class Bench:
    """Makes models before one cache, and counts how often the real one is loaded."""

    def __init__(self, folder: Path) -> None:
        self.cache = AnswerCache(folder / "cache")
        self.loads = 0
        picture = folder / "a.png"
        picture.write_bytes(b"picture")
        media = Media("image", (picture,))
        self.requests = [
            Request(TASK.id, str(number), (f"question {number}", media), seed=number) for number in range(5)
        ]

    def model(
        self,
        weights: dict[str, Any] | None = WEIGHTS,
        backend: dict[str, Any] = BACKEND,
        real: Model | None = None,
        keep_all: bool = False,
    ) -> CachedModel:
        def make() -> Model:
            self.loads += 1
            return real or Named()

        return CachedModel(make, lambda: weights, backend, self.cache, keep_all)

    def ask(self, model: CachedModel, requests: Sequence[Request] | None = None) -> list[Output | Failed]:
        model.begin(TASK, None)
        return list(model.generate(requests or self.requests))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Return a bench whose cache has the answers to its requests."""
    made = Bench(tmp_path)
    made.ask(made.model())
    made.loads = 0
    return made


def texts(answers: Sequence[Output | Failed]) -> list[str | None]:
    return [answer.text for answer in answers if isinstance(answer, Output)]


def test_nothing_changed_is_all_hits_and_the_model_is_never_loaded(bench: Bench) -> None:
    model = bench.model()
    assert texts(bench.ask(model)) == ["0", "1", "2", "3", "4"]
    assert model.cache_counts == (5, 0)
    assert model.unsupported(TASK) is None
    assert model.identity() == {"name": "named"}
    assert (model.batch_size, model.input_media) == (Named.batch_size, Named.input_media)
    model.close()
    assert bench.loads == 1  # for `unsupported`, which nobody had asked yet
    bench.loads = 0
    assert bench.model().unsupported(TASK) is None
    assert bench.loads == 0


@pytest.mark.parametrize(
    ("weights", "backend"),
    [
        ({"kind": "hf", "files": "abd"}, BACKEND),
        ({"kind": "diffusers", "files": "abc"}, BACKEND),
        (WEIGHTS, {**BACKEND, "versions": {"torch": "2.13.1"}}),
        (WEIGHTS, {**BACKEND, "versions": {"torch": "2.13.0", "pytest-generalbench": "9"}}),
        (WEIGHTS, {**BACKEND, "settings": {"dtype": "float32"}}),
        (WEIGHTS, {**BACKEND, "gpus": []}),
    ],
)
def test_another_model_has_no_hit(bench: Bench, weights: dict[str, Any], backend: dict[str, Any]) -> None:
    model = bench.model(weights, backend)
    bench.ask(model)
    assert model.cache_counts == (0, 5)


@pytest.mark.parametrize(
    "change",
    [
        {"task_id": "nlp/other"}, {"instance_id": "x"}, {"parts": ("question",)}, {"max_new_tokens": 255},
        {"seed": 99}, {"output_medium": "image"}, {"content": "a dog"}, {"form": "boxes"},
    ],
)  # fmt: skip
def test_another_request_has_no_hit(bench: Bench, change: dict[str, Any]) -> None:
    model = bench.model()
    bench.ask(model, [replace(request, **change) for request in bench.requests])
    assert model.cache_counts[0] == 0


def test_another_byte_of_a_medium_has_no_hit(bench: Bench) -> None:
    media = bench.requests[0].media[0]
    media.path.write_bytes(b"pictura")  # as long as before, under the same name
    bench.cache = AnswerCache(bench.cache.folder)
    model = bench.model()
    bench.ask(model)
    assert model.cache_counts == (0, 5)
    media.path.write_bytes(b"picture")
    bench.cache = AnswerCache(bench.cache.folder)
    model = bench.model()
    bench.ask(model)
    assert model.cache_counts == (5, 0)


def test_another_version_of_the_protocol_has_no_hit(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    protocol = protocols.get(TASK.protocol)
    monkeypatch.setattr(type(protocol), "version", protocol.version + 1)
    model = bench.model()
    bench.ask(model)
    assert model.cache_counts == (0, 5)


def test_what_is_missing_is_asked_and_nothing_else(bench: Bench) -> None:
    more = [*bench.requests[:2], replace(bench.requests[2], seed=7), *bench.requests[3:]]
    model = bench.model()
    assert texts(bench.ask(model, more)) == ["0", "1", "2", "3", "4"]
    assert model.cache_counts == (4, 1)


def test_a_damaged_answer_is_a_miss(bench: Bench) -> None:
    for path in (bench.cache.folder / "answers").rglob("*.json"):
        path.write_bytes(path.read_bytes()[:-5])
    model = bench.model()
    assert texts(bench.ask(model)) == ["0", "1", "2", "3", "4"]
    assert model.cache_counts == (0, 5)


@pytest.mark.parametrize(
    "answer",
    [
        Boxes((Detection(1, 2, 3, 4, "bird", 0.5),)),
        Image(np.arange(48, dtype=np.uint8).reshape(4, 4, 3)),
        Output("no", refused=True),
        Output("yes", details={"tokens": 3}),
    ],
)
def test_every_kind_of_answer_comes_back_as_it_was(tmp_path: Path, answer: Any) -> None:
    bench = Bench(tmp_path)
    real = Named(lambda request: answer)
    (first,) = bench.ask(bench.model(real=real), bench.requests[:1])
    (second,) = bench.ask(bench.model(real=real), bench.requests[:1])
    assert isinstance(first, Output)
    assert isinstance(second, Output)
    assert second.read() == first.read()
    assert (second.text, second.refused) == (first.text, first.refused)
    assert second.details["cache"]["is_hit"]


def test_failures_are_never_kept(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    real = Named(lambda request: Failed("no luck", "timeout"))
    for _ in range(2):
        model = bench.model(real=real)
        assert bench.ask(model)[0] == Failed("no luck", "timeout")
        assert model.cache_counts == (0, 5)


def test_a_model_without_identity_is_not_cached(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    for _ in range(2):
        model = bench.model(weights=None, real=Nameless())
        bench.ask(model)
        assert model.cache_counts == (0, 5)
        assert model.off is not None
        assert "identity()" in model.off


def test_a_model_that_may_answer_otherwise_is_cached_only_when_asked(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    real = Named()
    real.deterministic = False
    for keep_all, hits in ((False, 0), (False, 0), (True, 0), (True, 5)):
        model = bench.model(real=real, keep_all=keep_all)
        bench.ask(model)
        assert model.cache_counts == (hits, 5 - hits)
        assert (model.off is None) == keep_all


def test_a_cache_that_cannot_be_written_costs_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path)

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(AnswerCache, "put", full)
    assert texts(bench.ask(bench.model())) == ["0", "1", "2", "3", "4"]


@dataclass(frozen=True, slots=True)
class More(Settings):
    """Settings with one more, that names weights."""

    adapter: str | None = None


def test_weights_that_a_setting_names_are_part_of_the_model(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path / "cache")
    for name in ("model", "lora"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.safetensors").write_bytes(b"weights")
    plain, more = More("hf:model"), More("hf:model", adapter="lora")
    first = identify(more, tmp_path, cache)
    assert first is not None
    assert first != identify(plain, tmp_path, cache)
    (tmp_path / "lora" / "model.safetensors").write_bytes(b"weightz")
    assert first != identify(more, tmp_path, cache)
    assert identify(Settings("python:a.py:f"), tmp_path, cache) is None


def test_a_saved_model_is_told_by_every_byte_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_bytes(b"{}")
    (folder / "model.safetensors").write_bytes(b"weights")
    seen = set()
    for content in (b"weights", b"weightz", b"weights"):
        (folder / "model.safetensors").write_bytes(content)
        seen.add(folder_digest(folder, AnswerCache(tmp_path / "cache")))
    assert len(seen) == 2
