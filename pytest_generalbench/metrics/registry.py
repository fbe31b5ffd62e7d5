"""Finds each metric by its canonical name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import UnknownWordError
from pytest_generalbench.core.registry import Registry, by_module, named_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_generalbench.metrics.base import Accumulator, Metric

MODULES: Final[Mapping[str, tuple[str, ...]]] = {
    "text.classification": ("accuracy", "macro_accuracy", "macro_f1", "weighted_f1"),
    "text.token_overlap": ("exact_match", "token_f1", "anls"),
    "text.bleu_rouge": ("bleu1", "bleu4", "rouge1", "rougeL"),
    "text.cider": ("cider",),
    "text.codebleu": ("codebleu",),
    "text.regression": ("mae", "rmse"),
    "text.sets": ("micro_f1", "extraction_f1", "triplet_recall50"),
    "text.judge": ("judge_score",),
    "detection.boxes": ("box_ap50", "box_ap75", "box_dice", "box_accuracy50"),
    "detection.keypoints": ("keypoint_ap50",),
    "detection.tracks": ("success_auc", "m_viou"),
    "dense.miou": ("miou",),
    "dense.pixel_ranking": ("pixel_ap", "pixel_roc_auc"),
    "dense.matting": ("alpha_sad", "alpha_mse"),
    "dense.mask_ap": ("mask_ap50",),
    "dense.depth": ("depth_rms", "absrel"),
    "dense.panoptic_quality": ("panoptic_quality",),
    "dense.optical_flow": ("epe",),
    "dense.s_measure": ("s_measure",),
    "scene3d.part_iou": ("instance_miou",),
    "scene3d.instance_ap": ("instance3d_map50",),
    "scene3d.detection": ("detection3d_map",),
    "scene3d.tracking": ("amota",),
    "scene3d.poses_normals": ("rte", "normal_angle_rmse"),
    "scene3d.chamfer": ("chamfer",),
    "scene3d.motion_fid": ("motion_fid",),
    "image.psnr": ("psnr",),
    "image.ms_ssim": ("ms_ssim",),
    "image.lab_rmse": ("lab_rmse",),
    "image.fid": ("fid",),
    "image.clip_score": ("clip_text_image", "clip_image_image"),
    "image.eeg_accuracy": ("eeg_top1_accuracy",),
    "video.fvd": ("fvd",),
    "video.consistency": ("subject_consistency", "background_consistency", "temporal_flickering"),
    "video.motion": ("dynamic_degree", "i2v_quality"),
    "video.quality": ("aesthetic_quality", "imaging_quality", "musiq"),
    "video.objects": ("object_class", "multiple_objects", "spatial_relationship", "color_binding"),
    "video.text_alignment": (
        "human_action", "overall_consistency", "temporal_style", "appearance_style", "clip_style",
        "frame_accuracy",
    ),
    "audio.speech": ("wer", "speech_cider"),
    "audio.mcd": ("mcd",),
    "audio.music": ("pcc", "e_accuracy"),
    "audio.clap": ("clap_text_audio", "style_clap", "fad"),
    "audio.opinion_scores": ("mos", "user_preference", "mos_auto"),
}  # fmt: skip
"""By module, the metrics that it has: a module is imported when one of them is asked for."""


REGISTRY: Registry[Metric] = Registry("metric", later=by_module(__package__, MODULES, named_in("METRICS")))
"""Every metric; those of hooks are removed when their session ends."""


def register(metric: Metric) -> None:
    """Add a metric; its name is what task files say.

    Raises:
        GeneralBenchError: the name is taken.
    """
    REGISTRY.add(metric.name, metric)


def get(name: str) -> Metric:
    """Return the metric of that canonical name; an unknown name is an UnknownWordError.

    >>> get("mae").higher_is_better
    False
    """
    return REGISTRY.get(name)


def is_built_in(name: str) -> bool:
    """Return whether that name is this package's own; it is not imported for that."""
    return REGISTRY.is_built_in(name)


def names() -> tuple[str, ...]:
    """Return the names of all registered metrics, sorted."""
    return REGISTRY.names()


def make(
    name: str, options: Mapping[str, Any] | None = None, backbones: Mapping[str, Any] | None = None
) -> Accumulator:
    """Return an empty accumulator of a metric, its options over their defaults.

    `backbones` has an object for each of the metric's roles. An unknown metric or option is an
    UnknownWordError, an absent library a MissingDependencyError.
    """
    metric = get(name)
    given = dict(options or {})
    for option in given:
        if option not in metric.options:
            raise UnknownWordError(
                f"option of metric {name!r}", option, metric.options or ["(it takes none)"]
            )
    roles = {role: (backbones or {})[role] for role in metric.backbones}
    return metric.factory(**{**metric.options, **given, **roles})
