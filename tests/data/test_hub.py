from __future__ import annotations

import json
import shutil
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.errors import DataError, MissingDependencyError, UnknownWordError
from pytest_generalbench.suite.data import DataFolder, open_data
from pytest_generalbench.suite.data.fetch import hub
from pytest_generalbench.suite.data.fetch.transfer import FileError, place_of
from tests.data.stand_in_hub import LARGE, Fault, StandInHub
from tests.data.trees import BIRD, CARS, CAUSES, COLOR, PETS, Tree, all_tasks, question, task_of
from tests.fakes import FakeModel, evaluation

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def filled(stand_in: StandInHub, hub_store: Tree, tmp_path: Path) -> StandInHub:
    hub_store.annotation("nlp/Causal-Reasoning/annotation.json")
    hub_store.annotation("nlp/Strange/annotation.json")
    hub_store.annotation("image/comprehension/BirdDetection/bird_detection.json")
    hub_store.image("image/comprehension/BirdDetection/images/1.png")
    hub_store.annotation("image/comprehension/BirdDetection2/bird_detection.json")
    hub_store.annotation("image/generation/anything/annotation.json")
    hub_store.file("README.md", "x")
    packed = Tree(tmp_path / "packed").annotation("annotation.json", [question(1)])
    (hub_store.root / "video/comprehension").mkdir(parents=True)
    with zipfile.ZipFile(hub_store.root / "video/comprehension/ColorMatch.zip", "w") as archive:
        archive.write(packed, "annotation.json")
    return stand_in


def fetched(target: Path) -> list[str]:
    files = (path for path in target.rglob("*") if path.is_file() and ".generalbench" not in path.parts)
    return sorted(path.relative_to(target).as_posix() for path in files)


def test_only_the_wanted_folders_come(filled: StandInHub, tmp_path: Path) -> None:
    lines: list[str] = []
    wanted = [task_of(BIRD), task_of(CARS)]
    target = hub.download("open", all_tasks(), tmp_path / "t", False, lines.append, wanted=wanted)
    at = "image/comprehension/BirdDetection"
    assert fetched(target) == [f"{at}/bird_detection.json", f"{at}/images/1.png"]
    # What bears no task's name may hold the folder of the task that is missing.
    assert filled.listed == ["", "image", "image/comprehension", "image/comprehension/BirdDetection2", at]
    asked = [line for line in filled.requests if "/datasets/" in line]
    assert asked
    assert all("/General-Level/General-Bench-Openset/" in line for line in asked)
    assert lines[0].startswith("2 tasks (0 complete): 2 files, ")
    assert lines[1].startswith(f"1/2 {BIRD}: {at}, 2 files, ")
    assert lines[2] == f"2/2 {CARS}: no folder of that name on the hub"


def test_a_folder_one_level_deeper_is_the_task_s(filled: StandInHub, hub_store: Tree, tmp_path: Path) -> None:
    hub_store.annotation("image/comprehension/groups/car_brands_recognition/json/annotation.json")
    target = hub.download("open", all_tasks(), tmp_path / "t", wanted=[task_of(CARS)])
    assert fetched(target) == ["image/comprehension/groups/car_brands_recognition/json/annotation.json"]
    assert DataFolder(target, all_tasks()).find(task_of(CARS)) is not None


def test_a_folder_is_the_task_s_that_its_annotation_names(
    filled: StandInHub, hub_store: Tree, tmp_path: Path
) -> None:
    at = "image/comprehension/Autos"
    hub_store.annotation(f"{at}/json/annotation.json", task="Car Brands Recognition")
    hub_store.annotation(f"{at}/json/more.json", task="something else")
    hub_store.image(f"{at}/images/1.png")
    hub_store.annotation("image/comprehension/Others/annotation.json", task="of no task")
    hub_store.image("image/comprehension/Others/1.png")
    for name in ("one", "two"):  # which of them is the annotation cannot be told
        hub_store.annotation(f"image/comprehension/Unclear/{name}.json", task="Car Brands Recognition")
    target = hub.download("open", all_tasks(), tmp_path / "t", wanted=[task_of(CARS)])
    assert fetched(target) == [f"{at}/images/1.png", f"{at}/json/annotation.json", f"{at}/json/more.json"]
    files = DataFolder(target, all_tasks()).find(task_of(CARS))
    assert files is not None
    assert files.annotation == target / at / "json/annotation.json"
    assert all(size == (hub_store.root / path).stat().st_size for path, size in filled.sent.items())
    assert "image/comprehension/Others/1.png" not in filled.fetched
    assert hub.plan_download(tmp_path / "u", only=lambda task: task.id == CARS).absent == (CARS,)


