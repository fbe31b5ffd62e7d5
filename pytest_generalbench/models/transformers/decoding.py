"""Tokens that an `hf:` model generated as text: cut at its end, with the marks that readers need."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_GROUNDING: Final = (
    r"box|quad|(?<![a-z])loc|point|coord|patch_index|phrase|object|ground|poly|"
    r"(?<![a-z])(?:ref|det|seg)(?![a-z])"
)
_REASONING: Final = r"think|thought|reason|channel|(?<![a-z])(?:inner|conclusion|answer|solution)(?![a-z])"
_KEPT: Final = re.compile(f"{_GROUNDING}|{_REASONING}", re.IGNORECASE)
"""Special tokens that belong to an answer: places in a picture, and marks of reasoning."""

_HARMONY: Final = ("<|start|>", "<|end|>", "<|channel|>", "<|message|>", "<|constrain|>")
"""Marks of an output in channels; kept where the tokenizer has all but the last."""


def special_tokens(tokenizer: Any) -> dict[int, str]:
    """Return the tokenizer's special tokens by id."""
    result = dict(zip(tokenizer.all_special_ids, tokenizer.all_special_tokens, strict=False))
    added = getattr(tokenizer, "added_tokens_decoder", None)
    for place, token in added.items() if isinstance(added, dict) else ():
        if getattr(token, "special", False):
            result[place] = str(token)
    return result


def dropped_tokens(tokenizer: Any) -> frozenset[int]:
    """Return the ids of special tokens that only frame an answer: all but marks of places and reasoning."""
    special = special_tokens(tokenizer)
    in_channels = set(_HARMONY[:4]) <= set(special.values())
    names = ("bos_token_id", "eos_token_id", "pad_token_id", "unk_token_id")
    control = [getattr(tokenizer, name, None) for name in names]
    return frozenset(
        place
        for place, token in special.items()
        if place in control or not (_KEPT.search(token) or (in_channels and token in _HARMONY))
    )


def end_tokens(*sources: Any) -> frozenset[int]:
    """Return the ids at which generation ends, from generation settings and tokenizers.

    >>> from types import SimpleNamespace as Part
    >>> sorted(end_tokens(Part(eos_token_id=[1, 2]), Part(eos_token_id=2), Part(eos_token_id=None)))
    [1, 2]
    """
    result: set[Any] = set()
    for source in sources:
        ids = getattr(source, "eos_token_id", None)
        result |= set(ids if isinstance(ids, list | tuple) else [ids])
    return frozenset(int(one) for one in result if one is not None)


class Decoder:
    """Decodes generated tokens.

    Args:
        tokenizer: the tokenizer.
        ends: ids at which generation ends; what follows the first of them is padding.
        stops: texts at which generation ends.
    """

    def __init__(self, tokenizer: Any, ends: Iterable[int], stops: Sequence[str] = ()) -> None:
        """Keep what cuts an answer, and work out which special tokens are no part of one."""
        self.tokenizer = tokenizer
        self.ends = frozenset(ends)
        self.stops = tuple(stops)
        self.dropped = dropped_tokens(tokenizer)

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of an answer: up to its end, without the tokens that only frame it."""
        kept: list[int] = []
        for token in tokens:
            if token in self.ends:
                break
            if token not in self.dropped:
                kept.append(token)
        text = str(self.tokenizer.decode(kept, skip_special_tokens=False))
        return text[
            : min((place for stop in self.stops if (place := text.find(stop)) >= 0), default=len(text))
        ]
