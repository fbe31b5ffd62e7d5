"""Instances and panoptic maps: all forms of references, labels, and answers that do not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_generalbench.core.errors import ReferenceFormatError
from pytest_generalbench.core.outputs import (
    AnswerFormatError,
    InstanceMasks,
    PanopticMap,
)
from pytest_generalbench.core.outputs.codecs.images.rle import encode
from pytest_generalbench.core.outputs.forms.segments import InstanceMask, Segment
from pytest_generalbench.core.request import Output
from pytest_generalbench.metrics.dense.mask_ap import FoundMask, TrueMask
from pytest_generalbench.suite.demo.media.files import map_png
from tests.protocols.mapped import Bench

if TYPE_CHECKING:
    from pathlib import Path

SQUARE = np.zeros((32, 32), bool)
SQUARE[4:10, 6:20] = True
MASK = encode(SQUARE)
CORNERS = [6, 4, 20, 4, 20, 10, 6, 10]
CATEGORIES = {"categories": [{"id": 1, "name": "Person"}, {"id": 2, "name": "car"}]}


@pytest.fixture
def things(tmp_path: Path) -> Bench:
    return Bench(tmp_path, "instance_segmentation", header=CATEGORIES)


@pytest.mark.parametrize(
    "raw",
    [
        [{"segmentation": [CORNERS], "category_id": 1}],
        {"annotations": [{"segmentation": MASK.to_plain(), "category_id": 1, "iscrowd": 0}]},
        {"objects": [{"mask": MASK.to_plain(), "label": "person"}]},
        {"instances": [{**MASK.to_plain(), "category": {"id": 1, "name": "PERSON"}}]},
        {"person": [MASK.to_plain()]},
        {"1": [[CORNERS]]},
        {"masks": {"person": [MASK.to_plain()]}},
    ],
)
def test_things_in_every_form(things: Bench, raw: Any) -> None:
    answer, reference = things.said_back(raw)
    assert reference == (TrueMask(MASK, "person"),)
    assert answer == (FoundMask(MASK, "person", 1.0),)


def test_a_picture_of_instance_ids(things: Bench) -> None:
    ids = np.where(SQUARE, 2001, 7).astype(np.uint16)
    ids[0] = 0
    reference = things.reference({"mask": things.file("gt/a.png", map_png(ids))})
    assert [(one.label, one.mask) for one in reference] == [("car", MASK)]


def test_no_thing_is_a_reference_too(things: Bench) -> None:
    nothing: list[Any] = [[], {"annotations": []}]
    for raw in nothing:
        assert things.reference(raw) == ()
        assert things.parsed(InstanceMasks((InstanceMask(MASK, "car", 0.5),)), raw)[0].score == 0.5


def test_crowds_are_kept_apart(things: Bench) -> None:
    raw = [{"segmentation": [CORNERS], "category_id": 1, "iscrowd": 1}]
    answer, reference = things.said_back(raw)
    assert reference[0].crowd
    assert answer == ()


def answered(bench: Bench, labels: list[Any], *answer: InstanceMask) -> list[str]:
    raw = [{"segmentation": [CORNERS], **({} if one is None else {"label": one})} for one in labels]
    return [one.label for one in bench.parsed(InstanceMasks(answer), raw)]


def test_labels_are_compared_plainly_and_only_one_needs_not_be_said(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "instance_segmentation")
    named = InstanceMask(MASK, "Traffic_Light", 0.5)
    assert answered(bench, ["traffic light", "car"], named, InstanceMask(MASK)) == ["traffic light", ""]
    assert answered(bench, ["car", "car"], InstanceMask(MASK), InstanceMask(MASK, "dog")) == ["car", "dog"]
    assert answered(bench, [None, None], InstanceMask(MASK), InstanceMask(MASK, "dog")) == ["", ""]


def test_labels_are_named_in_the_prompt(things: Bench) -> None:
    instance = things.instance([{"segmentation": [CORNERS], "category_id": n} for n in (1, 2)])
    request = things.used.request(instance, things.context(instance))
    assert "Labels: car, person." in request.text
    assert request.form == "instance_masks"


@pytest.mark.parametrize(
    "raw",
    [
        [{"bbox": [1, 2, 3, 4]}],
        [{"segmentation": [CORNERS], "label": "a"}, 3],
        {"mask": 3},
        [{"segmentation": "lost.png", "label": "a"}],
        [{"segmentation": {"size": [2, 2], "counts": "99"}}],
        [{"segmentation": MASK.to_plain()}, {"segmentation": encode(np.eye(3)).to_plain()}],
    ],
)
def test_references_that_cannot_be_read_name_the_instance(things: Bench, raw: Any) -> None:
    with pytest.raises(ReferenceFormatError, match="instance 'i1' of image/x"):
        things.reference(raw)


def test_masks_of_another_size_are_unparsable(things: Bench) -> None:
    with pytest.raises(AnswerFormatError, match="3x3 and 32x32"):
        things.parsed(InstanceMasks((InstanceMask(encode(np.eye(3)), "car"),)), [{"segmentation": [CORNERS]}])


IDS = np.array([[0, 300, 300], [70000, 70000, 26001]])
INFO = [
    {"id": 300, "category_id": 2},
    {"id": 70000, "category_id": 1},
    {"id": 26001, "category_id": 2, "iscrowd": 1},
]


@pytest.fixture
def panoptic(tmp_path: Path) -> Bench:
    return Bench(tmp_path, "panoptic_segmentation", header=CATEGORIES)


def coco(bench: Bench) -> dict[str, Any]:
    colours = np.dstack([IDS % 256, IDS // 256 % 256, IDS // 65536]).astype(np.uint8)
    return {"file_name": bench.file("annotations/a.png", map_png(colours)), "segments_info": INFO}


def test_coco_panoptic_files(panoptic: Bench) -> None:
    for raw in (coco(panoptic), {"panoptic": coco(panoptic)}):
        answer, reference = panoptic.said_back(raw)
        assert reference.ids.tolist() == IDS.tolist()
        assert reference.categories == {300: "car", 70000: "person"} == answer.categories
        assert reference.crowds == {26001: "car"}


def test_pictures_of_cityscapes_ids(panoptic: Bench) -> None:
    ids = np.array([[0, 7, 255], [2001, 2001, 1000]], np.uint16)
    reference = panoptic.reference({"mask": panoptic.file("gt/a.png", map_png(ids))})
    assert reference.categories == {7: "7", 1000: "person", 2001: "car"}
    assert reference.ids.tolist() == ids.tolist()


def test_categories_may_be_said_by_name_or_id(panoptic: Bench) -> None:
    answer = PanopticMap(IDS, (Segment(300, "CAR"), Segment(70000, "1")))
    assert panoptic.parsed(answer, coco(panoptic)).categories == {300: "car", 70000: "person"}


def test_maps_that_do_not_fit(panoptic: Bench) -> None:
    with pytest.raises(AnswerFormatError, match="1x1 and 2x3"):
        panoptic.parsed(PanopticMap(np.ones((1, 1), np.int64), ()), coco(panoptic))
    for raw in (
        {"file_name": "lost.png", "segments_info": INFO},
        {"mask": 3},
        {**coco(panoptic), "segments_info": [3]},
    ):
        with pytest.raises(ReferenceFormatError, match="instance 'i1' of image/x"):
            panoptic.reference(raw)
    instance = panoptic.instance(coco(panoptic))
    request = panoptic.used.request(instance, panoptic.context(instance))
    assert "1 = Person, 2 = car" in request.text
    assert panoptic.used.parse(Output("text"), instance, panoptic.context(instance)) is None
