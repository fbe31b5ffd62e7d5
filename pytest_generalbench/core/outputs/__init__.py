"""Answers that are not text: boxes, masks, tracks, maps, poses, and their one form in files.

`StructuredOutput` is the base, `rle` the mask code; each domain has its forms in a module of its own. A name
is imported when it is first used: numpy and all forms together take longer than most tasks need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
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
    from pytest_generalbench.core.outputs.forms.map_sequences import (
        DepthSequence,
        MaskSequence,
        SalientSequence,
    )
    from pytest_generalbench.core.outputs.forms.maps import (
        Alpha,
        AnomalyMap,
        ClassMap,
        DepthMap,
        FlowField,
        Mask,
    )
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

_MODULES: Final[dict[str, tuple[str, ...]]] = {
    "base": (
        "AnswerFormatError",
        "Get",
        "Put",
        "StructuredOutput",
        "answer_from_plain",
        "answer_key",
        "answer_to_plain",
        "check_answer",
        "form_names",
        "form_of",
    ),
    "codecs.images.rle": ("Rle",),
    "forms.audio": ("Audio",),
    "forms.boxes": (
        "Boxes",
        "FrameBoxes",
        "Keypoints",
        "OneBox",
        "Tube",
    ),
    "forms.image": ("Image",),
    "forms.map_sequences": (
        "DepthSequence",
        "MaskSequence",
        "SalientSequence",
    ),
    "forms.maps": (
        "Alpha",
        "AnomalyMap",
        "ClassMap",
        "DepthMap",
        "FlowField",
        "Mask",
    ),
    "forms.mesh": ("Mesh",),
    "forms.motion": ("Motion",),
    "forms.point_cloud": ("PointCloud",),
    "forms.scenes3d": (
        "Boxes3d",
        "Normals",
        "PointInstances",
        "PointLabels",
        "Poses",
        "Tracks3d",
    ),
    "forms.segments": (
        "InstanceMasks",
        "PanopticMap",
    ),
    "forms.symbolic_music": ("SymbolicMusic",),
    "forms.video": ("Video",),
    "media_output": ("MediaOutput",),
    "target": (
        "Opener",
        "Target",
    ),
}
"""By module, the names that it has."""

_PLACES: Final = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a name when it is first used."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    globals()[name] = value
    return value


def import_forms() -> None:
    """Import all forms: each registers itself."""
    for module in _MODULES:
        import_module(f"{__name__}.{module}")
