"""What a `python:` model may be, and what it may return."""

from __future__ import annotations

import asyncio
import threading
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.errors import ModelError
from pytest_generalbench.core.outputs import (
    Alpha,
    Audio,
    DepthMap,
    FlowField,
    Image,
    Mask,
    Mesh,
    Motion,
    PointCloud,
    StructuredOutput,
    Video,
    form_of,
)
from pytest_generalbench.core.outputs.codecs.images.png import png
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.models.base import Failed
from pytest_generalbench.models.python import PythonModel
from tests.builders import make_task

if TYPE_CHECKING:
    from collections.abc import Sequence

RGB = np.random.default_rng(1).integers(0, 256, (12, 20, 3), dtype=np.uint8)
CLIP = np.random.default_rng(2).integers(0, 256, (5, 12, 20, 3), dtype=np.uint8)
SOUND = np.sin(np.arange(800, dtype=np.float32) / 9)
CORNERS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float64)
FACES = np.array([[0, 1, 2], [0, 1, 3]])


def asked(value: Any, form: str = "text", medium: str | None = None) -> Any:
    """Return what becomes of a value that a model returned for a request of that form."""
    medium = medium or ("text" if form == "text" else form_of(form).medium)
    model = PythonModel(lambda requests: [value], "mine.py:make")
    (answer,) = model.generate([Request("nlp/x", "1", ("?",), form=form, output_medium=medium)])
    return answer


def taken(value: Any, form: str) -> StructuredOutput:
    answer = asked(value, form)
    assert isinstance(answer, Output), answer
    held = answer.read()
    assert held is not None
    assert held.form == form
    return held


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("A", "A"),
        (np.str_("A"), "A"),
        (b"caf\xc3\xa9", "café"),
        (3, "3"),
        (3.0, "3"),
        (0.1, "0.1"),
        (1e-7, "0.0000001"),
        (1e22, "10000000000000000000000"),
        (True, "True"),
        (np.bool_(False), "False"),
        (np.int8(-3), "-3"),
        (np.uint64(2**64 - 1), "18446744073709551615"),
        (np.float16(0.1), "0.1"),
        (np.float32(0.1), "0.1"),
        (np.float64(1 / 3), "0.3333333333333333"),
        (np.array(7), "7"),
        (np.array([7.5]), "7.5"),
        (np.array([1, 2]), "1, 2"),
        (np.array([[1, 2], [3, 4]]), "[[1, 2], [3, 4]]"),
        (np.array(["a"]), "a"),
        (Fraction(3, 4), "0.75"),
        (Fraction(6, 2), "3"),
        (Decimal("1.50"), "1.5"),
        ([1, 2.5], "1, 2.5"),
        ((np.int64(1), Fraction(1, 2)), "1, 0.5"),
        (["a", "b"], '["a", "b"]'),
        ({"a": np.float32(0.5)}, '{"a": 0.5}'),
        (float("nan"), "nan"),
    ],
)
def test_numbers_of_any_library_are_texts(value: Any, text: str) -> None:
    assert asked(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.fractions())
def test_a_number_that_is_written_out_is_read_as_itself(value: float | Fraction) -> None:
    text = asked(value)
    assert "e" not in text.lower()
    assert float(text) == pytest.approx(float(value), rel=1e-15)


@pytest.mark.parametrize("value", [None, object(), b"\xff\xfe\x00", np.zeros((2, 2, 2)), [object()], {}, 1j])
def test_what_is_no_text_is_a_failure_that_says_what_to_return(value: Any) -> None:
    answer = asked(value)
    assert isinstance(answer, Failed)
    assert answer.state == "error"
    assert "return str" in answer.message or "return a text" in answer.message


def test_a_picture_of_pillow_is_taken_as_people_see_it() -> None:
    pil = pytest.importorskip("PIL.Image")
    picture = taken(pil.fromarray(RGB), "image")
    assert isinstance(picture, Image)
    assert (picture.pixels == RGB).all()
    clear = pil.new("RGBA", (8, 6), (0, 0, 0, 0))
    assert (taken(clear, "image").pixels == 255).all()  # type: ignore[attr-defined]
    assert taken(pil.new("1", (8, 6), 1), "image").pixels.min() == 255  # type: ignore[attr-defined]


ARRAYS: dict[str, Any] = {
    "height, width, channels": RGB,
    "channels first": RGB.transpose(2, 0, 1),
    "a batch of one": RGB[None],
    "a batch of one, channels first": RGB.transpose(2, 0, 1)[None],
    "int64": RGB.astype(np.int64),
    "int16": RGB.astype(np.int16),
    "uint16": RGB.astype(np.uint16) * 257,
    "float32": RGB.astype(np.float32) / 255,
    "float64, channels first": RGB.transpose(2, 0, 1) / 255,
    "float of 0..255": RGB.astype(np.float32),
    "with opacity": np.concatenate([RGB, np.full((12, 20, 1), 255, np.uint8)], axis=2),
    "read-only and reversed": RGB[::-1][::-1],
}


