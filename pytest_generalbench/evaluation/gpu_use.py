"""How busy the GPUs of this host are, as the driver's own tool says it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pytest_generalbench.runs.provenance import program_output

_QUERY: Final = "index,utilization.gpu,memory.used,memory.total"
_CELLS: Final = 4


@dataclass(frozen=True, slots=True)
class GpuUse:
    """One GPU."""

    gpu: str
    """Its number, as the driver counts."""
    busy: float | None
    """Percent of the last moments in which it computed; None where the driver does not say, as for MIG."""
    memory_used: float | None
    """In MiB."""
    memory_total: float | None
    """In MiB."""


def gpu_use() -> list[GpuUse]:
    """Return the use of each GPU; none without `nvidia-smi`, or where it fails."""
    value = program_output(
        ["nvidia-smi", f"--query-gpu={_QUERY}", "--format=csv,noheader,nounits"], Path.cwd()
    )
    rows = [[cell.strip() for cell in line.split(",")] for line in (value or "").splitlines()]
    return [GpuUse(row[0], *map(_number, row[1:])) for row in rows if len(row) == _CELLS]


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
