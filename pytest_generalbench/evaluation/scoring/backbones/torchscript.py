"""Backbones from TorchScript or torch.export files; `roles` describes their inputs and outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.evaluation.scoring.backbones import BackboneError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pytest_generalbench.metrics.backbone_interfaces import Features, Pixels

_SWITCHES: Final = ("return_features", "rescale", "resize")
"""Arguments that well-known feature files have, all to be True."""


def _rows(given: Any, count: int, what: str) -> Features:
    """Return (n, d) of a module's output."""
    rows: Features = given.detach().double().cpu().numpy()
    if rows.shape[:1] != (count,) or not np.isfinite(rows).all():
        raise BackboneError(f"{what}: the module gave the shape {rows.shape} for {count}, or NaN")
    return rows.reshape(count, -1)


class _Module:
    """A module on its device, called without gradients."""

    def __init__(self, module: Any, device: str) -> None:
        """Keep the module, and note which of the known arguments it takes."""
        self._module = module
        self._device = device
        try:
            named = {argument.name for argument in module.forward.schema.arguments}
        except AttributeError:
            named = set()  # exported modules have no schema, and no switches
        self._switches = {name: True for name in _SWITCHES if name in named}

    def call(self, *arrays: NDArray[Any]) -> Any:
        import torch

        given = [torch.from_numpy(np.ascontiguousarray(array)).to(self._device) for array in arrays]
        try:
            with torch.inference_mode():
                return self._module(*given, **self._switches)
        except (RuntimeError, TypeError) as error:
            reason = " ".join(str(error).split())[-200:]
            raise BackboneError(f"a module does not take what its role gives: {reason}") from error


def _planes(picture: Pixels) -> NDArray[np.uint8]:
    """Return (1, 3, height, width)."""
    return picture.transpose(2, 0, 1)[None]


class PictureModule(_Module):
    """`inception`."""

    def pictures(self, pictures: Sequence[Pixels]) -> Features:
        """Return a feature vector for each picture, at its own size."""
        return np.concatenate([_rows(self.call(_planes(one)), 1, "inception") for one in pictures])


class ScoreModule(_Module):
    """`musiq`, `musiq_spaq`."""

    def scores(self, pictures: Sequence[Pixels]) -> Features:
        """Return a score 0..100 for each picture, at its own size."""
        given = (_planes(one).astype(np.float32) / 255 for one in pictures)
        return np.array([_rows(self.call(one), 1, "musiq")[0, 0] for one in given])


class VideoModule(_Module):
    """`video_features`."""

    def videos(self, videos: Sequence[Pixels]) -> Features:
        """Return a feature vector for each video, at its own size."""
        given = (video.transpose(3, 0, 1, 2)[None].astype(np.float32) for video in videos)
        return np.concatenate([_rows(self.call(one), 1, "video_features") for one in given])


class FlowModule(_Module):
    """`flow`."""

    def flow(self, first: Pixels, second: Pixels) -> NDArray[np.float32]:
        """Return (height, width, 2)."""
        outputs = self.call(*(_planes(one).astype(np.float32) for one in (first, second)))
        last = outputs[-1] if isinstance(outputs, list | tuple) else outputs
        planes: NDArray[np.float32] = last.detach().float().cpu().numpy()
        if planes.shape != (1, 2, *first.shape[:2]):
            raise BackboneError(f"flow: the module gave the shape {planes.shape}")
        field: NDArray[np.float32] = planes[0].transpose(1, 2, 0)
        return field


class InterpolatorModule(_Module):
    """`interpolator`."""

    def between(self, first: Pixels, second: Pixels) -> Pixels:
        """Return the frame between."""
        outputs = self.call(*(_planes(one).astype(np.float32) / 255 for one in (first, second)))
        planes: NDArray[np.float32] = outputs.detach().float().cpu().numpy()
        if planes.shape != (1, 3, *first.shape[:2]):
            raise BackboneError(f"interpolator: the module gave the shape {planes.shape}")
        frame: Pixels = np.rint(255 * np.clip(planes[0], 0, 1)).astype(np.uint8).transpose(1, 2, 0)
        return frame


class MotionModule(_Module):
    """`motion`."""

    def motions(self, motions: Sequence[NDArray[np.float32]]) -> Features:
        """Return a feature vector for each sequence."""
        given = (motion.reshape(1, len(motion), -1).astype(np.float32) for motion in motions)
        return np.concatenate([_rows(self.call(one), 1, "motion") for one in given])
