"""Finds each protocol by the name that a task file uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.registry import Registry, by_module, named_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_generalbench.protocols.base import Protocol

MODULES: Final[Mapping[str, tuple[str, ...]]] = {
    "text.multiple_choice": ("multiple_choice",),
    "text.yes_no": ("yes_no",),
    "text.label": ("label",),
    "text.short_answer": ("short_answer", "final_answer"),
    "text.free_text": ("free_text", "caption", "ocr"),
    "text.numeric": ("counting", "time_series"),
    "text.structured_lists": ("extraction", "triplets", "roles"),
    "text.code": ("code",),
    "localization.detection": ("object_detection", "visual_grounding"),
    "localization.keypoints": ("keypoint_detection",),
    "localization.tracking": ("video_object_tracking",),
    "localization.tubes": ("video_spatiotemporal_grounding",),
    "dense.image_maps": ("semantic_segmentation", "image_anomaly_segmentation"),
    "dense.image_segments": ("instance_segmentation", "panoptic_segmentation"),
    "dense.matting": ("matting",),
    "dense.depth": ("depth_estimation",),
    "dense.optical_flow": ("optical_flow",),
    "dense.video_depth": ("video_depth_estimation",),
    "dense.video_maps": (
        "video_object_segmentation", "video_reasoning_segmentation", "video_referring_segmentation",
        "video_salient_object_detection", "video_camouflaged_object_detection",
    ),
    "scene3d.points": ("3d_part_segmentation", "3d_semantic_segmentation"),
    "scene3d.point_objects": ("3d_instance_segmentation",),
    "scene3d.point_normals": ("3d_normal_estimation",),
    "scene3d.scenes": ("3d_detection", "3d_tracking", "3d_odometry"),
    "generation.image.protocols": (
        "text_to_image", "conditional_image_generation", "image_restoration", "image_inpainting",
        "image_colorization", "image_style_transfer", "image_editing", "audio_to_image", "eeg_to_image",
        "face_swap_generation", "image_to_map",
    ),
    "generation.video.generation": ("text_to_video", "image_to_video", "stylized_video_generation"),
    "generation.video.editing": (
        "video_restoration", "video_super_resolution", "video_inpainting", "video_frame_interpolation",
        "video_colorization", "video_translation_editing", "video_style_transfer",
    ),
    "generation.audio.speech_and_sound": (
        "text_to_speech", "speech_style_conversion", "speech_to_speech_translation", "text_to_audio",
        "audio_editing", "image_to_speech", "video_to_audio",
    ),
    "generation.audio.music": ("music_generation", "music_style_transfer"),
    "generation.shapes.protocols": (
        "text_to_3d", "image_to_3d", "3d_completion_reconstruction", "text_to_motion",
    ),
}  # fmt: skip
"""By module, the protocols that it has: a module is imported when one of them is asked for."""


REGISTRY: Registry[Protocol] = Registry(
    "protocol", later=by_module(__package__, MODULES, named_in("PROTOCOLS"))
)
"""Every protocol; those of hooks are removed when their session ends."""


def is_built_in(name: str) -> bool:
    """Return whether that name is this package's own; it is not imported for that."""
    return REGISTRY.is_built_in(name)


def names() -> tuple[str, ...]:
    """Return every name that `get` knows, sorted."""
    return REGISTRY.names()


def get(name: str) -> Protocol:
    """Return the protocol `name`. Raises UnknownWordError for a word that is none."""
    return REGISTRY.get(name)


def register(protocol: Protocol) -> None:
    """Add a protocol; its name is what task files say.

    Raises:
        GeneralBenchError: the name is taken: replacing it would change scores in silence.
    """
    REGISTRY.add(protocol.name, protocol)


def prompt_fields() -> dict[str, tuple[str, ...]]:
    """Return, by protocol, the fields that its prompt templates may use."""
    return {name: get(name).prompt_fields for name in names()}
