"""Put the task files and their JSON index inside the wheel.

Only standard wheels are touched: an editable install reads the checkout's own
`benchmark_tasks/`, so that an edited task file is seen at once.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class TaskFilesHook(BuildHookInterface):  # type: ignore[type-arg, unused-ignore]
    """Includes `benchmark_tasks` as `pytest_generalbench/benchmark_tasks`, with the index beside it."""

    _folder: Path | None = None
    """Where the index was written; None where none was."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the folder and write the index; called by hatchling before the wheel is made."""
        if version != "standard":
            return
        root = Path(self.root)
        tasks = root / "benchmark_tasks"
        sys.path.insert(0, str(root))
        try:
            from pytest_generalbench.suite.tasks import index_from_files
        finally:
            sys.path.remove(str(root))
        self._folder = Path(tempfile.mkdtemp(prefix="generalbench-index-"))
        index = self._folder / "index.json"
        index.write_text(json.dumps(index_from_files(tasks)), encoding="utf-8")
        target = "pytest_generalbench/benchmark_tasks"
        for path in sorted(tasks.rglob("*")):
            if path.suffix in {".yaml", ".py"}:
                build_data["force_include"][str(path)] = f"{target}/{path.relative_to(tasks).as_posix()}"
        build_data["force_include"][str(index)] = f"{target}/index.json"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was written beside the wheel; called by hatchling when it is made."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
