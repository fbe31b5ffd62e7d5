"""The documentation holds: links lead somewhere, and the reference is whole."""

from __future__ import annotations

import importlib.util
import re
import shutil
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
import yaml

import pytest_generalbench as gb
from pytest_generalbench import metrics, protocols
from pytest_generalbench.suite.data import default_cache
from tests.docs.pages import DOCS, PAGES, ROOT

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+?)(?: \{#([a-z0-9-]+)\})?$", re.MULTILINE)

pytestmark = pytest.mark.skipif(not DOCS.is_dir(), reason="a wheel has no documentation")


def made(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as the site makes them."""
    found = set()
    for title, given in HEADING.findall(re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)):
        plain = re.sub(r"[`*\[\]]|\(.*?\)", "", title).lower()
        found.add(given or re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", plain)).strip("-"))
    return found


@cache
def anchors_in(path: Path) -> set[str]:
    return anchors(path.read_text(encoding="utf-8"))


def broken(page: Path, folder: Path) -> list[str]:
    """Return the links of a page that lead nowhere; `folder` holds the reference."""
    text = page.read_text(encoding="utf-8")
    missing = []
    for pair in LINK.findall(re.sub(r"^`{3,}.*?^`{3,}", "", text, flags=re.MULTILINE | re.DOTALL)):
        target, _, anchor = (pair[0] or pair[1]).partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        path = (page.parent / target).resolve() if target else page
        if DOCS / "reference" in path.parents:
            path = folder / path.relative_to(DOCS / "reference")
        there = path.exists()
        if not there or (anchor and path.suffix == ".md" and anchor not in anchors_in(path)):
            missing.append(f"{page.name}: {target}#{anchor}")
    return missing


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs") / "reference"
    made("make_reference").main(folder)
    return folder


@pytest.mark.slow
def test_every_link_leads_somewhere(reference: Path) -> None:
    # Pages of the reference link to those of the documentation beside them.
    for page in DOCS.glob("*.md"):
        shutil.copy(page, reference.parent)
    assert [line for page in PAGES for line in broken(page, reference)] == []
    assert [line for page in sorted(reference.rglob("*.md")) for line in broken(page, reference)] == []


@pytest.mark.slow
def test_the_reference_has_every_task_metric_protocol_and_option(reference: Path) -> None:
    assert {
        path.relative_to(reference / "tasks").as_posix()[:-3] for path in (reference / "tasks").rglob("*.md")
    } >= {task.id for task in gb.load_tasks()}
    for page, names in (("metrics", metrics.names()), ("protocols", protocols.names())):
        found = anchors((reference / f"{page}.md").read_text(encoding="utf-8"))
        assert {name.lower().replace("_", "-") for name in names} <= found
    options = (reference / "options.md").read_text(encoding="utf-8")
    assert all(f"--generalbench-{option.name}" in options for option in gb.RUN_OPTIONS)


@pytest.mark.slow
def test_no_page_has_an_address_or_a_place_of_the_machine_that_made_it(reference: Path) -> None:
    written = {path: path.read_text(encoding="utf-8") for path in reference.rglob("*.md")}
    pattern = re.compile(rf" at 0x[0-9a-f]{{6}}|PosixPath|{re.escape(str(default_cache()))}")
    assert [path.name for path, text in written.items() if pattern.search(text)] == []


def test_every_page_is_in_the_navigation() -> None:
    listed = set(re.findall(r"[\w-]+\.md", (ROOT / "mkdocs.yml").read_text(encoding="utf-8")))
    assert {page.name for page in DOCS.glob("*.md")} <= listed
    assert yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["docs_dir"] == "docs"
