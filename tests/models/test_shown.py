"""What models say that they are given for a request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pytest_generalbench.core.media.media import Media
from pytest_generalbench.core.outputs.codecs.images.png import png
from pytest_generalbench.core.request import Request
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.models import make_model
from pytest_generalbench.models.python import PythonModel
from tests.models.tiny import tokenizer

FAKE_VLLM = Path(__file__).parent / "fake_vllm"


@pytest.fixture
def request_with_media(tmp_path: Path) -> Request:
    (tmp_path / "a.png").write_bytes(png(np.zeros((4, 4, 3), np.uint8)))
    sound = tmp_path / "a.wav"
    sound.write_bytes(b"RIFF" + bytes(40))
    parts = (Media("image", (tmp_path / "a.png",)), "Which?", Media("audio", (sound,)))
    return Request("t", "1", parts, system="Be brief.")


@pytest.mark.parametrize("kind", ["openai", "vllm"])
def test_a_served_model_shows_its_messages_without_the_data_of_media(
    kind: str, request_with_media: Request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(FAKE_VLLM))
    model = make_model(Settings(f"{kind}:org/name", base_url="http://127.0.0.1:9/v1"), tmp_path)
    shown = model.shown(request_with_media)
    assert shown is not None
    system, user = json.loads(shown)
    assert system == {"role": "system", "content": "Be brief."}
    picture, words, sound = user["content"]
    assert picture["image_url"]["url"].startswith("data:image/png;base64,<")
    assert words == {"type": "text", "text": "Which?"}
    assert sound["input_audio"] == {"data": "<60 characters>", "format": "wav"}
    model.close()


def test_a_model_of_python_shows_what_its_own_method_returns() -> None:
    request = Request("t", "1", ("Which?",))

    class Own:
        def generate(self, requests: Any) -> list[str]:
            return ["A"] * len(requests)

    class Telling(Own):
        def shown(self, request: Request) -> str:
            return f"<user>{request.text}"

    assert PythonModel(Own(), "own").shown(request) is None
    assert PythonModel(Telling(), "telling").shown(request) == "<user>Which?"


@pytest.mark.slow
def test_runs_of_special_tokens_are_counted_and_all_others_stand() -> None:
    pytest.importorskip("transformers")
    from pytest_generalbench.models.transformers.decoding import written_tokens

    words = tokenizer()
    ids = {name: words.convert_tokens_to_ids(name) for name in ("<image>", "<eos>")}
    tokens = [ids["<eos>"], *[ids["<image>"]] * 576, *words.encode("aaaa yes"), *[ids["<image>"]] * 3]
    assert written_tokens(words, tokens) == "<eos><image> × 576 aaaa yes<image><image><image>"
    assert written_tokens(words, []) == ""
