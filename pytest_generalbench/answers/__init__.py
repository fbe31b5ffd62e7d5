"""Answers that are not text: boxes, masks, tracks, maps, poses, and their one form in files.

`Answer` is the base, `rle` the mask code; each domain has its forms in a module of its own.
"""

from pytest_generalbench.answers.base import (
    Answer,
    AnswerFormatError,
    Get,
    Put,
    answer_from_plain,
    answer_key,
    answer_to_plain,
    check_answer,
    form_names,
    form_of,
)
from pytest_generalbench.answers.cloud import Cloud
from pytest_generalbench.answers.located import Boxes, FrameBoxes, Keypoints, OneBox, Tube
from pytest_generalbench.answers.maps import Alpha, AnomalyMap, ClassMap, DepthMap, FlowField, Mask
from pytest_generalbench.answers.medium import Medium
from pytest_generalbench.answers.mesh import Mesh
from pytest_generalbench.answers.motion import Motion
from pytest_generalbench.answers.notes import Notes
from pytest_generalbench.answers.picture import Picture
from pytest_generalbench.answers.rle import Rle
from pytest_generalbench.answers.segments import InstanceMasks, PanopticMap
from pytest_generalbench.answers.sequences import DepthSequence, MaskSequence, SalientSequence
from pytest_generalbench.answers.sound import Sound
from pytest_generalbench.answers.space import Boxes3d, Normals, PointInstances, PointLabels, Poses, Tracks3d
from pytest_generalbench.answers.target import Opener, Target
from pytest_generalbench.answers.video import Video

__all__ = [
    "Alpha",
    "AnomalyMap",
    "Answer",
    "AnswerFormatError",
    "Boxes",
    "Boxes3d",
    "ClassMap",
    "Cloud",
    "DepthMap",
    "DepthSequence",
    "FlowField",
    "FrameBoxes",
    "Get",
    "InstanceMasks",
    "Keypoints",
    "Mask",
    "MaskSequence",
    "Medium",
    "Mesh",
    "Motion",
    "Normals",
    "Notes",
    "OneBox",
    "Opener",
    "PanopticMap",
    "Picture",
    "PointInstances",
    "PointLabels",
    "Poses",
    "Put",
    "Rle",
    "SalientSequence",
    "Sound",
    "Target",
    "Tracks3d",
    "Tube",
    "Video",
    "answer_from_plain",
    "answer_key",
    "answer_to_plain",
    "check_answer",
    "form_names",
    "form_of",
]
