"""Inference of the unit of reference depth, from header, types and ranges of the whole file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.outputs.codecs.images.files import is_picture
from pytest_generalbench.protocols.dense.channels import numbers_of
from pytest_generalbench.protocols.reading import ambiguous, decide

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_generalbench.core.task import Task

WORDS: Final = ("depth_unit", "depth_missing", "depth")
"""The words that depth takes."""

_SOURCES: Final[Mapping[str, str]] = {
    "kitti": "1/256", "matterport": "1/4000", "tum": "1/5000", "icl-nuim": "1/5000", "icl nuim": "1/5000",
    "sun rgb": "sunrgbd", "sunrgb": "sunrgbd", "nyu": "mm", "scannet": "mm",
}  # fmt: skip
"""The unit of 16-bit pictures of known data sets, by a word of their names."""

_UNIT_NAMES: Final[Mapping[str, str]] = {
    "m": "m", "meter": "m", "meters": "m", "metre": "m", "metres": "m", "cm": "cm", "centimeter": "cm",
    "centimeters": "cm", "centimetre": "cm", "centimetres": "cm", "mm": "mm", "millimeter": "mm",
    "millimeters": "mm", "millimetre": "mm", "millimetres": "mm",
}  # fmt: skip
_UNIT_KEYS: Final = ("depth_unit", "depth_units", "unit", "units")
_SCALE_KEYS: Final = ("depth_scale", "depth_factor", "scale_factor", "png_depth_scale")
_STEPS: Final = (("mm", 1000), ("cm", 100), ("1/256", 256), ("1/4000", 4000), ("1/5000", 5000))

DISPARITY_NAMES: Final = ("disparity", "disp", "disparities", "inverse_depth", "inv_depth")
"""Names of arrays that hold disparity."""


def is_disparity(name: str) -> bool:
    """Whether the name of an array says that it holds disparity."""
    return name.lower() in DISPARITY_NAMES


_TOP_MM: Final = (3840, 10500)
"""The largest value of a room in millimetres; with near values as well, no other common unit has it."""

_NEAR_MM: Final = 1500
_CLEAR: Final = 10
"""How many times larger than all others a value is that stands for no depth."""


@dataclass(slots=True)
class DepthSurvey:
    """Statistics of the stored depth of a file's references."""

    kinds: set[str] = field(default_factory=set)
    """`float`, `16 bits`, `8 bits`, `colours`."""
    tops: set[float] = field(default_factory=set)
    """Of each reference the largest value, and the largest below nine tenths of it, and so on."""
    least: float = math.inf
    """The smallest value above 0."""
    step: int = 0
    """What all whole values are multiples of."""
    empty: int = 0
    total: int = 0
    place: str = ""
    is_whole: bool = True

    def add(self, stored: NDArray[Any], name: object, place: str) -> None:
        """Add one reference."""
        if stored.ndim == 3 and not (stored[:, :, :3] == stored[:, :, :1]).all() and stored.shape[2] > 2:
            self.kinds.add("colours")
        elif stored.dtype.kind == "f":
            self.kinds.add("float")
        else:
            self.kinds.add("8 bits" if is_picture(name) and stored.dtype == np.uint8 else "16 bits")
        values = stored if stored.ndim == 2 else stored[:, :, 0]
        good = values[np.isfinite(values) & (values > 0)]
        self.total += values.size
        self.empty += values.size - good.size
        self.place = self.place or place
        if not good.size:
            return
        self.least = min(self.least, float(good.min()))
        if good.dtype.kind in "iu":
            self.step = math.gcd(self.step, int(np.gcd.reduce(good.astype(np.int64))))
        for _ in range(4):
            if not good.size:
                break
            top = float(good.max())
            self.tops.add(top)
            good = good[good < 0.9 * top]

    def merged(self, other: DepthSurvey) -> DepthSurvey:
        """Return the combined statistics, with the place of the other."""
        return DepthSurvey(
            self.kinds | other.kinds, self.tops | other.tops, min(self.least, other.least),
            math.gcd(self.step, other.step), self.empty + other.empty, self.total + other.total, other.place,
        )  # fmt: skip

    def top(self) -> tuple[float, list[float]]:
        """Return the largest depth, and the values above it that stand for none."""
        tops, missing = sorted(self.tops, reverse=True), list[float]()
        while len(tops) > 1 and (tops[0] >= _CLEAR * tops[1] or (tops[0] == 65535 and tops[1] < 60000)):
            missing.append(tops.pop(0))
        return (tops[0] if tops else 0.0), missing


@dataclass(frozen=True, slots=True)
class DepthReading:
    """How the stored depth of a task is read."""

    unit: str = "m"
    missing: frozenset[float] = frozenset()
    notes: tuple[str, ...] = ()
    found: DepthSurvey = field(default_factory=DepthSurvey)

    def metres(self, stored: NDArray[Any]) -> NDArray[np.float32]:
        """Return metres, float32, (height, width), 0 where there is none."""
        if self.unit == "carla" and stored.ndim == 3:
            red, green, blue = (stored[:, :, place].astype(np.float64) for place in range(3))
            return np.asarray((red + 256 * green + 65536 * blue) / (2**24 - 1) * 1000, np.float32)
        plain = stored if stored.ndim == 2 else stored[:, :, 0]
        good = np.isfinite(plain) & (plain > 0) & ~np.isin(plain, list(self.missing))
        if self.unit == "sunrgbd":
            words = plain.astype(np.uint16)
            plain = words >> np.uint16(3) | words << np.uint16(13)
        values = np.where(good, plain, 0).astype(np.float64)
        return np.asarray(values * factor_of(self.unit), np.float32)


