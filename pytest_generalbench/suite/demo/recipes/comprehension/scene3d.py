"""Recipes for point clouds and scenes."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.suite.demo.builder import COUNT, FRAMES, Entry, TaskBuilder
from pytest_generalbench.suite.demo.media import point_clouds as clouds

if TYPE_CHECKING:
    from pytest_generalbench.suite.demo.builder import Recipe

_KINDS: Final = ("body", "frame")
_POSES: Final = 12
_SIZES: Final = {"car": (4.5, 1.9, 1.6), "pedestrian": (0.7, 0.7, 1.75), "truck": (7.0, 2.5, 3.0)}
_INDOOR: Final = (2, 1, 3, 5, 7, 0)
_OUTDOOR: Final = (40, 50, 70, 252, 48, 0)
"""ScanNet's and SemanticKITTI's classes of the kinds of things in a scene; 0 is none."""
_OBJECTS: Final = (0, 0, 3001, 5002, 7003, 0)
"""ScanNet's label * 1000 + number of the same."""
_WIDTHS: Final = {1: 1.0, 2: 0.4, 3: 0.7, 4: 0.5, 5: 1.0}
"""How wide the parts of shapes are."""


def _put(kit: TaskBuilder, folder: str, name: str, content: bytes) -> str:
    kit.files[f"{folder}/{name}"] = content
    return f"{folder}/{name}"


def _name(kit: TaskBuilder, index: int) -> str:
    return f"{kit.slug.split('-')[1]}_{index + 1:04d}"


