"""The words of `reading:`, which say how references are read where their files do not.

A task file has `reading: {depth_unit: cm}`; a run has `--generalbench-reading=FILE` (YAML: task id to such a
mapping), or lines of the ini key `generalbench_reading`: `image/comprehension/x: depth_unit=cm, void=0 255`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import GeneralBenchError, UnknownWordError
from pytest_generalbench.core.yaml_files import read_yaml

if TYPE_CHECKING:
    from collections.abc import Collection

Reading = Mapping[str, str]
"""Values by word, as text; several numbers are parted by blanks."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of `reading:`."""

    meaning: str
    values: Mapping[str, str] = field(default_factory=dict)
    """The closed set of values, each with its meaning."""
    pattern: str | None = None
    """What other values look like, as a regular expression; None: there are none."""
    shown: str = ""
    """The pattern in words, for messages."""

    def accepts(self, value: str) -> bool:
        """Whether `value` is one of the values."""
        return value in self.values or (self.pattern is not None and bool(re.fullmatch(self.pattern, value)))

    def known(self) -> str:
        """Return the allowed values as text."""
        return ", ".join([*self.values, *([self.shown] if self.shown else [])])


_NUMBER: Final = r"-?\d+(\.\d+)?"
_NUMBERS: Final = rf"{_NUMBER}( {_NUMBER})*"

_VALUE: Final = r"(-?\d+|#[0-9a-f]{6})"
_VALUES: Final = rf"{_VALUE}( {_VALUE})*"
_SHOWN: Final = "numbers or colours as #rrggbb"

WORDS: Final[Mapping[str, Word]] = {
    "index_base": Word("the number of the first item in a file", {"0": "zero", "1": "one"}),
    "answers": Word(
        "what the answers of a file are",
        {
            "letter": "names of options",
            "text": "texts of options or labels",
            "index": "numbers of options or labels",
            "bit": "0 for no, 1 for yes",
        },
    ),
    "yes": Word("the number that says yes, all others no", {}, _NUMBER, "a number"),
    "box": Word(
        "the scale and the order of a box's numbers",
        {
            f"{scale}_{order}": f"{numbers}, {sides}"
            for scale, numbers in (
                ("pixels", "pixels"),
                ("unit", "shares of the sides"),
                ("thousand", "thousandths of the sides"),
                ("percent", "hundredths of the sides"),
            )
            for order, sides in (
                ("xywh", "left upper corner, width, height"),
                ("xyxy", "left upper and right lower corner"),
                ("cxcywh", "centre, width, height"),
                ("yxyx", "corners, y first"),
            )
        },
    ),
    "row": Word(
        "the columns of rows with a box and more",
        {
            name: name.replace("_", ", ")
            for name in (
                "box_score", "box_class", "class_box", "score_box", "box_score_class", "box_class_score",
                "class_box_score", "class_score_box", "score_class_box", "box_id", "frame_box",
                "frame_box_score", "frame_id_box", "id_frame_box",
            )
        },
    ),
    "points": Word(
        "how many numbers a point has in a flat list", {"pairs": "x and y", "triples": "x, y and visibility"}
    ),
    "point": Word(
        "the scale of a point's numbers",
        {
            "pixels": "pixels",
            "unit": "shares of the sides",
            "thousand": "thousandths of the sides",
            "percent": "hundredths of the sides",
        },
    ),
    "visibility": Word(
        "what the visibility of a point says",
        {
            "coco": "0 not there, 1 hidden, 2 seen",
            "mpii": "0 hidden, 1 seen",
            "ai_challenger": "1 seen, 2 hidden, 3 not there",
            "score": "a confidence from 0 to 1, 0 not there",
        },
    ),
    "triplet": Word(
        "the order of three numbers of a relation",
        {
            "subject_object_predicate": "the predicate is the last",
            "subject_predicate_object": "the predicate is in the middle",
        },
    ),
    "size": Word(
        "the order of a 3D box's edges",
        {"lwh": "length, width, height", "wlh": "width, length, height", "hwl": "height, width, length"},
    ),
    "quaternion": Word(
        "the order of a quaternion", {"wxyz": "the real part first", "xyzw": "the real part last"}
    ),
    "angle": Word("the unit of a yaw", {"radians": "radians", "degrees": "degrees"}),
    "void": Word(
        "map values that have no class and are not scored", {"none": "there are none"}, _VALUES, _SHOWN
    ),
    "classes": Word(
        "values of a map that are its classes, every pixel counting as the nearest",
        {"all": "every value is a class"},
        _VALUES,
        _SHOWN,
    ),
    "foreground": Word(
        "values of a mask that are the object",
        {"above_0": "every value above 0", "from_128": "the bright ones, from 128 on"},
        _VALUES,
        _SHOWN,
    ),
    "channel": Word(
        "the channel of a picture that holds the values",
        {"red": "the first", "green": "the second", "blue": "the third", "alpha": "the last"},
    ),
    "colours": Word(
        "what a panoptic picture in colours is",
        {
            "rgb": "one number, red + 256 green + 65536 blue",
            "bgr": "one number, blue + 256 green + 65536 red",
        },
    ),
    "ids": Word(
        "what the ids of instances say",
        {
            "plain": "numbers of instances",
            "class_1000": "class x 1000 + number; below 1000 is no instance",
            "class_256": "class x 256 + number; below 256 is no instance",
        },
    ),
    "depth": Word("what the values of depth say", {"depth": "distance", "disparity": "inverse distance"}),
    "depth_unit": Word(
        "the unit of stored depth",
        {
            "m": "metres",
            "cm": "centimetres",
            "mm": "millimetres",
            "sunrgbd": "SUN RGB-D: millimetres, bits rotated by 3",
            "carla": "CARLA: 1000 m over 24 bits, red first",
        },
        r"1/\d+|\d+/(1|255|65535)",
        "1/N for N steps in a metre; N/255, N/65535 and N/1 for N metres at the largest value",
    ),
    "depth_missing": Word("stored values that mean no depth", {"none": "only 0"}, _NUMBERS, "numbers"),
    "alpha": Word(
        "the value of mattes that is opaque",
        {"trimap": "no matte but a trimap, which is no reference"},
        r"[1-9]\d*",
        "a number",
    ),
    "flow_valid": Word(
        "the channel of KITTI's flow that says which pixels are valid",
        {"third": "the third", "first": "the first, and blue is to the right", "all": "none: all are"},
    ),
    "label_column": Word("the column of a point table with the class, from 0", {}, r"-?\d+", "a number"),
    "instance_column": Word(
        "the column of a point table with the instance, from 0", {}, r"-?\d+", "a number"
    ),
}  # fmt: skip
"""Every word that a reading may have. A protocol names those it takes in `reading_words`."""


