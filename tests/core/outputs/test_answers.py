from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.outputs import (
    AnswerFormatError,
    Rle,
    StructuredOutput,
    answer_from_plain,
    answer_key,
    answer_to_plain,
    check_answer,
)
from pytest_generalbench.core.outputs.base import read_arrays
from pytest_generalbench.core.outputs.codecs.images.rle import RleError, encode, rle_from_plain
from pytest_generalbench.runs.files import MediaStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Point(NamedTuple):
    x: float
    y: float
    label: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Sample(StructuredOutput):
    """Every kind of field at once."""

    form: ClassVar[str] = "test_sample"
    points: tuple[Point, ...]
    size: tuple[int, int]
    mask: Rle | None
    values: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.values.ndim != 2:
            raise AnswerFormatError(f"values have two dimensions, not {self.values.ndim}")


MASKS = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=12))


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@given(mask=MASKS)
def test_a_mask_reads_back_and_equals_what_pycocotools_writes(mask: NDArray[np.bool_]) -> None:
    rle = encode(mask)
    assert np.array_equal(rle.decode(), mask)
    assert rle.area() == int(mask.sum())
    coco = pytest.importorskip("pycocotools.mask")
    theirs = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert rle.to_plain() == {"size": theirs["size"], "counts": theirs["counts"].decode()}
    assert np.array_equal(coco.decode(rle.to_plain()), mask)


@given(mask=MASKS)
def test_uncompressed_counts_are_read_too(mask: NDArray[np.bool_]) -> None:
    flat = mask.T.reshape(-1)
    counts, value, run = [], False, 0
    for pixel in flat.tolist():
        if pixel != value:
            counts.append(run)
            value, run = pixel, 0
        run += 1
    rle = rle_from_plain({"size": list(mask.shape), "counts": [*counts, run]})
    assert np.array_equal(rle.decode(), mask)


@given(text=st.text(max_size=20), height=st.integers(0, 50), width=st.integers(0, 50))
def test_counts_that_are_no_mask_are_one_error(text: str, height: int, width: int) -> None:
    try:
        decoded = Rle(height, width, text).decode()
    except RleError:
        return
    assert decoded.shape == (height, width)


@pytest.mark.parametrize(
    "plain",
    [None, 3, {}, {"size": [2]}, {"size": ["a", 2], "counts": ""}, {"size": [-1, 2], "counts": ""}],
)
def test_what_is_no_mask_object_is_one_error(plain: Any) -> None:
    with pytest.raises(RleError):
        rle_from_plain(plain)


def sample() -> Sample:
    mask = encode(np.eye(3, dtype=bool))
    return Sample((Point(1.5, 2.0, "a"), Point(0.0, 1.0, None)), (4, 5), mask, np.ones((2, 3), np.float32))


def test_an_answer_reads_back_from_its_plain_form(tmp_path: Path) -> None:
    store = MediaStore(tmp_path / "media")
    plain = answer_to_plain(sample(), store.put)
    again = answer_from_plain(plain, store.get)
    assert again == sample()
    assert isinstance(again, Sample)
    assert again.points[0] == Point(1.5, 2.0, "a")
    assert again.values.dtype == np.float32


def test_equal_answers_have_equal_keys_and_files(tmp_path: Path) -> None:
    store = MediaStore(tmp_path / "media")
    assert answer_to_plain(sample(), store.put) == answer_to_plain(sample(), store.put)
    assert len(list((tmp_path / "media").iterdir())) == 1
    other = Sample((), (4, 5), None, np.ones((2, 3), np.float32))
    assert answer_key(sample()) == answer_key(sample()) != answer_key(other)
    assert sample() != other


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"form": "nothing"}, "unknown answer form"),
        ({"values": {}}, "KeyError"),
        ({"values": 3}, "'values'"),
        ({"file": None}, "KeyError"),
    ],
)
def test_a_plain_form_that_is_none_is_one_error(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    store = MediaStore(tmp_path / "media")
    plain = {**answer_to_plain(sample(), store.put), **change}
    with pytest.raises(Exception, match=words) as caught:
        answer_from_plain(plain, store.get)
    assert isinstance(caught.value, DataError) or "unknown" in str(caught.value)


def test_a_form_checks_its_shapes_when_read(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, values=np.ones(3))
    with pytest.raises(AnswerFormatError, match="two dimensions"):
        Sample.from_prediction(
            {
                "form": "test_sample",
                "values": {"points": [], "size": [1, 1], "mask": None, "values": {"array": "values"}},
                "file": "x.npz",
            },
            lambda name: buffer.getvalue(),
        )


def test_objects_are_never_unpickled_nor_written() -> None:
    buffer = io.BytesIO()
    np.savez(buffer, values=np.array([{"a": 1}], dtype=object))
    with pytest.raises(AnswerFormatError, match="plain arrays"):
        read_arrays(buffer.getvalue())
    with pytest.raises(AnswerFormatError, match="Python objects"):
        answer_key(Sample((), (1, 1), None, np.array([[None]], dtype=object)))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not really", b"text"])
def test_what_is_no_npz_is_one_error(content: bytes) -> None:
    with pytest.raises(AnswerFormatError):
        read_arrays(content)


def test_the_store_finds_what_changed_and_refuses_other_names(tmp_path: Path) -> None:
    store = MediaStore(tmp_path / "media")
    name = store.put(b"content", ".bin")
    assert store.get(name) == b"content"
    (tmp_path / "media" / name).write_bytes(b"contend")
    with pytest.raises(DataError, match="has changed"):
        store.get(name)
    with pytest.raises(DataError, match="no name"):
        store.get("../../etc/passwd")
    with pytest.raises(DataError, match="cannot be read"):
        store.get("0" * 64 + ".bin")


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content[:60] + bytes(byte ^ 0x5A for byte in content[60:90]) + content[90:],
        lambda content: content.replace(b"'shape'", b"'shap\n "),
    ],
)
def test_a_damaged_npz_is_one_error(damage: Callable[[bytes], bytes]) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, values=np.arange(200.0))
    with pytest.raises(AnswerFormatError):
        read_arrays(damage(buffer.getvalue()))


@pytest.mark.parametrize("answer", [StructuredOutput(), Sample((), (1, 1), object(), np.ones((1, 1)))])  # type: ignore[arg-type]
def test_an_answer_that_no_file_can_hold_is_found_before_the_ledger(answer: StructuredOutput) -> None:
    with pytest.raises(AnswerFormatError):
        check_answer(answer)
