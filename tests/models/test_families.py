from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench.core.errors import MissingDependencyError, ModelError
from pytest_generalbench.core.media.media import Media
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.models import Model, make_model
from pytest_generalbench.models.transformers.encoding import decoded_parts
from pytest_generalbench.models.transformers.processors import Senses
from pytest_generalbench.models.transformers.speech_recognition import SpeechModel
from tests.builders import make_task
from tests.models.families import FAMILIES
from tests.models.test_openai import write_wave
from tests.models.tiny import save_image_text_model, save_janus, save_text_model

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
]
pytest.importorskip("torch")
pytest.importorskip("transformers")
PIL = pytest.importorskip("PIL.Image")

WORDS, PICTURES, SOUNDS = "bias-detection", "mall-crowd", "accent-classification"
VIDEOS = "pets-video-recognition"
RUNS = {
    "qwen2": (WORDS,),
    "mistral": (WORDS,),
    "gemma": (WORDS,),
    "gpt2": (WORDS,),
    "t5": (WORDS,),
    "llama": (WORDS,),
    "llava": (WORDS, PICTURES),
    "janus": (WORDS, PICTURES),
    "idefics3": (WORDS, PICTURES),
    "paligemma": (WORDS, PICTURES),
    "qwen2_audio": (WORDS, SOUNDS),
    "qwen2_5_vl": (WORDS, PICTURES, VIDEOS),
    "whisper": ("speech-translation-zh-to-en",),
}
SAVED = {**FAMILIES, "llama": save_text_model, "llava": save_image_text_model, "janus": save_janus}