def checked(given: Any, where: str) -> dict[str, str]:
    """Return a reading with its values as text.

    Raises:
        GeneralBenchError: `given` is no mapping, or has an unknown word or value; the message names `where`
            and what is known.
    """
    if not isinstance(given, Mapping):
        raise GeneralBenchError(f"{where}: a reading maps words to values, not {given!r:.60}")
    result = {}
    for word, value in given.items():
        if word not in WORDS:
            raise GeneralBenchError(f"{where}: {UnknownWordError('word of a reading', word, WORDS)}")
        result[word] = _text(value)
        if not WORDS[word].accepts(result[word]):
            raise GeneralBenchError(
                f"{where}: {word} ({WORDS[word].meaning}) cannot be {value!r:.60}; "
                f"known: {WORDS[word].known()}"
            )
    return result


def _text(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else " ".join(str(value).split())


def shown(reading: Reading) -> str:
    """Return a reading as a line writes it: `depth_unit=cm, void=0 255`."""
    return ", ".join(f"{word}={value}" for word, value in sorted(reading.items()))


def from_lines(text: str, where: str) -> dict[str, dict[str, str]]:
    """Return the readings of lines `task/id: word=value, word=value`.

    Raises:
        GeneralBenchError: a line is none, or says what no reading can.
    """
    result: dict[str, dict[str, str]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        task, colon, rest = line.partition(":")
        pairs = [part.partition("=") for part in rest.split(",")]
        if not colon or not all(equals for _, equals, _ in pairs):
            raise GeneralBenchError(f"{where}: a line is 'task/id: word=value, word=value', not {line!r:.80}")
        given = {word.strip(): value.strip() for word, _, value in pairs}
        result[task.strip()] = checked(given, f"{where}, {task.strip()}")
    return result


def from_file(path: Path) -> dict[str, dict[str, str]]:
    """Return the readings of a YAML file, a mapping of task ids to readings.

    Raises:
        GeneralBenchError: the file cannot be read, or says what no reading can.
    """
    import yaml

    try:
        content = read_yaml(path)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise GeneralBenchError(f"{path}: {' '.join(str(error).split())}") from error
    if not isinstance(content, Mapping):
        raise GeneralBenchError(f"{path}: a file of readings maps task ids to readings, not {content!r:.60}")
    return {str(task): checked(given, f"{path}, {task}") for task, given in content.items()}


def check_tasks(readings: Mapping[str, Reading], tasks: Collection[str]) -> None:
    """Raise GeneralBenchError for readings of unknown tasks, with the nearest ids."""
    for task in readings:
        if task not in tasks:
            tail = task.rpartition("/")[2]
            near = [known for known in tasks if tail in known] or list(tasks)
            raise GeneralBenchError(f"reading: {UnknownWordError('task', task, near[:12])}")
