"""Instances and panoptic maps."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from tests.protocols.source_formats import files as made
from tests.protocols.source_formats.files import BOTH, FIRST, OBJECTS, SOFT, pillow
from tests.protocols.source_formats.variants import Files, Variant, one_file


def instances(name: str, content: bytes, file: str = "gt/1.png", **more: Any) -> Variant:
    return one_file("instances", "instance_segmentation", name, content, file, "mask", **more)


TWO = ((FIRST, ""), (OBJECTS == 2, ""))
PERSONS = ((FIRST, "24"), (OBJECTS == 2, "24"))
SQUARES = [[3, 2, 11, 2, 11, 7, 3, 7], [20, 12, 26, 12, 26, 17, 20, 17]]
IDS16 = np.array([0, 24000, 24001])[OBJECTS]
IDS16[20:] = 7
IDS16[22:] = 24

SHAPES = [
    {"label": "person", "shape_type": "polygon", "points": np.reshape(one, (-1, 2)).tolist()}
    for one in SQUARES
]

INSTANCES = (
    Variant(
        "instances: LabelMe's shapes",
        "instance_segmentation",
        ({"version": "5.0", "shapes": SHAPES, "imageHeight": 24},),
        expected=(((FIRST, "person"), (OBJECTS == 2, "person")),),
    ),
    Variant(
        "instances: boxes under a label are no polygons",
        "instance_segmentation",
        ({"person": [[3, 2, 8, 5], [20, 12, 6, 5]]},),
    ),
    Variant(
        "instances: a mask file for each, with a border of 255",
        "instance_segmentation",
        ([{"mask": "m/1.png", "label": "a"}],),
        {"m/1.png": pillow(np.array([0, 1, 255], np.uint8)[OBJECTS])},
        word="foreground",
        readings=("1", "above_0"),
        settled=("1", (((FIRST, "a"),),)),
    ),
    instances("grey ids", pillow(OBJECTS), expected=(TWO,)),
    instances("RGBA ids, opaque", pillow(made.with_alpha(OBJECTS)), expected=(TWO,)),
    instances("LA ids, opaque", pillow(np.dstack([OBJECTS, np.full_like(OBJECTS, 255)])), expected=(TWO,)),
    instances("a colour for each", pillow(made.voc_colours(OBJECTS)), expected=((TWO[1], TWO[0]),)),
    instances(
        "VOC's palette with its border",
        made.paletted(np.where(made.grid(24, 32) & (OBJECTS == 0), 255, OBJECTS).astype(np.uint8), True),
        expected=(TWO,),
    ),
    instances("Cityscapes' instanceIds with stuff and a crowd", made.png16(IDS16), expected=(PERSONS,)),
    instances(
        "Cityscapes' labelIds",
        pillow(OBJECTS * np.uint8(24)),
        "gt/a_gtFine_labelIds.png",
        word="ids",
        readings=("plain", "class_1000"),
    ),
    instances(
        "KITTI MOTS with what is left out",
        made.png16(np.array([10000, 1001, 2001])[OBJECTS]),
        expected=(((FIRST, "1"), (OBJECTS == 2, "2")),),
    ),
    instances(
        "one mask of 255",
        pillow(BOTH.astype(np.uint8) * 255),
        word="ids",
        readings=("plain",),
        settled=("plain", (((BOTH, ""),),)),
    ),
    instances(
        "ids and 255",
        pillow(np.array([0, 1, 255], np.uint8)[OBJECTS]),
        word="void",
        readings=("255", "none"),
        settled=("none", (TWO,)),
    ),
    Variant(
        "instances: flat polygons under a label",
        "instance_segmentation",
        ({"person": SQUARES},),
        expected=(((FIRST, "person"), (OBJECTS == 2, "person")),),
    ),
    Variant(
        "instances: polygons in lists under a label",
        "instance_segmentation",
        ({"person": [[one] for one in SQUARES]},),
        expected=(((FIRST, "person"), (OBJECTS == 2, "person")),),
    ),
)

SEGMENTS = np.array([0, 3226956, 70000])[OBJECTS]
INFO = [{"id": 3226956, "category_id": 1}, {"id": 70000, "category_id": 2}]
PANOPTIC_TRUTH = ((FIRST, "1"), (OBJECTS == 2, "2"))


def panoptic(name: str, files: Files, info: Any = INFO, **more: Any) -> Variant:
    raw = {"file_name": "p/1.png", **({} if info is None else {"segments_info": info})}
    if "p/2.png" in files:
        raw["mask"] = "p/2.png"
    return Variant(f"panoptic: {name}", "panoptic_segmentation", (raw,), files, **more)


PANOPTIC = (
    panoptic("COCO's colours", {"p/1.png": pillow(made.rgb_ids(SEGMENTS))}, expected=(PANOPTIC_TRUTH,)),
    panoptic(
        "blue first", {"p/1.png": pillow(made.rgb_ids(SEGMENTS, (2, 1, 0)))}, expected=(PANOPTIC_TRUTH,)
    ),
    panoptic(
        "file_name is the picture itself",
        {"p/1.png": pillow(SOFT), "p/2.png": pillow(made.rgb_ids(SEGMENTS))},
        expected=(PANOPTIC_TRUTH,),
    ),
    panoptic(
        "a segment without a pixel",
        {"p/1.png": pillow(made.rgb_ids(SEGMENTS))},
        [*INFO, {"id": 5, "category_id": 1}],
    ),
    panoptic("colours without a list", {"p/1.png": pillow(made.rgb_ids(SEGMENTS))}, None),
    panoptic(
        "Cityscapes' ids",
        {"p/1.png": made.png16(np.array([0, 7, 26001])[OBJECTS])},
        None,
        expected=(((FIRST, "7"), (OBJECTS == 2, "26")),),
    ),
)

VARIANTS: Final = (*INSTANCES, *PANOPTIC)