def factor_of(unit: str) -> float:
    """Return metres in a step of `unit`, one of the values of the word `depth_unit`."""
    named = {"m": 1.0, "cm": 0.01, "mm": 0.001, "sunrgbd": 0.001}
    if unit in named:
        return named[unit]
    upper, _, lower = unit.partition("/")
    return float(upper) / float(lower)


def decide_depth(task: Task, header: Mapping[str, Any], seen: DepthSurvey) -> DepthReading:
    """Return how the stored depth of a file is read.

    Args:
        task: The task; what its `reading` says goes first.
        header: The top-level keys of the file, that may name a unit or the data set.
        seen: What the stored depth looks like.

    Raises:
        AmbiguousReferenceError: two units fit, or none.
    """
    given = task.reading.get("depth_missing", "none")
    missing = frozenset(map(float, numbers_of(given)))
    if not seen.tops:
        return DepthReading(task.reading.get("depth_unit", "m"), missing, (), seen)
    if "colours" in seen.kinds and "depth_unit" not in task.reading:
        readings = {
            "carla": "24 bits over three channels",
            "10/255": "the red channel of a drawing in colours, which is no depth",
        }
        raise ambiguous(task, "depth_unit", readings, seen.place)
    readings = _of_header(header, seen) or _of_values(seen)
    unit, note = decide(task, "depth_unit", readings, seen.place)
    missing |= frozenset(seen.top()[1]) if "depth_missing" not in task.reading else frozenset()
    return DepthReading(unit, missing, tuple(filter(None, [note])), seen)


def _texts(header: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    others = header.get("others")
    for holder in (header, others if isinstance(others, Mapping) else {}):
        for key, value in holder.items():
            yield str(key).strip().lower().replace(" ", "_"), value


def _of_header(header: Mapping[str, Any], seen: DepthSurvey) -> dict[str, str]:
    """Return the units that a file's header names, each with the words that name it."""
    readings: dict[str, str] = {}
    for key, value in _texts(header):
        if key in _UNIT_KEYS and str(value).strip().lower() in _UNIT_NAMES:
            readings[_UNIT_NAMES[str(value).strip().lower()]] = f"the header has {key}: {value}"
        if key in _SCALE_KEYS and isinstance(value, int | float) and value > 0:
            unit = _unit_of_scale(float(value))
            readings[unit] = f"the header has {key}: {value}"
        if key == "data_source" and seen.kinds == {"16 bits"} and isinstance(value, str):
            for word, unit in _SOURCES.items():
                if word in value.lower():
                    readings[unit] = f"the data are of {value:.40}"
    return readings


def _unit_of_scale(scale: float) -> str:
    steps = round(scale if scale >= 1 else 1 / scale)
    return {1: "m", 100: "cm", 1000: "mm"}.get(steps, f"1/{steps}")


def _of_values(seen: DepthSurvey) -> dict[str, str]:
    """Return the possible units with their evidence, from types and ranges alone."""
    top, missing = seen.top()
    text = f"values {seen.least:g} to {top:g}" + (f", none at {missing[0]:g}" if missing else "")
    if len(seen.kinds) > 1:
        return {"m": f"the files are {' and '.join(sorted(seen.kinds))}", "mm": text}
    if seen.kinds == {"float"}:
        return _of_floats(seen, top, text)
    if seen.kinds == {"8 bits"}:
        return {
            "10/255": "8 bits, 10 m at 255 as in small copies of NYU",
            "cm": f"8 bits, {text}",
            "m": f"8 bits, {text}",
        }
    certain = {}
    if seen.step == 8 and top > 2000:
        certain["sunrgbd"] = f"all values are multiples of 8, to {top / 8000:.1f} m"
    if _TOP_MM[0] < top <= _TOP_MM[1] and seen.least <= _NEAR_MM and 2 * seen.empty <= seen.total:
        certain["mm"] = text
    if certain:
        return certain
    fitting = {
        unit: f"{text} are {seen.least / steps:.2g} to {top / steps:.3g} m"
        for unit, steps in _STEPS
        if 0.5 <= top / steps <= 100
    }
    return fitting if len(fitting) != 1 else {**fitting, "10/65535": f"{text}, 10 m at 65535"}


def _of_floats(seen: DepthSurvey, top: float, text: str) -> dict[str, str]:
    if top <= 1:
        return {"m": text, "10/1": f"{text}: a share of 10 m, or no metres at all"}
    if top <= 100:
        return {"m": text}
    if 2000 <= top <= 20000 and seen.least <= _NEAR_MM:
        return {"mm": text}
    return {"mm": text, "cm": text, "m": text}
