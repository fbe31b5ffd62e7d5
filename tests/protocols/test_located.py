"""Boxes, points, tracks and tubes: what is asked, what references may look like, what answers mean."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_generalbench import protocols
from pytest_generalbench.core.errors import (
    AmbiguousReferenceError,
    DataError,
    ReferenceFormatError,
    UnknownWordError,
)
from pytest_generalbench.core.media.media import Media, Size
from pytest_generalbench.core.outputs import AnswerFormatError, StructuredOutput, answer_key
from pytest_generalbench.core.outputs.codecs.boxes.conventions import Box, from_box
from pytest_generalbench.core.outputs.forms.boxes import (
    Boxes,
    Detection,
    FrameBoxes,
    Keypoint,
    Keypoints,
    OneBox,
    Person,
    Tube,
)
from pytest_generalbench.core.request import Instance, Output
from pytest_generalbench.metrics.detection.boxes import TrueBox
from pytest_generalbench.metrics.detection.keypoints import TruePerson
from pytest_generalbench.suite.demo.media.files import png
from tests.builders import make_task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_generalbench.protocols import TaskContext

WIDE, HIGH = 64, 48
SIZE = Size(WIDE, HIGH)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "a.png"
    path.write_bytes(png([[0] * WIDE] * HIGH))
    return path


def an_image(picture: Path, output: Any, name: str = "i1", **fields: Any) -> Instance:
    given = {"image_file": "a.png", "prompt": "Find it.", **fields}
    media = (Media("image", (picture,), "image_file"),)
    return Instance(name, "image/t", given, media, output, None if output is None else "output")


def a_video(picture: Path, output: Any, frames: int = 3, **fields: Any) -> Instance:
    media = (Media("video", (picture,) * frames, "video_folder"),)
    given = {"video_folder": "v", "prompt": "Track it.", **fields}
    return Instance("v1", "video/t", given, media, output, None if output is None else "output")


def context_of(
    name: str, *instances: Instance, header: Mapping[str, Any] | None = None, **changes: Any
) -> TaskContext:
    task = make_task(protocol=name, **changes)
    return protocols.get(name).context(task, header or {}, instances)


def reference_of(name: str, instance: Instance, header: Mapping[str, Any] | None = None) -> Any:
    return protocols.get(name).reference(instance, context_of(name, instance, header=header))


def parsed(name: str, instance: Instance, answer: str | StructuredOutput, **details: Any) -> Any:
    """Return what is read from an answer that stands alone, its convention settled first."""
    protocol, context = protocols.get(name), context_of(name, instance)
    output = (
        Output(answer, details=details) if isinstance(answer, str) else Output(medium="map", answer=answer)
    )
    return protocol.parse(output, instance, protocol.infer_conventions([(instance, output)], context))


BIRD = {"text": {"bird": [[10, 20, 30, 8]]}}


def test_detection_is_asked_with_size_labels_and_form(picture: Path) -> None:
    instances = [an_image(picture, BIRD), an_image(picture, {"text": {"Big_Cat": [[1, 2, 3, 4]]}}, "i2")]
    context = context_of("object_detection", *instances)
    request = protocols.get("object_detection").request(instances[0], context)
    assert request.parts[0] == instances[0].media[0]
    assert (request.form, request.output_medium) == ("boxes", "map")
    assert (
        "Find it.\nThe image is 64 pixels wide and 48 pixels high.\nLabels: Big_Cat, bird\n" in request.text
    )
    assert '{"bbox": [x1, y1, x2, y2], "label": "…"}' in request.text
    assert "a.png" not in request.text


@pytest.mark.parametrize(
    ("output", "header"),
    [
        (BIRD, {}),
        (BIRD, {"others": {"bbox_format": "(x_min, y_min, width, height)"}}),
        ({"bbox": [{"Bird": [10.0, 20.0, 30.0, 8.0]}]}, {}),
        ({"boxes": [[10, 20, 40, 28]], "labels": ["bird"]}, {"others": {"bbox_format": "(x1, y1, x2, y2)"}}),
        ({"boxes": [[10, 20, 40, 28]], "labels": ["bird"], "format": "xyxy"}, {}),
        ([{"bbox": [10, 20, 30, 8], "category_id": 4}], {"categories": [{"id": 4, "name": "bird"}]}),
        ({"annotations": [{"bbox": [10, 20, 30, 8], "category": "bird", "iscrowd": 0}]}, {}),
        ([{"label": "bird", "x1": 10, "y1": 20, "x2": 40, "y2": 28}], {}),
        ({"bird": [[10 / 64, 20 / 48, 40 / 64, 28 / 48]]}, {"bbox_format": "normalized x1 y1 x2 y2"}),
    ],
)
def test_references_of_detection_in_the_shapes_of_files(
    picture: Path, output: Any, header: dict[str, Any]
) -> None:
    (result,) = reference_of("object_detection", an_image(picture, output), header)
    assert result.label == "bird"
    assert result[:4] == pytest.approx((10, 20, 30, 8))


def test_a_file_of_corners_is_noticed_from_its_numbers(picture: Path) -> None:
    instances = [an_image(picture, {"bird": [[20 + n, 20, 60, 45]]}, f"i{n}") for n in range(12)]
    context = context_of("object_detection", *instances)
    assert context.notes == ("read with box=pixels_xyxy: 12 of 12 boxes contradict pixels_xywh",)
    result = protocols.get("object_detection").reference(instances[0], context)
    assert result == (TrueBox(20, 20, 40, 25, "bird"),)


def test_a_bbox_format_that_nobody_understands_is_told(picture: Path) -> None:
    context = context_of(
        "object_detection", an_image(picture, BIRD), header={"others": {"bbox_format": "usual"}}
    )
    assert context.notes == ("the file's bbox_format 'usual' is not understood",)


def test_boxes_without_area_are_left_out_and_told(picture: Path) -> None:
    instance = an_image(picture, {"bird": [[1, 2, 0, 5], [1, 2, 3, 4]]})
    context = context_of("object_detection", instance)
    assert protocols.get("object_detection").reference(instance, context) == (TrueBox(1, 2, 3, 4, "bird"),)
    assert context.notes == ("1 reference boxes without any area left out",)


@pytest.mark.parametrize(
    "output",
    [{"bird": [[1, 2, -3, 4]]}, {"bird": [[1, 2, float("nan"), 4]]}, "many", {"text": 3}, {"bird": [[1]]}],
)
def test_references_that_hold_no_boxes_are_one_error(picture: Path, output: Any) -> None:
    with pytest.raises(ReferenceFormatError, match="instance 'i1' of image/t: the reference cannot be read"):
        reference_of("object_detection", an_image(picture, output))


def test_an_image_without_objects_is_a_reference(picture: Path) -> None:
    outputs: list[Any] = [{"text": {}}, {"bbox": []}, [], {"bird": []}]
    for output in outputs:
        assert reference_of("object_detection", an_image(picture, output)) == ()


CORNERS = from_box((10, 20, 30, 8), "pixels_xyxy", None)
THOUSANDTHS = from_box((10, 20, 30, 8), "thousand_xyxy", SIZE)


@pytest.mark.parametrize(
    ("answer", "details"),
    [
        (json.dumps([{"bbox": list(CORNERS), "label": "Bird"}]), {}),
        (f"<think>[1, 2, 3, 4]</think><ref>bird</ref><box>[{list(THOUSANDTHS)}]</box>", {}),
        ("<ref>bird</ref><box>(10,20),(40,28)</box>", {"coordinates": "pixels_xyxy"}),
        (json.dumps([{"box_2d": from_box((10, 20, 30, 8), "thousand_yxyx", SIZE)}]), {}),
        (json.dumps([{"box_2d": from_box((10, 20, 30, 8), "unit_yxyx", SIZE)}]), {}),
        (json.dumps([{"box_2d": [20, 10, 28, 40]}]), {"coordinates": "pixels_xyxy"}),
        (json.dumps({"bird": [[40, 28, 10, 20]]}), {"coordinates": "pixels_xyxy"}),
        (json.dumps([list(CORNERS)]), {}),
        (json.dumps({"bird": [from_box((10, 20, 30, 8), "unit_xyxy", SIZE)]}), {}),
        (json.dumps({"bird": [from_box((10, 20, 30, 8), "thousand_xyxy", SIZE)]}), {}),
        (
            json.dumps([{"box_2d": from_box((10, 20, 30, 8), "thousand_yxyx", SIZE)}]),
            {"coordinates": "thousand_yxyx"},
        ),
        (json.dumps({"bird": [[10, 20, 30, 8]]}), {"coordinates": "pixels_xywh"}),
    ],
)  # fmt: skip
def test_text_answers_of_detection(picture: Path, answer: str, details: dict[str, Any]) -> None:
    (result,) = parsed("object_detection", an_image(picture, BIRD), answer, **details)
    assert result.label == "bird"
    assert result[:4] == pytest.approx((10, 20, 30, 8), abs=1e-6)


def test_how_answers_were_read_is_told(picture: Path) -> None:
    instance, protocol = an_image(picture, BIRD), protocols.get("object_detection")
    context = context_of("object_detection", instance)
    stated = protocol.infer_conventions([(instance, Output("[[10, 20, 40, 28]]"))], context)
    assert stated.notes == (
        "answers read as pixels_xyxy (1 box; pixels, as asked for; thousandths would fit as well: "
        "declare coordinates= to be sure)",
    )
    tags = Output(f"<ref>bird</ref><box>[{list(THOUSANDTHS)}]</box>")
    stated = protocol.infer_conventions([(instance, tags)], context)
    assert stated.notes == ("boxes read as thousandths, as their notation says (1)",)
    stated = protocol.infer_conventions([(instance, tags), (instance, Output("[[0, 0, 64, 48]]"))], context)
    assert stated.notes[0].startswith("answers read as pixels_xyxy (1 box;")
    assert stated.notes[1:] == ("boxes read as thousandths, as their notation says (1)",)
    typed = Output(medium="map", answer=Boxes(()))
    assert protocol.infer_conventions([(instance, typed)], context) == context
    declared = Output("[]", details={"coordinates": "thousand_xyxy"})
    stated = protocol.infer_conventions([(instance, declared)], context)
    assert stated.notes == ("answers read as thousand_xyxy (declared by the model)",)
    with pytest.raises(UnknownWordError, match="pixels_xyxy"):
        protocol.infer_conventions([(instance, Output("[]", details={"coordinates": "inches"}))], context)


def test_typed_answers_of_detection(picture: Path) -> None:
    instance = an_image(picture, BIRD)
    boxes = Boxes((Detection(1, 2, 3, 4, "BIRD", 0.5), Detection(1, 2, 3, 4)))
    assert [box.label for box in parsed("object_detection", instance, boxes)] == ["bird", "bird"]
    assert parsed("object_detection", instance, "[]") == ()
    assert parsed("object_detection", instance, "I see nothing.") is None
    with pytest.raises(AnswerFormatError, match="a box where a boxes is due"):
        parsed("object_detection", instance, OneBox(Box(1, 2, 3, 4)))
    with pytest.raises(AnswerFormatError, match="below zero"):
        parsed("object_detection", instance, '{"x": 1, "y": 2, "w": -3, "h": 4}')


def test_without_labels_in_the_file_none_count(picture: Path) -> None:
    instance = an_image(picture, {"bbox": [[10, 20, 30, 8]]})
    assert reference_of("object_detection", instance) == (TrueBox(10, 20, 30, 8, None),)
    (result,) = parsed("object_detection", instance, Boxes((Detection(1, 2, 3, 4, "bird"),)))
    assert result.label is None


@pytest.mark.parametrize(
    ("name", "output", "wanted"),
    [
        ("visual_grounding", {"bbox": [10, 20, 30, 8]}, Box(10, 20, 30, 8)),
        ("visual_grounding", {"text": "[10, 20, 30, 8]"}, Box(10, 20, 30, 8)),
        ("visual_grounding", {"answer": {"the man": [[10, 20, 30, 8]]}}, Box(10, 20, 30, 8)),
        ("visual_grounding", [10, 20, 30, 8], Box(10, 20, 30, 8)),
    ],
)
def test_references_of_grounding(picture: Path, name: str, output: Any, wanted: Any) -> None:
    assert reference_of(name, an_image(picture, output)) == wanted


@pytest.mark.parametrize(
    "output", [{"bbox": []}, {"bbox": [[1, 2, 3, 4], [1, 2, 3, 4]]}, {"bbox": [1, 2, 0, 4]}]
)
def test_grounding_has_one_box(picture: Path, output: Any) -> None:
    with pytest.raises(ReferenceFormatError, match="'i1'"):
        reference_of("visual_grounding", an_image(picture, output))


def test_answers_of_grounding(picture: Path) -> None:
    instance = an_image(picture, {"bbox": [10, 20, 30, 8]})
    assert parsed("visual_grounding", instance, '{"bbox": [10, 20, 40, 28]}') == Box(10, 20, 30, 8)
    both = '[{"bbox": [1, 2, 3, 4], "score": 0.1}, {"bbox": [10, 20, 40, 28], "score": 0.9}]'
    assert parsed("visual_grounding", instance, both) == Box(10, 20, 30, 8)
    assert parsed("visual_grounding", instance, "[]") is None


POINTS = [value for n in range(17) for value in (n + 10, n + 20, 2)]


def test_keypoints_are_asked_by_name_and_read(picture: Path) -> None:
    instance = an_image(picture, [{"keypoints": POINTS, "area": 90.0, "bbox": [9, 19, 18, 18], "iscrowd": 0}])
    context = context_of("keypoint_detection", instance)
    request = protocols.get("keypoint_detection").request(instance, context)
    assert "17 points in the order nose, left_eye" in request.text
    assert request.form == "keypoints"
    (person,) = protocols.get("keypoint_detection").reference(instance, context)
    assert person == TruePerson(tuple(Keypoint(n + 10, n + 20) for n in range(17)), 90.0, Box(9, 19, 18, 18))
    text = json.dumps([{"keypoints": [[n + 10, n + 20] for n in range(16)] + [None]}])
    (result,) = parsed("keypoint_detection", instance, text)
    assert result.points[3] == Keypoint(13, 23, 2)
    assert result.points[16].visibility == 0
    named = json.dumps([{"keypoints": {"nose": [10, 20], "right_ankle": [26, 36]}}])
    assert parsed("keypoint_detection", instance, named)[0].points[16] == Keypoint(26, 36)
    shares = json.dumps([{"keypoints": [[0.5, 0.25]] * 17}])
    assert parsed("keypoint_detection", instance, shares)[0].points[0] == Keypoint(32, 12)
    assert parsed("keypoint_detection", instance, "[]") == ()
    assert parsed("keypoint_detection", instance, "Nobody.") is None
    with pytest.raises(AnswerFormatError, match="2 points where 17 are due"):
        parsed("keypoint_detection", instance, Keypoints((Person((Keypoint(1, 2), Keypoint(1, 2))),)))


def test_missing_area_and_box_of_a_person_come_from_the_points(picture: Path) -> None:
    (person,) = reference_of(
        "keypoint_detection", an_image(picture, [{"keypoints": [0, 0, 2, 10, 20, 1, 99, 99, 0]}])
    )
    assert person.box == Box(0, 0, 10, 20)
    assert person.area == pytest.approx(0.53 * 200)
    (nobody,) = reference_of("keypoint_detection", an_image(picture, [{"keypoints": [0, 0, 0]}]))
    assert nobody.ignored
    with pytest.raises(ReferenceFormatError):
        reference_of("keypoint_detection", an_image(picture, [{"keypoints": [0, 0, 2, 1, 1]}]))


TRACK = {"answer": [[1, 2, 10, 10], [2, 2, 10, 10], [0, 0, 0, 0]]}


def test_tracking_tells_the_first_box_and_the_frames(picture: Path) -> None:
    instance = a_video(picture, TRACK)
    context = context_of("video_object_tracking", instance)
    request = protocols.get("video_object_tracking").request(instance, context)
    assert "The video is 64 pixels wide and 48 pixels high.\nThe video has 3 frames.\n" in request.text
    assert 'In the first frame the object is at {"bbox": [1, 2, 11, 12]}.' in request.text
    assert "JSON list of 3 boxes" in request.text
    assert request.form == "frame_boxes"
    assert protocols.get("video_object_tracking").reference(instance, context) == (
        Box(1, 2, 10, 10), Box(2, 2, 10, 10), None,
    )  # fmt: skip


def test_a_first_box_in_the_fields_is_the_told_one(picture: Path) -> None:
    instance = a_video(picture, None, init_box=[5, 6, 7.125, 8])
    request = protocols.get("video_object_tracking").request(instance, context_of("video_object_tracking"))
    assert '{"bbox": [5, 6, 12.12, 14]}' in request.text
    assert "init_box" not in request.text
    bare = a_video(picture, None)
    text = protocols.get("video_object_tracking").request(bare, context_of("video_object_tracking")).text
    assert "first frame the object" not in text


def test_long_videos_may_be_answered_at_length(picture: Path) -> None:
    track = {"answer": [[1, 2, 10, 10]] * 100}
    instance = a_video(picture, track, frames=100)
    protocol = protocols.get("video_object_tracking")
    assert protocol.request(instance, context_of("video_object_tracking", instance)).max_new_tokens == 2864
    short = context_of("video_object_tracking", instance, max_new_tokens=7)
    assert protocol.request(instance, short).max_new_tokens == 7


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ({"answer": [[1, 2, 3, 4]] * 4}, "4 boxes for 3 frames"),
        ({"answer": [[1, 2, 3, 4], [0, 0, 0, 0], None]}, "no box in any frame behind the first"),
        ({"answer": [[1, 2, 3, 4], [1, 2, 3, -4], None]}, "below zero"),
        ({"answer": [[1, 2, 3, 4], [1, 2], None]}, "cannot be read"),
        ({"answer": "left"}, "no list of a box per frame"),
    ],
)
def test_tracks_that_cannot_be_followed_are_one_error(picture: Path, output: Any, words: str) -> None:
    with pytest.raises(ReferenceFormatError, match=words):
        reference_of("video_object_tracking", a_video(picture, output))


def test_answers_of_tracking(picture: Path) -> None:
    instance = a_video(picture, TRACK)
    text = "[[1, 2, 11, 12], [2, 2, 12, 12], null]"
    assert parsed("video_object_tracking", instance, text) == (Box(1, 2, 10, 10), Box(2, 2, 10, 10), None)
    with pytest.raises(AnswerFormatError, match="2 boxes for 3 frames"):
        parsed("video_object_tracking", instance, "[[1, 2, 11, 12], [2, 2, 12, 12]]")
    with pytest.raises(AnswerFormatError, match="1 boxes for 3 frames"):
        parsed("video_object_tracking", instance, FrameBoxes((None,)))
    assert parsed("video_object_tracking", instance, "It moves.") is None


def a_tube(picture: Path, trajectory: Any, start: int, end: int, **fields: Any) -> Instance:
    raw = {"tube_start_frame": start, "tube_end_frame": end, "trajectory": trajectory}
    return a_video(picture, raw, 6, frame_count=6, caption="A man runs.", **fields)


WHERE = Box(1, 2, 3, 4)


@pytest.mark.parametrize(
    ("trajectory", "start", "end"),
    [
        ([[1, 2, 3, 4], [1, 2, 3, 4]], 3, 5),
        ({"2": {"bbox": [1, 2, 3, 4]}, "3": {"bbox": [1, 2, 3, 4]}, "4": {"bbox": [9, 9, 9, 9]}}, 2, 4),
    ],
)
def test_both_forms_of_a_trajectory(picture: Path, trajectory: Any, start: int, end: int) -> None:
    instance = a_tube(picture, trajectory, start, end)
    assert reference_of("video_spatiotemporal_grounding", instance) == {2: WHERE, 3: WHERE}


@pytest.mark.parametrize(
    ("trajectory", "words"),
    [
        ([[1, 2, 3, 4]], "1 boxes for frames 3 to 5"),
        ({"9": {"bbox": [1, 2, 3, 4]}}, "no box in any frame"),
        ({"x": {"bbox": [1, 2, 3, 4]}}, "no frame number"),
        ("x", "cannot be read"),
        ([[1, 2, 0, 0], [0, 0, 0, 0]], "no box in any frame"),
    ],
)
def test_tubes_that_cannot_be_read_are_one_error(picture: Path, trajectory: Any, words: str) -> None:
    with pytest.raises(ReferenceFormatError, match=words):
        reference_of("video_spatiotemporal_grounding", a_tube(picture, trajectory, 3, 5))


INFINITE = float("inf")


@pytest.mark.parametrize("start", [INFINITE, float("nan"), -3, 2.5, "soon", 1e300])
def test_a_tube_starts_at_a_frame(picture: Path, start: Any) -> None:
    with pytest.raises(ReferenceFormatError, match="cannot start at frame"):
        reference_of("video_spatiotemporal_grounding", a_tube(picture, [[1, 2, 3, 4]], start, 5))


@pytest.mark.parametrize("count", [INFINITE, -INFINITE, 0, "many", 2.5])
def test_a_count_of_frames_that_is_none_is_that_of_the_files(picture: Path, count: Any) -> None:
    raw = {"trajectory": [[1, 2, 3, 4]]}
    instance = a_video(picture, raw, 4, frame_count=count)
    name = "video_spatiotemporal_grounding"
    assert "The video has 4 frames" in protocols.get(name).request(instance, context_of(name, instance)).text


def test_tubes_are_asked_and_read(picture: Path) -> None:
    instance = a_tube(picture, [[1, 2, 3, 4], [1, 2, 3, 4]], 3, 5)
    name = "video_spatiotemporal_grounding"
    request = protocols.get(name).request(instance, context_of(name, instance))
    assert "caption: A man runs." in request.text
    assert "The video has 6 frames, numbered from 0 to 5." in request.text
    assert "tube_start" not in request.text
    text = '[{"frame": 1, "bbox": [0, 0, 4, 4]}, {"frame": 3, "bbox": [4, 4, 12, 8]}]'
    assert parsed(name, instance, text) == {1: Box(0, 0, 4, 4), 2: Box(2, 2, 6, 4), 3: Box(4, 4, 8, 4)}
    assert parsed(name, instance, "frames 1-2: [0, 0, 4, 4]") == {1: Box(0, 0, 4, 4), 2: Box(0, 0, 4, 4)}
    assert parsed(name, instance, Tube(2, (WHERE, None, WHERE))) == {2: WHERE, 4: WHERE}
    assert parsed(name, instance, Tube(0, ())) == {}
    assert parsed(name, instance, "He runs.") is None
    for late in (Tube(5, (WHERE, WHERE)), '{"6": [0, 0, 4, 4]}'):
        with pytest.raises(AnswerFormatError, match="frame 6 of a video of 6 frames"):
            parsed(name, instance, late)


CASES: Sequence[tuple[str, str]] = (
    ("object_detection", "image"), ("visual_grounding", "image"), ("keypoint_detection", "image"),
    ("video_object_tracking", "video"), ("video_spatiotemporal_grounding", "tube"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_the_ideal_answer_reads_as_the_reference(picture: Path, name: str, kind: str) -> None:
    outputs: dict[str, Any] = {
        "object_detection": {"bird": [[1, 2, 3, 4], [5, 6, 7, 8]], "cat": [[1, 2, 3, 4]]},
        "visual_grounding": {"bbox": [1, 2, 3, 4]},
        "keypoint_detection": [{"keypoints": POINTS}],
        "video_object_tracking": TRACK,
    }
    if kind == "tube":
        instance = a_tube(picture, [[1, 2, 3, 4], [1, 2, 3, 4]], 3, 5)
    else:
        instance = (an_image if kind == "image" else a_video)(picture, outputs[name])
    protocol, context = protocols.get(name), context_of(name, instance)
    reference = protocol.reference(instance, context)
    ideal = protocol.ideal(reference, instance, context)
    assert isinstance(ideal, StructuredOutput)
    result = protocol.parse(Output(medium="map", answer=ideal), instance, context)
    if name == "object_detection":
        assert [box[:5] for box in result] == [box[:5] for box in reference]
    elif name == "keypoint_detection":
        assert [person.points for person in result] == [person.points for person in reference]
    else:
        assert result == reference


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_documented_refused_and_open(picture: Path, name: str, kind: str) -> None:
    protocol = protocols.get(name)
    text = " ".join((type(protocol).__doc__ or "").split())
    for word in ("Prompt fields", "arser", "rediction", "eference", "Answer form"):
        assert word in text
    instance = an_image(picture, None) if kind == "image" else a_video(picture, None)
    context = context_of(name, instance)
    assert protocol.parse(Output(None), instance, context) is None
    assert protocol.parse(Output(""), instance, context) is None
    with pytest.raises(UnknownWordError, match="choose from"):
        protocol.parse(Output("x"), instance, context_of(name, parser="teletype"))
    with pytest.raises(DataError, match="nothing to ask"):
        protocol.request(Instance("i1", "t", {}), context)
    assert "JSON" in protocol.request(instance, context).text


WORDS = (
    "bbox", "boxes", "labels", "label", "score", "format", "text", "answer", "keypoints", "area", "frame",
    "start", "trajectory", "tube_start_frame", "tube_end_frame", "1", "2", "x", "y", "w", "h", "frame_count",
    "init_box",
)  # fmt: skip
NUMBERS = st.integers(-9, 99) | st.floats()
ANY_JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=8) | st.lists(NUMBERS, min_size=4, max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(("name", "kind"), CASES)
@given(
    raw=ANY_JSON,
    text=st.text(max_size=30) | ANY_JSON.map(str),
    fields=st.dictionaries(st.sampled_from(WORDS), ANY_JSON),
)
@settings(max_examples=150, deadline=None)
def test_strange_files_and_answers_raise_nothing_but_data_errors(
    name: str, kind: str, raw: Any, text: str, fields: dict[str, Any]
) -> None:
    instance = Instance(
        "i1", "t", {**fields, "prompt": "Find it."}, (), raw, None if raw is None else "output"
    )
    protocol, output = protocols.get(name), Output(text)
    try:
        context = context_of(name, instance)
    except AmbiguousReferenceError as error:
        assert "\n" not in str(error)
        return
    context = protocol.infer_conventions([(instance, output)], context)
    for step in (
        lambda: protocol.request(instance, context),
        lambda: protocol.parse(output, instance, context),
        lambda: answer_key(protocol.ideal(protocol.reference(instance, context), instance, context)),  # type: ignore[arg-type]
    ):
        try:
            step()
        except DataError as error:
            assert "\n" not in str(error)
