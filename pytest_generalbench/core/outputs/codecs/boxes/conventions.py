"""Coordinate conventions of boxes and points, and inference of the one that a set of boxes has.

A convention is a scale and an order, such as `thousand_xyxy`. Scales: `pixels` of the image as it
lies on disk; `unit`, shares of width and height; `thousand`, thousandths of them. Orders: `xyxy`,
left upper and right lower corner; `yxyx`, the same with y first; `xywh`, left upper corner, width
and height; `cxcywh`, the centre instead of the corner.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_generalbench.core.errors import UnknownWordError
from pytest_generalbench.core.outputs.base import AnswerFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_generalbench.core.media.media import Size

SCALES: Final = ("pixels", "unit", "thousand")
ORDERS: Final = ("xyxy", "xywh", "yxyx", "cxcywh")
CONVENTIONS: Final = tuple(f"{scale}_{order}" for scale in SCALES for order in ORDERS)
"""What a model may declare as its `coordinates`."""

_INFERRED: Final = tuple(f"{scale}_{order}" for scale in SCALES for order in ("xyxy", "xywh"))
"""The conventions that boxes themselves can tell."""

TOLERATED: Final = 0.1
"""The share of boxes that may contradict a convention which is nevertheless the one."""

_SLACK: Final = 0.02
"""How far outside its image, in shares of its side, a box may reach before that contradicts."""

_LARGE_SIDE: Final = 1200
"""Images with a longer side tell pixels from thousandths by how far the boxes reach."""

_ENOUGH: Final = 16
"""Boxes from which how far they reach tells something."""

_FILLED: Final = 0.9
"""The share of both sides that boxes spread over their images reach."""

_OPEN: Final = "pixels, as asked for; thousandths would fit as well: declare coordinates= to be sure"

_SLIPS: Final = 50
"""One box in so many may have a number above 1000 and be a slip among thousandths."""


class Box(NamedTuple):
    """One box: left upper corner, width and height in pixels."""

    x: float
    y: float
    width: float
    height: float


Reach = tuple[str, tuple[float, float] | None]
"""A convention, and how far a box reaches in it; None when the box contradicts it."""


class RawBox(NamedTuple):
    """One box as it is written, before its coordinate convention is known."""

    values: tuple[float, float, float, float]
    order: str | None = None
    """One of ORDERS where the notation itself says it, over any convention."""
    label: str | None = None
    score: float | None = None
    crowd: bool = False
    """Marks a reference that stands for many objects: neither found nor missed."""
    scale: str | None = None
    """One of SCALES where the notation itself says it, over any convention."""
    row: tuple[float, ...] = ()
    """All numbers of a row that has more than four, in order: the first four need not be the box."""


def check_convention(name: str) -> str:
    """Return `name`; UnknownWordError unless it is one of CONVENTIONS."""
    if name not in CONVENTIONS:
        raise UnknownWordError("convention of coordinates", name, CONVENTIONS)
    return name


def scaled(x: float, y: float, convention: str, size: Size | None) -> tuple[float, float]:
    """Return a point in pixels. Raises AnswerFormatError when it is relative to an image of unknown size.

    >>> scaled(250, 500, "thousand_xyxy", (640, 480))
    (160.0, 240.0)
    """
    scale = convention.partition("_")[0]
    if scale == "pixels":
        return x, y
    if size is None:
        raise AnswerFormatError(f"coordinates are {convention}, but the size of the image is not known")
    one = {"unit": 1.0, "percent": 100.0}.get(scale, 1000.0)
    return x * size[0] / one, y * size[1] / one


def to_box(raw: RawBox, convention: str, size: Size | None) -> Box:
    """Return the box in pixels; swapped corners are reordered, a negative size is AnswerFormatError.

    >>> to_box(RawBox((50, 20, 10, 40)), "pixels_xyxy", None)
    Box(x=10, y=20, width=40, height=20)
    """
    scale, _, order = convention.partition("_")
    order = raw.order or order
    convention = f"{raw.scale or scale}_{order}"
    a, b, c, d = raw.values
    if not all(map(math.isfinite, raw.values)):
        raise AnswerFormatError(f"{list(raw.values)} is no box: its numbers must be finite")
    if order in ("yxyx",):
        a, b, c, d = b, a, d, c
    first, second = scaled(a, b, convention, size), scaled(c, d, convention, size)
    if order in ("xyxy", "yxyx"):
        left, right = sorted((first[0], second[0]))
        top, bottom = sorted((first[1], second[1]))
        return Box(left, top, right - left, bottom - top)
    if min(second) < 0:
        raise AnswerFormatError(f"{list(raw.values)} is no box: its width or height is below zero")
    if order == "cxcywh":
        first = first[0] - second[0] / 2, first[1] - second[1] / 2
    return Box(*first, *second)


def from_box(box: Sequence[float], convention: str, size: Size | None) -> tuple[float, float, float, float]:
    """Return the four numbers that stand for `box` in a convention; the inverse of `to_box`."""
    scale, order = check_convention(convention).split("_")
    if scale != "pixels" and size is None:
        raise AnswerFormatError(f"coordinates are {convention}, but the size of the image is not known")
    one = {"pixels": 0.0, "unit": 1.0, "thousand": 1000.0}[scale]
    across, down = (one / size[0], one / size[1]) if one and size else (1.0, 1.0)
    x, y, width, height = box[0] * across, box[1] * down, box[2] * across, box[3] * down
    if order == "xywh":
        return x, y, width, height
    if order == "cxcywh":
        return x + width / 2, y + height / 2, width, height
    return (x, y, x + width, y + height) if order == "xyxy" else (y, x, y + height, x + width)


def convention_of(text: str) -> str | None:
    """Return the convention that words such as `(x_min, y_min, width, height)` describe, or None.

    >>> convention_of("[x1, y1, x2, y2]"), convention_of("normalized cx, cy, w, h"), convention_of("COCO")
    ('pixels_xyxy', 'unit_cxcywh', 'pixels_xywh')
    """
    words = re.sub(r"[^a-z0-9]+", "", text.lower())
    scale = "unit" if re.search(r"normali[sz]|relative|unit|yolo", words) else "pixels"
    if "thousand" in words or "1000" in words:
        scale = "thousand"
    for order, pattern in (
        ("cxcywh", r"cxcy|xc|xcenter|centerx|xcentre|centrex|yolo"),
        ("yxyx", r"yxyx|^y(?:_?min|1|0).*x.*ymax|y1x1|y0x0|yminxmin|topleftbottomright"),
        ("xyxy", r"xyxy|x2|x1y1|xmax|lefttopright|xbr|voc"),
        ("xywh", r"xywh|w(?:idth)?h(?:eight)?|coco|ltwh"),
    ):
        if re.search(pattern, words):
            return f"{scale}_{order}"
    return None


class InferredConvention(NamedTuple):
    """A convention and the reason why it was inferred."""

    convention: str
    why: str


@dataclass(slots=True)
class Evidence:
    """Statistics over many boxes from which their convention is inferred; the boxes are not kept.

    Boxes whose notation says their scale are counted apart, under `told`: they tell nothing of the
    others.
    """

    boxes: int = 0
    sized: int = 0
    """Boxes on images whose size is known."""
    above: int = 0
    """Boxes with a number above 1000."""
    fractions: bool = False
    """Whether some number lies strictly between 0 and 1."""
    large: int = 0
    """Boxes on images with a side of more than 1200 pixels."""
    against: Counter[str] = field(default_factory=Counter)
    reach: dict[str, tuple[float, float]] = field(default_factory=dict)
    """How far the boxes reach across and down, in shares of their images, in each convention."""
    large_reach: dict[str, tuple[float, float]] = field(default_factory=dict)
    """The same over the boxes on large images."""
    scaled: Evidence | None = None

    def add(self, raw: RawBox, size: Size | None) -> None:
        """Add one box; one that is not finite is ignored."""
        if not all(map(math.isfinite, raw.values)):
            return
        if raw.scale is not None:
            self.scaled = self.scaled or Evidence()
            self.scaled.add(raw._replace(scale=None), size)
            return
        self.boxes += 1
        self.sized += size is not None
        self.above += max(raw.values) > 1000
        self.fractions = self.fractions or any(0 < value < 1 for value in raw.values)
        large = size is not None and max(size) > _LARGE_SIDE
        self.large += large
        for convention in _INFERRED:
            reach = reach_of(raw, convention, size)
            if reach is None:
                self.against[convention] += 1
                continue
            _extend(self.reach, convention, reach)
            if large:
                _extend(self.large_reach, convention, reach)

    def uses_scale(self) -> bool:
        """Return whether boxes that state thousandths are such: few above 1000, none a fraction."""
        value = self.scaled
        if value is None:
            return True
        shares = value.fractions and value._fitting(("unit_xyxy", "unit_xywh"))
        return not shares and _SLIPS * value.above <= value.boxes

    def infer(self, preferred: str = "pixels_xyxy") -> InferredConvention:
        """Return the convention of the boxes seen, one of xyxy and xywh.

        A box contradicts a convention by reaching out of its image, or by corners in the wrong
        order; a convention may be contradicted by a tenth of the boxes. In this order: shares,
        when there are numbers between 0 and 1; thousandths, when `preferred` is corners in pixels
        and 16 boxes or more on images with a side of more than 1200 pixels reach 0.9 of both sides
        as thousandths but not as pixels, with no number above 1000; `preferred`; pixels in the
        other order; thousandths in either. When all are contradicted it is the least contradicted
        one if that is contradicted half as often as `preferred`, else `preferred`. `yxyx` and
        `cxcywh` look too much like the others: a model has to declare them.
        """
        if self.scaled is not None and not self.uses_scale():
            return self._with(self.scaled).infer(preferred)
        order = preferred.split("_")[1]
        orders = (order, "xywh" if order == "xyxy" else "xyxy")
        names = f"{self.boxes} box{'es' if self.boxes != 1 else ''}"
        shares = [f"unit_{way}" for way in orders] if self.fractions else []
        thousandths = [f"thousand_{way}" for way in orders]
        small = self._thousandths(thousandths) if preferred == "pixels_xyxy" else None
        if small and not self._fitting(shares):
            return InferredConvention(small, f"{names} fill their images as thousandths, and not as pixels")
        candidates = [*shares, preferred, f"pixels_{orders[1]}", *thousandths]
        result = self._fitting(candidates)
        if result is None:
            least = min(candidates, key=self.against.__getitem__)
            result = least if 2 * self.against[least] <= self.against[preferred] else preferred
            if result == preferred:
                return InferredConvention(preferred, f"nothing fits {names} better")
        contradicted = self.against[preferred]
        if result == preferred == "pixels_xyxy" and self._open():
            names = f"{names}; {_OPEN}"
        elif contradicted:
            names = f"{contradicted} of {names} contradict {preferred}"
        return InferredConvention(result, names)

    def _thousandths(self, ways: Sequence[str]) -> str | None:
        """Return the thousandths convention that boxes on large images have, None when they may be pixels."""
        thousandths = self._fitting(ways)
        if thousandths is None or self.large < _ENOUGH or self.above:
            return None
        pixels = thousandths.replace("thousand", "pixels")
        return (
            thousandths
            if _fills(self.large_reach, thousandths) and not _fills(self.large_reach, pixels)
            else None
        )

    def _open(self) -> bool:
        """Return whether the boxes fit corners in thousandths as well as in pixels."""
        if not self.sized or _SLIPS * self.above > self.boxes or not self._fitting(("thousand_xyxy",)):
            return False
        plain = _fills(self.reach, "pixels_xyxy") and not _fills(self.reach, "thousand_xyxy")
        return not (plain and self.sized >= _ENOUGH)

    def _with(self, other: Evidence) -> Evidence:
        """Return the sum of both statistics, boxes with and without a stated scale together."""
        both = Evidence(
            self.boxes + other.boxes,
            self.sized + other.sized,
            self.above + other.above,
            self.fractions or other.fractions,
            self.large + other.large,
            self.against + other.against,
            dict(self.reach),
            dict(self.large_reach),
        )
        for kept, more in ((both.reach, other.reach), (both.large_reach, other.large_reach)):
            for convention, reach in more.items():
                _extend(kept, convention, reach)
        return both

    def _fitting(self, candidates: Sequence[str]) -> str | None:
        """Return the first convention that at most a tenth of the boxes contradict."""
        allowed = TOLERATED * self.boxes
        return next((name for name in candidates if self.against[name] <= allowed), None)


def _extend(kept: dict[str, tuple[float, float]], convention: str, reach: tuple[float, float]) -> None:
    across, down = kept.get(convention, (0.0, 0.0))
    kept[convention] = max(across, reach[0]), max(down, reach[1])


def _fills(reach: dict[str, tuple[float, float]], convention: str) -> bool:
    return min(reach.get(convention, (0.0, 0.0))) >= _FILLED


def reach_of(raw: RawBox, convention: str, size: Size | None) -> tuple[float, float] | None:
    """Return the right and lower end of a box as fractions of its image's sides.

    None when no careful writer of `convention` would have written this box.
    """
    scale, order = convention.split("_")
    corners = corners_of(raw.values, raw.order or order)
    return None if corners is None else reach_in(corners, _SIDES.get(scale) or size)


_SIDES: Final = {"unit": (1.0, 1.0), "thousand": (1000.0, 1000.0), "percent": (100.0, 100.0)}
"""Width and height of an image in the scales that do not depend on it."""

Corners = tuple[float, float, float, float]


def corners_of(values: Corners, order: str) -> Corners | None:
    """Return left, top, right and bottom of four numbers in an order; None when they are no box in it."""
    a, b, c, d = values
    if order in ("xyxy", "yxyx"):
        if c < a or d < b:
            return None
        return values if order == "xyxy" else (b, a, d, c)
    if c < 0 or d < 0:
        return None
    if order == "cxcywh":
        a, b = a - c / 2, b - d / 2
    return a, b, a + c, b + d


def reach_in(corners: Corners, sides: tuple[float, float] | None) -> tuple[float, float] | None:
    """Return how far corners reach across and down an image with these sides; None when they leave it."""
    a, b, c, d = corners
    if sides is None or sides[0] <= 0 or sides[1] <= 0:
        return None if a < 0 or b < 0 else (0.0, 0.0)
    width, height = sides
    right, bottom = c / width, d / height
    # Right and bottom lie behind left and top, so each bound needs to be looked at once.
    if a / width < -_SLACK or b / height < -_SLACK or right > 1 + _SLACK or bottom > 1 + _SLACK:
        return None
    return right, bottom


def reaches(raw: RawBox, orders: Sequence[str], size: Size | None) -> Iterator[Reach]:
    """Yield, for every convention of these orders, how far a box reaches, as `reach_of` says it."""
    for order in orders:
        corners = corners_of(raw.values, raw.order or order)
        for scale, sides in (("pixels", size), *_SIDES.items()):
            yield f"{scale}_{order}", None if corners is None else reach_in(corners, sides)
