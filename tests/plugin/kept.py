"""What a run kept of the answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def answers(folder: Path) -> list[dict[str, Any]]:
    """Return the answers in all ledgers of a run, in the order of files and lines."""
    texts = (path.read_text(encoding="utf-8") for path in sorted(folder.glob("ledger-*.jsonl")))
    records = (json.loads(line) for text in texts for line in text.splitlines())
    return [_without_check_sum(record) for record in records if record["kind"] == "answer"]


def _without_check_sum(record: dict[str, Any]) -> dict[str, Any]:
    """The check sum of a line is over its seconds too, which differ from run to run."""
    return {key: value for key, value in record.items() if key != "crc"}
