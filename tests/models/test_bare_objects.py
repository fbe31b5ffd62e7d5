"""Bare boxes, people, masks of objects and music that a `python:` model returns, as libraries give them."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.media.media import Media
from pytest_generalbench.core.outputs import (
    Boxes,
    FrameBoxes,
    InstanceMasks,
    Keypoints,
    MaskSequence,
    OneBox,
    PanopticMap,
    Poses,
    SymbolicMusic,
)
from pytest_generalbench.core.outputs.forms.symbolic_music import Note
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.evaluation.conformance import check_model
from pytest_generalbench.models.base import Failed
from pytest_generalbench.models.python import PythonModel
from tests.models.test_python_models import asked, taken

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = Path(__file__).parents[2] / "docs" / "models.md"

CORNERS = np.array([[10.0, 20.0, 60.0, 60.0], [0.0, 0.0, 5.5, 8.0]])
SCORES = np.array([0.9, 0.25])
WANTED = [(10.0, 20.0, 50.0, 40.0), (0.0, 0.0, 5.5, 8.0)]
NONE = [None, None]
MASKS = np.zeros((2, 6, 8), bool)
MASKS[0, 1:4, 2:5] = MASKS[1, 0, 0] = True


def failure(value: Any, form: str) -> str:
    answer = asked(value, form)
    assert isinstance(answer, Failed), answer
    assert answer.state == "error"
    return answer.message


def tensors(value: Any) -> Any:
    """Return arrays in a value as tensors of torch."""
    torch = pytest.importorskip("torch")
    if isinstance(value, dict):
        return {name: tensors(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(tensors(item) for item in value)
    return torch.from_numpy(value) if isinstance(value, np.ndarray) else value


BOXES: dict[str, tuple[Any, list[Any], list[Any]]] = {
    "corners": (CORNERS, NONE, NONE),
    "corners and scores": (np.c_[CORNERS, SCORES], NONE, [0.9, 0.25]),
    "corners, scores and classes": (np.c_[CORNERS, SCORES, [3, 12]], ["3", "12"], [0.9, 0.25]),
    "torchvision": (
        {"boxes": CORNERS, "labels": np.array([3, 12]), "scores": SCORES},
        ["3", "12"],
        [0.9, 0.25],
    ),
    "transformers": (
        {"scores": SCORES, "labels": np.array([3, 12]), "boxes": CORNERS, "text_labels": ["bird", "dog"]},
        ["bird", "dog"],
        [0.9, 0.25],
    ),
    "rows of arrays": ({"boxes": list(CORNERS), "scores": list(SCORES)}, NONE, [0.9, 0.25]),
    "whole numbers": (np.ceil(CORNERS).astype(np.int64), NONE, NONE),
}


@pytest.mark.parametrize("is_tensor", [False, True])
@pytest.mark.parametrize("way", BOXES)
def test_boxes_of_detectors_are_corners_in_pixels(way: str, is_tensor: bool) -> None:
    value, labels, scores = BOXES[way]
    answer = taken(tensors(value) if is_tensor else value, "boxes")
    assert isinstance(answer, Boxes)
    wanted = WANTED if way != "whole numbers" else [WANTED[0], (0.0, 0.0, 6.0, 8.0)]
    assert [tuple(box[:4]) for box in answer.boxes] == wanted
    assert [box.label for box in answer.boxes] == labels
    assert [box.score for box in answer.boxes] == pytest.approx(scores)


def test_objects_of_detection_libraries_are_read_by_their_fields() -> None:
    ultralytics = SimpleNamespace(
        boxes=SimpleNamespace(xyxy=CORNERS, conf=SCORES, cls=np.array([0.0, 1.0])),
        names={0: "bird", 1: "dog"},
    )
    supervision = SimpleNamespace(
        xyxy=CORNERS,
        confidence=SCORES,
        class_id=np.array([0, 1]),
        data={"class_name": np.array(["bird", "dog"])},
    )
    detectron = SimpleNamespace(
        pred_boxes=SimpleNamespace(tensor=CORNERS), scores=SCORES, pred_classes=np.array([4, 5])
    )
    for value, labels in (
        (ultralytics, ["bird", "dog"]),
        (supervision, ["bird", "dog"]),
        (detectron, ["4", "5"]),
    ):
        answer = taken(value, "boxes")
        assert isinstance(answer, Boxes)
        assert [tuple(box[:4]) for box in answer.boxes] == WANTED
        assert [box.label for box in answer.boxes] == labels
        assert [box.score for box in answer.boxes] == [0.9, 0.25]


@pytest.mark.parametrize(
    "empty", [np.zeros((0, 4)), np.zeros(0), {"boxes": np.zeros((0, 4)), "scores": np.zeros(0)}]
)
def test_no_box_is_an_answer(empty: Any) -> None:
    answer = taken(empty, "boxes")
    assert isinstance(answer, Boxes)
    assert answer.boxes == ()


@given(
    st.lists(
        st.tuples(*[st.floats(0, 500)] * 2, *[st.floats(1.5, 500)] * 2, st.floats(0.01, 0.99)),
        min_size=1,
        max_size=5,
    )
)
def test_corners_that_are_written_are_the_boxes_that_are_read(rows: list[tuple[float, ...]]) -> None:
    array = np.array([[x, y, x + width, y + height, score] for x, y, width, height, score in rows])
    answer = taken(array, "boxes")
    assert isinstance(answer, Boxes)
    for box, row in zip(answer.boxes, rows, strict=True):
        assert box[:4] == pytest.approx(row[:4], abs=1e-9)
        assert box.score == row[4]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (CORNERS / 60, "pixels or shares"),
        ({"boxes": CORNERS / 60, "scores": SCORES}, "coordinates = 'unit_xyxy'"),
        (CORNERS[:, [2, 3, 0, 1]], "second corner lies before the first"),
        (np.c_[CORNERS, [3, 12]], "score or a class"),
        (np.c_[CORNERS, [0, 1]], "score or a class"),
        (np.c_[[3, 12], SCORES, CORNERS], "score or a class"),
        (np.c_[[3, 4], [0.5, 0.9], [9, 9], [9, 9], [0.9, 0.4], [20, 20]], "x1, y1, x2, y2, score, class"),
        (np.c_[CORNERS, SCORES, [0.5, 0.25]], "x1, y1, x2, y2, score, class"),
        ({"boxes": CORNERS, "scores": SCORES[:1]}, "2 boxes, but 1 scores"),
        ({"boxes": CORNERS.tolist(), "scores": SCORES.tolist()}, "'format': 'xyxy' or 'format': 'xywh'"),
        (np.full((2, 4), np.nan), "not finite"),
        (np.zeros((2, 7)), "not (boxes, 4)"),
        (object(), "pytest_generalbench.Boxes(boxes)"),
    ],
)
def test_boxes_that_fit_two_readings_or_none_name_them_and_the_class(value: Any, words: str) -> None:
    message = failure(value, "boxes")
    assert words in message
    assert "pytest_generalbench.Boxes(boxes)" in message


def test_a_stated_format_settles_which_four_numbers_a_box_has() -> None:
    for order, rows in (("xyxy", CORNERS), ("xywh", np.array(WANTED))):
        for value in (rows, rows.tolist(), tensors(rows)):
            answer = taken({"format": order, "boxes": value, "labels": ["a", "b"]}, "boxes")
            assert isinstance(answer, Boxes)
            assert [tuple(box[:4]) for box in answer.boxes] == WANTED
            assert [box.label for box in answer.boxes] == ["a", "b"]


def test_the_coordinates_that_a_model_declares_are_those_of_its_arrays() -> None:
    class Sharing:
        coordinates = "unit_xyxy"

        def generate(self, requests: Any) -> list[Any]:
            return [{"boxes": CORNERS / 60, "labels": ["bird", "dog"], "scores": SCORES}]

    model = PythonModel(Sharing(), "mine.py:make")
    (text,) = model.generate([Request("t", "1", ("?",), form="boxes", output_medium="map")])
    assert isinstance(text, str)
    held = json.loads(text)
    assert held["boxes"][0] == pytest.approx([1 / 6, 1 / 3, 1, 1])
    assert (held["labels"], held["scores"]) == (["bird", "dog"], [0.9, 0.25])


def test_one_box_of_a_mapping_is_taken_and_several_are_not() -> None:
    answer = taken({"boxes": CORNERS[:1], "scores": SCORES[:1]}, "box")
    assert isinstance(answer, OneBox)
    assert tuple(answer.box) == WANTED[0]
    assert "2 boxes where one is due" in failure({"boxes": CORNERS, "scores": SCORES}, "box")


def test_boxes_by_frame_in_arrays_are_a_text_whose_units_the_whole_task_shows() -> None:
    assert json.loads(asked({0: CORNERS[0], 1: CORNERS[1]}, "tube")) == {
        "0": CORNERS[0].tolist(),
        "1": CORNERS[1].tolist(),
    }
    listed = taken({"values": {"boxes": [[1, 2, 3, 4], None]}, "form": "frame_boxes"}, "frame_boxes")
    assert isinstance(listed, FrameBoxes)


POINTS = np.array([[[4.0, 5.0], [6.0, 7.0]], [[14.0, 15.0], [16.0, 17.0]]])
PEOPLE: dict[str, tuple[Any, list[float | None]]] = {
    "pairs": (POINTS, [None, None]),
    "visibilities": (np.concatenate([POINTS, [[[2], [1]], [[2], [2]]]], axis=2), [None, None]),
    "confidences": (np.concatenate([POINTS, [[[0.2], [0.9]], [[0.5], [0.4]]]], axis=2), [None, None]),
    "torchvision": ({"keypoints": POINTS, "scores": np.array([0.5, 0.75])}, [0.5, 0.75]),
    "transformers": (
        [
            {"keypoints": POINTS[0], "scores": np.array([0.5, 1.0])},
            {"keypoints": POINTS[1], "scores": np.array([0.2, 0.4])},
        ],
        [0.75, 0.3],
    ),
}


@pytest.mark.parametrize("is_tensor", [False, True])
@pytest.mark.parametrize("way", PEOPLE)
def test_points_of_people_are_pixels(way: str, is_tensor: bool) -> None:
    value, scores = PEOPLE[way]
    answer = taken(tensors(value) if is_tensor else value, "keypoints")
    assert isinstance(answer, Keypoints)
    assert [[point[:2] for point in person.points] for person in answer.people] == [
        [tuple(point) for point in person] for person in POINTS.tolist()
    ]
    assert [person.score for person in answer.people] == pytest.approx(scores)
    seen = [point.visibility for person in answer.people for point in person.points]
    assert seen == ([2, 1, 2, 2] if way == "visibilities" else [2, 2, 2, 2])


def test_the_points_of_one_person_need_no_first_axis() -> None:
    answer = taken(POINTS[0], "keypoints")
    assert isinstance(answer, Keypoints)
    assert len(answer.people) == 1


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (POINTS / 20, "pixels or shares"),
        (np.zeros((2, 3, 4)), "not (people, points, 2)"),
        ({"keypoints": POINTS, "scores": np.zeros(3)}, "2 people, but 3 scores"),
        (np.full((1, 2, 2), np.inf), "not finite"),
    ],
)
def test_points_that_fit_two_readings_or_none_name_them_and_the_class(value: Any, words: str) -> None:
    message = failure(value, "keypoints")
    assert words in message
    assert "pytest_generalbench.Keypoints(people)" in message


def run_lengths(mask: Any) -> dict[str, Any]:
    """Return a mask as pycocotools gives it, its counts as bytes."""
    coder = pytest.importorskip("pycocotools.mask")
    held: dict[str, Any] = coder.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert isinstance(held["counts"], bytes)
    return held


def pictures() -> list[Any]:
    pil = pytest.importorskip("PIL.Image")
    return [pil.fromarray(mask.astype(np.uint8) * 255) for mask in MASKS]


IDS = np.where(MASKS[0], 1, np.where(MASKS[1], 2, 0))
INFO = [{"id": 1, "label_id": 7, "score": 0.9}, {"id": 2, "label_id": 8, "score": 0.25}]
NAMED = ["bird", "dog"]
INSTANCES: dict[str, tuple[Callable[[], Any], list[Any], list[Any]]] = {
    "bools": (lambda: MASKS, NONE, NONE),
    "0 and 255": (lambda: MASKS.astype(np.uint8) * 255, NONE, NONE),
    "an axis behind the first": (lambda: MASKS[:, None], NONE, NONE),
    "a list of arrays": (lambda: list(MASKS), NONE, NONE),
    "a list of pictures": (pictures, NONE, NONE),
    "a list of run lengths": (lambda: [run_lengths(mask) for mask in MASKS], NONE, NONE),
    "torchvision": (
        lambda: {"masks": MASKS[:, None].astype(np.float32), "labels": np.array([7, 8]), "scores": SCORES},
        ["7", "8"],
        [0.9, 0.25],
    ),
    "names": (lambda: {"masks": list(MASKS), "labels": NAMED, "scores": [0.9, 0.25]}, NAMED, [0.9, 0.25]),
    "run lengths with names": (
        lambda: {"masks": [run_lengths(mask) for mask in MASKS], "labels": NAMED},
        NAMED,
        NONE,
    ),
    "COCO's results": (
        lambda: [
            {"segmentation": run_lengths(mask), "category_id": 7, "score": score}
            for mask, score in zip(MASKS, (0.9, 0.25), strict=True)
        ],
        ["7", "7"],
        [0.9, 0.25],
    ),
    "a pipeline": (
        lambda: [
            {"mask": mask, "label": name, "score": score}
            for mask, name, score in zip(pictures(), NAMED, (0.9, 0.25), strict=True)
        ],
        NAMED,
        [0.9, 0.25],
    ),
    "transformers": (lambda: {"segmentation": IDS, "segments_info": INFO}, ["7", "8"], [0.9, 0.25]),
    "transformers, binary": (
        lambda: {"segmentation": MASKS.astype(np.int32), "segments_info": INFO},
        ["7", "8"],
        [0.9, 0.25],
    ),
}


@pytest.mark.parametrize("is_tensor", [False, True])
@pytest.mark.parametrize("way", INSTANCES)
def test_masks_of_objects_are_taken_in_every_form_of_libraries(way: str, is_tensor: bool) -> None:
    make, labels, scores = INSTANCES[way]
    answer = taken(tensors(make()) if is_tensor else make(), "instance_masks")
    assert isinstance(answer, InstanceMasks)
    assert [one.mask.decode().tolist() for one in answer.masks] == MASKS.tolist()
    assert [one.label for one in answer.masks] == labels
    assert [one.score for one in answer.masks] == pytest.approx(scores)


def test_one_mask_of_bools_is_one_object() -> None:
    answer = taken(MASKS[0], "instance_masks")
    assert isinstance(answer, InstanceMasks)
    assert len(answer.masks) == 1
    assert taken(np.zeros((0, 6, 8), bool), "instance_masks").masks == ()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (MASKS * np.float32(0.3) + np.float32(0.2), "masks > 0.5"),
        ({"masks": MASKS * 0.7 + 0.1, "scores": SCORES}, "masks > 0.5"),
        (IDS, "ids of objects or one mask"),
        ({"segmentation": [[9, 4, 29]], "segments_info": INFO[:1]}, "run lengths without a size"),
        ({"masks": MASKS, "scores": SCORES[:1]}, "2 masks, but 1 scores"),
        (np.zeros((2, 2, 6, 8), bool), "not (objects, height, width)"),
        ([MASKS[0], MASKS[1, :3]], "different sizes"),
        (object(), "whose meaning is not certain"),
    ],
)
def test_masks_that_fit_two_readings_or_none_name_them_and_the_class(value: Any, words: str) -> None:
    message = failure(value, "instance_masks")
    assert words in message
    assert "pytest_generalbench.InstanceMasks(masks)" in message


@pytest.mark.parametrize("is_tensor", [False, True])
def test_a_panoptic_map_of_transformers_is_taken_and_what_is_not_listed_is_void(is_tensor: bool) -> None:
    for shift in (0, -1):
        ids = IDS + shift
        ids[5, 7] = 9
        info = [{**entry, "id": entry["id"] + shift} for entry in INFO]
        for value in ({"segmentation": ids, "segments_info": info}, (ids, info)):
            answer = taken(tensors(value) if is_tensor else value, "panoptic_map")
            assert isinstance(answer, PanopticMap)
            by_id = {segment.id: segment.category for segment in answer.segments}
            assert sorted(by_id.values()) == ["7", "8"]
            for mask, category in zip(MASKS, ("7", "8"), strict=True):
                number = next(one for one, name in by_id.items() if name == category)
                assert ((answer.ids == number) == mask).all()
            assert answer.ids[5, 7] not in by_id


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (IDS, "whose meaning is not certain"),
        ({"segmentation": IDS, "segments_info": [{"id": 1}]}, "segment 1 has no label"),
        ({"segmentation": IDS, "segments_info": [INFO[0], INFO[0]]}, "listed twice"),
        ({"segmentation": IDS, "segments_info": [{"label": "a"}]}, "has an id and a label"),
    ],
)
def test_a_panoptic_map_without_labels_is_a_failure(value: Any, words: str) -> None:
    message = failure(value, "panoptic_map")
    assert words in message
    assert "pytest_generalbench.PanopticMap(ids, segments)" in message


SEQUENCES: dict[str, Callable[[], Any]] = {
    "bools": lambda: MASKS,
    "0 and 1": lambda: MASKS.astype(np.int64),
    "an axis behind the first": lambda: MASKS[:, None],
    "a list": lambda: list(MASKS),
    "a list with an axis before": lambda: [mask[None] for mask in MASKS],
    "pictures": pictures,
    "run lengths": lambda: [run_lengths(mask) for mask in MASKS],
    "by object": lambda: {4: MASKS},
    "by object, an axis behind the first": lambda: {4: MASKS[:, None]},
    "by frame": lambda: {1: MASKS[1], 0: MASKS[0]},
    "by frame and object": lambda: {0: {4: MASKS[0][None]}, 1: {4: MASKS[1][None]}},
}


@pytest.mark.parametrize("is_tensor", [False, True])
@pytest.mark.parametrize("way", SEQUENCES)
def test_masks_of_the_frames_of_a_video_are_taken_in_every_form(way: str, is_tensor: bool) -> None:
    value = SEQUENCES[way]()
    answer = taken(tensors(value) if is_tensor else value, "mask_sequence")
    assert isinstance(answer, MaskSequence)
    assert [mask.decode().tolist() for mask in answer.masks] == MASKS.tolist()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({1: MASKS, 2: MASKS}, "masks of 2 objects (1, 2)"),
        ({0: {1: MASKS[0], 2: MASKS[0]}, 1: {1: MASKS[1], 2: MASKS[1]}}, "masks of 2 objects"),
        ({0: MASKS[0], 2: MASKS[1]}, "not the frames 0 to 1"),
        ({0: {1: MASKS[0]}, 1: {}}, "empty where it is not seen"),
        (MASKS[0], "not a mask for each frame"),
        (IDS[None] * 3, "3 values"),
        (MASKS * 0.3 + 0.1, "masks > 0.5"),
    ],
)
def test_masks_of_frames_that_are_not_certain_are_a_failure(value: Any, words: str) -> None:
    message = failure(value, "mask_sequence")
    assert words in message
    assert "pytest_generalbench.MaskSequence(masks)" in message


def test_poses_of_the_sensor_are_matrices() -> None:
    poses = np.broadcast_to(np.eye(4), (3, 4, 4))
    for value in (poses, poses[:, :3], poses.tolist()):
        answer = taken(value, "poses")
        assert isinstance(answer, Poses)
        assert answer.matrices.shape == (3, 3, 4)


MUSIC = SymbolicMusic((Note(0, 1, 60), Note(1, 0.5, 64, 90, 5)))


class Written:
    """An object that writes a MIDI file as the named library does."""

    def __init__(self, way: str) -> None:
        def put(file: Any) -> None:
            file.write(MUSIC.content())

        if way == "symusic":
            self.dumps_midi = MUSIC.content
        elif way == "mido":
            self.tracks: list[Any] = []
            self.ticks_per_beat = 480
            self.save = lambda filename=None, file=None: put(file)
        else:
            self.instruments: list[Any] = []
            setattr(self, {"pretty_midi": "write", "miditoolkit": "dump"}[way], put)


@pytest.mark.parametrize("way", ["symusic", "mido", "miditoolkit", "pretty_midi"])
def test_music_of_midi_libraries_is_read_from_the_file_that_it_writes(way: str) -> None:
    assert taken(Written(way), "music") == MUSIC


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("mido", lambda library, content: library.MidiFile(file=io.BytesIO(content))),
        ("pretty_midi", lambda library, content: library.PrettyMIDI(io.BytesIO(content))),
        ("miditoolkit", lambda library, content: library.MidiFile(file=io.BytesIO(content))),
        ("symusic", lambda library, content: library.Score.from_midi(content)),
    ],
)
def test_objects_of_the_midi_libraries_themselves_are_taken(
    name: str, make: Callable[[Any, bytes], Any]
) -> None:
    answer = taken(make(pytest.importorskip(name), MUSIC.content()), "music")
    assert isinstance(answer, SymbolicMusic)
    assert answer.notes == MUSIC.notes


def test_music_is_taken_as_notes_bytes_and_files(tmp_path: Path) -> None:
    path = tmp_path / "a.mid"
    path.write_bytes(MUSIC.content())
    for value in (list(MUSIC.notes), MUSIC.content(), path, str(path)):
        assert taken(value, "music") == MUSIC


@pytest.mark.parametrize(
    "value", [[(0, 1, 60)], np.zeros((3, 5)), object(), SimpleNamespace(instruments=[], write=1)]
)
def test_music_that_is_not_certain_names_the_class(value: Any) -> None:
    assert "pytest_generalbench.SymbolicMusic(notes, tempos)" in failure(value, "music")


def test_the_page_shows_a_model_of_detections_and_masks(tmp_path: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    block = next(
        one for one in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if one.startswith("# finder.py")
    )
    shown: dict[str, Any] = {}
    exec(block, shown)  # noqa: S102 - our page
    model = PythonModel(shown["Finder"](), "finder.py:Finder")
    checks = {check.name: check for check in check_model(model)}
    assert checks["gives map"].ok
    assert not [check for check in checks.values() if check.ok is False]
    pil = pytest.importorskip("PIL.Image")
    pixels = np.zeros((30, 40), np.uint8)
    pixels[5:15, 10:30] = 200
    pil.fromarray(pixels).save(tmp_path / "a.png")
    parts = (Media("image", (tmp_path / "a.png",)), "Find it.")
    forms = ("boxes", "instance_masks", "keypoints")
    requests = [Request("t", form, parts, form=form, output_medium="map") for form in forms]
    boxes, masks, people = (one.read() for one in model.generate(requests) if isinstance(one, Output))
    assert isinstance(boxes, Boxes)
    assert tuple(boxes.boxes[0][:4]) == (10, 5, 20, 10)
    assert isinstance(masks, InstanceMasks)
    assert (masks.masks[0].mask.decode() == (pixels > 0)).all()
    assert isinstance(people, Keypoints)
    assert people.people[0].points[0][:2] == (19.5, 9.5)
