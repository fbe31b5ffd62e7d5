"""Command line options and ini keys, and how they become `Settings`."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.settings import Settings

PREFIX: Final = "--generalbench-"


@dataclass(frozen=True, slots=True)
class Option:
    """One option; all but the model are also ini keys (`generalbench_data = …`)."""

    name: str
    help: str
    metavar: str | None = None
    """None: a switch."""
    environment: str | None = None
    """Environment variable that is asked when neither option nor ini key is given."""

    @property
    def dest(self) -> str:
        """Attribute and ini key: `generalbench_base_url`."""
        return f"generalbench_{self.name.replace('-', '_')}"


OPTIONS: Final = (
    Option(
        "model",
        "The model to evaluate; giving it switches the benchmark on. baseline:oracle, baseline:random, "
        "baseline:majority, baseline:constant (says A) or baseline:constant:TEXT; hf:NAME_OR_DIR (a bare "
        "name or folder means this); diffusers:NAME_OR_DIR; python:path.py:factory or "
        "python:package.module:factory; "
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
    Option("batch-size", "Requests a model is given at once: 'auto' (default: as the model says) or N.", "N"),
    Option("base-url", "Address of the OpenAI-compatible server that the judge runs on.", "URL"),
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
)
_BY_NAME: Final = {option.name: option for option in OPTIONS}


def add_options(parser: pytest.Parser) -> None:
    """Register options and ini keys."""
    group = parser.getgroup("generalbench", "General-Bench: multimodal tasks as scored items")
    for option in OPTIONS:
        if option.metavar is None:
            group.addoption(
                PREFIX + option.name, dest=option.dest, action="store_true", default=None, help=option.help
            )
        else:
            group.addoption(
                PREFIX + option.name,
                dest=option.dest,
                metavar=option.metavar,
                default=None,
                help=option.help,
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
    from pytest_generalbench.errors import UnknownWordError

    given = _value(config, name)
    if given is not None and given not in good:
        raise UnknownWordError(f"{PREFIX}{name}", given, good)
    return given or good[0]


def _count(config: pytest.Config, name: str) -> int | None:
    from pytest_generalbench.errors import GeneralBenchError

    given = _value(config, name)
    if given is None or (given == "auto" and name == "batch-size"):
        return None
    if not (given.isascii() and given.isdigit()) or int(given) < 1:
        raise GeneralBenchError(f"{PREFIX}{name} takes a whole number from 1, not {given!r}")
    return int(given)


def _share(config: pytest.Config, name: str) -> str | None:
    from pytest_generalbench.errors import GeneralBenchError

    given = _value(config, name)
    if given is None or re.fullmatch(r"[0-9]+|(?:[0-9]{1,2}(?:\.[0-9]+)?|100)%", given):
        return given
    raise GeneralBenchError(f"{PREFIX}{name} takes a number of instances or a share as in 1%, not {given!r}")


def settings_of(config: pytest.Config) -> Settings:
    """Return the run's settings. Raises GeneralBenchError for a value that cannot be."""
    from pytest_generalbench import vocabulary
    from pytest_generalbench.settings import Settings

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
        base_url=_value(config, "base-url"),
        judge=_value(config, "judge"),
        weights=_value(config, "weights"),
        human_scores=_value(config, "human-scores"),
        mos=None if _word(config, "mos", ("people", "auto")) == "people" else "auto",
        offline=_switch(config, "offline"),
        trust_remote_code=_switch(config, "trust-remote-code"),
        resume=_switch(config, "resume"),
        max_errors=_share(config, "max-errors"),
        retry_errors=_switch(config, "retry-errors"),
        cache=_value(config, "cache"),
        cache_all=_switch(config, "cache-all"),
    )
