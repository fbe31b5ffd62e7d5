"""Answers that anybody can give without a look: grey, noise, silence, standing still."""

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
from pytest_generalbench.core.outputs.codecs.images.rle import encode

if TYPE_CHECKING:
    from numpy.typing import NDArray

Dice = np.random.Generator


def _noise(dice: Dice, like: NDArray[Any]) -> NDArray[np.uint8]:
    return dice.integers(0, 256, like.shape, dtype=np.uint8)


def _place(dice: Dice) -> tuple[float, float, float]:
    x, y, z = (40 * dice.random(3) - 20).tolist()
    return x, y, z


@singledispatch
def trivial(answer: StructuredOutput, dice: Dice) -> dict[str, StructuredOutput]:
    """Return what anybody can answer, of the size of the perfect answer, by its name."""
    raise NotImplementedError(type(answer))


@trivial.register
def _(answer: Image, dice: Dice) -> dict[str, StructuredOutput]:
    return {
        "grey": replace(answer, pixels=np.full_like(answer.pixels, 128)),
        "noise": replace(answer, pixels=_noise(dice, answer.pixels)),
    }


@trivial.register
def _(answer: Video, dice: Dice) -> dict[str, StructuredOutput]:
    return {
        "grey": replace(answer, frames=np.full_like(answer.frames, 128)),
        "noise": replace(answer, frames=_noise(dice, answer.frames)),
    }


@trivial.register
def _(answer: Audio, dice: Dice) -> dict[str, StructuredOutput]:
    noise = (0.3 * dice.standard_normal(answer.samples.shape)).clip(-1, 1).astype(np.float32)
    return {
        "silence": replace(answer, samples=np.zeros_like(answer.samples)),
        "noise": replace(answer, samples=noise),
    }


@trivial.register
def _(answer: SymbolicMusic, dice: Dice) -> dict[str, StructuredOutput]:
    noise = (note._replace(pitch=int(dice.integers(30, 90))) for note in answer.notes)
    return {
        "silence": replace(answer, notes=answer.notes[:1]),
        "noise": replace(answer, notes=tuple(sorted(noise))),
    }


@trivial.register
def _(answer: Mesh, dice: Dice) -> dict[str, StructuredOutput]:
    return {
        "noise": replace(answer, vertices=dice.random(answer.vertices.shape) * 2 - 1),
    }


@trivial.register
def _(answer: PointCloud, dice: Dice) -> dict[str, StructuredOutput]:
    return {
        "a point": replace(answer, points=np.zeros_like(answer.points)),
        "noise": replace(answer, points=dice.random(answer.points.shape) * 2 - 1),
    }


@trivial.register
def _(answer: ClassMap, dice: Dice) -> dict[str, StructuredOutput]:
    known = np.unique(answer.classes)
    return {
        "grey": replace(answer, classes=np.full_like(answer.classes, known[-1])),
        "noise": replace(
            answer, classes=dice.choice(known, answer.classes.shape).astype(answer.classes.dtype)
        ),
    }


@trivial.register
def _(answer: Mask, dice: Dice) -> dict[str, StructuredOutput]:
    shape = answer.mask.decode().shape
    return {
        "full": replace(answer, mask=encode(np.ones(shape, bool))),
        "noise": replace(answer, mask=encode(dice.random(shape) < 0.5)),
    }


@trivial.register
def _(answer: MaskSequence, dice: Dice) -> dict[str, StructuredOutput]:
    masks = [mask.decode() for mask in answer.masks]
    return {
        "full": replace(answer, masks=tuple(encode(np.ones_like(mask)) for mask in masks)),
        "noise": replace(answer, masks=tuple(encode(dice.random(mask.shape) < 0.5) for mask in masks)),
    }


@trivial.register
def _(answer: InstanceMasks, dice: Dice) -> dict[str, StructuredOutput]:
    shapes = [one.mask.decode().shape for one in answer.masks]
    return {
        "full": replace(
            answer,
            masks=tuple(
                one._replace(mask=encode(np.ones(s, bool)))
                for one, s in zip(answer.masks, shapes, strict=True)
            ),
        ),
        "noise": replace(
            answer,
            masks=tuple(
                one._replace(mask=encode(dice.random(s) < 0.5))
                for one, s in zip(answer.masks, shapes, strict=True)
            ),
        ),
    }


@trivial.register
def _(answer: PanopticMap, dice: Dice) -> dict[str, StructuredOutput]:
    known = np.array([segment.id for segment in answer.segments])
    return {
        "full": replace(answer, ids=np.full_like(answer.ids, known[-1]), segments=answer.segments[-1:]),
        "noise": replace(answer, ids=dice.choice(known, answer.ids.shape)),
    }


@trivial.register
def _(answer: AnomalyMap, dice: Dice) -> dict[str, StructuredOutput]:
    return {
        "grey": replace(answer, scores=np.full_like(answer.scores, 0.5)),
        "noise": replace(answer, scores=dice.random(answer.scores.shape).astype(np.float32)),
    }


@trivial.register
def _(answer: Alpha, dice: Dice) -> dict[str, StructuredOutput]:
    return {
        "grey": replace(answer, alpha=np.full_like(answer.alpha, 0.5)),
        "noise": replace(answer, alpha=dice.random(answer.alpha.shape).astype(np.float32)),
    }


@trivial.register
def _(answer: SalientSequence, dice: Dice) -> dict[str, StructuredOutput]:
    return {
        "grey": replace(answer, maps=np.full(answer.maps.shape, 128, np.uint8)),
        "noise": replace(answer, maps=_noise(dice, answer.maps)),
    }


