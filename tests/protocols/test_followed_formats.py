"""Tracks, tubes and points of people in the forms of data sets: each is read right, or refused by name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench import protocols
from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.media.media import Media
from pytest_generalbench.core.outputs.codecs.boxes.conventions import Box
from pytest_generalbench.core.request import Instance
from tests.builders import make_task
from tests.protocols.test_located_formats import png_head

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WIDE, HIGH = 640, 480
NAN = float("nan")


@pytest.fixture(scope="module")
def frame(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("frames") / "1.png"
    path.write_bytes(png_head(WIDE, HIGH))
    return path


def read(
    name: str,
    outputs: list[Any],
    frame: Path,
    frames: int = 1,
    header: Mapping[str, Any] | None = None,
    reading: Mapping[str, str] | None = None,
    **fields: Any,
) -> list[Any]:
    """Return the references of a file with these outputs."""
    kind, key = ("image", "image_file") if frames == 1 else ("video", "video_folder")
    media = (Media(kind, (frame,) * frames, key),)
    instances = [
        Instance(f"i{number}", "t", {"prompt": "?", **fields}, media, output, "output")
        for number, output in enumerate(outputs)
    ]
    protocol = protocols.get(name)
    task = replace(make_task(id="t", protocol=name), reading=dict(reading or {}))
    context = protocol.context(task, header or {}, instances)
    return [protocol.reference(instance, context) for instance in instances]


BOXES = [Box(100.0 + 3 * n, 200.0 + 2 * n, 60.5, 40.25) for n in range(12)]
CORNERS = [[x, y, x + w, y + h] for x, y, w, h in BOXES]
UNIT = [[x / WIDE, y / HIGH, w / WIDE, h / HIGH] for x, y, w, h in BOXES]
GONE = [*BOXES[:5], None, *BOXES[6:]]


def _mot(identity: int = 1) -> list[list[float]]:
    return [[n + 1, identity, *box, 1, 1, 1.0] for n, box in enumerate(BOXES)]


TRACKS: dict[str, tuple[Any, Any]] = {
    "the benchmark's own": ({"answer": [list(box) for box in BOXES]}, BOXES),
    "corners": ({"answer": CORNERS}, None),
    "corners, stated": ({"boxes": CORNERS, "format": "xyxy"}, BOXES),
    "absent as NaN": ({"answer": [list(box) if box else [NAN] * 4 for box in GONE]}, GONE),
    "absent as -1": ({"answer": [list(box) if box else [-1] * 4 for box in GONE]}, GONE),
    "absent as zeros": ({"answer": [list(box) if box else [0] * 4 for box in GONE]}, GONE),
    "absent as null": ({"answer": [list(box) if box else None for box in GONE]}, GONE),
    "frame first, from 0": ({"answer": [[n, *box] for n, box in enumerate(BOXES)]}, BOXES),
    "frame first, from 1": ({"answer": [[n + 1, *box] for n, box in enumerate(BOXES)]}, BOXES),
    "frame first, a gap": ({"answer": [[n + 1, *box] for n, box in enumerate(GONE) if box]}, GONE),
    "frame first, corners": ({"answer": [[n, *box] for n, box in enumerate(CORNERS)]}, None),
    "0 or 1 last": ({"answer": [[*box, n % 2] for n, box in enumerate(BOXES)]}, BOXES),
    "identity last": ({"answer": [[*box, 7] for box in BOXES]}, BOXES),
    "score last": ({"answer": [[*box, 0.5] for box in BOXES]}, BOXES),
    "frame first, score last": ({"answer": [[n, *box, 0.5] for n, box in enumerate(BOXES)]}, BOXES),
    "MOT": ({"answer": _mot()}, BOXES),
    "MOT in texts": ({"answer": [",".join(map(str, row)) for row in _mot()]}, BOXES),
    "MOT without confidence": ({"answer": [row[:6] for row in _mot()]}, BOXES),
    "by frame, from 0": ({"answer": {str(n): list(box) for n, box in enumerate(GONE) if box}}, GONE),
    "by frame, from 1": ({"answer": {str(n + 1): list(box) for n, box in enumerate(GONE) if box}}, GONE),
    "objects with frames": (
        {"answer": [{"frame": n, "bbox": list(box)} for n, box in enumerate(GONE) if box]},
        GONE,
    ),
    "frames of another clip": (
        {"answer": {str(n + 5): list(box) for n, box in enumerate(BOXES[:3])}},
        "cannot tell the number of the first",
    ),
    "MOT with two objects": ({"answer": [*_mot()[:6], *_mot(2)[:6]]}, "rows of 9 numbers"),
    "shares": ({"answer": UNIT}, "unit_"),
    "VOT's corners of rotated boxes": ({"answer": [[1.5, 2, 3, 4, 5, 6, 7, 8]] * 12}, "rows of 8 numbers"),
    "frames missing": ({"answer": [list(box) for box in BOXES[:7]]}, "7 boxes for 12 frames"),
}


@pytest.mark.parametrize("name", TRACKS)
def test_tracks(name: str, frame: Path) -> None:
    output, wanted = TRACKS[name]
    if isinstance(wanted, str):
        with pytest.raises(DataError, match=wanted):
            read("video_object_tracking", [output], frame, 12)
        return
    if wanted is None:
        with pytest.raises(DataError, match=r"pixels_xywh \(.* or pixels_xyxy \(the last two numbers"):
            read("video_object_tracking", [output], frame, 12)
        result = read("video_object_tracking", [output], frame, 12, reading={"box": "pixels_xyxy"})[0]
        wanted = BOXES
    else:
        result = read("video_object_tracking", [output], frame, 12)[0]
    for box, true in zip(result, wanted, strict=True):
        assert (box is None) == (true is None)
        assert box is None or box == pytest.approx(true)


LIST = [list(box) for box in BOXES[:3]]
TRUE = {n + 2: box for n, box in enumerate(BOXES[:3])}
EDGES = {"tube_start_frame": 3, "tube_end_frame": 6}
TUBES: dict[str, tuple[Any, Any]] = {
    "HC-STVG in the released code": ({**EDGES, "trajectory": LIST}, TRUE),
    "VidSTG in the released code": (
        {
            "tube_start_frame": 2,
            "tube_end_frame": 5,
            "trajectory": {str(n): {"bbox": list(box)} for n, box in TRUE.items()},
        },
        TRUE,
    ),
    "rows with their frame": ({**EDGES, "trajectory": [[n + 3, *box] for n, box in enumerate(LIST)]}, TRUE),
    "rows with their frame from 0": (
        {**EDGES, "trajectory": [[n + 2, *box] for n, box in enumerate(LIST)]},
        TRUE,
    ),
    "rows of another place": (
        {**EDGES, "trajectory": [[n + 8, *box] for n, box in enumerate(LIST)]},
        "rows from frame 8",
    ),
    "start and boxes": ({"start": 2, "boxes": LIST}, "cannot tell the number of the first"),
    "boxes by frame": ({"boxes": {str(n): list(box) for n, box in TRUE.items()}}, "index_base"),
    "start and boxes to the last frame": (
        {"start": 10, "boxes": LIST},
        {n + 7: box for n, box in TRUE.items()},
    ),
    "start and boxes from 0": ({"start": 0, "boxes": LIST}, {n - 2: box for n, box in TRUE.items()}),
    "shares": ({**EDGES, "trajectory": UNIT[:3]}, "unit_"),
    "too few": ({**EDGES, "trajectory": LIST[:2]}, "2 boxes for frames 3 to 6"),
}


@pytest.mark.parametrize("name", TUBES)
def test_tubes(name: str, frame: Path) -> None:
    output, wanted = TUBES[name]
    if isinstance(wanted, str):
        with pytest.raises(DataError, match=wanted):
            read("video_spatiotemporal_grounding", [output], frame, 12)
        return
    (result,) = read("video_spatiotemporal_grounding", [output], frame, 12)
    assert list(result) == list(wanted)
    for number, box in wanted.items():
        assert result[number] == pytest.approx(box)


PLACES = [(100.0 + 7 * n, 50.0 + 11 * n) for n in range(18)]
FLAT = [value for point in PLACES for value in point]


def _three(*seen: float) -> list[float]:
    return [value for n, point in enumerate(PLACES) for value in (*point, seen[n % len(seen)])]


def _lost(value: Any) -> list[list[Any]]:
    return [list(point) if n else [value, value] for n, point in enumerate(PLACES)]


ALL = [2.0] * 18
LOST = [0.0, *ALL[1:]]
POINTS: dict[str, tuple[Any, Any]] = {
    "COCO": ({"keypoints": _three(2, 1)}, [2.0, 1.0] * 9),
    "COCO, a point not there": ({"keypoints": [0, 0, 0, *_three(2)[3:]]}, LOST),
    "pairs in a flat list": ({"keypoints": FLAT}, ALL),
    "pairs, -1 not there": ({"keypoints": [-1, -1, *FLAT[2:]]}, LOST),
    "pairs, zeros not there": ({"keypoints": [0, 0, *FLAT[2:]]}, LOST),
    "a list a point": ({"keypoints": [list(point) for point in PLACES]}, ALL),
    "a list a point, -1 not there": ({"keypoints": _lost(-1)}, LOST),
    "a list a point, NaN not there": ({"keypoints": _lost(NAN)}, LOST),
    "a list a point, null not there": ({"keypoints": _lost(None)}, LOST),
    "OpenPose": ({"people": [{"pose_keypoints_2d": [0, 0, 0, *_three(0.9)[3:]]}]}, LOST),
    "AI Challenger": ({"keypoints": [0, 0, 3, *_three(1, 2)[3:]]}, [0.0, *([1.0, 2.0] * 9)[:-1]]),
    "MPII's visibility": ({"keypoints": _three(1, 0)}, ("coco", "mpii")),
    "another visibility": ({"keypoints": _three(5)}, ("triples", "pairs")),
    "shares": ({"keypoints": [[x / WIDE, y / HIGH] for x, y in PLACES]}, ALL),
    "shares, flat": (
        {"keypoints": [value / (WIDE, HIGH)[n % 2] for n, value in enumerate(FLAT)]},
        ("triples", "pairs"),
    ),
    "shares of the person's box": (
        [{"keypoints": [[(x - 100) / 120, (y - 50) / 190] for x, y in PLACES], "bbox": [100, 50, 120, 190]}],
        ("points lie far from the boxes",),
    ),
    "a confidence of 80 to 86": ({"keypoints": _three(*range(80, 87))}, ("triples", "pairs")),
    "a list of x and one of y": (
        {"keypoints": {"x": [x for x, _ in PLACES], "y": [y for _, y in PLACES]}},
        ("the name of a point",),
    ),
    "out of the image": ({"keypoints": [value * 5 for value in FLAT]}, ("point",)),
    "an odd number": ({"keypoints": FLAT[:35]}, ("35 numbers",)),
}


@pytest.mark.parametrize("name", POINTS)
def test_points(name: str, frame: Path) -> None:
    output, wanted = POINTS[name]
    if isinstance(wanted, tuple):
        with pytest.raises(DataError) as caught:
            read("keypoint_detection", [output], frame)
        for words in wanted:
            assert words in str(caught.value)
        return
    ((person,),) = read("keypoint_detection", [output], frame)
    assert [point.visibility for point in person.points] == wanted
    for point, true in zip(person.points, PLACES, strict=True):
        assert point.visibility == 0 or point[:2] == pytest.approx(true)


@pytest.mark.parametrize(
    ("name", "reading", "wanted"),
    [
        ("MPII's visibility", {"visibility": "mpii"}, [2.0, 1.0] * 9),
        ("shares, flat", {"points": "pairs"}, ALL),
    ],
)
def test_a_reading_settles_points(
    name: str, reading: dict[str, str], wanted: list[float], frame: Path
) -> None:
    ((person,),) = read("keypoint_detection", [POINTS[name][0]], frame, reading=reading)
    assert [point.visibility for point in person.points] == wanted
    assert person.points[3][:2] == pytest.approx(PLACES[3])


GROUNDED: dict[str, tuple[list[Any], Any]] = {
    "RefCOCO": ([{"bbox": [*box]} for box in BOXES], BOXES),
    "a corner pair with its order": ([{"bbox_xyxy": box} for box in CORNERS], BOXES),
    "corners of images seen to the right": (
        [{"bbox": [x + 300, y, x + 360.5, y + 40.25]} for x, y, _, _ in BOXES],
        [Box(x + 300, y, 60.5, 40.25) for x, y, _, _ in BOXES],
    ),
    "shares": ([{"bbox": box} for box in UNIT], "unit_"),
    "two boxes": ([{"bbox": [LIST[0], LIST[1]]}], "2 boxes where one is due"),
}


@pytest.mark.parametrize("name", GROUNDED)
def test_a_described_thing(name: str, frame: Path) -> None:
    outputs, wanted = GROUNDED[name]
    if isinstance(wanted, str):
        with pytest.raises(DataError, match=wanted):
            read("visual_grounding", outputs, frame)
        return
    for box, true in zip(read("visual_grounding", outputs, frame), wanted, strict=True):
        assert box == pytest.approx(true)
