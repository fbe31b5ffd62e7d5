"""What the plugin does on a GPU, measured in minutes and without network: called by `benchmarks/gpu.sh`.

Each step runs sessions of its own and prints one or two lines of figures. A step that fails is named, the
others go on, and the exit code is 1. All models have random weights. Without a GPU the models are small.
"""

from __future__ import annotations

import json
import platform
import sys
import tempfile
import time
import traceback
from importlib import metadata
from pathlib import Path

import torch

from benchmarks.sessions import CAUSAL, ROOT, pytest_command, run_module, run_session, write_questions
from tests.plugin.kept import answers

ON_GPU = torch.cuda.is_available()
QUESTIONS = 192 if ON_GPU else 64
BATCH, TOKENS = 16, 32
LARGE = {"hidden_size": 3072, "intermediate_size": 8192, "num_hidden_layers": 26, "num_attention_heads": 24}
MIDDLING = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
}
SMALL = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
DRAWN = "image and generation"


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)  # noqa: T201 - the figures are what this is for


def save_model(folder: Path, sizes: dict[str, int]) -> int:
    """Save a chat model of random weights in bfloat16; return its number of parameters."""
    from transformers import LlamaConfig, LlamaForCausalLM

    from tests.models.tiny import tokenizer

    words = tokenizer()
    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16)
    with torch.device("cuda" if ON_GPU else "cpu"):
        config = LlamaConfig(vocab_size=len(words), pad_token_id=0, eos_token_id=1, bos_token_id=1, **sizes)
        model = LlamaForCausalLM(config)
    torch.set_default_dtype(torch.float32)
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    return int(sum(weight.numel() for weight in model.parameters()))


def middling(folder: Path) -> Path:
    """Return the folder of a model that is small beside a card's memory; saved once."""
    if not (folder / "middling").is_dir():
        save_model(folder / "middling", MIDDLING if ON_GPU else SMALL)
    return folder / "middling"


def clocked(folder: Path, name: str) -> dict[str, float]:
    """Return what `generate_clock` wrote under this name."""
    figures: dict[str, float] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return figures


def asked(folder: Path, name: str, model: Path, data: Path, *args: str) -> dict[str, float]:
    """Ask the saved model the questions, and return what its `generate` took."""
    clock = {"GENERATE_CLOCK": str(folder / f"{name}.json")}
    options = (f"--generalbench-model=hf:{model}", f"--generalbench-data={data}", "-k", CAUSAL)
    lengths = (f"--generalbench-batch-size={BATCH}", f"--generalbench-max-new-tokens={TOKENS}")
    run_session(folder, name, "-p", "benchmarks.generate_clock", *options, *lengths, *args, **clock)
    return clocked(folder, name)


def large_model(folder: Path) -> None:
    """Compare a model of billions of parameters under the plugin with the loop of `bare_generate`."""
    sizes = LARGE if ON_GPU else SMALL
    count = save_model(folder / "large", sizes)
    data = write_questions(folder / "questions", QUESTIONS)
    own = asked(folder, "own", folder / "large", data)
    places = (str(folder / "large"), str(data), str(folder / "bare.json"))
    run_module(folder, "benchmarks.bare_generate", *places, str(BATCH), str(TOKENS))
    loop = clocked(folder, "bare")
    speeds = [figures["tokens"] / figures["span"] for figures in (own, loop)]
    text = f"hf: with {count / 1e9:.2f} billion parameters in bfloat16: {speeds[0]:.0f} tokens/s under the "
    text += f"plugin, {speeds[1]:.0f} in its own loop, ratio {speeds[0] / speeds[1]:.3f}; "
    say(text + f"without work for {1 - own['inside'] / own['span']:.1%} of the time")


