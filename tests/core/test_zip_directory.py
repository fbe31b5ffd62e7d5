"""What a ZIP file says of its list of members, and what is refused by it."""

from __future__ import annotations

import io
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.outputs import AnswerFormatError
from pytest_generalbench.core.outputs.base import read_arrays
from pytest_generalbench.core.zip_directory import directory_size


def zipped(count: int, comment: bytes = b"") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number:06}.npy", b"")
        archive.comment = comment
    return target.getvalue()


@pytest.mark.parametrize("count", [0, 1, 300, 70_000])
def test_the_size_is_that_of_the_list(count: int) -> None:
    file = io.BytesIO(zipped(count, b"a comment"))
    assert directory_size(file) == 56 * count
    assert file.tell() == 0


@given(st.binary(max_size=200), st.sampled_from([b"", b"PK\5\6", b"PK\6\6", b"PK\6\6PK\5\6"]))
def test_noise_states_nothing_or_a_number(noise: bytes, mark: bytes) -> None:
    assert directory_size(io.BytesIO(noise + mark + noise)) >= 0


def test_a_npz_of_a_hundred_thousand_arrays_is_refused_before_they_are_listed() -> None:
    content = zipped(100_000)
    tracemalloc.start()
    with pytest.raises(AnswerFormatError, match=r"lists its arrays in 5600000 bytes"):
        read_arrays(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


@pytest.mark.parametrize(("shape", "words"), [((10**9, 3), "fewer numbers"), ((1 << 60,), "fewer numbers")])
def test_a_npy_that_states_more_than_it_holds_asks_for_no_memory(shape: tuple[int, ...], words: str) -> None:
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f8", "fortran_order": False, "shape": shape})
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("points.npy", head.getvalue() + bytes(80))
    tracemalloc.start()
    with pytest.raises(AnswerFormatError, match=words):
        read_arrays(target.getvalue())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20
