"""`hf:` models that answer in text: from text, images, audio and video, by their chat templates."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.models.base import Failed, Model
from pytest_generalbench.models.transformers.decoding import Decoder, end_tokens, written_tokens
from pytest_generalbench.models.transformers.encoding import Encoder, decoded_parts, media_of, sampled_rate
from pytest_generalbench.models.transformers.padding import padding_changes_scores
from pytest_generalbench.models.transformers.templates import find_template, opened_reasoning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.models.transformers.encoding import Parts
    from pytest_generalbench.models.transformers.processors import Senses, Source


class TransformersModel(Model):
    """A Transformers model with its tokenizer or processor; greedy decoding in padded batches.

    Args:
        source: where the model comes from, and its device.
        model: the loaded model.
        processor: its processor, or its tokenizer when it takes text only.
        senses: the media that it takes, and how its processor wants them.

    >>> from types import SimpleNamespace as Part
    >>> from pytest_generalbench.models.transformers.processors import Senses
    >>> config = Part(is_encoder_decoder=False, get_text_config=lambda: Part(max_position_embeddings=2048))
    >>> words = Part(pad_token_id=0, all_special_ids=[0], all_special_tokens=["<pad>"])
    >>> senses = Senses(frozenset({"text", "image"}))
    >>> parts = Part(device="cpu", target="name"), Part(config=config), Part(tokenizer=words), senses
    >>> adapter = TransformersModel(*parts)
    >>> sorted(adapter.input_media), adapter.context_length, words.padding_side
    (['image', 'text'], 2048, 'left')
    """

    deterministic = True  # greedy decoding
    output_media = frozenset({"text"})
    batch_size = 8

    def __init__(self, source: Source, model: Any, processor: Any, senses: Senses) -> None:
        """Keep the loaded parts, and prepare the tokenizer for batches."""
        self.source = source
        self.model = model
        self.processor = processor
        self.senses = senses
        self.device = source.device
        self.input_media = senses.media
        self.tokenizer = tokenizer_of(processor)
        self.in_two_parts = bool(model.config.is_encoder_decoder)
        self.tokenizer.padding_side = "right" if self.in_two_parts else "left"
        _give_padding(self.tokenizer)
        limit = getattr(model.config.get_text_config(), "max_position_embeddings", None)
        self.context_length: int | None = limit if limit is not None and limit > 0 else None
        template = find_template(processor, self.tokenizer, source.target)
        self.encoder = Encoder(processor, self.tokenizer, senses, template, not self.in_two_parts)
        settings = getattr(_answering_part(model), "generation_config", None)
        stops = getattr(settings, "stop_strings", None) or ()
        stops = (stops,) if isinstance(stops, str) else tuple(stops)
        self.decoder = Decoder(self.tokenizer, end_tokens(settings, self.tokenizer), stops)
        self.alone: frozenset[str] = frozenset()
        """Media whose requests are asked one by one; `text`: all requests."""

    def find_alone(self) -> None:
        """Find out what is asked one by one: that which padding changes the answers to."""
        kinds = sorted(self.input_media & {"text", "audio"}, reverse=True)
        self.alone = frozenset(
            kind for kind in kinds if padding_changes_scores(self._scores, kind, self.senses.rate)
        )

    def unsupported(self, task: Task) -> str | None:
        """Return that each request needs an image where the model cannot do without, beside the usual."""
        needed = inspect.signature(self.model.generate).parameters.get("pixel_values")
        if needed is not None and needed.default is needed.empty and "image" not in task.input_media:
            return "the model takes no request without an image"
        return super().unsupported(task)

    def generate(self, requests: Sequence[Request]) -> Sequence[Output | Failed]:
        """Answer the requests; only a request whose prompt does not fit the context fails."""
        chats = [decoded_parts(request, self.senses) for request in requests]
        answers: list[Output | Failed] = [Failed("it was not asked")] * len(requests)
        for places in self._together(chats):
            own = self._generate([requests[place] for place in places], [chats[place] for place in places])
            for place, answer in zip(places, own, strict=True):
                answers[place] = answer
        return answers

    def _together(self, chats: Sequence[Parts]) -> list[list[int]]:
        """Return which chats go into one batch: those of the same media, and where it counts, frame rate."""
        groups: dict[Any, list[int]] = {}
        for place, parts in enumerate(chats):
            rates = [sampled_rate(video) for video in media_of([parts], "video")[0]]
            kinds = frozenset(part["type"] for part in parts)
            key = (kinds, *rates[: self.senses.wants_sampled_rate])
            if self.alone & {*kinds, "text"}:
                key = (*key, place)
            groups.setdefault(key, []).append(place)
        return list(groups.values())

    def _generate(self, requests: Sequence[Request], chats: Sequence[Parts]) -> list[Output | Failed]:
        batch = self.encoder.encode(chats, [request.system for request in requests])
        lengths = self._lengths(batch)
        fits = [self._fits(length, request) for length, request in zip(lengths, requests, strict=True)]
        asked = [request for request, fit in zip(requests, fits, strict=True) if fit]
        if asked and len(asked) < len(requests):
            kept = [parts for parts, fit in zip(chats, fits, strict=True) if fit]
            batch = self.encoder.encode(kept, [request.system for request in asked])
        answers = iter(self._answer(asked, batch) if asked else ())
        return [
            next(answers)
            if fit
            else Failed(f"the prompt has {length} tokens, too many for a context of {self.context_length}")
            for fit, length in zip(fits, lengths, strict=True)
        ]

    def _lengths(self, batch: Any) -> list[int]:
        """Return the number of tokens of each prompt, padding not counted."""
        mask = batch.get("attention_mask")
        if mask is None:
            return [len(row) for row in batch["input_ids"]]
        return [int(length) for length in mask.sum(dim=1)]

    def _fits(self, length: int, request: Request) -> bool:
        if self.context_length is None:
            return True
        # An encoder's prompt and a decoder's answer do not share one context.
        return length + (0 if self.in_two_parts else request.max_new_tokens) <= self.context_length

    def _encode(self, requests: Sequence[Request]) -> Any:
        chats = [decoded_parts(request, self.senses) for request in requests]
        return self.encoder.encode(chats, [request.system for request in requests])

    def _given(self, batch: Any) -> dict[str, Any]:
        """Return the tensors of a batch that the model takes, where it wants them."""
        taken = _parameters(self.model)
        return {
            key: self._placed(key, value)
            for key, value in batch.items()
            if key not in _OF_WORDS or key in taken
        }

    def _scores(self, chats: Sequence[Parts]) -> Any:
        """Return the scores (requests, steps, tokens) of the first two tokens, or of those up to the end."""
        import torch

        with torch.inference_mode():
            result = _answering_part(self.model).generate(
                **self._given(self.encoder.encode(chats)),
                max_new_tokens=2,
                do_sample=False,
                pad_token_id=self.tokenizer.pad_token_id,
                output_logits=True,
                return_dict_in_generate=True,
            )
        return torch.stack(result.logits, dim=1).to(self.model.dtype)

    def _answer(self, requests: Sequence[Request], batch: Any) -> list[Output | Failed]:
        import torch

        given = self._given(batch)
        most = max(request.max_new_tokens for request in requests)
        with torch.inference_mode():
            tokens = _generating_part(self.model).generate(
                **given,
                max_new_tokens=most,
                do_sample=False,
                pad_token_id=self.tokenizer.pad_token_id,
                **self._text_only(most),
            )
        return [
            self._output(prompt, row, one.max_new_tokens)
            for prompt, row, one in zip(given["input_ids"].tolist(), tokens.tolist(), requests, strict=True)
        ]

    def _text_only(self, most: int) -> dict[str, Any]:
        """Return what `generate` needs beyond a prompt: that words alone are wanted, and what ends them."""
        part = _generating_part(self.model)
        own = inspect.signature(part.generate).parameters
        more: dict[str, Any] = {}
        if "return_audio" in own:
            more["return_audio"] = False
        elif hasattr(part, "thinker"):
            more["generation_mode"] = "text"
        if "thinker_max_new_tokens" in own:
            more["thinker_max_new_tokens"] = most
        if self.decoder.stops:
            more["tokenizer"] = self.tokenizer
        return more

    def _output(self, prompt: list[int], row: list[int], most: int) -> Output:
        """Return the answer in a row of tokens, cut at the request's own length: what it would get alone."""
        if self.in_two_parts:
            row = row[1:]
        elif row[: len(prompt)] == prompt:
            row = row[len(prompt) :]
        row = row[:most]
        # What a prompt opened is written again: without it, reasoning would look like an answer.
        opened = opened_reasoning(self.tokenizer.decode(prompt[-_TAIL:], skip_special_tokens=False))
        text, has_ended = self.decoder.text_and_end(row)
        reason = "stop" if has_ended else "length" if len(row) == most else None
        # What stands behind the end token is padding of a batch.
        used = next((place for place, token in enumerate(row, 1) if token in self.decoder.ends), len(row))
        known = {} if reason is None else {"finish_reason": reason}
        return Output(opened + text, details={**known, "completion_tokens": used})

    def shown(self, request: Request) -> str:
        """Return the tokens that the model is given as text, special tokens included."""
        batch = self._encode([request])
        mask = batch.get("attention_mask")
        (row,) = batch["input_ids"].tolist()
        kept = row if mask is None else [token for token, is_on in zip(row, mask[0], strict=True) if is_on]
        return written_tokens(self.tokenizer, kept)

    def _placed(self, key: str, value: Any) -> Any:
        """Return a tensor on the model's device; pixels and sounds in the model's own precision."""
        if not hasattr(value, "is_floating_point"):
            return value
        is_measured = value.is_floating_point() and "second" not in key  # times stay exact
        return value.to(self.device, self.model.dtype if is_measured else None)

    def identity(self) -> dict[str, Any]:
        """Return name, revision, class, dtype, device and what else shapes an answer."""
        value = self.source.identity(self.model)
        return {**value, "frames": self.senses.frames} if "video" in self.senses.media else value

    def close(self) -> None:
        """Drop the weights."""
        self.model = None


