"""The loop that `hf:` is compared with: `python -m benchmarks.bare_generate MODEL DATA OUT BATCH TOKENS`.

Loads the model as transformers documents it, asks the causal questions in DATA in the batches of a run, and
writes the figures of `generate` to OUT.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from benchmarks.generate_clock import Clock
from benchmarks.sessions import requests_of


def main(model_folder: str, data: str, batch: int, tokens: int) -> None:
    """Ask all prompts."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationMixin

    device = "cuda" if torch.cuda.is_available() else "cpu"
    kind: Any = AutoModelForCausalLM
    model = kind.from_pretrained(model_folder, dtype="auto").to(device).eval()
    tokenizer: Any = AutoTokenizer.from_pretrained(model_folder, padding_side="left")
    texts = [request.text for request in requests_of(Path(data))]
    clock = Clock()
    clock.watch(GenerationMixin)
    for start in range(0, len(texts), batch):
        turns = [[{"role": "user", "content": text}] for text in texts[start : start + batch]]
        given = tokenizer.apply_chat_template(
            turns, add_generation_prompt=True, return_dict=True, return_tensors="pt", padding=True
        ).to(device)
        with torch.inference_mode():
            rows = model.generate(**given, max_new_tokens=tokens, do_sample=False)
        tokenizer.batch_decode(rows[:, given["input_ids"].shape[1] :], skip_special_tokens=True)
    clock.write()


if __name__ == "__main__":
    os.environ["GENERATE_CLOCK"] = sys.argv[3]
    main(sys.argv[1], sys.argv[2], int(sys.argv[4]), int(sys.argv[5]))
