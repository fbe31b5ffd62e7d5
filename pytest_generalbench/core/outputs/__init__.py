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
from pytest_generalbench.core.outputs.forms.audio import Audio
from pytest_generalbench.core.outputs.forms.boxes import Boxes, FrameBoxes, Keypoints, OneBox, Tube
from pytest_generalbench.core.outputs.forms.image import Image
from pytest_generalbench.core.outputs.forms.map_sequences import DepthSequence, MaskSequence, SalientSequence
from pytest_generalbench.core.outputs.forms.maps import Alpha, AnomalyMap, ClassMap, DepthMap, FlowField, Mask
from pytest_generalbench.core.outputs.forms.mesh import Mesh
from pytest_generalbench.core.outputs.forms.motion import Motion
from pytest_generalbench.core.outputs.forms.point_cloud import PointCloud
from pytest_generalbench.core.outputs.forms.scenes3d import (
    Boxes3d,
    Normals,
    PointInstances,
    PointLabels,
    Poses,
    Tracks3d,
)
from pytest_generalbench.core.outputs.forms.segments import InstanceMasks, PanopticMap
from pytest_generalbench.core.outputs.forms.symbolic_music import SymbolicMusic
from pytest_generalbench.core.outputs.forms.video import Video
from pytest_generalbench.core.outputs.media_output import MediaOutput
from pytest_generalbench.core.outputs.target import Opener, Target

__all__ = [
    "Alpha",
    "AnomalyMap",
    "AnswerFormatError",
    "Audio",
    "Boxes",
    "Boxes3d",
    "ClassMap",
    "DepthMap",
    "DepthSequence",
    "FlowField",
    "FrameBoxes",
    "Get",
    "Image",
    "InstanceMasks",
    "Keypoints",
    "Mask",
    "MaskSequence",
    "MediaOutput",
    "Mesh",
    "Motion",
    "Normals",
    "OneBox",
    "Opener",
    "PanopticMap",
    "PointCloud",
    "PointInstances",
    "PointLabels",
    "Poses",
    "Put",
    "Rle",
    "SalientSequence",
    "StructuredOutput",
    "SymbolicMusic",
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
