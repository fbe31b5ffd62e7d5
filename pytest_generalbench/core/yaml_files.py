"""YAML files that users write: read from regular files alone, and bounded in what their aliases repeat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.limits import Limit
from pytest_generalbench.core.regular_files import read_regular_text

if TYPE_CHECKING:
    from pathlib import Path

VALUES: Final = Limit(1_000_000, "values, with all that aliases repeat")
"""A few lines of aliases of aliases stand for billions of values, which a message about them would write."""


def read_yaml(path: Path) -> Any:
    """Return the value of a YAML file.

    Raises:
        OSError: it cannot be read, or is no regular file.
        UnicodeDecodeError: it is not in UTF-8.
        yaml.YAMLError: it is no YAML, nested too deeply, refers to itself, or has more values than `VALUES`.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        # Both loaders are safe ones: the C one is chosen for speed only.
        value = yaml.load(read_regular_text(path), Loader=loader)  # noqa: S506
        why = VALUES.excess(_count(value, {}))
    except RecursionError as error:
        raise yaml.YAMLError("nested too deeply, or refers to itself") from error
    if why:
        raise yaml.YAMLError(why)
    return value


def _count(value: Any, known: dict[int, int]) -> int:
    """Return how many values there are in `value`, an alias counted as all that it stands for."""
    if not isinstance(value, list | Mapping):
        return 1
    if id(value) not in known:
        inner = value.values() if isinstance(value, Mapping) else value
        known[id(value)] = 1 + sum(_count(one, known) for one in inner)
    return known[id(value)]
