"""The page in a real browser: every section, every medium, hostile answers, two themes, a phone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import pytest_generalbench as gb
from tests.reports.page.chromium import browser, complaints, requested, show, wait_for
from tests.reports.page.hostile import ANSWERS, IDS, hostile_run
from tests.reports.page.runs_of_media import SHOWN, run_baseline

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

DRAWN = {
    "text": ".text",
    "picture": ".figure svg image",
    "layer": ".figure svg image + image",
    "marks": ".mark-answer, .dot-answer",
    "sound": ".figure audio",
    "notes": ".roll",
    "solid": ".figure canvas",
    "motion": ".figure canvas",
}
"""What the first instance holds when a kind of exhibit is shown."""

INK = """
const canvas = document.querySelector('.figure canvas');
const all = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
return all.some((value, place) => place % 4 === 3 && value > 0);
"""
LOADED = """
const image = document.querySelector('.figure svg image').getAttribute('href');
const done = arguments[0], probe = new Image();
probe.onload = () => done(probe.naturalWidth); probe.onerror = () => done(0); probe.src = image;
"""


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def index(driver: Any, tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Path:
    """Return the page of two runs that hold every medium; the driver comes first, so that a skip is quick."""
    folder = tmp_path_factory.mktemp("media")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENERALBENCH_CACHE", str(shared_cache))
        runs = [run_baseline(folder, name, name) for name in ("random", "oracle")]
        return gb.write_page(runs, folder / "page", answers=gb.answers_of)


@pytest.fixture
def page(driver: Any, index: Path) -> Iterator[Any]:
    """Open the page; in the end nothing may have been complained of, or asked for outside its folder."""
    complaints(driver), requested(driver)
    show(driver, index)
    yield driver
    assert complaints(driver) == []
    folder = index.parent.as_uri()
    assert [one for one in requested(driver) if not one.startswith((folder, "about:", "data:"))] == []


def open_task(page: Any, name: str) -> Any:
    page.execute_script("location.hash = arguments[0]", f"#task={name}")
    wait_for(page, ".instance")
    return page


def test_every_section_opens_alone(page: Any) -> None:
    for link in page.find_elements("css selector", "nav a"):
        link.click()
        (seen,) = [one for one in page.find_elements("css selector", "main > section") if one.is_displayed()]
        assert (
            "#" + seen.get_attribute("id") == link.get_attribute("href")[-len(seen.get_attribute("id")) - 1 :]
        )
        assert link.get_attribute("aria-current") == "page"


@pytest.mark.parametrize(("task", "kind"), SHOWN.items())
def test_every_medium_is_shown(page: Any, task: str, kind: str) -> None:
    open_task(page, task)
    assert wait_for(page, f".instance {DRAWN[kind]}").is_displayed()
    if kind in ("solid", "motion"):
        assert page.execute_script(INK)
    if kind in ("picture", "layer"):
        assert page.execute_async_script(LOADED) > 0


def test_tasks_are_sorted_and_filtered(page: Any) -> None:
    page.find_element("css selector", "nav a[href='#tasks']").click()

    def shown() -> list[str]:
        rows = page.find_elements("css selector", "#task-table tbody tr:not([hidden]) th")
        return [row.text for row in rows]

    every = shown()
    assert every == sorted(every)
    assert set(every) >= set(SHOWN)
    page.find_element("id", "task-search").send_keys("generation")
    assert shown() == [name for name in every if "generation" in name]
    assert page.find_element("id", "shown-tasks").text == f"{len(shown())} of {len(every)} tasks"
    head = page.find_elements("css selector", "#task-table thead button")[1]
    head.click()
    values = page.execute_script(
        "return [...document.querySelectorAll('#task-table tbody tr:not([hidden])')]"
        ".map((row) => Number(row.cells[1].dataset.value))"
    )
    assert values == sorted(values, reverse=True)
    head.click()
    assert (
        page.find_elements("css selector", "#task-table thead th")[1].get_attribute("aria-sort")
        == "ascending"
    )


def test_changed_instances_stand_side_by_side(page: Any) -> None:
    open_task(page, "nlp/causal-reasoning")
    from selenium.webdriver.support.ui import Select

    Select(page.find_element("id", "pick-instances")).select_by_visible_text("changed")
    cards = page.find_elements("css selector", ".instance")
    assert cards
    for card in cards:
        words = [label.text for label in card.find_elements("css selector", ".columns .label")]
        assert words[0] == "answer of baseline:random"
        assert "answer of baseline:oracle" in words
    assert "score 0" in cards[0].text
    assert "score 100" in cards[0].text


def test_the_keyboard_turns_a_solid_and_plays_a_video(page: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    open_task(page, "3d/generation/3d-point-cloud-completion")
    canvas = page.find_element("css selector", ".figure canvas")
    before = page.execute_script("return arguments[0].toDataURL()", canvas)
    canvas.send_keys(Keys.ARROW_RIGHT)
    assert page.execute_script("return arguments[0].toDataURL()", canvas) != before
    open_task(page, "video/generation/static-video-gen")
    slider = wait_for(page, ".controls input[type=range]")
    slider.send_keys(Keys.ARROW_RIGHT)
    assert slider.get_attribute("value") == "1"


def test_without_scripts_level_and_tables_are_there(page: Any, index: Path) -> None:
    page.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page.get("about:blank")
        page.get(index.as_uri())
        assert page.find_element("css selector", ".tier").is_displayed()
        assert len(page.find_elements("css selector", "#task-table tbody tr")) >= len(SHOWN)
        assert not page.find_element("id", "task-search").is_displayed()
    finally:
        page.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_section_is_wider_than_the_window(page: Any, index: Path, width: int, theme: str) -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    media = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    places = os.environ.get("GENERALBENCH_SCREENSHOTS")
    for name in ("level", "map", "tasks", "compare", "task=image/comprehension/aircraft-detection"):
        show(page, index, f"#{name}")
        wait_for(page, "main > section.open")
        assert page.execute_script("return document.documentElement.scrollWidth") <= width
        if places:
            page.save_screenshot(str(Path(places) / f"{name.split('/')[-1]}-{width}-{theme}.png"))
    background = page.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") == (theme == "light")
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("one_file", [False, True])
def test_hostile_answers_are_text(driver: Any, tmp_path: Path, one_file: bool) -> None:
    run = hostile_run(tmp_path)
    index = gb.write_page([run], tmp_path / "page", answers=gb.answers_of, one_file=one_file)
    complaints(driver)
    show(driver, index, "#task=nlp/causal-reasoning")
    wait_for(driver, ".instance")
    text = driver.find_element("id", "task-view").text
    assert ANSWERS[0] in text
    assert ANSWERS[1] in text
    assert r"\x1b[31mred\x1b[0m\x00\x07" in text
    assert r"\u202etxt.exe\u2028line" in text
    assert "cut after 20000 of 1000000 characters" in text
    assert IDS[0] in text
    assert driver.title.startswith("General-Bench")
    assert driver.find_elements("css selector", "#task-view img, #task-view script, #task-view b") == []
    assert complaints(driver) == []
