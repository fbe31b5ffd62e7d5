"""The commands that an installation puts beside its interpreter, for shell scripts under test."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CONSOLE = "from pytest_generalbench.cli import main; raise SystemExit(main())"


def put_commands(folder: Path) -> dict[str, str]:
    """Write `generalbench` and `pytest` into `folder`; return the environment that finds them there."""
    folder.mkdir()
    for name, code in (
        ("generalbench", CONSOLE),
        ("pytest", "from pytest import main; raise SystemExit(main())"),
    ):
        (folder / name).write_text(f"#!/bin/sh\nexec {sys.executable} -c '{code}' \"$@\"\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
