"""Answer forms for boxes, points, tracks and tubes."""

from __future__ import annotations
