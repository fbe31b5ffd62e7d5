"""Recipes for boxes, points, tracks and tubes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.suite.demo.builder import COUNT, FRAMES, Entry, TaskBuilder
from pytest_generalbench.suite.demo.media import files
from pytest_generalbench.suite.demo.media import scenes as scenery
from pytest_generalbench.suite.demo.media.vocabulary import ANIMALS, PLACES, THINGS

if TYPE_CHECKING:
    from collections.abc import Sequence

from pytest_generalbench.suite.demo.builder import Recipe

_KINDS: Final = (2, 4)
"""Colours of the first class and of the second."""
_PEOPLE: Final = (3, 6)
_NAMED: Final = {2: "red", 3: "green", 4: "blue", 5: "yellow", 6: "purple"}

# A person of 17 points in COCO's order, in a box of 12 by 20 pixels.
_BODY: Final = (
    (6, 1), (5, 0), (7, 0), (4, 1), (8, 1), (3, 5), (9, 5), (1, 8), (11, 8), (0, 11), (12, 11), (4, 11),
    (8, 11), (4, 15), (8, 15), (4, 20), (8, 20),
)  # fmt: skip

_Whole = tuple[int, int, int, int]
"""A box of whole pixels: x, y, width, height."""


def _scene(boxes: Sequence[_Whole], number: int, colours: Sequence[int]) -> bytes:
    """Return a textured picture that shows a filled rectangle per box, each in its colour."""
    shown = np.full((scenery.SIDE, scenery.SIDE), scenery.GROUNDS[number % len(scenery.GROUNDS)])
    shades = scenery.shade(7 * number)
    for place, ((x, y, width, height), colour) in enumerate(zip(boxes, colours, strict=True)):
        shown[y : y + height, x : x + width] = colour
        skin = scenery.shade(7 * number + place + 1, x, y)
        shades[y : y + height, x : x + width] = skin[y : y + height, x : x + width]
    return files.shaded_png(shown, shades)


def _boxes(kit: TaskBuilder, index: int, count: int) -> list[_Whole]:
    """Return boxes that lie apart: each in a quarter of the picture of its own, and no two pictures alike."""
    half = scenery.SIDE // 2
    boxes = []
    for place in range(count):
        corner = (index + place) % 4
        width, height = kit.dice.between(9, 18), kit.dice.between(9, 18)
        x = half * (corner % 2) + 1 + kit.dice.below(half - width - 1)
        y = half * (corner // 2) + 1 + kit.dice.below(half - height - 1)
        boxes.append((x, y, width, height))
    return boxes


def _corners(box: _Whole) -> list[int]:
    x, y, width, height = box
    return [x, y, x + width, y + height]


def _as_labelled(boxes: Sequence[_Whole], names: Sequence[str]) -> dict[str, Any]:
    """As in the bird file: an object of label to boxes."""
    grouped: dict[str, list[list[int]]] = {}
    for box, name in zip(boxes, names, strict=True):
        grouped.setdefault(name, []).append(list(box))
    return {"text": grouped}


def _as_objects(boxes: Sequence[_Whole], names: Sequence[str]) -> dict[str, Any]:
    """As in the fall file: a list of one-label objects, with decimals."""
    pairs = zip(boxes, names, strict=True)
    return {"bbox": [{name: [float(value) for value in box]} for box, name in pairs]}


def _as_coco(boxes: Sequence[_Whole], names: Sequence[str]) -> dict[str, Any]:
    pairs = enumerate(zip(boxes, names, strict=True), 1)
    return {
        "annotations": [
            {"id": place, "bbox": list(box), "area": box[2] * box[3], "iscrowd": 0, "category": name}
            for place, (box, name) in pairs
        ]
    }


def _as_lists(boxes: Sequence[_Whole], names: Sequence[str]) -> dict[str, Any]:
    """Corners beside labels; the header says so."""
    return {"boxes": [_corners(box) for box in boxes], "labels": list(names)}


_SHAPES: Final = {
    "labelled": _as_labelled, "objects": _as_objects, "coco": _as_coco, "lists": _as_lists,
}  # fmt: skip


def detection(kit: TaskBuilder) -> list[Entry]:
    """Detection of one to three objects of one class or two, in the shapes seen and in COCO's."""
    shape = kit.fixed(*_SHAPES)
    if shape == "lists":
        kit.header["others"] = {"note": "synthetic demo data", "bbox_format": "(x_min, y_min, x_max, y_max)"}
    elif shape == "labelled":
        kit.header["others"] = {"note": "synthetic demo data", "bbox_format": "(x_min, y_min, width, height)"}
    noun = kit.title.replace(" detection", "").replace("detection", "").strip() or "object"
    classes = kit.fixed("one", "two")
    names = [noun] if classes == "one" else [noun, f"other {noun}"]
    entries: list[Entry] = []
    for index in range(COUNT):
        boxes = _boxes(kit, index, 1 + index % 3)
        kinds = [(index + place) % len(names) for place in range(len(boxes))]
        labels = [names[kind] for kind in kinds]
        colours = [_KINDS[kind] for kind in kinds]
        given = {
            "image_file": kit.image(index, _scene(boxes, index, colours)),
            "prompt": f"Detect every {noun} in the given image.",
        }
        entries.append({"input": given, "output": _SHAPES[shape](boxes, labels)})
    return entries


