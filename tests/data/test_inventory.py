from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.cli import main
from pytest_generalbench.core.errors import DataError
from pytest_generalbench.suite.data.fetch import hub
from pytest_generalbench.suite.data.fetch.inventory import data_inventory, free_data
from pytest_generalbench.suite.data.fetch.record import Record
from tests.data import hub_faults
from tests.data.stand_in_hub import Fault
from tests.data.trees import BIRD, CARS, CAUSES, COLOR, Tree, all_tasks, task_of

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_generalbench.core.task import Task
    from tests.data.stand_in_hub import StandInHub


@pytest.fixture
def target(stand_in: StandInHub, tmp_path: Path) -> Path:
    """Return a folder with three downloaded tasks, and one that is the user's own."""
    hub_faults.fill(stand_in.store, 100_000)
    wanted = [task_of(name) for name in (BIRD, COLOR, CAUSES)]
    target = hub.download("open", all_tasks(), tmp_path / "t", wanted=wanted)
    Tree(target).annotation("image/comprehension/car_brands_recognition/json/annotation.json")
    return target


def states(target: Path) -> dict[str, str]:
    return {task.task_id: task.state for task in data_inventory(target).tasks}


def remaining(folder: Path) -> int:
    files = (path for path in folder.rglob("*") if path.is_file() and ".generalbench" not in path.parts)
    return sum(path.stat().st_size for path in files)


def is_birds(task: Task) -> bool:
    return task.id == BIRD


def test_it_says_what_is_there(target: Path, stand_in: StandInHub) -> None:
    there = {task.task_id: task for task in data_inventory(target).tasks}
    assert states(target) == {BIRD: "complete", CAUSES: "complete", COLOR: "complete", CARS: "own"}
    assert sum(task.bytes for task in there.values()) == remaining(target)
    assert there[BIRD].files == 23
    assert there[BIRD].revision == stand_in.commit
    assert there[COLOR].folders == ("video/comprehension/ColorMatch", hub_faults.ARCHIVE)
    assert there[CARS].revision is None
    (target / hub_faults.BIG).unlink()
    (target / hub_faults.ARCHIVE).unlink()
    assert states(target)[BIRD] == "partial"
    assert states(target)[COLOR] == "complete"


def test_what_a_download_left_half_way_is_partial_and_goes(
    target: Path, stand_in: StandInHub, tmp_path: Path
) -> None:
    stand_in.faults += [Fault("cut", "big", 1, 50_000), Fault("status", "resolve", 99, 500)]
    with pytest.raises(DataError):
        hub.download("open", all_tasks(), tmp_path / "u", wanted=[task_of(BIRD)])
    assert states(tmp_path / "u") == {BIRD: "partial"}
    assert list(Record(tmp_path / "u", "open").parts.iterdir())
    free_data(tmp_path / "u", only=is_birds)
    assert states(tmp_path / "u") == {}
    assert not list(Record(tmp_path / "u", "open").parts.iterdir())
    stand_in.faults.clear()
    hub.download("open", all_tasks(), tmp_path / "u", wanted=[task_of(BIRD)])
    assert states(tmp_path / "u") == {BIRD: "complete"}


def test_room_is_made_by_task_and_own_files_stay(target: Path) -> None:
    own = target / "image/comprehension/BirdDetection/notes.txt"
    own.write_text("mine")
    before = remaining(target)
    freed = free_data(target, only=lambda task: task.id in (BIRD, COLOR, CARS))
    assert freed == before - remaining(target)
    assert states(target) == {CAUSES: "complete", CARS: "own"}
    assert own.read_text() == "mine"
    assert not (target / "video").exists()
    own.unlink()
    free_data(target, only=lambda task: task.id == CARS, own=True)
    assert states(target) == {CAUSES: "complete"}


def test_a_task_that_is_being_downloaded_is_not_removed(target: Path) -> None:
    before = remaining(target)
    with Record(target, "open").locked(BIRD), pytest.raises(DataError, match="is being downloaded"):
        free_data(target, only=lambda task: True)
    assert remaining(target) == before


def test_the_command_shows_asks_and_removes(target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", str(target), "-k", "bird or color"]) == 0
    out = capsys.readouterr().out
    assert f"{BIRD}" in out
    assert "2 tasks (2 complete)" in out
    assert main(["data", str(target), "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["tasks"][CARS]["state"] == "own"
    before = remaining(target)
    assert main(["data", str(target), "--free"]) == 2
    assert main(["data", str(target), "--free", "-k", "bird"]) == 1  # nobody to ask
    assert main(["data", str(target), "--free", "-k", "brands"]) == 1
    assert remaining(target) == before
    assert main(["data", str(target), "--free", "-k", "bird or brands", "--yes"]) == 0
    assert states(target) == {CAUSES: "complete", COLOR: "complete"}


def test_a_folder_without_data_is_refused(tmp_path: Path) -> None:
    assert main(["data", str(tmp_path)]) == 2
