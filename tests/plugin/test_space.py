"""The 3D tasks of the demo set through the command a user types: best, worse, and bad answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import ReadResult

CHOSEN = "3d and comprehension and (segmentation or odometry or tracking or normal or detection)"
BEST = {"rte": 0.0, "normal_angle_rmse": 0.0}

BAD = """
    import numpy as np

    from pytest_generalbench.core.outputs.forms.scenes3d import (
        Normals,
        PointInstances,
        PointLabels,
        Poses,
        Tracks3d,
    )

    SAID = [
        lambda: Poses(np.zeros((3, 3, 4))),
        lambda: Normals(np.array([[0.0, 0.0, float("nan")]])),
        lambda: PointLabels(np.array([0.5])),
        lambda: PointLabels(np.array([1, 2, 3])),
        lambda: PointInstances(np.array([], int), ()),
        lambda: Normals(np.array([[0.0, 0.0, 1.0]])),
        lambda: Tracks3d(((),)),
        lambda: "I see a chair.",
    ]


    class Bad:
        input_media = ("text", "image", "video", "audio", "pointcloud", "mesh", "motion", "signal", "map")
        output_media = frozenset({"text", "map"})

        def generate(self, requests):
            return [SAID[int(request.instance_id) - 1]() for request in requests]
"""


def run(pytester: pytest.Pytester, model: str, *more: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess(
        f"--generalbench-model={model}", "--generalbench-data=demo", "--generalbench-run=run", "-k", CHOSEN,
        *more,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["oracle", "random"])
def test_the_demo_set_has_a_best_and_a_worse_answer(
    pytester: pytest.Pytester, read_result: ReadResult, kind: str
) -> None:
    assert run(pytester, f"baseline:{kind}").ret == 0
    tasks = read_result("run")["tasks"]
    assert len(tasks) == 13
    for task in tasks:
        assert task["state"] == "scored", task
        best = BEST.get(task["metric"], 100.0)
        assert (task["score"] == best) == (kind == "oracle"), task
        assert abs(task["score"] - best) > 20 or kind == "oracle", task


def test_answers_that_fit_nothing_are_named_and_never_a_crash(
    pytester: pytest.Pytester, read_result: ReadResult
) -> None:
    pytester.makepyfile(bad=BAD)
    run(pytester, "python:bad.py:Bad")
    tasks = read_result("run")["tasks"]
    assert len(tasks) == 13
    for task in tasks:
        # The first three cannot even be made. The others do not fit.
        assert task["states"] == {"unparsable": 8}, task
        assert task["state"] == "scored"
        assert task["score"] == {"rte": 1000.0, "normal_angle_rmse": 90.0}.get(task["metric"], 0.0)
