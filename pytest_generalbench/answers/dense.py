"""Forms of masks and maps over images and frames."""

from __future__ import annotations

from pytest_generalbench.answers.maps import Alpha, AnomalyMap, ClassMap, DepthMap, FlowField, Mask
from pytest_generalbench.answers.segments import InstanceMask, InstanceMasks, PanopticMap, Segment
from pytest_generalbench.answers.sequences import DepthSequence, MaskSequence, SalientSequence

__all__ = [
    "Alpha",
    "AnomalyMap",
    "ClassMap",
    "DepthMap",
    "DepthSequence",
    "FlowField",
    "InstanceMask",
    "InstanceMasks",
    "Mask",
    "MaskSequence",
    "PanopticMap",
    "SalientSequence",
    "Segment",
]
