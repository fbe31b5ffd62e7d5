"""Answer forms for point clouds and scenes."""

from __future__ import annotations
