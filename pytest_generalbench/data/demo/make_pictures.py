"""Demo instances of the tasks that make pictures: from words, from other pictures, from sounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_generalbench.data.demo import files

if TYPE_CHECKING:
    from pytest_generalbench.data.demo.kit import Entry, Kit, Recipe

COUNT: Final = 8


def text_to_image(kit: Kit) -> list[Entry]:
    """Make prompts, each with the picture it describes."""
    entries = []
    for index in range(COUNT):
        name = f"{index + 1:04d}.png"
        kit.files[f"target_images/{name}"] = files.picture(kit.number(index))
        prompt = f"{kit.title}: pattern {kit.number(index) % 11}, square {kit.number(index) % 7}"
        entries.append({"input": {"prompt": prompt}, "output": {"image_file": name}})
    return entries


RECIPES: Final[dict[str, Recipe]] = {"text_to_image": text_to_image}
