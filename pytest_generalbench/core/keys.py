"""Keys of other people's files, which write the same word in many ways."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=4096)  # the same few keys for every instance, several times each
def key_of(name: str) -> str:
    """Return the form in which keys are compared: lower case, `_` for blanks and hyphens.

    >>> key_of(" Question-ID "), key_of("answer text")
    ('question_id', 'answer_text')
    """
    return name.strip().lower().replace(" ", "_").replace("-", "_")


class ByKey:
    """Mappings by comparable key; the latest is kept, since an instance's is asked for many times in a row.

    A mapping must not be changed in place between two calls.

    >>> ByKey()({"Question ID": 7})
    {'question_id': 7}
    """

    def __init__(self, *, first_counts: bool = False) -> None:
        """Say which entry counts where keys are the same in comparable form: the first, or the last."""
        self._first_counts = first_counts
        self._latest: tuple[Mapping[Any, Any], int, dict[str, Any]] = ({}, 0, {})

    def __call__(self, mapping: Mapping[Any, Any]) -> dict[str, Any]:
        """Return the mapping by comparable key."""
        latest, count, plain = self._latest  # replaced as a whole, so that threads see one or the other
        if mapping is not latest or count != len(mapping):
            items = list(mapping.items())[:: -1 if self._first_counts else 1]
            plain = {key_of(str(key)): value for key, value in items}
            self._latest = (mapping, len(mapping), plain)
        return plain
