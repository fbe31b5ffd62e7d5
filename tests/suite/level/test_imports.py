from __future__ import annotations

import subprocess
import sys


def test_computing_a_level_needs_neither_pytest_nor_anything_heavy() -> None:
    code = (
        "import sys; from pytest_generalbench.suite import level, tasks as files; "
        "tasks = files.load_tasks(); "
        "table = level.sota_table(tasks, 'paper'); "
        "level.compute_level(tasks, table.values, scoring='paper', sota=table); "
        "heavy = {'pytest', 'torch', 'transformers', 'pandas', 'numpy', 'scipy', 'openpyxl', 'PIL'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
