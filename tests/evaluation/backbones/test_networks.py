from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_generalbench.core.outputs import Audio
from pytest_generalbench.evaluation.scoring.backbones import BackboneError, Backbones
from pytest_generalbench.evaluation.scoring.backbones.loading import load
from pytest_generalbench.evaluation.scoring.backbones.sources import WeightsFolder
from pytest_generalbench.metrics.backbone_interfaces import ROLES
from tests.evaluation.backbones.scripted import MODULES
from tests.evaluation.backbones.tiny import SAVED, save_clip, save_ctc, save_module, save_xclip

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("transformers")

DICE = np.random.default_rng(0)
PICTURES = [DICE.integers(0, 256, size, dtype=np.uint8) for size in ((30, 40, 3), (64, 33, 3), (28, 28, 3))]
VIDEOS = [DICE.integers(0, 256, size, dtype=np.uint8) for size in ((9, 30, 40, 3), (2, 16, 16, 3))]
TONE = Audio((0.3 * np.sin(np.arange(16000) / 7)).astype(np.float32), 16000)
SOUNDS = [TONE, Audio((0.1 * DICE.standard_normal(24000)).clip(-1, 1).astype(np.float32), 48000)]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    for role, save in SAVED.items():
        save(folder / role)
    for role in MODULES:
        if role not in SAVED:
            save_module(role, folder)
    return folder


@pytest.fixture(scope="module")
def backbones(weights: Path) -> Backbones:
    return Backbones([WeightsFolder(weights)])


def assert_unit(rows: Any) -> None:
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-9)


@pytest.mark.parametrize("role", ["clip", "dino", "inception"])
def test_pictures_become_features_one_by_one_or_together(backbones: Backbones, role: str) -> None:
    network = backbones.get(role)
    together = network.pictures(PICTURES)
    assert together.dtype == np.float64
    alone = np.concatenate([network.pictures([one]) for one in PICTURES])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert len({tuple(row.round(6)) for row in together}) == 3


def test_clip_is_the_cosine_that_the_model_itself_gives(backbones: Backbones, weights: Path) -> None:
    import torch
    from transformers import AutoImageProcessor, AutoTokenizer, CLIPModel

    network = backbones.get("clip")
    texts = ["two red birds", "a"]
    outputs = network.pictures(PICTURES) @ network.texts(texts).T
    model = CLIPModel.from_pretrained(weights / "clip").eval()
    seen = AutoImageProcessor.from_pretrained(weights / "clip")(images=PICTURES, return_tensors="pt")
    read = AutoTokenizer.from_pretrained(weights / "clip")(texts, padding=True, return_tensors="pt")
    with torch.inference_mode():
        own = model(
            input_ids=read["input_ids"],
            attention_mask=read["attention_mask"],
            pixel_values=seen["pixel_values"],
        )
    np.testing.assert_allclose(outputs, (own.image_embeds @ own.text_embeds.T).numpy(), atol=1e-6)
    assert_unit(network.texts(["x " * 500]))


def test_scores_and_classes_are_on_their_scales(backbones: Backbones) -> None:
    for role in ("musiq", "musiq_spaq"):
        scores = backbones.get(role).scores(PICTURES)
        np.testing.assert_allclose(scores, [100 * one.mean() / 255 for one in PICTURES], rtol=1e-5)
    assert backbones.get("aesthetic").scores(PICTURES).shape == (3,)
    classes = backbones.get("image_classes")
    chances = classes.probabilities(PICTURES)
    assert chances.shape == (3, len(classes.classes)) == (3, 60)
    np.testing.assert_allclose(chances.sum(axis=1), 1, atol=1e-6)


def test_a_detector_finds_boxes_of_the_labels_it_was_asked_for(backbones: Backbones) -> None:
    boxes = backbones.get("detector").find(PICTURES[1], ["cat", "a red bicycle"])
    assert boxes
    assert {one.label for one in boxes} <= {
        "cat",
        "a red bicycle",
    }
    assert [one.score for one in boxes] == sorted((one.score for one in boxes), reverse=True)
    assert all(0.1 <= one.score <= 1 and one.box[0] <= one.box[2] for one in boxes)


