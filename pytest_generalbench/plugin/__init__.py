"""The part of the plugin that is always loaded: options, and activation. Unused, it changes nothing.

Nothing but pytest and the table of options is imported here; everything else comes when a model is named.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pytest_generalbench.core.options import OPTIONS, PREFIX
from pytest_generalbench.plugin import hookspecs

SHIPPED_MODULE = "benchmark_tasks/test_general_bench.py"


@cache
def shipped_module() -> Path:
    """Return the file of the one parametrised test: in the installed package, or in the checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / SHIPPED_MODULE
    return installed if installed.is_file() else package.parent / SHIPPED_MODULE


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register options and ini keys."""
    group = parser.getgroup("generalbench", "General-Bench: multimodal tasks as scored items")
    for option in OPTIONS:
        text = option.help.replace("%", "%%")  # argparse fills in what follows a single one
        is_switch = option.metavar is None
        how: dict[str, Any] = {"action": "store_true"} if is_switch else {"metavar": option.metavar}
        group.addoption(PREFIX + option.name, dest=option.dest, default=None, help=text, **how)
        if option.name == "model":
            continue
        text = f"Default of {PREFIX}{option.name}."
        if is_switch:
            parser.addini(option.dest, text, type="bool", default=False)
        else:
            parser.addini(option.dest, text, default="")


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Register the hooks that repositories may implement."""
    pluginmanager.add_hookspecs(hookspecs)


def _names_model(config: pytest.Config) -> bool:
    """Whether a model is named, which switches the benchmark on."""
    return config.getoption("generalbench_model", None) is not None


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
    _import_as_written(early_config.pluginmanager)
    from pytest_generalbench.plugin import options

    options.refuse_space_form(args)
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
    if not _names_model(config):
        return None
    from pytest_generalbench.plugin import activation

    return activation.auto_workers(config)


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers; activate the benchmark when a model is given."""
    if not _names_model(config):
        return
    from pytest_generalbench.plugin import activation

    activation.activate(config, shipped_module())


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the shipped tasks out of a session that names no model."""
    if not _names_model(config) and collection_path == shipped_module():
        return True
    return None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Fail with a message when the shipped module is run without a model."""
    if "generalbench_task" in metafunc.fixturenames and not _names_model(metafunc.config):
        raise pytest.Collector.CollectError("the tasks need a model: pytest --generalbench-model=SPEC")