@pytest.mark.parametrize("way", ARRAYS)
def test_an_array_is_a_picture_whatever_its_order_and_type(way: str) -> None:
    picture = taken(ARRAYS[way], "image")
    assert isinstance(picture, Image)
    assert np.abs(picture.pixels.astype(int) - RGB).max() <= 1


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "float64", "uint8", "int64"])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_tensor_is_a_picture_whatever_its_order_and_type(dtype: str, is_first: bool) -> None:
    torch = pytest.importorskip("torch")
    scale = 1 if "int" in dtype else 255
    tensor = torch.tensor(RGB / scale, dtype=getattr(torch, dtype))
    tensor = tensor.permute(2, 0, 1) if is_first else tensor
    if dtype.startswith(("float", "bfloat")):
        tensor.requires_grad_(True)
    picture = taken(tensor, "image")
    assert isinstance(picture, Image)
    assert np.abs(picture.pixels.astype(int) - RGB).max() <= (1 if dtype == "bfloat16" else 0)


def test_grey_and_bool_are_pictures() -> None:
    grey = RGB[:, :, 0]
    for value in (grey, grey[None], grey[:, :, None]):
        assert (taken(value, "image").pixels == grey[:, :, None]).all()  # type: ignore[attr-defined]
    assert (taken(grey > 99, "image").pixels == 255 * (grey > 99)[:, :, None]).all()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "value",
    [
        np.zeros((3, 20, 3), np.uint8)[:, :3],
        np.zeros((12, 20, 7), np.uint8),
        np.zeros((2, 12, 20, 3), np.uint8),
        np.zeros(12, np.uint8),
        RGB.astype(np.float32) / 127.5 - 1,
        RGB.astype(np.float32) / 100,
        np.ones((12, 20, 3), np.int64),
        RGB.astype(np.int64) * 9,
        np.full((12, 20, 3), np.nan),
        np.zeros((12, 20, 3), np.complex64),
        object(),
        7,
        ["a"],
    ],
)
def test_what_fits_two_readings_or_none_is_a_failure_that_names_the_class(value: Any) -> None:
    answer = asked(value, "image")
    assert isinstance(answer, Failed)
    assert answer.state == "error"
    assert "pytest_generalbench.Image(pixels)" in answer.message


VIDEOS: dict[str, Any] = {
    "array": CLIP,
    "channels second": CLIP.transpose(0, 3, 1, 2),
    "channels first": CLIP.transpose(3, 0, 1, 2),
    "a batch of one": CLIP[None],
    "floats": CLIP.astype(np.float32) / 255,
    "a list of arrays": list(CLIP),
    "a list, channels first": [frame.transpose(2, 0, 1) for frame in CLIP],
    "a tuple": tuple(CLIP),
    "with a rate": (CLIP, 24),
    "a list with a rate": (list(CLIP), 24.0),
}


@pytest.mark.parametrize("way", VIDEOS)
def test_frames_in_any_order_are_a_video(way: str) -> None:
    video = taken(VIDEOS[way], "video")
    assert isinstance(video, Video)
    assert np.abs(video.frames.astype(int) - CLIP).max() <= 1
    assert video.fps == (24.0 if "rate" in way else 8.0)


def test_pictures_of_pillow_and_tensors_are_frames() -> None:
    pil = pytest.importorskip("PIL.Image")
    torch = pytest.importorskip("torch")
    for value in ([pil.fromarray(frame) for frame in CLIP], [torch.tensor(frame) for frame in CLIP]):
        assert (taken(value, "video").frames == CLIP).all()  # type: ignore[attr-defined]


@pytest.mark.parametrize("value", [RGB, [], [RGB, RGB[:6]], ["gone.png"], CLIP.transpose(3, 0, 1, 2)[:, :3]])
def test_what_is_no_video_for_certain_is_a_failure(value: Any) -> None:
    answer = asked(value, "video")
    assert isinstance(answer, Failed)
    assert "pytest_generalbench.Video(frames, fps)" in answer.message


@pytest.mark.parametrize(
    "value",
    [
        (SOUND, 16000),
        (16000, SOUND),
        (SOUND.astype(np.float64), np.int64(16000)),
        (SOUND[None], 16000),
        {"audio": SOUND, "sampling_rate": 16000},
        {"array": SOUND[None, :], "sample_rate": 16000.0},
    ],
)
def test_samples_with_their_rate_are_a_sound(value: Any) -> None:
    sound = taken(value, "audio")
    assert isinstance(sound, Audio)
    assert sound.rate == 16000
    assert sound.samples == pytest.approx(SOUND, abs=1e-6)