def test_videos_of_any_length_become_features_and_classes(backbones: Backbones) -> None:
    assert backbones.get("video_features").videos(VIDEOS).shape == (2, 32)
    text = backbones.get("video_text")
    assert_unit(text.videos(VIDEOS))
    assert text.videos(VIDEOS).shape == text.texts(["a dog", "rain"]).shape
    chances = backbones.get("action").probabilities(VIDEOS)
    assert chances.shape == (2, 60)
    assert ((chances > 0) & (chances < 1)).all()


def test_clip_may_stand_in_for_a_video_text_network(tmp_path: Path) -> None:
    network = load("video_text", save_clip(tmp_path / "video_text"))
    assert_unit(network.videos(VIDEOS))
    still = np.repeat(PICTURES[0][None], 5, axis=0)
    np.testing.assert_allclose(network.videos([still]), network.pictures([PICTURES[0]]), atol=1e-6)


def test_modules_of_frames_keep_their_size(backbones: Backbones) -> None:
    first, second = VIDEOS[0][:2]
    flow = backbones.get("flow").flow(first, second)
    np.testing.assert_allclose(flow, (second.astype(float) - first)[:, :, :2], atol=1e-4)
    between = backbones.get("interpolator").between(first, second)
    assert np.abs(between.astype(int) - (first.astype(int) + second) / 2).max() <= 0.5
    assert backbones.get("motion").motions([np.ones((5, 4, 3), np.float32)]).tolist() == [[1.0] * 12]


def test_sounds_of_any_rate_are_embedded_and_written_down(backbones: Backbones, tmp_path: Path) -> None:
    clap = backbones.get("clap")
    long = Audio(np.tile(TONE.samples, 30), 16000)
    np.random.seed(7)
    untouched = np.random.random()
    np.random.seed(7)
    rows = clap.sounds([*SOUNDS, long])
    assert np.random.random() == untouched
    assert_unit(rows)
    np.testing.assert_array_equal(rows, clap.sounds([*SOUNDS, long]))
    assert_unit(clap.texts(["a dog barks", "rain"]))
    whisper = backbones.get("asr")
    assert isinstance(whisper.transcribe(TONE, "en"), str)
    ctc = load("asr", save_ctc(tmp_path / "asr"))
    assert set(ctc.transcribe(SOUNDS[1], None)) <= set("abcdefgh ")


def test_every_role_but_the_librarys_was_loaded(backbones: Backbones) -> None:
    assert {role for role in ROLES if backbones.missing([role])} == {"mos"}


def test_an_exported_program_is_taken_as_well(tmp_path: Path) -> None:
    import torch

    from tests.evaluation.backbones.scripted import Between

    example = (torch.zeros(1, 3, 30, 40), torch.zeros(1, 3, 30, 40))
    torch.export.save(torch.export.export(Between(), example), tmp_path / "interpolator.pt2")
    first, second = VIDEOS[0][:2]
    between = load("interpolator", tmp_path / "interpolator.pt2").between(first, second)
    assert between.shape == first.shape


@pytest.mark.parametrize(
    ("role", "name", "text"),
    [
        ("musiq", "musiq.pt", "cannot be loaded"),
        ("clip", "clip.pt", "not what is due: the folder of a saved"),
        ("flow", "flow", "not what is due: two float 0..255"),
        ("clip", "empty", "no config.json"),
        ("clip", "clip", "into one space"),
        ("aesthetic", "aesthetic", "no linear head"),
    ],
)
def test_what_cannot_be_used_is_an_error_that_names_it(
    tmp_path: Path, role: str, name: str, text: str
) -> None:
    path = tmp_path / name
    if "." in name:
        path.write_bytes(b"no module")
    elif name == "empty":
        path.mkdir()
    elif name == "clip":
        SAVED["dino"](path)
        _with_words(path)
    else:
        save_xclip(path) if name == "flow" else save_clip(path)
    with pytest.raises(BackboneError, match=text):
        load(role, path)


def _with_words(path: Path) -> None:
    from tests.models.tiny import tokenizer

    tokenizer().save_pretrained(path)


def test_a_module_of_another_role_is_an_error(tmp_path: Path) -> None:
    first, second = VIDEOS[0][:2]
    with pytest.raises(BackboneError, match="does not take what its role gives"):
        load("interpolator", _as(tmp_path, "musiq", "interpolator")).between(first, second)
    with pytest.raises(BackboneError, match="gave the shape"):
        load("flow", _as(tmp_path, "interpolator", "flow")).flow(first, second)


def _as(folder: Path, role: str, other: str) -> Path:
    return save_module(role, folder).rename(folder / f"{other}.pt")
