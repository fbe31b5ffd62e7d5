"""Answers made worse by a strength 1, 2 or 3."""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_generalbench.core.outputs import (
    Alpha,
    AnomalyMap,
    Audio,
    Boxes,
    Boxes3d,
    ClassMap,
    DepthMap,
    DepthSequence,
    FlowField,
    FrameBoxes,
    Image,
    InstanceMasks,
    Keypoints,
    Mask,
    MaskSequence,
    Mesh,
    Normals,
    OneBox,
    PanopticMap,
    PointCloud,
    PointInstances,
    PointLabels,
    Poses,
    SalientSequence,
    StructuredOutput,
    SymbolicMusic,
    Tracks3d,
    Tube,
    Video,
)
from pytest_generalbench.core.outputs.codecs.images.rle import Rle, encode

if TYPE_CHECKING:
    from numpy.typing import NDArray

Dice = np.random.Generator


def _normal(dice: Dice, shape: tuple[int, ...]) -> NDArray[np.float64]:
    return dice.standard_normal(shape)


def _mixed(values: NDArray[Any], dice: Dice, strength: int) -> NDArray[Any]:
    """Return integers of which a quarter, half or three quarters are those of other places."""
    others = dice.permutation(values.ravel()).reshape(values.shape)
    return np.where(dice.random(values.shape) < strength / 4, others, values)


def _rolled(mask: NDArray[Any], strength: int) -> NDArray[Any]:
    return np.roll(mask, (2 * strength, 2 * strength), (-2, -1))


def _rolled_rle(rle: Rle, strength: int) -> Rle:
    return encode(_rolled(rle.decode(), strength))


@singledispatch
def damaged(answer: StructuredOutput, strength: int, dice: Dice) -> StructuredOutput:
    """Return the answer, worse; the same dice give the same direction at each strength."""
    raise NotImplementedError(type(answer))


@damaged.register
def _(answer: Image, strength: int, dice: Dice) -> Image:
    noise = 12 * strength * _normal(dice, answer.pixels.shape)
    return replace(answer, pixels=np.clip(np.rint(answer.pixels + noise), 0, 255).astype(np.uint8))


@damaged.register
def _(answer: Video, strength: int, dice: Dice) -> Video:
    noise = 12 * strength * _normal(dice, answer.frames.shape)
    return replace(answer, frames=np.clip(np.rint(answer.frames + noise), 0, 255).astype(np.uint8))


@damaged.register
def _(answer: Audio, strength: int, dice: Dice) -> Audio:
    noise = 0.01 * strength**2 * _normal(dice, answer.samples.shape)
    return replace(answer, samples=np.clip(answer.samples + noise, -1, 1).astype(np.float32))


@damaged.register
def _(answer: SymbolicMusic, strength: int, dice: Dice) -> SymbolicMusic:
    off = dice.random(len(answer.notes)) < strength / 4
    notes = (n._replace(pitch=n.pitch + 1) if o else n for n, o in zip(answer.notes, off, strict=True))
    return replace(answer, notes=tuple(sorted(notes)))


@damaged.register
def _(answer: Mesh, strength: int, dice: Dice) -> Mesh:
    return replace(answer, vertices=answer.vertices + 0.04 * strength * _normal(dice, answer.vertices.shape))


@damaged.register
def _(answer: PointCloud, strength: int, dice: Dice) -> PointCloud:
    return replace(answer, points=answer.points + 0.04 * strength * _normal(dice, answer.points.shape))


@damaged.register
def _(answer: ClassMap, strength: int, dice: Dice) -> ClassMap:
    return replace(answer, classes=_mixed(answer.classes, dice, strength))


@damaged.register
def _(answer: Mask, strength: int, dice: Dice) -> Mask:
    return replace(answer, mask=_rolled_rle(answer.mask, strength))


@damaged.register
def _(answer: MaskSequence, strength: int, dice: Dice) -> MaskSequence:
    return replace(answer, masks=tuple(_rolled_rle(mask, strength) for mask in answer.masks))


@damaged.register
def _(answer: InstanceMasks, strength: int, dice: Dice) -> InstanceMasks:
    far = dice.random(len(answer.masks)) * 2
    moved = (
        m._replace(mask=_rolled_rle(m.mask, round(strength * f)))
        for m, f in zip(answer.masks, far, strict=True)
    )
    return replace(answer, masks=tuple(moved))


@damaged.register
def _(answer: PanopticMap, strength: int, dice: Dice) -> PanopticMap:
    return replace(answer, ids=_mixed(answer.ids, dice, strength))


@damaged.register
def _(answer: AnomalyMap, strength: int, dice: Dice) -> AnomalyMap:
    noise = 0.4 * strength * _normal(dice, answer.scores.shape)
    return replace(answer, scores=(answer.scores + noise).astype(np.float32))


