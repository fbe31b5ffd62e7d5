"""Which answer a bare value is: the medium that was asked for decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import numpy as np

from pytest_generalbench.core.media.images import shown
from pytest_generalbench.core.outputs.bare.arrays import (
    as_array,
    binary_of,
    frames_of,
    is_array,
    is_picture_object,
    picture_of,
    plane_of,
)
from pytest_generalbench.core.outputs.bare.boxes import (
    boxes_from_bare,
    keypoints_from_bare,
    one_box_from_bare,
)
from pytest_generalbench.core.outputs.bare.notes import music_from_bare
from pytest_generalbench.core.outputs.bare.segments import (
    instances_from_bare,
    mask_sequence_from_bare,
    panoptic_from_bare,
)
from pytest_generalbench.core.outputs.bare.texts import holds_arrays, plain_of, text_of
from pytest_generalbench.core.outputs.base import AnswerFormatError, StructuredOutput, array_from, form_of
from pytest_generalbench.core.outputs.codecs.images.rle import encode
from pytest_generalbench.core.outputs.forms.audio import Audio
from pytest_generalbench.core.outputs.forms.boxes import Boxes, FrameBoxes, Keypoints, OneBox, Tube
from pytest_generalbench.core.outputs.forms.image import Image
from pytest_generalbench.core.outputs.forms.map_sequences import DepthSequence, MaskSequence, SalientSequence
from pytest_generalbench.core.outputs.forms.maps import Alpha, AnomalyMap, ClassMap, DepthMap, FlowField, Mask
from pytest_generalbench.core.outputs.forms.mesh import Mesh
from pytest_generalbench.core.outputs.forms.motion import Motion
from pytest_generalbench.core.outputs.forms.point_cloud import PointCloud
from pytest_generalbench.core.outputs.forms.scenes3d import Boxes3d, Normals, PointLabels, Poses, Tracks3d
from pytest_generalbench.core.outputs.forms.segments import InstanceMasks, PanopticMap
from pytest_generalbench.core.outputs.forms.symbolic_music import SymbolicMusic
from pytest_generalbench.core.outputs.forms.video import Video
from pytest_generalbench.core.outputs.media_output import MediaOutput, read_file

_STARTS: Final = (
    (b"\x89PNG", ".png"), (b"\xff\xd8\xff", ".jpg"), (b"GIF8", ".gif"), (b"BM", ".bmp"), (b"II*\0", ".tif"),
    (b"MM\0*", ".tif"), (b"fLaC", ".flac"), (b"OggS", ".ogg"), (b"ID3", ".mp3"), (b"\xff\xfb", ".mp3"),
    (b"\xff\xf3", ".mp3"), (b"\x1aE\xdf\xa3", ".webm"), (b"ply", ".ply"), (b"glTF", ".glb"), (b"OFF", ".off"),
    (b"solid", ".stl"), (b"MThd", ".mid"), (b"PK", ".npz"), (b"\x93NUMPY", ".npy"), (b"PIEH", ".flo"),
)  # fmt: skip
_WRITTEN: Final = ("boxes", "box", "frame_boxes", "tube", "keypoints")
"""Forms that a text may hold as well."""

_RIFFS: Final = {b"WAVE": ".wav", b"WEBP": ".webp", b"AVI ": ".avi"}


def answer_from_bare(
    value: Any, form: str, medium: str, coordinates: str | None = None
) -> str | StructuredOutput:
    """Return a bare value as an answer of a form.

    Taken are: for text, texts, numbers, arrays of numbers and JSON values; for every other form the path of a
    file, or its content; for pictures an image of Pillow, an array or a tensor, channels first or last; for
    videos frames as an array or a list of these; for sounds samples with their rate; for meshes an object of
    trimesh or Open3D; for point clouds that too, and arrays (n, 3); for maps an array; for boxes, points,
    masks of objects or frames, and music what libraries return (`boxes`, `segments`, `notes` beside this).

    Args:
        value: what a model returned.
        form: the form of the answer that was asked for.
        medium: its medium.
        coordinates: how the model says that it writes boxes and points; None: in pixels, corners.

    Raises:
        AnswerFormatError: the value fits two readings, or none; the message names the class to use.

    >>> answer_from_bare(np.zeros((3, 8, 9), np.float32), "image", "image").pixels.shape
    (8, 9, 3)
    """
    if form == "text" or medium == "text":
        text = text_of(value)
        if text is None:
            raise _refusal(value, "str")
        return text
    kind = form_of(form)
    try:
        answer = _taken(value, kind, coordinates)
    except AnswerFormatError as error:
        raise AnswerFormatError(f"{error}; or return {_call(kind)}") from error
    if isinstance(answer, str):
        return answer
    if answer is None and isinstance(value, str):
        return value
    if answer is None and form in _WRITTEN:
        text = text_of(value)  # how its numbers are meant shows over the whole task
        if text is not None:
            return text
    if answer is None:
        raise _refusal(value, _call(kind))
    return answer


def _refusal(value: Any, wanted: str) -> AnswerFormatError:
    shape = f" of the shape {tuple(value.shape)}" if is_array(value) else ""
    return AnswerFormatError(
        f"the model returned {type(value).__name__}{shape}, whose meaning is not certain: return {wanted}"
    )


def _call(kind: type[StructuredOutput]) -> str:
    """Return the class with its fields, as one writes it."""
    names = ", ".join(item.name for item in fields(kind))
    return f"pytest_generalbench.{kind.__name__}({names})"


def _taken(
    value: Any, kind: type[StructuredOutput], coordinates: str | None
) -> StructuredOutput | str | None:
    """Return the answer of a form that a value is, or None when it is of no kind that is taken."""
    path = _path_of(value, kind)
    if path is not None:
        return kind.from_prediction(str(path), lambda name: read_file(Path(name)))
    if isinstance(value, bytes | bytearray | memoryview):
        content = bytes(value)
        return kind.from_prediction(f"answer{_ending(content, kind)}", lambda name: content)
    make = _MAKERS.get(kind)
    if kind in _LOCATED:
        answer = _LOCATED[kind](value, coordinates)
        if answer is not None:
            return answer
    elif make is not None and (kind in _MAPPED or not isinstance(value, Mapping)):
        answer = make(value)
        if answer is not None or kind is Audio:
            return answer
    if isinstance(value, Mapping) and kind in (FrameBoxes, Tube) and holds_arrays(value):
        return None  # a text: how the numbers of arrays are meant shows over the whole task
    if isinstance(value, Mapping) or (isinstance(value, list | tuple) and kind in _LISTED):
        return kind.from_prediction(plain_of(value), lambda name: read_file(Path(name)))
    return None


def _path_of(value: Any, kind: type[StructuredOutput]) -> Path | None:
    """Return the path that a value is: an object of that class, or a text that names a file there is."""
    if isinstance(value, Path):
        return value
    if not isinstance(value, str) or not 0 < len(value) < 4096 or "\n" in value:
        return None
    path = Path(value)
    endings = kind.endings if issubclass(kind, MediaOutput) else (".npz", ".npy", ".png", ".json", ".flo")
    return path if path.suffix.lower() in endings and path.is_file() else None


def _ending(content: bytes, kind: type[StructuredOutput]) -> str:
    """Return the ending of a file's name by its first bytes, else the form's own."""
    if content[:4] == b"RIFF" and content[8:12] in _RIFFS:
        return _RIFFS[content[8:12]]
    if content[4:8] == b"ftyp":
        return ".mp4"
    for start, ending in _STARTS:
        if content.startswith(start):
            return ending
    return kind.endings[0] if issubclass(kind, MediaOutput) else ".npz"


def _picture(value: Any) -> Image | None:
    if is_picture_object(value):
        return Image(np.asarray(shown(value)))
    return Image(picture_of(as_array(value))) if is_array(value) else None


def _video(value: Any) -> Video | None:
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], int | float):
        frames = _video(value[0])
        return None if frames is None else Video(frames.frames, float(value[1]))
    if is_array(value):
        return Video(frames_of(as_array(value)))
    if not isinstance(value, list | tuple) or not value:
        return None
    if all(isinstance(one, str | Path) for one in value):
        files = [_path_of(one, Image) for one in value]
        return None if None in files else Video.open([path for path in files if path is not None])
    frames_given = [_picture(one) for one in value]
    pictures = [one.pixels for one in frames_given if one is not None]
    if len(pictures) != len(value):
        return None
    if len({one.shape for one in pictures}) > 1:
        raise AnswerFormatError("video with frames of different sizes")
    return Video(np.stack(pictures))


def _audio(value: Any) -> Audio | None:
    """Return samples with a rate: a pair in either order, or a mapping as pipelines return it."""
    samples, rate = None, None
    if isinstance(value, Mapping):
        samples = next(
            (value[name] for name in ("audio", "array", "samples", "waveform") if name in value), None
        )
        rate = next(
            (value[name] for name in ("sampling_rate", "sample_rate", "rate", "sr") if name in value), None
        )
    elif isinstance(value, tuple) and len(value) == 2:
        first_is_rate = not is_array(value[0]) or as_array(value[0]).ndim == 0
        rate, samples = value if first_is_rate else value[::-1]
    if samples is None or rate is None:
        return None
    array = np.squeeze(as_array(samples)) if is_array(samples) else array_from(samples, "audio")
    if array.ndim == 2 and array.shape[0] in (1, 2) and array.shape[1] > 2:
        array = array.T
    if array.dtype == np.int32:
        array = (array / 2.0**31).astype(np.float32)
    if is_array(rate):
        rate = as_array(rate).item() if as_array(rate).size == 1 else None
    return None if rate is None else Audio(array, rate)


def _mesh(value: Any) -> Mesh | None:
    """Return a mesh of trimesh, of Open3D, or of a pair of vertices and faces."""
    if hasattr(value, "geometry") and hasattr(value, "to_geometry"):
        value = value.to_geometry()  # a scene of trimesh
    faces = getattr(value, "faces", getattr(value, "triangles", None))
    vertices = getattr(value, "vertices", None)
    if isinstance(value, tuple) and len(value) == 2:
        vertices, faces = (as_array(one) if is_array(one) else np.asarray(one) for one in value)
    if vertices is None or faces is None:
        return None
    points = as_array(vertices) if is_array(vertices) else np.asarray(vertices)
    corners = as_array(faces) if is_array(faces) else np.asarray(faces)
    return Mesh(points, corners, _colours(value, len(points)))


def _cloud(value: Any) -> PointCloud | None:
    """Return points of an array (n, 3), of trimesh, or of Open3D."""
    if is_array(value):
        array = as_array(value)
        while array.ndim > 2 and array.shape[0] == 1:
            array = array[0]
        return PointCloud(array.T if array.ndim == 2 and array.shape[0] == 3 != array.shape[1] else array)
    points = getattr(value, "points", getattr(value, "vertices", None))
    if points is None:
        return None
    array = as_array(points) if is_array(points) else np.asarray(points)
    return PointCloud(array, _colours(value, len(array)))


def _colours(value: Any, count: int) -> Any:
    """Return the colours of points or vertices that an object has, or None."""
    visual: Any = getattr(value, "visual", None)
    if getattr(visual, "kind", None) == "vertex":
        given = visual.vertex_colors
    else:
        given = getattr(value, "vertex_colors", getattr(value, "colors", None))
    if given is None:
        return None
    colours = as_array(given) if is_array(given) else np.asarray(given)
    fits = colours.ndim == 2 and len(colours) == count and colours.shape[1] in (3, 4)
    return colours[:, :3] if fits else None


def _plane(value: Any, what: str) -> Any:
    """Return (height, width) of an array or of a grey picture."""
    if is_picture_object(value):
        value = np.asarray(value)
    return plane_of(as_array(value), what) if is_array(value) else None


def _mask(value: Any) -> Mask | None:
    plane = _plane(value, "mask")
    return None if plane is None else Mask(encode(binary_of(plane, "mask")))


def _classes(value: Any) -> ClassMap | None:
    plane = _plane(value, "class map")
    return None if plane is None else ClassMap(plane)


def _alpha(value: Any) -> Alpha | None:
    plane = _plane(value, "alpha matte")
    if plane is None:
        return None
    full = {np.dtype(np.uint8): 255, np.dtype(np.uint16): 65535}.get(plane.dtype)
    return Alpha(plane.astype(np.float32) / np.float32(full or 1))


def _depth(value: Any) -> DepthMap | None:
    plane = _plane(value, "depth map")
    if plane is not None and plane.dtype.kind != "f":
        raise AnswerFormatError(f"depth in {plane.dtype}: give metres as floats")
    return None if plane is None else DepthMap(plane)


def _scores(value: Any) -> AnomalyMap | None:
    plane = _plane(value, "anomaly map")
    return None if plane is None else AnomalyMap(plane.astype(np.float32))


def _flow(value: Any) -> FlowField | None:
    if not is_array(value):
        return None
    array = as_array(value)
    while array.ndim > 3 and array.shape[0] == 1:
        array = array[0]
    if array.ndim == 3 and array.shape[0] == 2 != array.shape[2]:
        array = array.transpose(1, 2, 0)
    return FlowField(array)


def _of_array(kind: Callable[[Any], StructuredOutput]) -> Callable[[Any], StructuredOutput | None]:
    return lambda value: kind(as_array(value)) if is_array(value) else None


_MAKERS: Final[dict[type[StructuredOutput], Callable[[Any], StructuredOutput | None]]] = {
    Image: _picture,
    Video: _video,
    Audio: _audio,
    Mesh: _mesh,
    PointCloud: _cloud,
    Motion: _of_array(Motion),
    Mask: _mask,
    ClassMap: _classes,
    Alpha: _alpha,
    DepthMap: _depth,
    AnomalyMap: _scores,
    FlowField: _flow,
    DepthSequence: _of_array(DepthSequence),
    SalientSequence: _of_array(SalientSequence),
    PointLabels: _of_array(PointLabels),
    Normals: _of_array(Normals),
    Poses: _of_array(Poses),
    InstanceMasks: instances_from_bare,
    PanopticMap: panoptic_from_bare,
    MaskSequence: mask_sequence_from_bare,
    SymbolicMusic: music_from_bare,
}

_LOCATED: Final[dict[type[StructuredOutput], Callable[[Any, str | None], StructuredOutput | str | None]]] = {
    Boxes: boxes_from_bare,
    OneBox: one_box_from_bare,
    Keypoints: keypoints_from_bare,
}
"""Forms whose numbers follow the model's coordinates."""

_MAPPED: Final = (Audio, InstanceMasks, PanopticMap, MaskSequence)
"""Forms whose makers read mappings as well."""

_LISTED: Final = (InstanceMasks, MaskSequence, Boxes3d, Tracks3d, Poses)
"""Forms that a list stands for as in a prediction file."""
