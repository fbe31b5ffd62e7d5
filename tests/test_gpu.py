from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.evaluation.gpu_leases import CUDA, HIP, Devices, leases, plan, visible_devices

if TYPE_CHECKING:
    from pathlib import Path

MIG = "MIG-6d4c3a1e-1b1f-5b2e-9c5e-3b0a6c2f1d10"
OTHER_MIG = "MIG-GPU-8932f937-d72c-4106-c12f-20bd9faed9f6/1/0"


@pytest.mark.parametrize(
    ("mask", "names"),
    [
        ("0,1,2", ("0", "1", "2")),
        (" 3 , 1 ", ("3", "1")),
        ("", ()),
        ("-1", ()),
        ("NoDevFiles", ()),
        ("0,-1,1", ("0",)),
        ("0,,1", ("0",)),
        ("1,1", ()),
        ("GPU-8932f937,2", ("GPU-8932f937", "2")),
        (f"{MIG},{OTHER_MIG}", (MIG, OTHER_MIG)),
    ],
)
@pytest.mark.parametrize("variable", [CUDA, HIP])
def test_a_mask_says_which_gpus_there_are(mask: str, names: tuple[str, ...], variable: str) -> None:
    assert visible_devices({variable: mask}) == Devices(names, variable)


def test_without_a_mask_the_driver_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def driver(lines: str) -> Devices:
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!{sys.executable}\nprint('''{lines}''')\n", encoding="utf-8")
        program.chmod(0o755)
        return visible_devices({})

    monkeypatch.setenv("PATH", str(tmp_path))
    whole = "GPU 0: NVIDIA A100 (UUID: GPU-aa)\nGPU 1: NVIDIA A100 (UUID: GPU-bb)"
    assert driver(whole) == Devices(("0", "1"))
    parted = "GPU 0: NVIDIA A100 (UUID: GPU-aa)\n"
    parted += "  MIG 3g.20gb     Device  0: (UUID: MIG-1)\n  MIG 3g.20gb     Device  1: (UUID: MIG-2)"
    assert driver(parted) == Devices(("MIG-1", "MIG-2"))
    assert driver("No devices were found").names == ()


def test_a_driver_that_fails_is_no_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'GPU 0: x (UUID: GPU-aa)'\nexit 9\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert visible_devices({}).names == ()


def test_no_gpu_and_no_lease_wanted_set_nothing() -> None:
    assert plan(Devices(()), 1, 3, share=False) == [{}, {}, {}]
    assert plan(Devices(("0",)), 0, 3, share=False) == [{}, {}, {}]


@pytest.mark.parametrize(
    ("names", "per_worker", "workers", "words"),
    [
        ("01", 1, 3, "-n 3, but visible GPUs: 2, workers with 1 each: at most 2; use -n 2 or -n auto"),
        ("0123", 2, 3, "workers with 2 each: at most 2"),
        ("01", 4, 1, "the visible GPUs are only 2"),
    ],
)
def test_too_few_gpus_are_refused_with_the_way_out(
    names: str, per_worker: int, workers: int, words: str
) -> None:
    with pytest.raises(GeneralBenchError) as caught:
        plan(Devices(tuple(names)), per_worker, workers, share=False)
    assert words in str(caught.value)


def test_one_process_cannot_use_two_mig_instances() -> None:
    with pytest.raises(GeneralBenchError, match="only one MIG instance"):
        plan(Devices(("MIG-1", "MIG-2")), 2, 1, share=False)


def test_sharing_goes_round() -> None:
    shared = plan(Devices(("0", "1")), 1, 3, share=True)
    assert [item[CUDA] for item in shared] == ["0", "1", "0"]


@given(count=st.integers(1, 16), per_worker=st.integers(1, 4), workers=st.integers(1, 16))
def test_no_gpu_is_ever_leased_twice(count: int, per_worker: int, workers: int) -> None:
    devices = Devices(tuple(f"GPU-{number}" for number in range(count)), HIP)
    if workers > count // per_worker:
        with pytest.raises(GeneralBenchError):
            plan(devices, per_worker, workers, share=False)
        return
    given_out = [item[HIP].split(",") for item in plan(devices, per_worker, workers, share=False)]
    flat = [name for lease in given_out for name in lease]
    assert len(set(flat)) == len(flat) == workers * per_worker
    assert set(flat) <= set(devices.names)
    assert len(leases(devices, per_worker)) == count // per_worker
