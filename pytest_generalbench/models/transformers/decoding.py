"""Tokens that an `hf:` model generated as text: cut at its end, with the marks that readers need."""

from __future__ import annotations

import re
from itertools import groupby
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


_REPEATED: Final = 4
"""So many equal special tokens in a row are written as a number: an image is hundreds of them."""


def written_tokens(tokenizer: Any, tokens: Sequence[int]) -> str:
    """Return tokens as text, special ones included; a run of one special token as `<image> × 576 `."""
    special = special_tokens(tokenizer)
    text = ""
    plain: list[int] = []
    for token, group in groupby(tokens):
        run = list(group)
        if token not in special or len(run) < _REPEATED:
            plain += run
            continue
        text += f"{_plain(tokenizer, plain)}{special[token]} × {len(run)} "
        plain = []
    return text + _plain(tokenizer, plain)


def _plain(tokenizer: Any, tokens: list[int]) -> str:
    return str(tokenizer.decode(tokens, skip_special_tokens=False)) if tokens else ""


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
        return self.text_and_end(tokens)[0]

    def text_and_end(self, tokens: Sequence[int]) -> tuple[str, bool]:
        """Return the text of an answer, and whether an end token or a stop string ends it."""
        end = next((place for place, token in enumerate(tokens) if token in self.ends), len(tokens))
        kept = [token for token in tokens[:end] if token not in self.dropped]
        text = str(self.tokenizer.decode(kept, skip_special_tokens=False))
        stop = min((place for stop in self.stops if (place := text.find(stop)) >= 0), default=len(text))
        return text[:stop], end < len(tokens) or stop < len(text)
