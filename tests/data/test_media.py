from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench.core.errors import MediaError
from pytest_generalbench.suite.data.read.media_files import MediaFinder, inside, natural_key
from tests.data.trees import CHAIRS, COLOR, PETS, SPEECH, Tree, pictured

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_generalbench.core.request import Instance

CARS_AT = "image/comprehension/car_brands_recognition"


def car(tree: Tree, path: Any, key: str = "image_file") -> Instance:
    entry = {"id": "a", "input": {key: path, "prompt": "?"}, "output": {"text": "Audi"}}
    return tree.cars(entry).instances[0]


def names(instance: Instance) -> list[list[str]]:
    return [[path.name for path in media.paths] for media in instance.media]


@pytest.mark.parametrize(
    "path",
    [
        "1.png",
        "images/1.png",
        "./images/1.png",
        "./data/comprehension/car_brands/images/1.png",
        "images\\1.png",
        ".\\data\\images\\1.png",
        "IMAGES/1.PNG",
        " images/1.png ",
    ],
)
def test_a_path_is_found_however_it_is_written(tree: Tree, path: str) -> None:
    image = tree.image(f"{CARS_AT}/images/1.png")
    instance = car(tree, path)
    assert instance.problem is None
    assert instance.media[0].path.resolve() == image.resolve()


@pytest.mark.parametrize("folder", ["image", "imgs", "Images", "train/deep/down", "."])
def test_a_bare_name_is_found_in_any_folder_of_the_task(tree: Tree, folder: str) -> None:
    tree.image(f"{CARS_AT}/{folder}/1.png")
    assert car(tree, "1.png").problem is None


@pytest.mark.parametrize("folder", ["masks", "gt", "Labels", "target_images"])
def test_a_reference_of_the_same_name_never_stands_in_for_a_lost_input(tree: Tree, folder: str) -> None:
    tree.image(f"{CARS_AT}/{folder}/1.png")
    assert car(tree, "1.png").problem is not None


def test_the_longer_common_path_decides_and_a_tie_is_refused(tree: Tree) -> None:
    tree.image(f"{CARS_AT}/a/x/1.png")
    tree.image(f"{CARS_AT}/b/y/1.png")
    assert names(car(tree, "somewhere/y/1.png")) == [["1.png"]]
    assert "/b/y/" in car(tree, "somewhere/y/1.png").media[0].path.as_posix()
    problem = car(tree, "1.png").problem
    assert problem is not None
    assert "fits a/x/1.png and b/y/1.png alike" in problem.message


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("../../../../etc/passwd", "'..' is refused"),
        ("images/../../x/1.png", "'..' is refused"),
        ("..\\..\\secret.png", "'..' is refused"),
        ("/etc/passwd", "absolute path"),
        ("C:\\data\\1.png", "absolute path"),
        ("\\\\host\\share\\1.png", "absolute path"),
        ("~/1.png", "absolute path"),
        ("a\0b.png", "not a path"),
        ("", "not a path"),
        ("./", "not a path"),
        ("nothing.png", "no such file"),
        ("x" * 5000, "no such file"),
        ("\ud800.png", "no such file"),
        (7, "expected a path, found int"),
        ([["a.png"]], "expected a path, found list"),
        ([], "the list of paths is empty"),
    ],
)
def test_a_path_that_is_none_or_leads_out_is_missing_media(tree: Tree, path: Any, text: str) -> None:
    tree.image(f"{CARS_AT}/images/1.png")
    instance = car(tree, path)
    assert instance.problem is not None
    assert instance.problem.state == "missing_media"
    assert text in instance.problem.message
    assert instance.media == ()
    assert instance.reference == {"text": "Audi"}


