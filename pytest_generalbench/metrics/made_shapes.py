"""The metrics of shapes and motions that a model makes; the CLIP scores of shapes are in `clip`."""

from __future__ import annotations

from typing import Final

from pytest_generalbench.metrics import chamfer, motion_fid, shape_views

METRICS: Final = (*chamfer.METRICS, *motion_fid.METRICS)

VIEWS: Final = shape_views
"""Imported so that CLIP is shown shapes."""
