"""The part of the plugin that is always loaded: options, and activation. Unused, it changes nothing.

Nothing but pytest is imported here at module level; everything else comes when a model is named.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from pytest_generalbench.plugin import hookspecs, options

SHIPPED_MODULE = "benchmark_tasks/test_general_bench.py"


@cache
def shipped_module() -> Path:
    """Return the file of the one parametrised test: in the installed package, or in the checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / SHIPPED_MODULE
    return installed if installed.is_file() else package.parent / SHIPPED_MODULE


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the options."""
    options.add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Register the hooks that repositories may implement."""
    pluginmanager.add_hookspecs(hookspecs)


def _import_as_written(pluginmanager: pytest.PytestPluginManager) -> None:
    """Import our modules without pytest's assertion rewriting: they have no assertions.

    Rewritten modules pass by the bytecode that pip compiled. Where no new bytecode can be kept, as in most
    containers, each worker would rewrite and compile them all again.
    """
    # There is no public way to take a name back. Without this set nothing is lost but time.
    marked = getattr(pluginmanager.rewrite_hook, "_must_rewrite", None)
    if isinstance(marked, set):
        marked.discard(__name__.partition(".")[0])


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> None:
    """Without a path, collect the shipped tasks and load no conftest but the root one.

    This is the last moment: afterwards pytest imports the conftests of the repository's
    test folders. A worker of pytest-xdist gets the shipped module as its path.
    """
    known = early_config.known_args_namespace
    if known.generalbench_model is None:
        return
    options.refuse_space_form(args)
    _import_as_written(early_config.pluginmanager)
    module = str(shipped_module())
    if known.file_or_dir not in ([], [module]):
        return
    if not known.file_or_dir:
        args.append(module)
    root = early_config.rootpath / "conftest.py"
    known.file_or_dir = [str(root if root.is_file() else module)]


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """With `-n auto`, start a worker for each lease of GPUs, where there are GPUs and the model uses them."""
    if options.model_spec(config) is None:
        return None
    from pytest_generalbench.plugin import activation

    return activation.auto_workers(config)


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers; activate the benchmark when a model is given."""
    if options.model_spec(config) is None:
        return
    from pytest_generalbench.plugin import activation

    activation.activate(config, shipped_module())


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the shipped tasks out of a session that names no model."""
    if options.model_spec(config) is None and collection_path == shipped_module():
        return True
    return None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Fail with a message when the shipped module is run without a model."""
    if "generalbench_task" in metafunc.fixturenames and options.model_spec(metafunc.config) is None:
        raise pytest.Collector.CollectError("the tasks need a model: pytest --generalbench-model=SPEC")