# One process for all, which loads torch once; one thread each, as beside another worker.
DRIVER = """
import json, os, sys, pytest
os.environ["PYTEST_XDIST_WORKER_COUNT"] = str(os.cpu_count())
codes = {}
for name, words in json.loads(sys.argv[1]).items():
    codes[name] = int(pytest.main([
        f"--generalbench-model=hf:{name}", f"--generalbench-run=run-{name}", "--generalbench-limit=2",
        "--generalbench-offline", "--generalbench-model-frames=2", "-q", "-k", " or ".join(words),
    ]))
open("codes.json", "w").write(json.dumps(codes))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("families")
    for name, save in SAVED.items():
        save(made / name)
    return made


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    place = tmp_path_factory.mktemp("pictures")
    paths = [place / f"{number}.png" for number in range(5)]
    for number, path in enumerate(paths):
        PIL.new("RGB", (40, 30), (number * 50, 10, 10)).save(path)
    return tuple(paths)


def load(folder: Path, name: str, **settings: Any) -> Model:
    return make_model(Settings(f"hf:{name}", offline=True, **settings), folder)


def answers(model: Model, requests: list[Request]) -> list[str | None]:
    return [item.text if isinstance(item, Output) else repr(item) for item in model.generate(requests)]


def question(*media: Media, number: int = 1) -> Request:
    return Request("t", str(number), (*media, "Which is it? " * number), max_new_tokens=4)


def test_the_families_run_by_the_real_command(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, json.dumps(RUNS)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    codes = json.loads((folder / "codes.json").read_text())
    assert codes == dict.fromkeys(RUNS, 0), done.stdout[-3000:]
    for name, words in RUNS.items():
        tasks = json.loads((folder / f"run-{name}" / "result.json").read_text())["tasks"]
        for word in words:
            states = {task["state"] for task in tasks if word in task["id"]}
            assert states == {"scored"}, (name, word, tasks)


@pytest.mark.parametrize(
    ("name", "media"),
    [
        ("qwen2", ()),
        ("t5", ()),
        ("idefics3", ("image",)),
        ("paligemma", ("image",)),
        ("qwen2_5_vl", ("image", "video")),
        ("qwen3_vl", ("image", "video")),
        ("qwen2_audio", ("audio",)),
    ],
)
def test_a_batch_says_what_each_request_says_alone(
    folder: Path, pictures: tuple[Path, ...], tmp_path: Path, name: str, media: tuple[str, ...]
) -> None:
    sound = write_wave(tmp_path / "a.wav")
    shown = {
        "image": (Media("image", pictures[:1]), Media("image", pictures[1:2])),
        "video": (Media("video", pictures),),
        "audio": (Media("audio", (sound,)),),
    }
    model = load(folder, name, model_frames=2)
    assert model.input_media == {"text", *media}
    for given in [(), *(shown[medium] for medium in media)]:
        requests = [question(*given, number=number) for number in (1, 3)]
        together = answers(model, requests)
        assert together == [answers(model, [request])[0] for request in requests]
        assert all(together)


def test_whisper_translates_short_and_long_speech_and_nothing_else(folder: Path, tmp_path: Path) -> None:
    model = load(folder, "whisper")
    assert isinstance(model, SpeechModel)
    short, long = write_wave(tmp_path / "short.wav"), tmp_path / "long.wav"
    soundfile = pytest.importorskip("soundfile")
    np = pytest.importorskip("numpy")
    soundfile.write(long, np.random.default_rng(0).normal(size=24_000) * 0.1, 8000)
    requests = [
        Request("t", path.stem, (Media("audio", (path,)),), max_new_tokens=8) for path in (long, short)
    ]
    together = answers(model, requests)
    assert together == [answers(model, [request])[0] for request in requests]
    speech = {
        "protocol": "speech_to_speech_translation",
        "inputs": "audio",
        "output": "audio (speech) or text",
    }
    into_english = make_task(id="audio/generation/speech-translation-zh-to-en", **speech)
    into_chinese = make_task(id="audio/generation/speech-translation-en-to-zh", **speech)
    assert model.unsupported(into_english) is None
    assert "follows no other instruction" in str(model.unsupported(into_chinese))
    assert model.unsupported(make_task(inputs="audio+text")) is not None
    assert "no sound" in answers(model, [question()])[0]  # type: ignore[operator]


def test_a_model_of_several_images_is_shown_frames_when_asked_to(
    folder: Path, pictures: tuple[Path, ...]
) -> None:
    usual = load(folder, "llava")
    assert usual.input_media == {"text", "image"}
    shown = load(folder, "llava", input_media=("text", "image", "video"), model_frames=3)
    assert shown.unsupported(make_task(inputs="video+text")) is None
    chosen = [Media("image", (pictures[place],)) for place in (0, 2, 4)]
    assert answers(shown, [question(Media("video", pictures))]) == answers(shown, [question(*chosen)])
    assert shown.identity()["frames"] == 3
    assert load(folder, "llava", input_media=("text",)).input_media == {"text"}
    with pytest.raises(ModelError, match="names audio, but its processor takes image, text, video"):
        load(folder, "llava", input_media=("text", "audio"))


def test_a_usable_video_processor_is_given_the_video_itself(pictures: tuple[Path, ...]) -> None:
    senses = Senses(frozenset({"text", "video"}), videos=True, frames=2)
    parts = decoded_parts(question(Media("video", pictures)), senses)
    assert [part["type"] for part in parts] == ["video", "text"]
    assert [frame.size for frame in parts[0]["video"].frames] == [(40, 30)] * 2


def test_weights_take_the_type_and_attention_asked_for(folder: Path, pictures: tuple[Path, ...]) -> None:
    model = load(folder, "llava", dtype="bfloat16", attention="eager", device_map="cpu", revision="main")
    value = model.identity()
    assert (value["dtype"], value["attention"], value["device_map"]) == ("bfloat16", "eager", "cpu")
    assert value["revision"] == "main"
    assert answers(model, [question(Media("image", pictures[:1]))])[0] is not None
    assert (
        load(folder, "vits" if (folder / "vits").exists() else "gpt2", dtype="float16").identity()["dtype"]
        == "float16"
    )


def test_what_is_missing_is_told_in_a_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match=r"cannot be loaded: .*[Ff]lash"):
        load(folder, "qwen2", attention="flash_attention_2")
    with pytest.raises(ModelError, match=r"the adapter nowhere has no adapter_config\.json"):
        load(folder, "qwen2", adapter="nowhere")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"--generalbench-device-map needs .*\[peft\]"):
        load(folder, "qwen2", device_map="auto")


def test_an_adapter_changes_the_answers_and_the_identity(folder: Path) -> None:
    peft = pytest.importorskip("peft")
    import torch
    from transformers import AutoModelForCausalLM

    plain = load(folder, "qwen2")
    torch.manual_seed(1)
    config = peft.LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    base = AutoModelForCausalLM.from_pretrained(folder / "qwen2")
    peft.get_peft_model(base, config).save_pretrained(folder / "lora")
    tuned = load(folder, "qwen2", adapter="lora")
    requests = [question(number=number) for number in (1, 2)]
    assert answers(tuned, requests) != answers(plain, requests)
    assert answers(tuned, requests) == answers(load(folder, "qwen2", adapter="lora"), requests)
    assert str(tuned.identity()["adapter"]).startswith("lora ")
    assert "adapter" not in plain.identity()


def test_a_request_that_wants_less_gets_what_it_gets_alone(folder: Path) -> None:
    model = load(folder, "gpt2")
    short, long = Request("t", "1", ("one",), max_new_tokens=2), Request("t", "2", ("two",), max_new_tokens=9)
    assert answers(model, [short, long]) == [answers(model, [short])[0], answers(model, [long])[0]]
