"""Laws over pictures in many dresses: what was drawn is read as it was drawn, or the file is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_generalbench.core.errors import AmbiguousReferenceError
from tests.protocols.mapped import Bench
from tests.protocols.source_formats import files as made
from tests.protocols.source_formats.files import pillow

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
VALUES = st.one_of(
    st.lists(st.integers(1, 255), min_size=4, max_size=4, unique=True),
    st.permutations([1, 2, 3, 4]),
    st.lists(st.sampled_from([1, 2, 50, 64, 127, 128, 200, 254, 255]), min_size=4, max_size=4, unique=True),
)
BOXES = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 28), st.integers(1, 8), st.integers(1, 8)),
    min_size=1,
    max_size=4,
)
DRESSES = st.sampled_from(["grey", "red", "green", "blue", "rgba", "la", "16 bits", "palette", "colours"])


def drawn(boxes: list[tuple[int, int, int, int]]) -> NDArray[np.uint8]:
    """Return a map of objects, later ones over earlier ones."""
    result = np.zeros((24, 32), np.uint8)
    for number, (top, left, height, width) in enumerate(boxes, 1):
        result[top : top + height, left : left + width] = number
    return result


def dressed(objects: NDArray[np.uint8], values: list[int], dress: str) -> bytes:
    """Return a picture that shows object 1, 2, … as values[0], values[1], …."""
    levels = np.array([0, *values], np.uint8)[objects]
    if dress in made.CHANNELS:
        return pillow(made.only(levels, made.CHANNELS.index(dress)))
    if dress == "colours":
        parts = [[one, 255 - one, one // 2] for one in values]
        return pillow(np.array([[0, 0, 0], *parts], np.uint8)[objects])
    return {
        "grey": lambda: pillow(levels),
        "rgba": lambda: pillow(made.with_alpha(levels)),
        "la": lambda: pillow(np.dstack([levels, np.full_like(levels, 255)])),
        "16 bits": lambda: made.png16(levels),
        "palette": lambda: made.paletted(levels),
    }[dress]()


def read(bench: Bench, content: bytes, raw: Any) -> Any:
    """Return the reference, None when the file is refused with at least two readings."""
    bench.file("m/1.png", content)
    try:
        return bench.reference(raw)
    except AmbiguousReferenceError as error:
        assert len(error.readings) > 1
        return None


@SLOW
@given(boxes=BOXES, values=VALUES, dress=DRESSES)
def test_the_object_is_all_that_was_drawn(tmp_path: Path, boxes: Any, values: list[int], dress: str) -> None:
    objects = drawn(boxes)
    bench = Bench(tmp_path, "semantic_segmentation", {"mode": "binary"})
    result = read(bench, dressed(objects, values, dress), "m/1.png")
    assert result is None or np.array_equal(result, objects > 0)


@SLOW
@given(boxes=BOXES, values=VALUES, dress=DRESSES)
def test_no_class_is_lost_split_or_merged(tmp_path: Path, boxes: Any, values: list[int], dress: str) -> None:
    objects = drawn(boxes)
    bench = Bench(tmp_path, "semantic_segmentation", {"mode": "class"})
    result = read(bench, dressed(objects, values, dress), "m/1.png")
    if result is None:
        return
    ids = {int(one): np.unique(result[objects == one]).tolist() for one in np.unique(objects)}
    assert all(len(one) == 1 for one in ids.values())
    assert len({one[0] for one in ids.values()}) == len(ids)
    void = [one for one, given_ids in ids.items() if given_ids == [255]]
    assert all(values[one - 1] == 255 for one in void)


@SLOW
@given(
    boxes=BOXES,
    values=st.one_of(
        VALUES,
        st.lists(st.integers(1, 2000), min_size=4, max_size=4, unique=True),
        st.lists(st.integers(1, 65535), min_size=4, max_size=4, unique=True),
    ),
)
def test_every_instance_is_found(tmp_path: Path, boxes: Any, values: list[int]) -> None:
    objects = drawn(boxes)
    bench = Bench(tmp_path, "instance_segmentation")
    result = read(bench, made.png16(np.array([0, *values])[objects]), {"mask": "m/1.png"})
    if result is None:
        return
    masks = sorted(one.mask.decode().tobytes() for one in result)
    assert masks == sorted((objects == one).tobytes() for one in np.unique(objects) if one)


@pytest.mark.parametrize("values", [[24000, 24001, 26000, 26001], [1000, 1001, 2000, 2001]])
def test_coded_ids_keep_their_instances(tmp_path: Path, values: list[int]) -> None:
    objects = drawn([(0, 0, 4, 4), (5, 5, 4, 4), (10, 10, 4, 4), (15, 15, 4, 4)])
    bench = Bench(tmp_path, "instance_segmentation")
    result = read(bench, made.png16(np.array([0, *values])[objects]), {"mask": "m/1.png"})
    assert [one.label for one in result] == [str(one // 1000) for one in values]
