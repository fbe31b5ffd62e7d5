"""The options: each is declared here once, for pytest, for the console and for the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

PREFIX: Final = "--generalbench-"

Kind = Literal[
    "text", "whole", "seconds", "batch", "share", "shard", "media", "reading", "prompts", "lengths", "states",
    "subset", "measured",
    "margin",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Option:
    """One option; all but the model are also ini keys (`generalbench_data = …`)."""

    name: str
    """The setting's name with hyphens: `batch-size` is `Settings.batch_size`."""
    help: str
    metavar: str | None = None
    """None: a switch."""
    environment: str | None = None
    """Environment variable that is asked when neither option nor ini key is given."""
    kind: Kind = "text"
    """How the value is written (`option_values.value_of`)."""
    choices: tuple[str, ...] = ()
    """The words that the value may be; () is any."""
    unset: str | None = None
    """The word that leaves the setting None."""
    least: int = 1
    """The smallest number, for the kind `whole`."""
    of_model: bool = False
    """Whether it concerns how a model is loaded or reached; `generalbench check-model` takes it as well."""

    @property
    def dest(self) -> str:
        """Attribute and ini key: `generalbench_base_url`."""
        return f"generalbench_{self.setting}"

    @property
    def setting(self) -> str:
        """Name of the field of `Settings` that it sets."""
        return self.name.replace("-", "_")


