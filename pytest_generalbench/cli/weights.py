"""`generalbench weights`: the pretrained models that generation tasks are scored with."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_generalbench import metrics
from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.evaluation.scoring.backbones.dnsmos import PackagedWeights
from pytest_generalbench.evaluation.scoring.backbones.roles import ROLE_SPECS
from pytest_generalbench.evaluation.scoring.backbones.sources import HubCache, WeightsFolder
from pytest_generalbench.suite import tasks as registry

if TYPE_CHECKING:
    import argparse
    from argparse import _SubParsersAction
    from collections.abc import Iterator

    from pytest_generalbench.evaluation.scoring.backbones import Source


def add_parser(subparsers: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "weights",
        help="list the pretrained models that generation tasks are scored with, and what was found",
        description="Metrics such as FID or a CLIP score measure with pretrained models, one for each role. "
        "They are looked for in DIR (an entry for each role: DIR/clip/ is the folder of a saved transformers "
        "model, DIR/inception.pt a TorchScript or torch.export module), then in the Hugging Face cache. "
        "Exit status: 0 all there, 1 some are missing.",
    )
    parser.add_argument("folder", nargs="?", metavar="DIR", type=Path, help="as --generalbench-weights=DIR")
    parser.add_argument(
        "--download", action="store_true", help="fetch those that have a public repository into the cache"
    )
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Print the roles; with `--download`, download their weights first."""
    sources: list[Source] = [WeightsFolder(options.folder)] if options.folder else []
    sources += [PackagedWeights(), HubCache()]
    if options.download:
        for role, spec in ROLE_SPECS.items():
            if spec.repository and not any(source.has(role) for source in sources):
                sys.stdout.write(f"downloading {spec.repository} for {role}\n")
                _fetch(spec.repository)
    sys.stdout.writelines(f"{line}\n" for line in lines(sources))
    return 0 if all(any(source.has(role) for source in sources) for role in ROLE_SPECS) else 1


def _fetch(repository: str) -> None:
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    except ImportError as error:
        raise GeneralBenchError("--download needs pip install 'pytest-generalbench[hf]'") from error
    try:
        patterns = ["*.json", "*.txt", "*.model", "*.safetensors", "pytorch_model.bin"]
        snapshot_download(repository, allow_patterns=patterns)
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise GeneralBenchError(f"{repository} cannot be downloaded: {reason}") from error


def lines(sources: list[Source]) -> Iterator[str]:
    """Yield for each role how many tasks need it, what it is, and where its weights are or what to do."""
    used: Counter[str] = Counter()
    for task in registry.load_tasks():
        if task.metric.name in metrics.names():
            used.update(metrics.get(task.metric.name).backbones)
    for role, spec in ROLE_SPECS.items():
        result = next((source for source in sources if source.has(role)), None)
        count = f"{used[role]} tasks" if used[role] != 1 else "1 task"
        yield f"{role:<16}{count:>9}  {spec.what}"
        if result:
            yield f"{'':<27}found: {result.identity(role)}"
        else:
            ways = [way for source in sources if (way := source.lacking(role))]
            yield f"{'':<27}missing: {' or '.join(ways)}"
            if spec.module and not isinstance(sources[0], WeightsFolder):
                yield f"{'':<27}module: {spec.module}"
