"""Masks, saliency and class maps."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from tests.protocols.source_formats import files as made
from tests.protocols.source_formats.files import BOTH, CLASSES, FIRST, OBJECTS, SOFT, pillow
from tests.protocols.source_formats.variants import Variant


def binary(name: str, *contents: bytes, ending: str = "png", **more: Any) -> Variant:
    names = [f"masks/{number}.{ending}" for number in range(len(contents))]
    files = dict(zip(names, contents, strict=True))
    return Variant(
        f"binary: {name}", "semantic_segmentation", tuple(names), files, options={"mode": "binary"}, **more
    )


def classes(name: str, *contents: bytes, ending: str = "png", **more: Any) -> Variant:
    names = [f"masks/{number}.{ending}" for number in range(len(contents))]
    files = dict(zip(names, contents, strict=True))
    return Variant(
        f"classes: {name}", "semantic_segmentation", tuple(names), files, options={"mode": "class"}, **more
    )


def salient(
    name: str, *contents: bytes, protocol: str = "video_salient_object_detection", **more: Any
) -> Variant:
    files = {f"gt/v/{number:05d}.png": content for number, content in enumerate(contents)}
    return Variant(f"salient: {name}", protocol, ("gt/v",), files, **more)


GREY = np.array([0, 85, 170, 255], np.uint8)[CLASSES]
BORDERED = np.where(made.grid(24, 32) & (CLASSES == 0), 255, CLASSES).astype(np.uint8)
VOID_TRUTH = BORDERED.astype(int)
JPEG = {"quality": 75}

BINARY = (
    binary("0 and 255", pillow(BOTH.astype(np.uint8) * 255), expected=(BOTH,)),
    binary("0 and 1", pillow(BOTH.astype(np.uint8)), expected=(BOTH,)),
    binary("one bit", pillow(BOTH), expected=(BOTH,)),
    binary("0 and 128", pillow(BOTH.astype(np.uint8) * 128), expected=(BOTH,)),
    binary("0 and 65535 in 16 bits", made.png16(BOTH * 65535), expected=(BOTH,)),
    binary(
        "grey of DAVIS' colours, 38 and 75",
        pillow(np.array([0, 38, 75], np.uint8)[OBJECTS]),
        expected=(BOTH,),
    ),
    binary("DAVIS' palette", made.paletted(OBJECTS), expected=(BOTH,)),
    binary("DAVIS' colours", pillow(made.voc_colours(OBJECTS)), expected=(BOTH,)),
    binary("blue alone", pillow(made.only(BOTH.astype(np.uint8) * 255, 2)), expected=(BOTH,)),
    binary("green alone, dark", pillow(made.only(BOTH.astype(np.uint8) * 90, 1)), expected=(BOTH,)),
    binary("RGBA, opaque", pillow(made.with_alpha(BOTH.astype(np.uint8) * 255)), expected=(BOTH,)),
    binary(
        "the object in the alpha channel",
        pillow(made.with_alpha(np.zeros_like(OBJECTS), BOTH * np.uint8(255))),
        expected=(BOTH,),
    ),
    binary(
        "JPEG of 0 and 255",
        pillow(BOTH.astype(np.uint8) * 255, "JPEG", **JPEG),
        ending="jpg",
        expected=(BOTH,),
    ),
    binary(
        "VOC's palette with its border",
        made.paletted(np.where(OBJECTS == 2, 255, OBJECTS).astype(np.uint8), True),
        expected=(FIRST,),
    ),
    binary(
        "1 and a border of 255",
        pillow(np.where(OBJECTS == 2, 255, OBJECTS).astype(np.uint8)),
        word="foreground",
        readings=("1", "above_0"),
        settled=("1", (FIRST,)),
    ),
    binary(
        "a trimap of 0, 128, 255",
        pillow(np.array([0, 128, 255], np.uint8)[OBJECTS]),
        word="foreground",
        readings=("255", "above_0"),
        settled=("255", (OBJECTS == 2,)),
    ),
    binary(
        "the Pets' trimap of 1, 2, 3",
        pillow(np.array([2, 1, 3], np.uint8)[OBJECTS]),
        word="foreground",
        readings=("1", "above_0"),
        settled=("1", (FIRST,)),
    ),
    binary(
        "shades of a soft map",
        pillow(SOFT),
        word="foreground",
        readings=("from_128", "above_0"),
        settled=("from_128", (SOFT >= 128,)),
    ),
    binary(
        "0 and 1 in one file, 0 and 255 in another",
        pillow(BOTH.astype(np.uint8)),
        pillow(BOTH.astype(np.uint8) * 255),
        word="foreground",
        readings=("1", "above_0"),
        settled=("above_0", (BOTH, BOTH)),
    ),
)

THREE = np.array([0, 128, 255], np.uint8)[np.kron(OBJECTS, np.ones((8, 8), np.uint8))]
LEVELS = np.array([0, 100, 200, 255], np.uint8)[CLASSES]

WHITE_FIRST = [(255, 255, 255), (0, 0, 0)]

BINARY_LEVELS = (
    binary(
        "a palette with white first",
        made.recoloured(1 - BOTH.astype(np.uint8), WHITE_FIRST),
        word="foreground",
        readings=("above_0", "0"),
        settled=("0", (BOTH,)),
    ),
    binary(
        "a JPEG of 0, 128, 255",
        pillow(THREE, "JPEG", **JPEG),
        ending="jpg",
        word="foreground",
        readings=("from_128", "above_0"),
    ),
    binary("three levels", pillow(LEVELS), word="foreground", readings=("above_0", "from_128")),
    binary(
        "a soft map in an array",
        made.npy(SOFT / np.float32(255)),
        ending="npy",
        word="foreground",
        readings=("from_128",),
        settled=("from_128", (SOFT >= 128,)),
    ),
    binary("an array of 0.0 and 1.0", made.npy(BOTH.astype(np.float32)), ending="npy", expected=(BOTH,)),
)

SALIENT = (
    salient(
        "DAVIS' palette, two objects",
        made.paletted(OBJECTS),
        made.paletted(OBJECTS),
        expected=(np.stack([BOTH] * 2),),
    ),
    salient("0 and 255", pillow(BOTH.astype(np.uint8) * 255), expected=(BOTH[None],)),
    salient("blue alone", pillow(made.only(BOTH.astype(np.uint8) * 255, 2)), expected=(BOTH[None],)),
    salient(
        "camouflage, grey 128",
        pillow(BOTH.astype(np.uint8) * 128),
        expected=(BOTH[None],),
        protocol="video_camouflaged_object_detection",
    ),
    salient(
        "the object segmented in palettes of two",
        made.paletted(OBJECTS),
        protocol="video_object_segmentation",
        word="foreground",
        readings=("1", "above_0"),
    ),
)

CLASS_MAPS = (
    classes(
        "ids and 128 far from them",
        pillow(np.array([0, 1, 2, 128], np.uint8)[CLASSES]),
        word="void",
        readings=("none", "128"),
        settled=("128", (np.array([0, 1, 2, 255])[CLASSES],)),
    ),
    classes(
        "a JPEG of 0, 128, 255",
        pillow(THREE, "JPEG", **JPEG),
        ending="jpg",
        word="classes",
        readings=("all",),
        settled=("0 128 255", (np.kron(OBJECTS, np.ones((8, 8), np.uint8)),)),
    ),
    classes("grey ids", pillow(CLASSES), expected=(CLASSES,)),
    classes("VOC's palette, 255 a border", made.paletted(BORDERED, True), expected=(VOID_TRUTH,)),
    classes("train ids with void 255", pillow(BORDERED), expected=(VOID_TRUTH,)),
    classes(
        "ids with −1",
        made.npy(np.where(BORDERED == 255, -1, BORDERED.astype(np.int16))),
        ending="npy",
        expected=(VOID_TRUTH,),
    ),
    classes("(1, height, width)", made.npy(CLASSES[None]), ending="npy", expected=(CLASSES,)),
    classes("(height, width, 1)", made.npy(CLASSES[..., None]), ending="npy", expected=(CLASSES,)),
    classes("VOC's colours", pillow(made.voc_colours(CLASSES)), expected=(np.array([0, 2, 1, 3])[CLASSES],)),
    classes("RGBA ids, opaque", pillow(made.with_alpha(CLASSES)), expected=(CLASSES,)),
    classes("ids in red alone", pillow(made.only(CLASSES, 0)), expected=(CLASSES,)),
    classes("four even greys with 255", pillow(GREY), expected=(CLASSES,)),
    classes(
        "Cityscapes' instanceIds",
        made.png16(np.array([0, 7, 24001, 26000])[CLASSES]),
        expected=(np.array([0, 7, 24, 26])[CLASSES],),
    ),
    classes("0 and 128", pillow(FIRST.astype(np.uint8) * 128), expected=(FIRST.astype(int),)),
    classes(
        "REFUGE's 0, 128, 255",
        pillow(np.array([0, 128, 255], np.uint8)[OBJECTS]),
        word="void",
        readings=("none", "128", "255"),
        settled=("none", (OBJECTS,)),
    ),
    classes(
        "100 in the 19th file alone",
        *[pillow(BOTH.astype(np.uint8) * 255)] * 18,
        pillow(np.array([0, 100, 255], np.uint8)[OBJECTS]),
        word="void",
        readings=("none", "255"),
    ),
    classes(
        "ids in a JPEG",
        pillow(CLASSES * np.uint8(20), "JPEG", **JPEG),
        ending="jpg",
        word="classes",
        readings=("all",),
        settled=("0 20 40 60", (CLASSES,)),
    ),
    classes(
        "a photo",
        pillow(np.random.default_rng(1).integers(0, 256, (24, 32, 3), np.uint8)),
        word="classes",
        readings=("all",),
    ),
)

VARIANTS: Final = (*BINARY, *BINARY_LEVELS, *SALIENT, *CLASS_MAPS)
