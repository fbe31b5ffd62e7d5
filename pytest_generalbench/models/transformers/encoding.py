"""Requests of `hf:` models as tensors: chats by template, or plain prompts, with their media."""

from __future__ import annotations

import base64
import io
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.media.media import Media, SampledVideo, open_audio, open_image, sample_video
from pytest_generalbench.models.system_prompt import first_lines, with_first_lines
from pytest_generalbench.models.transformers.templates import turn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_generalbench.core.request import Request
    from pytest_generalbench.models.transformers.processors import Senses
    from pytest_generalbench.models.transformers.templates import ChatTemplate

Parts = list[dict[str, Any]]
"""The parts of a turn: each has a `type` and its content under the same name."""


_PADDED: Final = {"padding": True, "return_attention_mask": True}


def decoded_parts(request: Request, senses: Senses) -> Parts:
    """Return the request's texts and decoded media, in order; frames are images where no video is taken."""
    parts: Parts = []
    for part in request.parts:
        parts += _shown(part, senses) if isinstance(part, Media) else [{"type": "text", "text": part}]
    return parts


def _shown(medium: Media, senses: Senses) -> Parts:
    if medium.medium == "audio":
        return [{"type": "audio", "audio": open_audio(path, senses.rate)} for path in medium.paths]
    if medium.medium != "video":
        return [{"type": "image", "image": open_image(path)} for path in medium.paths]
    sampled = sample_video(medium, senses.frames)
    if senses.videos:
        return [{"type": "video", "video": sampled}]
    return [{"type": "image", "image": frame} for frame in sampled.frames]


def media_of(chats: Sequence[Parts], kind: str) -> list[list[Any]]:
    """Return the media of a kind in each chat."""
    return [[part[kind] for part in parts if part["type"] == kind] for parts in chats]


def sampled_rate(video: SampledVideo) -> float:
    """Return how many of the shown frames there are in a second of a video."""
    return len(video.frames) / video.duration


def video_metadata(video: SampledVideo, least: int = 1) -> dict[str, Any]:
    """Return what transformers calls the metadata of a video: `frames_indices` / `fps` are the frames' times.

    Frames that are not evenly spaced in time are counted in milliseconds.

    Args:
        video: the shown frames.
        least: frames that it has at least; a lone one is repeated.

    >>> video_metadata(SampledVideo([], (0.0, 0.48, 0.96), 25, 25.0))["frames_indices"]
    [0, 12, 24]
    """
    exact = [time * video.rate for time in video.times]
    is_even = all(abs(place - round(place)) < _EVEN for place in exact)
    rate = video.rate if is_even else _MILLISECONDS
    places = [round(time * rate) for time in video.times]
    if len(places) == 1:
        places *= least
    count = max(round(video.duration * rate), len(places))
    result = {
        "total_num_frames": count,
        "fps": rate,
        "frames_indices": places,
        "duration": count / rate,
    }
    if video.frames:
        result |= {"width": video.frames[0].width, "height": video.frames[0].height}
    return result


_EVEN: Final = 0.1
"""Frames by which a frame may be away from an even spacing."""

_MILLISECONDS: Final = 1000.0