@trivial.register
def _(answer: DepthMap, dice: Dice) -> dict[str, StructuredOutput]:
    middle = float(np.median(answer.depth))
    return {
        "grey": replace(answer, depth=np.full_like(answer.depth, middle)),
        "noise": replace(
            answer, depth=(2 * middle * dice.random(answer.depth.shape) + 0.1).astype(np.float32)
        ),
    }


@trivial.register
def _(answer: DepthSequence, dice: Dice) -> dict[str, StructuredOutput]:
    return {
        "grey": replace(answer, disparity=np.full_like(answer.disparity, 10)),
        "noise": replace(
            answer, disparity=(20 * dice.random(answer.disparity.shape) + 0.1).astype(np.float32)
        ),
    }


@trivial.register
def _(answer: FlowField, dice: Dice) -> dict[str, StructuredOutput]:
    return {
        "zero": replace(answer, flow=np.zeros_like(answer.flow)),
        "noise": replace(answer, flow=(10 * dice.random(answer.flow.shape) - 5).astype(np.float32)),
    }


def _anywhere(box: Any, dice: Dice) -> Any:
    x, y, width, height = dice.random(4) * [24, 24, 24, 24]
    return box._replace(x=float(x), y=float(y), width=float(width) + 1, height=float(height) + 1)


def _whole(box: Any) -> Any:
    return box._replace(x=0.0, y=0.0, width=48.0, height=48.0)


@trivial.register
def _(answer: Boxes, dice: Dice) -> dict[str, StructuredOutput]:
    return {
        "whole": replace(answer, boxes=tuple(_whole(box) for box in answer.boxes)),
        "noise": replace(answer, boxes=tuple(_anywhere(box, dice) for box in answer.boxes)),
    }


@trivial.register
def _(answer: OneBox, dice: Dice) -> dict[str, StructuredOutput]:
    return {
        "whole": replace(answer, box=_whole(answer.box)),
        "noise": replace(answer, box=_anywhere(answer.box, dice)),
    }


@trivial.register(FrameBoxes)
@trivial.register(Tube)
def _(answer: Any, dice: Dice) -> dict[str, StructuredOutput]:
    first = next(box for box in answer.boxes if box)
    return {
        "static": replace(answer, boxes=tuple(first for _ in answer.boxes)),
        "whole": replace(answer, boxes=tuple(_whole(first) for _ in answer.boxes)),
        "noise": replace(answer, boxes=tuple(_anywhere(first, dice) for _ in answer.boxes)),
    }


@trivial.register
def _(answer: Keypoints, dice: Dice) -> dict[str, StructuredOutput]:
    def put(place: Any) -> StructuredOutput:
        people = [
            person._replace(
                points=tuple(
                    p._replace(x=x, y=y) for p, (x, y) in zip(person.points, place(person), strict=True)
                )
            )
            for person in answer.people
        ]
        return replace(answer, people=tuple(people))

    return {
        "middle": put(lambda person: [(24.0, 24.0)] * len(person.points)),
        "noise": put(lambda person: (48 * dice.random((len(person.points), 2))).tolist()),
    }


@trivial.register
def _(answer: PointLabels, dice: Dice) -> dict[str, StructuredOutput]:
    known = np.unique(answer.labels)
    return {
        "one label": replace(answer, labels=np.full_like(answer.labels, known[0])),
        "noise": replace(answer, labels=dice.choice(known, answer.labels.shape)),
    }


@trivial.register
def _(answer: PointInstances, dice: Dice) -> dict[str, StructuredOutput]:
    known = np.array([one.id for one in answer.instances])
    return {
        "one object": replace(answer, ids=np.full_like(answer.ids, known[0]), instances=answer.instances[:1]),
        "noise": replace(answer, ids=dice.choice(known, answer.ids.shape)),
    }


@trivial.register
def _(answer: Boxes3d, dice: Dice) -> dict[str, StructuredOutput]:
    boxes = [box._replace(centre=_place(dice)) for box in answer.boxes]
    return {
        "one place": replace(
            answer, boxes=tuple(box._replace(centre=(0.0, 0.0, 0.5)) for box in answer.boxes)
        ),
        "noise": replace(answer, boxes=tuple(boxes)),
    }


@trivial.register
def _(answer: Tracks3d, dice: Dice) -> dict[str, StructuredOutput]:
    def put(place: Any) -> StructuredOutput:
        frames = [
            tuple(one._replace(box=one.box._replace(centre=place())) for one in frame)
            for frame in answer.frames
        ]
        return replace(answer, frames=tuple(frames))

    return {
        "one place": put(lambda: (0.0, 0.0, 0.5)),
        "noise": put(lambda: _place(dice)),
    }


@trivial.register
def _(answer: Poses, dice: Dice) -> dict[str, StructuredOutput]:
    still = np.zeros_like(answer.matrices)
    still[:, :3, :3] = np.eye(3)
    noise = still.copy()
    noise[:, :3, 3] = 60 * dice.random(still[:, :3, 3].shape) - 30
    return {"standing still": replace(answer, matrices=still), "noise": replace(answer, matrices=noise)}


@trivial.register
def _(answer: Normals, dice: Dice) -> dict[str, StructuredOutput]:
    up = np.zeros_like(answer.vectors)
    up[:, 2] = 1
    noise = dice.standard_normal(answer.vectors.shape)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    return {"up": replace(answer, vectors=up), "noise": replace(answer, vectors=noise.astype(np.float32))}
