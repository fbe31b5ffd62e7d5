"""The benchmark's data: located, read and checked; the public names of this package."""

from pytest_generalbench.suite.data.locate.layout import SPLITS, DataFolder, TaskFiles
from pytest_generalbench.suite.data.read.annotation import TaskData, load
from pytest_generalbench.suite.data.source import (
    DataSource,
    FolderSource,
    HubSource,
    default_cache,
    limit_of_download,
    open_data,
    revision_of,
)

__all__ = [
    "SPLITS",
    "DataFolder",
    "DataSource",
    "FolderSource",
    "HubSource",
    "TaskData",
    "TaskFiles",
    "default_cache",
    "limit_of_download",
    "load",
    "open_data",
    "revision_of",
]
