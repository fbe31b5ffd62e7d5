"""What a recipe works with: the task, its dice, and a place for media in General-Bench's habits."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.suite.demo import COUNT as COUNT
from pytest_generalbench.suite.demo.media import files
from pytest_generalbench.suite.demo.rng import Dice

if TYPE_CHECKING:
    from pytest_generalbench.core.task import Task

FRAMES: Final = 4

Entry = dict[str, Any]
"""One instance as it stands in the annotation file, without its id."""

Recipe = Callable[["TaskBuilder"], list[Entry]]


def words_of(name: str) -> list[str]:
    """Split a title into words; what is neither letter nor digit parts them."""
    return re.findall(r"[A-Za-z0-9]+", name)


@dataclass(slots=True)
class TaskBuilder:
    """One task in the making."""

    task: Task
    dice: Dice
    header: dict[str, Any] = field(default_factory=dict)
    """Top-level keys of the annotation file that the recipe sets."""
    files: dict[str, bytes] = field(default_factory=dict)
    """Media by path below the task folder."""

    @property
    def slug(self) -> str:
        """The last part of the task's id."""
        return self.task.id.rsplit("/", 1)[-1]

    @property
    def title(self) -> str:
        """The task's name in lower case, for prompts."""
        return self.task.name.lower()

    def fixed(self, *items: str) -> str:
        """Return one of `items`, always the same for a task: keys differ by task, not by instance."""
        return Dice(f"{self.task.id} {' '.join(items)}").pick(items)

    def _put(self, folder: str, name: str, content: bytes) -> str:
        """Add a media file; return the path that the annotation gives for it, in one of the seen styles."""
        self.files[f"{folder}/{name}"] = content
        stale = f"./data/comprehension/{'_'.join(words_of(self.slug))}/{folder}/{name}"
        style = self.fixed("bare", "folder", "stale", "bare again")
        return {"folder": f"{folder}/{name}", "stale": stale}.get(style, name)

    def image(self, index: int, content: bytes | None = None, part: int = 0) -> str:
        """Add an image of instance `index`, a pattern unless `content` is given."""
        name = f"{self._stem(index)}_{part}.png" if part else f"{self._stem(index)}.png"
        return self._put("images", name, content or files.picture(self.number(index) + 17 * part))

    def images(self, index: int, count: int, pages: bool = False) -> list[str]:
        """Add several images of one instance."""
        number = self.number(index)
        contents = [files.page(number + part) if pages else None for part in range(count)]
        return [self.image(index, content, part + 1) for part, content in enumerate(contents)]

    def audio(
        self,
        index: int,
        backslash: bool = False,
        content: bytes | None = None,
        part: int = 0,
        end: str = "wav",
    ) -> str:
        """Add a sound, a tone unless `content` is given; its path is relative to `audios/`."""
        name = f"{self._stem(index)}_{part}.{end}" if part else f"{self._stem(index)}.{end}"
        name = f"part_{index % 2}/{name}" if backslash else name
        self.files[f"audios/{name}"] = content or files.tone(self.number(index))
        return name.replace("/", "\\")

    def frames(self, index: int) -> list[str]:
        """Add a video as frame files; paths are relative to `videos/`."""
        number, clip = self.number(index), self._stem(index)
        names = [f"{clip}/{moment:04d}.png" for moment in range(1, FRAMES + 1)]
        for moment, name in enumerate(names):
            self.files[f"videos/{name}"] = files.picture(number, moment)
        return names

    def video_folder(self, index: int) -> str:
        """Add a video as a folder of frames named by number only, so that 10 must come behind 9."""
        folder = f"images/{index + 1:06d}"
        for moment in range(FRAMES):
            self.files[f"{folder}/{moment + 8}.png"] = files.picture(self.number(index), moment)
        return folder

    def points(self, index: int) -> str:
        """Add a point cloud, as PLY or NPZ by task."""
        if self.fixed("ply", "npz") == "ply":
            return self._put("pointclouds", f"{self._stem(index)}.ply", files.ply(self.number(index)))
        return self._put("pointclouds", f"{self._stem(index)}.npz", files.points_npz(self.number(index)))

    def motion(self, index: int) -> str:
        """Add a motion sequence."""
        return self._put("motions", f"{self._stem(index)}.npz", files.motion_npz(self.number(index)))

    def _stem(self, index: int) -> str:
        return f"{'_'.join(self.slug.split('-')[:2])}_{index + 1:04d}"

    def number(self, index: int) -> int:
        """Return what tells instance `index` from the others in patterns: 0 to 996."""
        return Dice(f"{self.task.id} {index}").below(997)
