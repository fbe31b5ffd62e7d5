"""The pretrained models that metrics measure with: what each is, where it was found, how to get it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_generalbench import metrics
from pytest_generalbench.core.errors import GeneralBenchError, MissingDependencyError
from pytest_generalbench.evaluation.scoring.backbones.dnsmos import PackagedWeights
from pytest_generalbench.evaluation.scoring.backbones.roles import ROLE_SPECS
from pytest_generalbench.evaluation.scoring.backbones.sources import HubCache, WeightsFolder
from pytest_generalbench.suite.tasks import load_tasks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_generalbench.evaluation.scoring.backbones import Source


@dataclass(frozen=True, slots=True)
class RoleWeights:
    """The pretrained model of one role."""

    role: str
    what: str
    """The model, in words."""
    tasks: int
    """Tasks that are scored with it."""
    identity: str | None
    """What was found; None where nothing was."""
    ways: tuple[str, ...]
    """How to get it, where it is missing."""
    module: str | None
    """What a TorchScript or torch.export module must take and give; None where it cannot be one."""


def _sources(folder: str | Path | None) -> list[Source]:
    given: list[Source] = [WeightsFolder(Path(folder))] if folder else []
    return [*given, PackagedWeights(), HubCache()]


def list_weights(folder: str | Path | None = None) -> list[RoleWeights]:
    """Return the pretrained models of all roles, in a fixed order.

    Args:
        folder: As `--generalbench-weights`; looked into before the Hugging Face cache.

    Raises:
        GeneralBenchError: there is no such folder.
    """
    sources = _sources(folder)
    used: Counter[str] = Counter()
    for task in load_tasks():
        if task.metric.name in metrics.names():
            used.update(metrics.get(task.metric.name).backbones)
    listed = []
    for role, spec in ROLE_SPECS.items():
        source = next((source for source in sources if source.has(role)), None)
        identity = source.identity(role) if source else None
        ways = () if source else tuple(way for one in sources if (way := one.lacking(role)))
        listed.append(RoleWeights(role, spec.what, used[role], identity, ways, spec.module or None))
    return listed


def download_weights(folder: str | Path | None = None) -> Iterator[str]:
    """Download the missing pretrained models that have a public repository into the Hugging Face cache.

    Args:
        folder: As for `list_weights`; what lies there is not downloaded.

    Yields:
        A line before each download.

    Raises:
        MissingDependencyError: huggingface_hub is not installed.
        GeneralBenchError: a repository cannot be downloaded, or there is no such folder.
    """
    sources = _sources(folder)
    for role, spec in ROLE_SPECS.items():
        if spec.repository and not any(source.has(role) for source in sources):
            yield f"downloading {spec.repository} for {role}"
            _fetch(spec.repository)


def _fetch(repository: str) -> None:
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    except ImportError as error:
        raise MissingDependencyError("huggingface_hub", "hf", "downloading weights") from error
    try:
        patterns = ["*.json", "*.txt", "*.model", "*.safetensors", "pytorch_model.bin"]
        snapshot_download(repository, allow_patterns=patterns)
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise GeneralBenchError(f"{repository} cannot be downloaded: {reason}") from error
