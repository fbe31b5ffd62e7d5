from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_generalbench.core.errors import ModelError
from pytest_generalbench.core.media.media import Media
from pytest_generalbench.core.outputs import Audio, Image, Video
from pytest_generalbench.core.outputs.codecs.images.png import png
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.evaluation.inference.batching import ask
from pytest_generalbench.models import Model, check_spec, make_model
from pytest_generalbench.models.base import Failed
from pytest_generalbench.suite import tasks as registry
from tests.models import tiny

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytest.importorskip("diffusers")

KINDS: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "janus": ("hf", tiny.save_janus),
    "musicgen": ("hf", tiny.save_musicgen),
    "vits": ("hf", tiny.save_vits),
    "speecht5": ("hf", tiny.save_speecht5),
    "stable_diffusion": ("diffusers", tiny.save_stable_diffusion),
    "text_to_video": ("diffusers", tiny.save_text_to_video),
}
TASKS = {task.id: task for task in registry.load_tasks()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Model]:
    folder = tmp_path_factory.mktemp("makers")
    models: dict[str, Model] = {}

    def model(name: str) -> Model:
        if name not in models:
            kind, save = KINDS[name]
            save(folder / name)
            models[name] = make_model(Settings(f"{kind}:{name}", offline=True), folder)
            _shorten(models[name])
        return models[name]

    return model


def _shorten(model: Any) -> None:
    """Let pipelines take 4 steps in place of 50, and Janus draw 16 tokens in place of 576."""
    for pipeline in getattr(model, "pipelines", {}).values():
        whole = type(pipeline)
        call = functools.partialmethod(whole.__call__, num_inference_steps=4)
        signature = inspect.signature(whole.__call__)
        pipeline.__class__ = type(whole.__name__, (whole,), {"__call__": call, "__signature__": signature})
    parts: Any = getattr(getattr(model, "model", None), "model", None)
    if hasattr(parts, "vqmodel"):
        parts.vision_model.config.num_image_tokens = 16
        parts.vqmodel.quantize.quant_state_dims = [4, 4]


def request(number: int, medium: str, *media: Media, seed: int | None = None) -> Request:
    return Request(
        "image/generation/x",
        str(number),
        (*media, "Draw what is described.\na red bird"),
        output_medium=medium,
        content="a red bird",
        form=medium,
        max_new_tokens=12,
        seed=number if seed is None else seed,
    )


def answer(output: object) -> Any:
    assert isinstance(output, Output), output
    return output.read()


@pytest.mark.parametrize(
    ("name", "medium", "form"),
    [
        ("janus", "image", Image),
        ("stable_diffusion", "image", Image),
        ("text_to_video", "video", Video),
        ("musicgen", "audio", Audio),
        ("vits", "audio", Audio),
        ("speecht5", "audio", Audio),
    ],
)
def test_the_same_seed_makes_the_same_medium_in_any_batch(
    made: Callable[[str], Model], name: str, medium: str, form: type
) -> None:
    model = made(name)
    first, second = map(answer, model.generate([request(1, medium), request(2, medium)]))
    assert type(first) is type(second) is form
    (again,) = map(answer, model.generate([request(9, medium, seed=2)]))
    assert again == second
    if name != "speecht5":  # it does not sample
        assert first != second
    assert model.identity()["name"] == name


def test_a_picture_model_answers_questions_too(made: Callable[[str], Model], tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(np.zeros((40, 30, 3), np.uint8)))
    asked = Request("t", "1", (Media("image", (path,)), "What is it?"), max_new_tokens=3)
    (output,) = ask(made("janus").generate, [asked])
    assert isinstance(output, Output)
    assert isinstance(output.text, str)


def test_a_pipeline_starts_from_pictures_and_masks_and_keeps_their_size(
    made: Callable[[str], Model], tmp_path: Path
) -> None:
    source, mask = tmp_path / "a.png", tmp_path / "m.png"
    source.write_bytes(png(np.full((40, 32, 3), 90, np.uint8)))
    mask.write_bytes(png(np.eye(40, 32, dtype=np.uint8) * 255))
    image, hole = Media("image", (source,)), Media("map", (mask,), "mask")
    model = made("stable_diffusion")
    changed, filled = map(
        answer, model.generate([request(1, "image", image), request(1, "image", image, hole)])
    )
    assert changed.pixels.shape == filled.pixels.shape == (40, 32, 3)
    assert changed != filled


@pytest.mark.parametrize(
    ("name", "task", "why"),
    [
        ("stable_diffusion", "image/generation/text-based-face-gen", None),
        ("stable_diffusion", "image/generation/face-image-inpainting", None),
        ("stable_diffusion", "image/generation/image-deraining", None),
        ("stable_diffusion", "image/generation/sound-to-image-gernation", "does not take audio"),
        ("stable_diffusion", "video/generation/dynamic-video-gen", "does not give video"),
        ("stable_diffusion", "nlp/causal-reasoning", "does not give text"),
        ("text_to_video", "video/generation/dynamic-video-gen", None),
        ("text_to_video", "video/generation/pet-img-to-video-gen", "does not take image"),
        ("janus", "image/generation/text-based-face-gen", None),
        ("janus", "image/generation/image-deraining", "from text alone"),
        ("janus", "image/comprehension/crowd-counting", None),
        ("vits", "audio/generation/text-to-speech", None),
        ("vits", "audio/generation/single-caption-to-audio", "speaks texts"),
        ("musicgen", "audio/generation/single-caption-to-audio", None),
        ("musicgen", "audio/generation/text-to-speech", "no speech"),
        ("musicgen", "audio/generation/audio-edit", "does not take audio"),
    ],
)
def test_what_a_model_does_not_take_or_give_is_unsupported(
    made: Callable[[str], Model], name: str, task: str, why: str | None
) -> None:
    value = made(name).unsupported(TASKS[task])
    assert value is None if why is None else why in str(value)


def test_a_text_without_letters_is_an_error_of_its_own(made: Callable[[str], Model]) -> None:
    asked = Request("t", "1", ("你好",), output_medium="audio", form="audio")
    (output,) = ask(made("vits").generate, [asked])
    assert isinstance(output, Output | Failed)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("diffusers:", "needs a model name or folder"),
        ("diffusers:./nowhere", "there is no such folder"),
        ("diffusers:empty", "the folder has no model_index.json"),
        ("difusers:x", "did you mean"),
    ],
)
def test_a_wrong_specification_is_told_before_anything_is_loaded(
    tmp_path: Path, spec: str, words: str
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(Exception, match=words):
        check_spec(spec, tmp_path)


def test_a_damaged_pipeline_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text("{")
    with pytest.raises(ModelError, match="cannot be loaded"):
        make_model(Settings("diffusers:.", offline=True), tmp_path)
