"""Answer forms for masks and maps over images and frames."""

from __future__ import annotations