def test_two_folders_of_one_task_inside_come_and_are_refused(
    filled: StandInHub, hub_store: Tree, tmp_path: Path
) -> None:
    for name in ("Autos", "Wagons"):
        hub_store.annotation(f"image/comprehension/{name}/annotation.json", task="Car Brands Recognition")
    target = hub.download("open", all_tasks(), tmp_path / "t", wanted=[task_of(CARS)])
    with pytest.raises(DataError, match="has two folders"):
        DataFolder(target, all_tasks()).find(task_of(CARS))


def test_what_is_packed_is_unpacked(filled: StandInHub, tmp_path: Path) -> None:
    target = hub.download("open", all_tasks(), tmp_path / "t", wanted=[task_of(COLOR)])
    files = DataFolder(target, all_tasks()).find(task_of(COLOR))
    assert files is not None
    assert files.annotation == target / "video/comprehension/ColorMatch/annotation.json"
    assert (target / "video/comprehension/ColorMatch.zip").is_file()


def test_an_archive_among_the_media_is_a_medium(filled: StandInHub, hub_store: Tree, tmp_path: Path) -> None:
    content = (hub_store.root / "video/comprehension/ColorMatch.zip").read_bytes()
    at = "image/comprehension/BirdDetection"
    hub_store.file(f"{at}/images/scan.zip", content)
    hub_store.file(f"{at}/more.zip", content)
    target = hub.download("open", all_tasks(), tmp_path / "t", wanted=[task_of(BIRD)])
    assert (target / at / "images/scan.zip").read_bytes() == content
    assert not (target / at / "images/scan").exists()
    assert (target / at / "more/annotation.json").is_file()


def test_archives_can_be_removed_later(filled: StandInHub, tmp_path: Path) -> None:
    target = hub.download("open", all_tasks(), tmp_path / "t", wanted=[task_of(COLOR)])
    asked = len(filled.requests)
    hub.download("open", all_tasks(), target, wanted=[task_of(COLOR)], remove_archives=True)
    assert fetched(target) == ["video/comprehension/ColorMatch/annotation.json"]
    hub.download("open", all_tasks(), target, wanted=[task_of(COLOR)])
    assert len(filled.requests) == asked


def test_archives_are_removed_where_that_is_asked_for(filled: StandInHub, tmp_path: Path) -> None:
    for _ in range(2):
        target = hub.download(
            "open", all_tasks(), tmp_path / "t", wanted=[task_of(COLOR)], remove_archives=True, refresh=True
        )
        assert fetched(target) == ["video/comprehension/ColorMatch/annotation.json"]
    assert filled.sent["video/comprehension/ColorMatch.zip"] == (
        (filled.store / "video/comprehension/ColorMatch.zip").stat().st_size
    )


def test_what_is_complete_is_not_asked_for_again(filled: StandInHub, tmp_path: Path) -> None:
    wanted = [task_of(CAUSES), task_of(PETS)]
    target = hub.download("open", all_tasks(), tmp_path / "t", wanted=wanted)
    asked = len(filled.requests)
    hub.download("open", all_tasks(), target, wanted=wanted)
    assert len(filled.requests) == asked
    hub.download("open", all_tasks(), target, wanted=wanted, refresh=True)
    assert len(filled.requests) == asked + 1  # what the revision stands for; its listings are known
    (target / "nlp/Causal-Reasoning/annotation.json").unlink()
    (target / "nlp/Causal-Reasoning").rmdir()
    hub.download("open", all_tasks(), target, wanted=wanted)
    assert fetched(target) == ["nlp/Causal-Reasoning/annotation.json"]
    assert len(filled.requests) == asked + 2


