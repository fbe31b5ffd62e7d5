"""Demo instances of the tasks that make pictures: from words, pictures, sounds and signals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.suite.demo.builder import COUNT, Entry
from pytest_generalbench.suite.demo.media import files
from pytest_generalbench.suite.demo.media import videos as clips
from pytest_generalbench.suite.demo.media.vocabulary import ANIMALS, THINGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_generalbench.suite.demo.builder import Recipe, TaskBuilder

Pixels = NDArray[np.uint8]
"""(height, width, 3), RGB."""

_SIDE: Final = clips.FINE_SIDE
_CHANNELS: Final = 8
_SAMPLES: Final = 64


def _photo(kit: TaskBuilder, index: int, part: int = 0) -> Pixels:
    """Return a picture that no other instance of the task has."""
    return clips.photo((kit.number(index) * COUNT + index) * 3 + part)


def _add(kit: TaskBuilder, folder: str, index: int, pixels: NDArray[np.uint8], part: int = 0) -> str:
    """Add a picture; return its path as the annotation gives it, bare or with its folder by task."""
    name = f"{index + 1:04d}_{part}.png" if part else f"{index + 1:04d}.png"
    kit.files[f"{folder}/{name}"] = files.map_png(pixels)
    return name if kit.fixed("bare", "with its folder") == "bare" else f"{folder}/{name}"


def _target(kit: TaskBuilder, index: int, pixels: NDArray[np.uint8]) -> Entry:
    """Return the output of an instance: the picture that should be made."""
    path = _add(kit, "target_images", index, pixels)
    return {kit.fixed("image_file", "target_image", "image"): path}


def _edges(pixels: Pixels) -> NDArray[np.uint8]:
    """Return where neighbours differ, (height, width) of 0 and 255."""
    light = pixels.astype(np.int64).sum(axis=2)
    right = np.abs(np.diff(light, axis=1, append=light[:, -1:]))
    down = np.abs(np.diff(light, axis=0, append=light[-1:]))
    return np.where(right + down > 90, 255, 0).astype(np.uint8)


def _regions(pixels: Pixels) -> NDArray[np.uint8]:
    """Return a map of four classes by lightness."""
    made: NDArray[np.uint8] = (pixels.astype(np.int64).sum(axis=2) // 192 * 60).astype(np.uint8)
    return made


def _grey(pixels: Pixels) -> Pixels:
    made: Pixels = clips.grey(pixels[None])[0]
    return made


def _shadowed(pixels: Pixels) -> Pixels:
    """Darken the upper left triangle."""
    y, x = np.ogrid[: pixels.shape[0], : pixels.shape[1]]
    return np.where((x + y < _SIDE)[..., None], pixels // 3, pixels).astype(np.uint8)


def _flared(pixels: Pixels) -> Pixels:
    """Add a bright disc."""
    y, x = np.ogrid[: pixels.shape[0], : pixels.shape[1]]
    glow = np.clip(200 - 2 * (x - 20) ** 2 - 2 * (y - 10) ** 2, 0, 200)
    made: Pixels = np.clip(pixels.astype(np.int64) + glow[..., None], 0, 255).astype(np.uint8)
    return made


def _dark(pixels: Pixels) -> Pixels:
    return (pixels // 6).astype(np.uint8)


def _blue(pixels: Pixels) -> Pixels:
    """Take most of the red away, as water does."""
    made: Pixels = (pixels.astype(np.int64) * np.array([2, 6, 8]) // 8).astype(np.uint8)
    return made


def _blocky(pixels: Pixels) -> Pixels:
    """Keep few shades in blocks of four by four pixels."""
    first = np.repeat(np.repeat(pixels[::4, ::4], 4, axis=0), 4, axis=1)
    return ((pixels.astype(np.int64) + first) // 64 * 32).astype(np.uint8)


def _bent(pixels: Pixels) -> Pixels:
    """Shift every row by some pixels, as a page that is not flat."""
    rows = [np.roll(row, (place * place // 40) % 7, axis=0) for place, row in enumerate(pixels)]
    return np.stack(rows)


def _of_clip(change: Callable[[clips.Frames], clips.Frames]) -> Callable[[Pixels], Pixels]:
    return lambda pixels: change(pixels[None])[0]


_FLAWS: Final[dict[str, Callable[[Pixels], Pixels]]] = {
    "raindrop": _flared,
    "derain": _of_clip(clips.rainy),
    "dehaz": _of_clip(clips.hazy),
    "desnow": _of_clip(clips.snowy),
    "deblur": _of_clip(clips.blurred),
    "jpeg": _blocky,
    "shadow": _shadowed,
    "flare": _flared,
    "underwater": _blue,
    "unwarp": _bent,
    "detail": _of_clip(clips.blurred),
    "low-light": _dark,
}
"""What a restoration task has to undo, by a part of its name."""


def text_to_image(kit: TaskBuilder) -> list[Entry]:
    """Prompts, each with the picture it describes."""
    entries = []
    for index in range(COUNT):
        name = f"{index + 1:04d}.png"
        kit.files[f"target_images/{name}"] = files.map_png(_photo(kit, index))
        prompt = f"{kit.title}: pattern {kit.number(index) % 11}, square {kit.number(index) % 7}"
        entries.append({"input": {"prompt": prompt}, "output": {"image_file": name}})
    return entries


def restoration(kit: TaskBuilder) -> list[Entry]:
    """A picture with the task's flaw, and without."""
    spoil = next((change for part, change in _FLAWS.items() if part in kit.slug), _of_clip(clips.noisy))
    entries = []
    for index in range(COUNT):
        true = _photo(kit, index)
        given: Entry = {"image_file": _add(kit, "images", index, spoil(true))}
        if kit.fixed("told", "not told") == "told":
            given["prompt"] = f"Do {kit.title} on this picture."
        entries.append({"input": given, "output": _target(kit, index, true)})
    return entries


