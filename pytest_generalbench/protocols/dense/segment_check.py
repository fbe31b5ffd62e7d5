"""Check of references that are segments: masks of objects, panoptic maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_generalbench.protocols.reference_check import ReferenceCheck, examples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_generalbench.core.request import Instance


class SegmentCheck(ReferenceCheck):
    """Warns of segments without a pixel, and of pixels of segments that are not listed."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__()
        self._segments = 0
        self._bare: list[str] = []
        self._unlisted: list[str] = []

    def add(self, instance: Instance, reference: Any) -> None:
        """Add the masks, or the panoptic map, of an instance."""
        super().add(instance, reference)
        if hasattr(reference, "ids"):
            listed = {*reference.categories, *reference.crowds}
            there = set(np.unique(reference.ids).tolist())
            self._segments += len(listed)
            self._bare += [instance.id] * len(listed - there)
            if there - listed - {0, 255}:
                self._unlisted.append(instance.id)
        else:
            self._segments += len(reference)
            self._bare += [instance.id for one in reference if not one.mask.area()]

    def warnings(self) -> Iterator[str]:
        """Yield a line for segments without a pixel, and one for ids that are not listed."""
        yield from super().warnings()
        if self._bare:
            ids = list(dict.fromkeys(self._bare))
            yield f"{len(self._bare)} of {self._segments} segments have no pixel: {examples(ids)}"
        if self._unlisted:
            yield (
                f"{len(self._unlisted)} of {self.count} maps have pixels of segments that are not listed, "
                f"which count as void: {examples(self._unlisted)}"
            )
