"""Check of references that are boxes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.protocols.reference_check import ReferenceCheck, examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_generalbench.core.media.media import Size
    from pytest_generalbench.core.request import Instance

_SLACK: Final = 0.02
"""How far outside its image, in shares of its side, a box may reach: annotators overshoot."""

_SHARE: Final = 0.01
"""The share of boxes that may be under a pixel, or outside, before there is a warning."""


class BoxCheck(ReferenceCheck):
    """Warns of boxes smaller than a pixel, and of boxes outside their image."""

    def __init__(self, size_of: Callable[[Instance], Size | None]) -> None:
        """Keep what returns the size of an instance's image."""
        super().__init__()
        self._size_of = size_of
        self._boxes = 0
        self._small: list[str] = []
        self._outside: list[str] = []

    def add(self, instance: Instance, reference: Any) -> None:
        """Add the boxes of an instance."""
        super().add(instance, reference)
        boxes = list(_boxes_in(reference))
        size = self._size_of(instance) if boxes else None
        self._boxes += len(boxes)
        for x, y, width, height in boxes:
            if min(width, height) < 1:
                self._small.append(instance.id)
            if size is not None and _is_outside(x, y, width, height, size):
                self._outside.append(instance.id)

    def warnings(self) -> Iterator[str]:
        """Yield a line for boxes under a pixel, and one for boxes outside."""
        yield from super().warnings()
        for ids, words in ((self._small, "are under a pixel"), (self._outside, "reach out of their image")):
            if len(ids) > _SHARE * self._boxes:
                yield f"{len(ids)} of {self._boxes} boxes {words}: {examples(list(dict.fromkeys(ids)))}"


def _is_outside(x: float, y: float, width: float, height: float, size: Size) -> bool:
    across, down = _SLACK * size.width, _SLACK * size.height
    return x < -across or y < -down or x + width > size.width + across or y + height > size.height + down


def _boxes_in(reference: Any) -> Iterator[tuple[float, float, float, float]]:
    """Yield left, top, width and height of every box in a reference, however deep it lies."""
    if hasattr(reference, "width") and hasattr(reference, "height"):
        yield reference.x, reference.y, reference.width, reference.height
    elif hasattr(reference, "box"):
        yield from _boxes_in(reference.box)
    elif isinstance(reference, Mapping):
        for one in reference.values():
            yield from _boxes_in(one)
    elif isinstance(reference, tuple | list):
        for one in reference:
            yield from _boxes_in(one)