def _parts(turn: dict[str, Any]) -> list[dict[str, Any]]:
    content = turn["content"]
    return content if isinstance(content, list) else []


_TAIL = 24
"""Tokens at the end of a prompt among which the mark of opened reasoning is looked for."""

_OF_WORDS = frozenset({"attention_mask", "token_type_ids", "special_tokens_mask", "length"})
"""What a tokenizer may return that not every model takes."""


def tokenizer_of(processor: Any) -> Any:
    """Return the tokenizer of a processor, or the tokenizer itself."""
    from transformers import PreTrainedTokenizerBase

    return processor if isinstance(processor, PreTrainedTokenizerBase) else processor.tokenizer


def _give_padding(tokenizer: Any) -> None:
    """Make sure that a tokenizer can pad; any token will do, since the mask hides it."""
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token or tokenizer.convert_ids_to_tokens(0)


def _answering_part(model: Any) -> Any:
    """Return the part of a model that writes text: the whole, or the thinker of one that speaks as well."""
    return getattr(model, "thinker", model)


def _generating_part(model: Any) -> Any:
    """Return whose `generate` is called: the thinker's where the model was saved without its voice."""
    return model if getattr(model, "has_talker", True) else _answering_part(model)


def _parameters(model: Any) -> set[str]:
    """Return the names that a model's `generate` takes for its forward pass."""
    part = _answering_part(model)
    result = set(inspect.signature(part.prepare_inputs_for_generation).parameters)
    if result & {"kwargs", "model_kwargs"}:
        result |= set(inspect.signature(part.forward).parameters)
    if part.config.is_encoder_decoder:
        result.add("attention_mask")
    return result
