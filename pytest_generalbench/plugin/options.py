"""Command line options and ini keys, and how they become `Settings`."""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from pytest_generalbench.core.options import (
    MODEL_OPTIONS,
    PREFIX,
    Option,
    model_settings,
    one_of,
    seconds,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.core.settings import Settings

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
        "split", "'open' (with references, default) or 'close' (inputs only, nothing is scored).", "SPLIT"
    ),
    Option(
        "board",
        "Collect one board: A (all, default), B:image, C:image-generation, D:object-detection.",
        "BOARD",
    ),
    Option("limit", "At most N instances of each task; a larger N contains every smaller one.", "N"),
    Option(
        "scoring",
        "'paper' (default: the published definitions) or 'released' (what the authors' tool prints).",
        "SCORING",
    ),
    Option(
        "sota",
        "The specialists to beat: 'released' (default), 'paper', or a CSV file with columns task,score.",
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
    ),
    Option(
        "instance-timeout",
        "Seconds that a model may take for each instance of a batch (default: no limit). A batch that is "
        "late is asked again one by one; an instance that is late has the state timeout.",
        "SECONDS",
    ),
    Option(
        "task-timeout",
        "Seconds that asking one task may take (default: no limit); what is left has the state timeout.",
        "SECONDS",
    ),
    Option(
        "probe",
        "Ask K instances of the run again in batches of another size, and report how many were answered "
        "differently; the scores come from the first answers.",
        "K",
    ),
    Option(
        "shard",
        "Run the i-th of n parts of what is selected (1/4 … 4/4): sessions on several machines share a "
        "benchmark so, and 'generalbench merge' makes one run of them.",
        "i/n",
    ),
    Option(
        "divide",
        "With -n, workers answer a task together that is longer than all tasks divided by the workers: "
        "'auto' (default: where it is worth loading the model once more; not the demo set), 'always' or "
        "'never'.",
        "HOW",
    ),
    Option(
        "base-url",
        "Address of the OpenAI-compatible server that an openai: model and the judge run on, as in "
        "http://localhost:8000/v1 (default: https://api.openai.com/v1).",
        "URL",
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
    ),
    Option(
        "gpus-per-worker",
        "GPUs that each worker gets for itself (default 1; 0: none are given out, all see all). "
        "-n auto starts as many workers as the visible GPUs allow.",
        "N",
    ),
    Option("share-gpus", "Let several workers use the same GPUs when there are more workers than GPUs."),
    Option("offline", "Never use the network: hub data and models come from their caches."),
    Option("trust-remote-code", "Let a model repository run its own code (off unless given)."),
    Option(
        "resume",
        "Continue the run that --generalbench-run=DIR names, else the newest unfinished one in "
        "generalbench-runs: what is answered is not asked again. Any -n; settings that answers depend on "
        "must be the same.",
    ),
    Option(
        "max-errors",
        "N instances, or P% of all, may end as error, timeout, oom, missing_media or unjudged before the "
        "exit code is 1 (default: 0). Example: --generalbench-max-errors=1%",
        "N|P%",
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
    *MODEL_OPTIONS,
)
_BY_NAME: Final = {option.name: option for option in OPTIONS}


def add_options(parser: pytest.Parser) -> None:
    """Register options and ini keys."""
    group = parser.getgroup("generalbench", "General-Bench: multimodal tasks as scored items")
    for option in OPTIONS:
        told = option.help.replace("%", "%%")  # argparse fills in what follows a single one
        if option.metavar is None:
            group.addoption(
                PREFIX + option.name, dest=option.dest, action="store_true", default=None, help=told
            )
        else:
            group.addoption(
                PREFIX + option.name,
                dest=option.dest,
                metavar=option.metavar,
                default=None,
                help=told,
            )
        if option.name == "model":
            continue
        told = f"Default of {PREFIX}{option.name}."
        if option.metavar is None:
            parser.addini(option.dest, told, type="bool", default=False)
        else:
            parser.addini(option.dest, told, default="")


def model_spec(config: pytest.Config) -> str | None:
    """Return the model specification, or None when the benchmark is off."""
    spec: str | None = config.getoption("generalbench_model", None)
    return spec


def chose_distribution(config: pytest.Config) -> bool:
    """Whether the user chose how items are distributed (`--dist`); `-n` alone chooses nothing."""
    return getattr(config.known_args_namespace, "dist", "no") != "no"


def refuse_space_form(args: Sequence[str]) -> None:
    """Refuse `--generalbench-data DIR`: pytest would take the path for a test path and move its rootdir."""
    for position, arg in enumerate(args):
        name = arg.removeprefix(PREFIX)
        if arg.startswith(PREFIX) and name in _BY_NAME and _BY_NAME[name].metavar is not None:
            value = args[position + 1] if position + 1 < len(args) else "…"
            raise pytest.UsageError(
                f"write {arg}={value} with '=': pytest takes a value after a blank for a path"
            )