def _bands(kit: TaskBuilder, points: clouds.Points, parts: tuple[int, ...]) -> list[int]:
    """Return a part for every point: from the bottom up, of heights of their own."""
    ranks = np.argsort(np.argsort(points[:, 2], kind="stable"), kind="stable")
    cuts = np.cumsum([kit.dice.between(30, 90) for _ in parts])
    places = np.searchsorted(cuts, ranks * cuts[-1] // len(points), side="right")
    return [parts[place] for place in places.tolist()]


def parts(kit: TaskBuilder) -> list[Entry]:
    """Parts of shapes of two kinds, in one of four files that ShapeNetPart and its copies use."""
    style = kit.fixed("seg", "npz", "inline", "columns")
    entries: list[Entry] = []
    for index in range(COUNT):
        # Labels in the annotation itself take a line each.
        points = clouds.blob(kit.dice.below(97), clouds.POINTS // 2 if style == "inline" else clouds.POINTS)
        kind, name = index % 2, _name(kit, index)
        labels = _bands(kit, points, (1, 2, 3) if kind == 0 else (4, 5))
        points[:, :2] *= np.array([[_WIDTHS[part]] for part in labels])
        cloud = _put(kit, "pointclouds", f"{name}.txt", clouds.rows(points, 3))
        output: dict[str, Any] = {"labels": labels}
        if style == "seg":
            output = {"seg_file": _put(kit, "labels", f"{name}.seg", clouds.whole(labels))}
        elif style == "npz":
            content = clouds.npz(labels=np.array(labels, np.int64))
            output = {"label_file": _put(kit, "labels", f"{name}.npz", content)}
        elif style == "columns":
            table = np.concatenate([points, np.array(labels)[:, None]], axis=1)
            output = {"annotation": _put(kit, "annotations", f"{name}_gt.txt", clouds.rows(table, 3))}
        given = {
            "pointcloud_file": cloud,
            "category": f"{kit.title.split()[1]} {_KINDS[kind]}",
            "prompt": "Segment the shape into its parts.",
        }
        entries.append({"input": given, "output": output})
    return entries


def scene_classes(kit: TaskBuilder) -> list[Entry]:
    """Classes of points: ScanNet's .ply indoors, SemanticKITTI's .bin and .label outdoors."""
    outdoor = "outdoor" in kit.slug
    entries: list[Entry] = []
    for index in range(COUNT):
        (points, kinds), name = clouds.furnished(kit.dice.below(97)), _name(kit, index)
        labels = [(_OUTDOOR if outdoor else _INDOOR)[kind] for kind in kinds]
        if outdoor:
            cloud = _put(kit, "velodyne", f"{index:06d}.bin", clouds.scan(points))
            truth = _put(kit, "labels", f"{index:06d}.label", clouds.kitti_labels(labels))
        else:
            cloud = _put(kit, "pointclouds", f"{name}.ply", clouds.ascii_ply(points))
            truth = _put(kit, "labels", f"{name}.labels.ply", clouds.label_ply(points, labels))
        given = {"point_cloud": cloud, "prompt": "Give the class of every point."}
        entries.append({"input": given, "output": {"label_file": truth}})
    return entries


def scene_objects(kit: TaskBuilder) -> list[Entry]:
    """Objects among points, as ScanNet's label * 1000 + number; ground, wall and stray points are of none."""
    entries: list[Entry] = []
    for index in range(COUNT):
        (points, kinds), name = clouds.furnished(kit.dice.below(97)), _name(kit, index)
        numbers = [_OBJECTS[kind] for kind in kinds]
        truth = _put(kit, "gt", f"{name}.txt", clouds.whole(numbers))
        cloud = _put(kit, "pointclouds", f"{name}.ply", clouds.ascii_ply(points))
        given = {"pointcloud": cloud, "prompt": "Find every object."}
        entries.append({"input": given, "output": {"gt": truth}})
    return entries


def normals(kit: TaskBuilder) -> list[Entry]:
    """Normals in PCPNet's two texts: .xyz and .normals."""
    entries: list[Entry] = []
    for index in range(COUNT):
        number, name = kit.dice.below(97), _name(kit, index)
        points = clouds.blob(number)
        truth = clouds.egg_normals(points, number)
        given = {
            "point_file": _put(kit, "pointclouds", f"{name}.xyz", clouds.rows(points, 3)),
            "prompt": "Estimate the normal at every point.",
        }
        listed = _put(kit, "normals", f"{name}.normals", clouds.rows(truth, 5))
        entries.append({"input": given, "output": {"normals": listed}})
    return entries


def drives(kit: TaskBuilder) -> list[Entry]:
    """Drives of a dozen scans with KITTI's pose text; half of them shorter than 100 m.

    Every scan has the same points of the surroundings in the same order, as seen from its place.
    """
    entries: list[Entry] = []
    for index in range(COUNT):
        step, bend = (12.0 if index % 2 else 2.5) + kit.dice.below(5) / 10, (kit.dice.below(21) - 10) / 100
        x = z = 0.0
        poses, scans = [], []
        marks = (clouds.room(kit.dice.below(97), 48) - [3.0, 2.0, 0.2]) * [12.0, 2.0, step * _POSES / 2]
        for moment in range(_POSES):
            turn = bend * moment
            cos, sin = round(math.cos(turn), 9), round(math.sin(turn), 9)
            poses.append([cos, 0, sin, x, 0, 1, 0, 0, -sin, 0, cos, z])
            away = marks - [x, 0.0, z]
            seen = np.stack(
                [away[:, 0] * cos - away[:, 2] * sin, away[:, 1], away[:, 0] * sin + away[:, 2] * cos], axis=1
            )
            cloud = clouds.scan(np.round(seen, 3))
            scans.append(_put(kit, f"velodyne/{index:02d}", f"{moment:06d}.bin", cloud))
            x, z = round(x + step * sin, 6), round(z + step * cos, 6)
        listed = _put(kit, "poses", f"{index:02d}.txt", clouds.rows(poses, 9))
        given = {"pointcloud_sequence": scans, "prompt": "Estimate the pose of the sensor at every scan."}
        entries.append({"input": given, "output": {"poses": listed}})
    return entries


def _place(kit: TaskBuilder, number: int) -> list[float]:
    """Return a place of its own for object `number`: objects are more than 4 m apart."""
    return [round(number * 9 - 20 + kit.dice.below(40) / 10, 2), round(kit.dice.below(300) / 10 - 15, 2), 0.5]


def _box(label: str, place: list[float], turn: float) -> dict[str, Any]:
    length, width, height = _SIZES[label]
    return {
        "translation": place,
        "size": [width, length, height],
        "rotation": [round(math.cos(turn / 2), 6), 0.0, 0.0, round(math.sin(turn / 2), 6)],
    }


def boxes(kit: TaskBuilder) -> list[Entry]:
    """3D boxes in nuScenes' words, with a cloud of points that fill them and two cameras."""
    entries: list[Entry] = []
    for index in range(COUNT):
        listed, solids = [], []
        for number in range(kit.dice.between(3, 5)):
            label, place = kit.dice.pick(tuple(_SIZES)), _place(kit, number)
            turn = kit.dice.below(60) / 10
            box = _box(label, place, turn)
            listed.append({**box, "detection_name": label, "velocity": [0.5 * number, 0.0]})
            solids.append(clouds.solid(kit.dice.below(97), _SIZES[label], place, turn, 48))
        cloud = clouds.npz(points=np.concatenate(solids).astype(np.float32))
        given = {
            "lidar_file": _put(kit, "pointclouds", f"{_name(kit, index)}.npz", cloud),
            "images": kit.images(index, 2),
            "prompt": "Detect every object in 3D.",
        }
        entries.append({"input": given, "output": {"boxes": listed}})
    return entries


def tracks(kit: TaskBuilder) -> list[Entry]:
    """3D boxes over four scans in nuScenes' words, a .json for each sequence; filled with points."""
    entries: list[Entry] = []
    for index in range(COUNT):
        folder = f"pointclouds/{index + 1:04d}"
        scans: list[list[clouds.Points]] = [[] for _ in range(FRAMES)]
        frames: list[list[dict[str, Any]]] = [[] for _ in range(FRAMES)]
        for number in range(kit.dice.between(3, 4)):
            label, place = kit.dice.pick(("car", "pedestrian")), _place(kit, number)
            first = kit.dice.below(2)
            for moment in range(first, FRAMES):
                there = [place[0], round(place[1] + 0.8 * moment, 2), place[2]]
                box = _box(label, there, 0.1 * number)
                scans[moment].append(clouds.solid(7 * index + number, _SIZES[label], there, 0.1 * number))
                frames[moment].append({**box, "tracking_name": label, "tracking_id": f"{label}-{number}"})
        for moment, solids in enumerate(scans):
            _put(kit, folder, f"{moment + 8}.bin", clouds.scan(np.concatenate(solids or [np.zeros((1, 3))])))
        content = {"results": {f"{moment:02d}": frame for moment, frame in enumerate(frames)}}
        listed = _put(kit, "labels", f"{index + 1:04d}.json", json.dumps(content).encode())
        given = {"pointcloud_folder": folder, "prompt": "Track every object through the scans."}
        entries.append({"input": given, "output": {"annotation": listed}})
    return entries


RECIPES: Final[dict[str, Recipe]] = {
    "3d_part_segmentation": parts,
    "3d_semantic_segmentation": scene_classes,
    "3d_instance_segmentation": scene_objects,
    "3d_normal_estimation": normals,
    "3d_odometry": drives,
    "3d_detection": boxes,
    "3d_tracking": tracks,
}
