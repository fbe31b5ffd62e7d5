"""Boxes, tracks, tubes and points in the formats of data sets: each is read right, or refused by name."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench import protocols
from pytest_generalbench.core.errors import AmbiguousReferenceError, DataError
from pytest_generalbench.core.media.media import Media
from pytest_generalbench.core.request import Instance
from tests.builders import make_task
from tests.protocols.located_formats import NAMES, VARIANTS, Truth, Variant, truths

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_generalbench.protocols import TaskContext

IMAGES = 20


def png_head(width: int, height: int) -> bytes:
    """Return the head of a PNG, which says its size."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[int, int], Path]:
    folder = tmp_path_factory.mktemp("pictures")
    result = {}
    for size in {variant.size for variant in VARIANTS}:
        path = folder / f"{size[0]}x{size[1]}.png"
        path.write_bytes(png_head(*size))
        result[size] = path
    return result


def an_image(number: int, output: Any, path: Path) -> Instance:
    media = (Media("image", (path,), "image_file"),)
    return Instance(f"i{number}", "image/t", {"prompt": "Find it."}, media, output, "output")


def context_of(
    name: str, instances: Sequence[Instance], header: Mapping[str, Any], reading: Mapping[str, str]
) -> TaskContext:
    task = replace(make_task(id="image/t", protocol=name), reading=dict(reading))
    return protocols.get(name).context(task, header, instances)


def read(
    variant: Variant, path: Path, reading: Mapping[str, str], seed: int = 0
) -> tuple[list[Any], list[list[Truth]]]:
    """Return what is read from a file of a variant, and the truth."""
    low, high = (0.3, 0.7) if variant.inner else (0.0, 0.5) if variant.corner else (0.0, 1.0)
    truth = [
        truths(number, variant.size, whole=variant.whole, low=low, high=high)
        for number in range(seed, seed + IMAGES)
    ]
    instances = [an_image(n, variant.make(boxes, variant.size), path) for n, boxes in enumerate(truth)]
    context = context_of("object_detection", instances, variant.header, reading)
    return [protocols.get("object_detection").reference(instance, context) for instance in instances], truth


def assert_right(variant: Variant, result: list[Any], truth: list[list[Truth]]) -> None:
    for boxes, true in zip(result, truth, strict=True):
        wanted = sorted((*box.plain, NAMES[box.kind] if variant.classes else "") for box in true)
        seen = sorted((*box[:4], box.label or "") for box in boxes)
        assert [box[4] for box in seen] == [box[4] for box in wanted]
        for mine, right in zip(seen, wanted, strict=True):
            assert mine[:4] == pytest.approx(right[:4], abs=0.02)


def by_name(*, refused: bool) -> list[Any]:
    return [pytest.param(one, id=one.name) for one in VARIANTS if bool(one.refused) is refused]


def test_there_are_more_than_25_formats() -> None:
    assert len({variant.name for variant in VARIANTS}) == len(VARIANTS) >= 25


@pytest.mark.parametrize("variant", by_name(refused=False))
def test_boxes_in_a_format_are_read_right(variant: Variant, pictures: dict[tuple[int, int], Path]) -> None:
    for seed in range(0, 600, 100):
        try:
            result, truth = read(variant, pictures[variant.size], {}, seed)
        except AmbiguousReferenceError:
            assert variant.either
        else:
            assert_right(variant, result, truth)


def test_rows_that_begin_with_the_number_of_the_image_are_refused(
    pictures: dict[tuple[int, int], Path],
) -> None:
    path, instances = pictures[640, 480], []
    for number in range(IMAGES):
        boxes = truths(number, (640, 480), whole=False, low=0, high=1)
        instances.append(an_image(number, {"bbox": [[number, *box.plain] for box in boxes]}, path))
    with pytest.raises(AmbiguousReferenceError, match="rows of 5 numbers, nothing fits"):
        context_of("object_detection", instances, {}, {})


@pytest.mark.parametrize("variant", by_name(refused=True))
def test_boxes_in_a_format_that_is_not_certain_are_refused(
    variant: Variant, pictures: dict[tuple[int, int], Path]
) -> None:
    with pytest.raises(DataError) as caught:
        read(variant, pictures[variant.size], {})
    for words in variant.refused:
        assert words in str(caught.value)
    if variant.reading:
        assert_right(variant, *read(variant, pictures[variant.size], variant.reading))
