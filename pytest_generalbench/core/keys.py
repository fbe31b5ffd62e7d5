"""Keys of other people's files, which write the same word in many ways."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=4096)  # the same few keys for every instance, several times each
def key_of(name: str) -> str:
    """Return the form in which keys are compared: lower case, `_` for blanks and hyphens.

    >>> key_of(" Question-ID "), key_of("answer text")
    ('question_id', 'answer_text')
    """
    return name.strip().lower().replace(" ", "_").replace("-", "_")
