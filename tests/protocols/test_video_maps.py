"""Maps over frames and flow: all forms of references, what is asked, and answers that do not fit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_generalbench.core.errors import AmbiguousReferenceError, ReferenceFormatError
from pytest_generalbench.core.media.media import Media
from pytest_generalbench.core.outputs import (
    AnswerFormatError,
    DepthSequence,
    FlowField,
    MaskSequence,
    SalientSequence,
)
from pytest_generalbench.core.outputs.codecs.images.flow import write_flo
from pytest_generalbench.core.outputs.codecs.images.rle import encode
from pytest_generalbench.suite.demo.media.files import map_png, npz, picture
from tests.protocols.mapped import Bench

if TYPE_CHECKING:
    from pathlib import Path

FRAMES = [np.eye(4, dtype=bool), np.zeros((4, 4), bool), np.ones((4, 4), bool)]
RLES = tuple(encode(frame) for frame in FRAMES)
PLAIN = [mask.to_plain() for mask in RLES]
FLOW = np.array([[[1.0, -2.0], [0.5, 0.25]]], np.float32)
CLIP = np.linspace(0.5, 9, 24).reshape(2, 3, 4).astype(np.float32)


@pytest.fixture(
    params=["video_object_segmentation", "video_reasoning_segmentation", "video_referring_segmentation"]
)
def masked(tmp_path: Path, request: pytest.FixtureRequest) -> Bench:
    return Bench(tmp_path, request.param)


def folder(bench: Bench, name: str) -> str:
    for number, frame in enumerate(FRAMES):
        bench.file(f"{name}/{number + 9}.png", map_png(frame.astype(np.uint8) * np.uint8(255)))
    return name


@pytest.mark.parametrize(
    "raw",
    [
        {"17": {"mask": PLAIN[0]}, "18": {"mask": PLAIN[1]}, "3": {"mask": PLAIN[2]}},
        {"17": PLAIN[0], "18": PLAIN[1], "19": PLAIN[2]},
        {"masks": PLAIN},
        PLAIN,
        [PLAIN[0], None, PLAIN[2]],
        {"a": {"mask": PLAIN[0]}, "b": {"mask": None}, "c": {"mask": PLAIN[2]}},
    ],
)
def test_masks_of_frames_in_every_form(masked: Bench, raw: Any) -> None:
    answer, reference = masked.said_back(raw)
    assert reference == RLES == answer


def test_a_folder_of_pictures_in_natural_order(masked: Bench) -> None:
    for number in range(2):
        masked.file(f"masks/other/{number + 9}.png", map_png(np.ones((2, 2), np.uint8)))
    folder(masked, "masks/clip")
    for raw in ("masks/clip", {"masks": "clip"}, {"gt_dir": "masks/clip/"}):
        answer, reference = masked.said_back(raw)
        assert reference == RLES == answer


@pytest.mark.parametrize(
    "raw",
    [{}, [], 3, [None, None], {"1": {"mask": None}}, "lost", ["lost.png"],
     [{"mask": {"size": [2, 2], "counts": "9"}}], [PLAIN[0], encode(np.eye(2)).to_plain()]],
)  # fmt: skip
def test_references_that_cannot_be_read_name_the_instance(masked: Bench, raw: Any) -> None:
    with pytest.raises(ReferenceFormatError, match="instance 'i1' of image/x"):
        masked.reference(raw)


@pytest.mark.parametrize(
    ("masks", "words"),
    [(RLES[:2], "2 masks for 3 frames"), ((), "0 masks"), ((encode(np.eye(3)),) * 3, "3x3 and 4x4")],
)
def test_a_missing_frame_and_another_size_are_unparsable(masked: Bench, masks: Any, words: str) -> None:
    with pytest.raises(AnswerFormatError, match=words):
        masked.parsed(MaskSequence(masks), PLAIN)


def test_the_first_mask_is_an_input_where_the_task_says_so(masked: Bench) -> None:
    instance = masked.instance(PLAIN, prompt="the one on the left")
    context = masked.context(instance)
    text = masked.used.request(instance, context).text
    given = masked.protocol == "video_object_segmentation"
    assert (json.dumps(PLAIN[0]) in text) is given
    assert bool(context.notes) is given
    assert text.startswith("the one on the left")
    own = Media("map", instance.media[0].paths, "first_mask")
    with_file = masked.instance(PLAIN, (*instance.media, own))
    assert "COCO run lengths" not in masked.used.request(with_file, context).text


@pytest.fixture
def depth(tmp_path: Path) -> Bench:
    return Bench(tmp_path, "video_depth_estimation")


def test_disparity_as_the_released_data_have_it(depth: Bench) -> None:
    depth.file("depth/clip.npz", npz("disparity", CLIP[:, None]))
    for raw in ("clip.npz", {"depth": "clip.npz"}, {"disparity": "depth/clip.npz"}):
        answer, reference = depth.said_back(raw)
        assert np.array_equal(reference, CLIP)
        assert np.array_equal(answer, CLIP)


def test_disparity_that_does_not_fit_or_has_nothing_valid(depth: Bench) -> None:
    depth.file("depth/clip.npz", npz("disparity", CLIP[:, None]))
    with pytest.raises(AnswerFormatError, match="1x3x4 and 2x3x4"):
        depth.parsed(DepthSequence(CLIP[:1]), "clip.npz")
    depth.file("depth/far.npz", npz("disparity", np.full((1, 1, 2, 2), 90, np.float32)))
    depth.file("depth/nan.npz", npz("disparity", np.full((1, 1, 2, 2), np.nan, np.float32)))
    depth.file("depth/flat.npz", npz("disparity", np.ones((2, 2), np.float32)))
    for raw in ("far.npz", "nan.npz", "flat.npz", "lost.npz", "clip.mp4", {"depth": 3}):
        with pytest.raises(ReferenceFormatError, match="instance 'i1' of image/x"):
            depth.reference(raw)


@pytest.fixture
def flow(tmp_path: Path) -> Bench:
    return Bench(tmp_path, "optical_flow")


def test_flow_in_every_form(flow: Bench) -> None:
    flow.file("flow/a.flo", write_flo(FLOW))
    flow.file("flow/b.png", map_png(np.dstack([FLOW * 64 + 32768, np.zeros((1, 2))]).astype(np.uint16)))
    flow.file("flow/c.npz", npz("flow", FLOW))
    for name in ("a.flo", "b.png", "c.npz"):
        answer, reference = flow.said_back({"flow": name})
        assert np.array_equal(reference, FLOW)
        assert np.array_equal(answer, FLOW)
        with pytest.raises(AnswerFormatError, match="2x2 and 1x2"):
            flow.parsed(FlowField(np.zeros((2, 2, 2), np.float32)), {"flow": name})


def test_unknown_flow_is_left_out_and_nothing_known_is_no_reference(flow: Bench) -> None:
    unknown = FLOW.copy()
    unknown[0, 0] = 1e10
    answer, reference = flow.said_back(flow.file("flow/a.flo", write_flo(unknown)))
    assert np.isnan(reference[0, 0]).all()
    assert answer[0].tolist() == [[0, 0], [0.5, 0.25]]
    flow.file("flow/b.flo", write_flo(np.full((1, 2, 2), np.nan)))
    flow.file("flow/c.flo", b"PIEH")
    flow.file("flow/d.png", map_png(np.zeros((1, 2), np.uint8)))
    flow.file("flow/e.npz", npz("flow", FLOW[0]))
    for raw in ("b.flo", "c.flo", "d.png", "e.npz", {"flow": 3}, {"flow": "lost.flo"}):
        with pytest.raises(ReferenceFormatError, match="instance 'i1' of image/x"):
            flow.reference(raw)


@pytest.fixture(params=["video_salient_object_detection", "video_camouflaged_object_detection"])
def salient(tmp_path: Path, request: pytest.FixtureRequest) -> Bench:
    return Bench(tmp_path, request.param)


def test_saliency_from_folders_lists_and_masks(salient: Bench) -> None:
    folder(salient, "gt/clip")
    names = [f"gt/clip/{number}.png" for number in (9, 10, 11)]
    for raw in ({"gt_dir": "gt/clip"}, "gt/clip", names, {"masks": names}, PLAIN):
        answer, reference = salient.said_back(raw)
        assert np.array_equal(reference, np.stack(FRAMES))
        assert np.array_equal(answer, np.stack(FRAMES) * np.uint8(255))
    assert np.array_equal(salient.parsed(MaskSequence(RLES), "gt/clip"), np.stack(FRAMES) * np.uint8(255))


def test_shades_up_to_255_are_the_object_from_128_on(salient: Bench) -> None:
    edge = np.zeros((16, 16), np.uint8)
    edge[:, 8:] = 255
    edge[0, 6:15] = (30, 60, 90, 120, 140, 160, 180, 200, 220)
    salient.file("gt/clip/1.png", map_png(edge))
    assert np.array_equal(salient.reference("gt/clip")[0], edge >= 128)
    salient.file("gt/clip/2.png", map_png(np.minimum(edge, 1)))
    with pytest.raises(AmbiguousReferenceError, match="foreground: "):
        salient.reference("gt/clip")


def test_saliency_that_does_not_fit(salient: Bench) -> None:
    folder(salient, "gt/clip")
    for shape, words in (((2, 4, 4), "2x4x4 and 3x4x4"), ((3, 4, 5), "3x4x5 and 3x4x4")):
        with pytest.raises(AnswerFormatError, match=words):
            salient.parsed(SalientSequence(np.zeros(shape, np.uint8)), "gt/clip")
    salient.file("gt/clip/12.png", map_png(np.zeros((2, 2), np.uint8)))
    with pytest.raises(ReferenceFormatError, match="different sizes"):
        salient.reference("gt/clip")


def test_the_frames_that_are_scored_are_named_when_they_are_not_those_of_the_video(salient: Bench) -> None:
    folder(salient, "gt/clip")
    shown = tuple(salient.root / salient.file(f"frames/clip/{n}.png", picture(n)) for n in (9, 10, 11, 12))
    for count, named in ((3, False), (4, True)):
        media = (Media("video", shown[:count], "gt_dir"),)
        instance = salient.instance({"gt_dir": "gt/clip"}, media)
        text = salient.used.request(instance, salient.context(instance)).text
        assert ("Frames: 9, 10, 11." in text) is named
