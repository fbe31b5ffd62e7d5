"""Files whose boxes lie as well-known data sets write them, made from the formats' official descriptions.

Every maker takes the true boxes (x, y, width, height in pixels, with the number of their class) and the
size of the image, and returns the `output` of an instance.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

NAMES = ("bird", "cat", "dog")


class Truth(NamedTuple):
    """One true box."""

    x: float
    y: float
    width: float
    height: float
    kind: int

    @property
    def corners(self) -> list[float]:
        return [self.x, self.y, self.x + self.width, self.y + self.height]

    @property
    def centred(self) -> list[float]:
        return [self.x + self.width / 2, self.y + self.height / 2, self.width, self.height]

    @property
    def plain(self) -> list[float]:
        return [self.x, self.y, self.width, self.height]


Size = tuple[int, int]


def shares(numbers: Sequence[float], size: Size, one: float = 1.0) -> list[float]:
    """Return x, y and again x, y or sizes as shares of the sides."""
    return [round(value * one / size[place % 2], 6) for place, value in enumerate(numbers)]


def swapped(numbers: Sequence[float]) -> list[float]:
    """Return y before x."""
    a, b, c, d = numbers
    return [b, a, d, c]


@dataclass(frozen=True)
class Variant:
    """A way to write the boxes of an image; `refused` holds the readings that the refusal names."""

    name: str
    make: Callable[[Sequence[Truth], Size], Any]
    header: Mapping[str, Any] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    size: Size = (640, 480)
    classes: bool = True
    """Whether the classes are told by names."""
    whole: bool = False
    """Whether numbers are integers."""
    either: bool = False
    """Whether chance may leave two readings: right or refused, but not wrong."""
    inner: bool = False
    """Whether all boxes lie far from the borders."""
    corner: bool = False
    """Whether all boxes lie in the left upper quarter."""
    reading: Mapping[str, str] = field(default_factory=dict)
    """What settles a refusal, and reads the file right."""


def truths(seed: int, size: Size, *, whole: bool, low: float, high: float, count: int = 3) -> list[Truth]:
    """Return boxes of usual sizes, inside the image."""
    chance = random.Random(seed)  # noqa: S311
    result = []
    for _ in range(count):
        width, height = chance.uniform(0.05, 0.25) * size[0], chance.uniform(0.05, 0.25) * size[1]
        x, y = (
            chance.uniform(low * side, high * side - length)
            for side, length in ((size[0], width), (size[1], height))
        )
        a, b, c, d = (float(int(value)) if whole else round(value, 2) for value in (x, y, width, height))
        result.append(Truth(a, b, c, d, chance.randrange(3)))
    return result


def _by_label(write: Callable[[Truth, Size], list[float]]) -> Callable[[Sequence[Truth], Size], Any]:
    def make(boxes: Sequence[Truth], size: Size) -> Any:
        result: dict[str, list[list[float]]] = {}
        for box in boxes:
            result.setdefault(NAMES[box.kind], []).append(write(box, size))
        return {"text": result}

    return make


def _rows(write: Callable[[Truth, Size], list[Any]]) -> Callable[[Sequence[Truth], Size], Any]:
    return lambda boxes, size: {"bbox": [write(box, size) for box in boxes]}


COCO = {"categories": [{"id": 16 + number, "name": name} for number, name in enumerate(NAMES)]}
LISTED = {"classes": list(NAMES)}

VARIANTS = (
    Variant("the benchmark's own", _by_label(lambda box, size: box.plain)),
    Variant(
        "COCO",
        lambda boxes, size: {
            "annotations": [{"bbox": box.plain, "category_id": 16 + box.kind, "iscrowd": 0} for box in boxes]
        },
        COCO,
    ),
    Variant(
        "Pascal VOC",
        lambda boxes, size: {
            "objects": [
                {
                    "name": NAMES[box.kind],
                    "bndbox": dict(zip(("xmin", "ymin", "xmax", "ymax"), box.corners, strict=True)),
                }
                for box in boxes
            ]
        },
    ),
    Variant("corners under labels", _by_label(lambda box, size: box.corners)),
    Variant(
        "corners in the left upper quarter",
        _by_label(lambda box, size: box.corners),
        corner=True,
        refused=("pixels_xywh (", "pixels_xyxy ("),
        reading={"box": "pixels_xyxy"},
    ),
    Variant(
        "the benchmark's own in the left upper quarter", _by_label(lambda box, size: box.plain), corner=True
    ),
    Variant("corners, whole", _by_label(lambda box, size: box.corners), whole=True),
    Variant("corners, stated", _by_label(lambda box, size: box.corners), {"bbox_format": "(x1, y1, x2, y2)"}),
    Variant("corners, y first", _by_label(lambda box, size: swapped(box.corners)), size=(1000, 400)),
    Variant("centres in pixels", _by_label(lambda box, size: box.centred), either=True),
    Variant("centres, stated", _by_label(lambda box, size: box.centred), {"bbox_format": "cx, cy, w, h"}),
    Variant(
        "stated wrong",
        _by_label(lambda box, size: box.corners),
        {"bbox_format": "x, y, w, h"},
        refused=("pixels_xywh (as the file says, but", "pixels_xyxy"),
    ),
    Variant("YOLO", _rows(lambda box, size: [box.kind, *shares(box.centred, size)]), LISTED),
    Variant("YOLO without names", _rows(lambda box, size: [0, *shares(box.centred, size)]), classes=False),
    Variant(
        "YOLO as texts",
        _rows(lambda box, size: [str(box.kind), *map(str, shares(box.centred, size))]),
        LISTED,
    ),
    Variant(
        "YOLO's predictions",
        _rows(lambda box, size: [box.kind, *shares(box.centred, size), 0.25 + 0.25 * box.kind]),
        LISTED,
        refused=("class_box_score", "class_score_box"),
        reading={"row": "class_box_score"},
    ),
    Variant(
        "YOLO under labels, far from the borders",
        _by_label(lambda box, size: shares(box.centred, size)),
        inner=True,
        refused=("unit_xywh (", "unit_cxcywh ("),
        reading={"box": "unit_cxcywh"},
    ),
    Variant(
        "shares x, y, w, h, far from the borders",
        _by_label(lambda box, size: shares(box.plain, size)),
        inner=True,
        refused=("unit_xywh (", "unit_cxcywh ("),
        reading={"box": "unit_xywh"},
    ),
    Variant("YOLO under labels", _by_label(lambda box, size: shares(box.centred, size)), either=True),
    Variant("shares x, y, w, h", _by_label(lambda box, size: shares(box.plain, size)), either=True),
    Variant(
        "shares, stated",
        _by_label(lambda box, size: shares(box.plain, size)),
        {"others": {"bbox_format": "normalized (x_min, y_min, width, height)"}},
    ),
    Variant(
        "albumentations' corners",
        _by_label(lambda box, size: shares(box.corners, size)),
        refused=("unit_xyxy (", "unit_yxyx ("),
        reading={"box": "unit_xyxy"},
    ),
    Variant(
        "TensorFlow's corners",
        _by_label(lambda box, size: swapped(shares(box.corners, size))),
        refused=("unit_xyxy (", "unit_yxyx ("),
        reading={"box": "unit_yxyx"},
    ),
    Variant(
        "OpenImages",
        lambda boxes, size: [
            {
                "LabelName": 1,
                "label": NAMES[box.kind],
                **dict(zip(("XMin", "YMin", "XMax", "YMax"), shares(box.corners, size), strict=True)),
            }
            for box in boxes
        ],
    ),
    Variant(
        "CVAT",
        lambda boxes, size: [
            {"label": NAMES[box.kind], **dict(zip(("xtl", "ytl", "xbr", "ybr"), box.corners, strict=True))}
            for box in boxes
        ],
    ),
    Variant(
        "Roboflow's predictions",
        lambda boxes, size: {
            "predictions": [
                {
                    "class": NAMES[box.kind],
                    **dict(zip(("x", "y", "width", "height"), box.centred, strict=True)),
                }
                for box in boxes
            ]
        },
        refused=("pixels_xywh (", "pixels_cxcywh ("),
        reading={"box": "pixels_cxcywh"},
    ),
    Variant(
        "VIA",
        lambda boxes, size: [
            {"label": NAMES[box.kind], **dict(zip(("x", "y", "width", "height"), box.plain, strict=True))}
            for box in boxes
        ],
    ),
    Variant(
        "Label Studio",
        lambda boxes, size: [
            {
                "label": NAMES[box.kind],
                **dict(zip(("x", "y", "width", "height"), shares(box.plain, size, 100), strict=True)),
            }
            for box in boxes
        ],
        refused=("pixels_xywh (", "percent_xywh ("),
        reading={"box": "percent_xywh"},
    ),
    Variant("class, corners", _rows(lambda box, size: [box.kind, *box.corners]), LISTED),
    Variant("class, corners, whole", _rows(lambda box, size: [box.kind, *box.corners]), LISTED, whole=True),
    Variant("class, x, y, w, h, whole", _rows(lambda box, size: [box.kind, *box.plain]), LISTED, whole=True),
    Variant("x, y, w, h, class", _rows(lambda box, size: [*box.plain, box.kind]), LISTED),
    Variant(
        "corners, score, class",
        _rows(lambda box, size: [*box.corners, 0.5 + box.kind / 10, box.kind]),
        LISTED,
    ),
    Variant("x, y, w, h, class, score", _rows(lambda box, size: [*box.plain, box.kind, 0.75]), LISTED),
    Variant("class, score, corners", _rows(lambda box, size: [box.kind, 0.75, *box.corners]), LISTED),
    Variant("name, corners", _rows(lambda box, size: [NAMES[box.kind], *box.corners])),
    Variant("x, y, w, h, name", _rows(lambda box, size: [*box.plain, NAMES[box.kind]])),
    Variant(
        "lists side by side",
        lambda boxes, size: {
            "boxes": [box.plain for box in boxes],
            "labels": [NAMES[box.kind] for box in boxes],
        },
    ),
    Variant(
        "numbers of listed classes side by side",
        lambda boxes, size: {
            "boxes": [box.plain for box in boxes],
            "labels": [box.kind + 1 for box in boxes],
        },
        LISTED,
    ),
    Variant(
        "thousandths on large images",
        _by_label(lambda box, size: shares(box.corners, size, 1000)),
        size=(2000, 1500),
        refused=("thousand_",),
    ),
    Variant(
        "thousandths on small images",
        _by_label(lambda box, size: shares(box.corners, size, 1000)),
        refused=("thousand_xyxy (", "thousand_yxyx ("),
        reading={"box": "thousand_xyxy"},
    ),
    Variant(
        "VisDrone", _rows(lambda box, size: [*box.plain, 1, box.kind, 0, 0]), refused=("cannot be read",)
    ),
    Variant(
        "four points",
        lambda boxes, size: {
            "bbox": [
                [
                    [box.x, box.y],
                    [box.x + box.width, box.y],
                    [box.x + box.width, box.y + box.height],
                    [box.x, box.y + box.height],
                ]
                for box in boxes
            ]
        },
        refused=("cannot be read",),
    ),
    Variant(
        "x, y, w, h and a mark of 0 or 1",
        _rows(lambda box, size: [*box.plain, box.kind % 2]),
        refused=("box_score or box_class",),
    ),
    Variant(
        "y, x, h, w",
        _by_label(lambda box, size: [box.y, box.x, box.height, box.width]),
        refused=("nothing fits",),
    ),
    Variant(
        "x, y, w, h and an angle",
        _rows(lambda box, size: [*box.plain, 30.5]),
        refused=("rows of 5 numbers, nothing fits",),
    ),
    Variant(
        "detectron2",
        lambda boxes, size: [
            {"bbox": box.corners, "bbox_mode": 0, "category": NAMES[box.kind]} for box in boxes
        ],
    ),
    Variant(
        "images of another size",
        _by_label(lambda box, size: [2 * value for value in box.plain]),
        refused=("contradict",),
    ),
)