OPTIONS: Final = (
    Option(
        "model",
        "The model to evaluate; giving it switches the benchmark on. baseline:oracle, baseline:random, "
        "baseline:majority, baseline:constant (says A) or baseline:constant:TEXT; hf:NAME_OR_DIR (a bare "
        "name or folder means this); diffusers:NAME_OR_DIR; openai:MODEL behind --generalbench-base-url; "
        "vllm:NAME_OR_DIR; python:path.py:factory or python:package.module:factory; "
        "predictions:DIR replays answers made elsewhere. Example: "
        "pytest --generalbench-model=hf:Qwen/Qwen2.5-0.5B-Instruct -k nlp -n 2",
        "SPEC",
    ),
    Option(
        "data",
        "Where the instances come from: a General-Bench folder, 'hub' (downloads what is selected), or "
        "'demo', small synthetic data that says nothing about a model (default: "
        "$GENERALBENCH_DATA, else demo). Example: --generalbench-data=/data/General-Bench-Openset",
        "DIR|hub|demo",
        "GENERALBENCH_DATA",
    ),
    Option(
        "split",
        "'open' (with references, default) or 'close' (inputs only, nothing is scored).",
        "SPLIT",
        choices=("open", "close"),
    ),
    Option(
        "board",
        "Collect one board: A (all, default), B:image, C:image-generation, D:object-detection.",
        "BOARD",
    ),
    Option(
        "limit", "At most N instances of each task; a larger N contains every smaller one.", "N", kind="whole"
    ),
    Option(
        "subset",
        "A subset that tells most about S2 for its cost, the same on every machine: a share (5%), a number "
        "of instances (5000), a time (20min), smoke (1min) or nightly (5%). Larger contain smaller ones. "
        "S3 to S5 and the tier are not told from it.",
        "P%|N|Mmin|smoke|nightly",
        kind="subset",
    ),
    Option(
        "subset-from",
        "With --generalbench-subset: a finished run, of any model, by whose spreads and seconds of the tasks "
        "the subset is made (a run folder or its result.json); they become part of the run's settings.",
        "RUN",
        kind="measured",
    ),
    Option(
        "repeats",
        "Ask every instance K times with other seeds, for models that sample: its score is the mean, and the "
        "standard errors hold how much answers vary (default 1).",
        "K",
        kind="whole",
    ),
    Option(
        "scoring",
        "'paper' (default: the published definitions) or 'released' (what the authors' tool prints).",
        "SCORING",
        choices=("paper", "released"),
    ),
    Option(
        "sota",
        "The specialists to beat: 'released' (default), 'paper', a CSV file with columns task,score, or a "
        "workbook in the authors' layout.",
        "TABLE",
    ),
    Option(
        "run",
        "The run folder, new or empty (default: generalbench-runs/<time>-<pid>). It gets every answer "
        "(ledger-*.jsonl) and result.json; with --generalbench-resume, the run to continue.",
        "DIR",
    ),
    Option(
        "batch-size",
        "Requests a model is given at once: 'auto' (default: as the model says) or N; halved for the rest "
        "of a task when memory runs out.",
        "N",
        kind="batch",
    ),
    Option(
        "instance-timeout",
        "Seconds that a model may take for each instance of a batch (default: no limit). A batch that is "
        "late is asked again one by one; an instance that is late has the state timeout.",
        "SECONDS",
        kind="seconds",
    ),
    Option(
        "task-timeout",
        "Seconds that asking one task may take (default: no limit); what is left has the state timeout.",
        "SECONDS",
        kind="seconds",
    ),
    Option(
        "probe",
        "Ask K instances of the run again in batches of another size, and report how many were answered "
        "differently; the scores come from the first answers.",
        "K",
        kind="whole",
    ),
    Option(
        "shard",
        "Run the i-th of n parts of what is selected (1/4 … 4/4): sessions on several machines share a "
        "benchmark so, and 'generalbench merge' makes one run of them.",
        "i/n",
        kind="shard",
    ),
    Option(
        "divide",
        "With -n, workers answer a task together that is longer than all tasks divided by the workers: "
        "'auto' (default: where it is worth loading the model once more; not the demo set), 'always' or "
        "'never'.",
        "HOW",
        choices=("auto", "always", "never"),
    ),
    Option(
        "base-url",
        "Address of the OpenAI-compatible server that an openai: model and the judge run on, as in "
        "http://localhost:8000/v1 (default: https://api.openai.com/v1).",
        "URL",
        of_model=True,
    ),
    Option(
        "judge",
        "Model that judges free answers where a task asks for it; its key is read from "
        "$GENERALBENCH_JUDGE_KEY or $OPENAI_API_KEY.",
        "MODEL",
    ),
    Option(
        "weights",
        "Folder of the pretrained models that generation tasks are scored with (CLIP, Inception, Whisper, "
        "…), an entry for each role; what is not there is looked for in the Hugging Face cache. "
        "'generalbench weights' lists roles, what to download, and what was found.",
        "DIR",
    ),
    Option(
        "reading",
        "How the references of tasks are read where their files do not say it: a YAML file that maps task "
        "ids to words and values, as in {image/comprehension/x: {depth_unit: cm}}. The ini key takes lines "
        "as well: image/comprehension/x: depth_unit=cm.",
        "FILE",
        kind="reading",
    ),
    Option(
        "prompts",
        "Prompts of your own: a YAML file with system, prompt, and the same by protocols, skills and tasks "
        "(docs/prompts.md); 'generalbench tasks show TASK' lists the fields a template may use. They become "
        "part of every request and of the result.",
        "FILE",
        kind="prompts",
    ),
    Option(
        "max-new-tokens",
        "How long answers may be: a factor for the usual length (x2), a number of tokens (512), or these by "
        "task, the last that fits counting: 'x2,nlp/causal-reasoning=64,video/*=x4'.",
        "xF|N|TASK=…",
        kind="lengths",
    ),
    Option(
        "human-scores",
        "People's ratings for the tasks that only people can score: a CSV file with the columns "
        "task,instance,rater,score. Without it such a task keeps its media and writes a sheet to fill in.",
        "FILE",
    ),
    Option(
        "mos",
        "'people' (default), or 'auto': a predictor (DNSMOS, extra 'mos') stands in where no ratings are "
        "given; such a score is labelled and not comparable.",
        "WHO",
        choices=("people", "auto"),
        unset="people",
    ),
    Option(
        "progress",
        "How far the run is: 'line' (redrawn at the bottom of a terminal), 'log' (plain lines, at most one a "
        "minute and at changes), 'off', or 'auto' (default: line on a terminal, else log).",
        "HOW",
        choices=("auto", "line", "log", "off"),
    ),
    Option(
        "gpus-per-worker",
        "GPUs that each worker gets for itself (default 1; 0: none are given out, all see all). "
        "-n auto starts as many workers as the visible GPUs allow.",
        "N",
        kind="whole",
        least=0,
    ),
    Option("share-gpus", "Let several workers use the same GPUs when there are more workers than GPUs."),
    Option("offline", "Never use the network: hub data and models come from their caches.", of_model=True),
    Option("trust-remote-code", "Let a model repository run its own code (off unless given).", of_model=True),
    Option(
        "resume",
        "Continue the run that --generalbench-run=DIR names, else the newest unfinished one in "
        "generalbench-runs: what is answered is not asked again. Any -n; settings that answers depend on "
        "must be the same.",
    ),
    Option(
        "max-errors",
        "N instances, or P% of all, may end as error, timeout, oom, missing_media, unjudged or unrated "
        "before the exit code is 1 (default: 0). Example: --generalbench-max-errors=1%",
        "N|P%",
        kind="share",
    ),
    Option(
        "require",
        "What a run must have for exit code 0: states with a number or a share, as in "
        "scored:95%,no_data:0,unparsable:5%. scored, answered and ok are minima, all others (also empty and "
        "cut_off) are maxima; states of tasks are counted over tasks, those of answers over answers.",
        "STATE:N|P%,…",
        kind="states",
    ),
    Option(
        "baseline",
        "A finished run to compare this one with, at its end: a run folder, a result.json beside its "
        "instances/, or an address that fsspec reads (docs/statistics.md). 'generalbench compare' says more.",
        "RUN|URL",
    ),
    Option(
        "gate",
        "With --generalbench-baseline: make the exit code 1 where this run is significantly worse, or cannot "
        "be compared.",
    ),
    Option(
        "non-inferior",
        "With --generalbench-gate: S2 must be shown to have lost less than so many points, as in S2:0.5.",
        "S2:POINTS",
        kind="margin",
    ),
    Option(
        "baseline-optional",
        "Go on without --generalbench-gate where the baseline is missing, as in the first run.",
    ),
    Option(
        "accept-changed-model",
        "Continue a run although the model is not what it was, such as an adapter that was mended; the run "
        "keeps both identities.",
    ),
    Option(
        "retry-errors",
        "With --generalbench-resume: ask the instances again that ended as error, timeout, oom or "
        "missing_media.",
    ),
    Option(
        "cache",
        "Folder of answers that runs share: what the same model was asked in the same way is not asked "
        "again. 'generalbench cache explain RUN INSTANCE' says why an answer was not found there.",
        "DIR",
    ),
    Option("cache-all", "Cache answers of models that do not answer the same each time as well."),
    Option(
        "dtype",
        "Type of the weights of hf:, diffusers: and vllm: models: auto (default: as saved), bfloat16, "
        "float16 or float32.",
        "TYPE",
        choices=("auto", "bfloat16", "float16", "float32"),
        of_model=True,
    ),
    Option(
        "device-map",
        "Lay an hf: model over the worker's devices: auto, balanced, balanced_low_0, sequential, or one "
        "device such as cuda:0 (default: one GPU when there is one). Needs accelerate.",
        "MAP",
        of_model=True,
    ),
    Option(
        "attention",
        "Attention of an hf: model: sdpa, eager or flash_attention_2.",
        "NAME",
        choices=("sdpa", "eager", "flash_attention_2"),
        of_model=True,
    ),
    Option(
        "revision", "Commit, tag or branch of the model's repository; a commit pins it.", "REV", of_model=True
    ),
    Option(
        "adapter", "Folder of a LoRA or other PEFT adapter for an hf: or vllm: model.", "DIR", of_model=True
    ),
    Option(
        "model-frames",
        "Frames of a video that a model is shown, evenly spread (default 8).",
        "N",
        kind="whole",
        of_model=True,
    ),
    Option(
        "input-media",
        "What the model is given, of text,image,video,audio (default: what it declares; an openai: model "
        "text,image). A model that takes several images can be shown a video's frames: text,image,video.",
        "MEDIA",
        kind="media",
        of_model=True,
    ),
    Option(
        "video-as",
        "A video goes to an openai: model as 'frames' (default: images) or as 'url'.",
        "FORM",
        choices=("frames", "url"),
        of_model=True,
    ),
    Option(
        "concurrency",
        "Requests to a server in flight from one worker, at most (default 16).",
        "N",
        kind="whole",
        of_model=True,
    ),
    Option(
        "request-timeout",
        "Seconds until a request to a server is given up (default 600).",
        "SECONDS",
        kind="seconds",
        of_model=True,
    ),
    Option(
        "retries",
        "How often a request is asked again that a server could not answer: busy, broken, cut off "
        "(default 5; 0: never).",
        "N",
        kind="whole",
        least=0,
        of_model=True,
    ),
)

BY_NAME: Final = {option.name: option for option in OPTIONS}
MODEL_OPTIONS: Final = tuple(option for option in OPTIONS if option.of_model)

RUN_OPTIONS: Final = OPTIONS
"""The options of a run, as `generalbench run` takes them."""


def settings_of(
    options: Iterable[Option], given: Callable[[Option], str | bool | None], folder: Path
) -> dict[str, Any]:
    """Return the settings from option values, by field of `Settings`.

    Args:
        options: Those that are looked at.
        given: Returns an option's value as it was given, None where it was not.
        folder: Where the command was started; a file that is read here is meant from there.

    Returns:
        The values that were given, in the types of `Settings`; what was not given is left out.

    Raises:
        GeneralBenchError: a value cannot be; the message names the option.
    """
    from pytest_generalbench.core.option_values import value_of

    values: dict[str, Any] = {}
    for option in options:
        value = given(option)
        if value is not None:
            values[option.setting] = value if isinstance(value, bool) else value_of(option, value, folder)
    return values
