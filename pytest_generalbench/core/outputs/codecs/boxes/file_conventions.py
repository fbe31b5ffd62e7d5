"""Inference of the coordinate convention that all boxes of an annotation file share.

Unlike answers, which are read in the likeliest convention, references are read in a certain one or not at
all. Beside `conventions.CONVENTIONS` files have `percent_…`, hundredths of width and height.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.outputs.codecs.boxes.conventions import (
    ORDERS,
    SCALES,
    TOLERATED,
    reach_of,
    reaches,
)

if TYPE_CHECKING:
    from pytest_generalbench.core.media.media import Size
    from pytest_generalbench.core.outputs.codecs.boxes.conventions import RawBox

FILE_CONVENTIONS: Final = tuple(f"{scale}_{order}" for scale in (*SCALES, "percent") for order in ORDERS)
"""What a reading may say of the boxes of a file."""

_ORDERS: Final = ("xywh", "xyxy", "cxcywh", "yxyx")


_HARDLY: Final = 0.02
"""The share of boxes that may contradict a convention which counts as not contradicted: slips of hands."""

_ENOUGH: Final = 8
"""Boxes from which how far all of them reach tells something."""

_MANY: Final = 10
"""Boxes from which another order that fits every one of them puts a contradicted default in doubt."""

_TOGETHER: Final = 0.5
"""The correlation above which the last two numbers of boxes follow the first two."""

_FULL: Final = (("thousand", 1000.0), ("percent", 100.0))
_FILLED: Final = 0.9
_ONE: Final = 1.02


@dataclass(slots=True)
class _Pair:
    """Sums over two numbers of every box, for their correlation."""

    count: int = 0
    first: float = 0.0
    second: float = 0.0
    first_squares: float = 0.0
    second_squares: float = 0.0
    products: float = 0.0

    def add(self, one: float, other: float) -> None:
        self.count += 1
        self.first += one
        self.second += other
        self.first_squares += one * one
        self.second_squares += other * other
        self.products += one * other

    def merge(self, other: _Pair) -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def correlation(self) -> float:
        """Return Pearson's correlation, 0 where one of the numbers hardly changes."""
        varying = self.count * self.first_squares - self.first**2
        other = self.count * self.second_squares - self.second**2
        least = 1e-9 * self.count * max(self.first_squares, self.second_squares, 1.0)
        if min(varying, other) <= least:
            return 0.0
        return (self.count * self.products - self.first * self.second) / math.sqrt(varying * other)


