"""Backbones: pretrained models that metrics use, located by options and caches.

A metric names roles (`metrics.backbone`); here each role gets its weights: from the folder of
`--generalbench-weights`, from the Hugging Face cache, or, for the demo set alone, tiny random ones that say
nothing. Looking is cheap and imports no torch; weights are loaded when the first task is scored with them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pytest_generalbench.core.errors import GeneralBenchError, UnknownWordError
from pytest_generalbench.core.regular_files import user_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.core.settings import Settings

__all__ = ["BackboneError", "Backbones", "Source", "make_backbones"]


class BackboneError(GeneralBenchError):
    """Weights were found and cannot be used; the message names them and says why."""


class Source(Protocol):
    """A source of weights."""

    def has(self, role: str) -> bool:
        """Return whether this source has the weights of `role`; nothing is loaded."""

    def open(self, role: str) -> Any:
        """Load the weights; return an object with the role's interface. Raises BackboneError."""

    def identity(self, role: str) -> str:
        """Return name, revision and digest of the weights as text."""

    def lacking(self, role: str) -> str:
        """Return what the user can do to provide the weights, as the end of a sentence."""


class Backbones:
    """The weights of every role, from the first source that has them; each is loaded once."""

    def __init__(self, sources: Sequence[Source]) -> None:
        """Keep the sources in the order in which they are searched."""
        self._sources = tuple(sources)
        self._open: dict[str, Any] = {}
        self._identities: dict[str, str] = {}

    def missing(self, roles: Sequence[str]) -> str | None:
        """Return which weights are missing and what to do, or None when all are there."""
        lacking = [role for role in roles if self._source(role) is None]
        if not lacking:
            return None
        ways = [way for source in self._sources if (way := source.lacking(lacking[0]))]
        return (
            f"needs the weights of {' and '.join(lacking)}: {' or '.join(ways)}; "
            "'generalbench weights' lists all, and --generalbench-weights=DIR takes your own"
        )

    def get(self, role: str) -> Any:
        """Return the backbone of `role`, loaded when first asked for."""
        if role not in self._open:
            source = self._source(role)
            if source is None:
                raise BackboneError(self.missing([role]) or role)
            self._open[role] = source.open(role)
        return self._open[role]

    def identity(self, role: str) -> str:
        """Return the identity of the weights of `role`, for the score's record."""
        if role not in self._identities:
            source = self._source(role)
            self._identities[role] = source.identity(role) if source else "none"
        return self._identities[role]

    def _source(self, role: str) -> Source | None:
        from pytest_generalbench.metrics.backbone_interfaces import ROLES  # brings in numpy

        if role not in ROLES:
            raise UnknownWordError("backbone role", role, ROLES)
        return next((source for source in self._sources if source.has(role)), None)


def make_backbones(settings: Settings, is_demo: bool, folder: Path) -> Backbones:
    """Return the backbones of a run; `folder` is where it was started.

    Raises GeneralBenchError when the weights folder of the settings is not there.
    """
    from pytest_generalbench.evaluation.scoring.backbones.dnsmos import PackagedWeights
    from pytest_generalbench.evaluation.scoring.backbones.sources import HubCache, WeightsFolder

    sources: list[Source] = []
    if settings.weights:
        sources.append(WeightsFolder(user_path(settings.weights, folder)))
    if is_demo:
        from pytest_generalbench.evaluation.scoring.backbones.demo_weights import DemoWeights

        sources.append(DemoWeights())
    else:
        sources += [PackagedWeights(), HubCache()]
    return Backbones(sources)
