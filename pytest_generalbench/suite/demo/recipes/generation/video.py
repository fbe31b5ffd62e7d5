"""Demo instances of the tasks that make videos: from words, from pictures, out of other videos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.suite.demo.builder import COUNT, Entry
from pytest_generalbench.suite.demo.media import files
from pytest_generalbench.suite.demo.media import videos as clips
from pytest_generalbench.suite.demo.media.vocabulary import ANIMALS, KINETICS, THINGS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pytest_generalbench.suite.demo.builder import Recipe, TaskBuilder

_COLOURS: Final = ("red", "green", "blue", "yellow", "white", "black", "purple", "brown")
_SCENES: Final = (
    "a harbour at dawn", "a narrow street in the rain", "a field of barley", "a train that leaves a station",
    "a market full of fruit", "a lake between mountains", "a kitchen in the evening", "a bridge over a river",
)  # fmt: skip
_STYLES: Final = (
    "Van Gogh style", "oil painting", "watercolor painting", "in cyberpunk style", "black and white",
    "pixel art", "in the style of Hokusai", "animated style",
)  # fmt: skip
_SIDES: Final = ("on the left of", "on the right of", "on the top of", "on the bottom of")
_CAMERA: Final = (
    "zoom in", "zoom out", "pan left", "pan right", "tilt up", "tilt down", "in slow motion", "racking focus",
)  # fmt: skip


def _frames(kit: TaskBuilder, folder: str, frames: NDArray[np.uint8]) -> str:
    """Add frames, (n, height, width) or with three colours, as pictures; return their folder."""
    for place, frame in enumerate(frames):
        kit.files[f"{folder}/{place:05d}.png"] = files.map_png(frame)
    return folder


def _video(kit: TaskBuilder, folder: str, index: int, frames: NDArray[np.uint8]) -> str:
    """Add a video file; return its path, bare or with its folder by task."""
    name = f"{kit.slug.split('-')[0]}_{index + 1:04d}.avi"
    kit.files[f"{folder}/{name}"] = files.avi(list(frames))
    return kit.fixed(name, f"{folder}/{name}")


def _number(kit: TaskBuilder, index: int) -> int:
    """Return what tells the instance's clip from all others of its task."""
    return kit.number(index) * COUNT + index


def _words(kit: TaskBuilder, index: int) -> dict[str, Any]:
    """Return a prompt of the kind that the task's metric reads, with VBench's annotations in some tasks."""
    thing, other, scene = THINGS[index], ANIMALS[index], _SCENES[index]
    side, colour = _SIDES[index % 4], _COLOURS[index]
    prompt, annotation = {
        "object_class": (f"a {thing}", {"object": thing}),
        "multiple_objects": (f"a {thing} and a {other}", {"object": f"{thing} and {other}"}),
        "spatial_relationship": (
            f"a {other} {side} a {thing}, front view",
            {"object_a": other, "object_b": thing, "relationship": side},
        ),
        "color_binding": (f"a {colour} {thing}", {"color": colour}),
        "human_action": (f"A person is {KINETICS[index]}", {}),
        "appearance_style": (f"{scene}, {_STYLES[index]}", {"appearance_style": _STYLES[index]}),
        "temporal_style": (f"{scene}, {_CAMERA[index]}", {}),
        "overall_consistency": (f"a {thing} made of glass, {scene}", {}),
    }.get(kit.task.metric.name, (f"{scene}, with a {thing}", {}))
    given: dict[str, Any] = {"prompt": prompt}
    if annotation and kit.fixed("annotated", "prompt only") == "annotated":
        given["auxiliary_info"] = {kit.task.metric.name: annotation}
    return given


def text_to_video(kit: TaskBuilder) -> list[Entry]:
    """Prompts; with a true video where the metric compares with one, and in some other tasks."""
    has_video = kit.task.metric.name == "fvd" or kit.fixed("with video", "prompt only") == "with video"
    entries: list[Entry] = []
    for index in range(COUNT):
        entry: Entry = {"input": _words(kit, index)}
        if has_video:
            path = _video(kit, "target_videos", index, clips.clip(_number(kit, index)))
            entry["output"] = {kit.fixed("video", "video_file"): path}
        entries.append(entry)
    return entries


def image_to_video(kit: TaskBuilder) -> list[Entry]:
    """A picture and a prompt, in some tasks with the video that the picture is the first frame of."""
    entries: list[Entry] = []
    for index in range(COUNT):
        frames = clips.clip(_number(kit, index))
        name = f"images/{index + 1:04d}.png"
        kit.files[name] = files.map_png(frames[0])
        prompt = f"{kit.title.removesuffix(' image to video generation')}: {_SCENES[index]}"
        entry: Entry = {"input": {"prompt": prompt, "image": name}}
        if kit.fixed("with video", "image only", "image only too") == "with video":
            entry["output"] = {"video": _video(kit, "target_videos", index, frames)}
        entries.append(entry)
    return entries


def stylized_video(kit: TaskBuilder) -> list[Entry]:
    """A prompt and one picture of a style, or three."""
    several = "images" in kit.task.inputs
    entries: list[Entry] = []
    for index in range(COUNT):
        names = [f"style/{index + 1:03d}_{part}.png" for part in range(3 if several else 1)]
        for part, name in enumerate(names):
            kit.files[name] = files.map_png(clips.clip(_number(kit, index) + part, 1)[0])
        given: Entry = {"prompt": f"{_SCENES[index]} with a {THINGS[index]}"}
        given["style_images" if several else "style_image"] = names if several else names[0]
        entries.append({"input": given})
    return entries