@dataclass(slots=True)
class FileEvidence:
    """Statistics over the boxes of a file from which their convention is inferred; the boxes are not kept."""

    boxes: int = 0
    ordered: int = 0
    """Boxes whose notation says their order."""
    within_one: int = 0
    """Boxes without a number above 1."""
    fractions: int = 0
    """Boxes with a number strictly between 0 and 1."""
    against: Counter[str] = field(default_factory=Counter)
    """Boxes that contradict a convention: they reach out of their image, or have their corners swapped."""
    reach: dict[str, tuple[float, float]] = field(default_factory=dict)
    """How far the boxes reach across and down, in shares of their images, in each convention."""
    named_sizes: int = 0
    """Boxes whose notation names x, y, width and height."""
    against_corner: int = 0
    """Those of them that reach out of their image when x and y are the left upper corner."""
    against_centre: int = 0
    """Those of them that do so when x and y are the centre."""
    across: _Pair = field(default_factory=_Pair)
    """The first and the third number."""
    down: _Pair = field(default_factory=_Pair)
    """The second and the fourth number."""
    smallest: tuple[float, float] = (math.inf, math.inf)
    """The least width and the least height of the images; 0 where one is not known."""

    def add(self, raw: RawBox, size: Size | None) -> None:
        """Add one box; one that is not finite, or neither ordered corners nor a size, is ignored."""
        a, b, c, d = raw.values
        if not all(map(math.isfinite, raw.values)) or (min(c, d) < 0 and (c < a or d < b)):
            return
        self.boxes += 1
        self.ordered += raw.order is not None
        self.within_one += max(raw.values) <= _ONE
        self.fractions += any(0 < value < 1 for value in raw.values)
        width, height = size or (0, 0)
        self.smallest = min(self.smallest[0], width), min(self.smallest[1], height)
        self.across.add(a, c)
        self.down.add(b, d)
        if raw.order == "xywh":
            self.named_sizes += 1
            scale = "unit" if max(raw.values) <= _ONE else "pixels"
            self.against_corner += reach_of(raw, f"{scale}_xywh", size) is None
            self.against_centre += reach_of(raw._replace(order="cxcywh"), f"{scale}_cxcywh", size) is None
        for convention, reach in reaches(raw, _ORDERS, size):
            if reach is None:
                self.against[convention] += 1
            else:
                across, down = self.reach.get(convention, (0.0, 0.0))
                self.reach[convention] = max(across, reach[0]), max(down, reach[1])

    def merge(self, other: FileEvidence) -> None:
        """Add the statistics of other boxes of the same file."""
        self.boxes += other.boxes
        self.ordered += other.ordered
        self.within_one += other.within_one
        self.fractions += other.fractions
        self.named_sizes += other.named_sizes
        self.against_corner += other.against_corner
        self.against_centre += other.against_centre
        self.against += other.against
        self.across.merge(other.across)
        self.down.merge(other.down)
        self.smallest = (
            min(self.smallest[0], other.smallest[0]),
            min(self.smallest[1], other.smallest[1]),
        )
        for convention, (across, down) in other.reach.items():
            mine = self.reach.get(convention, (0.0, 0.0))
            self.reach[convention] = max(mine[0], across), max(mine[1], down)

    def _fits(self, convention: str, tolerated: float = TOLERATED) -> bool:
        return self.against[convention] <= tolerated * self.boxes

    def _why(self, convention: str) -> str:
        count = self.against[convention]
        return f"{count} of {self.boxes} boxes contradict it" if count else f"fits all {self.boxes} boxes"

    def contradiction(self, convention: str, tolerated: float = TOLERATED) -> str:
        """Return how many boxes contradict a convention, as text; empty when that many are tolerated."""
        if self._fits(convention, tolerated):
            return ""
        return f"{self.against[convention]} of {self.boxes} boxes contradict {convention}"

    def shares(self) -> bool:
        """Return whether the numbers are fractions of the sides: none above 1, and some between 0 and 1."""
        return bool(self.fractions) and self.within_one >= (1 - TOLERATED) * self.boxes

    def readings(self, default: str, order: str | None = None) -> dict[str, str]:
        """Return the conventions that fit the boxes, each with its evidence.

        Args:
            default: The convention of files that say nothing, such as `pixels_xywh`. It is the one where no
                box contradicts it, and where up to a tenth does, unless another order fits every one of
                ten boxes or more: that is the one then, or as possible where only 2 % contradict. Corners are
                possible as well where the last two numbers of ten boxes or more follow the first two.
            order: One of `conventions.ORDERS` where the file or the form of its rows says it.

        Returns:
            One entry where the convention is certain; none where all are contradicted. For shares of the
            sides there is no default: every order that fits is possible. Where the notation of all boxes
            says their order, it is that of `xywh` in name only.
        """
        scale, _, usual = default.partition("_")
        if not self.boxes:
            return {f"{scale}_{order or usual}": ""}
        if self.ordered == self.boxes and not order:
            return self._with_doubt(self._named())
        orders = [order] if order else list(_ORDERS)
        if self.shares():
            return self._possible([f"unit_{one}" for one in orders])
        result = self._possible([f"pixels_{order}"]) if order else self._beside_default(default)
        return self._with_doubt(result or self._filling(orders))

    def _filling(self, orders: list[str]) -> dict[str, str]:
        """Return conventions in thousandths and hundredths that fit, where boxes use their whole range."""
        filling = self._possible([f"{scale}_{order}" for scale, _ in _FULL for order in orders])
        full = {name: min(self.reach.get(name, (0.0, 0.0))) >= _FILLED for name in filling}
        return {name: why for name, why in filling.items() if full[name] and self.boxes >= _ENOUGH}

    def _named(self) -> dict[str, str]:
        """Return the scales that fit boxes of a named order; x and y with a size may be the centre."""
        scale = "unit" if self.shares() else "pixels"
        outside = self.against_corner
        if self.named_sizes == self.boxes and outside > _HARDLY * self.boxes and not self.against_centre:
            return {
                f"{scale}_xywh": f"{outside} of {self.boxes} boxes contradict it",
                f"{scale}_cxcywh": "x and y may be those of the centre",
            }
        return self._possible([f"{scale}_xywh"]) or self._filling(["xywh"])

    def _beside_default(self, default: str) -> dict[str, str]:
        # Corners with y first fit wherever images are square: they are thought of when nothing else fits.
        others = [name for order in ("xywh", "xyxy", "cxcywh") if (name := f"pixels_{order}") != default]
        spotless = [name for name in others if not self.against[name] and self.against[default]]
        doubted = spotless and self.boxes >= _MANY
        if self._fits(default, _HARDLY) and self._follow() and default == "pixels_xywh":
            why = "the last two numbers are greater and rise with the first two"
            return {default: self._why(default), "pixels_xyxy": why}
        if self._fits(default, _HARDLY):
            return {name: self._why(name) for name in (default, *(spotless if doubted else ()))}
        if self._fits(default) and not doubted:
            return {default: self._why(default)}
        beside_default = {name: self._why(name) for name in spotless} or self._possible(others)
        beside_default = beside_default or self._possible(["pixels_yxyx"])
        return (
            dict.fromkeys(beside_default, self.contradiction(default, 0))
            if len(beside_default) == 1
            else beside_default
        )

    def _follow(self) -> bool:
        """Return whether the last two numbers correlate with the first two: corners do, sizes do not."""
        ordered = self.boxes >= _MANY and not self.against["pixels_xyxy"]
        return ordered and min(self.across.correlation(), self.down.correlation()) > _TOGETHER

    def _possible(self, candidates: list[str]) -> dict[str, str]:
        """Return the conventions that few boxes contradict, else those that a tenth contradicts."""
        for tolerated in (_HARDLY, TOLERATED):
            possible = {name: self._why(name) for name in candidates if self._fits(name, tolerated)}
            if possible:
                return possible
        return {}

    def _with_doubt(self, result: dict[str, str]) -> dict[str, str]:
        """Add thousandths or hundredths where pixels stop at 1000 or 100 on images that are all larger."""
        for name in tuple(result):
            scale, _, order = name.partition("_")
            for other, full in _FULL if scale == "pixels" and self.boxes >= _ENOUGH else ():
                across, down = self.reach.get(f"{other}_{order}", (0.0, 0.0))
                larger = min(self.smallest) > 1.2 * full
                if larger and min(across, down) >= _FILLED and self._fits(f"{other}_{order}", 0):
                    result[f"{other}_{order}"] = f"no box reaches beyond {full:g} pixels of larger images"
        return result
