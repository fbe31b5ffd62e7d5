"""Models that padding changes are asked one by one, so that a batch answers as each request alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.request import Request
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.models import make_model
from pytest_generalbench.models.transformers.loader import TransformersModel
from tests.models import shrunk
from tests.models.tiny import tokenizer

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
]
pytest.importorskip("torch")
pytest.importorskip("transformers")

KINDS = {"llama": {}, "gpt2": {}, "mamba": {}, "mamba2": {"head_dim": 16, "num_heads": 4, "n_groups": 1},
         "rwkv": {"attention_hidden_size": 32}, "xlnet": {"d_inner": 64, "d_head": 8}}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_answers_as_each_request_alone(kind: str, tmp_path: Path) -> None:
    words = tokenizer()
    folder = tmp_path / kind
    shrunk.make_model(kind, len(words), {}, KINDS[kind]).save_pretrained(folder)
    words.save_pretrained(folder)
    model = make_model(Settings(f"hf:{folder}", offline=True), tmp_path)
    assert isinstance(model, TransformersModel)
    requests = [
        Request("t", str(number), ("Which is it? " * number,), max_new_tokens=12) for number in (1, 5, 2)
    ]
    assert list(model.generate(requests)) == [model.generate([request])[0] for request in requests]
    if kind in ("llama", "gpt2"):
        assert not model.alone
    if kind == "rwkv":
        assert model.alone == {"text"}
