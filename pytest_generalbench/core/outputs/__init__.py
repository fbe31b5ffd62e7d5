"""Answers that are not text: boxes, masks, tracks, maps, poses, and their one form in files.

`StructuredOutput` is the base, `rle` the mask code; each domain has its forms in a module of its own.
"""

from pytest_generalbench.core.outputs.base import (
    AnswerFormatError,
    Get,
    Put,
    StructuredOutput,
    answer_from_plain,
    answer_key,
    answer_to_plain,
    check_answer,
    form_names,
    form_of,
)
from pytest_generalbench.core.outputs.codecs.images.rle import Rle
from pytest_generalbench.core.outputs.forms.audio import Sound
from pytest_generalbench.core.outputs.forms.boxes import Boxes, FrameBoxes, Keypoints, OneBox, Tube
from pytest_generalbench.core.outputs.forms.image import Picture
from pytest_generalbench.core.outputs.forms.map_sequences import DepthSequence, MaskSequence, SalientSequence
from pytest_generalbench.core.outputs.forms.maps import Alpha, AnomalyMap, ClassMap, DepthMap, FlowField, Mask
from pytest_generalbench.core.outputs.forms.mesh import Mesh
from pytest_generalbench.core.outputs.forms.motion import Motion
from pytest_generalbench.core.outputs.forms.point_cloud import Cloud
from pytest_generalbench.core.outputs.forms.scenes3d import (
    Boxes3d,
    Normals,
    PointInstances,
    PointLabels,
    Poses,
    Tracks3d,
)
from pytest_generalbench.core.outputs.forms.segments import InstanceMasks, PanopticMap
from pytest_generalbench.core.outputs.forms.symbolic_music import Notes
from pytest_generalbench.core.outputs.forms.video import Video
from pytest_generalbench.core.outputs.media_output import MediaOutput
from pytest_generalbench.core.outputs.target import Opener, Target

__all__ = [
    "Alpha",
    "AnomalyMap",
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
    "MediaOutput",
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
    "StructuredOutput",
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