def test_two_channels_first_or_last_are_stereo() -> None:
    both = np.stack([SOUND, -SOUND])
    for value in (both, both.T):
        assert taken((value, 8000), "audio").samples.shape == (800, 2)  # type: ignore[attr-defined]


@pytest.mark.parametrize("value", [SOUND, SOUND.tolist(), {"audio": SOUND}, (SOUND, None), RGB])
def test_samples_without_a_rate_are_a_failure_that_names_the_class(value: Any) -> None:
    answer = asked(value, "audio")
    assert isinstance(answer, Failed)
    assert "pytest_generalbench.Audio(samples, rate)" in answer.message


def test_meshes_and_clouds_of_trimesh_and_arrays_are_taken() -> None:
    trimesh = pytest.importorskip("trimesh")
    mesh = trimesh.Trimesh(CORNERS, FACES, process=False)
    for value in (mesh, trimesh.Scene(mesh), (CORNERS, FACES)):
        held = taken(value, "mesh")
        assert isinstance(held, Mesh)
        assert (held.vertices.shape, held.faces.shape) == ((4, 3), (2, 3))
    coloured = trimesh.PointCloud(CORNERS, colors=np.full((4, 4), 200, np.uint8))
    for cloud in (CORNERS, CORNERS[None], CORNERS.astype(np.float16), coloured, mesh):
        points = taken(cloud, "pointcloud")
        assert isinstance(points, PointCloud)
        assert points.points == pytest.approx(CORNERS)


def test_maps_are_arrays_of_their_kind() -> None:
    where = RGB[:, :, 0] > 99
    for value in (where, where.astype(np.uint8) * 255, where.astype(np.float32), where[None]):
        held = taken(value, "mask")
        assert isinstance(held, Mask)
        assert (held.mask.decode() == where).all()
    depth = RGB[:, :, 0].astype(np.float64) + 1
    assert isinstance(taken(depth[None], "depth_map"), DepthMap)
    assert taken(RGB[:, :, 0], "alpha").alpha.max() <= 1  # type: ignore[attr-defined]
    assert isinstance(taken(depth / 256, "alpha"), Alpha)
    flow = taken(np.zeros((2, 12, 20)), "flow_field")
    assert isinstance(flow, FlowField)
    assert flow.flow.shape == (12, 20, 2)
    assert isinstance(taken(np.zeros((9, 22, 3)), "motion"), Motion)


@pytest.mark.parametrize(
    ("value", "form", "words"),
    [
        (np.linspace(0, 1, 240).reshape(12, 20), "mask", "Mask(mask)"),
        (np.zeros((12, 20), np.uint16), "depth_map", "metres as floats"),
        (object(), "boxes", "Boxes("),
        (RGB, "instance_masks", "InstanceMasks(masks)"),
    ],
)
def test_a_map_without_certain_meaning_is_a_failure(value: Any, form: str, words: str) -> None:
    answer = asked(value, form)
    assert isinstance(answer, Failed)
    assert words in answer.message


def test_numbers_of_a_box_are_a_text_whose_units_the_whole_task_shows() -> None:
    assert asked(np.array([1, 2, 3, 4]), "box") == "1, 2, 3, 4"
    assert asked("plane: 1, 2, 3, 4", "boxes") == "plane: 1, 2, 3, 4"


