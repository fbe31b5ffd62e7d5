"""Protocols of the tasks that make videos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pytest_generalbench.protocols.base import Protocol

PROTOCOLS: Final[tuple[Protocol, ...]] = ()
