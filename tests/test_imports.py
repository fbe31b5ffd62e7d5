from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "pytest_generalbench"
MODULES = sorted(PACKAGE.rglob("*.py"))
HEAVY = ("torch", "transformers", "pandas", "scipy", "PIL", "openpyxl", "numpy", "yaml", "codebleu", "av")


def loaded_after(code: str) -> set[str]:
    program = f"import sys\n{code}\nprint(','.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in done.stdout.strip().split(",")}


def test_the_plugin_alone_imports_nothing_heavy_and_nothing_of_ours_but_its_options() -> None:
    assert loaded_after("import pytest_generalbench.plugin").isdisjoint(HEAVY)


OPENED = """
from pathlib import Path
import pytest_generalbench.plugin.controller
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.evaluation.resources import open_resources
from pytest_generalbench.evaluation.worker import EvaluationWorker
from pytest_generalbench.suite.data.source import default_cache
from pytest_generalbench.suite.tasks import load_tasks
from pytest_generalbench.suite import demo
tasks = load_tasks()
target = default_cache() / demo.folder_name(tasks)
target.mkdir(parents=True)
(target / demo.COMPLETE).touch()
(target / "nlp").mkdir()
(target / demo.HUMAN_SCORES).write_text("task,instance,rater,score\\n")
open_resources(Settings("baseline:constant"), tasks, Path())
"""


def test_controller_and_worker_open_a_run_without_heavy_libraries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENERALBENCH_CACHE", str(tmp_path))
    assert loaded_after(OPENED).isdisjoint(HEAVY)


def test_questions_with_text_answers_are_prepared_and_scored_without_numpy() -> None:
    loaded = loaded_after(
        "from pytest_generalbench import metrics, protocols\n"
        "metrics.make('accuracy'), protocols.get('multiple_choice')\n"
        "from pytest_generalbench.protocols.text.parsers.registry import PARSERS\n"
        "PARSERS['choice']('A', ('yes', 'no'))"
    )
    assert loaded.isdisjoint(HEAVY)


def test_a_worker_loads_no_http_library_before_it_needs_one() -> None:
    loaded = loaded_after("import pytest_generalbench.evaluation.worker")
    assert loaded.isdisjoint({"http", "ssl"})


@pytest.mark.parametrize("room", ["metrics", "suite.level"])
def test_metrics_and_levels_know_neither_pytest_nor_models(room: str) -> None:
    loaded = loaded_after(f"import pytest_generalbench.{room}")
    assert loaded.isdisjoint({"torch", "transformers", "pytest", "_pytest"})


def test_the_root_holds_rooms_and_no_module() -> None:
    entries = {path.name for path in PACKAGE.iterdir()} - {"__pycache__", "benchmark_tasks"}
    folders = {name for name in entries if (PACKAGE / name).is_dir()}
    assert entries - folders == {"__init__.py", "py.typed"}
    assert len(folders) <= 12


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 420
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.end_lineno is not None:
            assert node.end_lineno - node.lineno <= 60, node.name
