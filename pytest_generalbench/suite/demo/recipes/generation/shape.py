"""Demo instances of the tasks that make shapes and motions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_generalbench.suite.demo.builder import COUNT, words_of
from pytest_generalbench.suite.demo.media import files, shapes

if TYPE_CHECKING:
    from pytest_generalbench.suite.demo.builder import Entry, Recipe, TaskBuilder

_ACTS: Final = (
    "walks forward", "turns to the left", "waves with the right hand", "sits down", "jumps twice",
    "kicks with one leg", "bends down to pick something up", "walks backwards in a circle",
)  # fmt: skip
_COLOURS: Final = ("white", "red", "green", "blue", "yellow", "grey", "black", "brown")
_FRAMES: Final = 2


def _shape(kit: TaskBuilder, index: int) -> str:
    """Add the true shape of an instance as the task's output has it; return its path."""
    number = kit.number(index) * COUNT + index
    stem = f"{'_'.join(words_of(kit.slug)[:3])}_{index + 1:04d}"
    if kit.task.output_medium == "mesh":
        ending = kit.fixed("obj", "ply", "off")
        name = f"gt/{stem}.{ending}"
        kit.files[name] = shapes.mesh_file(number, ending)
    else:
        name = f"gt/{stem}.{kit.fixed('ply', 'npz')}"
        kit.files[name] = shapes.cloud_file(shapes.lathe_points(number), name)
    return name


def _key(kit: TaskBuilder) -> str:
    """Return the key of the true shape: it differs by task."""
    return (
        kit.fixed("mesh_file", "mesh")
        if kit.task.output_medium == "mesh"
        else kit.fixed("point_cloud", "pointcloud_file")
    )


def text_to_3d(kit: TaskBuilder) -> list[Entry]:
    """Make prompts, each with a shape."""
    key = kit.fixed("prompt", "caption")
    entries = []
    for index in range(COUNT):
        prompt = f"A {_COLOURS[index]} vase with {3 + kit.number(index) % 4} rings, {kit.title}"
        entries.append({"input": {key: prompt}, "output": {_key(kit): _shape(kit, index)}})
    return entries


def image_to_3d(kit: TaskBuilder) -> list[Entry]:
    """Make pictures, each with the shape that it is said to show."""
    key = kit.fixed("image_file", "image")
    return [
        {"input": {key: kit.image(index)}, "output": {_key(kit): _shape(kit, index)}}
        for index in range(COUNT)
    ]


def completion_reconstruction(kit: TaskBuilder) -> list[Entry]:
    """Make parts of shapes, points of surfaces, or frames with depth, each with the whole."""
    make = _scan if "map" in kit.task.input_media else _points
    return [{"input": make(kit, index), "output": {_key(kit): _shape(kit, index)}} for index in range(COUNT)]


def _points(kit: TaskBuilder, index: int) -> Entry:
    points = shapes.lathe_points(kit.number(index) * COUNT + index)
    if kit.task.output_medium == "pointcloud":
        points = points[points[:, 0] > 0]
    name = f"pointclouds/{index + 1:04d}.ply"
    kit.files[name] = shapes.cloud_file(points, name)
    return {kit.fixed("point_cloud", "pointcloud_file"): name}


def _scan(kit: TaskBuilder, index: int) -> Entry:
    """Add a vase as two pictures with depth, in the files of ScanNet's exporter."""
    scene, number = f"scene{index:04d}_00", kit.number(index) * COUNT + index
    poses, colours, depths = [], [], []
    for moment in range(_FRAMES):
        colours.append(f"{scene}/color/{moment}.png")
        depths.append(f"{scene}/depth/{moment}.png")
        poses.append(f"{scene}/pose/{moment}.txt")
        kit.files[colours[-1]] = files.picture(number, moment)
        kit.files[depths[-1]] = files.map_png(shapes.depth(number, moment))
        kit.files[poses[-1]] = shapes.pose(moment)
    kit.files[f"{scene}/intrinsic/intrinsic_depth.txt"] = shapes.INTRINSIC
    if kit.fixed("lists", "folders") == "folders":
        return {"scene_folder": scene}
    return {
        "color_files": colours,
        "depth_files": depths,
        "pose_files": poses,
        "intrinsic_file": f"{scene}/intrinsic/intrinsic_depth.txt",
    }


def text_to_motion(kit: TaskBuilder) -> list[Entry]:
    """Make sentences, each with a motion of 22 joints."""
    entries = []
    for index in range(COUNT):
        name = f"motions/{index + 1:06d}.npz"
        kit.files[name] = files.motion_npz(kit.number(index) * COUNT + index)
        caption = f"a person {_ACTS[index]}"
        entries.append({"input": {"caption": caption}, "output": {"motion_file": name}})
    return entries


RECIPES: Final[dict[str, Recipe]] = {
    "text_to_3d": text_to_3d,
    "image_to_3d": image_to_3d,
    "3d_completion_reconstruction": completion_reconstruction,
    "text_to_motion": text_to_motion,
}