def grounding(kit: TaskBuilder) -> list[Entry]:
    """One box for an expression that names its colour, under keys that differ by task."""
    key = kit.fixed("bbox", "answer", "text")
    entries: list[Entry] = []
    for index in range(COUNT):
        boxes = _boxes(kit, index, 2)
        (colour, word), (other, _) = kit.dice.sample(tuple(_NAMED.items()), 2)
        given = {
            "image_file": kit.image(index, _scene(boxes, index, (colour, other))),
            "prompt": f"the {word} {THINGS[index]} behind the {ANIMALS[index]}",
        }
        answer: Any = list(boxes[0]) if key != "text" else str(list(boxes[0]))
        entries.append({"input": given, "output": {key: answer}})
    return entries


def keypoints(kit: TaskBuilder) -> list[Entry]:
    """One person or two with COCO's 17 points."""
    entries: list[Entry] = []
    for index in range(COUNT):
        people: list[Entry] = []
        boxes: list[_Whole] = []
        for place in range(1 + index % 2):
            x, y = 2 + 24 * ((index + place) % 2) + 2 * (index % 3), 3 + 2 * index
            hidden = kit.dice.below(len(_BODY))
            points = [(x + dx, y + dy, 1 if number == hidden else 2) for number, (dx, dy) in enumerate(_BODY)]
            boxes.append((x, y, 12, 20))
            people.append(
                {
                    "keypoints": [value for point in points for value in point],
                    "num_keypoints": len(points),
                    "bbox": [x, y, 12, 20],
                    "area": 150.0,
                    "iscrowd": 0,
                }
            )
        given = {
            "image_file": kit.image(index, _scene(boxes, index, _PEOPLE[: len(boxes)])),
            "prompt": "Find the keypoints of every person.",
        }
        entries.append({"input": given, "output": {"annotations": people}})
    return entries


def _moving(kit: TaskBuilder, index: int) -> list[_Whole]:
    """Return a box per frame, on its way through the picture."""
    width, height = kit.dice.between(10, 14), kit.dice.between(10, 14)
    across, down = 4 + index % 3, 3 + index % 4
    x, y = kit.dice.below(15), kit.dice.below(15)
    if index % 2:  # to the left
        x, across = scenery.SIDE - width - x, -across
    return [(x + across * moment, y + down * moment, width, height) for moment in range(FRAMES)]


def _filmed(kit: TaskBuilder, index: int, boxes: Sequence[_Whole | None]) -> str:
    """Add the frames that show the boxes, or the ground alone where there is none; return their folder."""
    folder = kit.video_folder(index)
    names = sorted((name for name in kit.files if name.startswith(f"{folder}/")), key=len)
    for name, box in zip(names, boxes, strict=True):
        colour = scenery.THINGS[index % len(scenery.THINGS)]
        kit.files[name] = _scene([box], index, [colour]) if box else _scene([], index, [])
    return folder


def tracking(kit: TaskBuilder) -> list[Entry]:
    """Tracking: a folder of frames, and a box per frame under `answer`; one object goes out of sight."""
    entries: list[Entry] = []
    for index in range(COUNT):
        boxes = _moving(kit, index)
        there = [None if (index, moment) == (3, 2) else box for moment, box in enumerate(boxes)]
        given = {"video_folder": _filmed(kit, index, there), "prompt": f"Track the {THINGS[index]}."}
        answer = [list(box or (0, 0, 0, 0)) for box in there]
        entries.append({"input": given, "output": {"answer": answer}})
    return entries


def tubes(kit: TaskBuilder) -> list[Entry]:
    """Action detection (a list, frames from 1) and grounding (boxes by frame number), flat instances.

    The object is seen from the first frame of its tube to the last.
    """
    by_number = kit.slug.endswith("grounding")
    entries: list[Entry] = []
    for index in range(COUNT):
        boxes = _moving(kit, index)
        start = index % 2
        end = FRAMES - (index // 2) % 2
        inside = {frame: list(boxes[frame]) for frame in range(start, end)}
        trajectory: Any = list(inside.values())
        if by_number:
            trajectory = {str(frame): {"bbox": box} for frame, box in inside.items()}
        first = 0 if by_number else 1
        entries.append(
            {
                "original_video_id": f"v{index:05d}",
                "video_path": _filmed(
                    kit, index, [box if frame in inside else None for frame, box in enumerate(boxes)]
                ),
                "frame_count": FRAMES,
                "caption": f"The {ANIMALS[index]} moves through the {PLACES[index]}.",
                "tube_start_frame": start + first,
                "tube_end_frame": end + first,
                "trajectory": trajectory,
            }
        )
    return entries


RECIPES: Final[dict[str, Recipe]] = {
    "object_detection": detection,
    "visual_grounding": grounding,
    "keypoint_detection": keypoints,
    "video_object_tracking": tracking,
    "video_spatiotemporal_grounding": tubes,
}
