"""The names of the baselines, known without loading what they answer with."""

from __future__ import annotations

from typing import Final

from pytest_generalbench.errors import UnknownWordError

BASELINES: Final = ("oracle", "majority", "constant", "random")


def split_baseline(name: str) -> tuple[str, str]:
    """Return kind and text of `oracle`, `majority`, `constant`, `constant:TEXT` or `random`.

    Raises UnknownWordError for a name that is none of these.
    """
    kind, _, text = name.partition(":")
    if kind not in BASELINES or (text and kind != "constant"):
        raise UnknownWordError("baseline", name, [*BASELINES, "constant:TEXT"])
    return kind, text
