"""Depth, disparity, flow and mattes."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from tests.protocols.source_formats import files as made
from tests.protocols.source_formats.files import FLOW, METRES, OBJECTS, SOFT, pillow
from tests.protocols.source_formats.variants import Variant, one_file


def depth(name: str, content: bytes, file: str = "depth/1.png", **more: Any) -> Variant:
    return one_file("depth", "depth_estimation", name, content, file, "depth", **more)


def flow(name: str, content: bytes, file: str = "flow/1.png", **more: Any) -> Variant:
    return one_file("flow", "optical_flow", name, content, file, "flow", **more)


def matte(name: str, content: bytes, **more: Any) -> Variant:
    return one_file("matting", "matting", name, content, "alpha/1.png", "alpha", **more)


HOLED = METRES.copy()
HOLED[0, 0] = 0
MILLI = np.round(METRES * 1000)
SCALED = {
    name: made.png16(np.round(METRES * steps)) for name, steps in (("kitti", 256), ("tum", 5000), ("cm", 100))
}


def sentinel(value: float) -> bytes:
    values = METRES.astype(np.float32)
    values[0, 0] = value
    return made.npy(values)


DEPTH = (
    depth("metres in an array", made.npy(METRES.astype(np.float32)), "depth/1.npy", expected=(METRES,)),
    depth("metres and a sentinel of 1000", sentinel(1000), "depth/1.npy", expected=(HOLED,)),
    depth("metres, none at infinity", sentinel(np.inf), "depth/1.npy", expected=(HOLED,)),
    depth("metres, none at −1", sentinel(-1), "depth/1.npy", expected=(HOLED,)),
    depth("(1, height, width)", made.npy(METRES[None].astype(np.float32)), "depth/1.npy", expected=(METRES,)),
    depth(
        "(height, width, 1)",
        made.npy(METRES[..., None].astype(np.float32)),
        "depth/1.npy",
        expected=(METRES,),
    ),
    depth("16 bits of millimetres", made.png16(MILLI), expected=(MILLI / 1000,)),
    depth(
        "millimetres, none at 65535",
        made.png16(np.where(HOLED > 0, MILLI, 65535)),
        expected=(np.where(HOLED > 0, MILLI / 1000, 0),),
    ),
    depth("SUN RGB-D's rotated bits", made.png16(made.sun_rgbd(MILLI)), expected=(MILLI / 1000,)),
    depth(
        "centimetres",
        SCALED["cm"],
        word="depth_unit",
        readings=("cm", "1/256"),
        settled=("cm", (np.round(METRES * 100) / 100,)),
    ),
    depth(
        "KITTI's 1/256",
        SCALED["kitti"],
        word="depth_unit",
        readings=("1/256",),
        settled=("1/256", (np.round(METRES * 256) / 256,)),
    ),
    depth(
        "TUM's 1/5000",
        SCALED["tum"],
        word="depth_unit",
        readings=("1/5000", "1/4000"),
        settled=("1/5000", (np.round(METRES * 5000) / 5000,)),
    ),
    depth(
        "KITTI named in the header",
        SCALED["kitti"],
        header={"data_source": "KITTI depth"},
        expected=(np.round(METRES * 256) / 256,),
    ),
    depth(
        "a scale in the header",
        SCALED["tum"],
        header={"others": {"depth_scale": 5000}},
        expected=(np.round(METRES * 5000) / 5000,),
    ),
    depth("8 bits", pillow((METRES * 25).astype(np.uint8)), word="depth_unit", readings=("10/255",)),
    depth(
        "a drawing in colours",
        pillow(np.dstack([SOFT, 255 - SOFT, SOFT // 2])),
        word="depth_unit",
        readings=("carla",),
    ),
    depth(
        "a share of the largest",
        made.npy((METRES / 4).astype(np.float32)),
        "depth/1.npy",
        word="depth_unit",
        readings=("m", "10/1"),
    ),
    depth(
        "disparity by its name",
        made.npz(disparity=(1 / METRES).astype(np.float32)),
        "depth/1.npz",
        word="depth",
        readings=("depth", "disparity"),
    ),
)

CLIP = np.stack([METRES, METRES + 1]).astype(np.float32)


def video_depth(name: str, content: bytes, **more: Any) -> Variant:
    return one_file("video depth", "video_depth_estimation", name, content, "depth/1.npz", **more)


RAINBOW = [(number, 255 - number, number // 2) for number in range(256)]

NAMED = (
    depth(
        "a drawing in a palette",
        made.recoloured(SOFT, RAINBOW),
        word="depth_unit",
        readings=("carla", "10/255"),
    ),
    depth(
        "disparity by its folder",
        made.png16(MILLI),
        "disparity/1.png",
        word="depth",
        readings=("depth", "disparity"),
        settled=("depth", (MILLI / 1000,)),
    ),
    depth("a file called display", made.png16(MILLI), "depth/display_1.png", expected=(MILLI / 1000,)),
)

VIDEO_DEPTH = (
    video_depth("disparity", made.npz(disparity=1 / CLIP[:, None]), expected=(1 / CLIP,)),
    video_depth("disp without the axis of one", made.npz(disp=1 / CLIP), expected=(1 / CLIP,)),
    video_depth("(frames, height, width, 1)", made.npz(disparity=1 / CLIP[..., None]), expected=(1 / CLIP,)),
    video_depth("(1, frames, height, width)", made.npz(disparity=1 / CLIP[None]), expected=(1 / CLIP,)),
    video_depth("depth in metres", made.npz(depth=CLIP[:, None]), expected=(1 / CLIP,)),
    video_depth("depth in millimetres", made.npz(depth=CLIP * 1000), expected=(1 / CLIP,)),
    video_depth(
        "an array without a name",
        made.npz(arr_0=CLIP),
        word="depth",
        readings=("depth", "disparity"),
        settled=("disparity", (CLIP,)),
    ),
)

SPARSE = made.grid(24, 32)
SPARSE_FLOW = np.where(SPARSE[:, :, None] > 0, FLOW, np.nan)
ONES = np.ones((24, 32))

OPTICAL_FLOW = (
    flow("Middlebury", made.middlebury(FLOW), "flow/1.flo", expected=(FLOW,)),
    flow(
        "Middlebury, unknown pixels at 1e10",
        made.middlebury(np.where(SPARSE[:, :, None] > 0, FLOW, 1e10)),
        "flow/1.flo",
        expected=(SPARSE_FLOW,),
    ),
    flow("KITTI, dense", made.kitti_flow(FLOW, ONES), expected=(FLOW,)),
    flow("KITTI, sparse", made.kitti_flow(FLOW, SPARSE), expected=(SPARSE_FLOW,)),
    flow("KITTI, blue first", made.kitti_flow(FLOW, SPARSE, (2, 1, 0)), expected=(SPARSE_FLOW,)),
    flow(
        "(2, height, width)",
        made.npy(np.moveaxis(FLOW, 2, 0).astype(np.float32)),
        "flow/1.npy",
        expected=(FLOW,),
    ),
    flow(
        "(height, width, 3) with what is valid",
        made.npy(np.dstack([FLOW, SPARSE]).astype(np.float32)),
        "flow/1.npy",
        expected=(SPARSE_FLOW,),
    ),
    flow("KITTI's numbers in an array", made.npy((FLOW * 64 + 32768).astype(np.uint16)), "flow/1.npy"),
    flow("a colour wheel", pillow(np.dstack([SOFT] * 3))),
)

ALPHA = SOFT / 255

CODED = FLOW * 64 + 32768
OPTICAL_FLOW_DOUBTS = (
    flow(
        "16-bit colours without a channel of what is valid",
        made.png16(np.dstack([CODED, np.arange(24 * 32).reshape(24, 32)])),
        word="flow_valid",
        readings=("all", "third"),
        settled=("all", (FLOW,)),
    ),
    flow("KITTI, the third channel empty", made.png16(np.dstack([CODED, 0 * ONES])), expected=(FLOW,)),
    flow("(1, 2, height, width)", made.npy(np.moveaxis(FLOW, 2, 0)[None]), "flow/1.npy", expected=(FLOW,)),
    flow("flow in thousandths of a pixel", made.npy(FLOW * 1000), "flow/1.npy"),
)

MATTES = (
    matte(
        "a palette with other greys",
        made.recoloured(SOFT, [(255 - number,) * 3 for number in range(256)]),
        word="channel",
        readings=("red", "alpha"),
    ),
    matte("8 bits", pillow(SOFT), expected=(ALPHA,)),
    matte("16 bits", made.png16(SOFT.astype(int) * 257), expected=(ALPHA,)),
    matte("grey with an opaque alpha channel", pillow(made.with_alpha(SOFT)), expected=(ALPHA,)),
    matte(
        "cut out of a photo",
        pillow(made.with_alpha(np.random.default_rng(2).integers(0, 256, (24, 32, 3), np.uint8), SOFT)),
        expected=(ALPHA,),
    ),
    matte(
        "up to 100",
        pillow((SOFT // 3).astype(np.uint8)),
        word="alpha",
        readings=("255", "85"),
        settled=("85", (SOFT // 3 / 85,)),
    ),
    matte(
        "a trimap",
        pillow(np.array([0, 128, 255], np.uint8)[OBJECTS]),
        word="alpha",
        readings=("trimap", "255"),
    ),
)

VARIANTS: Final = (*DEPTH, *NAMED, *VIDEO_DEPTH, *OPTICAL_FLOW, *OPTICAL_FLOW_DOUBTS, *MATTES)
