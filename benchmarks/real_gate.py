"""The gate on answers of a real chat model: `python -m benchmarks.real_gate [RUNS [LIMIT]]`.

SmolLM2-135M-Instruct (`tests/real_models.py`) samples its answers to tasks of the open-set excerpt, in each
run with another batch size and other sampling seeds. Every two of the runs are a try: nothing changed, and
the gate must not fire. Each is then the baseline of `baseline:constant`, another model: the gate must fire.
Seven runs make 21 tries, which are not independent of one another.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest_generalbench as gb
from benchmarks.real_model import TASKS
from tests.real_models import excerpt, smollm2

ROOT = Path(__file__).parent.parent
BATCHES = (8, 5, 12, 3)
"""Requests that a run gives the model at once, in turn."""

MODEL = """
import os
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

class Sampled:
    input_media = ("text",)

    def __init__(self):
        place = os.environ["REAL_GATE_WEIGHTS"]
        self.tokenizer = AutoTokenizer.from_pretrained(place, padding_side="left")
        self.tokenizer.pad_token = self.tokenizer.pad_token or self.tokenizer.eos_token
        self.model = AutoModelForCausalLM.from_pretrained(place)
        self.seed = int(os.environ["REAL_GATE_SEED"])

    def generate(self, requests):
        turns = [[{"role": "user", "content": request.text}] for request in requests]
        given = self.tokenizer.apply_chat_template(
            turns, add_generation_prompt=True, return_dict=True, return_tensors="pt", padding=True
        )
        torch.manual_seed(requests[0].seed + self.seed)
        with torch.inference_mode():
            tokens = self.model.generate(
                **given, do_sample=True, temperature=0.7, top_p=0.95,
                max_new_tokens=min(24, requests[0].max_new_tokens),
                pad_token_id=self.tokenizer.pad_token_id,
            )
        return self.tokenizer.batch_decode(tokens[:, given["input_ids"].shape[1]:], skip_special_tokens=True)
"""


def run(folder: Path, name: str, limit: int, *args: str, seed: int = 0) -> Path:
    """Run the tasks, and return the run's folder."""
    command = [
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--generalbench-data={excerpt()}",
        f"--generalbench-limit={limit}", f"--generalbench-run={name}",
        "-k", f"nlp and ({' or '.join(TASKS)})", *args,
    ]  # fmt: skip
    environment = {"REAL_GATE_WEIGHTS": str(smollm2()), "REAL_GATE_SEED": str(seed), "PYTHONPATH": str(ROOT)}
    subprocess.run(  # noqa: S603 - our own command
        command, cwd=folder, env={**os.environ, **environment}, check=True, capture_output=True
    )
    return folder / name


def sampled(folder: Path, number: int, limit: int) -> Path:
    """Run the chat model with the batch size and the seed of run `number`."""
    spec, batch = "--generalbench-model=python:sampled.py:Sampled", BATCHES[number % len(BATCHES)]
    return run(
        folder, f"sampled-{number}", limit, spec, f"--generalbench-batch-size={batch}", seed=1000 * number
    )


def verdict(one: Path, other: Path) -> tuple[bool, str]:
    """Return whether the gate fires, and a line about the two runs."""
    comparison = gb.compare_runs(one, other)
    gate = comparison.gate()
    moved = ", ".join(f"{item.task.rpartition('/')[2]} {item.difference:+.1f}" for item in comparison.tasks)
    smallest = min((item.p for item in comparison.tasks if item.p is not None), default=1.0)
    return gate.exit_code == 1, f"{other.name}: {gate.verdict}; smallest p {smallest:.2g}; {moved}"


def main(runs: int, limit: int) -> None:
    """Print a line for every try, and how often the gate fired."""
    folder = Path(tempfile.mkdtemp())
    (folder / "sampled.py").write_text(MODEL, encoding="utf-8")
    constant = run(folder, "constant", limit, "--generalbench-model=baseline:constant")
    made = [sampled(folder, number, limit) for number in range(runs)]
    tries = {
        "the same weights": list(itertools.combinations(made, 2)),
        "baseline:constant": [(one, constant) for one in made],
    }
    for name, pairs in tries.items():
        fired = 0
        for one, other in pairs:
            has_fired, line = verdict(one, other)
            fired += has_fired
            sys.stdout.write(f"{one.name} and {line}\n")
        sys.stdout.write(f"{name}: the gate fired in {fired} of {len(pairs)} tries\n")


if __name__ == "__main__":
    given = [int(value) for value in sys.argv[1:]]
    main(*given, *(7, 24)[len(given) :])
