"""The tables of the registries name every metric, protocol and recipe in the modules, and nothing else."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from importlib import import_module
from types import ModuleType

import pytest

from pytest_generalbench import metrics, protocols
from pytest_generalbench.core.registry import Registry, by_module
from pytest_generalbench.metrics.registry import MODULES as METRIC_MODULES
from pytest_generalbench.protocols.registry import MODULES as PROTOCOL_MODULES
from pytest_generalbench.suite import demo


def _kept(package: ModuleType, attribute: str) -> dict[str, list[str]]:
    """Return, by module below a package, the names of the entries that it keeps under an attribute."""
    start = f"{package.__name__}."
    names = [info.name for info in pkgutil.walk_packages(package.__path__, start) if not info.ispkg]
    modules = {name.removeprefix(start): getattr(import_module(name), attribute, ()) for name in names}
    return {name: sorted(entry.name for entry in entries) for name, entries in modules.items() if entries}


@pytest.mark.parametrize(
    ("package", "attribute", "table"),
    [(metrics, "METRICS", METRIC_MODULES), (protocols, "PROTOCOLS", PROTOCOL_MODULES)],
    ids=["metrics", "protocols"],
)
def test_the_table_is_what_the_modules_have(
    package: ModuleType, attribute: str, table: dict[str, tuple[str, ...]]
) -> None:
    assert _kept(package, attribute) == {module: sorted(names) for module, names in table.items()}


def test_the_demo_set_has_a_recipe_for_each_archetype_that_it_names() -> None:
    modules = {name: import_module(f"pytest_generalbench.suite.demo.recipes.{name}") for name in demo.MODULES}
    assert {name: set(module.RECIPES) for name, module in modules.items()} == {
        name: set(archetypes) for name, archetypes in demo.MODULES.items()
    }


@pytest.mark.parametrize("name", metrics.names())
def test_each_metric_is_found_alone(name: str) -> None:
    assert metrics.get(name).name == name


@pytest.mark.parametrize("name", protocols.names())
def test_each_protocol_is_found_alone(name: str) -> None:
    assert protocols.get(name).name == name


def test_a_registry_makes_an_entry_when_it_is_asked_for_and_once() -> None:
    made = []

    def red() -> object:
        made.append("red")
        return object()

    colours: Registry[object] = Registry("colour", {"blue": object()}, later={"red": red})
    assert colours.names() == ("blue", "red")
    assert "red" in colours
    assert colours.is_built_in("red")
    assert made == []
    assert colours.get("red") is colours.get("red") is colours.entries()["red"]
    assert made == ["red"]


def test_two_modules_with_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two entries are named 'a'"):
        by_module("package", {"one": ("a",), "two": ("b", "a")}, getattr)


def test_one_metric_and_one_protocol_import_no_others() -> None:
    program = """
import sys
from pytest_generalbench import metrics, protocols
metrics.get("accuracy"), protocols.get("multiple_choice")
print(*sorted(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    others = {f"{metrics.__name__}.{name}" for name in METRIC_MODULES if name != "text.classification"}
    others |= {f"{protocols.__name__}.{name}" for name in PROTOCOL_MODULES if name != "text.multiple_choice"}
    assert loaded.isdisjoint(others)
    assert "numpy" not in loaded
