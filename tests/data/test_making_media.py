"""How inputs of tasks that make media are found: under keys nobody has seen, in folders that keys name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.data.trees import Tree, task_of

if TYPE_CHECKING:
    from pytest_generalbench.core.request import Instance

DERAIN = "image/generation/image-deraining"
INPAINT = "image/generation/face-image-inpainting"
SWAP = "image/generation/deep-fake-gen"
VOICE = "audio/generation/voice-conversion"
VIDEO_INPAINT = "video/generation/video-animal-inpainting"

FOLDERS = {
    DERAIN: "image/generation/image_deraining", INPAINT: "image/generation/face_image_inpainting",
    SWAP: "image/generation/deep_fake_generation", VOICE: "audio/generation/VoiceConversion",
    VIDEO_INPAINT: "video/generation/VideoAnimalInpainting",
}  # fmt: skip


def loaded(tree: Tree, task_id: str, given: dict[str, Any], output: Any = None) -> Instance:
    name = task_of(task_id).name
    entry = {"id": "a", "input": given, "output": {"image": "gt.png"} if output is None else output}
    tree.annotation(f"{FOLDERS[task_id]}/annotation.json", [entry], task=name)
    return tree.load(task_id).instances[0]


def shown(tree: Tree, instance: Instance) -> list[tuple[str, list[str]]]:
    return [
        (media.medium, [path.relative_to(tree.root).as_posix().split("/", 3)[3] for path in media.paths])
        for media in instance.media
    ]


@pytest.mark.parametrize("key", ["image_file", "rainy_image", "degraded", "lq_path", "source"])
def test_a_picture_is_found_under_any_key(tree: Tree, key: str) -> None:
    tree.image(f"{FOLDERS[DERAIN]}/rainy/1.png")
    instance = loaded(tree, DERAIN, {key: "rainy/1.png", "prompt": "Take the rain away."})
    assert instance.problem is None
    assert shown(tree, instance) == [("image", ["rainy/1.png"])]


@pytest.mark.parametrize("key", ["target_image", "gt", "ground_truth_path", "output_image", "edited"])
def test_what_is_to_be_made_is_never_shown_though_it_lies_beside_the_input(tree: Tree, key: str) -> None:
    tree.image(f"{FOLDERS[DERAIN]}/1.png")
    tree.image(f"{FOLDERS[DERAIN]}/2.png", 2)
    instance = loaded(tree, DERAIN, {"image_file": "1.png", key: "2.png"})
    assert shown(tree, instance) == [("image", ["1.png"])]


def test_words_that_end_like_a_file_name_are_words(tree: Tree) -> None:
    tree.image(f"{FOLDERS[DERAIN]}/1.png")
    given = {"image_file": "1.png", "prompt": "restore.png", "wish": "make it look like my old photo.png"}
    instance = loaded(tree, DERAIN, given)
    assert instance.problem is None
    assert shown(tree, instance) == [("image", ["1.png"])]


def test_a_file_that_is_lost_under_an_unknown_key_is_missing(tree: Tree) -> None:
    instance = loaded(tree, DERAIN, {"rainy_image": "rainy/9.png"})
    assert instance.problem is not None
    assert instance.problem.state == "missing_media"
    assert "rainy/9.png" in instance.problem.message


def test_a_picture_and_its_mask_of_one_name_are_told_apart_by_their_keys(tree: Tree) -> None:
    for folder in ("images", "masks", "target_images"):
        tree.image(f"{FOLDERS[INPAINT]}/{folder}/1.png")
    instance = loaded(tree, INPAINT, {"image_file": "1.png", "mask_file": "1.png"}, {"image_file": "1.png"})
    assert shown(tree, instance) == [("image", ["images/1.png"]), ("map", ["masks/1.png"])]


def test_in_a_face_swap_the_target_is_an_input(tree: Tree) -> None:
    tree.image(f"{FOLDERS[SWAP]}/a.png")
    tree.image(f"{FOLDERS[SWAP]}/b.png")
    instance = loaded(tree, SWAP, {"source_face": "a.png", "target_face": "b.png"})
    assert [names for _, names in shown(tree, instance)] == [["a.png"], ["b.png"]]


def test_a_target_voice_is_an_input_and_a_target_sound_is_not(tree: Tree) -> None:
    for name in ("said", "voice", "made"):
        tree.sound(f"{FOLDERS[VOICE]}/audios/{name}.wav")
    given = {"audio_file": "said.wav", "target_voice": "voice.wav", "target_audio": "made.wav"}
    instance = loaded(tree, VOICE, given, {"text": "Good morning."})
    assert [names for _, names in shown(tree, instance)] == [["audios/said.wav"], ["audios/voice.wav"]]


def test_the_masks_of_a_video_are_the_frames_of_their_folder_in_order(tree: Tree) -> None:
    for number in (1, 2, 10):
        tree.image(f"{FOLDERS[VIDEO_INPAINT]}/frames/c/{number}.png")
        tree.image(f"{FOLDERS[VIDEO_INPAINT]}/masks/c/{number}.png")
    given = {"video_folder": "frames/c", "mask_folder": "c"}
    instance = loaded(tree, VIDEO_INPAINT, given, {"frame_dir": "gt/c"})
    assert shown(tree, instance) == [
        ("video", [f"frames/c/{number}.png" for number in (1, 2, 10)]),
        ("map", [f"masks/c/{number}.png" for number in (1, 2, 10)]),
    ]


def test_masks_do_not_lead_out_of_the_data_folder(tree: Tree) -> None:
    tree.image(f"{FOLDERS[INPAINT]}/images/1.png")
    instance = loaded(tree, INPAINT, {"image_file": "1.png", "mask_file": "../../../../etc/1.png"})
    assert instance.problem is not None
    assert instance.problem.state == "missing_media"
