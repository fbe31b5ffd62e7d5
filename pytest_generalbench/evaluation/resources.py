"""Resources of a run: data, judge, metric networks, human ratings."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_generalbench.core.regular_files import user_path
from pytest_generalbench.evaluation.scoring.backbones import Backbones, make_backbones
from pytest_generalbench.evaluation.scoring.human_ratings import Ratings, make_ratings
from pytest_generalbench.evaluation.scoring.judge import Judge, make_judge
from pytest_generalbench.suite.data import DataSource, open_data

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_generalbench.core.settings import Settings
    from pytest_generalbench.core.task import Task


class Resources(NamedTuple):
    """The four resources of a run."""

    data: DataSource
    judge: Judge | None
    backbones: Backbones
    """The pretrained networks of metrics; each is loaded when a metric first needs it."""
    ratings: Ratings


def open_resources(
    settings: Settings, tasks: Sequence[Task], folder: Path, *, offline: bool = False
) -> Resources:
    """Open the resources of a run, for plugin, controller and rescoring alike.

    Args:
        settings: The run's settings.
        tasks: Every task there is; folders of the data are matched with them.
        folder: Where pytest was started: relative paths of settings are meant from here.
        offline: Download nothing, whatever the settings say.

    Raises:
        GeneralBenchError: data, judge, weights or ratings that the settings name cannot be had.
    """
    source = settings.data if settings.data in ("demo", "hub") else user_path(settings.data, folder)
    data = open_data(source, settings.split, tasks, offline=offline or settings.offline, limit=settings.limit)
    return Resources(
        data,
        make_judge(settings, data.is_demo),
        make_backbones(settings, data.is_demo, folder),
        make_ratings(settings, data, tasks, folder),
    )
