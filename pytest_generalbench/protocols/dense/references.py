"""Masks and maps read from references, in all formats that the source data sets use.

A map is a picture, a .npz or .npy file, a COCO mask object, or COCO polygons. Its size is
known without reading all of it, so that an answer can be checked before it is scored.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.errors import DataError, ReferenceFormatError
from pytest_generalbench.core.outputs.base import check_members, read_array, read_arrays
from pytest_generalbench.core.outputs.codecs.images.files import (
    foreground,
    is_picture,
    picture_size,
    read_picture,
)
from pytest_generalbench.core.outputs.codecs.images.polygons import corners, fill
from pytest_generalbench.core.outputs.forms.maps import is_rle, read_rle
from pytest_generalbench.core.regular_files import open_regular, read_regular
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols import references

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from pytest_generalbench.core.request import Instance

MASK_KEYS: Final = (
    "mask", "mask_file", "mask_path", "mask_image", "masks", "segmentation", "segmentation_file", "seg",
    "seg_file", "gt", "gt_file", "ground_truth", "groundtruth", "label_file", "label_map", "label_path",
    "annotation", "annotation_file", "class_map", "labels", "label", "map", "target", "image", "image_file",
    "file", "file_name", "path", "answer", "text", "prediction",
)  # fmt: skip
"""Where the map may stand in `output`, best first."""

_ARRAYS: Final = (".npz", ".npy")


@contextmanager
def of(instance: Instance) -> Iterator[None]:
    """Context manager: turn errors in a reference into a ReferenceFormatError that names the instance."""
    try:
        yield
    except ReferenceFormatError:
        raise
    except DataError as error:
        raise ReferenceFormatError(f"{fields.place(instance)}: the reference: {error}") from error


def value_of(instance: Instance, keys: Sequence[str] = MASK_KEYS) -> Any:
    """Return the value that is the map, wherever in the raw reference it stands."""
    value = instance.reference
    while isinstance(value, Mapping) and not is_rle(value):
        _, value = references.ground_truth(instance.changed(reference=value), keys, nested=False)
    return value


def maps_of(
    instances: Sequence[Instance], value: Callable[[Instance], Any] = value_of
) -> Iterator[tuple[Instance, Any]]:
    """Yield each instance that has a reference, with the value that is its map."""
    for instance in instances:
        if instance.has_reference and instance.problem is None:
            with suppress(DataError):  # the instance says so itself when it is read
                yield instance, value(instance)


def path_of(instance: Instance, name: str) -> Path:
    """Return the file behind a name in a reference. Raises DataError when there is none."""
    if instance.files is None:
        raise ReferenceFormatError(f"{fields.place(instance)}: no folder to look for {name!r:.80} in")
    path = instance.files.file(name)
    if any(path in one.paths for one in instance.media if one.medium in ("image", "video")):
        raise ReferenceFormatError(
            f"{fields.place(instance)}: {name!r:.80}: the reference is the picture that is asked about"
        )
    return path


def bytes_of(instance: Instance, name: str) -> bytes:
    """Return the content of a file that a reference names."""
    path = path_of(instance, name)
    try:
        return read_regular(path)
    except OSError as error:
        raise ReferenceFormatError(f"{fields.place(instance)}: {path.name}: {error.strerror}") from error


def is_array_file(value: object) -> bool:
    """Whether `value` is the name of a .npz or .npy file."""
    return isinstance(value, str) and value.lower().endswith(_ARRAYS)


def array_of(instance: Instance, name: str, *keys: str) -> NDArray[Any]:
    """Return the array of a .npy, or of a .npz under the first of `keys` that is there, or its only one."""
    content = bytes_of(instance, name)
    arrays = {"only": read_array(content, name)} if name.lower().endswith(".npy") else read_arrays(content)
    array = next((arrays[key] for key in keys if key in arrays), None)
    if array is None and len(arrays) == 1:
        array = next(iter(arrays.values()))
    if array is None or array.dtype.kind not in "biuf":
        text = ", ".join(arrays) or "none"
        raise ReferenceFormatError(
            f"{fields.place(instance)}: {name}: no array {' or '.join(keys)} of numbers; found: {text}"
        )
    return array


def array_names(instance: Instance, name: str) -> tuple[str, ...]:
    """Return the names of the arrays of a .npz without reading them; of a .npy an empty one."""
    if name.lower().endswith(".npy"):
        return ("",)
    try:
        with open_regular(path_of(instance, name)) as file:
            check_members(file)
            with zipfile.ZipFile(file) as archive:
                return tuple(one.removesuffix(".npy") for one in archive.namelist())
    except (OSError, zipfile.BadZipFile) as error:
        raise ReferenceFormatError(f"{fields.place(instance)}: {name}: no .npz ({error})") from error


def picture_of(instance: Instance, name: str) -> NDArray[Any]:
    """Return the numbers of a picture that a reference names."""
    return read_picture(path_of(instance, name), name)


def input_size(instance: Instance) -> tuple[int, int]:
    """Return (height, width) of the instance's image, or of its video's first frame."""
    for medium in ("image", "video"):
        for one in instance.media:
            if one.medium == medium and is_picture(one.path.name):
                return picture_size(one.path, one.path.name)
    raise ReferenceFormatError(f"{fields.place(instance)}: no image whose size the mask could have")


def _no_map(instance: Instance, value: Any) -> ReferenceFormatError:
    return ReferenceFormatError(
        f"{fields.place(instance)}: no picture, array file, COCO mask or polygon: {value!r:.80}"
    )


def size_of(instance: Instance, value: Any) -> tuple[int, int]:
    """Return (height, width) of a map, from the head of its file where that tells."""
    if is_rle(value):
        return read_rle("the reference", value).shape
    if is_picture(value):
        return picture_size(path_of(instance, value), value)
    if is_array_file(value):
        height, width = numbers_of(instance, value).shape[:2]
        return int(height), int(width)
    if corners(value) is not None:
        return input_size(instance)
    raise _no_map(instance, value)


def numbers_of(instance: Instance, value: Any) -> NDArray[Any]:
    """Return a map as it is stored: (height, width), or with a last axis of colours; masks are 0 and 1."""
    if is_picture(value):
        return picture_of(instance, value)
    if is_array_file(value):
        array = array_of(instance, value)
        plain = _without_single_axes(array)
        is_colour = plain.ndim == 3 and plain.shape[2] in (2, 3, 4) and plain.dtype == np.uint8
        if (plain.ndim != 2 and not is_colour) or not array.size:
            raise ReferenceFormatError(
                f"{fields.place(instance)}: {value}: the shape {array.shape} is no map of (height, width)"
            )
        return plain
    return mask_of(instance, value).astype(np.uint8)


def _without_single_axes(array: NDArray[Any]) -> NDArray[Any]:
    """Return (height, width) of (1, height, width) and (height, width, 1); others as they are."""
    while array.ndim > 2 and 1 in (array.shape[0], array.shape[-1]):
        array = array[0] if array.shape[0] == 1 else array[..., 0]
    return array


def mask_of(instance: Instance, value: Any) -> NDArray[np.bool_]:
    """Return a binary mask; of pictures and arrays the foreground (see `image_files.foreground`)."""
    if is_rle(value):
        return read_rle("the reference", value).decode()
    if is_picture(value) or is_array_file(value):
        return foreground(numbers_of(instance, value), str(value))
    polygons = corners(value)
    if polygons is None:
        raise _no_map(instance, value)
    return fill(polygons, input_size(instance))


def category_names(header: Mapping[str, Any]) -> dict[str, str]:
    """Return class names by id, as text, from a list or object of classes in the file's header."""
    for key in ("categories", "classes", "class_names", "labels", "label_map", "palette"):
        given = header.get(key)
        if isinstance(given, Mapping):
            pairs = [(given_id, name) for given_id, name in given.items()]
        elif isinstance(given, list):
            pairs = [_named(place, one) for place, one in enumerate(given)]
        else:
            continue
        result = {str(number): str(name) for number, name in pairs if isinstance(name, str)}
        if result:
            return result
    return {}


def _named(place: int, entry: Any) -> tuple[Any, Any]:
    if isinstance(entry, Mapping):
        return entry.get("id", place), entry.get("name", entry.get("label"))
    return place, entry
