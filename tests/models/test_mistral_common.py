"""Models whose conversations mistral-common writes: no template in the library's form, one `tekken.json`."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_generalbench.core.media.media import Media
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.models import make_model
from tests.models import shrunk

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
]
pytest.importorskip("torch")
pytest.importorskip("transformers")
mistral: Any = pytest.importorskip("mistral_common")

SIZE, AUDIO = 131_072, 24
TEKKEN = Path(mistral.__file__).parent / "data" / "tekken_240911.json"


def save(kind: str, folder: Path, changes: dict[str, Any]) -> Path:
    model = shrunk.make_model(kind, SIZE, {"audio_token": AUDIO}, {"eos_token_id": 2, **changes})
    model.generation_config.eos_token_id = 2
    model.save_pretrained(folder)
    return folder


def answers(model: Any, requests: list[Request]) -> list[Any]:
    together = list(model.generate(requests))
    assert together == [model.generate([request])[0] for request in requests]
    assert all(isinstance(answer, Output) for answer in together)
    return together


def test_a_language_model_with_tekken_alone_answers(tmp_path: Path) -> None:
    folder = save("mistral", tmp_path / "model", {"pad_token_id": 11})
    shutil.copy(TEKKEN, folder / "tekken.json")
    model: Any = make_model(Settings(f"hf:{folder}", offline=True), tmp_path)
    requests = [Request("t", str(n), ("Which? " * n,), max_new_tokens=4) for n in (1, 5)]
    answers(model, requests)
    words = model.tokenizer.apply_chat_template([{"role": "user", "content": "Which? "}], return_dict=True)
    assert model._encode(requests[:1])["input_ids"][0].tolist() == words["input_ids"]
    held = [Request("t", "1", ("Which? ",), max_new_tokens=4, system="Be brief."), requests[1]]
    answers(model, held)
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Which? "}]
    words = model.tokenizer.apply_chat_template(turns, return_dict=True)
    assert model._encode(held[:1])["input_ids"][0].tolist() == words["input_ids"]


def test_voxtral_hears_what_is_documented(tmp_path: Path) -> None:
    np = pytest.importorskip("numpy")
    soundfile = pytest.importorskip("soundfile")
    import torch
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer  # type: ignore[import-not-found]
    from transformers import AutoProcessor, WhisperFeatureExtractor

    folder = save("voxtral", tmp_path / "model", {"audio_config": {"intermediate_size": 128}})
    content = json.loads(TEKKEN.read_text(encoding="utf-8"))
    content["audio"] = {
        "sampling_rate": 16_000,
        "frame_rate": 12.5,
        "chunk_length_s": 30.0,
        "audio_encoding_config": {
            "num_mel_bins": 128,
            "hop_length": 160,
            "window_size": 400,
        },
    }
    tokens = [dict(token) for token in Tekkenizer.DEPRECATED_SPECIAL_TOKENS]
    more = range(len(tokens), content["config"]["default_num_special_tokens"])
    tokens += [{"rank": rank, "token_str": f"<SPECIAL_{rank}>", "is_control": True} for rank in more]
    for rank, name in ((AUDIO, "[AUDIO]"), (25, "[BEGIN_AUDIO]"), (34, "[TRANSCRIBE]")):
        tokens[rank]["token_str"] = name
    content["special_tokens"] = tokens
    content["config"]["version"] = "v7"
    (folder / "tekken.json").write_text(json.dumps(content), encoding="utf-8")
    ears: Any = WhisperFeatureExtractor(feature_size=128)
    ears.save_pretrained(folder)
    (folder / "processor_config.json").write_text('{"processor_class": "VoxtralProcessor"}', encoding="utf-8")
    model: Any = make_model(Settings(f"hf:{folder}", offline=True), tmp_path)
    assert model.input_media == {"text", "audio"}
    requests = []
    for seconds in (2, 5):
        path = tmp_path / f"{seconds}.wav"
        sound = 0.1 * np.random.default_rng(seconds).normal(size=16_000 * seconds)
        soundfile.write(path, sound.astype("float32"), 16_000)
        requests.append(Request("t", str(seconds), (Media("audio", (path,)), "Which?"), max_new_tokens=4))
    answers(model, requests)
    part = {"type": "audio", "path": str(tmp_path / "2.wav")}
    processor: Any = AutoProcessor.from_pretrained(folder)
    wanted = processor.apply_chat_template(
        [{"role": "user", "content": [part, {"type": "text", "text": "Which?"}]}], return_tensors="pt"
    )
    assert "Be brief." in model.shown(replace(requests[0], system="Be brief."))
    answers(model, [replace(request, system="Be brief.") for request in requests])
    given = model._encode(requests[:1])
    assert all(
        torch.allclose(given[key].double(), value.double(), atol=1e-4) for key, value in wanted.items()
    )
