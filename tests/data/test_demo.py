from __future__ import annotations

import hashlib
import json
import multiprocessing
import struct
import zlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.media.media import open_image
from pytest_generalbench.suite import demo
from pytest_generalbench.suite.data import FolderSource, TaskData, open_data
from pytest_generalbench.suite.demo.rng import Dice
from tests.builders import make_task
from tests.data.trees import CAUSES, all_tasks, task_of

COVERED = [task for task in all_tasks() if demo.covers(task)]


@pytest.fixture(scope="module")
def source(shared_cache: Path) -> FolderSource:
    opened = open_data("demo", "open", all_tasks(), cache=shared_cache)
    assert isinstance(opened, FolderSource)
    return opened


@pytest.fixture(scope="module")
def loaded(source: FolderSource) -> dict[str, TaskData]:
    found = {task.id: source.load(task) for task in COVERED}
    return {task_id: data for task_id, data in found.items() if data is not None}


def digests(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
    }


def test_every_task_has_data_without_a_problem(loaded: dict[str, TaskData]) -> None:
    assert len(COVERED) == len(loaded) == 699
    assert {task_id: data.problems[0] for task_id, data in loaded.items() if data.problems} == {}
    assert all(len(data.instances) == 8 for data in loaded.values())
    told = {task_id for task_id, data in loaded.items() if data.references == 8}
    # What is made of words alone, or scored by people or by looks, has no reference in some data sets.
    assert all("/generation/" in task_id for task_id in set(loaded) - told)
    assert all(data.references in (0, 8) for data in loaded.values())


def test_no_folder_is_left_over(source: FolderSource) -> None:
    assert source.folder.unmatched() == []
    assert source.folder.doubts() == []


def test_it_is_labelled(loaded: dict[str, TaskData]) -> None:
    for data in loaded.values():
        assert data.header["others"]["note"] == "synthetic demo data"
        assert data.header["set_type"] == "openset"
        assert data.header["version"] == "1.0"


def test_no_constant_answer_is_right_more_than_half_the_time(loaded: dict[str, TaskData]) -> None:
    for task_id, data in loaded.items():
        if data.references == 0:
            continue
        references = Counter(json.dumps(i.reference, sort_keys=True) for i in data.instances)
        most = max(references.values())
        # Two natural classes are mixed four to four; everything else has three references at least.
        assert most < 4 or (most == 4 and len(references) == 2), (task_id, references)


def texts_in(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in texts_in(item)]
    if isinstance(value, list):
        return [text for item in value for text in texts_in(item)]
    return [value] if isinstance(value, str) else []


def test_texts_scored_by_overlap_are_long_enough(loaded: dict[str, TaskData]) -> None:
    scored = ("bleu1", "bleu4", "rouge1", "rougeL", "cider")
    for task in COVERED:
        if task.metric.name in scored and task.archetype != "text_open_qa" and "chinese" not in task.id:
            for instance in loaded[task.id].instances:
                words = max(len(text.split()) for text in texts_in(instance.reference))
                chinese = instance.fields.get("out") == "Chinese"
                assert words >= 5 or chinese or task.metric.name == "cider", (task.id, instance.reference)


def test_gold_letters_are_among_the_options(loaded: dict[str, TaskData]) -> None:
    for task in COVERED:
        if task.archetype == "text_mcqa":
            answers = set()
            for instance in loaded[task.id].instances:
                options = instance.fields["options"]
                assert 3 <= len(set(options)) == len(options) <= 5
                assert "ABCDE".index(instance.reference["answer"]) < len(options)
                answers.add(instance.reference["answer"])
            assert len(answers) >= 3


def test_both_styles_of_media_paths_and_several_reference_keys_occur(source: FolderSource) -> None:
    paths, keys, names = Counter[str](), Counter[str](), Counter[str]()
    for task in COVERED:
        files = source.folder.find(task)
        assert files is not None
        names[files.annotation.relative_to(files.folder).as_posix()] += 1
        if task.archetype == "image_classification":
            first = json.loads(files.annotation.read_bytes())["data"][0]
            given = first["input"]["image_file"]
            paths["stale" if given.startswith("./") else "folder" if "/" in given else "bare"] += 1
            keys.update(list(first["output"]))
    assert set(paths) == {"stale", "folder", "bare"}
    assert set(keys) == {"text", "prediction", "label"}
    assert names["annotation.json"] > 100
    assert names["json/annotation.json"] > 5
    assert names["json/annotation_v2.json"] > 5
    assert sum(name.endswith(".json") and "annotation" not in name for name in names) > 30