def test_files_are_taken_by_path_and_by_content(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    path = tmp_path / "a.png"
    path.write_bytes(png(RGB))
    for value in (path, str(path), path.read_bytes(), bytearray(path.read_bytes())):
        assert (taken(value, "image").pixels == RGB).all()  # type: ignore[attr-defined]
    frames = [str(path), path]
    assert taken(frames, "video").frames.shape == (2, 12, 20, 3)  # type: ignore[attr-defined]
    sound = Audio(SOUND, 16000)
    (tmp_path / "a.wav").write_bytes(sound.content())
    for value in (tmp_path / "a.wav", sound.content()):
        assert taken(value, "audio").samples == pytest.approx(SOUND)  # type: ignore[attr-defined]
    mesh = Mesh(CORNERS, FACES)
    (tmp_path / "a.ply").write_bytes(mesh.content())
    for value in (tmp_path / "a.ply", mesh.content()):
        assert taken(value, "mesh") == mesh
    clip = Video(CLIP)
    assert (taken(clip.content(), "video").frames == CLIP).all()  # type: ignore[attr-defined]
    assert asked("I cannot draw", "image") == "I cannot draw"
    gone = asked(tmp_path / "gone.png", "image")
    assert isinstance(gone, Failed)
    assert "gone.png" in gone.message


def test_one_answer_that_cannot_be_taken_costs_no_other() -> None:
    model = PythonModel(lambda requests: [RGB, object(), RGB], "mine.py:make")
    asks = [Request("t", str(n), ("?",), form="image", output_medium="image") for n in range(3)]
    assert [type(answer) for answer in model.generate(asks)] == [Output, Failed, Output]


@pytest.mark.parametrize("value", ["Yes", 7, RGB, np.float32(3)])
def test_one_answer_without_a_list_is_the_answer_of_one_request(value: Any) -> None:
    model = PythonModel(lambda requests: value, "mine.py:make")
    form = "image" if value is RGB else "text"
    asks = [Request("t", "1", ("?",), form=form, output_medium=form)]
    assert len(model.generate(asks)) == 1
    assert not isinstance(model.generate(asks)[0], Failed)


def test_one_text_for_several_requests_is_no_list_of_its_letters() -> None:
    model = PythonModel(lambda requests: "ab", "mine.py:make")
    with pytest.raises(ModelError, match="one str for 2 requests: return a list"):
        model.generate([Request("t", str(n), ("?",)) for n in range(2)])


class Coroutine:
    async def generate(self, requests: Sequence[Request]) -> list[str]:
        await asyncio.sleep(0)
        return [request.text.upper() for request in requests]


class Stream:
    async def generate(self, requests: Sequence[Request]) -> Any:
        for request in requests:
            yield request.text.upper()


class Each:
    def generate(self, requests: Sequence[Request]) -> Any:
        return [self.one(request) for request in requests]

    async def one(self, request: Request) -> str:
        await asyncio.sleep(0)
        return request.text.upper()


class Call:
    async def __call__(self, requests: Sequence[Request]) -> list[str]:
        return [request.text.upper() for request in requests]


@pytest.mark.parametrize("kind", [Coroutine, Stream, Each, Call])
def test_asynchronous_models_are_asked(kind: type) -> None:
    model = PythonModel(kind(), "mine.py:make")
    asks = [Request("t", str(n), (f"a{n}",)) for n in range(3)]
    assert list(model.generate(asks)) == ["A0", "A1", "A2"]
    model.close()


def test_every_call_has_the_same_event_loop_from_any_thread() -> None:
    loops: list[asyncio.AbstractEventLoop] = []

    async def generate(requests: Sequence[Request]) -> list[str]:
        loops.append(asyncio.get_running_loop())
        return ["A"] * len(requests)

    model = PythonModel(generate, "mine.py:make")
    asks = [Request("t", "1", ("?",))]
    threads = [threading.Thread(target=model.generate, args=(asks,)) for _ in range(3)]
    for thread in threads:
        thread.start()
        thread.join()
    model.generate(asks)
    assert len(loops) == 4
    assert len(set(loops)) == 1
    model.close()


def test_an_asynchronous_close_is_awaited_and_an_error_is_raised() -> None:
    class Closing(Coroutine):
        is_closed = False

        async def generate(self, requests: Sequence[Request]) -> list[str]:
            raise ValueError("no")

        async def close(self) -> None:
            self.is_closed = True

    target = Closing()
    model = PythonModel(target, "mine.py:make")
    with pytest.raises(ValueError, match="no"):
        model.generate([Request("t", "1", ("?",))])
    model.close()
    assert target.is_closed


def test_a_model_that_declares_nothing_takes_text_and_says_how_to_declare_more() -> None:
    model = PythonModel(lambda requests: ["A"] * len(requests), "mine.py:make")
    assert model.input_media == {"text"}
    assert model.unsupported(make_task()) is None
    reason = model.unsupported(make_task(inputs="image+text"))
    assert reason is not None
    assert "the model does not take image" in reason
    assert "input_media = {'image', 'text'}" in reason
    assert "input_media" in model.notes[0]


def test_a_model_that_declares_its_media_has_no_note() -> None:
    class Seeing(Coroutine):
        input_media = ("text", "image")

    model = PythonModel(Seeing(), "mine.py:make")
    assert model.unsupported(make_task(inputs="image+text")) is None
    assert model.unsupported(make_task(inputs="audio+text")) == "the model does not take audio"
    assert model.notes == ()


def test_a_medium_that_there_is_not_is_refused() -> None:
    class Smelling(Coroutine):
        input_media = ("text", "images")

    with pytest.raises(ModelError, match="did you mean 'image'"):
        PythonModel(Smelling(), "mine.py:make")
