from __future__ import annotations

import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.errors import DataError, MissingDependencyError, UnknownWordError
from pytest_generalbench.suite.data import DataFolder, open_data
from pytest_generalbench.suite.data.fetch import hub
from tests.data.fake_hub import FakeHub
from tests.data.trees import BIRD, CARS, CAUSES, COLOR, PETS, Tree, all_tasks, question, task_of
from tests.fakes import FakeModel, evaluation

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def fake(tmp_path: Path) -> FakeHub:
    store = Tree(tmp_path / "store")
    store.annotation("nlp/Causal-Reasoning/annotation.json")
    store.annotation("nlp/Strange/annotation.json")
    store.annotation("image/comprehension/BirdDetection/bird_detection.json")
    store.image("image/comprehension/BirdDetection/images/1.png")
    store.annotation("image/comprehension/BirdDetection2/bird_detection.json")
    store.annotation("image/generation/anything/annotation.json")
    store.file("README.md", "x")
    packed = Tree(tmp_path / "packed").annotation("annotation.json", [question(1)])
    (store.root / "video/comprehension").mkdir(parents=True)
    with zipfile.ZipFile(store.root / "video/comprehension/ColorMatch.zip", "w") as archive:
        archive.write(packed, "annotation.json")
    return FakeHub(store.root)


def fetched(target: Path) -> list[str]:
    files = (path for path in target.rglob("*") if path.is_file() and ".generalbench" not in path.parts)
    return sorted(path.relative_to(target).as_posix() for path in files)


def test_only_the_wanted_folders_come(fake: FakeHub, tmp_path: Path) -> None:
    answers: list[str] = []
    wanted = [task_of(BIRD), task_of(CARS)]
    target = hub.download("open", all_tasks(), tmp_path / "t", False, answers.append, wanted=wanted, api=fake)
    at = "image/comprehension/BirdDetection"
    assert fetched(target) == [f"{at}/bird_detection.json", f"{at}/images/1.png"]
    assert fake.listed == [None, "image", "image/comprehension"]
    assert fake.repositories == {"General-Level/General-Bench-Openset"}
    assert answers == [f"1/2 {BIRD}: {at}", f"2/2 {CARS}: no folder of that name on the hub"]


def test_what_is_packed_is_unpacked(fake: FakeHub, tmp_path: Path) -> None:
    target = hub.download("open", all_tasks(), tmp_path / "t", wanted=[task_of(COLOR)], api=fake)
    files = DataFolder(target, all_tasks()).find(task_of(COLOR))
    assert files is not None
    assert files.annotation == target / "video/comprehension/ColorMatch/annotation.json"


def test_what_is_complete_is_not_asked_for_again(fake: FakeHub, tmp_path: Path) -> None:
    wanted = [task_of(CAUSES), task_of(PETS)]
    for _ in range(2):
        target = hub.download("open", all_tasks(), tmp_path / "t", wanted=wanted, api=fake)
    assert fake.listed == [None, "nlp", "video", "video/comprehension"]
    hub.download("open", all_tasks(), tmp_path / "t", wanted=wanted, api=fake, refresh=True)
    assert len(fake.listed) == 8
    (target / "nlp/Causal-Reasoning/annotation.json").unlink()
    (target / "nlp/Causal-Reasoning").rmdir()
    hub.download("open", all_tasks(), tmp_path / "t", wanted=wanted, api=fake)
    assert fetched(target) == ["nlp/Causal-Reasoning/annotation.json"]


def test_the_close_set_is_another_repository(fake: FakeHub, tmp_path: Path) -> None:
    hub.download("close", all_tasks(), tmp_path / "t", wanted=[task_of(CAUSES)], api=fake)
    assert fake.repositories == {"General-Level/General-Bench-Closeset"}


def test_a_hub_without_the_wanted_leaves_nothing(fake: FakeHub, tmp_path: Path) -> None:
    target = hub.download("open", all_tasks(), tmp_path / "t", wanted=[task_of(CARS)], api=fake)
    assert not hub.has_data(target)


@pytest.mark.parametrize("error", [OSError("no\nroute"), ValueError("bad repository"), RuntimeError("x")])
def test_a_hub_that_fails_is_one_line(fake: FakeHub, tmp_path: Path, error: Exception) -> None:
    fake.broken = error
    with pytest.raises(DataError, match="General-Bench-Openset") as caught:
        hub.download("open", all_tasks(), tmp_path / "t", api=fake)
    assert "\n" not in str(caught.value)


def test_offline_uses_what_is_there_and_unpacks_it(fake: FakeHub, tmp_path: Path) -> None:
    target = tmp_path / "t"
    with pytest.raises(DataError, match="nothing downloaded yet"):
        hub.download("open", all_tasks(), target, True, api=fake)
    (target / "video/comprehension").mkdir(parents=True)
    packed = fake.store / "video/comprehension/ColorMatch.zip"
    (target / "video/comprehension/ColorMatch.zip").write_bytes(packed.read_bytes())
    hub.download("open", all_tasks(), target, True, api=fake)
    assert (target / "video/comprehension/ColorMatch/annotation.json").is_file()
    assert fake.listed == []


def test_patterns_take_names_literally(tmp_path: Path) -> None:
    store = Tree(tmp_path / "store")
    store.annotation("image/comprehension/Bird[Det]ection/annotation.json")
    store.annotation("image/comprehension/BirdDection/annotation.json")
    fake = FakeHub(store.root)
    target = hub.download("open", all_tasks(), tmp_path / "t", wanted=[task_of(BIRD)], api=fake)
    assert fetched(target) == ["image/comprehension/Bird[Det]ection/annotation.json"]


def test_an_unknown_split(tmp_path: Path) -> None:
    with pytest.raises(UnknownWordError, match="close, open"):
        hub.download("both", all_tasks(), tmp_path)


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingDependencyError, match=r"pytest-generalbench\[hub\]"):
        hub.hub_api()


def test_the_real_hub_has_the_calls() -> None:
    pytest.importorskip("huggingface_hub")
    api = hub.hub_api()
    assert callable(api.list_repo_tree)
    assert callable(api.snapshot_download)


def test_open_data_from_the_hub(fake: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "hub_api", lambda: fake)
    source = open_data("hub", "open", all_tasks(), cache=tmp_path / "c")
    assert fake.listed == []
    assert source.load(task_of(CARS)) is None
    assert (source.name, source.is_demo, source.split) == ("hub", False, "open")
    data = source.load(task_of(CAUSES))
    assert data is not None
    assert source.load(task_of(CARS)) is None
    again = open_data("hub", "open", all_tasks(), cache=tmp_path / "c", offline=True)
    assert again.root == source.root


def test_a_text_model_asks_for_the_files_of_no_media_task(
    fake: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "hub_api", lambda: fake)
    model = FakeModel(lambda requests: ["A"] * len(requests))
    model.input_media = frozenset({"text"})
    run = evaluation(tmp_path, model, [])
    run.data = open_data("hub", "open", all_tasks(), cache=tmp_path / "c")
    states = {task.id: run.run(task).state for task in map(task_of, (BIRD, COLOR, PETS, CAUSES))}
    assert states == {BIRD: "unsupported", COLOR: "unsupported", PETS: "unsupported", CAUSES: "scored"}
    assert fake.patterns
    assert all(pattern.lower().startswith("nlp/") for pattern in fake.patterns)
    assert {path for path in fake.listed if path} <= {"nlp"}
