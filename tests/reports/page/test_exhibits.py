"""Each form of answer becomes an exhibit that the page's script can draw."""

from __future__ import annotations

import base64
import struct
import wave
from pathlib import Path

import numpy as np
import pytest

import pytest_generalbench as gb
from pytest_generalbench.core.outputs.codecs.images.rle import encode
from pytest_generalbench.reports.page.exhibits import REFERENCE_TINT, Scene, answer, question
from pytest_generalbench.reports.page.kept_files import KeptFiles
from pytest_generalbench.reports.page.solids import laser_points


@pytest.fixture
def files(tmp_path: Path) -> KeptFiles:
    return KeptFiles(tmp_path)


def kept(tmp_path: Path, address: str) -> bytes:
    return (tmp_path / address).read_bytes()


def test_a_mask_is_a_layer_that_hides_nothing_elsewhere(tmp_path: Path, files: KeptFiles) -> None:
    seen = np.zeros((3, 5), bool)
    seen[1, 2] = True
    shown = answer(gb.Mask(encode(seen)), Scene(), REFERENCE_TINT, files)
    assert (shown["kind"], shown["size"], shown["frames"]) == ("layer", [5, 3], 1)
    image = pytest.importorskip("PIL.Image")
    with image.open(tmp_path / shown["src"]) as opened:
        pixels = np.asarray(opened)
    assert pixels.shape == (3, 5, 4)
    assert (pixels[..., 3] > 0).sum() == 1
    assert tuple(pixels[1, 2, :3]) == tuple(REFERENCE_TINT)


def test_boxes_of_frames_are_those_of_the_shown_frames(files: KeptFiles) -> None:
    boxes = tuple(gb.OneBox((float(place), 0, 1, 1)).box for place in range(100))  # type: ignore[arg-type]
    shown = answer(gb.FrameBoxes(boxes), Scene(frames=100), REFERENCE_TINT, files)
    places = [frame[0][0] for frame in shown["boxes"]]
    assert places == [0, 9, 18, 27, 36, 45, 54, 63, 72, 81, 90, 99]
    tube = answer(gb.Tube(50, boxes[:10]), Scene(frames=100), REFERENCE_TINT, files)
    assert [len(frame) for frame in tube["boxes"]] == [0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]


def test_a_sound_is_a_file_of_16_bits_with_its_waveform(tmp_path: Path, files: KeptFiles) -> None:
    samples = (np.sin(np.linspace(0, 100, 8000)) / 2).astype("f4")
    shown = answer(gb.Audio(samples, 8000), Scene(), REFERENCE_TINT, files)
    with wave.open(str(tmp_path / shown["src"])) as opened:
        assert (opened.getframerate(), opened.getnframes(), opened.getsampwidth()) == (8000, 8000, 2)
    assert len(shown["peaks"]) == 160
    assert max(high for _, high in shown["peaks"]) == 50


def test_a_mesh_keeps_its_triangles_and_its_shape(files: KeptFiles) -> None:
    vertices = np.array([[0, 0, 0], [2, 0, 0], [0, 1, 0]], np.float32)
    shown = answer(gb.Mesh(vertices, np.array([[0, 1, 2]])), Scene(), REFERENCE_TINT, files)
    points = np.frombuffer(base64.b64decode(shown["points"]), "<i2").reshape(-1, 3).astype(int)
    assert np.ptp(points, axis=0).tolist() == [64000, 32000, 0]
    assert np.frombuffer(base64.b64decode(shown["faces"]), "<u2").tolist() == [0, 1, 2]


def test_labels_colour_the_points_of_the_question(files: KeptFiles) -> None:
    points = np.random.default_rng(0).normal(size=(7, 3))
    labels = gb.PointLabels(np.array([0, 1, 1, 2, 2, 2, -1]))
    shown = answer(labels, Scene(points=points), REFERENCE_TINT, files)
    colours = np.frombuffer(base64.b64decode(shown["colours"]), "u1").reshape(-1, 3)
    assert len({tuple(colour) for colour in colours.tolist()}) == 4
    lost = answer(labels, Scene(), REFERENCE_TINT, files)
    assert lost["kind"] == "file"


@pytest.mark.parametrize("columns", [4, 5])
def test_laser_scans_of_both_widths_are_read(tmp_path: Path, columns: int) -> None:
    rows = np.random.default_rng(1).normal(size=(13, columns)).astype("<f4")
    rows[:, 3] = abs(rows[:, 3])
    (tmp_path / "scan.bin").write_bytes(rows.tobytes())
    assert np.array_equal(laser_points(tmp_path / "scan.bin"), rows[:, :3])
    (tmp_path / "torn.bin").write_bytes(struct.pack("<7f", *range(7)))
    with pytest.raises(gb.MediaError, match="7 numbers are no rows of 4 or 5"):
        laser_points(tmp_path / "torn.bin")


def test_a_medium_that_cannot_be_shown_says_why(tmp_path: Path, files: KeptFiles) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(b"no picture")
    scene = question(("What is it?", gb.Media("image", (path,))), files)
    assert scene.shown[0] == {"kind": "text", "text": "What is it?"}
    assert (scene.shown[1]["kind"], scene.shown[1]["name"]) == ("file", "broken.png")
    assert scene.shown[1]["why"]
