"""`hf:` models such as Whisper, which translate speech into English and take no instruction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.media.media import open_audio
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.models.base import Failed, Model
from pytest_generalbench.models.transformers.decoding import end_tokens
from pytest_generalbench.protocols.generation.audio.prompts import target_language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.models.transformers.processors import Source

TRANSLATES: Final = "speech_to_speech_translation"
"""The protocol whose answer may be the words of a translation."""


class SpeechModel(Model):
    """A Transformers model that translates speech in any language into English text (Whisper).

    A sound that fits the model's window is translated in one step, a longer one window by window.

    Args:
        source: where the model comes from, and its device.
        model: the loaded model.
        processor: its processor; its feature extractor says the sampling rate (Hz) and the window (samples).

    >>> from types import SimpleNamespace as Part
    >>> extractor = Part(sampling_rate=16_000, n_samples=480_000)
    >>> SpeechModel(Part(), Part(), Part(feature_extractor=extractor)).window
    480000
    """

    input_media = frozenset({"audio"})
    deterministic = True  # greedy decoding
    output_media = frozenset({"text"})
    batch_size = 8

    def __init__(self, source: Source, model: Any, processor: Any) -> None:
        """Keep the loaded parts."""
        self.source = source
        self.model = model
        self.processor = processor
        self.rate: int = processor.feature_extractor.sampling_rate
        self.window: int = processor.feature_extractor.n_samples

    def unsupported(self, task: Task) -> str | None:
        """Return that the model only translates into English: it does not see the text of a request."""
        if task.protocol != TRANSLATES or target_language(task.id) != "en":
            return "the model writes speech down in English; it follows no other instruction"
        return super().unsupported(task)

    def generate(self, requests: Sequence[Request]) -> Sequence[Output | Failed]:
        """Translate the sound of each request; short and long ones are batched separately."""
        sounds = [
            open_audio(medium.path, self.rate) if (medium := _sound(request)) else None
            for request in requests
        ]
        answers: list[Output | Failed] = [Failed("the request has no sound")] * len(requests)
        for is_long in (False, True):
            places = [
                place
                for place, sound in enumerate(sounds)
                if sound is not None and (len(sound) > self.window) == is_long
            ]
            if places:
                most = max(requests[place].max_new_tokens for place in places)
                outputs = self._outputs([sounds[place] for place in places], most, is_long)
                for place, output in zip(places, outputs, strict=True):
                    answers[place] = output
        return answers

    def _outputs(self, sounds: list[Any], most: int, is_long: bool) -> list[Output]:
        import torch

        whole = {"truncation": False, "padding": "longest"} if is_long else {}
        given = self.processor(
            sounds, sampling_rate=self.rate, return_tensors="pt", return_attention_mask=True, **whole
        )
        # Language, task and other marks come first.
        most = min(most, int(self.model.config.max_target_positions) - 4)
        with torch.inference_mode():
            tokens = self.model.generate(
                given["input_features"].to(self.source.device, self.model.dtype),
                attention_mask=given["attention_mask"].to(self.source.device),
                task="translate",
                do_sample=False,
                max_new_tokens=most,
                **({"return_timestamps": True} if is_long else {}),
            )
        texts: list[str] = self.processor.batch_decode(tokens, skip_special_tokens=True)
        ends = end_tokens(self.model.generation_config)
        lengths = [sum(token not in ends for token in row) for row in tokens.tolist()]
        # A long sound has the length anew for every window, and what was cut there cannot be seen.
        reasons = [{} if is_long else {"finish_reason": "length" if n >= most else "stop"} for n in lengths]
        return [Output(text.strip(), details=reason) for text, reason in zip(texts, reasons, strict=True)]

    def identity(self) -> dict[str, Any]:
        """Return name, revision, class, dtype and device."""
        return self.source.identity(self.model)

    def close(self) -> None:
        """Drop the weights."""
        self.model = None


def _sound(request: Request) -> Any:
    return next((medium for medium in request.media if medium.medium == "audio"), None)
