from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "pytest_generalbench"
MODULES = sorted(PACKAGE.rglob("*.py"))
HEAVY = ("torch", "transformers", "pandas", "scipy", "PIL", "openpyxl", "numpy", "yaml", "codebleu", "av")

FLOORS = {
    "plugin": 6, "options": 6, "hookspecs": 6, "activation": 6, "items": 6, "session": 6, "workers": 6,
    "scheduling": 6, "dividing": 6, "cli": 6,
    "report": 5,
    "evaluation": 4, "asking": 4, "probe": 4, "behind": 4, "ahead": 4, "deadlines": 4, "conformance": 4,
    "scoring": 4, "judge": 4, "human": 4, "run": 4, "resume": 4, "lock": 4, "provenance": 4,
    "finish": 4, "preparing": 4, "rescoring": 4, "comparing": 4, "exchange": 4, "sharing": 4,
    "scorer": 4, "following": 4, "judging": 4, "together": 4, "tables": 4, "explaining": 4,
    "answer_cache": 3, "manifest": 3, "ledgers": 3, "result_file": 3,
    "models": 3, "protocols": 3, "data": 3, "ledger": 3, "level": 3, "registry": 3, "selection": 3,
    "backbones": 3, "estimates": 3, "gpu": 3,
    "store": 2, "model_options": 2,
    "metrics": 1, "answers": 1, "task": 1, "instance": 1, "media": 1, "result": 1, "settings": 1,
    "decoding": 0, "background": 0, "vocabulary": 0, "errors": 0, "__init__": 0,
}  # fmt: skip


def loaded_after(code: str) -> set[str]:
    program = f"import sys\n{code}\nprint(','.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in done.stdout.strip().split(",")}


def test_the_plugin_alone_imports_nothing_heavy_and_nothing_of_ours_but_its_options() -> None:
    assert loaded_after("import pytest_generalbench.plugin").isdisjoint(HEAVY)


def test_an_active_controller_imports_no_torch_pandas_or_scipy() -> None:
    loaded = loaded_after("import pytest_generalbench.session, pytest_generalbench.evaluation")
    assert loaded.isdisjoint(set(HEAVY) - {"numpy"})


@pytest.mark.parametrize("room", ["metrics", "level"])
def test_metrics_and_levels_know_neither_pytest_nor_models(room: str) -> None:
    loaded = loaded_after(f"import pytest_generalbench.{room}")
    assert loaded.isdisjoint({"torch", "transformers", "pytest", "_pytest"})


def rooms_imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            parts = node.module.split(".")
            if parts[0] == "pytest_generalbench":
                found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
    return found - {"__version__"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down_only(path: Path) -> None:
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    above = {name for name in rooms_imported(path) if FLOORS[name] > FLOORS[room]}
    assert above == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 420
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.end_lineno is not None:
            assert node.end_lineno - node.lineno <= 60, node.name
