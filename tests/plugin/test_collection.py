from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.builders import FACETS

MODEL = "--generalbench-model=baseline:constant"


def collect(pytester: pytest.Pytester, *args: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess("--co", "-q", MODEL, *args)


def test_an_empty_folder_collects_all_699_with_stable_ids(pytester: pytest.Pytester) -> None:
    result = collect(pytester)
    assert result.ret == 0
    ids = [line for line in result.outlines if "::" in line]
    assert len(ids) == 699
    assert ids == sorted(ids)
    assert "benchmark_tasks/test_general_bench.py::test_task[image/comprehension/bird-detection]" in ids
    assert [path.name for path in pytester.path.iterdir() if path.name != ".benchmarks"] == []


@pytest.mark.parametrize(("word", "count"), FACETS.items())
def test_k_selects_a_facet_exactly(pytester: pytest.Pytester, word: str, count: int) -> None:
    ids = [line for line in collect(pytester, "-k", word).outlines if "::" in line]
    assert len(ids) == count


def test_markers_select_by_facet_metric_and_skill(pytester: pytest.Pytester) -> None:
    def count(expression: str) -> int:
        lines = collect(pytester, "--strict-markers", "-m", expression).outlines
        return sum("::" in line for line in lines)

    assert count("image and generation") == 45
    assert count("generalbench(metric='rmse')") == 1
    assert count("generalbench(skill='Object Detection')") == 37


def test_a_board_collects_its_tasks(pytester: pytest.Pytester) -> None:
    ids = [
        line for line in collect(pytester, "--generalbench-board=C:3d-generation").outlines if "::" in line
    ]
    assert len(ids) == 22


def test_collecting_imports_no_numpy_and_has_no_module_of_ours_rewritten(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import sys

        def pytest_unconfigure():
            ours = {name: module for name, module in sys.modules.items() if "pytest_generalbench." in name}
            rewritten = {name for name in ours if "Rewriting" in type(ours[name].__loader__).__name__}
            at_start = ("plugin", "plugin.hookspecs", "core", "core.options")
            rewritten -= {f"pytest_generalbench.{name}" for name in at_start}
            print("REWRITTEN", sorted(rewritten), "NUMPY", "numpy" in sys.modules, "OURS", len(ours) > 9)
        """
    )
    result = pytester.runpytest_subprocess("--co", "-q", "-s", MODEL)
    assert "REWRITTEN [] NUMPY False OURS True" in result.stdout.str()


def test_a_repository_keeps_its_tests_and_lends_only_its_root_conftest(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("print('ROOT CONFTEST')")
    pytester.makepyfile(**{"tests/conftest.py": "raise RuntimeError('not wanted')"})
    pytester.makepyfile(**{"tests/test_own.py": "raise RuntimeError('not wanted')"})
    pytester.makeini("[pytest]\ntestpaths = tests\npython_functions = check_*\n")
    result = pytester.runpytest_subprocess("--co", "-q", "-s", MODEL)
    assert sum("::" in line for line in result.outlines) == 699
    assert "ROOT CONFTEST" in result.stdout.str()
    assert "not wanted" not in result.stdout.str() + result.stderr.str()


def test_a_pasted_node_id_runs_that_task(pytester: pytest.Pytester) -> None:
    nodeid = "benchmark_tasks/test_general_bench.py::test_task[nlp/causal-reasoning]"
    result = collect(pytester, nodeid)
    assert [line for line in result.outlines if "::" in line] == [nodeid]


def test_a_pasted_node_id_runs_on_workers_too(pytester: pytest.Pytester) -> None:
    nodeid = "benchmark_tasks/test_general_bench.py::test_task[nlp/causal-reasoning]"
    result = pytester.runpytest_subprocess(MODEL, "-n", "2", nodeid)
    result.stdout.fnmatch_lines(["*1 scored*"])


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_checkout_runs_without_being_installed(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    checkout = Path(__file__).parents[2]
    for name in ("pytest_generalbench", "benchmark_tasks"):
        shutil.copytree(checkout / name, pytester.path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(checkout / name, pytester.path / name)
    (pytester.path / "tests").mkdir()
    (pytester.path / "tests" / "test_own.py").write_text("raise RuntimeError('not wanted')", encoding="utf-8")
    # Without its entry point the installed plugin is not there.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    args = [MODEL, "-p", "xdist", "-n", workers, "-k", "nlp/causal-reasoning"]
    result = pytester.runpytest_subprocess(*args)
    result.stdout.fnmatch_lines(["*1 scored*"])


def test_without_the_option_nothing_is_seen_of_the_plugin(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_own(): pass")
    result = pytester.runpytest_subprocess("-v", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)
    lines = [line for line in result.outlines if "generalbench" in line.lower()]
    assert all(line.startswith("plugins:") for line in lines)
    ours = [path.name for path in pytester.path.rglob("*") if "generalbench" in path.name.lower()]
    assert ours == []


def test_the_shipped_module_is_ignored_without_a_model_and_says_so_when_named(
    pytester: pytest.Pytester,
) -> None:
    from pytest_generalbench.plugin import shipped_module

    folder = pytester.runpytest_inprocess("--co", "-q", str(shipped_module().parent))
    assert sum("::" in line for line in folder.outlines) == 0
    named = pytester.runpytest_inprocess("--co", "-q", str(shipped_module()))
    assert "the tasks need a model: pytest --generalbench-model=SPEC" in named.stdout.str()


def test_help_explains_every_option(pytester: pytest.Pytester) -> None:
    from pytest_generalbench.core.options import OPTIONS

    text = pytester.runpytest_inprocess("--help").stdout.str()
    for option in OPTIONS:
        assert f"--generalbench-{option.name}" in text
        assert option.name == "model" or option.dest in text


@pytest.mark.parametrize("plugin", ["no:xdist", "no:cacheprovider", "no:junitxml"])
def test_collection_works_without_other_plugins(pytester: pytest.Pytester, plugin: str) -> None:
    assert pytester.runpytest_subprocess("--co", "-q", MODEL, "-p", plugin).ret == 0
