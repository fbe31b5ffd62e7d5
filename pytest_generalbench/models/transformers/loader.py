"""Loader of `hf:` models: the model's type decides which class of this folder runs it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pytest_generalbench.core.errors import MissingDependencyError, ModelError
from pytest_generalbench.models.transformers.chat import TransformersModel
from pytest_generalbench.models.transformers.processors import (
    Source,
    answering_class,
    declared,
    find_senses,
    load_processor,
    make_source,
)

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_generalbench.core.settings import Settings
    from pytest_generalbench.models.base import Model

__all__ = ["TransformersModel", "make_transformers_model", "share_processors"]


def share_processors(torch: Any) -> None:
    """Limit torch's threads so that pytest-xdist workers share the machine's cores."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // workers))


def _load(source: Source, settings: Settings) -> Model:
    """Load a model by the task of its type: sound from text, text from speech, or text from any media."""
    import transformers
    from transformers.models.auto import modeling_auto as auto

    config = transformers.AutoConfig.from_pretrained(source.name, **source.options)
    kind = config.model_type
    answers = kind in auto.MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES
    makes_sound = (
        kind in auto.MODEL_FOR_TEXT_TO_WAVEFORM_MAPPING_NAMES
        or kind in auto.MODEL_FOR_TEXT_TO_SPECTROGRAM_MAPPING_NAMES
    )
    if makes_sound and not answers:
        from pytest_generalbench.models.transformers.audio_generation import load_sound_model

        return load_sound_model(source, kind)
    if kind == "whisper":
        from pytest_generalbench.models.transformers.speech_recognition import SpeechModel

        model = source.load(transformers.AutoModelForSpeechSeq2Seq)
        processor = transformers.AutoProcessor.from_pretrained(source.name, **source.options)
        return SpeechModel(source, model, processor)
    hears_only = (
        kind in auto.MODEL_FOR_SPEECH_SEQ_2_SEQ_MAPPING_NAMES or kind in auto.MODEL_FOR_CTC_MAPPING_NAMES
    )
    if hears_only and not answers:
        raise ModelError(f"hf:{source.target}: a {kind} follows no instructions; wrap it with python:")
    model = source.load(answering_class(config))
    media = declared(model.input_modalities)
    processor = load_processor(source, config, media)
    senses = find_senses(source.target, processor, media, settings)
    maker: type[TransformersModel] = TransformersModel
    if kind == "janus":
        from pytest_generalbench.models.transformers.image_generation import PictureModel

        maker = PictureModel
    made = maker(source, model, processor, senses)
    made.find_alone()
    return made


def _first_device(torch: Any, settings: Settings) -> str:
    """Return the device of the inputs: the GPU when there is one, or the only device of the map."""
    named = settings.device_map or "auto"
    if named.partition(":")[0] in ("cpu", "cuda", "mps", "xpu", "npu"):
        return named
    return "cuda" if torch.cuda.is_available() else "cpu"


def make_transformers_model(target: str, settings: Settings, folder: Path) -> Model:
    """Load the model `target`, a repository name or a folder, onto the GPU when there is one."""
    try:
        import torch
        import transformers  # noqa: F401 - tells a missing library from a broken model
    except ImportError as error:
        raise MissingDependencyError("transformers", "hf", f"hf:{target}") from error
    device = _first_device(torch, settings)
    if device == "cpu":
        share_processors(torch)
    source = make_source(target, settings, folder, device)
    try:
        return _load(source, settings)
    except (OSError, ValueError, ImportError, KeyError, RuntimeError, TypeError, AttributeError) as error:
        raise ModelError(f"hf:{target} cannot be loaded: {' '.join(str(error).split())[:300]}") from error