def conditional(kit: TaskBuilder) -> list[Entry]:
    """What the picture is made from (edges, a sketch, regions, a photo), and the picture."""
    key, made = {
        "edge map": ("edge_map", _edges),
        "sketch image": ("sketch_file", _edges),
        "mask image": ("mask_file", _regions),
        "layout (boxes/label map)": ("layout_file", _regions),
    }.get(kit.task.inputs, ("image_file", lambda pixels: pixels))
    entries = []
    for index in range(COUNT):
        photo = _photo(kit, index)
        given = {key: _add(kit, "images", index, made(photo))}
        # A photo is what is given when a sketch of it is to be drawn.
        true = photo if key != "image_file" else np.repeat(255 - _edges(photo)[..., None], 3, axis=2)
        entries.append({"input": given, "output": _target(kit, index, true)})
    return entries


def inpainting(kit: TaskBuilder) -> list[Entry]:
    """A picture with a hole, the mask of the hole, and the whole picture."""
    entries = []
    for index in range(COUNT):
        true, masks = _photo(kit, index), clips.hole(kit.number(index), 1, _SIDE)
        given = {
            "image_file": _add(kit, "images", index, clips.holed(true[None], masks)[0]),
            "mask_file": _add(kit, "masks", index, masks[0]),
        }
        entries.append({"input": given, "output": _target(kit, index, true)})
    return entries


def colorization(kit: TaskBuilder) -> list[Entry]:
    """A picture in grey and in colours."""
    entries = []
    for index in range(COUNT):
        true = _photo(kit, index)
        given = {"image_file": _add(kit, "images", index, _grey(true))}
        entries.append({"input": given, "output": _target(kit, index, true)})
    return entries


