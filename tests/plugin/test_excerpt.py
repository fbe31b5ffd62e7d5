"""Real open-set files, through the command a user types; skipped where they are not beside the checkout."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.models.tiny import save_image_text_model, save_text_model
from tests.plugin.kept import answers

if TYPE_CHECKING:
    from tests.conftest import ReadResult

EXCERPT = Path(__file__).parents[3] / "shared" / "data" / "openset-excerpt"
DATA = f"--generalbench-data={EXCERPT}"

pytestmark = pytest.mark.skipif(
    not EXCERPT.is_dir(), reason="the open-set excerpt is not beside the checkout"
)


def run(pytester: pytest.Pytester, *args: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess(DATA, *args)


def test_a_constant_answer_scores_what_the_gold_letters_give_it(
    pytester: pytest.Pytester, read_result: ReadResult
) -> None:
    for workers in ("0", "2"):
        args = ["--generalbench-model=baseline:constant", f"--generalbench-run=run{workers}", "-n", workers]
        assert run(pytester, *args).ret == 0
    alone, spread = read_result("run0"), read_result("run2")
    tasks = {task["id"]: task for task in alone["tasks"]}
    assert tasks["nlp/ethical-reasoning"]["score"] == pytest.approx(83.5)
    assert tasks["nlp/causal-reasoning"]["score"] == pytest.approx(47.0)
    assert tasks["nlp/ethical-reasoning"]["top_share"] == 1.0
    assert alone["tasks"] == spread["tasks"]
    assert alone["level"] == spread["level"]
    # 9 scored, and 214 that a text model does not support, data or not.
    assert alone["level"]["qualified"] == "partial: 223 of 699 tasks"


def test_the_oracle_is_right_on_all_that_is_there(pytester: pytest.Pytester, read_result: ReadResult) -> None:
    run(pytester, "--generalbench-model=baseline:oracle", "--generalbench-run=run", "-n", "2")
    tasks = read_result("run")["tasks"]
    scored = [task for task in tasks if task["state"] == "scored"]
    assert [task["score"] for task in scored] == [pytest.approx(100.0)] * 9
    assert "image/comprehension/bird-detection" in [task["id"] for task in scored]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a text and an image-text model.

    Made at module scope: pytester forgets what was imported during a test, and torch
    cannot be imported twice.
    """
    pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("models")
    save_text_model(folder / "text")
    save_image_text_model(folder / "image")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "expression"),
    [
        ("text", "nlp and (ethical or natural-language-inference)"),
        ("image", "mathematical-word-problem-visual or chinese-fine-art"),
    ],
)
def test_a_tiny_model_runs_a_part_on_two_workers(
    models: Path, pytester: pytest.Pytester, read_result: ReadResult, kind: str, expression: str
) -> None:
    args = ["--generalbench-offline", "--generalbench-limit=8", "--generalbench-run=run", "-n", "2"]
    result = run(pytester, f"--generalbench-model=hf:{models / kind}", *args, "-k", expression)
    assert result.ret == 0
    content = read_result("run")
    assert content["counts"] == {"scored": 2}
    assert all(task["n"] == 8 for task in content["tasks"])
    assert content["model"]["class"] in ("LlamaForCausalLM", "LlavaForConditionalGeneration")
    assert len(answers(pytester.path / "run")) == 16