@damaged.register
def _(answer: Alpha, strength: int, dice: Dice) -> Alpha:
    noise = 0.1 * strength * _normal(dice, answer.alpha.shape)
    return replace(answer, alpha=np.clip(answer.alpha + noise, 0, 1).astype(np.float32))


@damaged.register
def _(answer: SalientSequence, strength: int, dice: Dice) -> SalientSequence:
    maps = _rolled(answer.maps, strength)
    return replace(answer, maps=maps)


@damaged.register
def _(answer: DepthMap, strength: int, dice: Dice) -> DepthMap:
    factor = np.exp(0.08 * strength * _normal(dice, answer.depth.shape))
    return replace(answer, depth=(answer.depth * factor).astype(np.float32))


@damaged.register
def _(answer: DepthSequence, strength: int, dice: Dice) -> DepthSequence:
    factor = np.exp(0.15 * strength * _normal(dice, answer.disparity.shape))
    return replace(answer, disparity=(answer.disparity * factor).astype(np.float32))


@damaged.register
def _(answer: FlowField, strength: int, dice: Dice) -> FlowField:
    noise = 0.5 * strength * _normal(dice, answer.flow.shape)
    return replace(answer, flow=(answer.flow + noise).astype(np.float32))


def _shifted(box: Any, strength: int, dice: Dice) -> Any:
    """Move a box by up to a sixth of its size for each strength."""
    right, down = dice.random(2) * strength / 6
    return box._replace(x=box.x + right * box.width, y=box.y + down * box.height)


@damaged.register
def _(answer: Boxes, strength: int, dice: Dice) -> Boxes:
    return replace(answer, boxes=tuple(_shifted(box, strength, dice) for box in answer.boxes))


@damaged.register
def _(answer: OneBox, strength: int, dice: Dice) -> OneBox:
    return replace(answer, box=_shifted(answer.box, strength, dice))


@damaged.register
def _(answer: FrameBoxes, strength: int, dice: Dice) -> FrameBoxes:
    return replace(answer, boxes=tuple(box and _shifted(box, strength, dice) for box in answer.boxes))


@damaged.register
def _(answer: Tube, strength: int, dice: Dice) -> Tube:
    return replace(answer, boxes=tuple(box and _shifted(box, strength, dice) for box in answer.boxes))


@damaged.register
def _(answer: Keypoints, strength: int, dice: Dice) -> Keypoints:
    people = []
    for person in answer.people:
        far = strength * dice.random() * _normal(dice, (len(person.points), 2))
        points = (
            p._replace(x=p.x + right, y=p.y + down)
            for p, (right, down) in zip(person.points, far, strict=True)
        )
        people.append(person._replace(points=tuple(points)))
    return replace(answer, people=tuple(people))


@damaged.register
def _(answer: PointLabels, strength: int, dice: Dice) -> PointLabels:
    return replace(answer, labels=_mixed(answer.labels, dice, strength))


@damaged.register
def _(answer: PointInstances, strength: int, dice: Dice) -> PointInstances:
    ids = answer.ids.copy()
    for instance in answer.instances:
        own = np.flatnonzero(ids == instance.id)
        ids[own[: int(len(own) * dice.random() * strength / 3)]] = 0
    return replace(answer, ids=ids)


def _away(centre: tuple[float, ...], far: NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = (float(value + more) for value, more in zip(centre, far, strict=True))
    return x, y, z


@damaged.register
def _(answer: Boxes3d, strength: int, dice: Dice) -> Boxes3d:
    boxes = [
        box._replace(centre=_away(box.centre, 1.2 * strength * dice.random(3) * [1, 1, 0]))
        for box in answer.boxes
    ]
    return replace(answer, boxes=tuple(boxes))


@damaged.register
def _(answer: Tracks3d, strength: int, dice: Dice) -> Tracks3d:
    frames = [
        tuple(
            one._replace(
                box=one.box._replace(
                    centre=_away(one.box.centre, 1.2 * strength * dice.random(3) * [1, 1, 0])
                )
            )
            for one in frame
        )
        for frame in answer.frames
    ]
    return replace(answer, frames=tuple(frames))


@damaged.register
def _(answer: Poses, strength: int, dice: Dice) -> Poses:
    matrices = answer.matrices.copy()
    matrices[:, :3, 3] += 0.3 * strength * _normal(dice, matrices[:, :3, 3].shape)
    return replace(answer, matrices=matrices)


@damaged.register
def _(answer: Normals, strength: int, dice: Dice) -> Normals:
    vectors = answer.vectors + 0.15 * strength * _normal(dice, answer.vectors.shape)
    return replace(
        answer, vectors=(vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    )