def style_transfer(kit: TaskBuilder) -> list[Entry]:
    """A picture, the style in words where the task has them, and the picture in that style."""
    styles = ("a woodcut", "stained glass", "a comic", "a mosaic")
    entries = []
    for index in range(COUNT):
        photo = _photo(kit, index)
        given: Entry = {"image_file": _add(kit, "images", index, photo)}
        if "text" in kit.task.inputs:
            given["prompt"] = f"Make it look like {styles[index % len(styles)]}."
        true = (photo // 64 * 64 + 16 * (index % len(styles))).astype(np.uint8)
        entries.append({"input": given, "output": _target(kit, index, true)})
    return entries


def editing(kit: TaskBuilder) -> list[Entry]:
    """One picture or several, words where the task has them, and the edited picture."""
    several = "images" in kit.task.inputs
    entries = []
    for index in range(COUNT):
        paths = [
            _add(kit, "images", index, _photo(kit, index, part), part) for part in range(2 if several else 1)
        ]
        given: Entry = {"images": paths} if several else {"image_file": paths[0]}
        thing, other = THINGS[index], ANIMALS[index]
        if "text" in kit.task.inputs:
            given["prompt"] = (
                f"把图中的{'红色' if index % 2 else '蓝色'}方块换成第{index + 1}种图案"
                if "Chinese" in kit.task.inputs
                else f"Replace the {thing} by a {other}."
            )
        output = _target(kit, index, _photo(kit, index, 2))
        if kit.task.metric.name == "clip_text_image":
            output["target_caption"] = f"a picture of a {other}"
        entries.append({"input": given, "output": output})
    return entries


def audio_to_image(kit: TaskBuilder) -> list[Entry]:
    """A sound, what it is of, and a picture of that."""
    entries = []
    for index in range(COUNT):
        output = {"caption": f"the sound of a {ANIMALS[index]}", **_target(kit, index, _photo(kit, index))}
        entries.append({"input": {"audio_file": kit.audio(index)}, "output": output})
    return entries


def eeg_to_image(kit: TaskBuilder) -> list[Entry]:
    """Brain signals, (channels, samples) of float32, with the picture that was looked at."""
    entries: list[Entry] = []
    for index in range(COUNT):
        channel, sample = np.ogrid[:_CHANNELS, :_SAMPLES]
        phase = (sample * (3 + channel + index) + kit.number(index)) % 40
        signal = (np.abs(phase - 20) - 10).astype(np.float32) / 8
        name = f"eeg/{index + 1:04d}.npz"
        kit.files[name] = files.npz("eeg", signal)
        output: dict[str, Any] = _target(kit, index, _photo(kit, index))
        entries.append({"input": {"eeg_file": name}, "output": output})
    return entries


def face_swap(kit: TaskBuilder) -> list[Entry]:
    """Two pictures, and the second with the middle of the first."""
    entries = []
    for index in range(COUNT):
        face, body = _photo(kit, index), _photo(kit, index, 1)
        given = {
            "source_image": _add(kit, "images", index, face, 1),
            "target_image": _add(kit, "images", index, body, 2),
        }
        true = body.copy()
        true[8:24, 8:24] = face[8:24, 8:24]
        entries.append({"input": given, "output": _target(kit, index, true)})
    return entries


def image_to_map(kit: TaskBuilder) -> list[Entry]:
    """A picture of lungs, and where they are infected."""
    entries = []
    for index in range(COUNT):
        mask = clips.hole(kit.number(index) + index, 1, _SIDE)[0]
        scan = np.maximum(_grey(_photo(kit, index)) // 3, mask[..., None] // 2).astype(np.uint8)
        given = {"image_file": _add(kit, "images", index, scan)}
        path = _add(kit, "masks", index, mask)
        entries.append({"input": given, "output": {kit.fixed("mask_file", "mask"): path}})
    return entries


RECIPES: Final[dict[str, Recipe]] = {
    "text_to_image": text_to_image,
    "conditional_image_generation": conditional,
    "image_restoration": restoration,
    "image_inpainting": inpainting,
    "image_colorization": colorization,
    "image_style_transfer": style_transfer,
    "image_editing": editing,
    "image_to_map": image_to_map,
    "audio_to_image": audio_to_image,
    "eeg_to_image": eeg_to_image,
    "face_swap_generation": face_swap,
}
