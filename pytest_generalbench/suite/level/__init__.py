"""General-Level: from the scores of the tasks to S2..S5 and the tier.

`paper` scoring follows the paper's definitions; `released` reproduces the authors'
released tool. Start at `compute_level`.
"""

from __future__ import annotations

from pytest_generalbench.suite.level.compute import compute_level, released_level, released_workbook
from pytest_generalbench.suite.level.mapping import (
    ImpossibleScoreError,
    points_slope,
    ratio_value,
    to_points,
)
from pytest_generalbench.suite.level.result import (
    CERTAINTY,
    LEVELS,
    Half,
    LanguageLevel,
    LevelDict,
    LevelResult,
    ModalityLevel,
)
from pytest_generalbench.suite.level.scorings.paper import points, reaches_sota, standing
from pytest_generalbench.suite.level.scorings.released import ReleasedRow
from pytest_generalbench.suite.level.tables.fractions import (
    fraction_notes,
    from_fractions,
    workbook_from_fractions,
)
from pytest_generalbench.suite.level.tables.published import PUBLISHED, PublishedScores
from pytest_generalbench.suite.level.tables.score_csv import ScoreFileError, read_csv
from pytest_generalbench.suite.level.tables.sota import SotaTable, in_task_units, sota_table
from pytest_generalbench.suite.level.tables.workbook import (
    Workbook,
    is_workbook,
    read_workbook,
    write_workbook,
)

__all__ = [
    "CERTAINTY",
    "LEVELS",
    "PUBLISHED",
    "Half",
    "ImpossibleScoreError",
    "LanguageLevel",
    "LevelDict",
    "LevelResult",
    "ModalityLevel",
    "PublishedScores",
    "ReleasedRow",
    "ScoreFileError",
    "SotaTable",
    "Workbook",
    "compute_level",
    "fraction_notes",
    "from_fractions",
    "in_task_units",
    "is_workbook",
    "points",
    "points_slope",
    "ratio_value",
    "reaches_sota",
    "read_csv",
    "read_workbook",
    "released_level",
    "released_workbook",
    "sota_table",
    "standing",
    "to_points",
    "workbook_from_fractions",
    "write_workbook",
]