def test_it_is_small(source: FolderSource) -> None:
    sizes = [path.stat().st_size for path in source.root.rglob("*") if path.is_file()]
    assert sum(sizes) < 40_000_000
    assert max(sizes) < 50_000


def test_two_writes_are_the_same_to_the_byte(source: FolderSource, tmp_path: Path) -> None:
    again = demo.ensure(tmp_path, all_tasks())
    assert again.name == source.root.name
    assert digests(again) == digests(source.root)


def test_it_is_written_once_and_mended_when_incomplete(tmp_path: Path) -> None:
    few = COVERED[:3]
    root = demo.ensure(tmp_path, few)
    before = root.stat().st_mtime_ns
    assert demo.ensure(tmp_path, few) == root
    assert root.stat().st_mtime_ns == before
    whole = digests(root)
    (root / "demo.json").unlink()
    next(root.rglob("*.json")).unlink()
    assert demo.ensure(tmp_path, few) == root
    assert digests(root) == whole
    assert [path.name for path in tmp_path.iterdir()] == [root.name]


def test_other_tasks_are_another_folder(tmp_path: Path) -> None:
    assert demo.ensure(tmp_path, COVERED[:1]) != demo.ensure(tmp_path, COVERED[:2])


def _ensure(cache: str) -> str:
    return str(demo.ensure(Path(cache), COVERED[:40]))


def test_processes_that_race_agree(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        roots = set(pool.map(_ensure, [str(tmp_path)] * 3))
    assert len(roots) == 1
    assert [path.name for path in tmp_path.iterdir()] == [Path(roots.pop()).name]


def test_a_task_that_a_plugin_brings_gets_data(tmp_path: Path) -> None:
    tasks = [
        make_task(archetype="their_own", official_name="Their Own", name="Their Own", id="nlp/their-own"),
        make_task(id="audio/comprehension/x-y", modality="audio", paradigm="comprehension", archetype="odd",
                  inputs="audio+text", output="text", name="X Y", official_name="X Y"),
    ]  # fmt: skip
    opened = open_data("demo", "open", tasks, cache=tmp_path)
    for task in tasks:
        data = opened.load(task)
        assert data is not None
        assert data.problems == ()
        assert len(data.instances) == 8


def test_a_cache_that_cannot_be_written_names_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match="GENERALBENCH_CACHE"):
        demo.ensure(tmp_path / "file", COVERED[:1])


def test_the_close_set_of_the_demo_has_no_references(shared_cache: Path) -> None:
    data = open_data("demo", "close", all_tasks(), cache=shared_cache).load(task_of(CAUSES))
    assert data is not None
    assert data.references == 0


def test_pictures_can_be_decoded(loaded: dict[str, TaskData]) -> None:
    pytest.importorskip("PIL")
    media = loaded["image/comprehension/crowd-counting"].instances[0].media[0]
    assert open_image(media.path).size == (32, 32)
    raw = media.path.read_bytes()
    place = raw.index(b"IDAT")
    (length,) = struct.unpack(">I", raw[place - 4 : place])
    assert len(zlib.decompress(raw[place + 4 : place + 4 + length])) == 32 * 33


def test_videos_have_their_frames(loaded: dict[str, TaskData]) -> None:
    for task_id in (
        "video/comprehension/pets-video-question-answering",
        "video/comprehension/color-aware-object-matching",
    ):
        (video,) = loaded[task_id].instances[0].media
        assert (video.medium, len(video.paths)) == ("video", 4)
    assert [path.stem for path in video.paths] == ["8", "9", "10", "11"]


def test_dice() -> None:
    dice = Dice("x")
    assert [dice.below(10) for _ in range(6)] == [Dice("x").below(10), *[d for d in _after_one()]]
    assert sorted(dice.shuffled("abcd")) == list("abcd")
    assert Counter(dice.spread("ab", 8)) == {"a": 4, "b": 4}
    assert {dice.between(2, 4) for _ in range(50)} == {2, 3, 4}


def _after_one() -> list[int]:
    dice = Dice("x")
    dice.below(10)
    return [dice.below(10) for _ in range(5)]
