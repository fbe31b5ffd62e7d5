"""A form is decided over the whole file: what a sample of a long one lacks is noticed when it is read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_generalbench.core.errors import AmbiguousReferenceError
from pytest_generalbench.protocols.dense.survey import MOST, sampled
from tests.protocols.mapped import Bench
from tests.protocols.source_formats.files import npy, pillow, png16

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.protocols import TaskContext

COUNT = MOST + 44
ODD = next(place for place in range(COUNT) if place not in set(sampled(range(COUNT), MOST)))
MASK = np.array([[0, 255], [255, 0]], np.uint8)


def long_file(
    bench: Bench, usual: bytes, odd: bytes, ending: str = "png"
) -> tuple[list[Instance], TaskContext]:
    """Return a file whose references are alike, but for one that no sample holds."""
    bench.file(f"m/usual.{ending}", usual)
    bench.file(f"m/odd.{ending}", odd)
    one = bench.instance(f"m/usual.{ending}")
    listed = [replace(one, id=str(number)) for number in range(COUNT)]
    listed[ODD] = replace(one, id="odd", reference=f"m/odd.{ending}")
    return listed, bench.context(*listed)


@pytest.mark.parametrize(
    ("protocol", "options", "usual", "odd", "ending"),
    [
        ("semantic_segmentation", {"mode": "binary"}, pillow(MASK), pillow(MASK // 255), "png"),
        ("semantic_segmentation", {"mode": "class"}, pillow(MASK), pillow(MASK // 255 * 100), "png"),
        ("image_anomaly_segmentation", {}, pillow(MASK), pillow(MASK // 255), "png"),
        ("depth_estimation", {}, png16(np.array([[1200, 9000]])), png16(np.array([[1200, 30000]])), "png"),
        ("depth_estimation", {}, npy(np.array([[1.5, 9]])), npy(np.array([[1500.0, 9000]])), "npy"),
    ],
    ids=["binary", "classes", "anomaly", "millimetres", "metres"],
)
def test_what_contradicts_the_sample_refuses_the_task(
    tmp_path: Path, protocol: str, options: dict[str, Any], usual: bytes, odd: bytes, ending: str
) -> None:
    bench = Bench(tmp_path, protocol, options)
    listed, context = long_file(bench, usual, odd, ending)
    bench.used.reference(listed[0], context)
    with pytest.raises(AmbiguousReferenceError, match="odd"):
        bench.used.reference(listed[ODD], context)


def test_a_class_that_one_picture_alone_has_is_in_the_table_of_colours(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "semantic_segmentation", {"mode": "class"})

    def colours(*values: int) -> NDArray[np.uint8]:
        return np.array([[[value, 2 * value, 9] for value in values]], np.uint8)

    listed, context = long_file(bench, pillow(colours(10, 20)), pillow(colours(20, 15)))
    assert bench.used.reference(listed[0], context).tolist() == [[0, 2]]
    assert bench.used.reference(listed[ODD], context).tolist() == [[2, 1]]


def test_new_values_that_change_nothing_are_read(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "semantic_segmentation", {"mode": "class"})
    listed, context = long_file(
        bench, pillow(np.array([[0, 1, 2]], np.uint8)), pillow(np.array([[0, 3, 255]], np.uint8))
    )
    assert bench.used.reference(listed[ODD], context).tolist() == [[0, 3, 255]]
