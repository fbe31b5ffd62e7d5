"""What a run kept of the answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def answers(folder: Path) -> list[dict[str, Any]]:
    """Return the answers in all ledgers of a run, in the order of files and lines."""
    lines = (line for path in sorted(folder.glob("ledger-*.jsonl")) for line in path.open(encoding="utf-8"))
    return [record for record in map(json.loads, lines) if record["kind"] == "answer"]
