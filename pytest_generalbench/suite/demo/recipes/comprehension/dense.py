"""Recipes for masks and maps over images and frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.core.outputs.codecs.images.flow import write_flo
from pytest_generalbench.core.outputs.codecs.images.rle import encode
from pytest_generalbench.suite.demo.builder import COUNT, FRAMES, Entry, TaskBuilder
from pytest_generalbench.suite.demo.media import files
from pytest_generalbench.suite.demo.media import scenes as scenery
from pytest_generalbench.suite.demo.media.textures import texture
from pytest_generalbench.suite.demo.media.vocabulary import ANIMALS

if TYPE_CHECKING:
    from pytest_generalbench.suite.demo.builder import Recipe

_SMALL: Final = 32
"""Width and height of the frames with disparity."""

_FAR: Final = 6000
_HORIZON: Final = 16

_CLASSES: Final = ("ground", "sky", "tree", "house", "person", "car")


def _put(kit: TaskBuilder, folder: str, index: int, content: bytes, ending: str = "png") -> str:
    """Add a reference file, named as its image is; return the path, bare or with its folder by task."""
    name = f"{'_'.join(kit.slug.split('-')[:2])}_{index + 1:04d}.{ending}"
    kit.files[f"{folder}/{name}"] = content
    return kit.fixed(name, f"{folder}/{name}", f"./data/{folder}/{name}")


def _prompt(kit: TaskBuilder) -> str:
    return f"Do {kit.title} on this image."


def _mask_value(kit: TaskBuilder, index: int, thing: scenery.Thing) -> Any:
    """Return a mask in one of the forms that a task may use."""
    mask = thing.mask()
    form = kit.fixed("0 and 255", "0 and 1", "rle", "runs", "polygon")
    if form == "polygon":
        return [thing.corners()]
    if form in ("rle", "runs"):
        rle = encode(mask)
        return rle.to_plain() if form == "rle" else {"size": [*mask.shape], "counts": rle.runs().tolist()}
    folder = kit.fixed("masks", "mask", "gt", "labels")
    return _put(kit, folder, index, files.map_png(mask.astype(np.uint8) * (255 if "255" in form else 1)))


def semantic(kit: TaskBuilder) -> list[Entry]:
    """Class maps as grey, palette or colour pictures or arrays; or one foreground in any form of a mask."""
    binary = kit.task.metric.options.get("mode") == "binary"
    key = kit.fixed("mask", "mask_file", "segmentation")
    if not binary:
        kit.header["classes"] = list(_CLASSES)
    entries: list[Entry] = []
    for index in range(COUNT):
        if binary:
            thing = scenery.thing(kit.dice, index, round_=False)
            ids = thing.mask().astype(np.uint8)
            image = kit.image(index, scenery.seen(thing.mask(), index))
            value = _mask_value(kit, index, thing)
        else:
            ids = scenery.classes(kit.dice, index, len(_CLASSES))
            image = kit.image(index, scenery.shown(ids, kit.number(index)))
            value = _class_file(kit, index, ids)
        given: Entry = {"image_file": image, "prompt": _prompt(kit)}
        if "depth" in kit.task.inputs:
            far = 4000 - 500 * ids.astype(np.int64)
            given["depth_file"] = f"depth_images/{index + 1:04d}.png"
            kit.files[given["depth_file"]] = files.map_png(far.astype(np.uint16))
        entries.append({"input": given, "output": {key: value}})
    return entries


def _class_file(kit: TaskBuilder, index: int, ids: scenery.Pixels) -> str:
    form = kit.fixed("grey", "palette", "colour", "npz")
    if form == "npz":
        return _put(kit, "labels", index, files.npz("classes", ids), "npz")
    if form == "palette":
        return _put(kit, "masks", index, files.png(ids.tolist()))
    if form == "colour":
        colours = np.stack([ids * 40, 255 - ids * 30, ids * 20], axis=2).astype(np.uint8)
        return _put(kit, "masks", index, files.map_png(colours))
    edged = ids.copy()
    edged[0] = 255
    return _put(kit, "labels", index, files.map_png(edged))


def anomalies(kit: TaskBuilder) -> list[Entry]:
    """Masks of 0 and 255; two images are good and have none."""
    nothing = kit.fixed("null", "empty")
    entries: list[Entry] = []
    for index in range(COUNT):
        thing = scenery.thing(kit.dice, index, round_=True)
        good = index in (2, 5)
        mask = np.zeros((scenery.SIDE, scenery.SIDE), bool) if good else thing.mask()
        given = {"image_file": kit.image(index, scenery.seen(mask, index)), "prompt": _prompt(kit)}
        value: Any = None if nothing == "null" else ""
        if not good:
            value = _put(kit, "gt", index, files.map_png(mask.astype(np.uint8) * np.uint8(255)))
        entries.append({"input": given, "output": {"mask": value}})
    return entries


def mattes(kit: TaskBuilder) -> list[Entry]:
    """Alpha of 8 bits, soft at the edges; for one of the tasks with a trimap."""
    entries: list[Entry] = []
    for index in range(COUNT):
        thing = scenery.thing(kit.dice, index, round_=False)
        alpha = thing.mask().astype(np.int64) * 255
        for right, down in ((1, 0), (0, 1), (-1, 0), (0, -1)):
            alpha = (2 * alpha + np.roll(alpha, (down, right), (0, 1))) // 3
        matte = alpha.astype(np.uint8)
        given = {"image_file": kit.image(index, scenery.blended(matte, index)), "prompt": _prompt(kit)}
        output: Entry = {"alpha": _put(kit, "alpha", index, files.map_png(matte))}
        if "hair" in kit.slug:
            trimap = np.where((matte > 0) & (matte < 255), 128, matte).astype(np.uint8)
            kit.files[f"trimaps/{index + 1:04d}.png"] = files.map_png(trimap)
            output["trimap"] = f"trimaps/{index + 1:04d}.png"
        entries.append({"input": given, "output": output})
    return entries


def instances(kit: TaskBuilder) -> list[Entry]:
    """COCO entries: polygons or masks, a crowd among them."""
    labels = ("car", "truck") if "vehicle" in kit.slug else ("person",)
    kit.header["categories"] = [{"id": number, "name": name} for number, name in enumerate(labels, 1)]
    by_polygon = kit.fixed("polygon", "rle") == "polygon"
    entries: list[Entry] = []
    for index in range(COUNT):
        things = [scenery.thing(kit.dice, index + place, round_=False) for place in range(3)]
        objects: list[Entry] = []
        for place, thing in enumerate(things):
            value: Any = [thing.corners()] if by_polygon else encode(thing.mask()).to_plain()
            crowd = int(place == 2 and index % 4 == 3)
            number = 1 + (index + place) % len(labels)
            objects.append({"segmentation": value, "category_id": number, "iscrowd": crowd})
        ids = np.zeros((scenery.SIDE, scenery.SIDE), np.uint8)
        for place, thing in enumerate(things):
            ids[thing.mask()] = 1 + (index + place) % len(labels)
        given = {"image_file": kit.image(index, scenery.shown(ids, index)), "prompt": _prompt(kit)}
        entries.append({"input": given, "output": {"annotations": objects}})
    return entries


def depth(kit: TaskBuilder) -> list[Entry]:
    """Millimetres in 16 bits, 0 where there is none: a wall, and things of any colour on a floor."""
    entries: list[Entry] = []
    for index in range(COUNT):
        rows = np.arange(scenery.SIDE)
        floor = np.where(rows < _HORIZON, _FAR, _FAR * 10 // (10 + np.maximum(rows - _HORIZON, 0)))
        far = np.repeat(floor[:, None], scenery.SIDE, axis=1)
        colours = np.full_like(far, kit.dice.pick(scenery.GROUNDS))
        for place in range(3):
            thing = scenery.thing(kit.dice, index + place, round_=False)
            foot = max(thing.y + thing.height, _HORIZON + 2 + place)
            standing = thing._replace(height=foot - thing.y).mask() & (far >= floor[foot - 1])
            far[standing] = floor[foot - 1]
            colours[standing] = kit.dice.pick(scenery.THINGS)
        far[:2] = 0
        name = _put(kit, "depth", index, files.map_png(far.astype(np.uint16)))
        image = kit.image(index, files.shaded_png(colours, scenery.shade(kit.number(index))))
        given = {"image_file": image, "prompt": _prompt(kit)}
        entries.append({"input": given, "output": {"depth": name}})
    return entries


def panoptic(kit: TaskBuilder) -> list[Entry]:
    """COCO's panoptic PNG and its list of segments; the first row is void."""
    names = ("road", "building", "car", "person")
    kit.header["categories"] = [
        {"id": number, "name": name, "isthing": int(number > 2)} for number, name in enumerate(names, 1)
    ]
    entries: list[Entry] = []
    for index in range(COUNT):
        ids = np.full((scenery.SIDE, scenery.SIDE), 300 + index, dtype=np.int64)
        ids[kit.dice.between(18, 30) :] = 70000 + index
        info = [{"id": 300 + index, "category_id": 2}, {"id": 70000 + index, "category_id": 1}]
        for place in range(2):
            ids[scenery.thing(kit.dice, index + place).mask()] = 1000 + place
            info.append({"id": 1000 + place, "category_id": 3 + (index + place) % 2})
        ids[0] = 0
        kinds = {one["id"]: one["category_id"] for one in info}
        shown = np.array([kinds.get(one, 0) for one in ids.ravel().tolist()], np.uint8).reshape(ids.shape)
        colours = np.stack([ids % 256, ids // 256 % 256, ids // 65536], axis=2).astype(np.uint8)
        there = set(np.unique(ids).tolist())
        output = {
            "file_name": _put(kit, "annotations", index, files.map_png(colours)),
            "segments_info": [one for one in info if one["id"] in there],
        }
        given = {"image_file": kit.image(index, scenery.shown(shown, kit.number(index)))}
        entries.append({"input": {**given, "prompt": _prompt(kit)}, "output": output})
    return entries


class _Film(NamedTuple):
    """A thing that moves: its mask in every frame, and how far it has moved to the right and down."""

    masks: list[NDArray[np.bool_]]
    ways: list[tuple[int, int]]


def _filmed(kit: TaskBuilder, index: int) -> _Film:
    """Return a thing that moves by two or three pixels a frame along both axes."""
    thing = scenery.thing(kit.dice, index)
    right, down = kit.dice.pick((-3, -2, 2, 3)), kit.dice.pick((-3, -2, 2, 3))
    ways = [(right * moment, down * moment) for moment in range(FRAMES)]
    return _Film([thing.moved(*way).mask() for way in ways], ways)


def masked_videos(kit: TaskBuilder) -> list[Entry]:
    """A folder of frames, and masks in frame order; with a prompt unless the first mask is given."""
    asked = kit.task.archetype != "video_object_segmentation"
    entries: list[Entry] = []
    for index in range(COUNT):
        masks, ways = _filmed(kit, index)
        if index == 3:
            masks[-1] = np.zeros_like(masks[-1])  # it has left the picture
        folder = kit.video_folder(index)
        for moment, (mask, way) in enumerate(zip(masks, ways, strict=True)):
            kit.files[f"{folder}/{moment + 8}.png"] = scenery.seen(mask, index, *way)
        given: Entry = {"video_folder": folder}
        if asked:
            given["prompt"] = f"the {ANIMALS[index]} that moves"
        output = {
            str(1000 * index + moment): {"mask": encode(mask).to_plain()} for moment, mask in enumerate(masks)
        }
        entries.append({"input": given, "output": output})
    return entries


def disparity(kit: TaskBuilder) -> list[Entry]:
    """The video's file name as the whole input, that of the .npz as the whole output.

    The camera moves to the side: what is twice as near moves twice as far, and has any brightness.
    """
    entries: list[Entry] = []
    for index in range(COUNT):
        number = kit.number(index)
        thing = scenery.thing(kit.dice, index, _SMALL)
        cuts = kit.dice.between(9, 12), kit.dice.between(19, 23)
        frames, maps = [], []
        for moment in range(FRAMES):
            frame = np.zeros((_SMALL, _SMALL), np.int64)
            near = np.repeat(
                np.searchsorted(cuts, np.arange(_SMALL), side="right")[:, None] + 1, _SMALL, axis=1
            )
            near[thing.moved(5 * moment, 0).mask(_SMALL)] = 5
            for step in (1, 2, 3, 5):
                layer = texture(8 * number + step, _SMALL, _SMALL, right=step * moment, cell=5)
                frame = np.where(near == step, layer, frame)
            frames.append(frame.astype(np.uint8))
            maps.append(4 * near)
        name = f"clip_{index + 1:04d}"
        kit.files[f"video/{name}.avi"] = files.avi(frames)
        clip = np.stack(maps)[:, None].astype(np.float32)
        clip[:, :, 0] = 0
        kit.files[f"depth/{name}.npz"] = files.npz("disparity", clip)
        entries.append({"input": f"{name}.avi", "output": f"{name}.npz"})
    return entries


def flows(kit: TaskBuilder) -> list[Entry]:
    """Two frames, and the flow as .flo or as KITTI's 16-bit PNG: the camera and a thing move."""
    entries: list[Entry] = []
    for index in range(COUNT):
        thing = scenery.thing(kit.dice, index)
        camera = kit.dice.pick(((2, 0), (0, 2), (-2, 1), (1, -2)))
        right, down = camera[0] + kit.dice.between(-3, 3), camera[1] + kit.dice.pick((-3, -2, 2, 3))
        folder = f"images/{index + 1:06d}"
        for moment in range(2):
            mask = thing.moved(right * moment, down * moment).mask()
            gone = camera[0] * moment, camera[1] * moment
            picture = scenery.seen(mask, kit.number(index), right * moment, down * moment, camera=gone)
            kit.files[f"{folder}/{moment + 1}.png"] = picture
        flow = np.full((scenery.SIDE, scenery.SIDE, 2), camera, np.float32)
        flow[thing.mask()] = (right, down)
        if kit.fixed("flo", "png", "flo again") == "png":
            raw = np.concatenate([flow * 64 + 32768, np.ones((*flow.shape[:2], 1))], axis=2).astype(np.uint16)
            name = _put(kit, "flow", index, files.map_png(raw))
        else:
            name = _put(kit, "flow", index, write_flo(flow), "flo")
        given = {"video_folder": folder, "prompt": "Give the optical flow of the two frames."}
        entries.append({"input": given, "output": {"flow": name}})
    return entries


def salient(kit: TaskBuilder) -> list[Entry]:
    """Folders of reference frames and, unless the task names it, a folder of frames beside them.

    What is camouflaged has the colour of the ground, and moves.
    """
    style = kit.fixed("gt/x", "x/gt", "named")
    hidden = "camouflaged" in kit.task.archetype
    entries: list[Entry] = []
    for index in range(COUNT):
        clip = f"clip_{index + 1:04d}"
        gt, shown = (f"{clip}/GT", f"{clip}/Imgs") if style == "x/gt" else (f"gt/{clip}", f"frames/{clip}")
        masks, ways = _filmed(kit, index)
        for moment, (mask, way) in enumerate(zip(masks, ways, strict=True)):
            kit.files[f"{shown}/{moment:05d}.png"] = scenery.seen(mask, index, *way, hidden=hidden)
            kit.files[f"{gt}/{moment:05d}.png"] = files.map_png(mask.astype(np.uint8) * np.uint8(255))
        given = {"pred_dir": f"pred/{clip}", "gt_dir": gt}
        if style == "named":
            given["video_folder"] = shown
        entries.append({"input": given})
    return entries


RECIPES: Final[dict[str, Recipe]] = {
    "semantic_segmentation": semantic,
    "image_anomaly_segmentation": anomalies,
    "matting": mattes,
    "instance_segmentation": instances,
    "depth_estimation": depth,
    "panoptic_segmentation": panoptic,
    "video_object_segmentation": masked_videos,
    "video_reasoning_segmentation": masked_videos,
    "video_referring_segmentation": masked_videos,
    "video_depth_estimation": disparity,
    "optical_flow": flows,
    "video_salient_object_detection": salient,
    "video_camouflaged_object_detection": salient,
}