def _value(config: pytest.Config, name: str) -> str | None:
    option = _BY_NAME[name]
    given: str | None = config.getoption(option.dest)
    if given is None:
        given = str(config.getini(option.dest)) or None
    if given is None and option.environment:
        given = os.environ.get(option.environment) or None
    return given


def _switch(config: pytest.Config, name: str) -> bool:
    option = _BY_NAME[name]
    return bool(config.getoption(option.dest) or config.getini(option.dest))


def _word(config: pytest.Config, name: str, good: Sequence[str]) -> str:
    given = _value(config, name)
    return good[0] if given is None else one_of(name, given, good)


def _count(config: pytest.Config, name: str, least: int = 1) -> int | None:
    given = _value(config, name)
    if given == "auto" and name == "batch-size":
        return None
    return whole(name, given, least)


def _address(given: str | None, model: str) -> str | None:
    """Look over an address that a model is reached at, before anything starts; a judge's looks itself."""
    if given is not None and model.startswith("openai:"):
        from pytest_generalbench.models.openai.http import check_address

        check_address(given)
    return given


def _shard(config: pytest.Config) -> str | None:
    from pytest_generalbench.core.errors import GeneralBenchError

    given = _value(config, "shard")
    if given is None:
        return None
    part, slash, parts = given.partition("/")
    numbers = [int(word) if word.isascii() and word.isdigit() else 0 for word in (part, parts)]
    if not slash or not 1 <= numbers[0] <= numbers[1]:
        raise GeneralBenchError(f"{PREFIX}shard takes i/n with i from 1 to n, as in 1/4, not {given!r}")
    return f"{numbers[0]}/{numbers[1]}"


def _readings(config: pytest.Config) -> dict[str, dict[str, str]]:
    """Return how references are read, by task: from a file, or from the lines of the ini key."""
    from pytest_generalbench.core import reading

    given = _value(config, "reading")
    if given is None:
        return {}
    if "=" in given:
        return reading.from_lines(given, "generalbench_reading")
    return reading.from_file(config.invocation_params.dir / Path(given.strip()).expanduser())


def gpus_per_worker(config: pytest.Config) -> int:
    """Return how many GPUs a worker gets. Raises GeneralBenchError for what is no whole number."""
    given = _count(config, "gpus-per-worker", least=0)
    return 1 if given is None else given


def _share(config: pytest.Config, name: str) -> str | None:
    from pytest_generalbench.core.errors import GeneralBenchError

    given = _value(config, name)
    if given is None or re.fullmatch(r"[0-9]+|(?:[0-9]{1,2}(?:\.[0-9]+)?|100)%", given):
        return given
    raise GeneralBenchError(f"{PREFIX}{name} takes a number of instances or a share as in 1%, not {given!r}")


def settings_of(config: pytest.Config) -> Settings:
    """Return the run's settings. Raises GeneralBenchError for a value that cannot be."""
    from pytest_generalbench.core import vocabulary
    from pytest_generalbench.core.settings import Settings

    return Settings(
        model=model_spec(config) or "",
        data=_value(config, "data") or "demo",
        split=_word(config, "split", ("open", "close")),
        board=_value(config, "board") or "A",
        limit=_count(config, "limit"),
        scoring=_word(config, "scoring", vocabulary.SCORINGS),
        sota=_value(config, "sota") or "released",
        run=_value(config, "run"),
        batch_size=_count(config, "batch-size"),
        instance_timeout=seconds("instance-timeout", _value(config, "instance-timeout")),
        task_timeout=seconds("task-timeout", _value(config, "task-timeout")),
        probe=_count(config, "probe"),
        divide=_word(config, "divide", ("auto", "always", "never")),
        shard=_shard(config),
        base_url=_address(_value(config, "base-url"), model_spec(config) or ""),
        judge=_value(config, "judge"),
        weights=_value(config, "weights"),
        reading=_readings(config),
        human_scores=_value(config, "human-scores"),
        mos=None if _word(config, "mos", ("people", "auto")) == "people" else "auto",
        gpus_per_worker=gpus_per_worker(config),
        share_gpus=_switch(config, "share-gpus"),
        offline=_switch(config, "offline"),
        trust_remote_code=_switch(config, "trust-remote-code"),
        resume=_switch(config, "resume"),
        max_errors=_share(config, "max-errors"),
        retry_errors=_switch(config, "retry-errors"),
        cache=_value(config, "cache"),
        cache_all=_switch(config, "cache-all"),
        **model_settings(partial(_value, config)),
    )