def test_a_file_that_changed_on_disk_is_noticed_by_refresh(filled: StandInHub, tmp_path: Path) -> None:
    target = hub.download("open", all_tasks(), tmp_path / "t", wanted=[task_of(BIRD)])
    picture = target / "image/comprehension/BirdDetection/images/1.png"
    good = picture.read_bytes()
    picture.write_bytes(good[:-1] + bytes([255 - good[-1]]))
    hub.download("open", all_tasks(), target, wanted=[task_of(BIRD)])
    assert picture.read_bytes() != good
    hub.download("open", all_tasks(), target, wanted=[task_of(BIRD)], refresh=True)
    assert picture.read_bytes() == good
    assert {path: size // (filled.store / path).stat().st_size for path, size in filled.sent.items()} == {
        "image/comprehension/BirdDetection/bird_detection.json": 1,
        "image/comprehension/BirdDetection/images/1.png": 2,
    }


def test_what_an_earlier_version_or_another_tool_brought_is_kept(filled: StandInHub, tmp_path: Path) -> None:
    at, target = "image/comprehension/BirdDetection", tmp_path / "t"
    shutil.copytree(filled.store / at, target / at)
    (target / at / "images/1.png").write_bytes(b"cut off")
    note = Tree(target).file(
        f".generalbench/open/{BIRD.replace('/', '--')}.json", json.dumps({"folders": [at]})
    )
    hub.download("open", all_tasks(), target, wanted=[task_of(BIRD)])
    assert filled.fetched == {f"{at}/images/1.png"}
    assert json.loads(note.read_text())["commit"] == filled.commit


def test_each_folder_is_listed_once_a_commit(filled: StandInHub, tmp_path: Path) -> None:
    for task_id in (CAUSES, BIRD, CARS, PETS, COLOR):
        hub.download("open", all_tasks(), tmp_path / "t", wanted=[task_of(task_id)])
    trees = [line for line in filled.requests if "/tree/" in line]
    assert len(trees) == len(set(trees))


def test_many_tasks_of_a_group_are_listed_in_one(filled: StandInHub, hub_store: Tree, tmp_path: Path) -> None:
    for number in range(30):
        hub_store.file(f"image/comprehension/BirdDetection/images/{number}.txt", str(number))
    filled.page = 10
    wanted = [task for task in all_tasks() if task.id.startswith(("image/comprehension", "nlp"))]
    target = hub.download("open", all_tasks(), tmp_path / "t", wanted=wanted)
    assert "image/comprehension/BirdDetection/images/29.txt" in fetched(target)
    assert sorted(filled.listed) == ["", "image", "image/comprehension", "nlp"]
    assert sum("cursor=" in line for line in filled.requests) >= 3


def test_the_commit_is_kept_until_another_is_asked_for(
    filled: StandInHub, hub_store: Tree, tmp_path: Path
) -> None:
    target = hub.download("open", all_tasks(), tmp_path / "t", wanted=[task_of(CAUSES)])
    filled.commit = "b" * 40
    hub_store.annotation("nlp/Causal-Reasoning/annotation.json", [question(1), question(2)])
    hub.download("open", all_tasks(), target, wanted=[task_of(CAUSES), task_of(BIRD)])
    assert not any("b" * 40 in line for line in filled.requests)
    hub.download("open", all_tasks(), target, wanted=[task_of(CAUSES)], revision="v2")
    assert any(line.split("?")[0].endswith("/revision/v2") for line in filled.requests)
    data = json.loads((target / "nlp/Causal-Reasoning/annotation.json").read_text())["data"]
    assert len(data) == 2
    # The other task is of the commit before; a run that takes it brings the same commit for all.
    hub.download("open", all_tasks(), target, wanted=[task_of(BIRD)])
    assert sum("BirdDetection/bird_detection.json" in line for line in filled.requests) == 1


def test_an_archive_that_changed_is_unpacked_anew(filled: StandInHub, tmp_path: Path) -> None:
    target = hub.download("open", all_tasks(), tmp_path / "t", wanted=[task_of(COLOR)])
    with zipfile.ZipFile(filled.store / "video/comprehension/ColorMatch.zip", "w") as archive:
        archive.writestr("annotation.json", json.dumps({"data": [question(1), question(2)]}))
    filled.commit = "b" * 40
    hub.download("open", all_tasks(), target, wanted=[task_of(COLOR)], refresh=True)
    data = json.loads((target / "video/comprehension/ColorMatch/annotation.json").read_text())["data"]
    assert len(data) == 2


