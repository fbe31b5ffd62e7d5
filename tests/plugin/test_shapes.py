"""The tasks that make shapes and motions through the command a user types: best, worse, and bad answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import ReadResult

BEST = {"chamfer": 0.0, "motion_fid": 0.0, "clip_image_image": 100.0}

BAD = """
    import numpy as np

    from pytest_generalbench.core.outputs import PointCloud, Mesh, Motion

    POINTS = np.eye(3)
    SAID = [
        lambda: PointCloud(np.zeros((0, 3))),
        lambda: PointCloud(np.full((4, 3), np.nan)),
        lambda: Mesh(POINTS, np.zeros((0, 3), int)),
        lambda: Mesh(POINTS, np.array([[0, 1, 7]])),
        lambda: Motion(np.zeros((0, 22, 3))),
        lambda: Motion(np.zeros((3, 5, 3))),
        lambda: "A vase.",
        lambda: Mesh.decode(b"no mesh at all", "vase.glb"),
    ]


    class Bad:
        input_media = ("text", "image", "video", "audio", "pointcloud", "mesh", "motion", "signal", "map")
        output_media = frozenset({"text", "pointcloud", "mesh", "motion"})

        def generate(self, requests):
            return [SAID[int(request.instance_id) - 1]() for request in requests]
"""


def run(pytester: pytest.Pytester, model: str, chosen: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess(
        f"--generalbench-model={model}", "--generalbench-data=demo", "--generalbench-run=run", "-k", chosen
    )


@pytest.mark.parametrize("kind", ["oracle", "random"])
def test_the_demo_set_has_a_best_and_a_worse_answer(
    pytester: pytest.Pytester, read_result: ReadResult, kind: str
) -> None:
    # Without the two reconstructions of surfaces and one of the RGB-D tasks: they take as long as all others.
    chosen = "3d and generation and not rgb-d-to-mesh and not mesh-scene"
    assert run(pytester, f"baseline:{kind}", chosen).ret == 0
    tasks = read_result("run")["tasks"]
    assert len(tasks) == 20
    for task in tasks:
        assert task["state"] == "scored", task
        assert 0 <= task["score"] < 1e6
        if task["metric"] in BEST:
            best = task["score"] == pytest.approx(BEST[task["metric"]], abs=1e-9)
            assert best == (kind == "oracle"), task
        if task["metric"].startswith("clip"):
            assert "4 views" in task["definition"]


def test_answers_that_fit_nothing_are_named_and_never_a_crash(
    pytester: pytest.Pytester, read_result: ReadResult
) -> None:
    pytester.makepyfile(bad=BAD)
    run(pytester, "python:bad.py:Bad", "completion or mesh-object or text-to-3d-motion or text-to-3d-nature")
    tasks = [task for task in read_result("run")["tasks"] if task["id"].startswith("3d/generation")]
    assert len(tasks) == 5
    for task in tasks:
        assert task["states"] == {"unparsable": 8}, task
        assert task["state"] == "scored"
        assert task["score"] > 0 or task["metric"].startswith("clip"), task


def test_files_are_taken_as_predictions(pytester: pytest.Pytester, read_result: ReadResult) -> None:
    folder = pytester.path / "said"
    folder.mkdir()
    (folder / "a.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    (folder / "b.glb").write_bytes(b"glTF and nothing behind")
    (folder / "c.ply").write_bytes(b"\x89PNG\r\n\x1a\n")
    names = ["a.obj", "b.glb", "c.ply", "lost.obj", "../a.obj", "a.obj", "a.obj", "a.obj"]
    answers = [{"id": number, "prediction": name} for number, name in enumerate(names, 1)]
    (folder / "point-cloud-to-mesh-object-reconstruction.json").write_text(json.dumps(answers))
    run(pytester, "predictions:said", "mesh-object")
    (task,) = read_result("run")["tasks"]
    assert task["states"] == {"ok": 4, "error": 4}, task
    assert task["score"] > 1  # four that cannot be read are ten diagonals off
