from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_generalbench.core.errors import MissingDependencyError, ModelError
from pytest_generalbench.core.media.media import Media
from pytest_generalbench.core.outputs.codecs.images.png import png
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.models import make_model
from pytest_generalbench.models.base import Failed
from pytest_generalbench.models.vllm import VLLMModel, leased_gpus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import ReadResult

FAKE = Path(__file__).parent / "fake_vllm"


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.syspath_prepend(str(FAKE))
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "vllm"]:
        del sys.modules[name]


def made(folder: Path, name: str = "org/name", **settings: Any) -> VLLMModel:
    model = make_model(Settings(f"vllm:{name}", **settings), folder)
    assert isinstance(model, VLLMModel)
    return model


def test_a_whole_batch_is_handed_over_with_lengths_and_seeds(tmp_path: Path) -> None:
    model = made(tmp_path)
    picture = tmp_path / "a.png"
    picture.write_bytes(png(np.zeros((4, 4, 3), np.uint8)))
    requests = [
        Request("t", "1", ("hello",), max_new_tokens=4, seed=7),
        Request("t", "2", (Media("image", (tmp_path / "gone.png",)), "?")),
        Request("t", "3", (Media("image", (picture,)), "what?"), max_new_tokens=9, seed=8),
    ]
    first, second, third = model.generate(requests)
    counts = {"prompt_tokens": 3, "completion_tokens": 2, "finish_reason": "stop"}
    assert first == Output("text 4 7", details=counts)
    assert isinstance(second, Failed)
    assert second.state == "missing_media"
    assert third == Output("image_url,text 9 8", details=counts)
    assert model.engine.batches == [2]
    assert model.batch_size == 256


def test_a_template_without_a_system_role_gets_the_system_prompt_as_first_lines(tmp_path: Path) -> None:
    requests = [
        Request("t", str(number), ("which?",), system=system, max_new_tokens=4)
        for number, system in enumerate(("Be brief.", ""))
    ]
    model = made(tmp_path, "echo/two-roles")
    texts = [answer.text for answer in model.generate(requests) if isinstance(answer, Output)]
    assert texts == ["Be brief.\nwhich? 4 0", "which? 4 0"]
    assert len(model.notes) == 1
    assert model.engine.batches == [2, 2]
    model.generate(requests)
    assert model.engine.batches == [2, 2, 2]
    plain = made(tmp_path, "echo/name")
    assert plain.generate(requests)[0].text == "which? 4 0"  # type: ignore[union-attr]
    assert plain.notes == ()


@pytest.mark.parametrize(
    ("mask", "gpus"),
    [({}, 1), ({"CUDA_VISIBLE_DEVICES": "2,3"}, 2), ({"HIP_VISIBLE_DEVICES": "0,1,2,3"}, 4),
     ({"CUDA_VISIBLE_DEVICES": "GPU-3a,MIG-9f"}, 2), ({"CUDA_VISIBLE_DEVICES": ""}, 1)],
)  # fmt: skip
def test_tensor_parallelism_is_the_lease(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mask: dict[str, str], gpus: int
) -> None:
    for name, value in mask.items():
        monkeypatch.setenv(name, value)
    assert leased_gpus() == gpus
    assert made(tmp_path).engine.options["tensor_parallel_size"] == gpus


def test_the_engine_gets_what_the_options_say(tmp_path: Path) -> None:
    (tmp_path / "lora").mkdir()
    (tmp_path / "lora" / "adapter_config.json").write_text("{}")
    (tmp_path / "lora" / "adapter_model.safetensors").write_bytes(b"")
    model = made(
        tmp_path,
        dtype="bfloat16",
        revision="abc",
        adapter="lora",
        input_media=("text", "video"),
        model_frames=32,
    )
    options = model.engine.options
    assert (options["dtype"], options["revision"], options["trust_remote_code"]) == ("bfloat16", "abc", False)
    assert options["limit_mm_per_prompt"]["video"] == 32
    model.generate([Request("t", "1", ("hello",))])
    assert (model.engine.lora.lora_name, options["enable_lora"]) == ("lora", True)
    assert made(tmp_path, name="org/text").input_media == {"text"}


def test_an_engine_that_does_not_start_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="vllm:org/broken cannot be loaded: no such architecture"):
        made(tmp_path, name="org/broken")


def test_without_vllm_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(MissingDependencyError, match=r"pip install .*\[vllm\]"):
        made(tmp_path)


def test_the_real_command_runs_it(
    pytester: pytest.Pytester, read_result: ReadResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(FAKE), os.environ.get("PYTHONPATH", "")]))
    args = [
        "--generalbench-model=vllm:org/name",
        "--generalbench-run=run",
        "-k",
        "causal-reasoning or mall-crowd",
    ]
    assert pytester.runpytest_subprocess(*args).ret == 0
    content = read_result("run")
    assert set(content["counts"]) == {"scored"}
    assert (content["model"]["class"], content["model"]["gpus"]) == ("vllm", 1)


def test_marks_of_places_survive_where_boxes_are_asked_for_and_end_marks_do_not(tmp_path: Path) -> None:
    model = made(tmp_path)
    asked = [
        Request("t", "1", ("where?",), output_medium="map", max_new_tokens=4, seed=7),
        Request("t", "2", ("?",)),
    ]
    first, second = model.generate(asked)
    assert isinstance(first, Output)
    assert isinstance(second, Output)
    assert first.text == "<box>text 4 7</box>"
    assert second.text == "text 256 0"