def test_what_the_commit_has_no_more_is_removed(filled: StandInHub, tmp_path: Path) -> None:
    target = hub.download("open", all_tasks(), tmp_path / "t", wanted=[task_of(BIRD)])
    own = target / "image/comprehension/BirdDetection/images/mine.png"
    own.write_bytes(b"x")
    (filled.store / "image/comprehension/BirdDetection/images/1.png").unlink()
    filled.commit = "b" * 40
    hub.download("open", all_tasks(), target, wanted=[task_of(BIRD)], refresh=True)
    at = "image/comprehension/BirdDetection"
    assert fetched(target) == [f"{at}/bird_detection.json", f"{at}/images/mine.png"]


def test_the_close_set_is_another_repository(filled: StandInHub, tmp_path: Path) -> None:
    hub.download("close", all_tasks(), tmp_path / "t", wanted=[task_of(CAUSES)])
    assert filled.fetched
    assert not any("Openset" in line for line in filled.requests)


def test_a_hub_without_the_wanted_leaves_nothing(filled: StandInHub, tmp_path: Path) -> None:
    target = hub.download("open", all_tasks(), tmp_path / "t", wanted=[task_of(CARS)])
    assert not hub.has_data(target)


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_a_hub_that_fails_is_one_line(filled: StandInHub, tmp_path: Path, status: int) -> None:
    filled.faults.append(Fault("status", times=99, number=status))
    with pytest.raises(DataError, match="General-Bench-Openset") as caught:
        hub.download("open", all_tasks(), tmp_path / "t", wanted=[task_of(CAUSES)])
    assert "\n" not in str(caught.value)
    assert "goes on where it stopped" in str(caught.value)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_file_that_is_refused_is_one_line(filled: StandInHub, tmp_path: Path, status: int) -> None:
    filled.faults.append(Fault("status", "resolve", times=99, number=status))
    with pytest.raises(DataError) as caught:
        hub.download("open", all_tasks(), tmp_path / "t", wanted=[task_of(CAUSES)])
    message = str(caught.value)
    assert ("no longer on the hub" if status == 404 else str(status)) in message
    assert "\n" not in message


