"""`hf:` models that give sound: speech (VITS, SpeechT5) and music or noises (MusicGen)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.errors import ModelError
from pytest_generalbench.core.outputs import Audio
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.models.base import Failed, Model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.models.transformers.processors import Source

_SPEAKERS: Final = ("vits", "speecht5")
"""Model types that speak the text they are given; the others make what a text describes."""

_VOCODER: Final = "microsoft/speecht5_hifigan"
_SPEAKER_FILE: Final = "speaker_embedding.npy"

SPEAKS: Final = frozenset({"text_to_speech"})
DESCRIBES: Final = frozenset({"text_to_audio"})
"""Protocols whose request is a text to be spoken, and those where it says what is to be heard."""


class SoundModel(Model):
    """A Transformers model that makes sound from text; each request is made alone, with its own seed.

    Args:
        source: where the model comes from, and its device.
        model: the loaded model.
        processor: its processor or tokenizer.
        vocoder: the vocoder of SpeechT5, else None.
        speaker: the speaker embedding of SpeechT5, else None.

    Raises:
        ModelError: the configuration does not say the sampling rate.

    >>> from types import SimpleNamespace as Part
    >>> config = Part(model_type="vits", sampling_rate=16_000)
    >>> SoundModel(Part(device="cpu"), Part(config=config), None, None, None).rate  # samples a second
    16000
    """

    deterministic = True  # a seed for each instance

    input_media = frozenset({"text"})
    output_media = frozenset({"audio"})
    batch_size = 1

    def __init__(self, source: Source, model: Any, processor: Any, vocoder: Any, speaker: Any) -> None:
        """Keep the loaded parts; `vocoder` and `speaker` are for SpeechT5 alone."""
        self.source = source
        self.model = model
        self.processor = processor
        self.vocoder = vocoder
        self.speaker = speaker
        self.device = source.device
        self.kind = model.config.model_type
        self.rate = _rate(model.config) or _rate(vocoder.config if vocoder else None) or 0
        if not self.rate:
            raise ModelError(f"hf:{source.target}: its configuration does not say its sampling rate")

    def unsupported(self, task: Task) -> str | None:
        """Return that speech models do not take descriptions, nor sound models texts to be spoken."""
        speaks = self.kind in _SPEAKERS
        if task.protocol in (DESCRIBES if speaks else SPEAKS):
            return "the model speaks texts" if speaks else "the model makes what a text describes; no speech"
        return super().unsupported(task)

    def generate(self, requests: Sequence[Request]) -> Sequence[Output | Failed]:
        """Make a sound for each request."""
        return [self._made(request) for request in requests]

    def _made(self, request: Request) -> Output | Failed:
        import torch

        given = self.processor(text=[request.content or request.text], return_tensors="pt", padding=True).to(
            self.device
        )
        if not given["input_ids"].shape[-1]:
            return Failed("none of the text's letters is known to the model")
        torch.manual_seed(request.seed)
        with torch.inference_mode():
            samples = np.asarray(self._wave(given, request).float().cpu().numpy()).squeeze()
        # Stereo models give a channel a row.
        return Output(medium="audio", answer=Audio(samples.T if samples.ndim == 2 else samples, self.rate))

    def _wave(self, given: Any, request: Request) -> Any:
        if self.kind == "vits":
            return self.model(**given).waveform[0]
        if self.kind == "speecht5":
            return self.model.generate_speech(
                given["input_ids"],
                self.speaker,
                attention_mask=given.get("attention_mask"),
                vocoder=self.vocoder,
            )
        return self.model.generate(**given, do_sample=True, max_new_tokens=request.max_new_tokens)[0]

    def identity(self) -> dict[str, Any]:
        """Return name, revision, class, dtype and device."""
        return self.source.identity(self.model)

    def close(self) -> None:
        """Drop the weights."""
        self.model = self.vocoder = None


def _rate(config: Any) -> int | None:
    rate = getattr(config, "sampling_rate", None)
    if rate is None and getattr(config, "audio_encoder", None) is not None:
        rate = getattr(config.audio_encoder, "sampling_rate", None)
    return rate


def load_sound_model(source: Source, kind: str) -> SoundModel:
    """Load a model of one of the sound families."""
    import transformers

    auto: Any = transformers.AutoTokenizer if kind in _SPEAKERS else transformers.AutoProcessor
    processor = auto.from_pretrained(source.name, **source.options)
    vocoder = speaker = None
    if kind == "speecht5":
        model = source.load(transformers.AutoModelForTextToSpectrogram)
        vocoder, speaker = _voice(source, model)
    elif kind in ("vits", "musicgen"):
        model = source.load(transformers.AutoModelForTextToWaveform)
    else:
        raise ModelError(f"hf:{source.target}: how a {kind} gives sound is not known; wrap it with python:")
    return SoundModel(source, model, processor, vocoder, speaker)


def _voice(source: Source, model: Any) -> tuple[Any, Any]:
    """Return vocoder and speaker of SpeechT5: from the model's folder, else the public vocoder, and zeros."""
    import torch
    import transformers

    own = Path(source.name) / "vocoder"
    # A revision of the model's repository is none of the vocoder's.
    options = {key: value for key, value in source.options.items() if key != "revision"}
    vocoder = transformers.SpeechT5HifiGan.from_pretrained(
        str(own) if own.is_dir() else _VOCODER, **options, dtype=model.dtype
    )
    file = Path(source.name) / _SPEAKER_FILE
    width = model.config.speaker_embedding_dim
    values = np.load(file, allow_pickle=False).reshape(1, -1) if file.is_file() else np.zeros((1, width))
    speaker = torch.tensor(values, dtype=model.dtype, device=source.device)
    return vocoder.eval().to(source.device), speaker