def equal_answers(folder: Path) -> None:
    """Count the answers that differ between sessions, by default and with deterministic algorithms."""
    model = middling(folder)
    data = write_questions(folder / "fewer", QUESTIONS // 2)
    repeatable = ("-p", "benchmarks.repeatable")
    for words, more in (("by default", ()), ("with deterministic algorithms", repeatable)):
        texts = []
        for number in range(2):
            name = f"equal{len(more)}{number}"
            asked(folder, name, model, data, *more)
            texts.append({one["instance"]: one["output"]["text"] for one in answers(folder / name)})
        differ = sum(texts[0][key] != texts[1][key] for key in texts[0])
        say(f"answers that differ between two sessions, {words}: {differ} of {len(texts[0])}")


def out_of_memory(folder: Path) -> None:
    """Ask in batches that do not fit into the memory."""
    data = write_questions(folder / "greedy", 256)
    spec = f"--generalbench-model=python:{ROOT / 'benchmarks' / 'greedy_memory.py'}:GreedyModel"
    _, result = run_session(folder, "oom", spec, f"--generalbench-data={data}", "-k", CAUSAL)
    model, (task,) = result["model"], (one for one in result["tasks"] if one["id"] == CAUSAL)
    assert task["states"].get("oom", 0) == 0
    assert model["refused"]
    text = f"out of memory: batches of {model['refused']} did not fit, the others were of "
    text += f"{sorted(set(model['tried']) - set(model['refused']), reverse=True)}; {task['n']} answered"
    reserved = (
        f", {max(model['reserved']):.0f} GiB reserved at most before a batch" if model["reserved"] else ""
    )
    say(text + reserved)


def shared_card(folder: Path) -> None:
    """Run one worker, then two on one card; two without a word are refused."""
    data = write_questions(folder / "shared", QUESTIONS)
    common = (
        f"--generalbench-model=hf:{middling(folder)}", f"--generalbench-data={data}", "-k", CAUSAL,
        f"--generalbench-batch-size={BATCH}", f"--generalbench-max-new-tokens={TOKENS}",
    )  # fmt: skip
    if ON_GPU:
        refused = run_module(
            folder, *pytest_command(), *common, "-n", str(torch.cuda.device_count() + 1), ends=(4,)
        )
        say("more workers than GPUs: " + next(line for line in refused.err.splitlines() if "GPU" in line))
    divided = ("--generalbench-share-gpus", "--generalbench-divide=always")
    one, _ = run_session(folder, "one", *common, "-n", "1")
    two, result = run_session(folder, "two", *common, "-n", "2", *divided)
    (task,) = (item for item in result["tasks"] if item["id"] == CAUSAL)
    say(f"one worker {one:.0f} s, two on one card {two:.0f} s; {task['n']} answers each, loading included")


def metric_networks(folder: Path) -> None:
    """Score the demo set's drawn pictures with networks on the GPU and on the processor."""
    scores, seconds = [], []
    for number, hidden in enumerate(({}, {"CUDA_VISIBLE_DEVICES": ""})):
        name = f"drawn{number}"
        wall, result = run_session(
            folder, name, "--generalbench-model=baseline:random", "-k", DRAWN, "-n", "0", **hidden
        )
        seconds.append(wall)
        scores.append({one["id"]: one["score"] for one in result["tasks"] if one["score"] is not None})
    both = scores[0].keys() & scores[1].keys()
    apart = {key: abs(scores[0][key] - scores[1][key]) / max(abs(scores[1][key]), 1e-9) for key in both}
    worst = max(apart, key=lambda key: apart[key])
    text = f"metrics with networks: {len(both)} tasks of drawn pictures scored in {seconds[0]:.0f} s with "
    text += f"the GPU, {seconds[1]:.0f} s without; largest relative difference of a score {apart[worst]:.1e} "
    text += f"({worst})"
    say(text)


def model_tests(folder: Path) -> None:
    """Run the tests of leases, families and networks as they are, beside torchvision."""
    names = ("tests/test_gpu.py", "tests/models/test_documented_inputs.py", "tests/evaluation/backbones")
    command = ("pytest", "-q", "-p", "no:cacheprovider", "-n", "8", *(str(ROOT / name) for name in names))
    ended = run_module(ROOT, *command, "--basetemp", str(folder / "tests"), ends=(0, 1))
    for line in ended.out.splitlines():
        if line.startswith(("FAILED", "ERROR")):
            say(line[:200])
    say("tests: " + ended.out.strip().splitlines()[-1])


STEPS = (out_of_memory, large_model, equal_answers, shared_card, metric_networks, model_tests)


def machine() -> str:
    """Return card, driver's view of it, and versions."""
    card = torch.cuda.get_device_name(0) if ON_GPU else "no GPU: small models on the processor"
    names = ("torch", "torchvision", "transformers", "pytest", "pytest-xdist")
    found = []
    for name in names:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            found.append(f"no {name}")
    return f"{card}; Python {platform.python_version()}, {', '.join(found)}"


def shortened(text: str) -> str:
    """Return an error without the far ends of its stacks."""
    lines, kept, deep = text.splitlines(), [], 0
    for line in lines:
        deep = deep + 1 if line.startswith("  File") else 0
        if deep <= 12 and not line.startswith("Extension modules"):
            kept.append(line[:300])
    return "\n".join(kept[-60:])


def main() -> int:
    """Run all steps, or those named; return 1 when one failed."""
    wanted = sys.argv[1:] or [step.__name__ for step in STEPS]
    say(machine())
    failed = []
    memory = Path("/dev/shm")  # noqa: S108 - models of gigabytes are saved and loaded there
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        for step in (one for one in STEPS if one.__name__ in wanted):
            started = time.perf_counter()
            try:
                step(Path(folder))
            except Exception:  # noqa: BLE001 - the other steps are worth their minutes
                failed.append(step.__name__)
                say(shortened(traceback.format_exc()))
            say(f"    {step.__name__}: {time.perf_counter() - started:.0f} s")
    say(f"failed: {', '.join(failed)}" if failed else "all steps done")
    return int(bool(failed))


if __name__ == "__main__":
    raise SystemExit(main())
