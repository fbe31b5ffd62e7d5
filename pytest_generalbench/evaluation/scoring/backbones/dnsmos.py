"""DNSMOS, the predictor of opinion scores whose weights come inside the package speechmos."""

from __future__ import annotations

from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.evaluation.scoring.backbones.roles import ROLE_SPECS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.core.outputs import Audio
    from pytest_generalbench.metrics.backbone_interfaces import Features

RATE: Final = 16_000
_LIBRARIES: Final = ("speechmos", "onnxruntime", "librosa", "requests")
_ROLE: Final = "mos"


class _Dnsmos:
    """`mos`: the P.808 model, which was trained on people's overall opinions of noisy speech."""

    def scores(self, sounds: Sequence[Audio]) -> Features:
        import numpy as np
        from speechmos import dnsmos

        outputs = [dnsmos.run(np.clip(sound.mono(RATE), -1, 1), RATE)["p808_mos"] for sound in sounds]
        return np.array(outputs, np.float64)


class PackagedWeights:
    """Weights that a Python package contains: those of `mos`."""

    def has(self, role: str) -> bool:
        """Return whether the role is `mos` and its packages are installed."""
        return role == _ROLE and all(find_spec(name) is not None for name in _LIBRARIES)

    def open(self, role: str) -> Any:
        """Return the predictor; its weights are loaded with the first sound."""
        return _Dnsmos()

    def identity(self, role: str) -> str:
        """Return the model's name and the package's version."""
        return f"DNSMOS P.808 of speechmos {version('speechmos')}"

    def lacking(self, role: str) -> str:
        """Return the extra that installs the role's weights; an empty text where none does."""
        extra = ROLE_SPECS[role].extra
        return f"pip install 'pytest-generalbench[{extra}]'" if extra else ""
