"""Answers whose length was used up say so, alone and in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench.core.media.media import Media, open_audio
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.models import make_model
from tests.models.families import save_t5, save_whisper
from tests.models.tiny import save_text_model

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"
)


@pytest.mark.parametrize(
    ("reason", "is_cut_off"),
    [("length", True), ("max_tokens", True), ("MAX_TOKENS", True), ("max_output_tokens", True),
     ("max_completion_tokens", True), ("model_length", True), ("token_limit", True), ("stop", False),
     ("eos", False), ("end_turn", False), ("content_filter", False), ("", False), (None, False)],
)  # fmt: skip
def test_what_servers_say_of_an_answer_that_was_cut_off(reason: str | None, is_cut_off: bool) -> None:
    assert Output("a", details={"finish_reason": reason}).is_cut_off is is_cut_off
    assert not Output("a").is_cut_off


def load(folder: Path) -> Any:
    pytest.importorskip("torch")
    return make_model(Settings(f"hf:{folder}", offline=True), folder)


def request(number: int, most: int) -> Request:
    return Request("nlp/x", str(number), ("Which is it? " * number,), max_new_tokens=most)


@pytest.fixture(scope="module", params=["decoder", "encoder and decoder"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    pytest.importorskip("torch")
    save = save_text_model if request.param == "decoder" else save_t5
    return load(save(tmp_path_factory.mktemp("cut") / "model"))


def tokens_of(model: Any, asked: Request) -> list[int]:
    """Return the tokens of an answer, end token included, from the library's own call."""
    batch = model._encode([asked])
    given = {name: value for name, value in batch.items() if name in ("input_ids", "attention_mask")}
    row = model.model.generate(**given, max_new_tokens=asked.max_new_tokens, do_sample=False)[0].tolist()
    return list(row[1:] if model.in_two_parts else row[batch["input_ids"].shape[1] :])


@pytest.mark.slow
def test_each_row_of_a_batch_says_whether_it_was_cut_off(model: Any) -> None:
    longest = tokens_of(model, request(1, 12))
    end = next((token for place, token in enumerate(longest) if place > 2), longest[-1])
    settings, usual = model.model.generation_config, model.model.generation_config.eos_token_id
    decoder = model.decoder
    settings.eos_token_id, decoder.ends = end, frozenset({end})
    try:
        length = longest.index(end) + 1  # tokens until the end, which is one of them
        budgets = [most for most in (length - 1, length, length + 4) if most]
        asked = [request(number, most) for number in (1, 3) for most in budgets]
        together = model.generate(asked)
        assert together == [model.generate([one])[0] for one in asked]
        reasons = [output.details["finish_reason"] for output in together[: len(budgets)]]
        assert reasons == ["length" if most < length else "stop" for most in budgets]
        for one, output in zip(asked, together, strict=True):
            assert output.is_cut_off is (end not in tokens_of(model, one))
    finally:
        settings.eos_token_id, decoder.ends = usual, frozenset({usual})


@pytest.mark.slow
def test_an_answer_that_a_stop_string_ends_was_not_cut_off(tmp_path: Path) -> None:
    model = load(save_text_model(tmp_path / "model"))
    (whole,) = model.generate([request(1, 5)])
    assert whole.is_cut_off
    model.decoder.stops = (whole.text[1:3],)
    (stopped,) = model.generate([request(1, 5)])
    assert (stopped.text, stopped.is_cut_off) == (whole.text[:1], False)


@pytest.mark.slow
def test_speech_that_was_cut_off_says_so(tmp_path: Path) -> None:
    soundfile = pytest.importorskip("soundfile")
    import numpy as np

    model = load(save_whisper(tmp_path / "model"))
    sounds = {"short": 0.5, "long": 3.0}
    for name, seconds in sounds.items():
        noise = np.random.default_rng(0).normal(size=int(16_000 * seconds)) * 0.1
        soundfile.write(tmp_path / f"{name}.wav", noise, 16_000)
    asked = [
        Request("t", name, (Media("audio", (tmp_path / f"{name}.wav",)),), max_new_tokens=6)
        for name in sounds
    ]
    short, long = model.generate(asked)
    assert short.details == {"finish_reason": "length"}
    assert long.details == {}  # cut or not, window by window: that cannot be seen
    given = model.processor(
        [open_audio(asked[0].media[0].path, 16_000)], sampling_rate=16_000, return_tensors="pt"
    )
    row = model.model.generate(given["input_features"], task="translate", max_new_tokens=6)[0].tolist()
    model.model.generation_config.eos_token_id = row[-1]
    (ended,) = model.generate(asked[:1])
    assert ended.details == {"finish_reason": "stop"}
