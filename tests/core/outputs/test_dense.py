"""Forms of masks and maps: what they check, and all forms in which prediction files may hold them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_generalbench.core.outputs import (
    Alpha,
    AnomalyMap,
    AnswerFormatError,
    ClassMap,
    DepthMap,
    DepthSequence,
    FlowField,
    InstanceMasks,
    Mask,
    MaskSequence,
    PanopticMap,
    SalientSequence,
    StructuredOutput,
    answer_from_plain,
    answer_to_plain,
    form_of,
)
from pytest_generalbench.core.outputs.codecs.images.flow import write_flo
from pytest_generalbench.core.outputs.codecs.images.rle import Rle, encode
from pytest_generalbench.core.outputs.forms.segments import InstanceMask, Segment
from pytest_generalbench.runs.files import MediaStore
from pytest_generalbench.suite.demo.media.files import map_png

if TYPE_CHECKING:
    from pathlib import Path

EYE = encode(np.eye(3))
IDS = np.array([[0, 1, 2], [2, 1, 0]])
FLOW = np.array([[[1.0, -2.0], [0.5, 0.25]]], np.float32)
ANSWERS: dict[str, StructuredOutput] = {
    "class_map": ClassMap(IDS),
    "mask": Mask(EYE),
    "anomaly_map": AnomalyMap(np.array([[0.5, -3.0]], np.float32)),
    "alpha": Alpha(np.array([[0.0, 0.2, 1.0]], np.float32)),
    "depth_map": DepthMap(np.array([[0.0, 2.5]], np.float32)),
    "flow_field": FlowField(FLOW),
    "instance_masks": InstanceMasks((InstanceMask(EYE, "car", 0.5), InstanceMask(EYE, None, None))),
    "panoptic_map": PanopticMap(IDS, (Segment(1, "car"), Segment(2, "road"))),
    "mask_sequence": MaskSequence((EYE, encode(np.zeros((3, 3))))),
    "depth_sequence": DepthSequence(np.ones((2, 3, 4), np.float32)),
    "salient_sequence": SalientSequence(np.full((2, 3, 4), 200, np.uint8)),
}


def npz(**arrays: Any) -> bytes:
    target = io.BytesIO()
    np.savez(target, **arrays)
    return target.getvalue()


FILES = {
    "ids.png": map_png(IDS.astype(np.uint8)),
    "colours.png": map_png(np.dstack([IDS * 10, IDS, IDS]).astype(np.uint8)),
    "eye.png": map_png(np.eye(3, dtype=np.uint8) * np.uint8(255)),
    "none.png": map_png(np.zeros((3, 3), np.uint8)),
    "deep.png": map_png(np.array([[0, 2500]], np.uint16)),
    "alpha.png": map_png(np.array([[0, 51, 255]], np.uint8)),
    "flow.flo": write_flo(FLOW),
    "flow.png": map_png(np.dstack([FLOW * 64 + 32768, np.ones((1, 2))]).astype(np.uint16)),
    "coco.png": map_png(np.dstack([IDS, IDS * 0, IDS * 0]).astype(np.uint8)),
    "classes.npz": npz(classes=IDS),
    "only.npz": npz(anything=IDS),
    "two.npz": npz(a=IDS, b=IDS),
    "mask.npz": npz(mask=np.eye(3)),
    "scores.npz": npz(scores=np.array([[0.5, -3.0]])),
    "alpha.npz": npz(alpha=np.array([[0.0, 0.2, 1.0]])),
    "depth.npz": npz(depth=np.array([[0.0, 2.5]])),
    "flow.npz": npz(flow=FLOW),
    "masks.npz": npz(masks=np.stack([np.eye(3), np.zeros((3, 3))])),
    "clip.npz": npz(disparity=np.ones((2, 1, 3, 4), np.float32)),
    "maps.npz": npz(maps=np.full((2, 3, 4), 200, np.uint8)),
    "ids.npz": npz(ids=IDS),
    "pickle.npz": npz(classes=np.array([[{}]], dtype=object)),
    "text.png": b"no picture",
    "nan.npz": npz(scores=np.array([[np.nan]])),
}
ONE = EYE.to_plain()
INFO = [{"id": 1, "category_id": "car"}, {"id": 2, "category": "road"}]


def read(name: str) -> bytes:
    return FILES[name]


@pytest.mark.parametrize("form", ANSWERS)
def test_every_form_reads_back_from_the_ledger(form: str, tmp_path: Path) -> None:
    store = MediaStore(tmp_path)
    answer = ANSWERS[form]
    assert answer.form == form
    again = answer_from_plain(answer_to_plain(answer, store.put), store.get)
    assert again == answer
    assert type(again) is form_of(form)


@pytest.mark.parametrize("form", ANSWERS)
def test_every_form_is_taken_from_a_prediction_file_in_its_plain_form(form: str, tmp_path: Path) -> None:
    store = MediaStore(tmp_path)
    plain = answer_to_plain(ANSWERS[form], store.put)
    assert form_of(form).from_prediction(plain, store.get) == ANSWERS[form]


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("class_map", "ids.png"),
        ("class_map", "classes.npz"),
        ("class_map", "only.npz"),
        ("mask", "eye.png"),
        ("mask", "mask.npz"),
        ("mask", ONE),
        ("mask", {"size": [3, 3], "counts": EYE.runs().tolist()}),
        ("anomaly_map", "scores.npz"),
        ("alpha", "alpha.png"),
        ("alpha", "alpha.npz"),
        ("depth_map", "depth.npz"),
        ("depth_map", "deep.png"),
        ("flow_field", "flow.flo"),
        ("flow_field", "flow.png"),
        ("flow_field", "flow.npz"),
        ("instance_masks", [{"segmentation": ONE, "category_id": "car", "score": 0.5}, {"mask": "eye.png"}]),
        ("instance_masks", {"masks": [[ONE, "car", 0.5], {"rle": ONE, "score": None}]}),
        ("panoptic_map", {"file_name": "coco.png", "segments_info": INFO}),
        ("panoptic_map", {"file": "ids.png", "segments_info": INFO}),
        ("panoptic_map", {"file": "ids.npz", "segments_info": INFO}),
        ("mask_sequence", [ONE, "none.png"]),
        ("mask_sequence", ["eye.png", {"mask": "none.png"}]),
        ("mask_sequence", {"7": {"mask": ONE}, "8": {"mask": encode(np.zeros((3, 3))).to_plain()}}),
        ("mask_sequence", {"masks": [ONE, "none.png"]}),
        ("mask_sequence", "masks.npz"),
        ("depth_sequence", "clip.npz"),
        ("salient_sequence", "maps.npz"),
    ],
)
def test_customary_forms_of_prediction_files(form: str, value: Any) -> None:
    assert form_of(form).from_prediction(value, read) == ANSWERS[form]


def test_further_customs() -> None:
    coloured = ClassMap.from_prediction("colours.png", read)
    assert isinstance(coloured, ClassMap)
    assert coloured.colours
    assert coloured.classes[0].tolist() == [0, 0x0A0101, 0x140202]
    assert ClassMap.from_prediction(ONE, read) == ClassMap(np.eye(3, dtype=np.int32))
    assert AnomalyMap.from_prediction("eye.png", read) == AnomalyMap(np.eye(3, dtype=np.float32) * 255)
    assert AnomalyMap.from_prediction(ONE, read) == AnomalyMap(np.eye(3, dtype=np.float32))
    salient = SalientSequence.from_prediction(["eye.png", "none.png"], read)
    assert isinstance(salient, SalientSequence)
    assert salient.maps[0].tolist() == (np.eye(3) * 255).tolist()
    assert SalientSequence(np.ones((1, 2, 2)) * 0.5).maps.tolist() == [[[128, 128], [128, 128]]]


BROKEN = Rle(3, 3, "0")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ClassMap(np.ones(3, int)), "2 axes"),
        (lambda: ClassMap(np.array([[-1]])), "from 0"),
        (lambda: ClassMap(np.array([[0.5]])), "whole numbers"),
        (lambda: ClassMap(np.zeros((0, 3), int)), "none of them empty"),
        (lambda: Mask(BROKEN), "no mask of 3x3"),
        (lambda: AnomalyMap(np.array([[np.nan, 1.0]], np.float32)), "1 values that are NaN"),
        (lambda: Alpha(np.array([[1.5]], np.float32)), r"0\.\.1"),
        (lambda: DepthMap(np.array([[-1.0]], np.float32)), "not negative"),
        (lambda: DepthMap(np.array([[np.inf]], np.float32)), "infinite"),
        (lambda: FlowField(np.zeros((2, 2, 3), np.float32)), "height, width, 2"),
        (lambda: FlowField(np.full((2, 2, 2), np.nan, np.float32)), "8 values that are NaN"),
        (lambda: InstanceMasks((InstanceMask(EYE, "a", float("nan")),)), "a score is nan"),
        (lambda: InstanceMasks((InstanceMask(BROKEN),)), "no mask of 3x3"),
        (lambda: InstanceMasks((InstanceMask(EYE), InstanceMask(encode(np.eye(2))))), "different sizes"),
        (lambda: PanopticMap(IDS, (Segment(1, "a"), Segment(1, "b"))), "twice"),
        (lambda: PanopticMap(IDS - 1, ()), "from 0"),
        (lambda: MaskSequence((EYE, encode(np.eye(2)))), "different sizes"),
        (lambda: MaskSequence((BROKEN,)), "no mask"),
        (lambda: DepthSequence(np.ones((2, 3), np.float32)), "3 axes"),
        (lambda: DepthSequence(np.full((1, 1, 1), np.nan, np.float32)), "NaN"),
        (lambda: SalientSequence(np.full((1, 1, 1), 3.0)), "lies in 0..1 or is uint8"),
        (lambda: AnomalyMap(np.array([["a"]])), "holds numbers"),
    ],
)
def test_what_a_form_cannot_hold_is_one_error(make: Any, words: str) -> None:
    with pytest.raises(AnswerFormatError, match=words):
        make()


def test_alpha_forgives_rounding() -> None:
    alpha = Alpha(np.array([[-1e-6, 1 + 1e-6]], np.float32)).alpha
    assert alpha.tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize(
    ("form", "value", "words"),
    [
        ("class_map", "two.npz", "no array classes"),
        ("class_map", "pickle.npz", "plain arrays"),
        ("class_map", "text.png", "cannot be read as a picture"),
        ("class_map", 3, "no class_map"),
        ("mask", {"size": [3, 3], "counts": "0"}, "no mask of 3x3"),
        ("mask", {"size": [3, 3], "counts": "é"}, "ASCII"),
        ("mask", {"size": [3, 3], "counts": [5, -1]}, "a mask is"),
        ("anomaly_map", "colours.png", "in colours"),
        ("anomaly_map", "nan.npz", "NaN"),
        ("depth_map", "alpha.png", "16 bits"),
        ("flow_field", "ids.png", "16-bit colour"),
        ("flow_field", "two.npz", "no array flow"),
        ("instance_masks", [3], "an object with a mask"),
        ("instance_masks", [{"label": "a"}], "a mask is"),
        ("instance_masks", [{"mask": ONE, "score": "high"}], "a score is"),
        ("panoptic_map", {"segments_info": INFO}, "no PNG"),
        ("panoptic_map", {"file_name": "coco.png", "segments_info": [{"id": "1"}]}, "a segment has an id"),
        ("mask_sequence", [ONE, None], "frame 1 has no mask"),
        ("mask_sequence", "two.npz", "no array masks"),
        ("salient_sequence", ["eye.png", "alpha.png"], "different sizes"),
        ("salient_sequence", [], "no salient_sequence"),
        ("depth_sequence", {"form": "mask", "values": {"mask": ONE}}, "a mask where a depth_sequence"),
    ],
)
def test_predictions_that_cannot_be_read_are_one_error(form: str, value: Any, words: str) -> None:
    with pytest.raises(AnswerFormatError, match=words):
        form_of(form).from_prediction(value, read)