def _pair(kit: TaskBuilder, index: int, given: NDArray[np.uint8], true: NDArray[np.uint8]) -> Entry:
    """Return an instance of a task that changes a video, in one of the shapes that such tasks have."""
    shape = kit.fixed("gt_dir", "folders", "files", "lists")
    clip = f"{index + 1:03d}"
    if shape == "gt_dir":
        # As the authors' scorer has it: the folder of answers, and of true frames; the input lies beside.
        _frames(kit, f"frames/{clip}", given)
        return {"input": {"pred_dir": f"results/{clip}", "gt_dir": _frames(kit, f"gt/{clip}", true)}}
    if shape == "folders":
        source = _frames(kit, f"input/{clip}", given)
        return {"input": {"video_folder": source}, "output": {"frame_dir": _frames(kit, f"gt/{clip}", true)}}
    if shape == "files":
        inputs = {
            "video_file": _video(kit, "videos", index, given),
            "prompt": f"Do {kit.title} on this video.",
        }
        return {"input": inputs, "output": {"video_file": _video(kit, "gt", index, true)}}
    source, target = _frames(kit, f"videos/{clip}", given), _frames(kit, f"gt/{clip}", true)
    return {
        "input": {"video_file_list": [f"{source}/{place:05d}.png" for place in range(len(given))]},
        "output": {"frames": [f"{target}/{place:05d}.png" for place in range(len(true))]},
    }


def restoration(kit: TaskBuilder) -> list[Entry]:
    """A clip with the task's flaw, and without."""
    spoil = next((change for part, change in clips.FLAWS.items() if part in kit.slug), clips.noisy)
    true = [clips.fine_clip(_number(kit, index)) for index in range(COUNT)]
    return [_pair(kit, index, spoil(frames), frames) for index, frames in enumerate(true)]


def colorization(kit: TaskBuilder) -> list[Entry]:
    """A clip in grey and in colours."""
    true = [clips.fine_clip(_number(kit, index)) for index in range(COUNT)]
    return [_pair(kit, index, clips.grey(frames), frames) for index, frames in enumerate(true)]


def interpolation(kit: TaskBuilder) -> list[Entry]:
    """Every other frame of a clip, and all of them."""
    true = [clips.fine_clip(_number(kit, index)) for index in range(COUNT)]
    return [_pair(kit, index, frames[::2], frames) for index, frames in enumerate(true)]


def super_resolution(kit: TaskBuilder) -> list[Entry]:
    """A small clip; nobody has the large one."""
    entries: list[Entry] = []
    for index in range(COUNT):
        given = clips.small(clips.clip(_number(kit, index)))
        if kit.fixed("video", "folder") == "video":
            entries.append({"input": {"video": _video(kit, "videos", index, given)}})
        else:
            entries.append({"input": {"video_folder": _frames(kit, f"frames/{index + 1:03d}", given)}})
    return entries


def inpainting(kit: TaskBuilder) -> list[Entry]:
    """A clip with a hole, the masks of the hole, and the whole clip."""
    entries: list[Entry] = []
    for index in range(COUNT):
        number = _number(kit, index)
        frames = clips.fine_clip(number)
        masks = clips.hole(number, clips.FINE_FRAMES, clips.FINE_SIDE)
        entry = _pair(kit, index, clips.holed(frames, masks), frames)
        folder = _frames(kit, f"masks/{index + 1:03d}", masks)
        is_bare = kit.fixed("bare", "with its folder") == "bare"
        entry["input"]["mask_folder"] = folder.removeprefix("masks/") if is_bare else folder
        entries.append(entry)
    return entries


def translation(kit: TaskBuilder) -> list[Entry]:
    """A clip, what it shows, and what it is to show."""
    entries: list[Entry] = []
    for index in range(COUNT):
        path = _video(kit, "videos", index, clips.clip(_number(kit, index)))
        animals = (ANIMALS[index], ANIMALS[index - 1])
        source, target = (f"a {animal} in {_SCENES[index]}" for animal in animals)
        entries.append({"input": {"video": path, "source_prompt": source, "target_prompt": target}})
    return entries


def style_transfer(kit: TaskBuilder) -> list[Entry]:
    """A clip and a picture of the style."""
    entries: list[Entry] = []
    for index in range(COUNT):
        number = _number(kit, index)
        name = f"style/{index + 1:03d}.png"
        kit.files[name] = files.map_png(clips.clip(number + 1, 1)[0])
        path = _video(kit, "videos", index, clips.clip(number))
        entries.append({"input": {"video": path, "style_image": name}})
    return entries


RECIPES: Final[dict[str, Recipe]] = {
    "text_to_video": text_to_video,
    "image_to_video": image_to_video,
    "stylized_video_generation": stylized_video,
    "video_restoration": restoration,
    "video_super_resolution": super_resolution,
    "video_inpainting": inpainting,
    "video_frame_interpolation": interpolation,
    "video_colorization": colorization,
    "video_translation_editing": translation,
    "video_style_transfer": style_transfer,
}
