"""Tasks that make shapes and motions: what is asked, which truths are found, which answers fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import trimesh

from pytest_generalbench import protocols
from pytest_generalbench.core.errors import DataError, ReferenceFormatError
from pytest_generalbench.core.media.media import Media
from pytest_generalbench.core.outputs import AnswerFormatError, Mesh, Motion, PointCloud
from pytest_generalbench.core.outputs.rendering import TOLD
from pytest_generalbench.core.request import Instance, Output
from pytest_generalbench.metrics.scene3d.chamfer import chamfer, sampled
from pytest_generalbench.protocols.generation.shapes.baselines import specks
from pytest_generalbench.protocols.generation.shapes.protocols import TextTo3d
from pytest_generalbench.suite.data.read.media_files import MediaFinder
from pytest_generalbench.suite.demo.media import files, shapes
from tests.protocols.questions import a_context

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_generalbench.protocols import TaskContext

CLOUD, MESH = PointCloud(shapes.lathe_points(3)), Mesh.decode(shapes.mesh_file(3, "obj"), "x.obj")
FILES = {
    "points.ply": shapes.cloud_file(shapes.lathe_points(3), "x.ply"),
    "points.npz": shapes.cloud_file(shapes.lathe_points(3), "x.npz"),
    "part.ply": shapes.cloud_file(shapes.lathe_points(3)[:9], "x.ply"),
    "mesh.ply": shapes.mesh_file(3, "ply"),
    "mesh.obj": shapes.mesh_file(3, "obj"),
    "mesh.off": shapes.mesh_file(3, "off"),
    "motion.npz": files.motion_npz(4),
    "picture.png": files.picture(4),
    "broken.obj": b"v 0 0 zero\n",
    "empty.ply": b"ply\nformat ascii 1.0\nelement vertex 0\nproperty float x\nproperty float y\n"
    b"property float z\nend_header\n",
}
INPUTS = {"text_to_3d": "text", "image_to_3d": "image", "text_to_motion": "text"}
METRICS = {"text_to_3d": "clip_text_image", "image_to_3d": "clip_image_image", "text_to_motion": "motion_fid"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def an_instance(folder: Path, raw: Any = None, media: Any = (), **fields: Any) -> Instance:
    return Instance(
        "1", "3d/generation/tiny", fields, media, raw, None if raw is None else "output",
        files=MediaFinder(folder, folder, references=True),
    )  # fmt: skip


def context_of(protocol: str, output: str, inputs: str = "pointcloud") -> TaskContext:
    return a_context(
        protocol, metric=METRICS.get(protocol, "chamfer"), output=output, modality="3d",
        paradigm="generation", inputs=INPUTS.get(protocol, inputs),
    )  # fmt: skip


def asked(protocol: str, output: str, instance: Instance, inputs: str = "pointcloud") -> Any:
    return protocols.get(protocol).request(instance, context_of(protocol, output, inputs))


@pytest.mark.parametrize(("output", "form"), [("pointcloud", PointCloud), ("mesh", Mesh)])
@pytest.mark.parametrize("key", ["prompt", "caption", "text"])
def test_words_are_asked_for_in_the_form_of_the_task(folder: Path, output: str, form: Any, key: str) -> None:
    request = asked("text_to_3d", output, an_instance(folder, **{key: "A red chair."}))
    assert (request.output_medium, request.form) == (form.medium, form.form)
    assert "A red chair." in request.text
    assert "y axis points up" in request.text
    context = context_of("text_to_3d", output)
    assert TOLD in context.notes
    target = TextTo3d().target(an_instance(folder, **{key: "A red chair."}), context)
    assert target.prompt.endswith("A red chair.")


def test_what_lacks_its_input_is_not_asked(folder: Path) -> None:
    depth = Media("map", (folder / "picture.png",), "depth")
    colour = Media("video", (folder / "picture.png",), "color")
    stream = Media("map", (folder / "scan.sens",), "sens_file")
    with pytest.raises(DataError, match="no text"):
        asked("text_to_3d", "mesh", an_instance(folder))
    with pytest.raises(DataError, match="no image"):
        asked("image_to_3d", "mesh", an_instance(folder))
    with pytest.raises(DataError, match="no pointcloud"):
        asked("3d_completion_reconstruction", "mesh", an_instance(folder))
    for media, answer in (((depth,), "no video"), ((colour,), "no depth"), ((), "no video and no depth")):
        with pytest.raises(DataError, match=answer):
            asked("3d_completion_reconstruction", "mesh", an_instance(folder, media=media), "rgb-d frames")
    for there in ((colour, depth), (stream,)):
        request = asked(
            "3d_completion_reconstruction", "mesh", an_instance(folder, media=there), "rgb-d frames"
        )
        assert request.media == there
        assert "coordinates of the camera poses" in request.text


@pytest.mark.parametrize(
    ("output", "raw", "form"),
    [
        ("pointcloud", {"point_cloud": "points.ply"}, PointCloud),
        ("pointcloud", {"gt": "points.npz"}, PointCloud),
        ("pointcloud", "points.ply", PointCloud),
        ("pointcloud", {"mesh": "mesh.obj"}, Mesh),
        ("pointcloud", {"mesh": "mesh.ply"}, PointCloud),
        ("mesh", {"mesh_file": "mesh.obj"}, Mesh),
        ("mesh", {"gt": "mesh.off"}, Mesh),
        ("mesh", {"target": {"path": "./somewhere/mesh.ply"}}, Mesh),
        ("mesh", {"pointcloud": "points.ply"}, PointCloud),
        ("mesh", {"points": "points.npz"}, PointCloud),
    ],
)
def test_the_truth_may_be_a_cloud_or_a_mesh(folder: Path, output: str, raw: Any, form: Any) -> None:
    media = (Media("pointcloud", (folder / "part.ply",), "point_cloud"),)
    instance, context = an_instance(folder, raw, media), context_of("3d_completion_reconstruction", output)
    protocol = protocols.get("3d_completion_reconstruction")
    reference = protocol.reference(instance, context)
    truth = reference.medium()
    assert isinstance(truth, form)
    ideal = protocol.ideal(reference, instance, context)
    assert isinstance(ideal, PointCloud | Mesh)
    assert ideal.form == output
    assert protocol.parse(Output(medium=output, answer=ideal), instance, context) == ideal
    away = chamfer(sampled(ideal, 20_000), sampled(truth, 20_000))
    assert away < (1e-12 if isinstance(truth, type(ideal)) else 1e-3)


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        ({"mesh": "broken.obj"}, "cannot be read"),
        ({"mesh": "empty.ply"}, "no points"),
        ({"mesh": "lost.obj"}, "lost.obj"),
        ({"mesh": "a fine chair"}, "no medium"),
        ({"mesh": "../mesh.obj"}, "refused"),
        ({"mesh": "part.ply"}, "no medium"),
    ],
)
def test_truths_that_cannot_be_read_are_named(folder: Path, raw: Any, answer: str) -> None:
    media = (Media("pointcloud", (folder / "part.ply",), "point_cloud"),)
    instance, context = an_instance(folder, raw, media), context_of("3d_completion_reconstruction", "mesh")
    with pytest.raises(ReferenceFormatError, match=answer):
        protocols.get("3d_completion_reconstruction").reference(instance, context)


def test_without_a_true_shape_the_picture_is_what_counts(folder: Path) -> None:
    media = (Media("image", (folder / "picture.png",), "image"),)
    context, protocol = context_of("image_to_3d", "mesh"), protocols.get("image_to_3d")
    closed = an_instance(folder, None, media)
    assert protocol.has_reference(closed, context)
    target = protocol.reference(closed, context)
    assert target.medium is None
    assert target.source is not None
    assert isinstance(protocol.ideal(target, closed, context), Mesh)
    assert "object in the image" in protocol.request(closed, context).text


@pytest.mark.parametrize("output", ["pointcloud", "mesh"])
def test_shapes_of_the_other_form_do_not_fit(folder: Path, output: str) -> None:
    context, instance = context_of("text_to_3d", output), an_instance(folder, prompt="A chair")
    for answer in (CLOUD, MESH, Motion(np.zeros((2, 3)))):
        if answer.form == output:
            continue
        with pytest.raises(AnswerFormatError, match=f"{answer.form} where a {output} is due"):
            protocols.get("text_to_3d").parse(Output(medium=answer.medium, answer=answer), instance, context)
    assert protocols.get("text_to_3d").parse(Output("A chair has four legs."), instance, context) is None


def test_motions_must_have_the_values_of_the_target(folder: Path) -> None:
    context, protocol = context_of("text_to_motion", "motion sequence"), protocols.get("text_to_motion")
    instance = an_instance(folder, {"motion_file": "motion.npz"}, caption="a person walks")
    fits, misfit = Motion(np.zeros((99, 22, 3))), Motion(np.zeros((12, 263)))
    assert protocol.parse(Output(medium="motion", answer=fits), instance, context) == fits
    with pytest.raises(AnswerFormatError, match="263 values a frame where the target has 66"):
        protocol.parse(Output(medium="motion", answer=misfit), instance, context)
    assert protocol.request(instance, context).form == "motion"


def test_specks_are_a_mesh_as_close_to_a_cloud_as_can_be() -> None:
    ball = trimesh.creation.icosphere(3)
    mesh = specks(PointCloud(ball.vertices))
    assert len(mesh.faces) == len(ball.vertices)
    assert specks(PointCloud(np.zeros((1, 3)))).faces.shape == (1, 3)