def test_where_the_library_may_not_ask_the_hub_is_named_not_the_disk(
    filled: StandInHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.faults.append(Fault("status", "resolve", times=99, number=403))
    with pytest.raises(DataError):  # the commit and the listings are known then
        hub.download("open", all_tasks(), tmp_path / "t", wanted=[task_of(CAUSES)])
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(DataError, match=r"the hub repository .*offline"):
        hub.download("open", all_tasks(), tmp_path / "t", wanted=[task_of(CAUSES)])


def test_a_hub_that_cannot_be_reached_is_one_line(
    tmp_path: Path, stand_in: StandInHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(DataError, match="General-Bench-Openset") as caught:
        hub.download("open", all_tasks(), tmp_path / "t", wanted=[task_of(CAUSES)])
    assert "\n" not in str(caught.value)


def test_offline_uses_what_is_there_and_unpacks_what_is_wanted(filled: StandInHub, tmp_path: Path) -> None:
    target = tmp_path / "t"
    with pytest.raises(DataError, match="nothing downloaded yet"):
        hub.download("open", all_tasks(), target, True)
    (target / "video/comprehension").mkdir(parents=True)
    packed = filled.store / "video/comprehension/ColorMatch.zip"
    for name in ("ColorMatch.zip", "PetsVQA.zip"):
        (target / "video/comprehension" / name).write_bytes(packed.read_bytes())
    hub.download("open", all_tasks(), target, True, wanted=[task_of(COLOR)])
    assert (target / "video/comprehension/ColorMatch/annotation.json").is_file()
    assert not (target / "video/comprehension/PetsVQA").exists()
    hub.download("open", all_tasks(), target, True)
    assert filled.requests == []


def test_a_name_that_leaves_the_folder_is_refused(filled: StandInHub, tmp_path: Path) -> None:
    evil = filled.store / "nlp/Causal-Reasoning" / "..\\..\\evil.json"
    evil.write_text("{}")
    with pytest.raises(DataError, match=r"1 of 2 tasks are not complete: .* leave the folder, refused"):
        hub.download("open", all_tasks(), tmp_path / "t", wanted=[task_of(BIRD), task_of(CAUSES)])
    assert (tmp_path / "t/image/comprehension/BirdDetection/images/1.png").is_file()
    assert list(tmp_path.rglob("evil.json")) == []


@pytest.mark.parametrize(
    "path",
    [
        "", "/etc/x", "../x", "a/../../x", "C:/x", "C:x", "a\\..\\x", "\\\\host\\x", "a\0",
        "a/\udfff", "ä" * 128, "a/" * 1100,
    ],
)  # fmt: skip
def test_names_that_leave_the_folder_or_that_no_file_can_have(tmp_path: Path, path: str) -> None:
    with pytest.raises(FileError, match="refused"):
        place_of(tmp_path, path)


@pytest.mark.parametrize(
    "path", ['3d/Question "Can"?/a.json', "nlp/a:b <c> | d/*.json", "nlp/ä ö/…", "a/./b"]
)
def test_names_that_are_unusual(tmp_path: Path, path: str) -> None:
    assert place_of(tmp_path, path) == tmp_path / path


def test_a_token_goes_to_the_hub_alone(
    filled: StandInHub, hub_store: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub_store.file("image/comprehension/BirdDetection/images/large.bin", bytes(LARGE))
    hub.download("open", all_tasks(), tmp_path / "t", wanted=[task_of(BIRD)])
    assert ("127.0.0.1", "Bearer hf_secret") in filled.tokens
    assert {token for host, token in filled.tokens if host == "localhost"} == {""}


def test_an_unknown_split(tmp_path: Path) -> None:
    with pytest.raises(UnknownWordError, match="close, open"):
        hub.download("both", all_tasks(), tmp_path)


def test_without_the_library_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingDependencyError, match=r"pytest-generalbench\[hub\]"):
        hub.download("open", all_tasks(), tmp_path)


def test_open_data_from_the_hub(filled: StandInHub, tmp_path: Path) -> None:
    source = open_data("hub", "open", all_tasks(), cache=tmp_path / "c")
    assert filled.listed == []
    assert source.load(task_of(CARS)) is None
    assert (source.name, source.is_demo, source.split) == ("hub", False, "open")
    data = source.load(task_of(CAUSES))
    assert data is not None
    assert source.load(task_of(CARS)) is None
    again = open_data("hub", "open", all_tasks(), cache=tmp_path / "c", offline=True)
    assert again.root == source.root


def test_a_hub_that_fails_again_and_again_is_asked_no_more(filled: StandInHub, tmp_path: Path) -> None:
    source = open_data("hub", "open", all_tasks(), cache=tmp_path / "c")
    assert source.load(task_of(CAUSES)) is not None
    filled.faults.append(Fault("status", times=99, number=403))
    for task_id in (BIRD, COLOR, PETS):
        with pytest.raises(DataError, match="403"):
            source.load(task_of(task_id))
    asked = len(filled.requests)
    with pytest.raises(DataError, match="403"):
        source.load(task_of(BIRD))
    assert len(filled.requests) == asked
    assert source.load(task_of(CAUSES)) is not None  # it is there
    filled.faults.clear()
    assert open_data("hub", "open", all_tasks(), cache=tmp_path / "c").load(task_of(BIRD)) is not None


def test_a_text_model_asks_for_the_files_of_no_media_task(filled: StandInHub, tmp_path: Path) -> None:
    model = FakeModel(lambda requests: ["A"] * len(requests))
    model.input_media = frozenset({"text"})
    run = evaluation(tmp_path, model, [])
    run.data = open_data("hub", "open", all_tasks(), cache=tmp_path / "c")
    states = {task.id: run.run(task).state for task in map(task_of, (BIRD, COLOR, PETS, CAUSES))}
    assert states == {BIRD: "unsupported", COLOR: "unsupported", PETS: "unsupported", CAUSES: "scored"}
    assert filled.fetched == {"nlp/Causal-Reasoning/annotation.json"}
    assert {path for path in filled.listed if path} <= {"nlp", "nlp/Causal-Reasoning"}
