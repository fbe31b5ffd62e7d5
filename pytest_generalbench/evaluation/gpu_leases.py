"""GPU leases: the GPUs that each worker process may use. Nothing here imports torch.

A worker is given its GPUs through the environment before it starts, so that no library in it can see
another's; a worker that replaces a lost one inherits the lease.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import GeneralBenchError

if TYPE_CHECKING:
    from collections.abc import Mapping

CUDA: Final = "CUDA_VISIBLE_DEVICES"
HIP: Final = "HIP_VISIBLE_DEVICES"

_TIMEOUT_S: Final = 10
_KFD: Final = Path("/sys/class/kfd/kfd/topology/nodes")
_LISTED: Final = re.compile(r"^(?P<mig>\s+MIG .*|GPU \d+: .*)\(UUID: (?P<uuid>[^)]+)\)", re.MULTILINE)
_NAMED: Final = re.compile(r"(?:GPU|MIG)-\S+")


@dataclass(frozen=True, slots=True)
class Devices:
    """The GPUs that this process may use, named as in the environment's device mask."""

    names: tuple[str, ...]
    variable: str = CUDA


def _masked(mask: str) -> tuple[str, ...]:
    """Return the devices of a mask; as for CUDA itself, an entry that is none hides all that follow."""
    masked: list[str] = []
    for entry in (part.strip() for part in mask.split(",")):
        if not (entry.isdecimal() or _NAMED.fullmatch(entry)):
            break
        if entry in masked:
            return ()  # a device named twice makes the whole mask void
        masked.append(entry)
    return tuple(masked)


def _nvidia() -> tuple[str, ...]:
    """Return the GPUs that the driver lists: numbers, or the UUIDs of MIG instances where there are any."""
    program = which("nvidia-smi")
    if program is None:
        return ()
    try:
        done = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=_TIMEOUT_S, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ()
    lines = list(_LISTED.finditer(done.stdout))
    instances = [line["uuid"] for line in lines if line["mig"].lstrip().startswith("MIG")]
    return tuple(instances or (str(number) for number in range(len(lines))))


def _amd() -> tuple[str, ...]:
    """Return the GPUs of AMD's driver; nodes without compute units are processors."""
    count = 0
    for file in sorted(_KFD.glob("*/properties")) if _KFD.is_dir() else ():
        try:
            count += bool(re.search(r"^simd_count [1-9]", file.read_text(encoding="ascii"), re.MULTILINE))
        except OSError:
            continue
    return tuple(map(str, range(count)))


def visible_devices(environment: Mapping[str, str] | None = None) -> Devices:
    """Return the GPUs that the environment's mask leaves, or all that a driver lists where there is none."""
    given = os.environ if environment is None else environment
    for variable in (CUDA, HIP):
        if variable in given:
            return Devices(_masked(given[variable]), variable)
    nvidia = _nvidia()
    return Devices(nvidia) if nvidia else Devices(_amd(), HIP)


def leases(devices: Devices, per_worker: int) -> list[tuple[str, ...]]:
    """Return the devices in groups of `per_worker`; those left over are not used."""
    count = len(devices.names) // per_worker
    return [devices.names[at * per_worker : (at + 1) * per_worker] for at in range(count)]


def plan(devices: Devices, per_worker: int, workers: int, share: bool) -> list[dict[str, str]]:
    """Return the environment variables to set for each of `workers` processes.

    Without GPUs, and with `per_worker` 0, nothing is set. Raises GeneralBenchError, with the ways out, when
    there are fewer leases than workers, unless they may `share`.
    """
    if per_worker == 0 or not devices.names:
        return [{} for _ in range(workers)]
    if per_worker > 1 and any(name.startswith("MIG-") for name in devices.names):
        raise GeneralBenchError(
            f"--generalbench-gpus-per-worker={per_worker}, but a process can use only one MIG instance: "
            "use --generalbench-gpus-per-worker=1"
        )
    groups = leases(devices, per_worker)
    if not groups:
        raise GeneralBenchError(
            f"--generalbench-gpus-per-worker={per_worker}, but the visible GPUs are only {len(devices.names)}"
        )
    if workers > len(groups) and not share:
        raise GeneralBenchError(
            f"-n {workers}, but visible GPUs: {len(devices.names)}, workers with {per_worker} each: at most "
            f"{len(groups)}; use -n {len(groups)} or -n auto, or let workers share GPUs with "
            "--generalbench-share-gpus, or give them none with --generalbench-gpus-per-worker=0"
        )
    return [{devices.variable: ",".join(groups[number % len(groups)])} for number in range(workers)]
