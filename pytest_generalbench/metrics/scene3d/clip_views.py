"""Renderings of shapes for CLIP, from fixed sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_generalbench.core.outputs.forms.mesh import Mesh
from pytest_generalbench.core.outputs.forms.point_cloud import PointCloud
from pytest_generalbench.core.outputs.rendering import AZIMUTHS, SIDE, render_mesh, render_points
from pytest_generalbench.metrics.image.clip_score import register_views

if TYPE_CHECKING:
    from pytest_generalbench.metrics.backbone_interfaces import Pixels


def cloud_views(cloud: PointCloud) -> list[Pixels]:
    """Return a picture (224, 224, 3) of a cloud from each side."""
    return [render_points(cloud.points, cloud.colours, SIDE, azimuth) for azimuth in AZIMUTHS]


def mesh_views(mesh: Mesh) -> list[Pixels]:
    """Return a picture (224, 224, 3) of a mesh from each side."""
    return [render_mesh(mesh.vertices, mesh.faces, mesh.colours, SIDE, azimuth) for azimuth in AZIMUTHS]


register_views(PointCloud, cloud_views)
register_views(Mesh, mesh_views)
