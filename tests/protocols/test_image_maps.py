"""One map over an image: all forms of references, what is asked, and answers that do not fit."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_generalbench.core.errors import AmbiguousReferenceError, DataError, ReferenceFormatError
from pytest_generalbench.core.media.media import Media
from pytest_generalbench.core.outputs import (
    Alpha,
    AnomalyMap,
    AnswerFormatError,
    ClassMap,
    DepthMap,
    Mask,
    StructuredOutput,
)
from pytest_generalbench.core.outputs.codecs.images.rle import encode
from pytest_generalbench.core.request import Output
from pytest_generalbench.suite.demo.media.files import map_png, npz, png
from tests.protocols.mapped import Bench

if TYPE_CHECKING:
    from pathlib import Path

SQUARE = np.zeros((32, 32), bool)
SQUARE[4:10, 6:20] = True
IDS = np.arange(12, dtype=np.uint8).reshape(3, 4) % 5
CORNERS = [6, 4, 20, 4, 20, 10, 6, 10]


@pytest.fixture
def classes(tmp_path: Path) -> Bench:
    return Bench(tmp_path, "semantic_segmentation", {"mode": "class"})


@pytest.fixture
def binary(tmp_path: Path) -> Bench:
    return Bench(tmp_path, "semantic_segmentation", {"mode": "binary"})


@pytest.mark.parametrize("content", [map_png(IDS), png(IDS.tolist()), map_png(np.dstack([IDS] * 3))])
def test_class_ids_from_pictures(classes: Bench, content: bytes) -> None:
    answer, reference = classes.said_back({"mask": classes.file("masks/a.png", content)})
    assert reference.tolist() == IDS.tolist() == answer.tolist()


@pytest.mark.parametrize("key", ["mask", "mask_file", "segmentation", "label", "gt", "something_else"])
def test_the_key_may_be_any(classes: Bench, key: str) -> None:
    name = classes.file("masks/a.png", map_png(IDS))
    assert classes.reference({key: name}).tolist() == IDS.tolist()
    assert classes.reference({"result": {key: name}}).tolist() == IDS.tolist()
    assert classes.reference(name).tolist() == IDS.tolist()


def test_class_ids_from_arrays_and_masks(classes: Bench) -> None:
    target = io.BytesIO()
    np.save(target, IDS.astype(np.int16) - 1)
    array = classes.reference({"mask": classes.file("labels/a.npy", target.getvalue())})
    assert array.tolist() == np.where(IDS == 0, 255, IDS.astype(int) - 1).tolist()
    assert classes.reference(classes.file("labels/a.npz", npz("labels", IDS))).tolist() == IDS.tolist()
    assert classes.reference({"mask": encode(SQUARE).to_plain()}).sum() == SQUARE.sum()
    assert classes.reference({"segmentation": [CORNERS]}).sum() == SQUARE.sum()


def test_colours_are_classes_in_their_order_over_the_whole_set(classes: Bench) -> None:
    table = np.array([[0, 0, 128], [0, 64, 0], [0, 0, 0], [9, 0, 0]], np.uint8)
    first = classes.instance(classes.file("masks/a.png", map_png(table[[[0, 1, 0]]])))
    second = classes.instance(classes.file("masks/b.png", map_png(table[[[2, 3, 1]]])))
    context = classes.context(first, second)
    assert classes.used.reference(first, context).tolist() == [[1, 2, 1]]
    assert classes.used.reference(second, context).tolist() == [[0, 3, 2]]
    assert context.notes == ("4 colours of the references are the classes",)
    assert "0 = #000000, 1 = #000080" in classes.used.request(first, context).text
    answer = ClassMap(np.array([[0x000080, 0x123456, 0x090000]]), colours=True)
    parsed = classes.used.parse(Output(medium="map", answer=answer), first, context)
    assert parsed[0, [0, 2]].tolist() == [1, 3]
    assert parsed[0, 1] not in range(4)


def test_grey_masks_of_0_and_255_in_a_class_task_are_class_1(classes: Bench) -> None:
    name = classes.file("masks/a.png", map_png(SQUARE.astype(np.uint8) * np.uint8(255)))
    instance = classes.instance(name)
    context = classes.context(instance)
    assert context.notes == ("the references are masks: 255 is class 1",)
    assert classes.used.reference(instance, context).tolist() == SQUARE.astype(int).tolist()


def test_classes_are_named_in_the_prompt(tmp_path: Path) -> None:
    for header in (
        {"classes": ["sky", "tree"]},
        {"categories": [{"id": 0, "name": "sky"}, {"id": 1, "name": "tree"}]},
        {"labels": {"0": "sky", "1": "tree"}},
    ):
        bench = Bench(tmp_path, "semantic_segmentation", {"mode": "class"}, header)
        instance = bench.instance(bench.file("masks/a.png", map_png(IDS)), prompt="Segment it.")
        request = bench.used.request(instance, bench.context(instance))
        assert "0 = sky, 1 = tree" in request.text
        assert request.text.startswith("Segment it.")
        assert (request.form, request.output_medium, request.media) == ("class_map", "map", instance.media)


@pytest.mark.parametrize("form", ["255", "1", "rle", "runs", "polygon", "pairs", "jpg"])
def test_one_foreground_in_every_form(binary: Bench, form: str) -> None:
    pillow = pytest.importorskip("PIL.Image")
    raw: Any = {
        "rle": encode(SQUARE).to_plain(),
        "runs": {"size": [32, 32], "counts": encode(SQUARE).runs().tolist()},
        "polygon": [CORNERS],
        "pairs": [[6, 4], [20, 4], [20, 10], [6, 10]],
    }.get(form)
    if form in ("255", "1"):
        raw = binary.file("masks/a.png", map_png(SQUARE.astype(np.uint8) * np.uint8(form)))
    if form == "jpg":
        target = io.BytesIO()
        pillow.fromarray(SQUARE.astype(np.uint8) * np.uint8(255)).save(target, "JPEG", quality=95)
        raw = binary.file("masks/a.jpg", target.getvalue())
    answer, reference = binary.said_back({"mask": raw})
    assert np.array_equal(reference, SQUARE)
    assert np.array_equal(answer, SQUARE)
    instance = binary.instance({"mask": raw})
    assert binary.used.request(instance, binary.context(instance)).form == "mask"


def test_a_class_map_answers_a_mask_task_and_a_mask_a_class_task(binary: Bench, classes: Bench) -> None:
    raw = encode(SQUARE).to_plain()
    assert np.array_equal(binary.parsed(ClassMap(SQUARE.astype(np.int32) * 7), raw), SQUARE)
    assert np.array_equal(classes.parsed(Mask(encode(SQUARE)), raw), SQUARE.astype(int))


def test_answers_of_another_size_or_form_and_text_are_unparsable(binary: Bench) -> None:
    raw = encode(SQUARE).to_plain()
    with pytest.raises(AnswerFormatError, match="differ in size: 3x3 and 32x32"):
        binary.parsed(Mask(encode(np.eye(3))), raw)
    with pytest.raises(AnswerFormatError, match="a depth_map where a class_map or mask is due"):
        binary.parsed(DepthMap(np.ones((32, 32), np.float32)), raw)
    instance = binary.instance(raw)
    assert binary.used.parse(Output("a mask"), instance, binary.context(instance)) is None


@pytest.mark.parametrize(
    "raw",
    [
        {"mask": "lost.png"},
        {"mask": 3},
        {"mask": {"size": [2, 2], "counts": "99"}},
        {"mask": [[1, 2]]},
        {"a": 1, "b": 2},
        {"mask": "../a.png"},
    ],
)
@pytest.mark.parametrize("mode", ["class", "binary"])
def test_references_that_cannot_be_read_name_the_instance(tmp_path: Path, raw: Any, mode: str) -> None:
    bench = Bench(tmp_path, "semantic_segmentation", {"mode": mode})
    with pytest.raises(ReferenceFormatError, match="instance 'i1' of image/x"):
        bench.reference(raw)


def test_an_instance_without_an_image_cannot_be_asked(binary: Bench) -> None:
    instance = binary.instance(encode(SQUARE).to_plain(), ())
    with pytest.raises(DataError, match="no image or video"):
        binary.used.request(instance, binary.context(instance))


def test_a_task_replaces_the_prompt(binary: Bench) -> None:
    instance = binary.instance(encode(SQUARE).to_plain(), prompt="Cracks?")
    context = binary.context(instance)
    assert binary.used.request(instance, context).text.startswith("Cracks?\nAnswer with a binary mask")


@pytest.fixture
def anomaly(tmp_path: Path) -> Bench:
    return Bench(tmp_path, "image_anomaly_segmentation")


@pytest.mark.parametrize(
    "raw", [{}, {"mask": None}, {"mask": ""}, {"mask": []}, "good", {"mask": "Normal"}, {"label": 0}]
)
def test_no_mask_is_no_anomaly(anomaly: Bench, raw: Any) -> None:
    answer, reference = anomaly.said_back(raw)
    assert reference.shape == (32, 32)
    assert not reference.any()
    assert answer.shape == (32, 32)


def test_an_anomaly_mask_and_answers_to_it(anomaly: Bench) -> None:
    raw = {
        "mask": anomaly.file("ground_truth/000_mask.png", map_png(SQUARE.astype(np.uint8) * np.uint8(255)))
    }
    answer, reference = anomaly.said_back(raw)
    assert np.array_equal(reference, SQUARE)
    assert np.array_equal(answer > 0.5, SQUARE)
    assert np.array_equal(anomaly.parsed(Mask(encode(SQUARE)), raw), SQUARE.astype(np.float32))
    for wrong in (raw, {"mask": None}):
        with pytest.raises(AnswerFormatError, match="2x2 and 32x32"):
            anomaly.parsed(AnomalyMap(np.zeros((2, 2), np.float32)), wrong)


@pytest.fixture
def matting(tmp_path: Path) -> Bench:
    return Bench(tmp_path, "matting")


def test_alpha_of_8_and_16_bits_and_of_an_alpha_channel(matting: Bench) -> None:
    alpha = np.array([[0, 51, 255]], np.uint8)
    expected = [[0.0, pytest.approx(0.2), 1.0]]
    assert matting.reference({"alpha": matting.file("a.png", map_png(alpha))}).alpha.tolist() == expected
    deep = map_png(alpha.astype(np.uint16) * np.uint16(257))
    answer, reference = matting.said_back({"alpha": matting.file("b.png", deep)})
    assert reference.alpha.tolist() == expected == answer.tolist()
    assert reference.unknown is None
    pillow = pytest.importorskip("PIL.Image")
    target = io.BytesIO()
    pillow.fromarray(np.dstack([alpha * 0, alpha * 0, alpha * 0, alpha])).save(target, "PNG")
    assert matting.reference({"alpha": matting.file("c.png", target.getvalue())}).alpha.tolist() == expected


def test_a_trimap_says_what_is_unknown(matting: Bench) -> None:
    raw = {
        "alpha": matting.file("alpha/a.png", map_png(np.array([[0, 51, 255]], np.uint8))),
        "trimap": matting.file("trimap/a.png", map_png(np.array([[0, 128, 255]], np.uint8))),
    }
    assert matting.reference(raw).unknown.tolist() == [[False, True, False]]
    raw["trimap"] = matting.file("trimap/b.png", map_png(np.array([[0, 1, 2]], np.uint8)))
    assert matting.reference(raw).unknown.tolist() == [[False, True, False]]
    raw["trimap"] = matting.file("trimap/c.png", map_png(np.array([[0, 1]], np.uint8)))
    with pytest.raises(ReferenceFormatError, match="another size"):
        matting.reference(raw)
    given = matting.instance({"alpha": raw["alpha"]}, trimap="trimap/a.png")
    assert matting.used.reference(given, matting.context(given)).unknown.tolist() == [[False, True, False]]


def test_alpha_that_does_not_fit(matting: Bench) -> None:
    raw = {"alpha": matting.file("a.png", map_png(np.array([[0, 51, 255]], np.uint8)))}
    with pytest.raises(AnswerFormatError, match="1x2 and 1x3"):
        matting.parsed(Alpha(np.zeros((1, 2), np.float32)), raw)
    with pytest.raises(ReferenceFormatError, match=r"0\.\.1"):
        matting.reference({"alpha": matting.file("b.npz", npz("alpha", np.full((1, 2), 7, np.float32)))})


@pytest.fixture
def depth(tmp_path: Path) -> Bench:
    return Bench(tmp_path, "depth_estimation")


def test_depth_in_metres_millimetres_and_8_bits(depth: Bench) -> None:
    metres = np.array([[1.5, np.nan, -1.0, 4.0]], np.float32)
    expected = [[1.5, 0.0, 0.0, 4.0]]
    answer, reference = depth.said_back({"depth": depth.file("depth/a.npz", npz("depth", metres))})
    assert reference.tolist() == expected == answer.tolist()
    raw = map_png(np.array([[1500, 0, 0, 4000]], np.uint16))
    assert depth.reference(depth.file("depth/a.png", raw)).tolist() == [[1.5, 0.0, 0.0, 4.0]]
    eight = depth.file("depth/b.png", map_png(np.array([[0, 51]], np.uint8)))
    with pytest.raises(AmbiguousReferenceError, match="10/255"):
        depth.reference(eight)
    settled = Bench(depth.root, depth.protocol, reading={"depth_unit": "10/255"})
    assert settled.reference(eight).tolist() == [[0.0, pytest.approx(2.0)]]
    with pytest.raises(ReferenceFormatError, match="no pixel with a depth"):
        depth.reference(depth.file("depth/c.png", map_png(np.zeros((1, 2), np.uint16))))
    with pytest.raises(AnswerFormatError, match="differ in size"):
        depth.parsed(DepthMap(np.ones((2, 2), np.float32)), "depth/a.png")


def test_what_a_reading_says_of_depth_goes_before_the_file(depth: Bench) -> None:
    name = depth.file("depth/a.npz", npz("depth", np.array([[1.5, 9.0, 3.0]], np.float32)))
    given = Bench(depth.root, depth.protocol, reading={"depth_missing": "9", "depth_unit": "1/2"})
    assert given.reference(name).tolist() == [[0.75, 0.0, 1.5]]
    with pytest.raises(ReferenceFormatError, match="no metres follow"):
        Bench(depth.root, depth.protocol, reading={"depth": "disparity"}).reference(name)


def test_the_reference_of_the_same_name_is_the_reference(depth: Bench) -> None:
    depth.file("images/a.png", map_png(np.full((1, 1), 9000, np.uint16)))
    depth.file("depth/a.png", map_png(np.full((1, 1), 2000, np.uint16)))
    media = (Media("image", (depth.root / "images/a.png",), "image_file"),)
    depth.header = {"others": {"depth_unit": "millimeters"}}
    instance = depth.instance({"depth": "a.png"}, media)
    assert depth.used.reference(instance, depth.context(instance)).tolist() == [[2.0]]


def test_the_close_set_takes_any_size(binary: Bench) -> None:
    instance = binary.instance(encode(SQUARE).to_plain())
    closed = type(instance)("i1", "image/x", {}, instance.media)
    answer: StructuredOutput = Mask(encode(np.eye(3)))
    assert binary.used.parse(Output(medium="map", answer=answer), closed, binary.context(closed)) is not None


def test_a_reference_that_is_the_picture_itself_is_refused(matting: Bench) -> None:
    instance = matting.instance({"alpha": "images/a.png"})
    with pytest.raises(ReferenceFormatError, match="the picture that is asked about"):
        matting.used.reference(instance, matting.context(instance))


def test_a_bare_name_is_that_of_the_matte(matting: Bench) -> None:
    matting.file("alpha/a.png", map_png(np.array([[0, 51, 255]], np.uint8)))
    instance = matting.instance({"alpha": "a.png"})
    assert matting.used.reference(instance, matting.context(instance)).alpha.shape == (1, 3)


@pytest.mark.parametrize("value", [np.inf, np.nan, -np.inf, 1e30, 0.5, 2.5])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arrays_of_no_whole_numbers_are_no_classes_and_no_mask(
    tmp_path: Path, value: float, dtype: type
) -> None:
    target = io.BytesIO()
    np.save(target, np.array([[0, 1, value]], dtype))
    for mode in ("class", "binary"):
        bench = Bench(tmp_path, "semantic_segmentation", {"mode": mode})
        name = bench.file("labels/a.npy", target.getvalue())
        with pytest.raises(ReferenceFormatError):
            bench.reference(name)