class Encoder:
    """Turns the parts of requests into the tensors that a model's `generate` takes.

    Args:
        processor: the processor, or the tokenizer when the model takes text only.
        tokenizer: the tokenizer.
        senses: the media that the model takes, and how its processor wants them.
        template: how conversations are written; None for a base model, which is given plain prompts.
        goes_on: whether the model goes on with the prompt, so that no end token may close it.
    """

    def __init__(
        self,
        processor: Any,
        tokenizer: Any,
        senses: Senses,
        template: ChatTemplate | None,
        goes_on: bool = True,
    ) -> None:
        """Keep the parts."""
        self.processor = processor
        self.tokenizer = tokenizer
        self.senses = senses
        self.template = template
        self.goes_on = goes_on
        self._images_are_nested = True
        self._processor_takes_words = processor is not tokenizer

    def encode(self, chats: Sequence[Parts], systems: Sequence[str] = ()) -> Any:
        """Return the padded batch of these chats: a mapping of tensors.

        Args:
            chats: the parts of each request.
            systems: the system prompt of each request, empty where it has none; empty: none has one.
        """
        template = self.template
        own = systems or [""] * len(chats)
        if template is None:
            lines = map(first_lines, own)
            prompts = [before + self._prompt(parts) for before, parts in zip(lines, chats, strict=True)]
            return self._unclosed(self._encode_prompts(prompts, chats))
        write = partial(
            self.processor.apply_chat_template,
            add_generation_prompt=True,
            **({} if template.text is None else {"chat_template": template.text}),
            **template.switches,
        )
        turns = [
            self._turns(parts, system, template, write) for system, parts in zip(own, chats, strict=True)
        ]
        if self.processor is self.tokenizer:
            shape: dict[str, Any] = {"padding": True}
            if not template.is_mistral:
                shape["tokenizer_kwargs"] = {"return_attention_mask": True}
        elif template.takes_parts:
            # Padding of the words alone: sounds and pictures are padded as their own parts say.
            words = {"padding": True} if template.is_mistral else _PADDED
            shape = {"processor_kwargs": {"text_kwargs": words, **self._video_options(chats)}}
        else:
            return self._encode_prompts([write(chat, tokenize=False) for chat in turns], chats)
        return write(turns, tokenize=True, return_dict=True, return_tensors="pt", **shape)

    def _turns(
        self, parts: Parts, system: str, template: ChatTemplate, write: Callable[..., Any]
    ) -> list[dict[str, Any]]:
        """Return a request as one user turn, a list of parts or a string, after its system prompt.

        A template without the role `system`, or without it beside media, gets the system prompt as the first
        lines of the user's turn.
        """
        if system.strip() and template.system_takes_parts is not None:
            first = turn("system", system, template.system_takes_parts)
            chat = [first, self._user_turn(parts, "", template)]
            if all(part["type"] == "text" for part in parts) or _is_taken(chat, system, template, write):
                return chat
        return [self._user_turn(parts, first_lines(system), template)]

    def _user_turn(self, parts: Parts, lines: str, template: ChatTemplate) -> dict[str, Any]:
        if not template.takes_parts:
            return turn("user", lines + self._prompt(parts), False)
        content = [self._part(part, template) for part in parts]
        return {"role": "user", "content": with_first_lines(lines, content)}

    def _part(self, part: dict[str, Any], template: ChatTemplate) -> dict[str, Any]:
        if part["type"] == "video":
            return {"type": "video", "video": self._frames(part["video"])}
        if part["type"] == "audio" and template.is_mistral:
            return {"type": "audio", "base64": _wave(part["audio"], self.senses.rate)}
        return part

    def _frames(self, video: SampledVideo) -> Any:
        """Return the shown frames as one array; a lone one is there as often as a step of time needs."""
        import numpy as np

        frames = [np.asarray(frame) for frame in video.frames]
        return np.stack(frames * self.senses.least_frames if len(frames) == 1 else frames)

    def _video_options(self, chats: Sequence[Parts]) -> dict[str, Any]:
        """Return what the processor must know of the videos: their frames are chosen, and have times."""
        videos = [video for own in media_of(chats, "video") for video in own]
        if not videos:
            return {}
        metadata = [video_metadata(video, self.senses.least_frames) for video in videos]
        options: dict[str, Any] = {"do_sample_frames": False, "video_metadata": metadata}
        if self.senses.wants_sampled_rate:
            options["fps"] = sampled_rate(videos[0])  # one for all: those of a batch have the same
        return options

    def _prompt(self, parts: Parts) -> str:
        """Return the texts, a line each, with a token for each medium directly before what follows it."""
        prompt = ""
        for part in parts:
            is_text = part["type"] == "text"
            if is_text and prompt and not prompt.endswith(self._tokens):
                prompt += "\n"
            prompt += str(part["text"]) if is_text else self._token(part["type"])
        return prompt

    @property
    def _tokens(self) -> tuple[str, ...]:
        return tuple(token for kind in ("image", "video", "audio") if (token := self._token(kind)))

    def _token(self, kind: str) -> str:
        """Return the token for a medium; nothing where the processor puts it in by itself."""
        if kind == "image" and self._puts_images_in:
            return ""
        named = getattr(self.processor, f"{kind}_token", None) or getattr(
            self.tokenizer, f"{kind}_token", None
        )
        if named:
            return str(named)
        usual = f"<{kind}>"
        return usual if usual in self.tokenizer.get_vocab() else ""

    @cached_property
    def _puts_images_in(self) -> bool:
        """Whether the processor writes the tokens of images by itself, as BLIP-2's and Florence-2's do."""
        if self.template is not None or "image" not in self.senses.media:
            return False
        from PIL import Image

        token = str(getattr(self.processor, "image_token", None) or "<image>")
        try:
            batch = self._process_images(["Which?"], [[Image.new("RGB", (64, 64))]], {})
        except (ValueError, TypeError, RuntimeError, KeyError, IndexError, AttributeError):
            return False
        return self.tokenizer.convert_tokens_to_ids(token) in batch["input_ids"][0].tolist()

    def _process_images(self, prompts: list[str], images: list[list[Any]], given: dict[str, Any]) -> Any:
        """Encode prompts with images: a list for each prompt, or where that is wanted, one list."""
        encode = partial(
            self.processor, text=prompts, return_tensors="pt", text_kwargs=dict(_PADDED), **given
        )
        if self._images_are_nested:
            try:
                return encode(images=images)
            except (ValueError, TypeError, AttributeError):
                if any(len(own) != 1 for own in images):
                    raise
        batch = encode(images=[image for own in images for image in own])
        self._images_are_nested = False
        return batch

    def _process_words(self, prompts: list[str], words: dict[str, Any]) -> Any:
        """Encode prompts of a base model without media: by its processor, where that takes words alone."""
        if self.template is None and self._processor_takes_words:
            try:
                return self.processor(text=prompts, return_tensors="pt", text_kwargs=words)
            except (ValueError, TypeError, AttributeError, KeyError, IndexError):
                self._processor_takes_words = False
        return self.tokenizer(prompts, return_tensors="pt", **words)

    def _unclosed(self, batch: Any) -> Any:
        """Return a batch without the end tokens that the tokenizer itself puts behind a prompt."""
        count = len(self._closing)
        rows = batch["input_ids"]
        if not count or any(row[-count:].tolist() != self._closing for row in rows):
            return batch
        for name, value in batch.items():
            if getattr(value, "shape", None) == rows.shape:
                batch[name] = value[:, :-count]
        return batch

    @cached_property
    def _closing(self) -> list[int]:
        """The tokens that the tokenizer puts behind a text; none where the model does not go on with it."""
        plain = self.tokenizer("a", add_special_tokens=False)["input_ids"]
        whole = list(self.tokenizer("a")["input_ids"])
        places = range(len(whole) - len(plain) + 1)
        end = next(
            (place + len(plain) for place in places if whole[place:][: len(plain)] == plain), len(whole)
        )
        return whole[end:] if self.goes_on else []

    def _encode_prompts(self, prompts: list[str], chats: Sequence[Parts]) -> Any:
        words = dict(_PADDED)
        images, videos, audio = (media_of(chats, kind) for kind in ("image", "video", "audio"))
        if not any(own for kind in (images, videos, audio) for own in kind):
            # A conversation already has the tokens with which a text begins.
            first = getattr(self.tokenizer, "bos_token", None)
            if self.template is not None and first and prompts[0].startswith(first):
                words["add_special_tokens"] = False
            return self._process_words(prompts, words)
        given: dict[str, Any] = {}
        if any(videos):
            given["videos"] = [[self._frames(video) for video in own] for own in videos]
            given |= self._video_options(chats)
        if any(audio):
            # Sounds go in flat, whatever request they belong to: that is the processors' custom.
            given["audio"] = [sound for own in audio for sound in own]
            given["sampling_rate"] = self.senses.rate
        if any(images):
            return self._process_images(prompts, images, given)
        return self.processor(text=prompts, return_tensors="pt", text_kwargs=words, **given)


def _is_taken(chat: Any, system: str, template: ChatTemplate, write: Callable[..., Any]) -> bool:
    """Return whether a conversation with a system prompt and media is taken: some templates refuse both."""
    try:
        prompt = write(chat, tokenize=template.is_mistral)
    except Exception:  # noqa: BLE001 - whatever a template raises means that it does not take this
        return False
    return template.is_mistral or system.strip() in prompt


def _wave(samples: Any, rate: int) -> str:
    """Return samples as the base64 text of a WAV file of floats."""
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="WAV", subtype="FLOAT")
    return base64.b64encode(file.getvalue()).decode("ascii")
