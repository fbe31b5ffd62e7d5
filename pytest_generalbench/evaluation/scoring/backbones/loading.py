"""Loading weights: a saved transformers model by its role's Auto class, or a module in one file."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.evaluation.scoring.backbones import BackboneError
from pytest_generalbench.evaluation.scoring.backbones import audio as sounds
from pytest_generalbench.evaluation.scoring.backbones import torchscript as modules
from pytest_generalbench.evaluation.scoring.backbones import vision as networks
from pytest_generalbench.evaluation.scoring.backbones.roles import ROLE_SPECS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_NETWORKS: Final[dict[str, Callable[[Path, str], Any]]] = {
    "clip": networks.picture_text,
    "dino": networks.picture_features,
    "inception": networks.picture_features,
    "aesthetic": networks.aesthetic,
    "image_classes": networks.picture_classes,
    "detector": networks.detector,
    "video_features": networks.video_features,
    "video_text": networks.video_text,
    "action": networks.video_classes,
    "clap": sounds.sound_text,
    "asr": sounds.transcriber,
}

_MODULES: Final[dict[str, Callable[[Any, str], Any]]] = {
    "inception": modules.PictureModule,
    "musiq": modules.ScoreModule,
    "musiq_spaq": modules.ScoreModule,
    "video_features": modules.VideoModule,
    "flow": modules.FlowModule,
    "interpolator": modules.InterpolatorModule,
    "motion": modules.MotionModule,
}


def load(role: str, path: Path) -> Any:
    """Load the weights of `role` onto the GPU when there is one.

    Raises BackboneError that names role and path for what is not there, damaged, or of a kind that the
    role has no use for.
    """
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    is_saved = path.is_dir()
    if is_saved and not (path / "config.json").is_file():
        raise BackboneError(f"backbone {role}: {path} has no config.json, so it is not a saved model")
    if role not in (_NETWORKS if is_saved else _MODULES):
        due = ROLE_SPECS[role].module if is_saved else "the folder of a saved transformers model"
        raise BackboneError(
            f"backbone {role}: {path.name} is not what is due: {due or ROLE_SPECS[role].what}"
        )
    try:
        if is_saved:
            return _NETWORKS[role](path, device)
        return _MODULES[role](_module(path, device), device)
    except (OSError, ValueError, ImportError, KeyError, RuntimeError, AttributeError) as error:
        reason = " ".join(str(error).split())[:300]
        raise BackboneError(
            f"backbone {role}: {path} cannot be loaded: {type(error).__name__} {reason}"
        ) from error


def _module(path: Path, device: str) -> Any:
    """Return the module of a torch.export (.pt2) or TorchScript file."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript is deprecated, and still what the field exchanges
        if path.suffix == ".pt2":
            return torch.export.load(str(path)).module().to(device)
        return torch.jit.load(str(path), map_location=device).eval()
