"""Audio backbones: saved Transformers models that embed or transcribe sounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.evaluation.scoring.backbones import BackboneError
from pytest_generalbench.evaluation.scoring.backbones.vision import unit_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_generalbench.core.outputs import Audio
    from pytest_generalbench.metrics.backbone_interfaces import Features

_LANGUAGES: Final = {"mn": "mongolian", "zh": "chinese", "en": "english"}
_PIECE_S: Final = 30
"""Seconds that a recogniser hears at once; a longer sound is cut into pieces."""


class _Sounds:
    """A saved model with its feature extractor."""

    def __init__(self, factory: Any, path: Path, device: str) -> None:
        import transformers

        self.model = factory.from_pretrained(str(path), local_files_only=True).eval().to(device)
        self.hear: Any = transformers.AutoFeatureExtractor.from_pretrained(str(path), local_files_only=True)
        self.words: Any = transformers.AutoTokenizer.from_pretrained(str(path), local_files_only=True)
        self._device = device

    def heard(self, samples: Any) -> dict[str, Any]:
        """Return the network's input of samples at the extractor's rate."""
        given = self.hear(samples, sampling_rate=self.hear.sampling_rate, return_tensors="pt")
        return dict(given.to(self._device))


class _SoundText(_Sounds):
    def sounds(self, sounds: Sequence[Audio]) -> Features:
        import torch

        outputs = []
        for sound in sounds:
            # CLAP hears ten seconds: of a longer sound the extractor takes a part, drawn from numpy's global
            # generator, which is set so that the same sound is heard alike, and left as it was found.
            before = np.random.get_state()
            np.random.seed(0)
            given = self.heard(sound.mono(self.hear.sampling_rate))
            np.random.set_state(before)
            with torch.inference_mode():
                outputs.append(unit_rows(self.model.get_audio_features(**given)))
        return np.concatenate(outputs)

    def texts(self, texts: Sequence[str]) -> Features:
        import torch

        given = self.words(list(texts), padding=True, truncation=True, return_tensors="pt").to(self._device)
        with torch.inference_mode():
            return unit_rows(
                self.model.get_text_features(
                    input_ids=given["input_ids"], attention_mask=given["attention_mask"]
                )
            )


def sound_text(path: Path, device: str) -> _SoundText:
    """Load `clap`."""
    import transformers

    network = _SoundText(transformers.AutoModel, path, device)
    if not hasattr(network.model, "get_audio_features") or not hasattr(network.model, "get_text_features"):
        raise BackboneError(f"{path.name}: a {type(network.model).__name__} does not put sounds and texts "
                            "into one space, as CLAP does")  # fmt: skip
    return network


class _Transcriber(_Sounds):
    """Transcribes by greedy decoding, one piece of sound after the other."""

    writes: bool
    """Whether the model writes words of its own (Whisper) or labels each moment (CTC)."""

    def transcribe(self, sound: Audio, language: str | None) -> str:
        rate = self.hear.sampling_rate
        samples = sound.mono(rate)
        pieces = [samples[at : at + _PIECE_S * rate] for at in range(0, len(samples), _PIECE_S * rate)]
        return " ".join(text for piece in pieces if (text := self._piece(piece, language)))

    def _piece(self, samples: Any, language: str | None) -> str:
        import torch

        given = self.heard(samples)
        with torch.inference_mode():
            if self.writes:
                tokens = self.model.generate(**given, **self._language_options(language), do_sample=False)
            else:
                tokens = self.model(**given).logits.argmax(dim=-1)
        text: str = self.words.batch_decode(tokens, skip_special_tokens=True)[0]
        return text.strip()

    def _language_options(self, language: str | None) -> dict[str, Any]:
        """Return the language option of models that take one: they then neither guess nor translate."""
        config = self.model.generation_config
        if language is None or not getattr(config, "lang_to_id", None):
            return {}
        return {"language": _LANGUAGES.get(language, language), "task": "transcribe"}


def transcriber(path: Path, device: str) -> _Transcriber:
    """Load `asr`: a model that writes (Whisper) or one with CTC (wav2vec 2)."""
    import transformers

    config = transformers.AutoConfig.from_pretrained(str(path), local_files_only=True)
    writes = type(config) in transformers.AutoModelForSpeechSeq2Seq._model_mapping
    factory: Any = transformers.AutoModelForSpeechSeq2Seq if writes else transformers.AutoModelForCTC
    network = _Transcriber(factory, path, device)
    network.writes = writes
    return network
