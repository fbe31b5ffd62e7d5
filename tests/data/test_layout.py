from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.errors import DataError, UnknownWordError
from pytest_generalbench.suite.data import DataFolder
from pytest_generalbench.suite.data.locate.layout import group_at
from tests.data.trees import BIRD, CARS, CAUSES, CHAIRS, COLOR, Tree, all_tasks, task_of

if TYPE_CHECKING:
    from pathlib import Path


def found(tree: Tree, task_id: str, split: str = "open") -> str | None:
    files = tree.folder(split).find(task_of(task_id))
    return files.annotation.relative_to(tree.root).as_posix() if files else None


@pytest.mark.parametrize(
    "path",
    [
        "image/comprehension/BirdDetection/bird_detection.json",
        "Image/Comprehension/Bird-Detection/annotation.json",
        "IMAGE/comprehension/bird_detection/json/annotation.json",
        "image/comprehension/BirdDetection/json/annotation_v2.json",
        "image/comprehension/BirdDetection/BirdDetection.json",
        "image/comprehension/BirdDetection/Bird-Detection/annotation.json",
        "image/comprehension/BirdDetection/anything.json",
        "image/comprehension/BirdDetection/json/anything.json",
        "General-Bench-Openset/image/comprehension/BirdDetection/annotation.json",
        "general-bench-openset/image/comprehension/BirdDetection/annotation.json",
    ],
)
def test_a_task_is_found_under_every_layout(tree: Tree, path: str) -> None:
    tree.annotation(path)
    assert found(tree, BIRD) == path
    assert tree.folder().unmatched() == []
    assert tree.folder().doubts() == []


def test_language_and_3d_lie_where_they_do(tree: Tree) -> None:
    tree.annotation("NLP/Causal-Reasoning/annotation.json")
    tree.annotation("3D/comprehension/3d_furniture_classification/annotation.json")
    assert found(tree, CAUSES) == "NLP/Causal-Reasoning/annotation.json"
    assert found(tree, CHAIRS) == "3D/comprehension/3d_furniture_classification/annotation.json"


def test_a_3d_task_may_lie_in_the_folder_of_its_group(tree: Tree) -> None:
    tree.annotation("3D/comprehension/3d_classification/3d-furniture-classification/annotation.json")
    assert found(tree, CHAIRS) is not None
    assert tree.folder().unmatched() == []


def test_the_newest_version_wins(tree: Tree) -> None:
    folder = "image/comprehension/BirdDetection/json"
    for name in ("annotation.json", "annotation_v2.json", "annotation_v10.json"):
        tree.annotation(f"{folder}/{name}")
    assert found(tree, BIRD) == f"{folder}/annotation_v10.json"


def test_predictions_beside_are_no_annotations(tree: Tree) -> None:
    folder = "video/comprehension/ColorMatch"
    tree.annotation(f"{folder}/ColorMatch.json")
    tree.file(f"{folder}/prediction.json", "[]")
    tree.annotation(f"{folder}/predictions_ColorMatch.json")
    assert found(tree, COLOR) == f"{folder}/ColorMatch.json"


def test_two_files_that_could_be_it_are_named(tree: Tree) -> None:
    tree.annotation("image/comprehension/BirdDetection/one.json")
    tree.annotation("image/comprehension/BirdDetection/two.json")
    with pytest.raises(DataError, match=r"one\.json and two\.json"):
        found(tree, BIRD)


def test_a_file_without_data_is_not_the_annotation(tree: Tree) -> None:
    tree.file("image/comprehension/BirdDetection/classes.json", '{"bird": 1}')
    tree.annotation("image/comprehension/BirdDetection/items.json", others={"note": "x" * 70_000})
    assert found(tree, BIRD) == "image/comprehension/BirdDetection/items.json"


@pytest.mark.parametrize(
    ("key", "name"), [("task", "car brands recognition"), ("task_fullname", "Car Brands")]
)
def test_a_folder_without_a_known_name_is_found_by_the_task_inside(tree: Tree, key: str, name: str) -> None:
    tree.annotation("image/comprehension/set_17/annotation.json", **{key: name})
    if name == "Car Brands":  # not a whole name: nothing is guessed
        assert found(tree, CARS) is None
        assert tree.folder().unmatched() == [tree.root / "image/comprehension/set_17"]
    else:
        assert found(tree, CARS) == "image/comprehension/set_17/annotation.json"
        assert tree.folder().unmatched() == []


def test_the_task_behind_the_data_is_found_too(tree: Tree) -> None:
    text = json.dumps({"data": [{"task": "Bird Detection"}] * 9000, "task": "Car Brands Recognition"})
    tree.file("image/comprehension/set_17/annotation.json", text)
    assert found(tree, CARS) is not None
    assert found(tree, BIRD) is None


