"""The source of the demo set's weights: random ones for every role, made when they are opened."""

from __future__ import annotations

from typing import Any

from pytest_generalbench.core.result import DEMO_NETWORK


class DemoWeights:
    """Random weights for every role."""

    def has(self, role: str) -> bool:
        """Return True: every role has random weights."""
        return True

    def open(self, role: str) -> Any:
        """Return the role's random backbone."""
        from pytest_generalbench.evaluation.scoring.backbones.demo import open_network

        return open_network(role)

    def identity(self, role: str) -> str:
        """Return a name that says that the weights are random."""
        return DEMO_NETWORK

    def lacking(self, role: str) -> str:
        """Return an empty text: no weights are missing."""
        return ""
