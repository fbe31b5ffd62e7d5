"""Pictures and videos of a page: files small enough to look through, and layers to lay over them.

A video is one picture with its frames side by side, so that no browser needs a codec for it.
"""

from __future__ import annotations

import io
from functools import singledispatch
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from pytest_generalbench.core.media.media import spread
from pytest_generalbench.core.outputs.codecs.images.png import png, thumbnail
from pytest_generalbench.core.outputs.forms.map_sequences import DepthSequence, MaskSequence, SalientSequence
from pytest_generalbench.core.outputs.forms.maps import (
    Alpha,
    AnomalyMap,
    ClassMap,
    DepthMap,
    FlowField,
    Mask,
)
from pytest_generalbench.core.outputs.forms.segments import InstanceMasks, PanopticMap
from pytest_generalbench.reports.page.colours import PALETTE, of_classes, of_directions, of_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pytest_generalbench.core.outputs import StructuredOutput
    from pytest_generalbench.reports.page.kept_files import KeptFiles

FRAMES: Final = 12
"""Frames of a video that are shown, spread evenly."""

_PICTURE_SIDE: Final = 640
_FRAME_SIDE: Final = 240
_LAYER_OPACITY: Final = 150


class Strip(NamedTuple):
    """Frames side by side in one file."""

    source: str
    frames: int


def keep_picture(pixels: NDArray[np.uint8], files: KeptFiles, side: int = _PICTURE_SIDE) -> str:
    """Keep an RGB picture, its longer side at most `side` pixels, and return its address."""
    small = thumbnail(pixels, side)
    try:
        from PIL import Image
    except ImportError:
        return files.put(png(small), ".png")
    written = io.BytesIO()
    lossless = small.size < 3 * 96 * 96  # small pictures and drawings stay sharp
    Image.fromarray(small).save(written, "PNG" if lossless else "JPEG", quality=88)
    return files.put(written.getvalue(), ".png" if lossless else ".jpg")


def keep_strip(frames: Sequence[NDArray[np.uint8]], files: KeptFiles) -> Strip:
    """Keep RGB or RGBA frames of one size side by side; no more than `FRAMES` of them."""
    chosen = [thumbnail(frames[place], _FRAME_SIDE) for place in spread(len(frames), FRAMES)]
    whole = np.concatenate(chosen, axis=1)
    if whole.shape[2] == 4:
        return Strip(files.put(png(whole), ".png"), len(chosen))
    return Strip(keep_picture(whole, files, side=whole.shape[1]), len(chosen))


def _over(colours: NDArray[np.uint8], seen: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return RGBA: the colours where something is seen, nothing elsewhere."""
    opacity = np.where(seen, _LAYER_OPACITY, 0).astype(np.uint8)
    return np.concatenate([np.broadcast_to(colours, (*seen.shape, 3)), opacity[..., None]], axis=2)


def _whole(colours: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.concatenate([colours, np.full((*colours.shape[:2], 1), 255, np.uint8)], axis=2)


@singledispatch
def layers_of(answer: StructuredOutput, tint: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Return the RGBA pictures of a map, one for each frame; none where the answer is no map.

    Args:
        answer: A structured output.
        tint: The colour of what is only there or not, RGB.
    """
    return []


@layers_of.register(Mask)
def _(answer: Mask, tint: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    return [_over(tint, answer.mask.decode())]


@layers_of.register(MaskSequence)
def _(answer: MaskSequence, tint: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    return [_over(tint, answer.masks[place].decode()) for place in spread(len(answer.masks), FRAMES)]


@layers_of.register(ClassMap)
def _(answer: ClassMap, tint: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    if answer.colours:
        packed = answer.classes
        colours = np.stack([packed >> 16 & 255, packed >> 8 & 255, packed & 255], axis=2).astype(np.uint8)
    else:
        colours = of_classes(answer.classes)
    return [_over(colours, answer.classes > 0)]


@layers_of.register(PanopticMap)
def _(answer: PanopticMap, tint: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    listed = np.isin(answer.ids, [segment.id for segment in answer.segments])
    places = np.unique(answer.ids, return_inverse=True)[1].reshape(answer.ids.shape)
    return [_over(of_classes(places + 1), listed)]


@layers_of.register(InstanceMasks)
def _(answer: InstanceMasks, tint: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    if not answer.masks:
        return []
    drawn = np.zeros((*answer.masks[0].mask.shape, 4), np.uint8)
    for number, one in enumerate(answer.masks):
        seen = one.mask.decode()
        if seen.shape == drawn.shape[:2]:
            drawn[seen] = (*PALETTE[number % len(PALETTE)], _LAYER_OPACITY)
    return [drawn]


@layers_of.register(AnomalyMap)
def _(answer: AnomalyMap, tint: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    return [_whole(of_values(answer.scores))]


@layers_of.register(DepthMap)
def _(answer: DepthMap, tint: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    return [_whole(of_values(answer.depth))]


@layers_of.register(FlowField)
def _(answer: FlowField, tint: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    return [_whole(of_directions(answer.flow))]


@layers_of.register(Alpha)
def _(answer: Alpha, tint: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    return [_grey(np.rint(answer.alpha * 255).astype(np.uint8))]


@layers_of.register(DepthSequence)
def _(answer: DepthSequence, tint: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    places = spread(len(answer.disparity), FRAMES)
    return [_whole(of_values(answer.disparity[place])) for place in places]


@layers_of.register(SalientSequence)
def _(answer: SalientSequence, tint: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    return [_grey(answer.maps[place]) for place in spread(len(answer.maps), FRAMES)]


def _grey(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return _whole(np.repeat(values[:, :, None], 3, axis=2))


def map_exhibit(answer: StructuredOutput, tint: Any, files: KeptFiles) -> dict[str, Any] | None:
    """Return how a map is shown: a strip of its frames, and the size of one; None where it is no map."""
    layers = layers_of(answer, tint)
    if not layers:
        return None
    strip = keep_strip(layers, files)
    height, width = layers[0].shape[:2]
    return {"kind": "layer", "src": strip.source, "frames": strip.frames, "size": [width, height]}