def test_a_known_folder_name_is_not_opened(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.annotation("nlp/Causal-Reasoning/annotation.json")
    tree.annotation("nlp/Strange-Set/annotation.json")

    def refuse(path: Path) -> tuple[str, ...]:
        raise AssertionError(path)

    monkeypatch.setattr("pytest_generalbench.suite.data.locate.layout.inside_names", refuse)
    assert found(tree, CAUSES) is not None


def test_folders_that_match_nothing_are_listed_with_the_name_inside(tree: Tree) -> None:
    tree.annotation("nlp/Dialogue-Relation-Extraction/annotation.json", task="Dialogue RE")
    tree.file("image/comprehension/empty_one/readme.txt", "x")
    folder = tree.folder()
    strays = [tree.root / "image/comprehension/empty_one", tree.root / "nlp/Dialogue-Relation-Extraction"]
    assert folder.unmatched() == strays
    assert [folder.inside_name(stray) for stray in strays] == [None, "Dialogue RE"]


def test_two_folders_of_one_task_are_an_error_that_names_both(tree: Tree) -> None:
    tree.annotation("image/comprehension/Bird-Species-Recognition/annotation.json")
    tree.annotation("image/comprehension/bird_species_recognition/annotation.json")
    with pytest.raises(DataError, match=r"Bird-Species-Recognition and .*bird_species_recognition"):
        found(tree, "image/comprehension/bird-species-recognition")


def test_of_two_folders_the_only_one_with_an_annotation_is_taken(tree: Tree) -> None:
    tree.file("image/comprehension/Bird-Species-Recognition/images/1.png", b"x")
    tree.annotation("image/comprehension/bird_species_recognition/annotation.json")
    assert found(tree, "image/comprehension/bird-species-recognition") is not None


def test_a_weaker_second_folder_is_a_doubt(tree: Tree) -> None:
    tree.annotation("image/comprehension/BirdDetection/annotation.json")
    tree.annotation("image/comprehension/bird-detection/annotation.json")
    tree.annotation("image/comprehension/set_9/annotation.json", task="bird detection")
    assert found(tree, BIRD) == "image/comprehension/BirdDetection/annotation.json"
    doubts = tree.folder().doubts()
    assert len(doubts) == 2
    assert all("a second folder of image/comprehension/bird-detection" in doubt for doubt in doubts)


def test_a_name_of_two_tasks_is_refused_unless_the_file_says_which(tree: Tree) -> None:
    long, wild = "audio/comprehension/long-audio-captioning", "audio/comprehension/wild-audio-captioning"
    path = "audio/comprehension/AudioCaps/annotation.json"
    tree.annotation(path)
    with pytest.raises(DataError, match=r"long-audio-captioning and for .*wild-audio-captioning"):
        found(tree, long)
    assert any("stands for" in doubt for doubt in tree.folder().doubts())
    tree.annotation(path, task="Wild Audio Captioning")
    assert found(tree, wild) == path
    assert found(tree, long) is None
    assert tree.folder().doubts() == []


def test_a_folder_without_annotation_is_an_error(tree: Tree) -> None:
    tree.image("image/comprehension/BirdDetection/images/1.png")
    with pytest.raises(DataError, match="no annotation file"):
        found(tree, BIRD)


def test_an_archive_beside_is_known_as_packed(tree: Tree) -> None:
    archive = tree.file("video/comprehension/ColorMatch.zip", b"PK")
    folder = tree.folder()
    assert folder.find(task_of(COLOR)) is None
    assert folder.packed(task_of(COLOR)) == archive
    assert folder.packed(task_of(CARS)) is None


def test_the_split_chooses_the_tree(tree: Tree) -> None:
    tree.annotation("General-Bench-Closeset/nlp/Causal-Reasoning/annotation.json")
    assert found(tree, CAUSES, "close") is not None
    with pytest.raises(DataError, match="generalbench-split=close"):
        tree.folder("open")


def test_a_root_that_is_none_says_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        DataFolder(tmp_path / "nowhere", all_tasks())
    with pytest.raises(DataError, match="expected folders named image, video"):
        DataFolder(tmp_path, all_tasks())
    with pytest.raises(UnknownWordError, match="close, open"):
        DataFolder(tmp_path, all_tasks(), "shut")


@pytest.mark.parametrize(
    ("parts", "group"),
    [
        (("3D", "comprehension"), ("3d", "comprehension")),
        (("nlp",), ("nlp", None)),
        (("nlp", "comprehension"), None),
        (("image",), None),
        (("image", "others"), None),
    ],
)
def test_groups(parts: tuple[str, ...], group: tuple[str, str | None] | None) -> None:
    assert group_at(parts) == group