def test_links_that_leave_the_data_folder_are_refused(tree: Tree, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "s.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    folder = tree.root / CARS_AT / "images"
    folder.mkdir(parents=True)
    (folder / "s.png").symlink_to(outside / "s.png")
    (folder / "out").symlink_to(outside)
    tree.image(f"{CARS_AT}/store/1.png")
    (folder / "ok.png").symlink_to(folder.parent / "store/1.png")
    for path in ("s.png", "images/out/s.png"):
        problem = car(tree, path).problem
        assert problem is not None
        assert "leaves the data folder" in problem.message
    assert car(tree, "ok.png").problem is None


def test_a_snapshot_of_the_hub_may_link_to_its_blobs(tmp_path: Path) -> None:
    repository = tmp_path / "datasets--x"
    (repository / "blobs").mkdir(parents=True)
    (repository / "blobs/abc").write_bytes(b"x")
    (repository / "snapshots/rev").mkdir(parents=True)
    (repository / "snapshots/rev/1.png").symlink_to("../../blobs/abc")
    (repository / "snapshots/rev/2.png").symlink_to("../../other")
    assert inside(repository / "snapshots/rev/1.png", repository / "snapshots/rev")
    assert not inside(repository / "snapshots/rev/2.png", repository / "snapshots/rev")


@pytest.mark.parametrize("content", [b"", b"not a picture"])
def test_corrupt_media_are_missing_and_the_others_stay(tree: Tree, content: bytes) -> None:
    tree.file(f"{CARS_AT}/images/1.png", content)
    tree.image(f"{CARS_AT}/images/2.png")
    first, second = tree.cars(pictured(1), pictured(2)).instances
    assert first.problem is not None
    assert first.problem.state == "missing_media"
    assert "1.png" in first.problem.message
    assert second.problem is None


@pytest.mark.parametrize("key", ["images", "image_files", "image_file_list", "image", "image_paths"])
def test_a_list_of_images_is_several_media_in_order(tree: Tree, key: str) -> None:
    for number in (1, 2, 10):
        tree.image(f"{CARS_AT}/images/{number}.png")
    instance = car(tree, ["10.png", "images/2.png", "1.png"], key)
    assert names(instance) == [["10.png"], ["2.png"], ["1.png"]]
    assert {media.field for media in instance.media} == {key}


def test_numbered_keys_objects_and_unknown_keys(tree: Tree) -> None:
    for number in (1, 2):
        tree.image(f"{CARS_AT}/images/{number}.png")
    fields = {"image_1": "1.png", "image_2": "2.png", "image_3": None, "note": "see 1.png"}
    instance = tree.cars({"id": "a", "input": fields, "output": "x"}).instances[0]
    assert names(instance) == [["1.png"], ["2.png"]]
    assert names(car(tree, {"left": "2.png", "right": "1.png"}, "images")) == [["2.png"], ["1.png"]]
    assert names(car(tree, "2.png", "photo_of_the_car")) == [["2.png"]]


def test_a_list_of_frames_is_one_video_in_its_own_order(tree: Tree) -> None:
    at = "video/comprehension/PetsVideoQuestionAnswering"
    for clip in ("a", "b"):
        for number in (1, 2, 3):
            tree.image(f"{at}/videos/{clip}/{number:04d}.png", number)
    frames = ["b/0003.png", "b/0001.png"]
    entry = {"id": 1, "input": {"video_file_list": frames, "prompt": "?"}, "output": {"text": "yes"}}
    tree.annotation(f"{at}/annotation.json", [entry])
    (video,) = tree.load(PETS).instances[0].media
    assert video.medium == "video"
    assert ["/".join(path.parts[-2:]) for path in video.paths] == frames


def test_a_lost_frame_is_not_replaced_by_one_of_another_clip(tree: Tree) -> None:
    at = "video/comprehension/PetsVideoQuestionAnswering"
    tree.image(f"{at}/videos/a/0001.png")
    entry = {"id": 1, "input": {"video_file_list": ["b/0001.png"], "prompt": "?"}, "output": {"text": "yes"}}
    tree.annotation(f"{at}/annotation.json", [entry])
    problem = tree.load(PETS).instances[0].problem
    assert problem is not None
    assert problem.state == "missing_media"


@pytest.mark.parametrize("key", ["video_folder", "video", "video_path"])
def test_a_folder_of_frames_is_one_video_in_natural_order(tree: Tree, key: str) -> None:
    at = "video/comprehension/ColorMatch"
    for number in (1, 2, 9, 10, 11):
        tree.image(f"{at}/images/000001/frame{number}.png", number)
    tree.file(f"{at}/images/000001/notes.txt", "x")
    entry = {"id": 1, "input": {key: "images/000001", "prompt": "?"}, "output": {"answer": "A"}}
    tree.annotation(f"{at}/ColorMatch.json", [entry])
    (video,) = tree.load(COLOR).instances[0].media
    assert [path.stem for path in video.paths] == ["frame1", "frame2", "frame9", "frame10", "frame11"]


def test_a_folder_that_is_missing_or_empty(tree: Tree) -> None:
    at = "video/comprehension/ColorMatch"
    (tree.root / at / "images/000002").mkdir(parents=True)
    entries = [
        {"id": place, "input": {"video_folder": place, "prompt": "?"}, "output": {"answer": "A"}}
        for place in ("images/000001", "images/000002", "../images")
    ]
    tree.annotation(f"{at}/ColorMatch.json", entries)
    parts = [i.problem.message.rsplit(": ", 1)[1] for i in tree.load(COLOR).instances if i.problem]
    assert [line.split(" in ")[0].split(";")[0] for line in parts] == [
        "no such folder of frames",
        "no image files",
        "'..' is refused",
    ]


def test_sounds_with_backslashes(tree: Tree) -> None:
    tree.sound("audio/comprehension/SpeechCommand/audios/up/file_1.wav")
    entry = {"id": "a", "input": {"audio_file": "up\\file_1.wav", "prompt": "?"}, "output": {"text": "up"}}
    tree.annotation("audio/comprehension/SpeechCommand/speech_command.json", [entry])
    (sound,) = tree.load(SPEECH).instances[0].media
    assert (sound.medium, sound.path.name) == ("audio", "file_1.wav")


@pytest.mark.parametrize("key", ["point_cloud", "pointcloud", "pointcloud_file", "point_file", "file"])
def test_point_clouds(tree: Tree, key: str) -> None:
    tree.file("3D/comprehension/3d-furniture-classification/pointclouds/1.ply", b"ply\n")
    entry = {"id": 1, "input": {key: "1.ply", "prompt": "?"}, "output": {"text": "chair"}}
    tree.annotation("3D/comprehension/3d-furniture-classification/annotation.json", [entry])
    (points,) = tree.load(CHAIRS).instances[0].media
    assert points.medium == "pointcloud"


def test_the_depth_tasks_give_the_video_as_plain_input(tree: Tree) -> None:
    at = "video/comprehension/SynVDE"
    tree.file(f"{at}/video/clip.mp4", b"\0\0\0\x18ftypmp42")
    tree.annotation(f"{at}/annotation.json", [{"id": "a", "input": "clip.mp4", "output": "clip.npz"}])
    instance = tree.load("video/comprehension/sythetic-video-depth-estimation").instances[0]
    assert [(media.medium, media.field) for media in instance.media] == [("video", "input")]
    assert instance.reference == "clip.npz"


def test_a_detection_task_loads_with_its_raw_reference(tree: Tree) -> None:
    tree.image("image/comprehension/BirdDetection/images/1.png")
    boxes = {"text": {"bird": [[1, 2, 3, 4]]}}
    tree.annotation("image/comprehension/BirdDetection/bird_detection.json", [pictured(1, output=boxes)])
    data = tree.load("image/comprehension/bird-detection")
    assert data.problems == ()
    assert data.instances[0].reference == boxes


def test_the_index_is_made_only_when_a_path_failed(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.image(f"{CARS_AT}/images/1.png")

    def refuse(*_: object) -> None:
        raise AssertionError("walked")

    monkeypatch.setattr("pytest_generalbench.suite.data.read.media_files.os.walk", refuse)
    assert car(tree, "./data/old/images/1.png").problem is None
    with pytest.raises(AssertionError, match="walked"):
        assert car(tree, "2.png").problem


def test_natural_order_and_endless_digits() -> None:
    given = ["b2", "a10", "a9", "9" * 6000, "10", "9", "²"]
    assert sorted(given, key=natural_key)[:2] == ["9", "10"]
    assert sorted(["a10", "a9"], key=natural_key) == ["a9", "a10"]


def test_a_folder_that_cannot_be_listed_has_nothing(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no such file"):
        MediaFinder(tmp_path / "gone", tmp_path).file("x.png")


def test_an_instance_that_shows_thousands_of_pictures_is_refused(tree: Tree) -> None:
    tree.image("image/comprehension/car_brands_recognition/images/1.png")
    many = pictured(1)
    many["input"]["image_file"] = ["1.png"] * 1001
    good, bad = tree.cars(pictured(1), {**many, "id": "many"}).instances
    assert good.problem is None
    assert bad.problem is not None
    assert "1001 files, more than the 1000" in bad.problem.message
