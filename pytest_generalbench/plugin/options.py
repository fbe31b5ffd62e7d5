"""How what is given on the command line, in ini keys and in the environment becomes `Settings`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.options import BY_NAME, OPTIONS, PREFIX, Option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.core.settings import Settings


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
        if arg.startswith(PREFIX) and name in BY_NAME and BY_NAME[name].metavar is not None:
            value = args[position + 1] if position + 1 < len(args) else "…"
            raise pytest.UsageError(
                f"write {arg}={value} with '=': pytest takes a value after a blank for a path"
            )


def _given(config: pytest.Config, option: Option) -> str | bool | None:
    """Return an option as it was given: on the command line, else as ini key, else in the environment."""
    on_command_line: str | bool | None = config.getoption(option.dest)
    if option.metavar is None:
        return bool(on_command_line or config.getini(option.dest))
    if on_command_line is not None or option.name == "model":
        return on_command_line
    in_environment = os.environ.get(option.environment) if option.environment else None
    return str(config.getini(option.dest)) or in_environment or None


def gpus_per_worker(config: pytest.Config) -> int:
    """Return how many GPUs a worker gets. Raises GeneralBenchError for what is no whole number."""
    from pytest_generalbench.core.options import settings_of

    option = BY_NAME["gpus-per-worker"]
    values = settings_of([option], lambda option: _given(config, option), config.invocation_params.dir)
    return int(values.get(option.setting, 1))


def read_settings(config: pytest.Config) -> Settings:
    """Return the run's settings. Raises GeneralBenchError for a value that cannot be."""
    from pytest_generalbench.core.options import settings_of
    from pytest_generalbench.core.settings import Settings

    values = settings_of(OPTIONS, lambda option: _given(config, option), config.invocation_params.dir)
    settings = Settings(**{"model": "", **values})
    if settings.subset_from is not None and settings.subset is None:
        raise GeneralBenchError(f"{PREFIX}subset-from makes a subset: give {PREFIX}subset=5% as well")
    if settings.base_url is not None and settings.model.startswith("openai:"):
        # Looked over before anything starts; the address of a judge is looked over where it is opened.
        from pytest_generalbench.models.openai.http import check_address

        check_address(settings.base_url)
    return settings
